/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_H
#define ITK_H

/*
 * The adapter of the itk MPM to httpd 2.4.
 *
 * itk.c             the module: hooks, the server's life in httpd's contract
 * itk_stop.c        a graceful stop
 * itk_directives.c  the directives
 * itk_assign.c      AssignUserID, and what servers and locations have of it
 * itk_expr.c        AssignUserIDExpr, AssignGroupIDExpr
 * itk_pools.c       the table of pools, from all that has an identity
 * itk_route.c       which vhost a head is for
 * itk_route_pool.c  which pool a connection is for (itk_route_names.c: quickly)
 * itk_checks.c      what is refused at the start
 * itk_modules.c     what is known of the modules that come with httpd 2.4
 * itk_tls.c         which servers speak TLS
 * itk_paths.c       logs that a pool could replace by links
 * itk_worker.c ...  a worker, from its fork to its end (itk_worker.h)
 *
 * The files of the core know nothing of httpd; core/itk_run.h is what they are
 * told.  Files that are links are the same in the adapter to 2.0.
 */

#include "apr.h"
#include "apr_hash.h"
#include "apr_pools.h"
#include "apr_strings.h"
#include "apr_portable.h"
#include "ap_config.h"
#include "httpd.h"
#include "http_config.h"
#include "http_connection.h"
#include "http_core.h"
#include "http_log.h"
#include "http_main.h"
#include "http_protocol.h"
#include "http_request.h"
#include "http_vhost.h"
#include "util_cfgtree.h"
#include "util_filter.h"
#include "ap_listen.h"
#include "ap_mpm.h"
#include "mpm_common.h"
#include "mpm_default.h"
#include "scoreboard.h"
#include "unixd.h"

#include "itk_ids.h"
#include "itk_identity.h"
#include "itk_run.h"

#include <errno.h>

/*
 * What has another name in 2.4, for the files that both lines have.
 */
#define unixd_config     ap_unixd_config
#define remote_ip        client_ip
#define ap_my_generation (itk_retained->my_generation)
#define itk_mpm_state    (itk_retained->mpm_state)
#define ap_get_scoreboard_worker(child, thread) \
    ap_get_scoreboard_worker_from_indexes(child, thread)
#define ITK_HAVE_FATAL_SIGNALS 1

APLOG_USE_MODULE(mpm_itk);

extern module AP_MODULE_DECLARE_DATA mpm_itk_module;

/* What httpd keeps for its MPM while modules are loaded anew (itk.c). */
extern ap_unixd_mpm_retained_data *itk_retained;

/* Why this MPM says no to a configuration. */
typedef struct itk_fault {
    const char *why;
    const ap_directive_t *directive;    /* that is to blame; NULL: none is */
} itk_fault;

/* ---- itk_directives.c -------------------------------------------------- */

/* One AssignUserID. */
typedef struct itk_assignment {
    itk_identity who;
    itk_account account;
    const ap_directive_t *directive;    /* where it stands */
} itk_assignment;

/* A <Location> with an AssignUserID, as one server has it. */
typedef struct itk_place {
    const char *prefix;
    apr_size_t length;
    const itk_assignment *assignment;
    int pool;
} itk_place;

/* What a server or vhost says; the merge of both is what counts. */
typedef struct itk_server_conf {
    const itk_assignment *assignment;   /* NULL: User and Group */
    int nice_value;             /* ITK_NICE_KEEP: unset */
    int max_clients;            /* 0: unset; ITK_UNLIMITED: no limit */

    /* Filled in by itk_pools_make. */
    int pool;                   /* of requests outside of all places */
    int host;                   /* index in itk_run.hosts */
    int tls;                    /* speaks TLS (itk_tls.c) */
    int tls_if_https;           /* does if its protocol is https */
    const ap_directive_t *tls_directive;
    const itk_place *places;    /* the last that matches counts */
    int place_count;
} itk_server_conf;

#define ITK_UNLIMITED (-1)

/* What a <Location> says. */
typedef struct itk_dir_conf {
    const itk_assignment *assignment;   /* NULL: the server's */
} itk_dir_conf;

typedef struct itk_settings {
    int start_servers;
    int min_spare, max_spare;
    int max_clients;
    int server_limit;
    int first_server_limit;     /* that of the first start; 0 before */
    int limit_changed;          /* a restart asked for another one */
    const char *prefork_only;   /* a directive without effect, or NULL */
    int capabilities_said;      /* EnableCapabilities is there */

    itk_limits ids;
    itk_model model;
    int dispatchers;
    const char *dispatcher_user, *dispatcher_group;    /* NULL: chosen */
    const ap_directive_t *dispatcher_directive;
    int max_workers_per_pool;   /* 0: chosen */
    int min_spare_workers;
    int idle_timeout;           /* seconds */
    int queue_depth;
    int share_uid;
    int no_new_privileges;
} itk_settings;

extern itk_settings itk_conf;
extern const command_rec itk_directives[];

/* Before every reading of the configuration. */
void itk_directives_reset(apr_pool_t *pconf);

/* What one directive says about another.  0, or -1 and *fault. */
int itk_directives_check(apr_pool_t *p, itk_fault *fault);

