/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker has open, and what it can do with it. */
#include "itk_attack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALL_DESCRIPTORS 4096

static int link_of(int fd, char *path, size_t size)
{
    char name[64];
    ssize_t count;

    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    count = readlink(name, path, size - 1);
    path[count > 0 ? count : 0] = 0;
    return count > 0;
}

static int option(int fd, int name)
{
    int value = -1;
    socklen_t size = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

static int can_write(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

static void listeners(const itk_task *task, itk_result *result)
{
    int fd, sockets = 0;

    (void)task;
    for (fd = 0; fd < ALL_DESCRIPTORS; fd++) {
        int is_listening = option(fd, SO_ACCEPTCONN);
        if (is_listening < 0) {
            continue;
        }
        sockets++;
        fcntl(fd, F_SETFL, O_NONBLOCK);
        if (accept(fd, NULL, NULL) >= 0 || is_listening == 1) {
            result->outcome = ITK_SUCCEEDED;
            itk_evidence(result, "descriptor %d listens", fd);
        } else if (option(fd, SO_DOMAIN) != AF_UNIX && listen(fd, 5) == 0
                   && option(fd, SO_ACCEPTCONN) == 1) {
            result->outcome = ITK_SUCCEEDED;
            itk_evidence(result, "descriptor %d listens again", fd);
        }
    }
    itk_tried(result, "accept and listen on %d sockets", sockets);
    itk_kernel(result, "%s", itk_error_name(errno));
}

/* One channel is the worker's; whatever else is a Unix socket is not. */
static void channels(const itk_task *task, itk_result *result)
{
    int fd, count = 0;
    char bytes[256];

    (void)task;
    for (fd = 0; fd < ALL_DESCRIPTORS; fd++) {
        if (option(fd, SO_DOMAIN) != AF_UNIX) {
            continue;
        }
        count++;
        if (recv(fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT) > 0) {
            itk_evidence(result, "descriptor %d has a message", fd);
        }
    }
    itk_tried(result, "look at every Unix socket");
    itk_kernel(result, "%d Unix sockets", count);
    if (count > 1) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "%d Unix sockets, one is its own", count);
    }
}

/* Descriptors and forged messages sent the wrong way: who reads there is root's
 * or everybody's. Whether it did harm is seen by asking the server afterwards. */
static void channel_send(const itk_task *task, itk_result *result)
{
    char space[CMSG_SPACE(sizeof(int))];
    unsigned char bytes[256];
    struct iovec vector = { bytes, sizeof(bytes) };
    struct msghdr message;
    struct cmsghdr *control;
    int fd, file, i, sent = 0;

    (void)task;
    for (fd = 0; fd < ALL_DESCRIPTORS; fd++) {
        if (option(fd, SO_DOMAIN) != AF_UNIX) {
            continue;
        }
        for (i = 0; i < 64; i++) {
            memset(bytes, i % 4 ? 0xff : i, sizeof(bytes));
            memset(&message, 0, sizeof(message));
            vector.iov_len = i < 32 ? 24 : (size_t)(i * 4);
            message.msg_iov = &vector;
            message.msg_iovlen = 1;
            file = open("/dev/null", O_RDONLY | O_CLOEXEC);
            message.msg_control = space;
            message.msg_controllen = sizeof(space);
            control = CMSG_FIRSTHDR(&message);
            control->cmsg_level = SOL_SOCKET;
            control->cmsg_type = SCM_RIGHTS;
            control->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(control), &file, sizeof(int));
            sent += sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
            close(file);
        }
    }
    itk_tried(result, "64 messages with a descriptor into each channel");
    itk_kernel(result, "%d went, then %s", sent, itk_error_name(errno));
}

/* Takes what is meant for another worker, for as long as it may. */
static void channel_steal(const itk_task *task, itk_result *result)
{
    struct pollfd all[64];
    char bytes[256];
    char space[CMSG_SPACE(sizeof(int) * 3)];
    struct iovec vector = { bytes, sizeof(bytes) };
    struct msghdr message;
    int fd, i, ways = 0, taken = 0, rounds;

    (void)task;
    for (fd = 0; fd < ALL_DESCRIPTORS && ways < 64; fd++) {
        if (option(fd, SO_DOMAIN) == AF_UNIX) {
            all[ways].fd = fd;
            all[ways++].events = POLLIN;
        }
    }
    /* Its own channel it may empty; the second and further are others'. */
    for (rounds = 0; ways > 1 && rounds < 20; rounds++) {
        poll(all, (nfds_t)ways, 100);
        for (i = 1; i < ways; i++) {
            memset(&message, 0, sizeof(message));
            message.msg_iov = &vector;
            message.msg_iovlen = 1;
            message.msg_control = space;
            message.msg_controllen = sizeof(space);
            taken += recvmsg(all[i].fd, &message, MSG_DONTWAIT) > 0;
        }
    }
    itk_tried(result, "recvmsg on %d further channels", ways > 1 ? ways - 1 : 0);
    itk_kernel(result, "%d messages", taken);
    if (taken) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "%d messages for others were taken", taken);
    }
}

