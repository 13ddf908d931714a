/* SPDX-License-Identifier: Apache-2.0 */

/* Over real sockets, with the other end as bad as it can be. */

#include "check.h"
#include "faults.h"
#include "itk_wire.h"
#include "sockets.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int ours, theirs;        /* a channel */
static int file;                /* something to hand over */

static void channel_open(void)
{
    int pair[2] = { -1, -1 };

    (void) !socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
    ours = pair[0];
    theirs = pair[1];
}

static void channel_close(void)
{
    close(ours);
    close(theirs);
}

static int descriptors_open(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    while (dir && readdir(dir)) {
        count++;
    }
    closedir(dir);
    return count;
}

/* What a bad sender may send: any size, any number of descriptors. */
static int send_raw(const void *bytes, size_t size, int descriptors)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(64 * sizeof(int))];
    } space;
    struct iovec part = { (void *)bytes, size };
    struct msghdr header;
    int i;

    memset(&header, 0, sizeof(header));
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (descriptors > 0) {
        size_t length = (size_t)descriptors * sizeof(int);

        memset(&space, 0, sizeof(space));
        header.msg_control = &space;
        header.msg_controllen = CMSG_SPACE(length);
        space.header.cmsg_level = SOL_SOCKET;
        space.header.cmsg_type = SCM_RIGHTS;
        space.header.cmsg_len = CMSG_LEN(length);
        for (i = 0; i < descriptors; i++) {
            memcpy(CMSG_DATA(&space.header) + (size_t)i * sizeof(int),
                   &file, sizeof(file));
        }
    }
    return sendmsg(theirs, &header, MSG_DONTWAIT) == (ssize_t)size ? 0 : -1;
}

static itk_pass pass = { 7, 3, 11, 99, 2, ITK_PASS_STAY, 8 };

