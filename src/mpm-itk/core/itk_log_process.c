/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_logger.h"
#include "itk_log_line.h"
#include "itk_log_output.h"
#include "itk_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE    64           /* events, and messages */
#define READ_MOST  (64 * 1024)  /* what a pipe holds */

/* One pool's pipe for one log. */
typedef struct source {
    int fd;
    uint32_t pool_number;
    itk_log_output *log;
    char pool[ITK_LOG_CLEAN_MOST * sizeof(((itk_log_open *)0)->pool)];
    char *partial;              /* NULL, or ITK_LOG_LINE bytes: no end yet */
    size_t length;
    int skipping;               /* the rest of a line that was cut */
    int64_t second;
    unsigned long lines, bytes; /* in that second */
    unsigned long dropped;
    int paused;
    struct source *next, **link;
} source;

typedef struct {
    int control;                /* -1: the supervisor has closed it */
    int epoll;
    itk_log_output *logs;
    int log_count;
    source *sources;
    itk_log_watch *shared;
    int64_t second;             /* the present one */
    int busy;                   /* something waits for the second to be over */
} logger;

/* ---- sources ------------------------------------------------------------ */

static int watch(logger *l, int op, int fd, void *what)
{
    struct epoll_event event;

    memset(&event, 0, sizeof(event));
    event.events = EPOLLIN;
    event.data.ptr = what;
    return epoll_ctl(l->epoll, op, fd, &event);
}

/* Around what waits for the lock of a pool's pipe: itk_log_watch. */
static void touch(const logger *l, const source *s)
{
    l->shared->turns++;
    l->shared->touching = s->pool_number + 1;
}

static void touched(const logger *l)
{
    l->shared->touching = 0;
}

static void source_free(const logger *l, source *s)
{
    *s->link = s->next;
    if (s->next != NULL) {
        s->next->link = s->link;
    }
    touch(l, s);
    (void) close(s->fd);        /* there is no other: epoll forgets it */
    touched(l);
    free(s->partial);
    free(s);
}

static void source_open(logger *l, const itk_log_open *message, int fd)
{
    source *s;
    size_t length = strnlen(message->pool, sizeof(message->pool));

    if (message->log >= (uint32_t)l->log_count
        || (s = calloc(1, sizeof(*s))) == NULL) {
        (void) close(fd);       /* the workers' writes fail, and that is all */
        return;
    }
    s->fd = fd;
    s->pool_number = message->number;
    s->log = &l->logs[message->log];
    length = length < sizeof(message->pool) ? length : length - 1;
    s->pool[itk_log_clean(s->pool, message->pool, length)] = '\0';
    s->next = l->sources;
    s->link = &l->sources;
    if (s->next != NULL) {
        s->next->link = &s->next;
    }
    l->sources = s;
    if (watch(l, EPOLL_CTL_ADD, fd, s) != 0) {
        source_free(l, s);
    }
}

