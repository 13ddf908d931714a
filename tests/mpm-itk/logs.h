/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOGS_H
#define LOGS_H

/* A logger in a child, and its logs to look at. */

#include <stddef.h>
#include <sys/types.h>

#define LOGS 2

typedef struct {
    pid_t pid;
    int control;
    int logs[LOGS];             /* open for appending; read by pread */
} running_logger;

extern char logs_contents[1 << 22];

int logs_new(void);
/* fsize: RLIMIT_FSIZE of the process, or 0: a disk that gets full. */
int logs_start(running_logger *r, size_t fsize);
/* Closes the control socket and waits: 1 if it ends by itself, and well. */
int logs_ends(running_logger *r);
void logs_release(running_logger *r);
/* What is in a log now, in logs_contents. */
const char *logs_text(const running_logger *r, int which);
/* Until the log has this text; 0 if it does not within five seconds. */
int logs_come(const running_logger *r, int which, const char *text);
void logs_put(int fd, const char *text);
/* A line of n times c, with this end. */
void logs_put_long(int fd, char c, size_t n, const char *end_of_it);
size_t logs_count(const char *text, const char *what);

#endif
