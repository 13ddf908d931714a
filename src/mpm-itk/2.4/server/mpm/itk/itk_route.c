/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The vhost that a head is for, as httpd 2.4 finds it while it reads a request
 * (ap_read_request).  Its own functions parse the request line and the host;
 * only the lines, which it reads by its filters, are looked at here.  Where it
 * refuses a head for more (fields that are too long together, the length of a
 * body), the worker that the head's host leads to says so.  Needs nothing of
 * this MPM but the head's parser.
 */

#include "itk_route.h"

/*
 * After so many empty lines httpd takes one for a request line: HTTP/0.9, and
 * no word in it (read_request_line).
 */
const itk_head *itk_route_as_read(const server_rec *s, const itk_head *head)
{
    static const itk_head no_words = { .result = ITK_HEAD_WHOLE, .simple = 1 };

    (void) s;
    return head->empty_lines > DEFAULT_LIMIT_BLANK_LINES ? &no_words : head;
}

/* ---- lines --------------------------------------------------------------- */

static int is_strict(const server_rec *s)
{
    const core_server_config *core
        = ap_get_core_module_config(s->module_config);

    return core->http_conformance != AP_HTTP_CONFORMANCE_UNSAFE;
}

/* One line of a head: from start to end, without what ends it. */
typedef struct {
    const char *start, *end, *next;
    int crlf;
} line_at;

static void line_from(const char *start, const char *limit, line_at *line)
{
    const char *newline = memchr(start, '\n', (apr_size_t)(limit - start));

    line->start = start;
    line->end = newline ? newline : limit;
    line->next = newline ? newline + 1 : limit;
    line->crlf = newline && newline > start && newline[-1] == '\r';
    line->end -= line->crlf;
}

/* What ap_rgetline takes, with a buffer of limit + 2 bytes: HTTP_OK. */
static int is_taken(const line_at *line, int limit, int strict, int too_long)
{
    apr_size_t length = (apr_size_t)(line->end - line->start);

    if (length > (apr_size_t)limit + 1) {
        return too_long;
    }
    return (strict && !line->crlf)
           || memchr(line->start, '\0', length) != NULL ? HTTP_BAD_REQUEST
                                                        : HTTP_OK;
}

/* The empty lines before the request line, and that. */
static int request_limits(const server_rec *s, const itk_head *head,
                          const char *bytes)
{
    const char *limit = bytes + head->length;
    int strict = is_strict(s), status;
    line_at line;

    line.next = bytes;
    do {
        line_from(line.next, limit, &line);
        status = is_taken(&line, s->limit_req_line, strict,
                          HTTP_REQUEST_URI_TOO_LARGE);
    } while (status == HTTP_OK && line.start < bytes + head->request);
    return status;
}

/* ---- fields -------------------------------------------------------------- */

/* The first line of a field, as ap_get_mime_headers_core looks at it. */
static int is_field(const line_at *line, int strict)
{
    const char *at, *colon = memchr(line->start, ':',
                                    (apr_size_t)(line->end - line->start));

    if (colon == NULL || colon == line->start) {
        return 0;
    }
    if (strict) {
        return ap_scan_http_token(line->start) == colon
            && ap_scan_http_field_content(colon + 1) >= line->end;
    }
    for (at = line->start; at < line->end; at++) {
        if (*at == '\n' || *at == '\v' || *at == '\f' || *at == '\r'
            || (at < colon && (*at == ' ' || *at == '\t'))) {
            return 0;
        }
    }
    return 1;
}

static int is_continuation(const line_at *line, int strict)
{
    const char *at;

    if (line->end - line->start < 2) {
        return 0;
    }
    if (strict) {
        return ap_scan_http_field_content(line->start) >= line->end;
    }
    for (at = line->start; at < line->end; at++) {
        if (*at == '\v' || *at == '\f' || *at == '\r') {
            return 0;
        }
    }
    return 1;
}

static void trim(line_at *line)
{
    while (line->end - line->start > 1
           && (line->end[-1] == ' ' || line->end[-1] == '\t')) {
        line->end--;
    }
}