static void read_control(logger *l)
{
    itk_log_open message;
    ssize_t got;
    int i, fd, count;

    for (i = 0; i < AT_ONCE; i++) {
        count = 1;
        got = itk_wire_receive(l->control, &message, sizeof(message),
                               &fd, &count, 0);
        if (got > 0) {
            if (count == 1) {
                source_open(l, &message, fd);
            }
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (got < 0 && errno == EBADMSG) {
            continue;           /* no room for a descriptor, say */
        }
        (void) close(l->control);
        l->control = -1;
        return;
    }
}

/* ---- lines -------------------------------------------------------------- */

static void line_out(logger *l, source *s, const char *line, size_t length,
                     int cut)
{
    s->lines++;
    if (s->lines > ITK_LOG_LINES || s->bytes > ITK_LOG_BYTES) {
        s->bytes += length;
        s->dropped++;
        l->busy = 1;
        return;
    }
    s->bytes += itk_log_output_line(s->log, line, length, cut, s->pool);
}

static void partial_out(logger *l, source *s, int cut)
{
    line_out(l, s, s->partial, s->length, cut);
    free(s->partial);
    s->partial = NULL;
    s->length = 0;
}

/* A piece of a line; ended: its newline comes next. */
static void piece(logger *l, source *s, const char *bytes, size_t length,
                  int ended)
{
    size_t room = ITK_LOG_LINE - s->length, now = length < room ? length : room;
    int cut = length > room;

    if (s->skipping) {
        s->skipping = !ended;
        return;
    }
    if (s->partial == NULL && (ended || cut)) {
        line_out(l, s, bytes, now, cut);
    }
    else {
        if (s->partial == NULL
            && (s->partial = malloc(ITK_LOG_LINE)) == NULL) {
            line_out(l, s, bytes, now, 1);
            s->skipping = !ended;
            return;
        }
        memcpy(s->partial + s->length, bytes, now);
        s->length += now;
        if (ended || cut) {
            partial_out(l, s, cut);
        }
    }
    s->skipping = cut && !ended;
}

static void tell_of_dropped(source *s)
{
    if (s->dropped > 0) {
        itk_log_output_notice(s->log, s->pool, s->dropped,
                              "too many in a second");
        s->dropped = 0;
    }
}

static void begin_second(const logger *l, source *s)
{
    if (s->second != l->second) {
        s->second = l->second;
        s->lines = s->bytes = 0;
        tell_of_dropped(s);
    }
}

static void source_read(logger *l, source *s)
{
    static char bytes[READ_MOST];
    const char *at = bytes, *newline;
    ssize_t got;

    touch(l, s);
    got = read(s->fd, bytes, sizeof(bytes));
    touched(l);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    begin_second(l, s);
    if (got <= 0) {
        if (s->partial != NULL) {
            partial_out(l, s, 0);
        }
        tell_of_dropped(s);
        source_free(l, s);
        return;
    }
    while (got > 0) {
        newline = memchr(at, '\n', (size_t)got);
        if (newline == NULL) {
            piece(l, s, at, (size_t)got, 0);
            break;
        }
        piece(l, s, at, (size_t)(newline - at), 1);
        got -= newline + 1 - at;
        at = newline + 1;
    }
    if (s->lines > 4 * ITK_LOG_LINES || s->bytes > 4ul * ITK_LOG_BYTES) {
        s->paused = watch(l, EPOLL_CTL_DEL, s->fd, s) == 0;
        l->busy = 1;
    }
}

/* A second is over, and something waits for that. */
static void begin_seconds(logger *l)
{
    source *s, *next;

    l->busy = 0;
    for (s = l->sources; s != NULL; s = next) {
        next = s->next;
        if (s->second == l->second) {   /* it has begun one by itself */
            l->busy |= s->dropped > 0 || s->paused;
            continue;
        }
        begin_second(l, s);
        if (s->paused) {
            s->paused = 0;
            if (watch(l, EPOLL_CTL_ADD, s->fd, s) != 0) {
                source_free(l, s);
            }
        }
    }
}

/* ---- the process -------------------------------------------------------- */

static int64_t milliseconds(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return 0;
    }
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void flush_all(logger *l)
{
    int i;

    for (i = 0; i < l->log_count; i++) {
        itk_log_output_flush(&l->logs[i]);
        l->busy |= l->logs[i].lost > 0;
    }
}

static void serve(logger *l)
{
    struct epoll_event events[AT_ONCE];
    int64_t now = milliseconds(), second = now / 1000;
    int i, count;

    while (l->control >= 0 || l->sources != NULL) {
        count = epoll_wait(l->epoll, events, AT_ONCE,
                           l->busy ? (int)(1000 - now % 1000) : -1);
        if (count < 0 && errno != EINTR) {
            break;
        }
        now = milliseconds();
        l->second = now / 1000;
        for (i = 0; i < count; i++) {
            if (events[i].data.ptr != NULL) {
                source_read(l, events[i].data.ptr);
            }
            else if (l->control >= 0) {
                read_control(l);
            }
        }
        if (l->busy && l->second != second) {
            begin_seconds(l);
        }
        second = l->second;
        flush_all(l);
    }
}

void itk_log_process(int control, const int *logs, int log_count,
                     itk_log_watch *shared)
{
    logger l;
    int i;

    memset(&l, 0, sizeof(l));
    l.control = control;
    l.shared = shared;
    l.log_count = log_count;
    l.logs = calloc((size_t)log_count + 1, sizeof(*l.logs));
    l.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l.logs == NULL || l.epoll < 0
        || watch(&l, EPOLL_CTL_ADD, control, NULL) != 0) {
        _exit(1);
    }
    for (i = 0; i < log_count; i++) {
        if (itk_log_output_open(&l.logs[i], logs[i]) != 0) {
            _exit(1);
        }
    }
    serve(&l);
    flush_all(&l);
    _exit(0);
}