static void whole_messages(void)
{
    itk_pass got;
    int sent[3], came[3], count, calls, i, wanted;

    test_begin("a message arrives whole, with its descriptors, close-on-exec");
    channel_open();
    for (wanted = 0; wanted <= ITK_WIRE_DESCRIPTORS; wanted++) {
        sent[0] = sent[1] = sent[2] = file;
        memset(&got, 0, sizeof(got));
        CLAIM(itk_wire_send(theirs, &pass, sizeof(pass), sent, wanted) == 0);
        CLAIM(sockets_send_flags == (MSG_DONTWAIT | MSG_NOSIGNAL));
        count = 3;
        CLAIM(itk_wire_receive(ours, &got, sizeof(got), came, &count, 0)
              == (ssize_t)sizeof(got));
        CLAIM(sockets_receive_flags == (MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
        CLAIM(memcmp(&got, &pass, sizeof(pass)) == 0);
        CLAIM_OF(count == wanted, "%d, not %d", count, wanted);
        for (i = 0; i < count; i++) {
            CLAIM(came[i] != file && fcntl(came[i], F_GETFD) == FD_CLOEXEC);
            close(came[i]);
        }
    }
    test_end();

    test_begin("one connection costs one call, and no memory");
    faults_arm(0, 0);
    sockets_arm(0, 0);
    CLAIM(itk_wire_send(theirs, &pass, sizeof(pass), &file, 1) == 0);
    calls = sockets_disarm();
    CLAIM_OF(calls == 1, "%d", calls);
    sockets_arm(0, 0);
    count = 1;
    CLAIM(itk_wire_receive(ours, &got, sizeof(got), came, &count, 1) > 0);
    calls = sockets_disarm();
    CLAIM_OF(calls == 1, "%d", calls);
    CLAIM(sockets_receive_flags == MSG_CMSG_CLOEXEC && count == 1);
    calls = faults_disarm();
    CLAIM_OF(calls == 0, "%d", calls);
    close(came[0]);
    channel_close();
    test_end();
}

static void ends(void)
{
    itk_pass got;
    int came[3], count, sent;

    test_begin("an empty channel, a full one and a closed one are told apart");
    channel_open();
    count = 1;
    CLAIM(itk_wire_receive(ours, &got, sizeof(got), came, &count, 0) == -1);
    CLAIM(errno == EAGAIN && count == 0);
    for (sent = 0; sent < 100000; sent++) {
        if (itk_wire_send(theirs, &pass, sizeof(pass), NULL, 0) != 0) {
            break;
        }
    }
    CLAIM_OF(sent > 0 && sent < 100000 && errno == EAGAIN, "%d sent", sent);
    close(theirs);
    theirs = -1;
    for (; sent > 0; sent--) {
        count = 0;
        CLAIM(itk_wire_receive(ours, &got, sizeof(got), came, &count, 0) > 0);
    }
    count = 1;
    CLAIM(itk_wire_receive(ours, &got, sizeof(got), came, &count, 0) == 0);
    CLAIM(count == 0);
    signal(SIGPIPE, SIG_DFL);
    CLAIM(itk_wire_send(ours, &pass, sizeof(pass), &file, 1) == -1);
    CLAIM(errno == EPIPE);
    channel_close();
    test_end();

    test_begin("who waits is woken by what comes, and does not spin");
    channel_open();
    if (fork() == 0) {
        usleep(20000);
        (void) !itk_wire_send(theirs, &pass, sizeof(pass), NULL, 0);
        _exit(0);
    }
    sockets_arm(0, 0);
    count = 1;
    CLAIM(itk_wire_receive(ours, &got, sizeof(got), came, &count, 1) > 0);
    CLAIM(sockets_disarm() == 1);
    wait(NULL);
    channel_close();
    test_end();
}

static void failing_calls(void)
{
    static const int errors[] = { EAGAIN, EPIPE, ECONNRESET, ENOBUFS, ENOMEM,
                                  EBADF, ETOOMANYREFS };
    itk_pass got;
    int came[3], count, result;
    size_t i;

    test_begin("a call that fails is told with its errno, nothing is left");
    channel_open();
    for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        sockets_arm(1, errors[i]);
        result = itk_wire_send(theirs, &pass, sizeof(pass), &file, 1);
        CLAIM_OF(result == -1 && errno == errors[i], "%d", errors[i]);
        CLAIM(sockets_disarm() == 1);
        sockets_arm(1, errors[i]);
        count = 1;
        result = (int)itk_wire_receive(ours, &got, sizeof(got), came,
                                       &count, 0);
        CLAIM_OF(result == -1 && errno == errors[i] && count == 0,
                 "%d", errors[i]);
        CLAIM(sockets_disarm() == 1);
    }
    test_end();

    test_begin("a signal is no failure, but to one who waits it is news");
    sockets_arm(1, EINTR);
    CLAIM(itk_wire_send(theirs, &pass, sizeof(pass), &file, 1) == 0);
    CLAIM(sockets_disarm() == 2);
    sockets_arm(1, EINTR);
    count = 1;
    CLAIM(itk_wire_receive(ours, &got, sizeof(got), came, &count, 1) == -1);
    CLAIM(errno == EINTR && count == 0 && sockets_disarm() == 1);
    sockets_arm(1, EINTR);
    count = 1;
    CLAIM(itk_wire_receive(ours, &got, sizeof(got), came, &count, 0) > 0);
    CLAIM(sockets_disarm() == 2 && count == 1);
    close(came[0]);
    test_end();

    test_begin("a number of descriptors that cannot be is not tried");
    sockets_arm(0, 0);
    CLAIM(itk_wire_send(theirs, &pass, sizeof(pass), &file, 4) == -1);
    CLAIM(errno == EINVAL);
    CLAIM(itk_wire_send(theirs, &pass, sizeof(pass), &file, -1) == -1);
    count = 4;
    CLAIM(itk_wire_receive(ours, &got, sizeof(got), came, &count, 0) == -1);
    CLAIM(errno == EINVAL && count == 0);
    count = -1;
    CLAIM(itk_wire_receive(ours, &got, sizeof(got), came, &count, 0) == -1);
    CLAIM(sockets_disarm() == 0);
    channel_close();
    test_end();
}

static void refused(const char *what, int wanted)
{
    itk_pass got;
    int came[3] = { -7, -7, -7 }, count = wanted, i;
    char zero[sizeof(got)] = "";
    ssize_t result;

    memset(&got, 0x5a, sizeof(got));
    result = itk_wire_receive(ours, &got, sizeof(got), came, &count, 0);
    CLAIM_OF(result == -1 && errno == EBADMSG && count == 0,
             "%s gave %d, %d descriptors", what, (int)result, count);
    CLAIM_OF(memcmp(&got, zero, sizeof(got)) == 0, "%s", what);
    for (i = 0; i < 3; i++) {
        CLAIM_OF(came[i] == -7, "%s", what);
    }
}

static void hostile_messages(void)
{
    static const struct {
        int size, descriptors, wanted;
    } table[] = {
        /* too short, too long */
        { 1, 0, 0 }, { sizeof(itk_pass) - 1, 1, 1 },
        { sizeof(itk_pass) + 1, 1, 1 }, { 4000, 3, 3 }, { 4000, 0, 0 },
        /* nothing, but with descriptors */
        { 0, 1, 1 }, { 0, 3, 3 }, { 0, 1, 0 }, { 0, 40, 3 },
        /* surplus descriptors: in the buffer, and more than it takes */
        { sizeof(itk_pass), 1, 0 }, { sizeof(itk_pass), 2, 1 },
        { sizeof(itk_pass), 3, 1 }, { sizeof(itk_pass), 3, 2 },
        { sizeof(itk_pass), 4, 3 }, { sizeof(itk_pass), 4, 0 },
        { sizeof(itk_pass), 5, 3 }, { sizeof(itk_pass), 50, 1 },
    };
    char bytes[4000];
    struct rlimit limit, tight;
    int before, after, on = 1;
    size_t i;
    char what[64];

    memset(bytes, 1, sizeof(bytes));
    test_begin("a message of another size or with more descriptors is refused");
    channel_open();
    before = descriptors_open();
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        CLAIM(send_raw(bytes, (size_t)table[i].size, table[i].descriptors)
              == 0);
        snprintf(what, sizeof(what), "%d bytes, %d descriptors, wanted %d",
                 table[i].size, table[i].descriptors, table[i].wanted);
        refused(what, table[i].wanted);
        after = descriptors_open();
        CLAIM_OF(before == after, "%s: %d open before, %d after", what, before,
                 after);
    }
    test_end();

    test_begin("credentials that nobody asked for are refused, with the rest");
    setsockopt(ours, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    CLAIM(send_raw(bytes, sizeof(itk_pass), 0) == 0);
    refused("credentials", 1);
    CLAIM(send_raw(bytes, sizeof(itk_pass), 1) == 0);
    refused("credentials and a descriptor", 1);
    CLAIM(descriptors_open() == before);
    channel_close();
    test_end();

    test_begin("descriptors for which there is no room are no message");
    channel_open();
    CLAIM(send_raw(bytes, sizeof(itk_pass), 3) == 0);
    getrlimit(RLIMIT_NOFILE, &limit);
    tight = limit;
    /* the first number that is free, and one more */
    tight.rlim_cur = (rlim_t)dup(file) + 1;
    close((int)tight.rlim_cur - 1);
    setrlimit(RLIMIT_NOFILE, &tight);
    refused("one place", 3);
    setrlimit(RLIMIT_NOFILE, &limit);
    CLAIM(descriptors_open() == before);
    channel_close();
    test_end();
}

static int flag_told;

static void tell_flag(struct msghdr *header, long *got)
{
    (void)got;
    header->msg_flags |= flag_told;
}

static int hidden[2], hidden_count;

/* As if what came were of another kind or level; we close it, then. */
static void tell_other(struct msghdr *header, long *got)
{
    struct cmsghdr *first = CMSG_FIRSTHDR(header);

    (void)got;
    memcpy(&hidden[hidden_count], CMSG_DATA(first), sizeof(int));
    if (hidden_count++ == 0) {
        first->cmsg_type = SCM_RIGHTS + 20;
    }
    else {
        first->cmsg_level = SOL_SOCKET + 1;
    }
}

static void kernel_says(void)
{
    int before;

    test_begin("each flag of a cut message refuses it by itself");
    channel_open();
    before = descriptors_open();
    sockets_received = tell_flag;
    for (flag_told = MSG_TRUNC; flag_told;
         flag_told = flag_told == MSG_TRUNC ? MSG_CTRUNC : 0) {
        CLAIM(send_raw(&pass, sizeof(pass), 1) == 0);
        refused("flag", 1);
        CLAIM(descriptors_open() == before);
    }
    flag_told = MSG_CTRUNC;
    CLAIM(send_raw(&pass, sizeof(pass), 0) == 0);
    refused("cut, without descriptors", 0);
    CLAIM(send_raw("", 0, 0) == 0);
    refused("cut, and empty", 0);
    sockets_received = NULL;
    test_end();

    test_begin("a control message of another kind or level is refused");
    hidden_count = 0;
    sockets_received = tell_other;
    CLAIM(send_raw(&pass, sizeof(pass), 1) == 0);
    refused("kind", 1);
    CLAIM(send_raw(&pass, sizeof(pass), 1) == 0);
    refused("level", 1);
    sockets_received = NULL;
    CLAIM(hidden_count == 2);
    close(hidden[0]);
    close(hidden[1]);
    CLAIM(descriptors_open() == before);
    channel_close();
    test_end();
}

static void no_channels(void)
{
    itk_pass got;
    int fds[2], came[3], count;

    test_begin("what is no channel is none");
    (void) !pipe(fds);
    CLAIM(itk_wire_send(fds[1], &pass, sizeof(pass), &file, 1) == -1);
    CLAIM(errno == ENOTSOCK);
    count = 1;
    CLAIM(itk_wire_receive(fds[0], &got, sizeof(got), came, &count, 0) == -1);
    CLAIM(errno == ENOTSOCK && count == 0);
    close(fds[0]);
    close(fds[1]);
    CLAIM(itk_wire_send(-1, &pass, sizeof(pass), NULL, 0) == -1);
    CLAIM(errno == EBADF);

    /* a stream has no borders: what is not just one message is refused */
    (void) !socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
    ours = fds[0];
    theirs = fds[1];
    CLAIM(send_raw(&pass, sizeof(pass) - 1, 1) == 0);
    refused("a stream", 1);
    channel_close();
    test_end();
}

static void passes(void)
{
    itk_pass message = pass;

    test_begin("a connection is for one place in one pool of one generation");
    CLAIM(itk_pass_valid(&message, 7, 3, 11));
    CLAIM(!itk_pass_valid(&message, 6, 3, 11));
    CLAIM(!itk_pass_valid(&message, 8, 3, 11));
    CLAIM(!itk_pass_valid(&message, 7, 2, 11));
    CLAIM(!itk_pass_valid(&message, 7, 3, 12));
    message.flags = 0;
    CLAIM(itk_pass_valid(&message, 7, 3, 11));
    message.flags = ITK_PASS_STAY | ITK_PASS_UNSEEN | 4;
    CLAIM(!itk_pass_valid(&message, 7, 3, 11));
    message.flags = 0x80000000u;
    CLAIM(!itk_pass_valid(&message, 7, 3, 11));
    test_end();
}

static void requests_and_orders(void)
{
    static const struct {
        uint32_t opcode, pool, slot;
        int descriptors, request, order;
    } table[] = {
        { 0, 0, 0, 0, 0, 0 },
        { 1, 0, 0, 3, 1, 1 },                   /* SPAWN; WORKER */
        { 1, 0, 0, 0, 1, 0 }, { 1, 0, 0, 1, 1, 0 }, { 1, 0, 0, 2, 1, 0 },
        { 1, 4, 0, 3, 1, 1 }, { 1, 5, 0, 3, 0, 0 },
        { 1, 0xffffffffu, 0, 3, 0, 0 },
        { 1, 0, 9, 3, 1, 1 }, { 1, 0, 10, 3, 1, 0 },
        { 2, 4, 9, 0, 1, 1 },                   /* RETIRED; GONE */
        { 2, 4, 9, 1, 1, 0 }, { 2, 4, 10, 0, 0, 0 }, { 2, 5, 9, 0, 0, 0 },
        { 2, 4, 0x80000000u, 0, 0, 0 }, { 2, 0x80000000u, 0, 0, 0, 0 },
        { 3, 4, 9, 0, 1, 1 },                   /* KILL; REFUSED */
        { 3, 4, 10, 0, 0, 1 }, { 3, 5, 9, 0, 0, 0 }, { 3, 4, 9, 3, 1, 0 },
        { 4, 0, 0, 0, 0, 1 },                   /* LEAVE */
        { 4, 9, 99, 0, 0, 1 }, { 4, 0, 0, 1, 0, 0 },
        { 5, 0, 0, 0, 0, 0 }, { 0xffffffffu, 0, 0, 0, 0, 0 },
        { 0x80000001u, 0, 0, 3, 0, 0 }, { 0x101u, 0, 0, 3, 0, 0 },
    };
    itk_request request;
    itk_order order;
    size_t i;

    test_begin("requests and orders outside of the tables are refused");
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        memset(&request, 0xff, sizeof(request));
        memset(&order, 0xff, sizeof(order));
        request.opcode = order.opcode = table[i].opcode;
        request.pool = order.pool = table[i].pool;
        request.slot = order.slot = table[i].slot;
        CLAIM_OF(itk_request_valid(&request, 5, 10) == table[i].request,
                 "row %u", (unsigned)i);
        CLAIM_OF(itk_order_valid(&order, table[i].descriptors, 5, 10)
                 == table[i].order, "row %u", (unsigned)i);
        CLAIM(!itk_request_valid(&request, 0, 0));
    }
    test_end();
}

