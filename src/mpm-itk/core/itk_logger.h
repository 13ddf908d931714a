/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_LOGGER_H
#define ITK_LOGGER_H

/*
 * The process that writes the logs that several pools share.  A worker has such
 * a log only as a pipe to here.  So it cannot cut the log short, read it, or
 * write under another name: every line gets the name of its pool at its end,
 *
 *     [error] [client 192.0.2.1] File does not exist: /x [alice]
 *
 * where a field more does not break what reads logs.  The last such field is
 * ours, whatever the line says before it.
 *
 * operation          who calls it                   on failure
 * itk_log_become     the new process, as root,      -1, the step in *step: log
 *                    first of all                   it, _exit
 * itk_log_process    the same, then; never returns
 * itk_log_open_pool  supervisor, for a pool that    -1 with errno, nothing is
 *                    is to have its first worker    open: start no worker
 *
 * What the process does to a line: bytes that a terminal would obey become \xhh
 * (a tab stays); after ITK_LOG_LINE bytes it is cut and says so; a line without
 * an end waits for it, until the pipe is closed.  What it does with too much:
 * above ITK_LOG_LINES lines or ITK_LOG_BYTES in a second of one pool in one log
 * it drops, and one line says how many; above four times as much it does not
 * read that pipe until the second is over.  What it does when a log cannot be
 * written: drops, counts, and says so in that log when it can be written again.
 * It never waits for a program behind a pipe.
 *
 * It ends by itself when the supervisor has closed the control socket and every
 * pipe is at its end.  A program that a script left behind may keep a pipe for
 * ever: then the supervisor kills it (SIGKILL; it hears no other signal).
 */

#include "itk_ids.h"

#include <stdint.h>

/*
 * A page that the logger and its supervisor have, and nobody else.  pipe_read and
 * pipe_release wait for the pipe's lock, and a worker can hold that as long as it
 * likes (a write from memory whose pages never come: FUSE).  The supervisor sees
 * then whose pipe the logger is at.
 */
typedef struct itk_log_watch {
    volatile uint32_t turns;    /* counts what it has touched */
    volatile uint32_t touching; /* pool's number + 1; 0: nobody's */
} itk_log_watch;

#define ITK_LOG_LINE  8192      /* bytes of a line: as httpd's MAX_STRING_LEN */
#define ITK_LOG_LINES 20000     /* more than a pool can serve in a second */
#define ITK_LOG_BYTES (8 * 1024 * 1024)

/* From the supervisor, with the end of a pipe for reading. */
typedef struct itk_log_open {
    uint32_t log;               /* index */
    uint32_t number;            /* of the pool, for itk_log_watch */
    char pool[96];              /* its name, as in itk_legacy */
} itk_log_open;

/*
 * Opens pipes and terminals among the logs anew under their numbers, so that
 * they do not block here and block as before elsewhere; sweeps descriptors (all
 * but control, the logs and standard error); leaves signals to SIGKILL; drops.
 */
int itk_log_become(int control, const int *logs, int log_count,
                   const itk_identity *who, const char *runtime_dir,
                   const char **step)
    __attribute__((warn_unused_result));

void itk_log_process(int control, const int *logs, int log_count,
                     itk_log_watch *shared)
    __attribute__((noreturn));

/*
 * Makes a pipe for each log and hands the ends for reading to the process behind
 * control (a SOCK_SEQPACKET).  write_ends has room for log_count.  They are
 * close-on-exec; several workers of the pool may share them: a line of up to
 * PIPE_BUF bytes comes in one piece.  Never blocks; EAGAIN: the logger does not
 * keep up; EPIPE, ECONNRESET: it has ended.
 */
int itk_log_open_pool(int control, int number, const char *pool_name,
                      int log_count, int *write_ends)
    __attribute__((warn_unused_result));

#endif
