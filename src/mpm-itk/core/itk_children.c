/* SPDX-License-Identifier: Apache-2.0 */

/* The supervisor's children: forking, workers, and the end of all. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_children.h"
#include "itk_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CRASH_AGE      2000     /* ms that a worker has lived if its pool is not
                                 * to wait for the next one */
#define BACKOFF_FIRST  100      /* ms, doubled with every crash in a row */
#define BACKOFF_MOST   10000
#define END_PATIENCE   3000     /* ms from SIGTERM to SIGKILL */
#define GIVE_UP        7000     /* ms from SIGTERM: what waits in the kernel for
                                 * what somebody holds is left behind */

itk_supervisor_state itk_s;

/* ---- forking ------------------------------------------------------------ */

void itk_children_close(int *fd)
{
    if (*fd > 0) {              /* 0 is in a table that nobody has filled in */
        (void) close(*fd);
        *fd = -1;
    }
}

/* A child begins with no handler of the supervisor's and nothing blocked. */
pid_t itk_children_fork(void)
{
    static const int ours[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD,
                                SIGWINCH };
    pid_t pid = fork();
    sigset_t none;
    size_t i;

    if (pid == 0) {
        for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
            (void) signal(ours[i], ours[i] == SIGHUP || ours[i] == SIGUSR1
                                   || ours[i] == SIGINT || ours[i] == SIGWINCH
                                   ? SIG_IGN : SIG_DFL);
        }
        sigemptyset(&none);
        (void) sigprocmask(SIG_SETMASK, &none, NULL);
    }
    return pid;
}

int itk_children_table(int slots)
{
    itk_child *workers;

    if (slots <= itk_s.slots) {
        return 0;
    }
    workers = realloc(itk_s.workers, (size_t)slots * sizeof(*workers));
    if (workers == NULL) {
        return -1;
    }
    memset(workers + itk_s.slots, 0,
           (size_t)(slots - itk_s.slots) * sizeof(*workers));
    itk_s.workers = workers;
    itk_s.slots = slots;
    return 0;
}

void itk_children_cannot(const char *role, const char *step)
{
    itk_supervisor_log(LOG_EMERG, errno, "a %s could not %s, and has ended",
                       role, step ? step : "start");
    _exit(ITK_EXIT_FATAL);
}

/* ---- workers ------------------------------------------------------------ */

static int free_slot(void)
{
    int i, slot;

    for (i = 0; i < itk_s.run->limits.slots; i++) {
        slot = (itk_s.slot_next + i) % itk_s.run->limits.slots;
        if (itk_s.workers[slot].pid == 0
            && !itk_s.workers[slot].gone_unsaid) {
            return slot;
        }
    }
    return -1;
}

int itk_children_tell(const itk_dispatcher_child *d, uint32_t opcode,
                      const itk_child *worker, int slot, const int *fds,
                      int count)
{
    itk_order order;

    memset(&order, 0, sizeof(order));
    order.opcode = opcode;
    order.generation = d->generation;
    order.pool = (uint32_t)worker->pool;
    order.slot = (uint32_t)slot;
    order.serial = worker->serial;
    return itk_wire_send(d->control, &order, sizeof(order), fds, count);
}

static void tell_adapter(pid_t pid, int slot, int is_there)
{
    if (itk_s.run->child) {
        itk_s.run->child(itk_s.run->adapter, pid, slot, is_there);
    }
}

int itk_children_worker(itk_dispatcher_child *d, int pool)
{
    int channel[2] = { -1, -1 }, report[2] = { -1, -1 };
    int slot = free_slot(), fds[3], error;
    struct itk_worker_start start;
    itk_child *w;
    pid_t pid = -1;

    if (slot < 0) {
        errno = EBUSY;
        return -1;
    }
    w = &itk_s.workers[slot];
    if (itk_children_open_logs(pool, itk_s.log_pipes) == 0
        && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) == 0
        && pipe2(report, O_CLOEXEC) == 0
        && fcntl(report[0], F_SETFL, O_NONBLOCK) == 0) {
        start.pool = pool;
        start.slot = slot;
        start.generation = d->generation;
        start.serial = ++itk_s.serial;
        start.channel = channel[1];
        start.report = report[1];
        start.log_pipes = itk_s.log_pipes;
        pid = itk_children_fork();
        if (pid == 0) {
            itk_s.run->worker(itk_s.run->adapter, &start);
        }
    }
    error = errno;
    if (pid > 0) {
        memset(w, 0, sizeof(*w));
        w->pid = pid;
        w->dispatcher = (int)(d - itk_s.dispatchers);
        w->pool = pool;
        w->generation = d->generation;
        w->run = itk_s.run_number;
        w->serial = start.serial;
        w->born = itk_s.now;
        itk_s.worker_count++;
        itk_s.pools[pool].workers++;
        itk_s.slot_next = slot + 1;
        tell_adapter(pid, slot, 1);
        fds[0] = channel[0];
        fds[1] = channel[1];
        fds[2] = report[0];
        if (itk_children_tell(d, ITK_ORDER_WORKER, w, slot, fds, 3) != 0) {
            error = errno == EAGAIN ? EBUSY : errno;
            itk_children_kill(w, SIGKILL);
            slot = -1;
        }
    }
    else {
        slot = -1;
    }
    itk_children_close_logs(itk_s.log_pipes);
    itk_children_close(&channel[0]);
    itk_children_close(&channel[1]);
    itk_children_close(&report[0]);
    itk_children_close(&report[1]);
    errno = error;
    return slot;
}

/* ---- the end of children ------------------------------------------------ */

void itk_children_kill(itk_child *w, int sig)
{
    if (w->pid > 0) {
        w->killed = 1;
        (void) kill(w->pid, sig);
    }
}

