/* SPDX-License-Identifier: Apache-2.0 */

/*
 * mod_ssl of httpd 2.0 knows no server names in the handshake, and a head
 * comes encrypted: an address with TLS has to be of one user.
 */

#include "itk.h"

typedef struct {
    server_rec *main_server;
    apr_hash_t *by_section;
    int count;
} finder;

/* mod_ssl's flag: on, off, or unset in the server's conf (0). */
enum { TLS_ON = 1, TLS_OFF = 2 };

static int note_engine(apr_pool_t *p, const ap_directive_t *node, void *baton)
{
    finder *f = baton;
    server_rec *s;
    const char *args = node->args;

    if (strcasecmp(node->directive, "SSLEngine") == 0
        && (s = itk_server_of_directive(p, f->main_server, &f->by_section,
                                        node)) != NULL) {
        itk_server_conf *conf = itk_server_conf_of(s);

        conf->tls = strcasecmp(ap_getword_conf(p, &args), "on") == 0
                    ? TLS_ON : TLS_OFF;
        conf->tls_directive = node;
        f->count++;
    }
    return 0;
}

/* As mod_ssl merges: a vhost that says nothing has the main server's. */
static void settle(server_rec *main_server)
{
    itk_server_conf *base = itk_server_conf_of(main_server), *conf;
    server_rec *s;

    for (s = main_server->next; s; s = s->next) {
        conf = itk_server_conf_of(s);
        if (conf->tls == 0) {
            conf->tls = base->tls;
            conf->tls_directive = base->tls_directive;
        }
        conf->tls = conf->tls == TLS_ON;
    }
    base->tls = base->tls == TLS_ON;
}

/* ---- addresses ---------------------------------------------------------- */

/* One that speaks TLS; those of one address and pool are noted once. */
typedef struct with_tls {
    struct with_tls *next;
    apr_port_t port;
    const server_rec *server;
} with_tls;

static int ports_meet(apr_port_t a, apr_port_t b)
{
    return a == 0 || b == 0 || a == b;
}

static const char *described(apr_pool_t *p, const server_rec *s)
{
    return apr_psprintf(p, "%s (line %d of %s, served as %s)",
                        s->server_hostname ? s->server_hostname : "a host",
                        (int)s->defn_line_number,
                        s->defn_name ? s->defn_name : "the configuration",
                        itk_this_run.pools[itk_pool_of_server(s)].name);
}

static int meet(apr_pool_t *p, apr_hash_t *by_ip, const server_rec *s,
                itk_fault *fault)
{
    const itk_server_conf *conf = itk_server_conf_of(s);
    const server_addr_rec *sar;
    with_tls *one;

    for (sar = s->addrs; sar; sar = sar->next) {
        for (one = apr_hash_get(by_ip, sar->host_addr->ipaddr_ptr,
                                sar->host_addr->ipaddr_len);
             one; one = one->next) {
            const itk_server_conf *other = itk_server_conf_of(one->server);

            if (one->server == s || other->pool == conf->pool
                || !ports_meet(one->port, sar->host_port)) {
                continue;
            }
            fault->directive = other->tls_directive;
            fault->why = apr_psprintf(p, "SSLEngine on for %s, which shares "
                "%s:%u with %s: mod_ssl of httpd 2.0 cannot tell before the "
                "handshake which of them is meant, and the user has to be "
                "known by then. Give each user an address or a port",
                described(p, one->server), sar->virthost,
                (unsigned)sar->host_port, described(p, s));
            return -1;
        }
    }
    return 0;
}

static void note_addresses(apr_pool_t *p, apr_hash_t *by_ip,
                           const server_rec *s)
{
    const server_addr_rec *sar;
    with_tls *one;

    for (sar = s->addrs; sar; sar = sar->next) {
        with_tls *first = apr_hash_get(by_ip, sar->host_addr->ipaddr_ptr,
                                       sar->host_addr->ipaddr_len);

        for (one = first; one; one = one->next) {
            if (one->port == sar->host_port
                && itk_pool_of_server(one->server) == itk_pool_of_server(s)) {
                break;
            }
        }
        if (one == NULL) {
            one = apr_palloc(p, sizeof(*one));
            one->next = first;
            one->port = sar->host_port;
            one->server = s;
            apr_hash_set(by_ip, sar->host_addr->ipaddr_ptr,
                         sar->host_addr->ipaddr_len, one);
        }
    }
}

/* The path comes encrypted as well. */
static int check_places(apr_pool_t *p, const itk_server_conf *conf,
                        itk_fault *fault)
{
    int i;

    for (i = 0; i < conf->place_count; i++) {
        if (conf->places[i].pool != conf->pool) {
            fault->directive = conf->places[i].assignment->directive;
            fault->why = apr_psprintf(p, "AssignUserID for <Location %s> of a "
                                      "host with SSLEngine on (%s): the path "
                                      "comes encrypted, and only the host's "
                                      "own user can read it",
                                      conf->places[i].prefix,
                                      itk_where(p, conf->tls_directive));
            return -1;
        }
    }
    return 0;
}

int itk_tls_check(apr_pool_t *p, server_rec *main_server, itk_fault *fault)
{
    finder f = { main_server, NULL, 0 };
    apr_hash_t *by_ip = apr_hash_make(p);
    const server_rec *s;

    itk_tree_walk(p, ap_conftree, note_engine, &f);
    settle(main_server);
    if (f.count == 0) {
        return 0;
    }
    for (s = main_server; s; s = s->next) {
        if (itk_server_conf_of(s)->tls) {
            if (check_places(p, itk_server_conf_of(s), fault) != 0) {
                return -1;
            }
            note_addresses(p, by_ip, s);
        }
    }
    for (s = main_server->next; s; s = s->next) {
        if (meet(p, by_ip, s, fault) != 0) {
            return -1;
        }
    }
    return 0;
}

/* SSLEngine alone says. */
void itk_tls_settle(server_rec *main_server)
{
    (void) main_server;
}

int itk_tls_has_names(void)
{
    return 0;
}

server_rec *itk_tls_find(conn_rec *c, const char *name)
{
    (void) c;
    (void) name;
    return NULL;
}
