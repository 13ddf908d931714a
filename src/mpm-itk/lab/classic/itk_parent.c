/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The parent: root, and the contract of prefork.  It opens what needs root,
 * keeps the number of idle children between two limits, and reaps.  It reads
 * nothing from the network.  The pids that it signals are its own notes; what
 * it takes from the scoreboard is whether a slot is idle, and that memory is
 * written to before the switch to a vhost's user, never after it.
 */

#include "itk.h"

#include "apr_signal.h"
#include "apr_thread_proc.h"
#include <signal.h>
#include <unistd.h>

#define SPAWN_RATE_MAX 32

pid_t itk_child_pids[MAX_SERVER_LIMIT];
apr_proc_mutex_t *itk_accept_mutex;

static volatile sig_atomic_t stop_wanted;
static volatile sig_atomic_t restart_wanted;
static volatile sig_atomic_t graceful;

/* How many to start when there are too few; doubles while there still are. */
static int spawn_rate = 1;
/* Rounds after a graceful restart in which it does not double. */
static int settling;

void itk_parent_new_start(void)
{
    graceful = 0;
}

/* ---- signals ------------------------------------------------------------ */

static void on_stop(int sig)
{
    (void) sig;
    stop_wanted = 1;
}

static void on_restart(int sig)
{
    if (!restart_wanted) {
        restart_wanted = 1;
        graceful = sig == AP_SIG_GRACEFUL;
    }
}

static void on_signal(int sig, void (*handler)(int))
{
    struct sigaction sa;

    memset(&sa, 0, sizeof(sa));
    sigemptyset(&sa.sa_mask);
    sa.sa_handler = handler;
    if (handler == on_restart) {
        sigaddset(&sa.sa_mask, SIGHUP);
        sigaddset(&sa.sa_mask, AP_SIG_GRACEFUL);
    }
    if (sigaction(sig, &sa, NULL) != 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, errno, ap_server_conf,
                     "mpm-itk: sigaction(%d)", sig);
    }
}

static void set_signals(void)
{
#ifdef ITK_HAVE_FATAL_SIGNALS
    if (!itk_one_process) {
        ap_fatal_signal_setup(ap_server_conf, itk_pconf);
    }
#endif
    on_signal(SIGTERM, on_stop);
    on_signal(SIGINT, on_stop);
    on_signal(SIGXCPU, SIG_DFL);
    on_signal(SIGXFSZ, SIG_DFL);
    on_signal(SIGPIPE, SIG_IGN);
    on_signal(SIGHUP, on_restart);
    on_signal(AP_SIG_GRACEFUL, on_restart);
}

/* ---- children ----------------------------------------------------------- */

static void exit_quietly(int sig)
{
    (void) sig;
    itk_child_exit(0);
}

static int slot_status(int slot)
{
    return ap_scoreboard_image->servers[slot][0].status;
}

static void set_status(int slot, int status)
{
    (void) ap_update_child_status_from_indexes(slot, 0, status, NULL);
}

static int slot_of(pid_t pid)
{
    int i;

    for (i = 0; i < itk_conf.server_limit; i++) {
        if (itk_child_pids[i] == pid) {
            return i;
        }
    }
    return -1;
}

static int make_child(int slot)
{
    pid_t pid;

    if (slot + 1 > ap_max_daemons_limit) {
        ap_max_daemons_limit = slot + 1;
    }
    if (itk_one_process) {
        apr_signal(SIGHUP, exit_quietly);
        apr_signal(SIGINT, exit_quietly);
        apr_signal(SIGQUIT, SIG_DFL);
        apr_signal(SIGTERM, exit_quietly);
        itk_child_main(slot);
    }

    set_status(slot, SERVER_STARTING);
    pid = fork();
    if (pid < 0) {
        ap_log_error(APLOG_MARK, APLOG_ERR, errno, ap_server_conf,
                     "mpm-itk: could not fork a child");
        set_status(slot, SERVER_DEAD);
        /* out of something: asking again at once would only make it worse */
        sleep(10);
        return -1;
    }
    if (pid == 0) {
        /* a graceful restart reaches children over the pipe, not by signal */
        apr_signal(SIGHUP, exit_quietly);
        apr_signal(SIGTERM, exit_quietly);
        apr_signal(AP_SIG_GRACEFUL, SIG_IGN);
        itk_child_main(slot);
    }

    itk_child_pids[slot] = pid;
    ap_scoreboard_image->parent[slot].pid = pid;    /* for mod_status */
    return 0;
}