void itk_children_renew(uint32_t run, itk_msec patience)
{
    int i;

    for (i = 0; i < itk_s.slots; i++) {
        itk_child *w = &itk_s.workers[i];

        if (w->pid > 0 && w->run == run) {
            (void) kill(w->pid, SIGTERM);
            if (patience && !w->told) {
                w->told = itk_s.now + patience;
            }
        }
    }
}

void itk_children_kill_pool(uint32_t run, int pool)
{
    int i;

    for (i = 0; i < itk_s.slots; i++) {
        itk_child *w = &itk_s.workers[i];

        if (w->pid > 0 && w->run == run && w->pool == pool) {
            itk_children_kill(w, SIGKILL);
        }
    }
    if (run == itk_s.run_number) {
        itk_s.pools[pool].not_before = itk_s.now + BACKOFF_MOST;
    }
}

/*
 * A pool whose workers die young waits longer and longer for the next one.  That
 * this process killed it is no fault of its own, but where a dispatcher asked it
 * to (ITK_REQUEST_KILL): a tenant who lies would have a fork for each lie.
 */
static void count_crash(const itk_child *w, int status)
{
    itk_pool_record *pool = &itk_s.pools[w->pool];
    int wait = BACKOFF_FIRST, i;

    if (!w->at_fault
        && ((WIFEXITED(status) && WEXITSTATUS(status) == 0) || w->told
            || w->killed)) {
        pool->crashes = 0;
        return;
    }
    if (itk_s.now - w->born >= CRASH_AGE) {
        pool->crashes = 0;
    }
    pool->crashes++;
    for (i = 1; i < pool->crashes && wait < BACKOFF_MOST; i++) {
        wait *= 2;
    }
    /* the first costs nothing: a single script may be at fault */
    if (pool->crashes > 1 && ITK_GUARD("backoff")) {
        pool->not_before = itk_s.now + (itk_msec)(wait < BACKOFF_MOST
                                                  ? wait : BACKOFF_MOST);
    }
    if (WIFSIGNALED(status) && !w->killed) {
        itk_supervisor_log(LOG_ERR, 0, "a worker of %s, process %ld, has "
                           "ended by signal %d", itk_s.run->pools[w->pool].name,
                           (long)w->pid, WTERMSIG(status));
    }
}

static void worker_ended(int slot, int status)
{
    itk_child *w = &itk_s.workers[slot];
    itk_dispatcher_child *d = &itk_s.dispatchers[w->dispatcher];

    if (w->run == itk_s.run_number && itk_s.pools) {
        itk_pool_record *pool = &itk_s.pools[w->pool];

        count_crash(w, status);
        pool->workers--;
    }
    tell_adapter(w->pid, slot, 0);
    w->pid = 0;
    itk_s.worker_count--;
    if (d->pid > 0 && d->generation == w->generation
        && itk_children_tell(d, ITK_ORDER_GONE, w, slot, NULL, 0) != 0) {
        w->gone_unsaid = 1;     /* its channel is full: later */
    }
}

static int whose_is(pid_t pid, int status)
{
    int i, fatal;

    for (i = 0; i < itk_s.slots; i++) {
        if (itk_s.workers[i].pid == pid) {
            worker_ended(i, status);
            return 0;
        }
    }
    for (i = 0; i < 2 * ITK_DISPATCHERS_MOST; i++) {
        if (itk_s.dispatchers[i].pid == pid) {
            return itk_children_dispatcher_ended(&itk_s.dispatchers[i], status);
        }
    }
    if (itk_children_logger_ended(pid, status, &fatal)) {
        return fatal;
    }
    itk_s.run->unclaimed(itk_s.run->adapter, pid, status);
    return 0;
}

int itk_children_reap(void)
{
    int status, fatal = 0;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        fatal |= whose_is(pid, status);
    }
    return fatal;
}

static int signal_all(int sig)
{
    int i, count = 0;

    for (i = 0; i < itk_s.slots; i++) {
        if (itk_s.workers[i].pid > 0) {
            itk_children_kill(&itk_s.workers[i], sig);
            count++;
        }
    }
    for (i = 0; i < 2 * ITK_DISPATCHERS_MOST; i++) {
        if (itk_s.dispatchers[i].pid > 0) {
            itk_s.dispatchers[i].leaving = 1;
            (void) kill(itk_s.dispatchers[i].pid, SIGKILL);
            count++;
        }
    }
    if (itk_s.worker_count == 0) {
        /* their last lines are in its pipes; it ends by itself when they are
         * written, and is not waited for longer than the others */
        itk_children_close(&itk_s.logger_control);
    }
    return count + itk_children_signal_loggers(sig);
}

void itk_children_end_all(void)
{
    static const struct timespec moment = { 0, 5000000 };
    itk_msec began = itk_supervisor_clock();
    int i, asked = 0;

    for (;;) {
        itk_s.now = itk_supervisor_clock();
        if (signal_all(itk_s.now - began >= END_PATIENCE ? SIGKILL
                       : asked ? 0 : SIGTERM) == 0) {
            break;
        }
        if (itk_s.now - began >= GIVE_UP) {
            itk_supervisor_log(LOG_CRIT, 0, "a process that was killed does "
                               "not end, and is left behind");
            break;
        }
        asked = 1;
        (void) nanosleep(&moment, NULL);
        (void) itk_children_reap();
    }
    for (i = 0; i < 2 * ITK_DISPATCHERS_MOST; i++) {
        itk_children_close(&itk_s.dispatchers[i].bequest);
    }
    for (i = 0; i < itk_s.slots; i++) {
        itk_s.workers[i].gone_unsaid = 0;
    }
    itk_children_close(&itk_s.logger_control);
}