static void reports_and_legacies(void)
{
    itk_report report;
    itk_legacy legacy;
    uint32_t what;

    test_begin("a report says one of three things");
    memset(&report, 0xff, sizeof(report));
    CLAIM(!itk_report_valid(&report));
    for (what = 0; what < 70000; what++) {
        report.what = what;
        CLAIM(itk_report_valid(&report) == (what >= 1 && what <= 3));
    }
    test_end();

    test_begin("a legacy has one connection, and a name that ends");
    memset(&legacy, 0, sizeof(legacy));
    legacy.kind = ITK_LEGACY_WAITING;
    CLAIM(itk_legacy_valid(&legacy, 1));
    CLAIM(!itk_legacy_valid(&legacy, 0) && !itk_legacy_valid(&legacy, 2));
    legacy.kind = ITK_LEGACY_KEPT;
    CLAIM(!itk_legacy_valid(&legacy, 1));       /* of whom? */
    memset(legacy.pool, 'a', sizeof(legacy.pool));
    CLAIM(!itk_legacy_valid(&legacy, 1));
    legacy.pool[sizeof(legacy.pool) - 1] = '\0';
    CLAIM(itk_legacy_valid(&legacy, 1));
    legacy.kind = ITK_LEGACY_KEPT + 1;
    CLAIM(!itk_legacy_valid(&legacy, 1));
    legacy.kind = 0;
    CLAIM(!itk_legacy_valid(&legacy, 1));
    test_end();
}