static void start_children(int number)
{
    int i;

    for (i = 0; number > 0 && i < itk_conf.max_clients; i++) {
        if (slot_status(i) == SERVER_DEAD) {
            if (make_child(i) < 0) {
                break;
            }
            number--;
        }
    }
}

static void report_full(void)
{
    static int said = 0;

    if (!said) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                     "mpm-itk: all %d children of MaxClients are at work, "
                     "consider raising it", itk_conf.max_clients);
        said = 1;
    }
}

/* Once a second: as many idle children as Min- and MaxSpareServers ask for. */
static void maintain(void)
{
    int free_slots[SPAWN_RATE_MAX];
    int free_count = 0, idle = 0, last = -1, i;

    for (i = 0; i < itk_conf.max_clients; i++) {
        int status;

        if (i >= ap_max_daemons_limit && free_count == spawn_rate) {
            break;
        }
        status = slot_status(i);
        if (status == SERVER_DEAD) {
            if (free_count < spawn_rate) {
                free_slots[free_count++] = i;
            }
            continue;
        }
        last = i;
        /* one that is still starting will soon be idle */
        if (status == SERVER_READY || status == SERVER_STARTING) {
            idle++;
        }
    }
    ap_max_daemons_limit = last + 1;

    if (idle > itk_conf.max_spare) {
        ap_mpm_pod_signal(itk_pod);
        spawn_rate = 1;
        return;
    }
    if (idle >= itk_conf.min_spare) {
        spawn_rate = 1;
        return;
    }
    if (free_count == 0) {
        report_full();
        spawn_rate = 1;
        return;
    }
    for (i = 0; i < free_count; i++) {
        make_child(free_slots[i]);
    }
    if (settling > 0) {
        settling--;
    }
    else if (spawn_rate < SPAWN_RATE_MAX) {
        spawn_rate *= 2;
    }
}

/* ---- a run, from one reading of the configuration to the next ------------ */

static int failed_start(apr_status_t rv, const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_EMERG, rv, ap_server_conf,
                 "mpm-itk: %s", what);
    itk_mpm_state = AP_MPMQ_STOPPING;
    return 1;
}

static int create_accept_mutex(apr_pool_t *p)
{
    apr_status_t rv;

    ap_lock_fname = apr_psprintf(p, "%s.%" APR_PID_T_FMT,
                                 ap_server_root_relative(p, ap_lock_fname),
                                 getpid());
    rv = apr_proc_mutex_create(&itk_accept_mutex, ap_lock_fname,
                               ap_accept_lock_mech, p);
    if (rv != APR_SUCCESS) {
        return failed_start(rv, "could not create the accept mutex");
    }
    /* the children are not root; which mechanisms care is httpd's to know */
    rv = unixd_set_proc_mutex_perms(itk_accept_mutex);
    if (rv != APR_SUCCESS) {
        return failed_start(rv, "could not give the accept mutex to User");
    }
    return 0;
}

/*
 * A process has ended.  1 if the server has to end with it, which only a child
 * in a slot can ask for: where this is process 1, as in a container, it is also
 * handed what a customer's scripts leave behind, with any exit code they like.
 */
static int reaped(apr_proc_t *proc, apr_exit_why_e why, int status,
                  int *to_start)
{
    int slot = slot_of(proc->pid);
    int processed;

    if (slot >= 0) {
        processed = ap_process_child_status(proc, why, status);
        if (processed == APEXIT_CHILDFATAL) {
            return 1;
        }
        itk_child_pids[slot] = 0;
        set_status(slot, SERVER_DEAD);
        itk_slots_give_back(slot);
        if (processed == APEXIT_CHILDSICK) {
            spawn_rate = 1;
        }
        else if (*to_start > 0 && slot < itk_conf.max_clients) {
            make_child(slot);
            --*to_start;
        }
    }
#if APR_HAS_OTHER_CHILD
    else if (apr_proc_other_child_read(proc, status) == 0) {
        /* a piped logger, or the like */
    }
#endif
    else {
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, ap_server_conf,
                     "mpm-itk: process %ld has ended, and is in no slot",
                     (long)proc->pid);
    }
    return 0;
}

