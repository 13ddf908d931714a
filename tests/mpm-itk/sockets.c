/* SPDX-License-Identifier: Apache-2.0 */

#include "sockets.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

int sockets_send_flags, sockets_receive_flags;
void (*sockets_received)(struct msghdr *header, long *got);

static int armed, calls, fail_nth, fail_errno;

void sockets_arm(int nth, int error)
{
    armed = 1;
    calls = 0;
    fail_nth = nth;
    fail_errno = error;
}

int sockets_disarm(void)
{
    armed = 0;
    return calls;
}

static int due(void)
{
    if (armed && ++calls == fail_nth) {
        errno = fail_errno;
        return 1;
    }
    return 0;
}

ssize_t __real_sendmsg(int fd, const struct msghdr *header, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *header, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *header, int flags)
{
    sockets_send_flags = flags;
    return due() ? -1 : __real_sendmsg(fd, header, flags);
}

ssize_t __real_recvmsg(int fd, struct msghdr *header, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *header, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *header, int flags)
{
    long got;

    sockets_receive_flags = flags;
    if (due()) {
        return -1;
    }
    got = __real_recvmsg(fd, header, flags);
    if (sockets_received) {
        sockets_received(header, &got);
    }
    return got;
}

int __real_getpeername(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    return due() ? -1 : __real_getpeername(fd, address, length);
}

int __real_getsockopt(int fd, int level, int name, void *out, socklen_t *length);
int __wrap_getsockopt(int fd, int level, int name, void *out, socklen_t *length);
int __wrap_getsockopt(int fd, int level, int name, void *out, socklen_t *length)
{
    return due() ? -1 : __real_getsockopt(fd, level, name, out, length);
}