/* How much of a continuation goes to its field: one blank, and the text. */
static apr_size_t folded_length(line_at *line)
{
    while (line->end - line->start > 1
           && (line->start[1] == ' ' || line->start[1] == '\t')) {
        line->start++;
    }
    return (apr_size_t)(line->end - line->start);
}

static int field_limits(const server_rec *s, const itk_head *head,
                        const char *bytes)
{
    const char *limit = bytes + head->length;
    int strict = is_strict(s), fields = 0;
    apr_size_t length = 0, more;
    line_at line;

    line_from(bytes + head->request, limit, &line);
    while (line.next < limit) {
        line_from(line.next, limit, &line);
        if (is_taken(&line, s->limit_req_fieldsize, strict, HTTP_BAD_REQUEST)
            != HTTP_OK) {
            return HTTP_BAD_REQUEST;
        }
        if (line.start == line.end) {
            break;
        }
        trim(&line);
        if (*line.start == ' ' || *line.start == '\t') {
            if (length == 0 || !is_continuation(&line, strict)) {
                return HTTP_BAD_REQUEST;
            }
            more = folded_length(&line);
            if (length + more + 1 >= (apr_size_t)s->limit_req_fieldsize) {
                return HTTP_BAD_REQUEST;
            }
            length += more;
            continue;
        }
        if ((s->limit_req_fields && ++fields > s->limit_req_fields)
            || !is_field(&line, strict)) {
            return HTTP_BAD_REQUEST;
        }
        length = (apr_size_t)(line.end - line.start);
    }
    return HTTP_OK;
}

int itk_route_limits(const server_rec *s, const itk_head *head,
                     const char *bytes)
{
    int status;

    if (head->length == 0) {
        return HTTP_OK;         /* an empty line, taken for a request */
    }
    status = request_limits(s, head, bytes);
    return status == HTTP_OK && !head->simple ? field_limits(s, head, bytes)
                                              : status;
}

/* ---- Host ---------------------------------------------------------------- */

typedef struct {
    char *out;
    apr_size_t size, used;
} text;

static void put(text *to, const char *from, apr_size_t length)
{
    if (to->used < to->size && length < to->size - to->used) {
        memcpy(to->out + to->used, from, length);
    }
    to->used += length;
}

/*
 * Blanks at the ends of lines taken off, a continuation joined by one, several
 * fields joined with ", ".
 */
int itk_route_host_field(const itk_head *head, const char *bytes, char *out,
                         apr_size_t size)
{
    const char *limit = bytes + head->length, *at;
    text to = { out, size, 0 };
    int found = 0, here = 0;
    apr_size_t begins = 0;      /* of this field's value in out */
    line_at line;

    line_from(bytes + head->request, limit, &line);
    while (line.next < limit) {
        line_from(line.next, limit, &line);
        trim(&line);
        at = line.start;
        if (at < line.end && (*at == ' ' || *at == '\t')) {
            if (!here) {
                continue;
            }
            if (to.used > begins) {
                put(&to, " ", 1);
            }
        }
        else {
            here = line.end - at >= 5 && strncasecmp(at, "Host:", 5) == 0;
            if (!here) {
                continue;
            }
            if (found++) {
                put(&to, ", ", 2);
            }
            begins = to.used;
            at += 5;
        }
        while (at < line.end && (*at == ' ' || *at == '\t')) {
            at++;
        }
        put(&to, at, (apr_size_t)(line.end - at));
    }
    if (!found) {
        return -1;
    }
    if (to.used >= size) {
        return -2;
    }
    out[to.used] = '\0';
    return (int)to.used;
}

/* ---- the request --------------------------------------------------------- */

/* Nothing is said here: what there is to say, the worker says. */
static struct ap_logconf silence = { NULL, -1 };

/* A request with its first line read: status HTTP_OK, or what it is answered
 * with. */
