/* SPDX-License-Identifier: Apache-2.0 */

/* The module: hooks, and the supervisor between two readings. */

#include "itk.h"
#include "itk_worker.h"

#include "apr_thread_proc.h"
#include <unistd.h>

int ap_threads_per_child = 0;
int ap_max_daemons_limit = -1;
server_rec *ap_server_conf;
ap_generation_t volatile ap_my_generation = 0;

int itk_one_process = 0;
int itk_mpm_state = AP_MPMQ_STARTING;
apr_pool_t *itk_pconf;

static int is_graceful = 0;

/* ---- the run ------------------------------------------------------------ */

static void remove_pid_file(apr_pool_t *p)
{
    const char *file = ap_server_root_relative(p, ap_pid_fname);

    if (file && unlink(file) == 0) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf,
                     "removed PID file %s (pid=%ld)", file, (long)getpid());
    }
}

/* httpd's contract: 0, and it reads the configuration again; 1, and it ends. */
static int after(itk_ended ended, apr_pool_t *p)
{
    itk_mpm_state = AP_MPMQ_STOPPING;
    is_graceful = ended == ITK_ENDED_GRACEFUL;
    switch (ended) {
    case ITK_ENDED_GRACEFUL:
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, ap_server_conf,
                     "Graceful restart requested, doing restart");
        break;
    case ITK_ENDED_RESTART:
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, ap_server_conf,
                     "SIGHUP received.  Attempting to restart");
        break;
    case ITK_ENDED_STOP:
        remove_pid_file(p);
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, ap_server_conf,
                     "caught SIGTERM, shutting down");
        return 1;
    default:
        remove_pid_file(p);
        ap_log_error(APLOG_MARK, APLOG_ALERT, 0, ap_server_conf,
                     "mpm-itk: the server cannot go on, and ends");
        return 1;
    }
    ++ap_my_generation;
    ap_scoreboard_image->global->running_generation = ap_my_generation;
    return 0;
}

int ap_mpm_run(apr_pool_t *p, apr_pool_t *plog, server_rec *s)
{
    (void) plog;
    itk_pconf = p;
    ap_server_conf = s;
    ap_log_pid(p, ap_pid_fname);

    itk_conf.first_server_limit = itk_conf.server_limit;
    ap_max_daemons_limit = itk_conf.server_limit;
    if (itk_conf.limit_changed) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "WARNING: Attempt to change ServerLimit ignored during "
                     "restart");
        itk_conf.limit_changed = 0;
    }
    /* Not shared: every process has a scoreboard of its own, and what a worker
     * writes there is seen by nobody.
     */
    if (!is_graceful) {
        if (ap_run_pre_mpm(s->process->pool, SB_NOT_SHARED) != OK) {
            itk_mpm_state = AP_MPMQ_STOPPING;
            return 1;
        }
        ap_scoreboard_image->global->running_generation = ap_my_generation;
    }
    if (itk_roles_fill(p, s) != 0) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     "mpm-itk: the processes that serve cannot be prepared; "
                     "the server ends");
        itk_mpm_state = AP_MPMQ_STOPPING;
        remove_pid_file(p);
        return 1;
    }
    itk_checks_notices(p, s);
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                 "%s configured -- resuming normal operations",
                 ap_get_server_version());
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, s, "Server built: %s",
                 ap_get_server_built());
    itk_mpm_state = AP_MPMQ_RUNNING;
    return after(itk_supervise(&itk_this_run), p);
}

/* ---- hooks -------------------------------------------------------------- */

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
        is_graceful = 0;
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
    itk_directives_follow(p);
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

/* As early as there is a log to write to, and before stderr becomes one. */
static int open_logs(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp,
                     server_rec *s)
{
    (void) plog;
    (void) ptemp;
    itk_pconf = p;
    ap_server_conf = s;
    if (itk_checks_start(p, s) != 0) {
        return DONE;
    }
    if (ap_setup_listeners(s) < 1) {
        ap_log_error(APLOG_MARK, APLOG_ALERT | APLOG_STARTUP, 0, NULL,
                     "mpm-itk: no listening socket could be opened");
        return DONE;
    }
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
    /* before what any module calls "really first" */
    const int before_all = APR_HOOK_REALLY_FIRST - 10;

    itk_leftovers_scrub(p);     /* what the reading before this one left */
    itk_secrets_tls_register();
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_open_logs(open_logs, NULL, before_core, APR_HOOK_MIDDLE);

    ap_hook_process_connection(itk_process_connection, NULL, NULL, before_all);
    ap_hook_post_read_request(itk_check_host, NULL, NULL, before_all);
    ap_hook_translate_name(itk_check_location, NULL, NULL, before_all);
    ap_hook_fixups(itk_check_location_late, NULL, NULL, before_all);
    ap_hook_handler(itk_status_handler, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(itk_count_request, NULL, NULL,
                            APR_HOOK_REALLY_LAST);
}

module AP_MODULE_DECLARE_DATA mpm_itk_module = {
    MPM20_MODULE_STUFF,
    ap_mpm_rewrite_args,
    itk_dir_conf_create,
    itk_dir_conf_merge,
    itk_server_conf_create,
    itk_server_conf_merge,
    itk_directives,
    register_hooks
};
