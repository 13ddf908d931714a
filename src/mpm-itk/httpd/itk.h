/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_H
#define ITK_H

/*
 * The adapter of the itk MPM to httpd: what 2.0 and 2.4 have in common.
 *
 * itk_roles.c       what the core is told of httpd
 * itk_directives.c  the directives
 * itk_assign.c      AssignUserID, and what servers and locations have of it
 * itk_sections.c    which vhost a directive is of
 * itk_pools.c       the table of pools, from all that has an identity
 * itk_route_pool.c  which pool a connection is for (itk_route_names.c: quickly)
 * itk_checks.c      what is refused at the start
 * itk_paths.c       logs that a pool could replace by links
 * itk_worker.c ...  a worker, from its fork to its end (itk_worker.h)
 *
 * Each line has besides, below src/mpm-itk/2.0 or 2.4:
 *
 * itk.c             the module: hooks, the server's life in httpd's contract
 * itk_line.h        what has another name
 * itk_line.c        what is done in another way
 * itk_route.c       which vhost a head is for
 * itk_modules.c     what is known of the modules that come with it
 * itk_tls.c         what TLS asks for
 *
 * and 2.4 itk_expr.c (AssignUserIDExpr, AssignGroupIDExpr) and itk_stop.c (a
 * graceful stop).
 *
 * The files of the core know nothing of httpd; core/itk_run.h is what they are
 * told.
 */

/* 2.0 shows with it what modules seldom need; 2.4 always does. */
#define CORE_PRIVATE

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

#include "itk_ids.h"
#include "itk_identity.h"
#include "itk_run.h"
#include "itk_line.h"

#include "mpm_common.h"
#include "mpm_default.h"
#include "scoreboard.h"
#include "unixd.h"

#include <errno.h>

extern module AP_MODULE_DECLARE_DATA mpm_itk_module;

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
    int tls_if_https;           /* does if its protocol is https (2.4) */
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

/* MaxClients, and its other names. */
const char *itk_set_max_workers(cmd_parms *cmd, void *unused, const char *text);

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

/* 1: this directive is in the server or in a vhost, and in no part of one. */
int itk_is_server_wide(cmd_parms *cmd);

/* An identity whose group list lives as long as p.  NULL, or why not. */
const char *itk_identity_for_pool(apr_pool_t *p, const char *user,
                                  const char *group, itk_identity *out,
                                  itk_account *account);

/* ---- itk.c -------------------------------------------------------------- */

extern int itk_one_process;     /* -X */
extern apr_pool_t *itk_pconf;

/* ---- itk_roles.c -------------------------------------------------------- */

/* What the roles are told of this reading of the configuration. */
extern itk_run itk_this_run;

/* Fills it in, before anything is forked.  0, or -1 and it has been said. */
int itk_roles_fill(apr_pool_t *p, server_rec *s);

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

/* ---- itk_sections.c ------------------------------------------------------ */

/* The server that this directive stands in; NULL: of a vhost that httpd did not
 * make.  *by_section is NULL before the first call of a reading. */
server_rec *itk_server_of_directive(apr_pool_t *p, server_rec *main_server,
                                    apr_hash_t **by_section,
                                    const ap_directive_t *node);

/* ---- itk_modules.c, itk_tls.c, itk_paths.c ------------------------------ */

/* Modules, and uses of them, that cannot work here.  0, or -1 and *fault. */
int itk_modules_check(apr_pool_t *p, itk_fault *fault);

/* What the configuration says of TLS, and what of it cannot be.  The same. */
int itk_tls_check(apr_pool_t *p, server_rec *main_server, itk_fault *fault);

/* When httpd knows the protocol of each server. */
void itk_tls_settle(server_rec *main_server);

/* 1: the name in a ClientHello says which vhost it is. */
int itk_tls_has_names(void);

/* In a dispatcher: the vhost of that name on c's address, or NULL. */
server_rec *itk_tls_find(conn_rec *c, const char *name);

/* A pool that could put a link where root opens a log.  The same. */
int itk_paths_check(apr_pool_t *p, itk_fault *fault);

/* ---- itk_line.c: what the two lines do in another way --------------------- */

/* Directives: before a reading; when all have been worked through, NULL or why
 * not; what this line refuses. */
void itk_line_reset(apr_pool_t *pconf);
const char *itk_line_settle(cmd_parms *cmd);
int itk_line_check(apr_pool_t *p, itk_fault *fault);

/* The empty lines before a request line, the last of which is the request. */
int itk_line_empty_lines(const server_rec *s);

/* Things that are allowed and should be known.  To the log. */
void itk_line_notices(const server_rec *main_server);

/* Directives with a file that root opens, and with a folder for such files. */
extern const char *const itk_line_files[], *const itk_line_folders[];

/* The supervisor: a child that is none of ours has ended; a worker has begun or
 * ended; every 250 ms. */
void itk_line_other_ended(pid_t pid, int status);
void itk_line_child(pid_t pid, int slot, int is_there);
void itk_line_tick(void);

/* Is a connection held back by the kernel until there are bytes on it? */
int itk_line_defers(const server_rec *s, const ap_listen_rec *lr);

/* Every new process, first of all; a worker, before its first connection. */
void itk_line_forked(void);
void itk_line_worker_begins(apr_pool_t *pchild);

/* A worker has a connection. */
void itk_line_connection(conn_rec *c);

/* Does httpd look here whether there is another request already? */
int itk_line_is_probe(ap_input_mode_t mode, apr_off_t bytes);

/* How long the next request is waited for; below 0: httpd's filters know. */
apr_interval_time_t itk_line_keep_alive(const request_rec *r);

/* Answers a request that has been read, the last of its connection or not.  r is
 * gone afterwards if there may be another. */
void itk_line_answer(conn_rec *c, request_rec *r, int is_last);

#endif