request_rec *itk_route_request(conn_rec *c, server_rec *quiet,
                               const itk_head *head, const char *bytes,
                               apr_pool_t *p)
{
    request_rec *r = apr_pcalloc(p, sizeof(*r));

    *quiet = *c->base_server;
    quiet->log = silence;

    r->pool = p;
    r->connection = c;
    r->server = quiet;
    r->log = &silence;
    r->per_dir_config = quiet->lookup_defaults;
    r->headers_in = apr_table_make(p, 4);
    r->notes = apr_table_make(p, 2);
    r->status = HTTP_OK;
    r->the_request = apr_pstrmemdup(p, bytes + head->request,
                                    head->request_end - head->request);
    if (!ap_parse_request_line(r) && r->status == HTTP_OK) {
        r->status = HTTP_BAD_REQUEST;
    }
    return r;
}

/* StrictHostCheck: a name that is none of the address' is answered 400. */
int itk_route_is_strict(const server_rec *s)
{
    const core_server_config *core
        = ap_get_core_module_config(s->module_config);

    return core->strict_host_check == AP_CORE_CONFIG_ON;
}

/* The rest of ap_read_request, up to the vhost. */
server_rec *itk_route_find(request_rec *r, const server_rec *quiet,
                           const itk_head *head, const char *bytes)
{
    server_rec *base = r->connection->base_server;
    int strict = itk_route_is_strict(base), status;
    char *host;

    if (r->status != HTTP_OK) {
        return base;
    }
    if (!r->assbackwards) {
        host = apr_palloc(r->pool, head->length + 1);
        if (itk_route_host_field(head, bytes, host, head->length + 1) >= 0) {
            apr_table_setn(r->headers_in, "Host", host);
        }
    }
    status = ap_update_vhost_from_headers_ex(r, strict);
    if (strict && status != HTTP_OK) {
        r->status = status;
    }
    return r->server == quiet ? base : r->server;
}

int itk_route_host(conn_rec *c, const itk_head *head, const char *bytes,
                   apr_pool_t *p, server_rec **out)
{
    const server_rec *s = c->base_server;
    server_rec quiet;
    request_rec *r;
    int status;

    *out = c->base_server;
    if (head->result != ITK_HEAD_WHOLE) {
        return HTTP_BAD_REQUEST;
    }
    head = itk_route_as_read(s, head);
    if (head->length && (status = request_limits(s, head, bytes)) != HTTP_OK) {
        return status;
    }
    r = itk_route_request(c, &quiet, head, bytes, p);
    if (r->status != HTTP_OK) {
        return r->status;
    }
    if (!r->assbackwards
        && (status = field_limits(s, head, bytes)) != HTTP_OK) {
        return status;
    }
    *out = itk_route_find(r, &quiet, head, bytes);
    return r->status;
}

/*
 * As ap_process_request_internal and ap_location_walk look at r->uri for a
 * <Location> with a literal prefix.  (A module that keeps the path as it came,
 * by pre_translate_name, is not asked: its worker looks again.)
 */
const char *itk_route_path(const server_rec *s, request_rec *r)
{
    const core_server_config *core
        = ap_get_core_module_config(s->module_config);
    const core_dir_config *dir = ap_get_core_module_config(s->lookup_defaults);
    unsigned int normal = AP_NORMALIZE_NOT_ABOVE_ROOT, unescape;
    char *path = r->parsed_uri.path, *uri;

    if (core->merge_slashes != AP_CORE_CONFIG_OFF) {
        normal |= AP_NORMALIZE_MERGE_SLASHES;
    }
    unescape = AP_UNESCAPE_URL_KEEP_UNRESERVED;
    if (!dir->allow_encoded_slashes) {
        unescape |= AP_UNESCAPE_URL_FORBID_SLASHES;
    }
    else if (!dir->decode_encoded_slashes) {
        unescape |= AP_UNESCAPE_URL_KEEP_SLASHES;
    }
    /* An error is answered before any <Location> counts. */
    if (path && (!ap_normalize_path(path, normal
                                          | AP_NORMALIZE_DECODE_UNRESERVED)
                 || ap_unescape_url_ex(path, unescape) != OK)) {
        return NULL;
    }
    if (path && dir->allow_encoded_slashes && dir->decode_encoded_slashes) {
        ap_normalize_path(path, normal);
    }
    uri = r->uri;
    if (core->merge_slashes == AP_CORE_CONFIG_OFF) {
        uri = apr_pstrdup(r->pool, uri);
        ap_no2slash(uri);
    }
    return uri;
}
