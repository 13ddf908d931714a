/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_children.h"
#include "itk_descriptors.h"
#include "itk_guard.h"
#include "itk_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define EXIT_FATAL     0xf      /* httpd's APEXIT_CHILDFATAL */
#define START_AGE      10000    /* ms after which an end is no failure to start */
#define CRASH_AGE      2000     /* ms that a worker has lived if its pool is not
                                 * to wait for the next one */
#define BACKOFF_FIRST  100      /* ms, doubled with every crash in a row */
#define BACKOFF_MOST   10000
#define ORPHAN_PATIENCE 300000  /* ms for what a dead dispatcher's workers do */
#define END_PATIENCE   3000     /* ms from SIGTERM to SIGKILL */
#define GIVE_UP        7000     /* ms from SIGTERM: what waits in the kernel for
                                 * what somebody holds is left behind */

/* What a dispatcher may open: connections, three a worker. */
#define DISPATCHER_FILES 262144

itk_supervisor_state itk_s;

/* ---- forking ------------------------------------------------------------ */

static void close_one(int *fd)
{
    if (*fd > 0) {              /* 0 is in a table that nobody has filled in */
        (void) close(*fd);
        *fd = -1;
    }
}

/* A child begins with no handler of the supervisor's and nothing blocked. */
static pid_t fork_child(void)
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

static void cannot_become(const char *role, const char *step)
    __attribute__((noreturn));

static void cannot_become(const char *role, const char *step)
{
    itk_supervisor_log(LOG_EMERG, errno, "a %s could not %s, and has ended",
                       role, step ? step : "start");
    _exit(EXIT_FATAL);
}

/* ---- logger ------------------------------------------------------------- */

static void retire_logger(void)
{
    size_t i;

    close_one(&itk_s.logger_control);
    if (itk_s.logger <= 0) {
        return;
    }
    for (i = 0; i < sizeof(itk_s.old_loggers) / sizeof(pid_t); i++) {
        if (itk_s.old_loggers[i] <= 0) {
            itk_s.old_loggers[i] = itk_s.logger;
            itk_s.old_logger_since[i] = itk_s.now;
            itk_s.logger = 0;
            return;
        }
    }
    (void) kill(itk_s.logger, SIGKILL);
}

/* A page of this logger's own: one of before is still writing on his. */
static int new_logger_page(void)
{
    if (itk_s.logger_page) {
        (void) munmap(itk_s.logger_page, sizeof(*itk_s.logger_page));
        itk_s.logger_page = NULL;
    }
    itk_s.logger_page = mmap(NULL, sizeof(*itk_s.logger_page),
                             PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (itk_s.logger_page == MAP_FAILED) {
        itk_s.logger_page = NULL;
        return -1;
    }
    itk_s.logger_turns = 0;
    itk_s.logger_since = itk_s.now;
    itk_s.logger_held = 0;
    return 0;
}

int itk_children_logger(void)
{
    const itk_run *run = itk_s.run;
    const char *step = NULL;
    int pair[2];
    pid_t pid;

    retire_logger();
    if (run->shared_log_count == 0) {
        return 0;
    }
    if (new_logger_page() != 0
        || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        itk_supervisor_log(LOG_EMERG, errno, "no channel to the logger");
        return -1;
    }
    pid = fork_child();
    if (pid == 0) {
        (void) close(pair[0]);
        run->dispatcher_start(run->adapter, -1);
        if (itk_log_become(pair[1], run->shared_logs, run->shared_log_count,
                           &run->dispatcher, run->runtime_dir, &step) != 0) {
            cannot_become("logger", step);
        }
        itk_log_process(pair[1], run->shared_logs, run->shared_log_count,
                        itk_s.logger_page);
    }
    (void) close(pair[1]);
    /* nobody who is forked from here on has the page */
    if (pid < 0 || madvise(itk_s.logger_page, sizeof(*itk_s.logger_page),
                           MADV_DONTFORK) != 0) {
        itk_supervisor_log(LOG_EMERG, errno, "could not fork the logger");
        (void) close(pair[0]);
        return -1;              /* one without a control channel ends */
    }
    itk_s.logger = pid;
    itk_s.logger_control = pair[0];
    return 0;
}

/*
 * A worker's ways to the logger.  They are made for each one and not kept: what
 * the supervisor has open every new process has to close.
 */
static int open_log_pipes(int pool, int *pipes)
{
    int count = itk_s.run->shared_log_count, i;

    if (count == 0
        || itk_log_open_pool(itk_s.logger_control, pool,
                             itk_s.run->pools[pool].name, count, pipes)
           == 0) {
        return 0;
    }
    for (i = 0; i < count; i++) {
        pipes[i] = -1;          /* none of them is open */
    }
    if (errno == EAGAIN) {
        errno = EBUSY;          /* EAGAIN is fork's: the machine has no more */
    }
    return -1;
}

static void close_log_pipes(int *pipes)
{
    int i;

    for (i = 0; pipes && i < itk_s.run->shared_log_count; i++) {
        close_one(&pipes[i]);
    }
}

/* ---- dispatchers -------------------------------------------------------- */

static int dispatcher_ended(itk_dispatcher_child *d, int status);

/*
 * A dispatcher of before stays as long as one of its workers does, and a script
 * can stay for ever.  The one that is there longest is ended for a new one; its
 * workers finish what they have (they are given ORPHAN_PATIENCE).
 */
static itk_dispatcher_child *evict_dispatcher(void)
{
    static const struct timespec moment = { 0, 5000000 };
    itk_dispatcher_child *oldest = NULL;
    int i, status;

    for (i = 0; i < 2 * ITK_DISPATCHERS_MOST; i++) {
        itk_dispatcher_child *d = &itk_s.dispatchers[i];

        if (d->pid > 0 && d->leaving && d->run != itk_s.run_number
            && (oldest == NULL || d->generation < oldest->generation)) {
            oldest = d;
        }
    }
    if (oldest == NULL) {
        return NULL;
    }
    (void) kill(oldest->pid, SIGKILL);
    for (i = 0; i < 200; i++) {
        if (waitpid(oldest->pid, &status, WNOHANG) == oldest->pid) {
            (void) dispatcher_ended(oldest, status);
            return oldest;
        }
        (void) nanosleep(&moment, NULL);
    }
    errno = EAGAIN;
    return NULL;
}

static itk_dispatcher_child *free_dispatcher(void)
{
    int i;

    for (i = 0; i < 2 * ITK_DISPATCHERS_MOST; i++) {
        itk_dispatcher_child *d = &itk_s.dispatchers[i];

        if (d->pid == 0 && d->control <= 0) {
            return d;
        }
    }
    return evict_dispatcher();
}

/* How many descriptors it may have: asked here, for later its filter refuses. */
static int raise_files(void)
{
    struct rlimit files;

    files.rlim_cur = files.rlim_max = DISPATCHER_FILES;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) {
        if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
            return 1024;
        }
        files.rlim_cur = files.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &files);
    }
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
        return 1024;
    }
    return files.rlim_cur > DISPATCHER_FILES ? DISPATCHER_FILES
                                             : (int)files.rlim_cur;
}