/* A listener, both ends of a connection to it; 0 if there is no such family. */
static int tcp(int family, int type, int fds[3])
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t length = family == AF_INET ? sizeof(address.v4)
                                         : sizeof(address.v6);

    memset(&address, 0, sizeof(address));
    address.any.sa_family = (sa_family_t)family;
    if (family == AF_INET) {
        address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    else {
        address.v6.sin6_addr = in6addr_loopback;
    }
    fds[0] = socket(family, type, 0);
    fds[1] = socket(family, type, 0);
    fds[2] = -1;
    if (bind(fds[0], &address.any, length) != 0
        || getsockname(fds[0], &address.any, &length) != 0
        || (type == SOCK_STREAM && listen(fds[0], 1) != 0)
        || connect(fds[1], &address.any, length) != 0) {
        return 0;
    }
    if (type == SOCK_STREAM) {
        fds[2] = accept(fds[0], NULL, NULL);
    }
    return 1;
}

static int connect_local(int fd)
{
    struct sockaddr_in local;

    memset(&local, 0, sizeof(local));
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect(fd, (struct sockaddr *)&local, sizeof(local));
}

static void close_all(int fds[3])
{
    int i;

    for (i = 0; i < 3; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

static void connections(void)
{
    struct linger hard = { 1, 0 };
    int fds[3], calls, nth, plain;

    test_begin("a connected TCP socket is told from everything else");
    CLAIM(tcp(AF_INET, SOCK_STREAM, fds));
    CLAIM(itk_is_connection(fds[1]) && itk_is_connection(fds[2]));
    CLAIM(!itk_is_connection(fds[0]));          /* listens */
    sockets_arm(0, 0);
    CLAIM(itk_is_connection(fds[2]));
    calls = sockets_disarm();
    CLAIM(calls == 3);
    for (nth = 1; nth <= calls; nth++) {
        sockets_arm(nth, EIO);
        CLAIM_OF(!itk_is_connection(fds[2]), "call %d", nth);
        sockets_disarm();
    }
    shutdown(fds[1], SHUT_RDWR);
    CLAIM(itk_is_connection(fds[2]));           /* half closed is still one */
    close(fds[1]);
    setsockopt(fds[2], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(fds[2]);
    fds[1] = fds[2] = -1;
    close_all(fds);

    CLAIM(tcp(AF_INET, SOCK_DGRAM, fds));       /* UDP, with a peer */
    CLAIM(!itk_is_connection(fds[0]) && !itk_is_connection(fds[1]));
    close_all(fds);
    plain = socket(AF_INET, SOCK_RAW, IPPROTO_TCP);     /* root's alone */
    if (plain >= 0) {
        fds[1] = connect_local(plain);
        CLAIM(fds[1] == 0 && !itk_is_connection(plain));
        close(plain);
    }
    plain = socket(AF_INET, SOCK_STREAM, 0);    /* not connected */
    CLAIM(!itk_is_connection(plain));
    close(plain);
    channel_open();
    CLAIM(!itk_is_connection(ours));
    channel_close();
    (void) !pipe(fds);
    CLAIM(!itk_is_connection(fds[0]) && !itk_is_connection(fds[1]));
    close(fds[0]);
    close(fds[1]);
    CLAIM(!itk_is_connection(file) && !itk_is_connection(-1)
          && !itk_is_connection(1000000));
    test_end();

    if (tcp(AF_INET6, SOCK_STREAM, fds)) {
        test_begin("a connection over IPv6 is one as well");
        CLAIM(itk_is_connection(fds[1]) && itk_is_connection(fds[2]));
        CLAIM(!itk_is_connection(fds[0]));
        test_end();
    }
    else {
        test_skip("a connection over IPv6 is one as well", "no IPv6 here");
    }
    close_all(fds);
}

void test_wire(void)
{
    file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    whole_messages();
    ends();
    failing_calls();
    hostile_messages();
    kernel_says();
    no_channels();
    passes();
    requests_and_orders();
    reports_and_legacies();
    connections();
    close(file);
}
