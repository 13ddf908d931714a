/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker that lies about its connections, keeps what it gave back, crashes,
 * hangs or shouts. Whether others suffer is seen from outside. The layout of a
 * report is the wire's (core/itk_wire.h): four words, written whole.
 */
#include "itk_attack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { KEPT = 1, LINGER, CLOSED };

typedef struct report {
    uint32_t serial, what, requests, kilobytes;
} report;

/* Pipes that this process writes: the report pipe is among them. */
static int pipes(const itk_task *task, int *out, int room)
{
    struct stat about;
    int fd, count = 0;

    for (fd = 3; fd < 4096 && count < room; fd++) {
        int flags = fcntl(fd, F_GETFL);
        if (fd != task->answer && flags >= 0 && (flags & O_ACCMODE) == O_WRONLY && fstat(fd, &about) == 0
            && S_ISFIFO(about.st_mode)) {
            out[count++] = fd;
        }
    }
    return count;
}

static void write_all(const itk_task *task, const void *bytes, size_t size,
                      itk_result *result)
{
    int all[32];
    int i, count = pipes(task, all, 32), wrote = 0;

    for (i = 0; i < count; i++) {
        fcntl(all[i], F_SETFL, O_NONBLOCK);
        wrote += write(all[i], bytes, size) > 0;
    }
    itk_tried(result, "%zu bytes into %d pipes", size, count);
    itk_kernel(result, "%d took them", wrote);
    if (!count) {
        result->outcome = ITK_NOTHING_THERE;
        itk_evidence(result, "this model has no report pipe");
    }
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void report_flood(const itk_task *task, itk_result *result)
{
    report lie[64];
    int all[32];
    int i, count;
    long wrote = 0;
    double end = now() + task->number;

    memset(lie, 0, sizeof(lie));
    for (i = 0; i < 64; i++) {
        lie[i].serial = (uint32_t)i;
        lie[i].what = KEPT;
    }
    count = pipes(task, all, 32);
    signal(SIGPIPE, SIG_IGN);
    for (i = 0; i < count; i++) {
        fcntl(all[i], F_SETFL, O_NONBLOCK);
    }
    while (count && now() < end) {
        for (i = 0; i < count; i++) {
            ssize_t size = write(all[i], lie, sizeof(lie));
            wrote += size > 0 ? size : 0;
        }
    }
    itk_tried(result, "reports for %d s into %d pipes", task->number, count);
    itk_kernel(result, "%ld KiB", wrote / 1024);
    if (!count) {
        result->outcome = ITK_NOTHING_THERE;
        itk_evidence(result, "this model has no report pipe");
    }
}

/*
 * One lie: that the connection with this serial is over. A serial is a place in
 * the dispatcher's table and, above its 20 bits, how often the place was used.
 */
static void report_foreign(const itk_task *task, itk_result *result)
{
    report lie;

    memset(&lie, 0, sizeof(lie));
    lie.serial = (uint32_t)task->number;
    lie.what = CLOSED;
    write_all(task, &lie, sizeof(lie), result);
    /* To be ended for it takes a moment. */
    sleep(1);
}

static void report_kinds(const itk_task *task, itk_result *result)
{
    report lie;

    memset(&lie, 0xff, sizeof(lie));
    write_all(task, &lie, sizeof(lie), result);
    sleep(1);
}

static void report_half(const itk_task *task, itk_result *result)
{
    write_all(task, "half of", 7, result);
    sleep(1);
}

/* Something that keeps a duplicate of the connection after the worker gave it
 * back: a process that nobody waits for. */
static pid_t stay_behind(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        pid = fork();
        if (pid == 0) {
            setsid();
            return 0;
        }
        _exit(0);
    }
    return pid;
}

static void loot(const itk_task *task, const char *name, const void *bytes, size_t size)
{
    char path[256];
    int file;

    snprintf(path, sizeof(path), "%s/loot/%s", task->place, name);
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file >= 0) {
        if (write(file, bytes, size) < 0) {
            _exit(1);
        }
        close(file);
    }
}

/*
 * Answers by itself and goes on reading: what the client sends next is meant for
 * whom it may be, and comes here.
 */
