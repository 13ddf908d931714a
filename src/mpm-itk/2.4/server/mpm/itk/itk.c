/* SPDX-License-Identifier: Apache-2.0 */

/* The module: hooks, and the supervisor between two readings. */

#include "itk.h"
#include "itk_worker.h"

#include "apr_thread_proc.h"
#include "util_mutex.h"
#include <dlfcn.h>
#include <unistd.h>

int itk_one_process = 0;
apr_pool_t *itk_pconf;
ap_unixd_mpm_retained_data *itk_retained;

/* ---- the run ------------------------------------------------------------ */

/* httpd's contract: OK, and it reads the configuration again; DONE, it ends. */
static int after(itk_ended ended, apr_pool_t *p)
{
    itk_retained->mpm_state = AP_MPMQ_STOPPING;
    itk_retained->was_graceful = ended == ITK_ENDED_GRACEFUL;
    if (ended == ITK_ENDED_GRACEFUL && itk_stop_is_wanted()) {
        itk_stop_softly(&itk_this_run);
        ap_remove_pid(p, ap_pid_fname);
        return DONE;
    }
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
        ap_remove_pid(p, ap_pid_fname);
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, ap_server_conf,
                     "caught SIGTERM, shutting down");
        return DONE;
    default:
        ap_remove_pid(p, ap_pid_fname);
        ap_log_error(APLOG_MARK, APLOG_ALERT, 0, ap_server_conf,
                     "mpm-itk: the server cannot go on, and ends");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    ++itk_retained->my_generation;
    ap_scoreboard_image->global->running_generation
        = itk_retained->my_generation;
    return OK;
}

static int __attribute__((noinline))
run(apr_pool_t *p, apr_pool_t *plog, server_rec *s)
{
    itk_pconf = p;
    ap_log_pid(p, ap_pid_fname);

    itk_conf.first_server_limit = itk_conf.server_limit;
    if (itk_conf.limit_changed) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "changing ServerLimit is not possible during a restart: "
                     "it stays %d", itk_conf.server_limit);
        itk_conf.limit_changed = 0;
    }
    /* Not shared: every process has a scoreboard of its own, and what a worker
     * writes there is seen by nobody.
     */
    if (!itk_retained->was_graceful) {
        if (ap_run_pre_mpm(s->process->pool, SB_NOT_SHARED) != OK) {
            itk_retained->mpm_state = AP_MPMQ_STOPPING;
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        ap_scoreboard_image->global->running_generation
            = itk_retained->my_generation;
    }
    if (itk_roles_fill(p, s) != 0) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     "mpm-itk: the processes that serve cannot be prepared; "
                     "the server ends");
        itk_retained->mpm_state = AP_MPMQ_STOPPING;
        ap_remove_pid(p, ap_pid_fname);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    itk_checks_notices(p, s);
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                 "%s configured -- resuming normal operations",
                 ap_get_server_description());
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, s, "Server built: %s",
                 ap_get_server_built());
    ap_log_command_line(plog, s);
    ap_log_mpm_common(s);
    itk_stop_take_signal();
    itk_retained->mpm_state = AP_MPMQ_RUNNING;
    return after(itk_supervise(&itk_this_run), p);
}

/*
 * Where functions that have read the configuration had their lines, those that
 * are called from here on have their frames, with holes in them.  So the stack is
 * emptied before.
 */
static int itk_mpm_run(apr_pool_t *p, apr_pool_t *plog, server_rec *s)
{
    itk_leftovers_scrub(p);
    return run(p, plog, s);
}

/* ---- hooks -------------------------------------------------------------- */

/*
 * As a loadable module this would be loaded anew at each restart, without what
 * it knows of its processes, and with handlers of signals that point to
 * nothing.  So once loaded it stays; other code comes with a full restart.
 */
static int stay_loaded(void)
{
    Dl_info here;

    return mpm_itk_module.dynamic_load_handle == NULL
        || (dladdr(&mpm_itk_module, &here) != 0 && here.dli_fname != NULL
            && dlopen(here.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE)
               != NULL) ? 0 : -1;
}

static int detach(int no_detach)
{
    apr_status_t rv = apr_proc_detach(no_detach ? APR_PROC_DETACH_FOREGROUND
                                                : APR_PROC_DETACH_DAEMONIZE);

    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, NULL,
                     "mpm-itk: could not become a daemon");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

