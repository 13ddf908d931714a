/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define X32_BIT      0x40000000u
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "itk_seccomp.c: no list of system calls for this architecture"
#endif

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#endif
#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif
#ifndef SECCOMP_FILTER_FLAG_TSYNC
#define SECCOMP_FILTER_FLAG_TSYNC 1UL
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN 0x20000000
#endif

/*
 * Allowed whatever the arguments are: they only touch what is open already, or
 * memory, or time.  The kernel remembers these answers (5.11) and does not run
 * the filter for them.
 */
static const int plain[] = {
    SYS_recvfrom, SYS_recvmsg, SYS_accept4, SYS_close, SYS_read, SYS_write,
    SYS_writev, SYS_shutdown,
    SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2,
    SYS_ppoll,
#ifdef SYS_epoll_wait           /* not where the numbers are newer */
    SYS_epoll_wait,
#endif
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_time
    SYS_time,
#endif
    SYS_getsockname, SYS_getpeername, SYS_getsockopt,
    SYS_clock_gettime, SYS_gettimeofday, SYS_nanosleep, SYS_clock_nanosleep,
    SYS_getrandom, SYS_sched_yield, SYS_getpid, SYS_gettid, SYS_fstat,
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
    SYS_restart_syscall, SYS_exit, SYS_exit_group
};

/*
 * fcntl is not: F_SETOWN and F_SETSIG together send any signal to any process
 * of the same uid.  setsockopt is not: SO_ATTACH_BPF and what comes next.
 */
static const unsigned int fcntl_commands[] = {
    F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_DUPFD, F_DUPFD_CLOEXEC,
    F_GETPIPE_SZ
};

static const struct { unsigned int level, name; } options[] = {
    { SOL_SOCKET, SO_LINGER },
    { IPPROTO_TCP, TCP_NODELAY }, { IPPROTO_TCP, TCP_CORK },
    { IPPROTO_TCP, TCP_QUICKACK }, { IPPROTO_TCP, TCP_DEFER_ACCEPT }
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define ROOM        256

typedef struct {
    struct sock_filter code[ROOM];
    unsigned short length;
} program;

/* Too long a list is found by the tests: then there is no filter at all. */
static void add(program *p, struct sock_filter one)
{
    if (p->length < ROOM) {
        p->code[p->length] = one;
    }
    p->length++;
}

static void load(program *p, size_t offset)
{
    struct sock_filter one = BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                      (unsigned int)offset);

    add(p, one);
}

static void answer(program *p, unsigned int what)
{
    struct sock_filter one = BPF_STMT(BPF_RET | BPF_K, what);

    add(p, one);
}

/* If the word loaded stands to value as op says: go on; else skip so many. */
static void only_if(program *p, unsigned int op, unsigned int value,
                    unsigned char skip)
{
    struct sock_filter one = BPF_JUMP(BPF_JMP | BPF_K, 0, 0, 0);

    one.code = (unsigned short)(BPF_JMP | BPF_K | op);
    one.k = value;
    one.jf = skip;
    add(p, one);
}

/* The other way round. */
static void unless(program *p, unsigned int op, unsigned int value,
                   unsigned char skip)
{
    only_if(p, op, value, 0);
    if (p->length <= ROOM) {
        p->code[p->length - 1].jt = skip;
    }
}

#define ALLOW   SECCOMP_RET_ALLOW
#define REFUSE  (SECCOMP_RET_ERRNO | EPERM)
#define NUMBER  offsetof(struct seccomp_data, nr)

/* Both architectures are little-endian: the low word comes first. */
#define LOW(n)  (offsetof(struct seccomp_data, args) + 8 * (n))
#define HIGH(n) (LOW(n) + 4)

/*
 * Everything below is: "if the number is this one, then these checks, each of
 * which ends in an answer".
 */
