/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The supervisor: root, and no more than it takes.  It never reads a byte that
 * came from the network, and nothing that a worker wrote; what it reads from a
 * dispatcher is a request of fixed size, looked up in a table.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_children.h"
#include "itk_guard.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define REQUESTS        64      /* of one dispatcher, in one turn */
#define FORKS_A_SECOND  1000
#define FORKS_AT_ONCE   500
#define FORK_MODEL_RATE 20000   /* where each connection is a fork */
#define RETRY_FULL      50      /* ms: no place for another worker */
#define RETRY_FORK      1000    /* ms: the machine has none */
#define END_GRACE       5000    /* ms for a worker that was told to end */
#define HELD_UP         2000    /* ms that a dispatcher makes no turn */
#define STUCK           6000
#ifndef OLD_PATIENCE
#define OLD_PATIENCE    60000   /* ms after a restart, if there is need */
#endif
#define RESPAWN         1000    /* ms between two starts of a dispatcher */

static itk_msec run_began;

static volatile sig_atomic_t stop_wanted, restart_wanted, graceful_wanted,
                             child_ended;

/* ---- signals, clock, log ------------------------------------------------ */

static void on_signal(int sig)
{
    switch (sig) {
    case SIGTERM:
    case SIGINT:
        stop_wanted = 1;
        break;
    case SIGHUP:
        restart_wanted = 1;
        break;
    case SIGUSR1:
        graceful_wanted = 1;
        break;
    default:
        child_ended = 1;
        break;
    }
}

/* They are taken in ppoll alone: mask is what is blocked there, before what
 * was blocked when httpd called. */
static int take_signals(sigset_t *mask, sigset_t *before)
{
    static const int all[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD };
    struct sigaction action;
    sigset_t blocked;
    size_t i;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    sigemptyset(&blocked);
    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        sigaddset(&blocked, all[i]);
        sigaddset(&action.sa_mask, all[i]);
    }
    if (sigprocmask(SIG_BLOCK, &blocked, before) != 0) {
        return -1;
    }
    *mask = *before;
    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        sigdelset(mask, all[i]);
        if (sigaction(all[i], &action, NULL) != 0) {
            return -1;
        }
    }
    (void) signal(SIGPIPE, SIG_IGN);
    return 0;
}

itk_msec itk_supervisor_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (itk_msec)t.tv_sec * 1000 + (itk_msec)t.tv_nsec / 1000000;
}

void itk_supervisor_log(int level, int error, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    itk_s.run->log(itk_s.run->adapter, level, error, text);
}

/* ---- requests ----------------------------------------------------------- */

/* All forks of the server, not only those of one pool. */
static int may_fork(void)
{
    static itk_msec last;
    static double tokens = FORKS_AT_ONCE;
    int fork_model = itk_s.run->model == ITK_MODEL_FORK;
    double most = FORKS_AT_ONCE;

    tokens += (double)(itk_s.now - last)
              * (fork_model ? FORK_MODEL_RATE : FORKS_A_SECOND) / 1000.0;
    last = itk_s.now;
    if (tokens > most) {
        tokens = most;
    }
    if (tokens < 1 && ITK_GUARD("fork-rate")) {
        return 0;
    }
    tokens -= 1;
    return 1;
}

static void refuse(const itk_dispatcher_child *d, uint32_t pool, int delay)
{
    itk_order order;

    memset(&order, 0, sizeof(order));
    order.opcode = ITK_ORDER_REFUSED;
    order.generation = d->generation;
    order.pool = pool;
    order.delay = (uint32_t)delay;
    (void) itk_wire_send(d->control, &order, sizeof(order), NULL, 0);
}

/*
 * No place for another worker.  Those of before the last restart may finish; but
 * a script of theirs that does not, in every generation, would leave the others
 * of now no place at all.  One at a time, the one that is there longest.
 */