static void be_dispatcher(itk_dispatcher_start *start)
    __attribute__((noreturn));

static void be_dispatcher(itk_dispatcher_start *start)
{
    const itk_run *run = itk_s.run;
    const char *step = NULL;
    int keep_count = 0, i;
    int *keep = malloc((size_t)(run->listener_count + start->inherit_count
                                + 4) * sizeof(int));

    if (keep == NULL) {
        cannot_become("dispatcher", "get memory");
    }
    for (i = 0; i < run->listener_count; i++) {
        keep[keep_count++] = run->listeners[i];
    }
    for (i = 0; i < start->inherit_count; i++) {
        keep[keep_count++] = start->inherit[i];
    }
    keep[keep_count++] = start->control;
    keep[keep_count++] = start->bequeath;
    if (run->error_log >= 0) {
        keep[keep_count++] = run->error_log;
    }
    start->files = raise_files();
    start->processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
    run->dispatcher_start(run->adapter, start->index);
    if (itk_descriptors_sweep(keep, keep_count, NULL, 0) != 0) {
        cannot_become("dispatcher", "close what is not its own");
    }
    if (itk_become_dispatcher(&run->dispatcher, run->runtime_dir, &step)
        != 0) {
        cannot_become("dispatcher", step);
    }
    free(keep);
    itk_dispatch(run, start);
}

/* What dispatchers of before leave to the one of this index. */
static int *inheritance(int index, int *count)
{
    int *list = malloc(2 * ITK_DISPATCHERS_MOST * sizeof(int));
    int i;

    *count = 0;
    for (i = 0; list && i < 2 * ITK_DISPATCHERS_MOST; i++) {
        itk_dispatcher_child *d = &itk_s.dispatchers[i];

        if (d->bequest > 0
            && d->index % itk_s.run->limits.dispatchers == index) {
            list[(*count)++] = d->bequest;
        }
    }
    return list;
}

static void inherited(int index)
{
    int i;

    for (i = 0; i < 2 * ITK_DISPATCHERS_MOST; i++) {
        itk_dispatcher_child *d = &itk_s.dispatchers[i];

        if (d->bequest > 0
            && d->index % itk_s.run->limits.dispatchers == index) {
            close_one(&d->bequest);
        }
    }
}