/* What the server was started with open (itk_begin) and any other file. */
static void inherited(const itk_task *task, itk_result *result)
{
    char path[512];
    char bytes[64];
    int fd;

    (void)task;
    for (fd = 3; fd < ALL_DESCRIPTORS; fd++) {
        if (!link_of(fd, path, sizeof(path)) || path[0] != '/') {
            continue;
        }
        if (strstr(path, "/secrets/")) {
            ssize_t count = pread(fd, bytes, sizeof(bytes), 0);
            itk_tried(result, "pread %d", fd);
            itk_kernel(result, "%zd", count);
            if (count > 0) {
                result->outcome = ITK_SUCCEEDED;
                itk_evidence(result, "%s is open at %d", path, fd);
            }
        }
    }
    if (!result->tried[0]) {
        itk_tried(result, "look at every descriptor");
        itk_kernel(result, "no file of the starter's");
    }
}

static int is_own_log(const itk_task *task, const char *path)
{
    char name[256];

    snprintf(name, sizeof(name), "/%s-", task->host);
    return strstr(path, name) != NULL;
}

/* Logs that are not the own host's, open for writing. */
static void logs_open(const itk_task *task, itk_result *result)
{
    char path[512];
    struct stat about;
    int fd;

    for (fd = 0; fd < ALL_DESCRIPTORS; fd++) {
        if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || !can_write(fd)
            || !link_of(fd, path, sizeof(path)) || !strstr(path, "/logs/")
            || is_own_log(task, path)) {
            continue;
        }
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "%s is open for writing at %d", path, fd);
    }
    itk_tried(result, "look at every descriptor");
    itk_kernel(result, result->outcome ? "there are" : "none but its own");
}

static void logs_spoil(const itk_task *task, itk_result *result)
{
    static const char line[] = "forged by another host\n";
    char path[512];
    struct stat about;
    int fd;

    itk_tried(result, "pwrite, lseek and ftruncate on every file");
    for (fd = 0; fd < ALL_DESCRIPTORS; fd++) {
        if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || !can_write(fd)
            || !link_of(fd, path, sizeof(path)) || is_own_log(task, path)
            || !strstr(path, "/logs/")) {
            continue;
        }
        if (ftruncate(fd, 0) == 0 || (lseek(fd, 0, SEEK_SET) == 0
                                      && write(fd, line, sizeof(line) - 1) > 0)) {
            result->outcome = ITK_SUCCEEDED;
            itk_evidence(result, "%s had %ld bytes", path, (long)about.st_size);
        }
    }
    if (result->outcome == ITK_DENIED) {
        itk_kernel(result, "nothing to write to");
    }
}

/*
 * A line as if it were the other host's, into whatever is a log of several. The
 * tool looks at the log afterwards: the line has to have its author's name.
 */
static void logs_forge(const itk_task *task, itk_result *result)
{
    char line[256];
    char path[512];
    int fd, size, wrote = 0;
    struct stat about;

    size = snprintf(line, sizeof(line),
                    "begin\n[notice] itk-forged-line by nobody\n"
                    "[Thu Jan 01 00:00:00 1970] [error] itk-forged-line\n");
    for (fd = 2; fd < ALL_DESCRIPTORS; fd++) {
        if (fd != task->answer && fstat(fd, &about) == 0 && can_write(fd) && link_of(fd, path, sizeof(path))
            && (S_ISFIFO(about.st_mode) || (S_ISREG(about.st_mode) && strstr(path, "/logs/")
                                            && !is_own_log(task, path)))) {
            fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
            wrote += write(fd, line, (size_t)size) > 0;
        }
    }
    itk_tried(result, "lines into %d pipes and logs", wrote);
    itk_kernel(result, "written");
}

const itk_attack itk_attacks_on_descriptors[] = {
    { "fd-listeners", listeners, 0 },
    { "fd-channels", channels, 0 },
    { "fd-inherited", inherited, 0 },
    { "channel-send", channel_send, 0 },
    { "channel-steal", channel_steal, 0 },
    { "logs-open", logs_open, 0 },
    { "logs-spoil", logs_spoil, 0 },
    { "logs-forge", logs_forge, 0 },
    { NULL, NULL, 0 }
};
