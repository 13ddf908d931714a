/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The vhost that a head is for, as httpd 2.0 finds it while it reads a request
 * (ap_read_request).  Needs nothing of this MPM but the head's parser.
 */

#include "itk_route.h"

/*
 * After so many empty lines httpd takes one for a request line: HTTP/0.9, and
 * no word in it (read_request_line).
 */
const itk_head *itk_route_as_read(const server_rec *s, const itk_head *head)
{
    static const itk_head no_words = { .result = ITK_HEAD_WHOLE, .simple = 1 };
    int empty_lines = s->limit_req_fields > 0 ? s->limit_req_fields
                                              : DEFAULT_LIMIT_REQUEST_FIELDS;

    return head->empty_lines >= empty_lines ? &no_words : head;
}

/*
 * httpd's limits, which are the first vhost's (2.0.65: ap_rgetline's n is the
 * limit and two, with the line's end).  A status, or HTTP_OK.
 */
int itk_route_limits(const server_rec *s, const itk_head *head,
                     const char *bytes)
{
    const char *line = bytes + head->request, *end = bytes + head->length;
    const char *next;
    apr_size_t limit = (apr_size_t)s->limit_req_line, folded = 0, content;
    int fields = 0, is_request = 1;

    for (; line < end; line = next, is_request = 0) {
        next = memchr(line, '\n', (apr_size_t)(end - line));
        next = next ? next + 1 : end;
        if ((apr_size_t)(next - line) > limit + 2) {
            return is_request ? HTTP_REQUEST_URI_TOO_LARGE : HTTP_BAD_REQUEST;
        }
        limit = (apr_size_t)s->limit_req_fieldsize;
        if (is_request) {
            continue;
        }
        content = (apr_size_t)(next - line);
        content -= content && line[content - 1] == '\n';
        content -= content && line[content - 1] == '\r';
        if (folded && content && (*line == ' ' || *line == '\t')) {
            folded += content;
            if (folded > limit) {
                return HTTP_BAD_REQUEST;
            }
            continue;
        }
        folded = content;
        if (content && s->limit_req_fields
            && ++fields > s->limit_req_fields) {
            return HTTP_BAD_REQUEST;
        }
    }
    return HTTP_OK;
}

int itk_route_host_field(const itk_head *head, const char *bytes, char *out,
                         apr_size_t size)
{
    return itk_head_host(head, bytes, out, size);
}

int itk_route_is_strict(const server_rec *s)
{
    (void) s;
    return 0;
}

/* A request with its first line read: status HTTP_OK, or what it is answered
 * with. */
request_rec *itk_route_request(conn_rec *c, server_rec *quiet,
                               const itk_head *head, const char *bytes,
                               apr_pool_t *p)
{
    request_rec *r = apr_pcalloc(p, sizeof(*r));
    itk_slice method, target, protocol;

    itk_head_request(head, bytes, &method, &target, &protocol);

    /* fix_hostname logs; what it says, the worker says again */
    *quiet = *c->base_server;
    quiet->loglevel = -1;

    r->pool = p;
    r->connection = c;
    r->server = quiet;
    r->per_dir_config = quiet->lookup_defaults;
    r->headers_in = apr_table_make(p, 2);
    r->status = HTTP_REQUEST_TIME_OUT;
    r->method = apr_pstrmemdup(p, method.start, method.length);
    r->method_number = ap_method_number_of(r->method);
    r->header_only = r->method_number == M_GET && r->method[0] == 'H';
    r->assbackwards = head->simple;
    ap_parse_uri(r, apr_pstrmemdup(p, target.start, target.length));
    /* httpd looks at what ap_parse_uri has said only where there are fields */
    if (r->status == HTTP_REQUEST_TIME_OUT || r->assbackwards) {
        r->status = HTTP_OK;
    }
    return r;
}

/* The rest of ap_read_request, up to the vhost. */
server_rec *itk_route_find(request_rec *r, const server_rec *quiet,
                           const itk_head *head, const char *bytes)
{
    server_rec *base = r->connection->base_server;
    char *host;

    if (r->status != HTTP_OK) {
        return base;            /* a target that is no URI */
    }
    if (r->assbackwards) {
        if (r->header_only) {
            r->status = HTTP_BAD_REQUEST;
            return base;
        }
    }
    else {
        host = apr_palloc(r->pool, head->length + 1);
        if (itk_route_host_field(head, bytes, host, head->length + 1) >= 0) {
            apr_table_setn(r->headers_in, "Host", host);
        }
    }
    ap_update_vhost_from_headers(r);
    return r->server == quiet ? base : r->server;
}

int itk_route_host(conn_rec *c, const itk_head *head, const char *bytes,
                   apr_pool_t *p, server_rec **out)
{
    server_rec quiet;
    request_rec *r;
    int status;

    *out = c->base_server;
    if (head->result != ITK_HEAD_WHOLE) {
        return HTTP_BAD_REQUEST;
    }
    head = itk_route_as_read(c->base_server, head);
    if ((status = itk_route_limits(c->base_server, head, bytes)) != HTTP_OK) {
        return status;
    }
    r = itk_route_request(c, &quiet, head, bytes, p);
    *out = itk_route_find(r, &quiet, head, bytes);
    return r->status;
}

/*
 * As ap_process_request_internal and ap_location_walk look at r->uri for a
 * <Location> with a literal prefix.
 */
const char *itk_route_path(const server_rec *s, request_rec *r)
{
    const core_dir_config *core
        = ap_get_core_module_config(s->lookup_defaults);
    char *uri;

    /* An error is answered before any <Location> is looked at. */
    if (r->parsed_uri.path
        && (core->allow_encoded_slashes
            ? ap_unescape_url_keep2f(r->parsed_uri.path)
            : ap_unescape_url(r->parsed_uri.path)) != OK) {
        return NULL;
    }
    uri = r->uri;
    ap_getparents(uri);
    if (uri[0] == '/') {
        ap_no2slash(uri);
    }
    return uri;
}
