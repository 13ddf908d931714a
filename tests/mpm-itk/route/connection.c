/* SPDX-License-Identifier: Apache-2.0 */

#define CORE_PRIVATE
#include "connection.h"

#include "apr_buckets.h"
#include "apr_network_io.h"
#include "apr_strings.h"
#include "apr_version.h"
#include "http_config.h"
#include "http_connection.h"
#include "http_core.h"
#include "http_vhost.h"
#include "scoreboard.h"
#include "util_filter.h"

/* 2.4 says so by a number, and 2.0.65 by 0. */
#if AP_SERVER_MINORVERSION_NUMBER > 0
#define remote_addr client_addr
#define remote_ip   client_ip
#endif

typedef struct source {
    apr_bucket_brigade *left;
} source;

static ap_filter_rec_t *in_handle, *out_handle;
static apr_socket_t *nobody;    /* for timeouts to be set on */

/*
 * What core_input_filter does, for the modes in which a head is read and a
 * body is thrown away; a socket that is closed is an empty brigade to it.
 */
static apr_status_t from_memory(ap_filter_t *f, apr_bucket_brigade *bb,
                                ap_input_mode_t mode, apr_read_type_e block,
                                apr_off_t want)
{
    source *from = f->ctx;
    apr_bucket *e, *copy;

    if (mode == AP_MODE_INIT) {
        return APR_SUCCESS;
    }
    if (APR_BRIGADE_EMPTY(from->left)) {
        return APR_EOF;
    }
    if (mode == AP_MODE_GETLINE) {
        return apr_brigade_split_line(bb, from->left, block, HUGE_STRING_LEN);
    }
    if (mode == AP_MODE_EATCRLF) {
        return APR_SUCCESS;
    }
    e = APR_BRIGADE_FIRST(from->left);
    if (mode == AP_MODE_SPECULATIVE) {
        apr_bucket_copy(e, &copy);
        if ((apr_off_t)copy->length > want) {
            apr_bucket_split(copy, (apr_size_t)want);
            apr_bucket_destroy(APR_BUCKET_NEXT(copy));
        }
        APR_BRIGADE_INSERT_TAIL(bb, copy);
        return APR_SUCCESS;
    }
    if ((apr_off_t)e->length > want) {
        apr_bucket_split(e, (apr_size_t)want);
    }
    APR_BUCKET_REMOVE(e);
    APR_BRIGADE_INSERT_TAIL(bb, e);
    return APR_SUCCESS;
}

static apr_status_t to_nowhere(ap_filter_t *f, apr_bucket_brigade *bb)
{
    apr_bucket_brigade *kept = f->ctx;

    /* in 2.4 a request ends with a bucket; here it lives as long as p */
    APR_BRIGADE_CONCAT(kept, bb);
    return APR_SUCCESS;
}

void connection_register(void)
{
    in_handle = ap_register_input_filter("ROUTE_FUZZ_IN", from_memory, NULL,
                                         AP_FTYPE_NETWORK);
    out_handle = ap_register_output_filter("ROUTE_FUZZ_OUT", to_nowhere, NULL,
                                           AP_FTYPE_NETWORK);
}

conn_rec *connection_open(apr_pool_t *p, server_rec *main_server,
                          apr_sockaddr_t *local,
                          const char *bytes, apr_size_t length,
                          apr_size_t piece)
{
    conn_rec *c = apr_pcalloc(p, sizeof(*c));
    source *from = apr_palloc(p, sizeof(*from));
    apr_size_t here;

    if (nobody == NULL) {
        apr_socket_create(&nobody, APR_INET, SOCK_STREAM,
#if APR_MAJOR_VERSION > 0
                          APR_PROTO_TCP,
#endif
                          apr_pool_parent_get(p) ? apr_pool_parent_get(p) : p);
    }
    c->pool = p;
    c->base_server = main_server;
    c->local_addr = c->remote_addr = local;
    apr_sockaddr_ip_get(&c->local_ip, local);
    c->remote_ip = c->local_ip;
    c->notes = apr_table_make(p, 5);
    c->conn_config = ap_create_conn_config(p);
    /* net_time_filter looks for the socket there */
    ap_set_module_config(c->conn_config, &core_module, nobody);
    ap_create_sb_handle((ap_sb_handle_t **)&c->sbh, p, -1, 0);
    c->bucket_alloc = apr_bucket_alloc_create(p);
    c->id = 1;

    from->left = apr_brigade_create(p, c->bucket_alloc);
    for (; length > 0; bytes += here, length -= here) {
        here = length < piece ? length : piece;
        APR_BRIGADE_INSERT_TAIL(from->left,
            apr_bucket_transient_create(bytes, here, c->bucket_alloc));
    }
    ap_add_input_filter_handle(in_handle, from, NULL, c);
    ap_add_output_filter_handle(out_handle,
                                apr_brigade_create(p, c->bucket_alloc), NULL,
                                c);
    ap_update_vhost_given_ip(c);
    return c;
}

apr_size_t connection_left(conn_rec *c)
{
    ap_filter_t *f;
    apr_off_t left = 0;

    for (f = c->input_filters; f; f = f->next) {
        if (f->frec == in_handle) {
            apr_brigade_length(((source *)f->ctx)->left, 1, &left);
        }
    }
    return (apr_size_t)left;
}
