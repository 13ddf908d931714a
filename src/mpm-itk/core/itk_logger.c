/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_logger.h"
#include "itk_descriptors.h"
#include "itk_identity.h"
#include "itk_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- supervisor --------------------------------------------------------- */

int itk_log_open_pool(int control, int number, const char *pool_name,
                      int log_count, int *write_ends)
{
    itk_log_open message;
    int i, ends[2], sent, error;

    memset(&message, 0, sizeof(message));
    message.number = (uint32_t)number;
    strncpy(message.pool, pool_name, sizeof(message.pool) - 1);
    for (i = 0; i < log_count; i++) {
        if (pipe2(ends, O_CLOEXEC) != 0) {
            break;
        }
        /* the flag is of this end; workers write to the other as to a file */
        message.log = (uint32_t)i;
        sent = fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0
            && itk_wire_send(control, &message, sizeof(message),
                             &ends[0], 1) == 0;
        error = errno;
        (void) close(ends[0]);
        write_ends[i] = ends[1];
        if (!sent) {
            (void) close(ends[1]);
            errno = error;
            break;
        }
    }
    if (i == log_count) {
        return 0;
    }
    error = errno;
    while (i-- > 0) {
        (void) close(write_ends[i]);
    }
    errno = error;
    return -1;
}

/* ---- the new process ---------------------------------------------------- */

/*
 * Whether a write waits is decided by the open file, which the supervisor and
 * the program behind a pipe share: so there is another one of our own.
 */
static int open_anew(int fd)
{
    itk_descriptor_kind kind = itk_descriptor_kind_of(fd);
    char path[64];
    int anew;

    if (kind == ITK_DESCRIPTOR_CLOSED) {
        errno = EBADF;
        return -1;
    }
    if (kind != ITK_DESCRIPTOR_PIPE && kind != ITK_DESCRIPTOR_TERMINAL) {
        return 0;               /* for sockets there is MSG_DONTWAIT */
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    anew = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (anew < 0) {
        return -1;
    }
    if (dup3(anew, fd, O_CLOEXEC) != fd) {
        return -1;
    }
    return close(anew);
}

/* It goes when there is nothing left to write, not before. */
static void leave_signals(void)
{
    static const int own[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT,
                               SIGTRAP, SIGSYS };
    int number;
    size_t i;

    for (number = 1; number < NSIG; number++) {
        (void) signal(number, SIG_IGN);         /* SIGKILL: cannot be */
    }
    for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        (void) signal(own[i], SIG_DFL);
    }
}

int itk_log_become(int control, const int *logs, int log_count,
                   const itk_identity *who, const char *runtime_dir,
                   const char **step)
{
    struct rlimit files;
    int i, result, *keep;

    leave_signals();
    *step = "open the logs anew";
    for (i = 0; i < log_count; i++) {
        if (open_anew(logs[i]) != 0) {
            return -1;
        }
    }
    *step = "close what is not its own";
    if ((keep = malloc(((size_t)log_count + 1) * sizeof(*keep))) == NULL) {
        return -1;
    }
    for (i = 0; i < log_count; i++) {
        keep[i] = logs[i];
    }
    keep[log_count] = control;
    result = itk_descriptors_sweep(keep, log_count + 1, NULL, 0);
    free(keep);
    if (result != 0) {
        return -1;
    }
    *step = "raise the number of open files";   /* a pipe a pool and log */
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
        return -1;
    }
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) {
        return -1;
    }
    return itk_become_logger(who, runtime_dir, step);
}
