/* SPDX-License-Identifier: Apache-2.0 */

/* What httpd 2.4 does in another way than 2.0; itk.h says what each is for. */

#include "itk.h"
#include "itk_worker.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- the configuration -------------------------------------------------- */

static int capabilities_said;

void itk_line_reset(apr_pool_t *pconf)
{
    capabilities_said = 0;
    itk_expr_reset(pconf);
}

/* mpm-itk for 2.4 has it, for what a process keeps until it knows the user. */
const char *itk_enable_capabilities(cmd_parms *cmd, void *unused, int on)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) unused;
    (void) on;
    capabilities_said = 1;
    return err;
}

const char *itk_line_settle(cmd_parms *cmd)
{
    return itk_expr_settle(cmd);
}

/*
 * mod_unixd has User and Group.  What it does to processes of other MPMs is not
 * done here: those of this one drop everything by themselves (itk_identity.c).
 */
int itk_line_check(apr_pool_t *p, itk_fault *fault)
{
    (void) p;
    if (ap_find_linked_module("mod_unixd.c") == NULL) {
        fault->why = "mod_unixd is needed, which has the directives User and "
            "Group: load it";
        return -1;
    }
    if (ap_unixd_config.chroot_dir) {
        fault->why = "ChrootDir is refused: workers are confined by their "
            "users, and what is in memory of the others needs the paths "
            "outside; use a container or a chroot of the whole server";
        return -1;
    }
    return 0;
}

/* read_request_line goes on after so many. */
int itk_line_empty_lines(const server_rec *s)
{
    (void) s;
    return DEFAULT_LIMIT_BLANK_LINES + 1;
}

void itk_line_notices(const server_rec *main_server)
{
    if (capabilities_said) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, main_server,
                     "mpm-itk: EnableCapabilities has no effect here: no "
                     "process that a client reaches has any capability");
    }
    if (ap_coredumpdir_configured) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main_server,
                     "mpm-itk: CoreDumpDirectory has no effect here: no process "
                     "may be dumped, for a dump has all users' secrets in it");
    }
}

const char *const itk_line_files[] = {
    "ErrorLog", "CustomLog", "TransferLog", "GlobalLog", "ForensicLog",
    "PidFile", "ScoreBoardFile", "SSLSessionCache", "SSLStaplingCache", NULL
};
const char *const itk_line_folders[] = { "DefaultRuntimeDir", "Mutex", NULL };

/* ---- processes ---------------------------------------------------------- */

void itk_line_other_ended(pid_t pid, int status)
{
#if APR_HAS_OTHER_CHILD
    apr_proc_t proc;

    memset(&proc, 0, sizeof(proc));
    proc.pid = pid;
    (void) apr_proc_other_child_alert(&proc, APR_OC_REASON_DEATH, status);
#else
    (void) pid;
    (void) status;
#endif
}

/*
 * Workers are httpd's children; dispatchers and the logger are this MPM's own
 * affair.  httpd counts those of each generation (end_generation).
 */
void itk_line_child(pid_t pid, int slot, int is_there)
{
    static ap_generation_t *generations;
    static int count;

    if (slot >= count) {
        ap_generation_t *more = realloc(generations, ((size_t)slot + 1)
                                                     * sizeof(*more));

        if (more == NULL) {
            return;             /* its end is not told, either */
        }
        generations = more;
        for (; count <= slot; count++) {
            generations[count] = -1;
        }
    }
    if (is_there) {
        generations[slot] = itk_generation;
    }
    if (generations[slot] >= 0) {
        ap_run_child_status(ap_server_conf, pid, generations[slot], slot,
                            is_there ? MPM_CHILD_STARTED : MPM_CHILD_EXITED);
    }
    if (!is_there) {
        generations[slot] = -1;
    }
}

#define TICKS_A_MONITOR 40      /* as ap_wait_or_timeout: every ten seconds */

void itk_line_tick(void)
{
    static apr_pool_t *p;
    static int ticks;

    itk_stop_tick();
    if (++ticks < TICKS_A_MONITOR) {
        return;
    }
    ticks = 0;
    if (p == NULL) {
        apr_pool_create(&p, ap_server_conf->process->pool);
    }
    itk_status_show();
    ap_run_monitor(p, ap_server_conf);
    apr_pool_clear(p);
}

/* AcceptFilter: anything but none waits for data. */
int itk_line_defers(const server_rec *s, const ap_listen_rec *lr)
{
    const core_server_config *core = ap_get_core_module_config(s->module_config);
    const char *filter = core->accf_map && lr->protocol
                         ? apr_table_get(core->accf_map, lr->protocol) : NULL;

    return filter == NULL || strcmp(filter, "none") != 0;
}

/* The thread that httpd has noted is the supervisor's. */
void itk_line_forked(void)
{
#if AP_HAS_THREAD_LOCAL
    ap_thread_current_after_fork();
#endif
}

#if APR_HAS_THREADS
static apr_thread_t *thread;    /* this process, as a thread */
#endif

/* Modules ask which thread they run in; there is one. */
void itk_line_worker_begins(apr_pool_t *pchild)
{
#if AP_HAS_THREAD_LOCAL
    apr_status_t rv = ap_thread_main_create(&thread, pchild);

    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ALERT, rv, ap_server_conf,
                     "mpm-itk: a worker has no thread, and has ended");
        _exit(APEXIT_CHILDSICK);
    }
#elif APR_HAS_THREADS
    apr_os_thread_t os = apr_os_thread_current();

    apr_os_thread_put(&thread, &os, pchild);
#else
    (void) pchild;
#endif
}

/* ---- a connection ------------------------------------------------------- */

void itk_line_connection(conn_rec *c)
{
#if APR_HAS_THREADS
    c->current_thread = thread;
#else
    (void) c;
#endif
}

/* ap_check_pipeline looks for one byte. */
int itk_line_is_probe(ap_input_mode_t mode, apr_off_t bytes)
{
    return mode == AP_MODE_SPECULATIVE && bytes == 1;
}

/* As ap_process_http_sync_connection: the first vhost's, unless this one says. */
apr_interval_time_t itk_line_keep_alive(const request_rec *r)
{
    return r->server->keep_alive_timeout_set
        ? r->server->keep_alive_timeout
        : r->connection->base_server->keep_alive_timeout;
}

void itk_line_answer(conn_rec *c, request_rec *r, int is_last)
{
    if (is_last) {
        c->keepalive = AP_CONN_CLOSE;
    }
    if (r->status == HTTP_OK) {
        ap_update_child_status(c->sbh, SERVER_BUSY_WRITE, r);
        ap_process_request(r);  /* r may be gone afterwards */
    }
    if (c->keepalive == AP_CONN_KEEPALIVE && !c->aborted) {
        ap_update_child_status(c->sbh, SERVER_BUSY_KEEPALIVE, NULL);
    }
}
