/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_ROUTE_H
#define ITK_ROUTE_H

/*
 * Which vhost, and so which pool: httpd's own functions, called on a conn_rec
 * and a request_rec that no module ever sees.  In the dispatcher: no hook but
 * http_method runs, nothing is logged, no descriptor is touched.
 *
 * operation            who calls it                      on failure
 * itk_route_prepare    a dispatcher, once, before it     -1: it ends
 *                      gives up root
 * itk_route_address    a dispatcher (itk_run)            (cannot fail)
 * itk_route_head       a dispatcher (itk_run)            the first vhost's pool
 * itk_route_host       tests; itk_route_head does the    a status; *out is set
 *                      same, and remembers               all the same
 *
 * itk_route.c, which is each line's own, finds the vhost; itk_route_pool.c the
 * pool.
 */

#include "itk.h"

int itk_route_prepare(apr_pool_t *p);

void itk_route_address(void *adapter, int listener, const itk_address *local,
                       itk_route *out);

void itk_route_head(void *adapter, const itk_address *local,
                    const itk_address *remote, const itk_head *head,
                    const char *bytes, const char *name, itk_route *out);

/*
 * The server that ap_read_request would end with for this head.  c needs
 * local_addr, base_server and vhost_lookup_data, as ap_update_vhost_given_ip
 * leaves them.  HTTP_OK, or the status of the answer that httpd gives while it
 * reads: then *out is the server that gives it.  (itk_route.c, and all below to
 * itk_route_path.)
 */
int itk_route_host(conn_rec *c, const itk_head *head, const char *bytes,
                   apr_pool_t *p, server_rec **out);

/*
 * The steps of it: the head as httpd takes it; the limits of the address' first
 * vhost (a status); a request with its first line read, whose server is *quiet,
 * a copy of that vhost that logs nothing; the vhost, with the status in r.
 */
const itk_head *itk_route_as_read(const server_rec *s, const itk_head *head);
int itk_route_limits(const server_rec *s, const itk_head *head,
                     const char *bytes);
request_rec *itk_route_request(conn_rec *c, server_rec *quiet,
                               const itk_head *head, const char *bytes,
                               apr_pool_t *p);
server_rec *itk_route_find(request_rec *r, const server_rec *quiet,
                           const itk_head *head, const char *bytes);

/*
 * The value of Host as this line of httpd has it in headers_in.  Its length; -1
 * there is none, -2 it does not fit.  The head is whole, and itk_route_limits
 * had nothing to say.
 */
int itk_route_host_field(const itk_head *head, const char *bytes, char *out,
                         apr_size_t size);

/* 1: which names an address has counts even for a name that none has. */
int itk_route_is_strict(const server_rec *s);

/* The path as this server's <Location>s are compared with it.  NULL: the request
 * is answered with an error before.  r's own is changed. */
const char *itk_route_path(const server_rec *s, request_rec *r);

/* Longer names are possible, and are looked for each time. */
#define ITK_ROUTE_NAME 256

/*
 * itk_route_names.c: may this be the name of any vhost, of whichever address?
 * NULL: may a ServerPath say which?
 */
void itk_route_names_prepare(apr_pool_t *p, const server_rec *main_server);
int itk_route_names_have(const char *host);
unsigned int itk_route_names_count(void);

#endif
