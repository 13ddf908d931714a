/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is refused: when the configuration has been worked through (with -t
 * too), and when the server starts.  Each says what, where, and what to do.
 */

#include "itk.h"
#include "itk_kernel.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

/* ---- the tree ----------------------------------------------------------- */

const char *itk_where(apr_pool_t *p, const ap_directive_t *directive)
{
    return apr_psprintf(p, "line %d of %s", directive->line_num,
                        directive->filename);
}

int itk_tree_walk(apr_pool_t *p, const ap_directive_t *node,
                  itk_tree_visit *visit, void *baton)
{
    int result;

    for (; node; node = node->next) {
        if ((result = visit(p, node, baton)) != 0) {
            return result;
        }
        if (node->first_child
            && (result = itk_tree_walk(p, node->first_child, visit,
                                       baton)) != 0) {
            return result;
        }
    }
    return 0;
}

const char *itk_runtime_folder(apr_pool_t *p)
{
    char *file = ap_runtime_dir_relative(p, ap_pid_fname);
    char *slash = file ? strrchr(file, '/') : NULL;

    if (slash == NULL || slash == file) {
        return "/";
    }
    *slash = '\0';
    return file;
}

/* ---- the dispatcher's identity ------------------------------------------ */

/*
 * Where ItkDispatcherUser says nothing and there is no user mpm-itk: the first
 * of these ids that has no name and no pool.  Ids below 65536 exist in a
 * container as well; these are the ones that systemd's list of ids
 * (UIDS-GIDS.md) leaves to nobody, just below nobody's own.
 */
#define DISPATCHER_NAME    "mpm-itk"
#define DISPATCHER_HIGHEST 65529u
#define DISPATCHER_LOWEST  65520u

/* A pool that has this uid, or may act as this gid.  NULL: none. */
static const itk_pool *pool_with(uid_t uid, gid_t gid)
{
    int i, k;

    for (i = 0; i < itk_this_run.pool_count; i++) {
        const itk_pool *pool = &itk_this_run.pools[i];

        if (pool->who.uid == uid || pool->who.gid == gid) {
            return pool;
        }
        for (k = 0; k < pool->who.ngroups; k++) {
            if (pool->who.groups[k] == gid) {
                return pool;
            }
        }
    }
    return NULL;
}

static const char *free_id(apr_pool_t *p)
{
    unsigned int id;

    for (id = DISPATCHER_HIGHEST; id >= DISPATCHER_LOWEST; id--) {
        if (getpwuid((uid_t)id) == NULL && getgrgid((gid_t)id) == NULL
            && pool_with((uid_t)id, (gid_t)id) == NULL) {
            return apr_psprintf(p, "#%u", id);
        }
    }
    return NULL;
}

/* The group of a user that comes without one: its own, or the same number. */
static const char *group_of(apr_pool_t *p, const char *user)
{
    const struct passwd *pw = user[0] == '#'
        ? getpwuid((uid_t)strtol(user + 1, NULL, 10)) : getpwnam(user);

    return pw ? apr_psprintf(p, "#%lu", (unsigned long)pw->pw_gid) : user;
}

static int find_dispatcher(apr_pool_t *p, itk_fault *fault)
{
    static const itk_limits any = ITK_LIMITS_DEFAULT;
    const char *user = itk_conf.dispatcher_user;
    const char *group = itk_conf.dispatcher_group, *why;
    itk_identity *who = &itk_this_run.dispatcher;
    const itk_pool *pool;
    itk_account account;

    fault->directive = itk_conf.dispatcher_directive;
    if (user == NULL) {
        user = getpwnam(DISPATCHER_NAME) ? DISPATCHER_NAME : free_id(p);
    }
    if (user == NULL) {
        fault->why = apr_psprintf(p, "no id from %u to %u is free for the "
                                  "dispatchers: name a user that serves "
                                  "nothing with ItkDispatcherUser",
                                  DISPATCHER_LOWEST, DISPATCHER_HIGHEST);
        return -1;
    }
    if (group == NULL) {
        group = group_of(p, user);
    }
    if ((why = itk_identity_for_pool(p, user, group, who,
                                     &account)) == NULL) {
        /* it opens nothing: no group but one */
        who->groups = apr_pmemdup(p, &who->gid, sizeof(who->gid));
        who->ngroups = 1;
        why = itk_identity_refused(who, &any);
    }
    if (why) {
        fault->why = apr_psprintf(p, "ItkDispatcherUser %s %s: %s", user,
                                  group, why);
        return -1;
    }
    if ((pool = pool_with(who->uid, who->gid)) != NULL) {
        fault->why = apr_psprintf(p, "ItkDispatcherUser %s %s: hosts are "
                                  "served as %s, which has the same uid or is "
                                  "in the same group, and could so reach "
                                  "everybody's connections; name a user and a "
                                  "group that serve nothing", user, group,
                                  pool->name);
        return -1;
    }
    fault->directive = NULL;
    return 0;
}

