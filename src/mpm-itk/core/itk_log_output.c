/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_log_output.h"
#include "itk_log_line.h"
#include "itk_logger.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CUT  " [cut]"
#define ROOM (128 * 1024)
/* The most that one line takes, with its mark, its name and its end. */
#define LINE_MOST (ITK_LOG_CLEAN_MOST * ITK_LOG_LINE + 512)

int itk_log_output_open(itk_log_output *log, int fd)
{
    int type;
    socklen_t length = sizeof(type);

    memset(log, 0, sizeof(*log));
    log->fd = fd;
    /* not by fstat: the filter has no such call on every library */
    log->is_pipe = fcntl(fd, F_GETPIPE_SZ) >= 0;
    log->is_socket = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
    return (log->buffer = malloc(ROOM + 1)) == NULL ? -1 : 0;
}

/* The place after what is kept. */
static char *end(itk_log_output *log)
{
    return log->buffer + 1 + log->used;
}

static void text(itk_log_output *log, const char *what)
{
    size_t length = strlen(what);

    memcpy(end(log), what, length);
    log->used += length;
}

static void name(itk_log_output *log, const char *pool)
{
    text(log, " [");
    text(log, pool);
    text(log, "]\n");
}

size_t itk_log_output_line(itk_log_output *log, const char *line,
                           size_t length, int cut, const char *pool)
{
    size_t before;

    if (log->used + LINE_MOST > ROOM) {
        itk_log_output_flush(log);
    }
    before = log->used;
    log->used += itk_log_clean(end(log), line, length);
    if (cut) {
        text(log, CUT);
    }
    name(log, pool);
    return log->used - before;
}

static size_t notice(char *out, size_t room, unsigned long lines,
                     const char *what, const char *why)
{
    time_t now = time(NULL);
    struct tm parts;
    char when[64];

    memset(&parts, 0, sizeof(parts));
    (void) localtime_r(&now, &parts);
    when[strftime(when, sizeof(when), "%a %b %d %H:%M:%S %Y", &parts)] = '\0';
    return (size_t)snprintf(out, room, "[%s] [warn] mpm-itk: %lu line%s %s: %s",
                            when, lines, lines == 1 ? "" : "s", what, why);
}

void itk_log_output_notice(itk_log_output *log, const char *pool,
                           unsigned long lines, const char *why)
{
    char line[256];
    size_t length = notice(line, sizeof(line), lines, "dropped", why);

    (void) itk_log_output_line(log, line, length < sizeof(line)
                               ? length : sizeof(line) - 1, 0, pool);
}

static ssize_t put(itk_log_output *log, const char *bytes, size_t length)
{
    ssize_t put;

    do {
        put = log->is_socket
              ? send(log->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL)
              : write(log->fd, bytes, length);
    } while (put < 0 && errno == EINTR);
    if (put == 0) {
        errno = ENOSPC;
        return -1;
    }
    return put;
}

/*
 * All of it, whole lines, or as much as there is room for.  What follows half a
 * line begins with a newline: nobody's line is to become the end of another's.
 */
static int put_lines(itk_log_output *log, char *bytes, size_t length)
{
    const char *first = bytes;
    ssize_t done;

    if (log->torn) {
        *--bytes = '\n';        /* a byte that is written already, or the first */
        length++;
    }
    while (length > 0) {
        if ((done = put(log, bytes, length)) < 0) {
            log->error = errno;
            for (; length > 0; bytes++, length--) {
                log->lost += bytes >= first && *bytes == '\n';
            }
            return -1;
        }
        log->torn = bytes[done - 1] != '\n';
        bytes += done;
        length -= (size_t)done;
    }
    return 0;
}

/* To a pipe: what goes in one piece among what others write (pipe(7)). */
static size_t portion(const itk_log_output *log, const char *bytes,
                      size_t length)
{
    const char *last;

    if (!log->is_pipe || length <= PIPE_BUF - 1) {
        return length;
    }
    last = memrchr(bytes, '\n', PIPE_BUF - 1);
    if (last == NULL) {
        last = memchr(bytes, '\n', length);
    }
    return (size_t)(last - bytes) + 1;
}

/* Once a second at the most, or it would take the room of what it tells of. */
static int tell_of_losses(itk_log_output *log)
{
    char line[257];
    unsigned long lost = log->lost;
    time_t now = time(NULL);
    size_t length;

    if (now == log->told) {
        return 0;
    }
    length = notice(line + 1, sizeof(line) - 2, lost, "lost",
                    strerror(log->error));
    if (length > sizeof(line) - 3) {
        length = sizeof(line) - 3;
    }
    line[1 + length] = '\n';
    if (put_lines(log, line + 1, length + 1) != 0) {
        log->lost = lost;       /* the notice itself is none of them */
        return -1;
    }
    log->told = now;
    log->lost = 0;
    return 0;
}

void itk_log_output_flush(itk_log_output *log)
{
    char *bytes = log->buffer + 1;
    size_t left = log->used, now;

    if (log->lost > 0 && tell_of_losses(log) != 0) {
        for (; left > 0; bytes++, left--) {
            log->lost += *bytes == '\n';
        }
    }
    while (left > 0) {
        now = portion(log, bytes, left);
        (void) put_lines(log, bytes, now);
        bytes += now;
        left -= now;
    }
    log->used = 0;
}
