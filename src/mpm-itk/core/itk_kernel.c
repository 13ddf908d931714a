/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Names that older libraries lack; the numbers are the kernel's. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SECCOMP_GET_ACTION_AVAIL
#define SECCOMP_GET_ACTION_AVAIL 2
#endif
#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#ifndef EPOLLEXCLUSIVE
#define EPOLLEXCLUSIVE (1u << 28)
#endif
#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT        47
#define PR_CAP_AMBIENT_IS_SET 1
#endif
#define ALLOW_SEALING 3u        /* MFD_CLOEXEC | MFD_ALLOW_SEALING */

/* Each probe: 1 it is there, 0 it is not; errno says why. */

static int can_close_range(void)
{
    /* a range in which there is never anything */
    return syscall(SYS_close_range, UINT_MAX, UINT_MAX, 0u) == 0;
}

static int can_filter(void)
{
    unsigned int action = SECCOMP_RET_KILL_PROCESS;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0u, &action) == 0;
}

static int can_forbid_gaining(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0;
}

static int can_clear_ambient(void)
{
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0, 0) >= 0;
}

static int can_seal(void)
{
    int fd = (int)syscall(SYS_memfd_create, "itk-probe", ALLOW_SEALING);
    int sealed, error;

    if (fd < 0) {
        return 0;
    }
    sealed = fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0;
    error = errno;
    (void) close(fd);
    errno = error;
    return sealed;
}

static int can_accept4(void)
{
    return accept4(-1, NULL, NULL, SOCK_CLOEXEC) < 0 && errno == EBADF;
}

/* Older kernels take the flag and ignore it; those that know it refuse a MOD. */
static int can_wake_one(void)
{
    struct epoll_event event;
    int poller = epoll_create1(EPOLL_CLOEXEC), pair[2], known, error;

    if (poller < 0) {
        return 0;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        error = errno;
        (void) close(poller);
        errno = error;
        return 0;
    }
    memset(&event, 0, sizeof(event));
    event.events = EPOLLIN | EPOLLEXCLUSIVE;
    known = epoll_ctl(poller, EPOLL_CTL_ADD, pair[0], &event) == 0
        && epoll_ctl(poller, EPOLL_CTL_MOD, pair[0], &event) != 0;
    error = errno;
    (void) close(pair[0]);
    (void) close(pair[1]);
    (void) close(poller);
    errno = error;
    return known;
}

static int can_defer_accept(void)
{
    int seconds = 1, set, error;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 && errno == EAFNOSUPPORT) {
        fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    }
    if (fd < 0) {
        return 0;
    }
    set = setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT,
                     &seconds, sizeof(seconds)) == 0;
    error = errno;
    (void) close(fd);
    errno = error;
    return set;
}

static int can_read_proc(void)
{
    return access("/proc/self/fd/.", R_OK | X_OK) == 0
        && access("/proc/self/maps", R_OK) == 0;
}

static const struct {
    const char *name, *purpose, *since;
    int (*there)(void);
} features[] = {
    { "accept4(2)", "connections that no program inherits", "2.6.28",
      can_accept4 },
    { "TCP_DEFER_ACCEPT", "accepting a connection with its request", "2.4",
      can_defer_accept },
    { "no_new_privs", "the filter of the dispatcher", "3.5",
      can_forbid_gaining },
    { "the ambient set of capabilities", "emptying it in workers", "4.3",
      can_clear_ambient },
    { "EPOLLEXCLUSIVE", "waking one dispatcher for a connection", "4.5",
      can_wake_one },
    { "seccomp(2) with SECCOMP_RET_KILL_PROCESS",
      "the filter of the dispatcher", "4.14", can_filter },
    { "memfd_create(2) with F_SEAL_FUTURE_WRITE",
      "a status page that workers only read", "5.1", can_seal },
    { "close_range(2)", "closing in a worker what is not its own", "5.9",
      can_close_range },
    { "/proc", "finding what the configuration has opened and shared", NULL,
      can_read_proc },
};

const char *itk_kernel_missing(char *buf, size_t n)
{
    struct utsname kernel;
    size_t i;

    for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        errno = 0;
        if (features[i].there()) {
            continue;
        }
        if (features[i].since == NULL) {
            snprintf(buf, n, "%s cannot be read (%s), and is needed for %s: "
                     "mount it", features[i].name, strerror(errno),
                     features[i].purpose);
            return buf;
        }
        if (uname(&kernel) != 0) {
            strcpy(kernel.release, "unknown");
        }
        snprintf(buf, n, "no %s here (%s), which is needed for %s: kernels "
                 "have it from %s on, this one is %.64s; or a container "
                 "forbids it", features[i].name, strerror(errno),
                 features[i].purpose, features[i].since, kernel.release);
        return buf;
    }
    return NULL;
}