/*
 * After the configuration was read and before it is worked through: has
 * itk_checks_configuration called when all of it has been.
 */
void itk_directives_follow(apr_pool_t *pconf);

/* ---- itk_assign.c ------------------------------------------------------- */

void *itk_server_conf_create(apr_pool_t *p, server_rec *s);
void *itk_server_conf_merge(apr_pool_t *p, void *base, void *added);
itk_server_conf *itk_server_conf_of(const server_rec *s);

void *itk_dir_conf_create(apr_pool_t *p, char *path);
void *itk_dir_conf_merge(apr_pool_t *p, void *base, void *added);

void itk_assign_reset(apr_pool_t *pconf);
const char *itk_assign_user_id(cmd_parms *cmd, void *dir_conf,
                               const char *user, const char *group);
int itk_assign_check(apr_pool_t *p, itk_fault *fault);

/* ---- itk_expr.c --------------------------------------------------------- */

void itk_expr_reset(apr_pool_t *pconf);
const char *itk_expr_assign(cmd_parms *cmd, void *dir_conf, const char *text);

/* What constants say becomes AssignUserID's.  NULL, or why not; cmd's
 * err_directive is set then. */
const char *itk_expr_settle(cmd_parms *cmd);

/* 1: this directive is in the server or in a vhost, and in no part of one. */
int itk_is_server_wide(cmd_parms *cmd);

/* An identity whose group list lives as long as p.  NULL, or why not. */
const char *itk_identity_for_pool(apr_pool_t *p, const char *user,
                                  const char *group, itk_identity *out,
                                  itk_account *account);

/* ---- itk.c -------------------------------------------------------------- */

extern int itk_one_process;     /* -X */
extern apr_pool_t *itk_pconf;

/* Set with a graceful stop asked for (itk_stop.c). */
void itk_stop_take_signal(void);
int itk_stop_is_wanted(void);

/* Serves what there is to its end, or GracefulShutdownTimeout; then returns. */
void itk_stop_softly(itk_run *run);

/* What the roles are told of this reading of the configuration. */
extern itk_run itk_this_run;

/* ---- itk_pools.c -------------------------------------------------------- */

/*
 * The tables of itk_this_run (pools, hosts), and each server's part of them.
 * All of the configuration has been read, but vhosts are not merged with the
 * main server yet.  0, or -1 and *fault.
 */
int itk_pools_make(apr_pool_t *p, server_rec *main_server, itk_fault *fault);

/*
 * Indices in itk_this_run.pools.  What httpd answers outside of any <Location>
 * with an identity is the server's; a <Location>'s is found after httpd has
 * looked at r->uri for it (ap_location_walk), in subrequests too.
 */
int itk_pool_of_server(const server_rec *s);
int itk_pool_of_request(const request_rec *r);

/* 1 if requests of this server may be served in this pool, in some place. */
int itk_server_has_pool(const server_rec *s, int pool);

/* ---- itk_route.c (and itk_route.h) ---------------------------------------- */

/*
 * The value of Host as this line of httpd has it in headers_in: blanks at the
 * ends of lines taken off, a continuation joined by one, several fields joined
 * with ", ".  Its length; -1 there is none, -2 it does not fit.  The head is
 * whole, and itk_route_limits had nothing to say.
 */
int itk_route_host_field(const itk_head *head, const char *bytes, char *out,
                         apr_size_t size);

/* ---- itk_checks.c ------------------------------------------------------- */

/* When all of the configuration has been worked through; with -t as well. */
int itk_checks_configuration(apr_pool_t *p, server_rec *main_server,
                             itk_fault *fault);

/* What only matters to a server that starts.  0, or -1 and it has been said. */
int itk_checks_start(apr_pool_t *p, server_rec *main_server);

/* Things that are allowed and should be known.  To the log. */
void itk_checks_notices(apr_pool_t *p, server_rec *main_server);

/* "line 12 of /etc/apache2/httpd.conf" */
const char *itk_where(apr_pool_t *p, const ap_directive_t *directive);

/* Where the pid file is: a folder for what lives as long as the server. */
const char *itk_runtime_folder(apr_pool_t *p);

/* Every directive, those in containers too, until visit says other than 0. */
typedef int itk_tree_visit(apr_pool_t *p, const ap_directive_t *node,
                           void *baton);
int itk_tree_walk(apr_pool_t *p, const ap_directive_t *node,
                  itk_tree_visit *visit, void *baton);

/* ---- itk_modules.c, itk_tls.c, itk_paths.c ------------------------------ */

/* Modules, and uses of them, that cannot work here.  0, or -1 and *fault. */
int itk_modules_check(apr_pool_t *p, itk_fault *fault);

/* What the configuration says of TLS, and what of it cannot be.  The same. */
int itk_tls_check(apr_pool_t *p, server_rec *main_server, itk_fault *fault);

/* When httpd knows the protocol of each server. */
void itk_tls_settle(server_rec *main_server);

/* A pool that could put a link where root opens a log.  The same. */
int itk_paths_check(apr_pool_t *p, itk_fault *fault);

#endif