static void sending(program *p)
{
    /* MSG_FASTOPEN is a connect(2); an address has no use here */
    only_if(p, BPF_JEQ, SYS_sendmsg, 4);
    load(p, LOW(2));
    unless(p, BPF_JSET, MSG_FASTOPEN, 1);
    answer(p, ALLOW);
    answer(p, REFUSE);

    only_if(p, BPF_JEQ, SYS_sendto, 8);
    load(p, LOW(3));
    unless(p, BPF_JSET, MSG_FASTOPEN, 5);
    load(p, LOW(4));
    only_if(p, BPF_JEQ, 0, 3);
    load(p, HIGH(4));
    only_if(p, BPF_JEQ, 0, 1);
    answer(p, ALLOW);
    answer(p, REFUSE);
}

static void mapping(program *p)
{
    only_if(p, BPF_JEQ, SYS_mmap, 6);
    load(p, LOW(2));
    unless(p, BPF_JSET, PROT_EXEC, 3);
    load(p, LOW(3));
    only_if(p, BPF_JSET, MAP_ANONYMOUS, 1);
    answer(p, ALLOW);
    answer(p, REFUSE);
}

/* getrlimit of this process: no other, and nothing new. */
static void limits(program *p)
{
    only_if(p, BPF_JEQ, SYS_prlimit64, 8);
    load(p, LOW(0));
    only_if(p, BPF_JEQ, 0, 5);
    load(p, LOW(2));
    only_if(p, BPF_JEQ, 0, 3);
    load(p, HIGH(2));
    only_if(p, BPF_JEQ, 0, 1);
    answer(p, ALLOW);
    answer(p, REFUSE);
}

static void descriptor_flags(program *p)
{
    size_t i;

    only_if(p, BPF_JEQ, SYS_fcntl,
            (unsigned char)(2 * COUNT(fcntl_commands) + 2));
    load(p, LOW(1));
    for (i = 0; i < COUNT(fcntl_commands); i++) {
        only_if(p, BPF_JEQ, fcntl_commands[i], 1);
        answer(p, ALLOW);
    }
    answer(p, REFUSE);
}

static void socket_options(program *p)
{
    size_t i;

    only_if(p, BPF_JEQ, SYS_setsockopt,
            (unsigned char)(5 * COUNT(options) + 1));
    for (i = 0; i < COUNT(options); i++) {
        load(p, LOW(1));
        only_if(p, BPF_JEQ, options[i].level, 3);
        load(p, LOW(2));
        only_if(p, BPF_JEQ, options[i].name, 1);
        answer(p, ALLOW);
    }
    answer(p, REFUSE);
}

static void whole(program *p)
{
    size_t i;

    load(p, offsetof(struct seccomp_data, arch));
    unless(p, BPF_JEQ, ARCHITECTURE, 1);
    answer(p, SECCOMP_RET_KILL_PROCESS);
    load(p, NUMBER);
#ifdef X32_BIT
    only_if(p, BPF_JGE, X32_BIT, 1);
    answer(p, SECCOMP_RET_KILL_PROCESS);
#endif
    sending(p);                 /* once a connection: so it comes first */
    descriptor_flags(p);
    socket_options(p);
    mapping(p);
    limits(p);
    for (i = 0; i < COUNT(plain); i++) {
        only_if(p, BPF_JEQ, (unsigned int)plain[i], 1);
        answer(p, ALLOW);
    }
    answer(p, REFUSE);
}

int itk_seccomp_dispatcher(void)
{
    program p;
    struct sock_fprog filter;

    p.length = 0;
    whole(&p);
    if (p.length > ROOM) {
        errno = E2BIG;
        return -1;
    }
    filter.len = p.length;
    filter.filter = p.code;
    /*
     * For every thread, should a library have made one (a positive answer is
     * the one that could not).  No mitigation against code of strangers within
     * the process, which costs time and which it does not run.
     */
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                &filter) != 0) {
        return -1;
    }
    return 0;
}
