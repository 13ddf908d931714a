/* SPDX-License-Identifier: Apache-2.0 */

/* The module: hooks, and what is checked before the first child is made. */

#include "itk.h"

#include "apr_thread_proc.h"
#include <unistd.h>

int ap_threads_per_child = 0;
int ap_max_daemons_limit = -1;
server_rec *ap_server_conf;

int itk_one_process = 0;
int itk_mpm_state = AP_MPMQ_STARTING;
ap_pod_t *itk_pod;
int itk_listener_count = 0;
apr_pool_t *itk_pconf;
itk_identity itk_default_identity;

const itk_identity *itk_identity_of(const server_rec *s)
{
    const itk_server_conf *conf = itk_server_conf_of(s);

    return conf->identity ? conf->identity : &itk_default_identity;
}

static int refuse_start(const char *why, const char *detail)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT | APLOG_STARTUP, 0, NULL,
                 "mpm-itk: %s%s%s", why, detail ? ": " : "",
                 detail ? detail : "");
    return DONE;
}

/*
 * Who the children are, and the hosts without AssignUserID. A User outside of
 * the ranges may read heads, but hosts that would run as it are not served.
 */
static int find_default_identity(apr_pool_t *p)
{
    static const itk_limits any = ITK_LIMITS_DEFAULT;
    const char *user = unixd_config.user_name;
    const char *group = apr_psprintf(p, "#%lu",
                                     (unsigned long)unixd_config.group_id);
    const char *err;

    err = itk_identity_for_pool(p, user, group, &itk_default_identity);
    if (err == NULL) {
        err = itk_identity_refused(&itk_default_identity, &any);
    }
    if (err) {
        return refuse_start(apr_psprintf(p, "User %s with Group %s cannot "
                                         "serve requests", user, group), err);
    }
    err = itk_identity_refused(&itk_default_identity, &itk_conf.limits);
    if (err) {
        ap_log_error(APLOG_MARK, APLOG_WARNING | APLOG_STARTUP, 0, NULL,
                     "mpm-itk: hosts without AssignUserID will not be served, "
                     "for User %s with Group %s: %s", user, group, err);
    }
    return OK;
}

/* As early as there is a log to write to, and before stderr becomes one. */
static int open_logs(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp,
                     server_rec *s)
{
    apr_status_t rv;

    (void) plog;
    (void) ptemp;
    itk_pconf = p;
    ap_server_conf = s;

    if (geteuid() != 0) {
        return refuse_start("has to be started as root, to be able to switch "
                            "to the users of the virtual hosts", NULL);
    }
    if (find_default_identity(p) != OK) {
        return DONE;
    }
    if (ap_find_linked_module("mod_cgid.c")) {
        return refuse_start("mod_cgid runs scripts from a daemon of its own, "
                            "as User; load mod_cgi instead", NULL);
    }
    if ((itk_listener_count = ap_setup_listeners(s)) < 1) {
        return refuse_start("no listening socket could be opened", NULL);
    }
    if ((rv = ap_mpm_pod_open(p, &itk_pod)) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT | APLOG_STARTUP, rv, NULL,
                     "mpm-itk: could not open the pipe that ends idle "
                     "children");
        return DONE;
    }
    return OK;
}

static int pre_config(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp)
{
    static int readings = 0;
    int debug = ap_exists_config_define("DEBUG");
    int no_detach = ap_exists_config_define("NO_DETACH");
    int foreground = ap_exists_config_define("FOREGROUND");
    apr_status_t rv;

    (void) plog;
    itk_one_process = debug || ap_exists_config_define("ONE_PROCESS");
    itk_mpm_state = AP_MPMQ_STARTING;

    /* the configuration is read twice: the first time only to see it is good */
    if (readings++ == 1) {
        itk_parent_new_start();
        if (!itk_one_process && !foreground) {
            rv = apr_proc_detach(no_detach ? APR_PROC_DETACH_FOREGROUND
                                           : APR_PROC_DETACH_DAEMONIZE);
            if (rv != APR_SUCCESS) {
                ap_log_error(APLOG_MARK, APLOG_CRIT, rv, NULL,
                             "mpm-itk: could not become a daemon");
                return HTTP_INTERNAL_SERVER_ERROR;
            }
        }
    }

    unixd_pre_config(ptemp);
    ap_listen_pre_config();
    itk_directives_reset(p);
    ap_pid_fname = DEFAULT_PIDLOG;
    ap_lock_fname = DEFAULT_LOCKFILE;
    ap_max_requests_per_child = DEFAULT_MAX_REQUESTS_PER_CHILD;
    ap_extended_status = 0;
#ifdef AP_MPM_WANT_SET_MAX_MEM_FREE
    ap_max_mem_free = APR_ALLOCATOR_MAX_FREE_UNLIMITED;
#endif
    apr_cpystrn(ap_coredump_dir, ap_server_root, sizeof(ap_coredump_dir));
    return OK;
}

AP_DECLARE(apr_status_t) ap_mpm_query(int query_code, int *result)
{
    switch (query_code) {
    case AP_MPMQ_MAX_DAEMON_USED:
        *result = itk_conf.max_clients;
        break;
    case AP_MPMQ_IS_THREADED:
        *result = AP_MPMQ_NOT_SUPPORTED;
        break;
    case AP_MPMQ_IS_FORKED:
        *result = AP_MPMQ_DYNAMIC;
        break;
    case AP_MPMQ_HARD_LIMIT_DAEMONS:
    case AP_MPMQ_MAX_DAEMONS:
        *result = itk_conf.server_limit;
        break;
    case AP_MPMQ_HARD_LIMIT_THREADS:
        *result = HARD_THREAD_LIMIT;
        break;
    case AP_MPMQ_MAX_THREADS:
    case AP_MPMQ_MIN_SPARE_THREADS:
    case AP_MPMQ_MAX_SPARE_THREADS:
        *result = 0;
        break;
    case AP_MPMQ_MIN_SPARE_DAEMONS:
        *result = itk_conf.min_spare;
        break;
    case AP_MPMQ_MAX_SPARE_DAEMONS:
        *result = itk_conf.max_spare;
        break;
    case AP_MPMQ_MAX_REQUESTS_DAEMON:
        *result = ap_max_requests_per_child;
        break;
#ifdef AP_MPMQ_MPM_STATE
    case AP_MPMQ_MPM_STATE:
        *result = itk_mpm_state;
        break;
#endif
    default:
        return APR_ENOTIMPL;
    }
    return APR_SUCCESS;
}

/* http_core asks; there is no graceful stop in 2.0. */
int ap_graceful_stop_signalled(void)
{
    return 0;
}

static void register_hooks(apr_pool_t *p)
{
    static const char *const before_core[] = { "core.c", NULL };

    (void) p;
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_open_logs(open_logs, NULL, before_core, APR_HOOK_MIDDLE);

    /* Before what any module calls "really first": nothing that looks at the
     * request, and no other protocol, may run as User.
     */
    ap_hook_process_connection(itk_process_connection, NULL, NULL,
                               APR_HOOK_REALLY_FIRST - 10);
    ap_hook_post_read_request(itk_post_read_request, NULL, NULL,
                              APR_HOOK_REALLY_FIRST - 10);
    ap_hook_log_transaction(itk_log_transaction, NULL, NULL,
                            APR_HOOK_REALLY_LAST);
}

module AP_MODULE_DECLARE_DATA mpm_classic_module = {
    MPM20_MODULE_STUFF,
    ap_mpm_rewrite_args,
    NULL,
    NULL,
    itk_server_conf_create,
    itk_server_conf_merge,
    itk_directives,
    register_hooks
};
