/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_wire.h"
#include "itk_guard.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* cmsg(3): a buffer for control messages has to be aligned as their header. */
typedef union control {
    struct cmsghdr header;
    char space[CMSG_SPACE(ITK_WIRE_DESCRIPTORS * sizeof(int))];
} control;

int itk_wire_send(int channel, const void *message, size_t size,
                  const int *descriptors, int count)
{
    struct iovec bytes;
    struct msghdr header;
    struct cmsghdr *rights;
    control space;
    ssize_t sent;

    if (count < 0 || count > ITK_WIRE_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    bytes.iov_base = (void *)message;
    bytes.iov_len = size;
    memset(&header, 0, sizeof(header));
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    if (count > 0) {
        size_t length = (size_t)count * sizeof(int);

        memset(&space, 0, sizeof(space));
        header.msg_control = space.space;
        header.msg_controllen = CMSG_SPACE(length);
        rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(length);
        memcpy(CMSG_DATA(rights), descriptors, length);
    }
    do {
        sent = sendmsg(channel, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        return -1;
    }
    if ((size_t)sent != size) {
        errno = EMSGSIZE;       /* this is no SOCK_SEQPACKET */
        return -1;
    }
    return 0;
}

/*
 * Every descriptor that came, up to room of them; those above are closed, and
 * so are all of them if there is a control message of another kind: nobody
 * here asked for one.  Returns how many came, -1 if some are closed.
 */
static int take_descriptors(struct msghdr *header, int *list, int room)
{
    struct cmsghdr *each;
    int fd, count = 0, refused = 0;
    size_t i, here;

    for (each = CMSG_FIRSTHDR(header); each != NULL;
         each = CMSG_NXTHDR(header, each)) {
        if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) {
            refused = 1;
            continue;
        }
        here = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (i = 0; i < here; i++) {
            memcpy(&fd, CMSG_DATA(each) + i * sizeof(int), sizeof(fd));
            if (count < room) {
                list[count++] = fd;
            }
            else {
                close(fd);
                refused = 1;
            }
        }
    }
    return refused ? -1 - count : count;
}

ssize_t itk_wire_receive(int channel, void *message, size_t size,
                         int *descriptors, int *count, int wait)
{
    struct iovec bytes;
    struct msghdr header;
    control space;
    ssize_t got;
    int list[ITK_WIRE_DESCRIPTORS], came, wanted = *count, flags;

    *count = 0;
    if (wanted < 0 || wanted > ITK_WIRE_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    bytes.iov_base = message;
    bytes.iov_len = size;
    memset(&header, 0, sizeof(header));
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    /* room for all that can be wanted, always: with too little of it the
     * kernel drops the rest and tells the difference by a flag alone */
    header.msg_control = space.space;
    header.msg_controllen = CMSG_LEN(sizeof(list));
    flags = MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT);
    do {
        got = recvmsg(channel, &header, flags);
    } while (got < 0 && errno == EINTR && !wait);
    if (got < 0) {
        return -1;
    }

    came = take_descriptors(&header, list, wanted);
    if (got == 0 && came == 0 && !(header.msg_flags & MSG_CTRUNC)) {
        return 0;
    }
    if ((size_t)got != size || came < 0
        || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        for (came = came < 0 ? -1 - came : came; came > 0; came--) {
            close(list[came - 1]);
        }
        memset(message, 0, size);
        errno = EBADMSG;
        return -1;
    }
    memcpy(descriptors, list, (size_t)came * sizeof(int));
    *count = came;
    return got;
}

int itk_pass_valid(const itk_pass *message, uint32_t generation,
                   uint32_t pool, uint32_t slot)
{
    return (!ITK_GUARD("generation")
            || (message->generation == generation && message->pool == pool
                && message->slot == slot))
        && (message->flags & ~(ITK_PASS_STAY | ITK_PASS_UNSEEN)) == 0;
}

int itk_request_valid(const itk_request *message, uint32_t pools,
                      uint32_t slots)
{
    if (!ITK_GUARD("request-valid")) {
        return 1;
    }
    switch (message->opcode) {
    case ITK_REQUEST_SPAWN:
        return message->pool < pools;
    case ITK_REQUEST_RETIRED:
    case ITK_REQUEST_KILL:
        return message->pool < pools && message->slot < slots;
    default:
        return 0;
    }
}

int itk_order_valid(const itk_order *message, int descriptors,
                    uint32_t pools, uint32_t slots)
{
    switch (message->opcode) {
    case ITK_ORDER_WORKER:
        return descriptors == ITK_WIRE_DESCRIPTORS
            && message->pool < pools && message->slot < slots;
    case ITK_ORDER_GONE:
        return descriptors == 0
            && message->pool < pools && message->slot < slots;
    case ITK_ORDER_REFUSED:
        return descriptors == 0 && message->pool < pools;
    case ITK_ORDER_LEAVE:
        return descriptors == 0;
    default:
        return 0;
    }
}

int itk_report_valid(const itk_report *message)
{
    return !ITK_GUARD("report-valid")
        || (message->what >= ITK_REPORT_KEPT
            && message->what <= ITK_REPORT_CLOSED);
}

int itk_legacy_valid(const itk_legacy *message, int descriptors)
{
    const char *end = memchr(message->pool, '\0', sizeof(message->pool));

    if (descriptors != 1 || end == NULL) {
        return 0;
    }
    return message->kind == ITK_LEGACY_WAITING
        || (message->kind == ITK_LEGACY_KEPT && end != message->pool);
}

static int option_is(int descriptor, int option, int wanted)
{
    int value;
    socklen_t length = sizeof(value);

    return getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0
        && length == sizeof(value) && value == wanted;
}

int itk_is_connection(int descriptor)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof(peer);

    /*
     * The first fails for what is no socket, and for one that listens
     * (ENOTCONN).  The protocol is that of raw sockets as well; TCP's streams
     * are IPv4's and IPv6's alone.
     */
    return getpeername(descriptor, (struct sockaddr *)&peer, &length) == 0
        && option_is(descriptor, SO_TYPE, SOCK_STREAM)
        && option_is(descriptor, SO_PROTOCOL, IPPROTO_TCP);
}
