/* SPDX-License-Identifier: Apache-2.0 */

/* Dispatchers: their start, what those of before leave them, their end. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_children.h"
#include "itk_descriptors.h"
#include "itk_identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define START_AGE      10000    /* ms after which an end is no failure to start */
#define ORPHAN_PATIENCE 300000  /* ms for what a dead dispatcher's workers do */

/* What a dispatcher may open: connections, three a worker. */
#define DISPATCHER_FILES 262144

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
            (void) itk_children_dispatcher_ended(oldest, status);
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
        itk_children_cannot("dispatcher", "get memory");
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
        itk_children_cannot("dispatcher", "close what is not its own");
    }
    if (itk_become_dispatcher(&run->dispatcher, run->runtime_dir, &step)
        != 0) {
        itk_children_cannot("dispatcher", step);
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
            itk_children_close(&d->bequest);
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
        pid = itk_children_fork();
        if (pid == 0) {
            be_dispatcher(&start);
        }
    }
    if (pid < 0) {
        itk_supervisor_log(LOG_EMERG, errno, "could not start a dispatcher");
        itk_children_close(&control[0]);
        itk_children_close(&handover[0]);
    }
    itk_children_close(&control[1]);
    itk_children_close(&handover[1]);
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

int itk_children_dispatcher_ended(itk_dispatcher_child *d, int status)
{
    int leaving = d->leaving, fatal, i;

    /* one that has served may be somebody else's: what it says ends nothing */
    fatal = WIFEXITED(status) && WEXITSTATUS(status) == ITK_EXIT_FATAL
            && itk_s.now - d->born < START_AGE;
    d->pid = 0;
    itk_children_close(&d->control);
    itk_children_close(&d->bequest);     /* if it was leaving, its heir has it */
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
