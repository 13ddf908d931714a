/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Each message, sent by somebody who sends what he likes: any size, any
 * descriptors.  What is not refused is of the size and with the descriptors
 * that were asked for, and nothing stays open.
 *
 * The first byte: which message; the second: how many descriptors are sent;
 * the third: how many are wanted, and how many bytes more or less are sent.
 */

#include "fuzz.h"
#include "itk_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int near_end = -1, far_end, file;

static void channel(void)
{
    int pair[2];

    if (near_end < 0) {
        HOLDS(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
        near_end = pair[0];
        far_end = pair[1];
        file = open("/dev/null", O_RDONLY | O_CLOEXEC);
        HOLDS(file >= 0);
    }
}

static int lowest_free(void)
{
    int fd = dup(file);

    HOLDS(fd >= 0);
    close(fd);
    return fd;
}

static void send_raw(const unsigned char *bytes, size_t size, int descriptors)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(8 * sizeof(int))];
    } space;
    struct iovec part = { (void *)bytes, size };
    struct msghdr header;
    int i;

    memset(&header, 0, sizeof(header));
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (descriptors > 0) {
        memset(&space, 0, sizeof(space));
        header.msg_control = &space;
        header.msg_controllen = CMSG_SPACE((size_t)descriptors * sizeof(int));
        space.header.cmsg_level = SOL_SOCKET;
        space.header.cmsg_type = SCM_RIGHTS;
        space.header.cmsg_len = CMSG_LEN((size_t)descriptors * sizeof(int));
        for (i = 0; i < descriptors; i++) {
            memcpy(CMSG_DATA(&space.header) + (size_t)i * sizeof(int),
                   &file, sizeof(file));
        }
    }
    HOLDS(sendmsg(far_end, &header, MSG_DONTWAIT) == (ssize_t)size);
}

static void hold_pass(const itk_pass *m)
{
    int valid = itk_pass_valid(m, 2, 3, 4);

    HOLDS(valid == (m->generation == 2 && m->pool == 3 && m->slot == 4
                    && (m->flags | ITK_PASS_STAY | ITK_PASS_UNSEEN) == 3));
}

static void hold_request(const itk_request *m)
{
    int valid = itk_request_valid(m, 3, 5);

    HOLDS(!valid || (m->pool < 3 && m->opcode > 0
                     && m->opcode < ITK_REQUEST_COUNT));
    HOLDS(!valid || m->opcode == ITK_REQUEST_SPAWN || m->slot < 5);
    HOLDS(valid || m->pool >= 3 || m->slot >= 5 || m->opcode == 0
          || m->opcode >= ITK_REQUEST_COUNT);
}

static void hold_order(const itk_order *m, int descriptors)
{
    int valid = itk_order_valid(m, descriptors, 3, 5);

    HOLDS(!valid || (m->opcode > 0 && m->opcode < ITK_ORDER_COUNT));
    HOLDS(!valid || descriptors == (m->opcode == ITK_ORDER_WORKER ? 3 : 0));
    HOLDS(!valid || m->opcode == ITK_ORDER_LEAVE || m->pool < 3);
    HOLDS(!valid || (m->opcode != ITK_ORDER_WORKER
                     && m->opcode != ITK_ORDER_GONE) || m->slot < 5);
}

static void hold_report(const itk_report *m)
{
    HOLDS(itk_report_valid(m) == (m->what == ITK_REPORT_KEPT
                                  || m->what == ITK_REPORT_LINGER
                                  || m->what == ITK_REPORT_CLOSED));
}

static void hold_legacy(const itk_legacy *m, int descriptors)
{
    int valid = itk_legacy_valid(m, descriptors);
    char text[sizeof(m->pool) + 8];

    HOLDS(!valid || descriptors == 1);
    if (valid) {
        char *copy = fuzz_exact(m->pool, sizeof(m->pool));

        snprintf(text, sizeof(text), "%s", copy);   /* it ends within */
        HOLDS(strlen(copy) < sizeof(m->pool));
        HOLDS(m->kind == ITK_LEGACY_WAITING || copy[0]);
        free(copy);
    }
}

static const size_t sizes[] = {
    sizeof(itk_pass), sizeof(itk_report), sizeof(itk_request),
    sizeof(itk_order), sizeof(itk_legacy)
};

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length)
{
    unsigned char sent[sizeof(itk_legacy) + 4];
    int which, descriptors, wanted, off, count, came[3], i, before;
    size_t size, sent_size;
    void *message;
    ssize_t got;

    if (length < 3) {
        return 0;
    }
    channel();
    which = bytes[0] % 5;
    descriptors = bytes[1] % 8;
    wanted = bytes[2] % 4;
    off = bytes[2] >= 128 ? 0 : (bytes[2] / 4) % 8 - 4;
    bytes += 3;
    length -= 3;
    size = sizes[which];
    sent_size = size + (size_t)(long)off;
    memset(sent, 0, sizeof(sent));
    memcpy(sent, bytes, length < sent_size ? length : sent_size);
    if (bytes[-1] == 127) {
        sent_size = 0;
    }

    before = lowest_free();
    send_raw(sent, sent_size, descriptors);
    message = malloc(size);
    count = wanted;
    got = itk_wire_receive(near_end, message, size, came, &count, 0);
    HOLDS(got == (ssize_t)size || got == 0 || (got == -1 && errno == EBADMSG));
    HOLDS((got > 0) == (sent_size == size && descriptors <= wanted));
    HOLDS((got == 0) == (sent_size == 0 && descriptors == 0));
    HOLDS(count == (got > 0 ? descriptors : 0));
    for (i = 0; i < count; i++) {
        HOLDS(fcntl(came[i], F_GETFD) == FD_CLOEXEC);
        close(came[i]);
    }
    HOLDS(lowest_free() == before);
    if (got > 0) {
        HOLDS(memcmp(message, sent, size) == 0);
        switch (which) {
        case 0: hold_pass(message); break;
        case 1: hold_report(message); break;
        case 2: hold_request(message); break;
        case 3: hold_order(message, count); break;
        default: hold_legacy(message, count); break;
        }
    }
    free(message);
    return 0;
}

/* One of each that is right. */
size_t fuzz_seed(int n, unsigned char *out)
{
    itk_pass pass = { 2, 3, 4, 5, 6, ITK_PASS_STAY, 8 };
    itk_report report = { 5, ITK_REPORT_KEPT, 1, 1 };
    itk_request request = { ITK_REQUEST_SPAWN, 2, 1, 4 };
    itk_order order = { ITK_ORDER_WORKER, 2, 1, 4, 5, 6 };
    itk_legacy legacy = { ITK_LEGACY_KEPT, 1, 2, 3, "alice" };
    const void *all[5];

    if (n >= 5) {
        return 0;
    }
    all[0] = &pass;
    all[1] = &report;
    all[2] = &request;
    all[3] = &order;
    all[4] = &legacy;
    out[0] = (unsigned char)n;
    out[1] = (unsigned char)(n == 3 ? 3 : n == 0 || n == 4);
    out[2] = 0x83;
    memcpy(out + 3, all[n], sizes[n]);
    return 3 + sizes[n];
}

#define S(text) { text, sizeof(text) - 1 }

const fuzz_word fuzz_words[] = {
    S("\0\0\0\0"), S("\1\0\0\0"), S("\2\0\0\0"), S("\3\0\0\0"), S("\4\0\0\0"),
    S("\5\0\0\0"), S("\377\377\377\377"), S("\0\0\0\200"), S("\177"),
    S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    { NULL, 0 }
};
