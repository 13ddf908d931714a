/* SPDX-License-Identifier: Apache-2.0 */

/* The logger, those of before it, and workers' ways to it. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_children.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define HELD_UP        2000     /* ms that a logger makes no turn */
#define STUCK          6000
#define LOGGER_GRACE   2000     /* ms for one whose last worker has ended */
#define RENEW_PATIENCE 300000   /* ms for a worker whose log is not read */

/* ---- the present one ---------------------------------------------------- */

static void forget(itk_logger_child *l)
{
    if (l->page) {
        (void) munmap(l->page, sizeof(*l->page));
    }
    memset(l, 0, sizeof(*l));
}

static void retire_logger(void)
{
    int i;

    itk_children_close(&itk_s.logger_control);
    for (i = 0; i < ITK_OLD_LOGGERS_MOST && itk_s.logger.pid > 0; i++) {
        if (itk_s.old_loggers[i].pid <= 0) {
            itk_s.old_loggers[i] = itk_s.logger;
            itk_s.old_loggers[i].needed = itk_s.now;
            memset(&itk_s.logger, 0, sizeof(itk_s.logger));
        }
    }
    if (itk_s.logger.pid > 0) {
        (void) kill(itk_s.logger.pid, SIGKILL);
    }
    forget(&itk_s.logger);
}

/* A page of this logger's own: one of before is still writing on his. */
static int new_logger_page(void)
{
    void *page = mmap(NULL, sizeof(itk_log_watch), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED) {
        return -1;
    }
    itk_s.logger.page = page;
    itk_s.logger.turns_since = itk_s.now;
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
    pid = itk_children_fork();
    if (pid == 0) {
        (void) close(pair[0]);
        run->dispatcher_start(run->adapter, -1);
        if (itk_log_become(pair[1], run->shared_logs, run->shared_log_count,
                           &run->dispatcher, run->runtime_dir, &step) != 0) {
            itk_children_cannot("logger", step);
        }
        itk_log_process(pair[1], run->shared_logs, run->shared_log_count,
                        itk_s.logger.page);
    }
    (void) close(pair[1]);
    /* nobody who is forked from here on has the page */
    if (pid < 0 || madvise(itk_s.logger.page, sizeof(*itk_s.logger.page),
                           MADV_DONTFORK) != 0) {
        itk_supervisor_log(LOG_EMERG, errno, "could not fork the logger");
        (void) close(pair[0]);
        return -1;              /* one without a control channel ends */
    }
    itk_s.logger.pid = pid;
    itk_s.logger.run = itk_s.run_number;
    itk_s.logger_control = pair[0];
    return 0;
}

/* ---- workers' ways to it ------------------------------------------------ */

/*
 * A worker's ways to the logger.  They are made for each one and not kept: what
 * the supervisor has open every new process has to close.
 */
int itk_children_open_logs(int pool, int *pipes)
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

void itk_children_close_logs(int *pipes)
{
    int i;

    for (i = 0; pipes && i < itk_s.run->shared_log_count; i++) {
        itk_children_close(&pipes[i]);
    }
}

/* ---- loggers that do not move ------------------------------------------- */

static void end_those_who_hold(itk_logger_child *l, uint32_t touching)
{
    const itk_run *run = itk_s.run;

    l->held = 1;
    if (l->run != itk_s.run_number) {
        itk_supervisor_log(LOG_CRIT, 0, "a pool of before the restart holds up "
                           "its logger; its workers are ended");
    }
    else if (touching <= (uint32_t)run->pool_count) {
        itk_supervisor_log(LOG_CRIT, 0, "pool %s holds up the logger; its "
                           "workers are ended", run->pools[touching - 1].name);
    }
    else {
        return;                 /* there is no such pool */
    }
    itk_children_kill_pool(l->run, (int)touching - 1);
}

/* Whoever holds the lock need be no worker any more. */
static void replace(itk_logger_child *l)
{
    uint32_t run = l->run;

    l->ended = 1;
    (void) kill(l->pid, SIGKILL);
    if (l != &itk_s.logger) {
        itk_supervisor_log(LOG_CRIT, 0, "a logger of before, process %ld, does "
                           "not move, and is ended", (long)l->pid);
    }
    else {
        itk_supervisor_log(LOG_CRIT, 0, "the logger, process %ld, does not "
                           "move; another one is started, and workers are "
                           "replaced", (long)l->pid);
        (void) itk_children_logger();
    }
    itk_children_renew(run, RENEW_PATIENCE);
}

/*
 * As the supervisor does with dispatchers: a worker that holds the lock of its
 * pipe is ended; if that gives nothing back, the logger is.
 */
static void watch(itk_logger_child *l)
{
    uint32_t touching;

    if (l->pid <= 0 || l->page == NULL || l->ended) {
        return;
    }
    touching = l->page->touching;
    if (touching == 0 || l->page->turns != l->turns) {
        l->turns = l->page->turns;
        l->turns_since = itk_s.now;
        l->held = 0;
        return;
    }
    if (itk_s.now - l->turns_since >= HELD_UP && !l->held) {
        end_those_who_hold(l, touching);
    }
    if (itk_s.now - l->turns_since >= STUCK) {
        replace(l);
    }
}

/* One of before is there for workers of before. */
static int is_needed(void)
{
    int i;

    for (i = 0; i < itk_s.slots; i++) {
        if (itk_s.workers[i].pid > 0
            && itk_s.workers[i].run != itk_s.run_number) {
            return 1;
        }
    }
    return 0;
}

void itk_children_watch_loggers(void)
{
    int needed = is_needed(), i;

    watch(&itk_s.logger);
    for (i = 0; i < ITK_OLD_LOGGERS_MOST; i++) {
        itk_logger_child *l = &itk_s.old_loggers[i];

        watch(l);
        if (needed) {
            l->needed = itk_s.now;
        }
        else if (l->pid > 0 && itk_s.now - l->needed >= LOGGER_GRACE) {
            (void) kill(l->pid, SIGKILL);
        }
    }
}

/* ---- their end ---------------------------------------------------------- */

int itk_children_logger_ended(pid_t pid, int status, int *fatal)
{
    int i;

    *fatal = 0;
    if (pid == itk_s.logger.pid) {
        forget(&itk_s.logger);
        itk_children_close(&itk_s.logger_control);
        *fatal = WIFEXITED(status) && WEXITSTATUS(status) == ITK_EXIT_FATAL;
        return 1;
    }
    for (i = 0; i < ITK_OLD_LOGGERS_MOST; i++) {
        if (pid == itk_s.old_loggers[i].pid) {
            forget(&itk_s.old_loggers[i]);
            return 1;
        }
    }
    return 0;
}

int itk_children_signal_loggers(int sig)
{
    int i, count = 0;

    if (itk_s.logger.pid > 0) {
        if (sig == SIGKILL) {
            (void) kill(itk_s.logger.pid, SIGKILL);
        }
        count++;
    }
    for (i = 0; i < ITK_OLD_LOGGERS_MOST; i++) {
        if (itk_s.old_loggers[i].pid > 0) {
            (void) kill(itk_s.old_loggers[i].pid, SIGKILL);
            count++;
        }
    }
    return count;
}
