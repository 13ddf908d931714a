/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The search for the vhost, begun where it ends.  httpd compares a name with
 * those of one vhost after the other, in the list that conn_rec's
 * vhost_lookup_data points at: with 1,000 vhosts that is a tenth of what a
 * small page costs, with 10,000 two milliseconds.  The dispatcher knows already which
 * vhost a head is for.  httpd finds the same one, by the same comparisons, in
 * that list from this vhost's first entry on; and who is in front of it did not
 * match that name.
 *
 * That holds for the head that the dispatcher has looked at, and for others
 * with the same name; they are read with the short list, and nothing else is.
 */

#include "itk_route.h"
#include "itk_worker.h"

#include <stdlib.h>

/* vhost.c's name_chain, which is the same in all releases of this line. */
struct list {
    struct list *next;
    server_addr_rec *sar;
    server_rec *server;
};

/* By host: where it begins in the list of the address it was asked by last. */
typedef struct {
    struct list *whole, *begin;
} place;

static place *places;

/* Of the request that is read next, and of the one that is being read; below
 * 0: unknown. */
static int next_host = -1, used_host = -1;

/* Of the one before, on this connection. */
static int last_host;
static char last_name[ITK_ROUTE_NAME];

void itk_vhost_prepare(void)
{
    places = calloc((size_t)itk_this_run.host_count + 1, sizeof(*places));
}

static int host_of(const server_rec *s)
{
    return itk_server_conf_of(s)->host;
}

void *itk_vhost_list(void *names, int host)
{
    struct list *whole = names, *at = whole;

    if (host < 0 || host >= itk_this_run.host_count || places == NULL) {
        return whole;
    }
    if (places[host].whole != whole) {
        while (at && host_of(at->server) != host) {
            at = at->next;
        }
        places[host].whole = whole;
        places[host].begin = at ? at : whole;
    }
    return places[host].begin;
}

void itk_vhost_begin(conn_rec *c, uint32_t host)
{
    itk_now.names = c->vhost_lookup_data;
    next_host = host < (uint32_t)itk_this_run.host_count ? (int)host : -1;
    last_name[0] = '\0';
}

void itk_vhost_read(conn_rec *c)
{
    used_host = next_host;
    next_host = -1;
    last_name[0] = '\0';
    c->vhost_lookup_data = itk_vhost_list(itk_now.names, used_host);
}

void itk_vhost_found(request_rec *r)
{
    const char *name = apr_table_get(r->headers_in, "Host");

    r->connection->vhost_lookup_data = itk_now.names;
    if (used_host >= 0 && host_of(r->server) != used_host) {
        ap_update_vhost_from_headers(r);
        r->per_dir_config = r->server->lookup_defaults;
    }
    if (name && r->parsed_uri.hostname == NULL
        && strlen(name) < sizeof(last_name)) {
        last_host = host_of(r->server);
        strcpy(last_name, name);
    }
}

void itk_vhost_done(conn_rec *c)
{
    c->vhost_lookup_data = itk_now.names;
}

/* A target that is a path alone: then the name is Host's. */
static int is_path(itk_slice method, itk_slice target)
{
    return target.length > 0 && target.start[0] == '/'
           && (target.length == 1 || target.start[1] != '/')
           && (method.length != 7 || memcmp(method.start, "CONNECT", 7) != 0);
}

void itk_vhost_next(const itk_head *head, const char *bytes)
{
    char name[ITK_ROUTE_NAME];
    itk_slice method, target, protocol;

    if (last_name[0] == '\0' || head->result != ITK_HEAD_WHOLE
        || head->simple || head->empty_lines > 0) {
        return;
    }
    itk_head_request(head, bytes, &method, &target, &protocol);
    if (is_path(method, target)
        && itk_head_host(head, bytes, name, sizeof(name)) > 0
        && strcmp(name, last_name) == 0) {
        next_host = last_host;
    }
}
