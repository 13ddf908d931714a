/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which servers speak TLS.  mod_ssl decides it for a connection by the first
 * vhost of its address and port, and picks the certificate by the name in the
 * ClientHello (SNI); dispatchers do the same (itk_route_pool.c), so several
 * users share an address.  What comes after is encrypted: a path cannot decide.
 */

#include "itk.h"

/* mod_ssl's flag: on, off, or unset in the server's conf (0). */
enum { TLS_ON = 1, TLS_OFF = 2 };

typedef struct {
    server_rec *main_server;
    apr_hash_t *by_section;
    int count;
} finder;

static int note_engine(apr_pool_t *p, const ap_directive_t *node, void *baton)
{
    finder *f = baton;
    const char *args = node->args;
    int engine = strcasecmp(node->directive, "SSLEngine") == 0;
    server_rec *s;

    if ((engine || strcasecmp(node->directive, "SSLCertificateFile") == 0)
        && (s = itk_server_of_directive(p, f->main_server, &f->by_section,
                                        node)) != NULL) {
        itk_server_conf *conf = itk_server_conf_of(s);

        if (engine) {
            conf->tls = strcasecmp(ap_getword_conf(p, &args), "on") == 0
                        ? TLS_ON : TLS_OFF;
        }
        else {
            conf->tls_if_https = 1;
        }
        if (engine || conf->tls_directive == NULL) {
            conf->tls_directive = node;
        }
        f->count++;
    }
    return 0;
}

/* As mod_ssl merges: a vhost that says nothing has the main server's. */
static void settle(server_rec *main_server)
{
    itk_server_conf *base = itk_server_conf_of(main_server), *conf;
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        conf = itk_server_conf_of(s);
        if (conf->tls == 0) {
            conf->tls = base->tls;
        }
        conf->tls_if_https |= base->tls_if_https;
        if (conf->tls_directive == NULL) {
            conf->tls_directive = base->tls_directive;
        }
    }
    for (s = main_server; s; s = s->next) {
        conf = itk_server_conf_of(s);
        conf->tls_if_https = conf->tls_if_https && conf->tls == 0;
        conf->tls = conf->tls == TLS_ON;
    }
}

static int check_places(apr_pool_t *p, const itk_server_conf *conf,
                        itk_fault *fault)
{
    int i;

    for (i = 0; i < conf->place_count; i++) {
        if (conf->places[i].pool != conf->pool) {
            fault->directive = conf->places[i].assignment->directive;
            fault->why = apr_psprintf(p, "AssignUserID for <Location %s> of a "
                                      "host with %s (%s): the path comes "
                                      "encrypted, and only the host's own user "
                                      "can read it%s",
                                      conf->places[i].prefix,
                                      conf->tls ? "SSLEngine on"
                                                : "a certificate",
                                      itk_where(p, conf->tls_directive),
                                      conf->tls ? "" : "; say SSLEngine off if "
                                      "it does not speak TLS");
            return -1;
        }
    }
    return 0;
}

int itk_tls_check(apr_pool_t *p, server_rec *main_server, itk_fault *fault)
{
    finder f = { main_server, NULL, 0 };
    const server_rec *s;

    itk_tree_walk(p, ap_conftree, note_engine, &f);
    settle(main_server);
    for (s = f.count ? main_server : NULL; s; s = s->next) {
        const itk_server_conf *conf = itk_server_conf_of(s);

        if ((conf->tls || conf->tls_if_https)
            && check_places(p, conf, fault) != 0) {
            return -1;
        }
    }
    return 0;
}

/* With a certificate, without SSLEngine, and where the protocol is https (of a
 * Listen, or by port 443), mod_ssl turns it on by itself. */
void itk_tls_settle(server_rec *s)
{
    const char *protocol;

    for (; s; s = s->next) {
        itk_server_conf *conf = itk_server_conf_of(s);

        protocol = ap_get_server_protocol(s);
        if (conf->tls_if_https && protocol && strcmp(protocol, "https") == 0) {
            conf->tls = 1;
        }
    }
}

/* ---- in a dispatcher ---------------------------------------------------- */

int itk_tls_has_names(void)
{
    return 1;
}

typedef struct {
    const char *name;
    server_rec *found;
} sought;

/* As mod_ssl compares (ssl_util_vhost_matches). */
static int has_name(void *baton, conn_rec *c, server_rec *s)
{
    sought *what = baton;
    const apr_array_header_t *lists[2];
    int i, wild;

    (void) c;
    lists[0] = s->names;
    lists[1] = s->wild_names;
    if (s->server_hostname && strcasecmp(what->name, s->server_hostname) == 0) {
        what->found = s;
        return 1;
    }
    for (wild = 0; wild < 2; wild++) {
        for (i = 0; lists[wild] && i < lists[wild]->nelts; i++) {
            const char *name = ((const char **)lists[wild]->elts)[i];

            if (name && (wild ? ap_strcasecmp_match(what->name, name)
                              : strcasecmp(what->name, name)) == 0) {
                what->found = s;
                return 1;
            }
        }
    }
    return 0;
}

server_rec *itk_tls_find(conn_rec *c, const char *name)
{
    sought what = { name, NULL };

    (void) ap_vhost_iterate_given_conn(c, has_name, &what);
    return what.found;
}