static void keep_and_read(const itk_task *task, itk_result *result)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n\r\nok\n";
    struct pollfd next = { task->connection, POLLIN, 0 };
    char bytes[4096];
    ssize_t count = -1;

    itk_tried(result, "an answer of its own, then recv");
    if (send(task->connection, answer, sizeof(answer) - 1, MSG_NOSIGNAL) > 0
        && poll(&next, 1, 4000) == 1) {
        count = recv(task->connection, bytes, sizeof(bytes), MSG_DONTWAIT);
    }
    if (count > 0) {
        loot(task, "read", bytes, (size_t)count);
    }
    itk_kernel(result, "%zd bytes", count);
}

/* Says nothing of the flags that all duplicates share, and changes them. */
static void keep_and_change(const itk_task *task, itk_result *result)
{
    struct linger wait = { 1, 60 };
    int size = 1 << 16;

    (void)task;
    itk_call(result, "O_NONBLOCK off", fcntl(task->connection, F_SETFL, 0));
    itk_call(result, "SO_LINGER 60", setsockopt(task->connection, SOL_SOCKET, SO_LINGER, &wait, sizeof(wait)));
    setsockopt(task->connection, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* The same, with bytes that a peer which does not read never takes. */
static void linger_and_fill(const itk_task *task, itk_result *result)
{
    static char bytes[1 << 16];
    long wrote = 0;
    ssize_t count;

    keep_and_change(task, result);
    memset(bytes, 'x', sizeof(bytes));
    while ((count = send(task->connection, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL)) > 0) {
        wrote += count;
    }
    /* An answer would wait here, and not there: whoever has the connection is to
     * close it in this process's place. */
    _exit(wrote > 0 ? 0 : 1);
}

static void linger_and_write(const itk_task *task, itk_result *result)
{
    int mine = dup(task->connection);

    itk_tried(result, "a duplicate of the connection that writes on");
    if (stay_behind() == 0) {
        static char bytes[4096];
        double end = now() + task->number;
        signal(SIGPIPE, SIG_IGN);
        while (now() < end) {
            if (send(mine, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
                usleep(1000);
            }
        }
        _exit(0);
    }
    itk_kernel(result, "descriptor %d", mine);
}

/* Keeps the report pipe and the channel open after the worker's end. */
static void outlive(const itk_task *task, itk_result *result)
{
    itk_tried(result, "a process that keeps every descriptor");
    if (stay_behind() == 0) {
        sleep((unsigned int)task->number);
        _exit(0);
    }
    itk_kernel(result, "it stays for %d s", task->number);
}

static void crash(const itk_task *task, itk_result *result)
{
    (void)task;
    (void)result;
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void leave(const itk_task *task, itk_result *result)
{
    (void)task;
    (void)result;
    _exit(7);
}

static void hang(const itk_task *task, itk_result *result)
{
    sigset_t all;
    double end = now() + task->number;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    while (now() < end) {
        usleep(100000);
    }
    itk_tried(result, "hang");
}

static void shout(const itk_task *task, itk_result *result)
{
    static char line[1024];
    double end = now() + task->number;
    long wrote = 0;

    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    fcntl(2, F_SETFL, fcntl(2, F_GETFL) | O_NONBLOCK);
    while (now() < end && wrote < 64L << 20) {
        ssize_t count = write(2, line, sizeof(line));
        wrote += count > 0 ? count : 0;
    }
    itk_tried(result, "standard error for %d s", task->number);
    itk_kernel(result, "%ld KiB", wrote / 1024);
}

const itk_attack itk_attacks_on_channels[] = {
    { "report-flood", report_flood, 0 },
    { "report-foreign", report_foreign, 0 },
    { "report-kinds", report_kinds, 0 },
    { "report-half", report_half, 0 },
    { "keep-and-read", keep_and_read, ITK_IN_WORKER },
    { "keep-and-change", keep_and_change, ITK_IN_WORKER },
    { "linger-and-fill", linger_and_fill, ITK_IN_WORKER },
    { "linger-and-write", linger_and_write, ITK_IN_WORKER },
    { "outlive", outlive, ITK_IN_WORKER },
    { "crash", crash, ITK_IN_WORKER },
    { "leave", leave, ITK_IN_WORKER },
    { "hang", hang, ITK_IN_WORKER },
    { "shout", shout, 0 },
    { NULL, NULL, 0 }
};