/* ---- numbers that do not go together ------------------------------------ */

static int check_numbers(apr_pool_t *p, itk_fault *fault)
{
    int per_pool = itk_conf.max_workers_per_pool
                   ? itk_conf.max_workers_per_pool : itk_conf.max_clients;

    if (itk_conf.max_clients < itk_conf.dispatchers) {
        fault->why = apr_psprintf(p, ITK_MAX_WORKERS " %d is less than "
                                  "ItkDispatchers %d: each dispatcher needs a "
                                  "worker", itk_conf.max_clients,
                                  itk_conf.dispatchers);
        return -1;
    }
    if (itk_conf.max_workers_per_pool
        && itk_conf.max_workers_per_pool < itk_conf.dispatchers) {
        fault->why = apr_psprintf(p, "ItkMaxWorkersPerPool %d is less than "
                                  "ItkDispatchers %d: each dispatcher needs a "
                                  "worker", itk_conf.max_workers_per_pool,
                                  itk_conf.dispatchers);
        return -1;
    }
    if (itk_conf.min_spare_workers > per_pool) {
        fault->why = apr_psprintf(p, "ItkMinSpareWorkers %d is more than the "
                                  "%d workers that a user can have "
                                  "(ItkMaxWorkersPerPool, "
                                  ITK_MAX_WORKERS ")",
                                  itk_conf.min_spare_workers, per_pool);
        return -1;
    }
    return 0;
}

/* ---- all of it ---------------------------------------------------------- */

int itk_checks_configuration(apr_pool_t *p, server_rec *main_server,
                             itk_fault *fault)
{
    /* nothing could run it: CGI programs are the worker's own */
    ap_unixd_config.suexec_enabled = 0;

    return itk_modules_check(p, fault) != 0
        || itk_line_check(p, fault) != 0
        || itk_assign_check(p, fault) != 0
        || itk_directives_check(p, fault) != 0
        || itk_pools_make(p, main_server, fault) != 0
        || find_dispatcher(p, fault) != 0
        || check_numbers(p, fault) != 0
        || itk_tls_check(p, main_server, fault) != 0
        || itk_paths_check(p, fault) != 0 ? -1 : 0;
}

static int refuse_start(const char *why, const char *detail)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT | APLOG_STARTUP, 0, NULL,
                 "mpm-itk: %s%s%s", why, detail ? ": " : "",
                 detail ? detail : "");
    return -1;
}

int itk_checks_start(apr_pool_t *p, server_rec *main_server)
{
    char text[256];
    const char *why;
    int i;

    (void) p;
    (void) main_server;
    if (geteuid() != 0) {
        return refuse_start("has to be started as root, to be able to switch "
                            "to the users of the virtual hosts", NULL);
    }
    if ((why = itk_kernel_missing(text, sizeof(text))) != NULL) {
        return refuse_start("this kernel cannot keep users apart", why);
    }
    for (i = 0; i < itk_this_run.pool_count; i++) {
        const itk_pool *pool = &itk_this_run.pools[i];

        if (pool->refused) {
            ap_log_error(APLOG_MARK, APLOG_WARNING | APLOG_STARTUP, 0, NULL,
                         "mpm-itk: what runs as %s (hosts without "
                         "AssignUserID) will not be served: %s", pool->name,
                         pool->refused);
        }
    }
    return 0;
}

void itk_checks_notices(apr_pool_t *p, server_rec *main_server)
{
    (void) p;
    if (itk_conf.prefork_only) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, main_server,
                     "mpm-itk: %s has no effect here: workers are started "
                     "when connections come for their user; see "
                     "ItkMinSpareWorkers and ItkIdleTimeout",
                     itk_conf.prefork_only);
    }
    itk_line_notices(main_server);
    if (itk_this_run.pool_count > 1) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, main_server,
                     "mpm-itk: hosts are served in %d pools. A proxy in front "
                     "must not send requests for hosts of different users over "
                     "one connection: whoever serves the first can read the "
                     "others", itk_this_run.pool_count);
    }
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, main_server,
                 "mpm-itk: dispatchers are uid %lu, gid %lu",
                 (unsigned long)itk_this_run.dispatcher.uid,
                 (unsigned long)itk_this_run.dispatcher.gid);
}