int itk_children_dispatcher(int index)
{
    itk_dispatcher_child *d = free_dispatcher();
    int control[2] = { -1, -1 }, handover[2] = { -1, -1 };
    itk_dispatcher_start start;
    pid_t pid = -1;
    int *list;

    list = inheritance(index, &start.inherit_count);
    if (d && list
        && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) == 0
        && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, handover)
           == 0) {
        start.index = index;
        start.generation = ++itk_s.generation;
        start.control = control[1];
        start.bequeath = handover[1];
        start.inherit = list;
        pid = fork_child();
        if (pid == 0) {
            be_dispatcher(&start);
        }
    }
    if (pid < 0) {
        itk_supervisor_log(LOG_EMERG, errno, "could not start a dispatcher");
        close_one(&control[0]);
        close_one(&handover[0]);
    }
    close_one(&control[1]);
    close_one(&handover[1]);
    free(list);
    if (pid < 0) {
        return -1;
    }
    inherited(index);
    memset(d, 0, sizeof(*d));
    d->pid = pid;
    d->index = index;
    d->generation = start.generation;
    d->run = itk_s.run_number;
    d->control = control[0];
    d->bequest = handover[0];
    d->born = d->beat_since = itk_s.now;
    return 0;
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
    if (open_log_pipes(pool, itk_s.log_pipes) == 0
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
        pid = fork_child();
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
    close_log_pipes(itk_s.log_pipes);
    close_one(&channel[0]);
    close_one(&channel[1]);
    close_one(&report[0]);
    close_one(&report[1]);
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

void itk_children_renew(itk_msec patience)
{
    int i;

    for (i = 0; i < itk_s.slots; i++) {
        itk_child *w = &itk_s.workers[i];

        if (w->pid > 0 && w->run == itk_s.run_number) {
            (void) kill(w->pid, SIGTERM);
            if (patience && !w->told) {
                w->told = itk_s.now + patience;
            }
        }
    }
}

void itk_children_kill_pool(int pool)
{
    int i;

    for (i = 0; i < itk_s.slots; i++) {
        itk_child *w = &itk_s.workers[i];

        if (w->pid > 0 && w->run == itk_s.run_number && w->pool == pool) {
            itk_children_kill(w, SIGKILL);
        }
    }
    itk_s.pools[pool].not_before = itk_s.now + BACKOFF_MOST;
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

static int dispatcher_ended(itk_dispatcher_child *d, int status)
{
    int leaving = d->leaving, fatal, i;

    /* one that has served may be somebody else's: what it says ends nothing */
    fatal = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FATAL
            && itk_s.now - d->born < START_AGE;
    d->pid = 0;
    close_one(&d->control);
    close_one(&d->bequest);     /* if it was leaving, its heir has it */
    for (i = 0; i < itk_s.slots; i++) {
        itk_child *w = &itk_s.workers[i];

        if (w->dispatcher == (int)(d - itk_s.dispatchers)
            && w->generation == d->generation) {
            w->gone_unsaid = 0;
            if (w->pid > 0 && !w->told) {
                /* its channel is at its end; a long answer may take its time */
                w->told = itk_s.now + ORPHAN_PATIENCE;
            }
        }
    }
    if (!leaving && !fatal) {
        itk_supervisor_log(LOG_ERR, 0, "a dispatcher has ended (%s %d); "
                           "another one is started",
                           WIFSIGNALED(status) ? "signal" : "exit code",
                           WIFSIGNALED(status) ? WTERMSIG(status)
                                               : WEXITSTATUS(status));
    }
    return fatal;
}

static int whose_is(pid_t pid, int status)
{
    size_t k;
    int i;

    for (i = 0; i < itk_s.slots; i++) {
        if (itk_s.workers[i].pid == pid) {
            worker_ended(i, status);
            return 0;
        }
    }
    for (i = 0; i < 2 * ITK_DISPATCHERS_MOST; i++) {
        if (itk_s.dispatchers[i].pid == pid) {
            return dispatcher_ended(&itk_s.dispatchers[i], status);
        }
    }
    if (pid == itk_s.logger) {
        itk_s.logger = 0;
        close_one(&itk_s.logger_control);
        return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FATAL;
    }
    for (k = 0; k < sizeof(itk_s.old_loggers) / sizeof(pid_t); k++) {
        if (itk_s.old_loggers[k] == pid) {
            itk_s.old_loggers[k] = 0;
            return 0;
        }
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
    size_t k;
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
        close_one(&itk_s.logger_control);
    }
    if (itk_s.logger > 0) {
        if (sig == SIGKILL) {
            (void) kill(itk_s.logger, SIGKILL);
        }
        count++;
    }
    for (k = 0; k < sizeof(itk_s.old_loggers) / sizeof(pid_t); k++) {
        if (itk_s.old_loggers[k] > 0) {
            (void) kill(itk_s.old_loggers[k], SIGKILL);
            count++;
        }
    }
    return count;
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
        close_one(&itk_s.dispatchers[i].bequest);
    }
    for (i = 0; i < itk_s.slots; i++) {
        itk_s.workers[i].gone_unsaid = 0;
    }
    close_one(&itk_s.logger_control);
}