static void end_one_of_before(void)
{
    itk_child *oldest = NULL;
    int i;

    if (itk_s.now - run_began < OLD_PATIENCE) {
        return;
    }
    for (i = 0; i < itk_s.slots; i++) {
        itk_child *w = &itk_s.workers[i];

        if (w->pid <= 0 || w->run == itk_s.run_number) {
            continue;
        }
        if (w->told && w->told <= itk_s.now) {
            return;             /* one is on its way */
        }
        if (oldest == NULL || w->serial < oldest->serial) {
            oldest = w;
        }
    }
    if (oldest) {
        oldest->told = itk_s.now;
    }
}

static void spawn(itk_dispatcher_child *d, const itk_request *request)
{
    static itk_msec said;
    itk_pool_record *pool;

    if (d->leaving || d->run != itk_s.run_number) {
        return;
    }
    pool = &itk_s.pools[request->pool];
    if (pool->not_before > itk_s.now) {
        refuse(d, request->pool, (int)(pool->not_before - itk_s.now));
    }
    else if (itk_s.worker_count >= itk_s.run->limits.max_workers) {
        end_one_of_before();
        refuse(d, request->pool, RETRY_FULL);
    }
    else if (!may_fork()) {
        refuse(d, request->pool, RETRY_FULL);
    }
    else if (itk_children_worker(d, (int)request->pool) < 0) {
        if (errno == EBUSY) {
            refuse(d, request->pool, RETRY_FULL);
            return;
        }
        if (itk_s.now - said >= 10000 || said == 0) {
            itk_supervisor_log(LOG_ERR, errno, "could not start a worker "
                               "of %s", itk_s.run->pools[request->pool].name);
            said = itk_s.now;
        }
        refuse(d, request->pool, RETRY_FORK);
    }
}

/* The worker that a dispatcher means, if it is one of its own. */
static itk_child *own_worker(const itk_dispatcher_child *d,
                             const itk_request *request)
{
    itk_child *w = &itk_s.workers[request->slot];

    if (w->pid <= 0 || w->generation != d->generation
        || w->pool != (int)request->pool) {
        return NULL;
    }
    return w;
}

static void retired(itk_dispatcher_child *d, const itk_request *request)
{
    itk_child *w = own_worker(d, request);

    if (w && !w->told) {
        w->told = itk_s.now;
    }
}

static void end(itk_dispatcher_child *d, const itk_request *request)
{
    itk_child *w = own_worker(d, request);

    if (w) {
        w->at_fault = 1;
        itk_children_kill(w, SIGKILL);
    }
}

/* What may be asked, by opcode. */
static void (*const table[ITK_REQUEST_COUNT])(itk_dispatcher_child *,
                                              const itk_request *) = {
    NULL, spawn, retired, end
};

static void read_requests(itk_dispatcher_child *d)
{
    uint32_t pools = (uint32_t)itk_s.run->pool_count;
    itk_request request;
    int i, none, no_descriptors[1];
    ssize_t n;

    /* one that is leaving knows pools of an earlier configuration */
    if (d->run != itk_s.run_number) {
        pools = UINT32_MAX;
    }
    for (i = 0; i < REQUESTS && d->control > 0; i++) {
        none = 0;
        n = itk_wire_receive(d->control, &request, sizeof(request),
                             no_descriptors, &none, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR
                       && errno != EBADMSG)) {
            /* that it has ended is waitpid's to say; but this would be ready
             * to read for ever */
            (void) close(d->control);
            d->control = -1;
            child_ended = 1;
            return;
        }
        if (n < 0) {
            return;
        }
        if (!itk_request_valid(&request, pools, (uint32_t)itk_s.slots)
            || request.generation != d->generation) {
            if (ITK_GUARD("request-valid")) {
                itk_supervisor_log(LOG_CRIT, 0, "a dispatcher asks for what "
                                   "there is not, and is ended");
                (void) kill(d->pid, SIGKILL);
                return;
            }
            continue;
        }
        table[request.opcode](d, &request);
    }
}

/* ---- time --------------------------------------------------------------- */