static int pre_config(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp)
{
    int debug = ap_exists_config_define("DEBUG");
    int no_detach = ap_exists_config_define("NO_DETACH");
    int foreground = debug || ap_exists_config_define("FOREGROUND");

    (void) plog;
    (void) ptemp;
    if (stay_loaded() != 0) {
        ap_log_error(APLOG_MARK, APLOG_CRIT | APLOG_STARTUP, 0, NULL,
                     "mpm-itk: the module cannot be kept in memory (%s)",
                     dlerror());
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    itk_one_process = debug || ap_exists_config_define("ONE_PROCESS");
    itk_retained = ap_unixd_mpm_get_retained_data();
    itk_retained->mpm_state = AP_MPMQ_STARTING;
    if (itk_retained->baton != &itk_this_run) {
        itk_retained->was_graceful = 0;
        itk_retained->baton = &itk_this_run;
    }

    /* the configuration is read twice: the first time only to see it is good */
    if (++itk_retained->module_loads == 2 && !itk_one_process && !foreground
        && detach(no_detach) != OK) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    ap_listen_pre_config();
    /* configurations may say what it is to be; there is none */
    ap_mutex_register(p, AP_ACCEPT_MUTEX_TYPE, NULL, APR_LOCK_DEFAULT, 0);
    itk_directives_reset(p);
    itk_directives_follow(p);
    ap_extended_status = 0;
    return OK;
}

/* As early as there is a log to write to, and before stderr becomes one. */
static int open_logs(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp,
                     server_rec *s)
{
    (void) plog;
    (void) ptemp;
    itk_pconf = p;
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

/*
 * The first reading is only to see that the configuration is good, and nobody is
 * forked after it.  But its memory is in use again, in part, before a loadable
 * MPM can empty what is free: what hosts have said goes while it is known where
 * it is.
 */
static int post_config(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *s)
{
    (void) plog;
    (void) ptemp;
    if (itk_retained->module_loads == 1
        && itk_secrets_collect(p, s, itk_this_run.pool_count) != 0) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, errno, s, "mpm-itk: could not put "
                     "apart what hosts keep from each other");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

static int query(int query_code, int *result, apr_status_t *rv)
{
    *rv = APR_SUCCESS;
    switch (query_code) {
    case AP_MPMQ_MAX_DAEMON_USED:
    case AP_MPMQ_MAX_DAEMONS:
        *result = itk_conf.max_clients;
        break;
    case AP_MPMQ_IS_THREADED:
        *result = AP_MPMQ_NOT_SUPPORTED;
        break;
    case AP_MPMQ_IS_FORKED:
        *result = AP_MPMQ_DYNAMIC;
        break;
    case AP_MPMQ_IS_ASYNC:
        *result = 0;
        break;
    case AP_MPMQ_HARD_LIMIT_DAEMONS:
        *result = itk_conf.server_limit;
        break;
    case AP_MPMQ_HARD_LIMIT_THREADS:
        *result = HARD_THREAD_LIMIT;
        break;
    case AP_MPMQ_MAX_THREADS:
        *result = 1;
        break;
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
    case AP_MPMQ_MPM_STATE:
        *result = itk_retained->mpm_state;
        break;
    case AP_MPMQ_GENERATION:
        *result = itk_retained->my_generation;
        break;
    default:
        *rv = APR_ENOTIMPL;
        break;
    }
    return OK;
}

static const char *get_name(void)
{
    return "itk";
}

static void register_hooks(apr_pool_t *p)
{
    static const char *const before_core[] = { "core.c", NULL };
    /* before what any module calls "really first" */
    const int before_all = APR_HOOK_REALLY_FIRST - 10;

    itk_leftovers_scrub(p);     /* what the reading before this one left */
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_open_logs(open_logs, NULL, before_core, APR_HOOK_REALLY_FIRST);
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_REALLY_LAST + 10);
    ap_hook_mpm(itk_mpm_run, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_mpm_query(query, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_mpm_get_name(get_name, NULL, NULL, APR_HOOK_MIDDLE);

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
    NULL,
    itk_dir_conf_create,
    itk_dir_conf_merge,
    itk_server_conf_create,
    itk_server_conf_merge,
    itk_directives,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