static void stop_everything(void)
{
    const char *pidfile = ap_server_root_relative(itk_pconf, ap_pid_fname);

    if (unixd_killpg(getpgrp(), SIGTERM) < 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, errno, ap_server_conf,
                     "mpm-itk: killpg SIGTERM");
    }
    ap_reclaim_child_processes(1);
    if (pidfile && unlink(pidfile) == 0) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, ap_server_conf,
                     "removed PID file %s (pid=%ld)", pidfile, (long)getpid());
    }
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, ap_server_conf,
                 "caught SIGTERM, shutting down");
}

static void prepare_restart(void)
{
    int i;

    /* children that have a worker out see this when it has ended */
    ++ap_my_generation;
    ap_scoreboard_image->global->running_generation = ap_my_generation;

    if (graceful) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, ap_server_conf,
                     "Graceful restart requested, doing restart");
        ap_mpm_pod_killpg(itk_pod, ap_max_daemons_limit);
        for (i = 0; i < itk_conf.max_clients; i++) {
            if (slot_status(i) != SERVER_DEAD) {
                ap_scoreboard_image->servers[i][0].status = SERVER_GRACEFUL;
            }
        }
        return;
    }
    if (unixd_killpg(getpgrp(), SIGHUP) < 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, errno, ap_server_conf,
                     "mpm-itk: killpg SIGHUP");
    }
    ap_reclaim_child_processes(0);
    /* those that had a worker could not give its place back */
    itk_slots_clear();
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, ap_server_conf,
                 "SIGHUP received.  Attempting to restart");
}

ap_generation_t volatile ap_my_generation = 0;

static void announce(server_rec *s)
{
    if (itk_conf.limit_changed) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "mpm-itk: ServerLimit cannot change with a restart");
        itk_conf.limit_changed = 0;
    }
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s,
                 "%s configured -- resuming normal operations",
                 ap_get_server_version());
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, s,
                 "Server built: %s", ap_get_server_built());
    ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, s,
                 "AcceptMutex: %s (default: %s)",
                 apr_proc_mutex_name(itk_accept_mutex),
                 apr_proc_mutex_defname());
}

int ap_mpm_run(apr_pool_t *p, apr_pool_t *plog, server_rec *s)
{
    int to_start;

    (void) plog;
    itk_pconf = p;
    ap_log_pid(p, ap_pid_fname);
    itk_conf.first_server_limit = itk_conf.server_limit;

    if (create_accept_mutex(p) != 0) {
        return 1;
    }
    if (itk_slots_create() != 0) {
        return failed_start(errno, "no memory to share with the children");
    }
    if (!graceful) {
        if (ap_run_pre_mpm(s->process->pool, SB_SHARED) != OK) {
            itk_mpm_state = AP_MPMQ_STOPPING;
            return 1;
        }
        ap_scoreboard_image->global->running_generation = ap_my_generation;
    }
    set_signals();

    if (itk_conf.max_spare < itk_conf.min_spare + 1) {
        itk_conf.max_spare = itk_conf.min_spare + 1;
    }
    to_start = itk_conf.start_servers < itk_conf.max_clients
               ? itk_conf.start_servers : itk_conf.max_clients;
    if (!graceful) {
        start_children(to_start);
        to_start = 0;
    }
    else {
        /* the old ones end soon, and each is replaced as it does */
        settling = 10;
    }
    announce(s);
    /* a stop that came while the configuration was read is still wanted */
    restart_wanted = 0;
    itk_mpm_state = AP_MPMQ_RUNNING;

    while (!restart_wanted && !stop_wanted) {
        apr_exit_why_e why;
        apr_proc_t proc;
        int status;

        ap_wait_or_timeout(&why, &status, &proc, p);
        if (proc.pid != -1) {
            if (reaped(&proc, why, status, &to_start)) {
                itk_mpm_state = AP_MPMQ_STOPPING;
                return 1;
            }
        }
        else if (to_start > 0) {
            start_children(to_start);
            to_start = 0;
        }
        else {
            maintain();
        }
    }

    itk_mpm_state = AP_MPMQ_STOPPING;
    if (stop_wanted) {
        stop_everything();
        return 1;
    }
    apr_signal(SIGHUP, SIG_IGN);
    if (itk_one_process) {
        return 1;
    }
    prepare_restart();
    return 0;
}