/*
 * A dispatcher that makes no turn any more.  If it is at a connection that a
 * worker has had, that worker, or another of its pool, holds the socket's lock:
 * the pool's workers are ended, and that gives it back.  If it does not, the
 * dispatcher is, and another one is started beside what cannot be killed.
 */
static void watch_dispatcher(itk_dispatcher_child *d)
{
    const itk_status_waiting *w = &itk_s.run->waiting[d->index];
    uint32_t touching = w->touching;

    if (w->beat != d->beat) {
        d->beat = w->beat;
        d->beat_since = itk_s.now;
        d->held = 0;
        return;
    }
    if (itk_s.now - d->beat_since >= HELD_UP && !d->held && touching > 0
        && touching <= (uint32_t)itk_s.run->pool_count) {
        d->held = 1;
        itk_supervisor_log(LOG_CRIT, 0, "pool %s holds up a dispatcher; its "
                           "workers are ended",
                           itk_s.run->pools[touching - 1].name);
        itk_children_kill_pool(itk_s.run_number, (int)touching - 1);
    }
    if (itk_s.now - d->beat_since >= STUCK) {
        itk_supervisor_log(LOG_CRIT, 0, "a dispatcher, process %ld, does not "
                           "move; another one is started", (long)d->pid);
        (void) kill(d->pid, SIGKILL);
        d->index = -1;          /* out of the count, until it is reaped */
        d->leaving = 1;
    }
}

static void end_the_late(void)
{
    int i;

    for (i = 0; i < itk_s.slots; i++) {
        itk_child *w = &itk_s.workers[i];

        if (w->pid > 0 && w->told && itk_s.now >= w->told + END_GRACE) {
            itk_children_kill(w, itk_s.now >= w->told + 2 * END_GRACE
                                 ? SIGKILL : SIGTERM);
        }
        if (w->gone_unsaid) {
            itk_dispatcher_child *d = &itk_s.dispatchers[w->dispatcher];

            if (d->pid <= 0 || d->generation != w->generation
                || itk_children_tell(d, ITK_ORDER_GONE, w, i, NULL, 0) == 0) {
                w->gone_unsaid = 0;
            }
        }
    }
    for (i = 0; i < 2 * ITK_DISPATCHERS_MOST; i++) {
        itk_dispatcher_child *d = &itk_s.dispatchers[i];

        if (d->pid > 0 && d->run == itk_s.run_number && d->index >= 0) {
            watch_dispatcher(d);
        }
    }
    itk_children_watch_loggers();
}

/* As many dispatchers as there should be; the logger. */
static void keep_up(void)
{
    static itk_msec last_try;
    int i, k, there;

    if (itk_s.now - last_try < RESPAWN && last_try) {
        return;
    }
    for (i = 0; i < itk_s.run->limits.dispatchers; i++) {
        there = 0;
        for (k = 0; k < 2 * ITK_DISPATCHERS_MOST && !there; k++) {
            there = itk_s.dispatchers[k].pid > 0
                    && itk_s.dispatchers[k].index == i
                    && itk_s.dispatchers[k].run == itk_s.run_number;
        }
        if (!there) {
            last_try = itk_s.now;
            (void) itk_children_dispatcher(i);
        }
    }
    if (itk_s.logger.pid <= 0 && itk_s.run->shared_log_count > 0) {
        last_try = itk_s.now;
        itk_supervisor_log(LOG_ERR, 0, "the logger has ended; another one "
                           "is started, and workers are replaced");
        (void) itk_children_logger();
        itk_children_renew(itk_s.run_number, 0);
    }
}

/* ---- the run ------------------------------------------------------------ */

