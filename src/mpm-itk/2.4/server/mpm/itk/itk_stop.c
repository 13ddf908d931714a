/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A graceful stop (SIGWINCH): what is being answered is answered to its end,
 * and nobody listens any more.  To the supervisor it is a graceful restart with
 * no listening sockets, which its tick ends when nothing is left.
 */

#include "itk.h"
#include "itk_children.h"

#include <signal.h>
#include <unistd.h>

#define QUIET_TICKS 4           /* it takes some to hand over and to say so */

static volatile sig_atomic_t wanted;
static pid_t supervisor;
static apr_time_t until;        /* 0: for ever */
static int going;               /* it has begun */
static int quiet;               /* ticks with nothing left */

static void on_stop(int sig)
{
    int error = errno;

    (void) sig;
    if (getpid() == supervisor) {       /* its children have inherited this */
        wanted = 1;
        (void) kill(supervisor, SIGUSR1);
    }
    errno = error;
}

void itk_stop_take_signal(void)
{
    struct sigaction action;

    supervisor = getpid();
    memset(&action, 0, sizeof(action));
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_stop;
    action.sa_flags = SA_RESTART;
    (void) sigaction(AP_SIG_GRACEFUL_STOP, &action, NULL);
}

int itk_stop_is_wanted(void)
{
    return wanted;
}

/* ---- until nothing is left ---------------------------------------------- */

static int is_left(void)
{
    const itk_run *run = itk_s.run;
    int i;

    for (i = 0; i < itk_s.slots; i++) {
        if (itk_s.workers[i].pid > 0
            && itk_s.workers[i].run != itk_s.run_number) {
            return 1;
        }
    }
    for (i = 0; i < 2 * ITK_DISPATCHERS_MOST; i++) {
        if (itk_s.dispatchers[i].pid > 0
            && itk_s.dispatchers[i].run != itk_s.run_number) {
            return 1;
        }
    }
    /* the page is that of before the stop: both write to it */
    for (i = 0; i < run->limits.slots && i < itk_s.slots; i++) {
        if (itk_s.workers[i].pid > 0
            && (run->status[i].state == ITK_STATUS_STARTING
                || run->status[i].state == ITK_STATUS_BUSY)) {
            return 1;
        }
    }
    for (i = 0; i < run->limits.dispatchers; i++) {
        if (run->waiting[i].queued || run->waiting[i].lingering) {
            return 1;
        }
    }
    return 0;
}

/* The supervisor's. */
void itk_stop_tick(void)
{
    if (!going) {
        return;
    }
    quiet = is_left() ? 0 : quiet + 1;
    if (quiet >= QUIET_TICKS || (until && apr_time_now() >= until)) {
        (void) kill(supervisor, SIGTERM);
    }
}

void itk_stop_softly(itk_run *run)
{
    itk_host *hosts = (itk_host *)run->hosts;   /* itk_pools.c allocated them */
    itk_ended ended;
    int i;

    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, ap_server_conf,
                 "caught " AP_SIG_GRACEFUL_STOP_STRING
                 ", shutting down gracefully");
    ap_close_listeners();
    run->listener_count = 0;
    for (i = 0; i < run->host_count; i++) {
        hosts[i].keep_alive_ms = 1;     /* idle connections are closed */
    }
    until = ap_graceful_shutdown_timeout
            ? apr_time_now() + apr_time_from_sec(ap_graceful_shutdown_timeout)
            : 0;
    going = 1;
    do {
        ended = itk_supervise(run);     /* another restart has nothing to begin */
    } while (ended == ITK_ENDED_GRACEFUL);
}
