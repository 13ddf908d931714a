/* SPDX-License-Identifier: Apache-2.0 */

/* The logger, and workers' ways to it. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_children.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

static void retire_logger(void)
{
    size_t i;

    itk_children_close(&itk_s.logger_control);
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
    pid = itk_children_fork();
    if (pid == 0) {
        (void) close(pair[0]);
        run->dispatcher_start(run->adapter, -1);
        if (itk_log_become(pair[1], run->shared_logs, run->shared_log_count,
                           &run->dispatcher, run->runtime_dir, &step) != 0) {
            itk_children_cannot("logger", step);
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