static int begin(const itk_run *run)
{
    int i;

    itk_s.run = run;
    itk_s.now = run_began = itk_supervisor_clock();
    itk_s.run_number++;
    free(itk_s.pools);
    free(itk_s.log_pipes);
    itk_s.pools = calloc((size_t)run->pool_count, sizeof(*itk_s.pools));
    itk_s.log_pipes = calloc((size_t)run->shared_log_count + 1, sizeof(int));
    if (itk_s.pools == NULL || itk_s.log_pipes == NULL
        || itk_children_table(run->limits.slots) != 0
        || itk_children_logger() != 0) {
        return -1;
    }
    for (i = 0; i < run->limits.dispatchers; i++) {
        if (itk_children_dispatcher(i) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Those of an earlier reading of the configuration hand over and end. */
static void send_away(void)
{
    itk_order order;
    int i;

    for (i = 0; i < 2 * ITK_DISPATCHERS_MOST; i++) {
        itk_dispatcher_child *d = &itk_s.dispatchers[i];

        if (d->pid <= 0 || d->run == itk_s.run_number || d->leaving
            || d->control <= 0) {
            continue;
        }
        memset(&order, 0, sizeof(order));
        order.opcode = ITK_ORDER_LEAVE;
        order.generation = d->generation;
        if (itk_wire_send(d->control, &order, sizeof(order), NULL, 0) != 0) {
            if (errno == EAGAIN) {
                continue;       /* the next turn */
            }
            (void) kill(d->pid, SIGKILL);
        }
        d->leaving = 1;
    }
}

static void turn(const sigset_t *mask)
{
    struct pollfd fds[2 * ITK_DISPATCHERS_MOST];
    itk_dispatcher_child *who[2 * ITK_DISPATCHERS_MOST];
    struct timespec timeout = { 0, 250000000 };
    int i, count = 0, n;

    for (i = 0; i < 2 * ITK_DISPATCHERS_MOST; i++) {
        if (itk_s.dispatchers[i].pid > 0
            && itk_s.dispatchers[i].control > 0) {
            who[count] = &itk_s.dispatchers[i];
            fds[count].fd = itk_s.dispatchers[i].control;
            fds[count++].events = POLLIN;
        }
    }
    n = ppoll(fds, (nfds_t)count, &timeout, mask);
    if (n > 0) {
        /* then Linux takes no signal, and under load n always is */
        sigset_t blocked;

        (void) sigprocmask(SIG_SETMASK, mask, &blocked);
        (void) sigprocmask(SIG_SETMASK, &blocked, NULL);
    }
    itk_s.now = itk_supervisor_clock();
    for (i = 0; n > 0 && i < count; i++) {
        if (fds[i].revents & POLLIN) {
            read_requests(who[i]);
        }
    }
}

static itk_ended serve(const sigset_t *mask)
{
    itk_msec next_look = 0;

    for (;;) {
        send_away();
        turn(mask);
        if (child_ended) {
            child_ended = 0;
            if (itk_children_reap()) {
                itk_supervisor_log(LOG_EMERG, 0, "a process that is needed "
                                   "cannot start; the server ends");
                itk_children_end_all();
                return ITK_ENDED_FAILED;
            }
            keep_up();
        }
        if (stop_wanted || restart_wanted) {
            itk_children_end_all();
            restart_wanted = graceful_wanted = 0;
            return stop_wanted ? ITK_ENDED_STOP : ITK_ENDED_RESTART;
        }
        if (graceful_wanted) {
            graceful_wanted = 0;
            return ITK_ENDED_GRACEFUL;
        }
        if (itk_s.now >= next_look) {
            end_the_late();
            keep_up();
            if (itk_s.run->tick) {
                itk_s.run->tick(itk_s.run->adapter);
            }
            next_look = itk_s.now + 250;
        }
    }
}

/*
 * A signal that comes while the configuration is read again is noted, and
 * obeyed as soon as there is something to end.
 */
itk_ended itk_supervise(const itk_run *run)
{
    sigset_t mask, before;
    itk_ended ended = ITK_ENDED_FAILED;

    if (take_signals(&mask, &before) != 0) {
        return ITK_ENDED_FAILED;
    }
    if (begin(run) == 0) {
        ended = serve(&mask);
    }
    else if (itk_s.pools) {
        itk_children_end_all();
    }
    (void) sigprocmask(SIG_SETMASK, &before, NULL);
    return ended;
}
