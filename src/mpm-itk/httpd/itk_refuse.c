/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Is a request for this worker's pool?  The dispatcher has looked at the head
 * and chosen the pool; httpd's own reading of it is what counts, and it is
 * looked at here, before any module does something with the request.  A worker
 * could not read the other pool's files: but what it must not do either is to
 * answer in the other host's name.
 *
 * The first request on a connection as it was passed: 421 (RFC 9110 15.5.20),
 * so that the client sees why.  A later one: the connection is closed without
 * an answer, as HTTP lets a server do at any time, and the client asks again
 * on a new one, which the dispatcher passes to the right pool.
 */

#include "itk_worker.h"

#include "http_request.h"
#include "util_filter.h"

static ap_filter_rec_t *silent_filter;

/* An answer by no handler, and with no ErrorDocument: those may be scripts. */
static void misdirected(request_rec *r)
{
    static const char text[] =
        "This connection does not serve that host. Please ask again on a new "
        "one.\n";

    r->status = 421;
    r->status_line = "421 Misdirected Request";
    r->connection->keepalive = AP_CONN_CLOSE;
    ap_set_content_type(r, "text/plain; charset=ISO-8859-1");
    ap_set_content_length(r, sizeof(text) - 1);
    if (!r->header_only) {
        ap_rputs(text, r);
    }
    ap_finalize_request_protocol(r);
}

/* Before 2.0.64 core's own filter sends on an aborted connection as well. */
static apr_status_t send_nothing(ap_filter_t *f, apr_bucket_brigade *bb)
{
    (void) f;
    apr_brigade_cleanup(bb);
    return APR_ECONNABORTED;
}

void itk_refuse_register(void)
{
    silent_filter = ap_register_output_filter("ITK_SILENT", send_nothing, NULL,
                                              AP_FTYPE_NETWORK - 1);
}

static void close_silently(request_rec *r)
{
    conn_rec *c = r->connection;

    ap_flush_conn(c);           /* the answers to the requests before */
    c->keepalive = AP_CONN_CLOSE;
    c->aborted = 1;             /* nobody waits for the client */
    ap_add_output_filter_handle(silent_filter, NULL, r, c);
    itk_now.silent = 1;
    r->status = 421;
}

/* DONE: whatever calls the hooks takes the request for answered. */
static int refuse(request_rec *r, const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf,
                 "mpm-itk: client %s asked a worker of pool %s for %s of "
                 "another pool", r->connection->client_ip,
                 itk_this_run.pools[itk_me.pool].name, what);
    /* a body is not waited for */
    apr_table_unset(r->headers_in, "Content-Length");
    apr_table_unset(r->headers_in, "Transfer-Encoding");
    r->expecting_100 = 0;
    if (itk_now.requests == 0) {
        misdirected(r);
    }
    else {
        close_silently(r);
    }
    return DONE;
}

int itk_check_host(request_rec *r)
{
    if (itk_me.pool < 0 || r->main || r->prev) {
        return DECLINED;        /* part of a request that came by here */
    }
    itk_now.in_head = 0;
    itk_vhost_found(r);
    /* one with a <Location> of this pool: which place, the next hook sees */
    if (ITK_GUARD("host-check")
        && !itk_server_has_pool(r->server, itk_me.pool)) {
        return refuse(r, "a host");
    }
    return DECLINED;
}

/*
 * A <Location> can have an identity of its own; r->per_dir_config has it once
 * the URI is decoded and httpd has gone through the Locations.
 */
static int check_location(request_rec *r)
{
    if (itk_me.pool < 0 || !ITK_GUARD("location-check")
        || itk_pool_of_request(r) == itk_me.pool) {
        return DECLINED;
    }
    /* the lab's: a host that is not looked at is not looked at here either */
    if (!ITK_GUARD("host-check")
        && !itk_server_has_pool(r->server, itk_me.pool)) {
        return DECLINED;
    }
    if (r->main || r->prev) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "mpm-itk: %s belongs to another pool than what refers to "
                      "it, %s", r->uri, r->main ? r->main->uri : r->prev->uri);
        return HTTP_FORBIDDEN;
    }
    return refuse(r, "a <Location>");
}

int itk_check_location(request_rec *r)
{
    return check_location(r);
}

int itk_check_location_late(request_rec *r)
{
    return check_location(r);
}
