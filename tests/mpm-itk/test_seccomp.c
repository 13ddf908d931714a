/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The filter, by the real kernel, in children.  This program is built without
 * sanitizers: they make system calls of their own.
 */

#include "check.h"
#include "itk_seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MUST(holds) do { if (!(holds)) { return __LINE__ % 256; } } while (0)

#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN 0x20000000
#endif

static int filtered(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        && itk_seccomp_dispatcher() == 0;
}

static int in_a_child(int (*what)(void))
{
    int status = -1;
    pid_t pid;

    if ((pid = fork()) == 0) {
        alarm(20);
        _exit(what());
    }
    waitpid(pid, &status, 0);
    return status;
}

static void passes(const char *name, int (*what)(void))
{
    int status;

    test_begin(name);
    status = in_a_child(what);
    CLAIM_OF(status == 0, "line %d, signal %d", WEXITSTATUS(status),
             WTERMSIG(status));
    test_end();
}

/* The list once more, by its meaning and not by its source. */
static int on_the_list(long number)
{
    static const long list[] = {
        SYS_read, SYS_write, SYS_writev, SYS_close, SYS_fstat,
        SYS_recvfrom, SYS_recvmsg, SYS_sendto, SYS_sendmsg, SYS_accept4,
        SYS_shutdown, SYS_getsockname, SYS_getpeername, SYS_getsockopt,
        SYS_setsockopt, SYS_fcntl,
        SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, 441, SYS_ppoll,
#ifdef __x86_64__
        SYS_epoll_wait, SYS_poll, SYS_time,
#endif
        SYS_clock_gettime, SYS_gettimeofday, SYS_nanosleep,
        SYS_clock_nanosleep, SYS_getrandom, SYS_sched_yield,
        SYS_getpid, SYS_gettid,
        SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex,
        SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
        SYS_restart_syscall, SYS_exit, SYS_exit_group
    };
    size_t i;

    for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (list[i] == number) {
            return 1;
        }
    }
    return 0;
}

static int everything_else(void)
{
    long number, answer;

    MUST(filtered());
    for (number = 0; number < 1024; number++) {
        if (on_the_list(number)) {
            continue;
        }
#ifdef __x86_64__
        /* uretprobe and uprobe: newer kernels let them pass every filter, and
         * end who calls them from anywhere but a probe */
        if (number == 335 || number == 336) {
            continue;
        }
#endif
        errno = 0;
        answer = syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
        if (answer != -1 || errno != EPERM) {
            return (int)(1 + number % 255);
        }
    }
    return 0;
}

/*
 * What somebody would do first who has taken the process over.  The arguments
 * are such that without a filter the answer is another error than EPERM, or
 * none: so that a filter that is not there is seen.
 */
static const struct { const char *name; long number, args[4]; } worst[] = {
    { "socket", SYS_socket, { AF_UNIX, SOCK_STREAM, 0, 0 } },
    { "socketpair", SYS_socketpair, { AF_UNIX, SOCK_STREAM, 0, 0 } },
    { "connect", SYS_connect, { -1, 0, 0, 0 } },
    { "bind", SYS_bind, { -1, 0, 0, 0 } },
    { "listen", SYS_listen, { -1, 0, 0, 0 } },
    { "openat", SYS_openat, { AT_FDCWD, (long)"/", O_RDONLY, 0 } },
    { "openat2", 437, { AT_FDCWD, (long)"/", 0, 0 } },
    { "execve", SYS_execve, { 0, 0, 0, 0 } },
    { "execveat", SYS_execveat, { -1, 0, 0, 0 } },
    { "clone", SYS_clone, { 0x800 /* SIGHAND alone: EINVAL */, 0, 0, 0 } },
    { "clone3", 435, { 0, 0, 0, 0 } },
    { "kill", SYS_kill, { 0x7ffffff0, 0, 0, 0 } },
    { "tgkill", SYS_tgkill, { 0x7ffffff0, 0x7ffffff0, 0, 0 } },
    { "rt_sigqueueinfo", SYS_rt_sigqueueinfo, { 0x7ffffff0, 0, 0, 0 } },
    { "pidfd_open", 434, { 0x7ffffff0, 0, 0, 0 } },
    { "pidfd_getfd", 438, { -1, 0, 0, 0 } },
    { "ptrace", SYS_ptrace, { 16, 0x7ffffff0, 0, 0 } },
    { "process_vm_readv", SYS_process_vm_readv, { 0x7ffffff0, 0, 0, 0 } },
    { "process_vm_writev", SYS_process_vm_writev, { 0x7ffffff0, 0, 0, 0 } },
    { "setuid", SYS_setuid, { -1, 0, 0, 0 } },
    { "setresuid", SYS_setresuid, { -1, -1, -1, 0 } },
    { "setresgid", SYS_setresgid, { -1, -1, -1, 0 } },
    { "setgroups", SYS_setgroups, { 0x7fffffff, 0, 0, 0 } },
    { "capset", SYS_capset, { 0, 0, 0, 0 } },
    { "prctl", SYS_prctl, { PR_GET_DUMPABLE, 0, 0, 0 } },
    { "seccomp", SYS_seccomp, { -1, 0, 0, 0 } },
    { "keyctl", SYS_keyctl, { -1, 0, 0, 0 } },
    { "unshare", SYS_unshare, { 1, 0, 0, 0 } },
    { "setns", SYS_setns, { -1, 0, 0, 0 } },
    { "mount", SYS_mount, { 0, 0, 0, 0 } },
    { "chroot", SYS_chroot, { 0, 0, 0, 0 } },
    { "chdir", SYS_chdir, { 0, 0, 0, 0 } },
    { "fchdir", SYS_fchdir, { -1, 0, 0, 0 } },
    { "mprotect", SYS_mprotect, { 0, 0, 0, 0 } },
    { "memfd_create", SYS_memfd_create, { 0, 0, 0, 0 } },
    { "ioctl", SYS_ioctl, { -1, 0, 0, 0 } },
    { "dup3", SYS_dup3, { -1, -1, 0, 0 } },
    { "sendmmsg", SYS_sendmmsg, { -1, 0, 0, 0 } },
    { "timer_create", SYS_timer_create, { -1, 0, 0, 0 } },
    { "setrlimit", SYS_setrlimit, { -1, 0, 0, 0 } },
    { "prlimit64", SYS_prlimit64, { 0, RLIMIT_NOFILE, 1, 0 } },
    { "setpriority", SYS_setpriority, { -1, 0, 0, 0 } },
};

static int worst_refused(void)
{
    size_t i;

    MUST(filtered());
    for (i = 0; i < sizeof(worst) / sizeof(worst[0]); i++) {
        errno = 0;
        if (syscall(worst[i].number, worst[i].args[0], worst[i].args[1],
                    worst[i].args[2], worst[i].args[3]) != -1
            || errno != EPERM) {
            return (int)i + 1;
        }
    }
    return 0;
}

/* Without a filter no answer is EPERM: or the test above shows nothing. */
static int worst_control(void)
{
    size_t i;

    for (i = 0; i < sizeof(worst) / sizeof(worst[0]); i++) {
        errno = 0;
        if (syscall(worst[i].number, worst[i].args[0], worst[i].args[1],
                    worst[i].args[2], worst[i].args[3]) == -1
            && errno == EPERM) {
            return (int)i + 1;
        }
    }
    return 0;
}

static void worst_calls(void)
{
    int status;

    test_begin("new sockets, files, programs, signals, ids: all refused");
    status = geteuid() == 0 ? in_a_child(worst_control) : 0;
    CLAIM_OF(status == 0, "without a filter %s was refused already",
             worst[(WEXITSTATUS(status) + 255) % 256].name);
    status = in_a_child(worst_refused);
    CLAIM_OF(status == 0, "%s (signal %d)", WIFEXITED(status)
             && WEXITSTATUS(status) <= (int)(sizeof(worst) / sizeof(worst[0]))
             ? worst[WEXITSTATUS(status) - 1].name : "the filter",
             WTERMSIG(status));
    test_end();
}

/* A listening socket, a client's end and ours, over loopback. */
static int connection(int *listener, int *client)
{
    struct sockaddr_in address;
    socklen_t length = sizeof(address);

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *listener = socket(AF_INET, SOCK_STREAM, 0);
    *client = socket(AF_INET, SOCK_STREAM, 0);
    return bind(*listener, (struct sockaddr *)&address, length) == 0
        && listen(*listener, 4) == 0
        && getsockname(*listener, (struct sockaddr *)&address, &length) == 0
        && connect(*client, (struct sockaddr *)&address, length) == 0;
}

/* A day in the life of a dispatcher. */
static int daily_work(void)
{
    int listener, client, channel[2], poller, taken, one, i;
    struct sockaddr_in peer;
    socklen_t length = sizeof(peer);
    struct epoll_event event = { EPOLLIN | EPOLLET, { 0 } };
    struct linger linger = { 0, 0 };
    struct pollfd waits;
    struct timespec now, little = { 0, 1000 };
    struct iovec piece = { "xyz", 3 };
    struct msghdr message;
    union { struct cmsghdr head; char space[CMSG_SPACE(sizeof(int))]; } rights;
    char bytes[8], *memory;
    struct tm parts;
    time_t seconds;

    tzset();
    MUST(connection(&listener, &client));
    MUST(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel) == 0);
    MUST(filtered());

    MUST((poller = epoll_create1(EPOLL_CLOEXEC)) >= 0);
    MUST(epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) == 0);
    MUST(epoll_wait(poller, &event, 1, 1000) == 1);
    MUST((taken = accept4(listener, (struct sockaddr *)&peer, &length,
                          SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0);
    MUST(getpeername(taken, (struct sockaddr *)&peer, &length) == 0);
    MUST(getsockname(taken, (struct sockaddr *)&peer, &length) == 0);
    MUST(write(client, "abc", 3) == 3);
    waits.fd = taken;
    waits.events = POLLIN;
    MUST(poll(&waits, 1, 1000) == 1);
    MUST(recv(taken, bytes, 3, MSG_PEEK | MSG_DONTWAIT) == 3);
    MUST(send(taken, "def", 3, MSG_NOSIGNAL) == 3);
    MUST(read(client, bytes, sizeof(bytes)) == 3);
    MUST(writev(taken, &piece, 1) == 3);

    memset(&message, 0, sizeof(message));
    memset(&rights, 0, sizeof(rights));
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = rights.space;
    message.msg_controllen = sizeof(rights.space);
    rights.head.cmsg_level = SOL_SOCKET;
    rights.head.cmsg_type = SCM_RIGHTS;
    rights.head.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&rights.head), &taken, sizeof(int));
    MUST(sendmsg(channel[0], &message, MSG_DONTWAIT | MSG_NOSIGNAL) == 3);
    piece.iov_base = bytes;
    MUST(recvmsg(channel[1], &message, MSG_CMSG_CLOEXEC) == 3);
    memcpy(&one, CMSG_DATA(&rights.head), sizeof(int));
    MUST(close(one) == 0);

    i = 1;
    MUST(setsockopt(taken, SOL_SOCKET, SO_LINGER, &linger,
                    sizeof(linger)) == 0);
    MUST(setsockopt(taken, IPPROTO_TCP, TCP_NODELAY, &i, sizeof(i)) == 0);
    MUST(setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &i,
                    sizeof(i)) == 0);
    length = sizeof(i);
    MUST(getsockopt(taken, SOL_SOCKET, SO_ERROR, &i, &length) == 0);
    MUST(fcntl(taken, F_SETFL, O_NONBLOCK) == 0 && fcntl(taken, F_GETFL) >= 0);
    MUST(fcntl(taken, F_SETFD, FD_CLOEXEC) == 0);
    MUST(shutdown(taken, SHUT_WR) == 0 && close(taken) == 0);

    for (i = 0; i < 200; i++) { /* from brk, and from mmap */
        MUST((memory = malloc((size_t)i * 10000 + 1)) != NULL);
        memset(memory, 1, (size_t)i * 10000 + 1);
        MUST((memory = realloc(memory, (size_t)i * 20000 + 1)) != NULL);
        free(memory);
    }
    MUST(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    MUST(syscall(SYS_clock_gettime, CLOCK_REALTIME, &now) == 0);
    MUST(nanosleep(&little, NULL) == 0);
    seconds = time(NULL);
    MUST(localtime_r(&seconds, &parts) != NULL);
    MUST(getpid() > 0 && signal(SIGUSR1, SIG_IGN) != SIG_ERR);
    return 0;
}

/* What is allowed for one thing does not do the other. */
static int arguments(void)
{
    int listener, client, one = 1, null = open("/dev/null", O_RDWR);
    struct sockaddr_in address;
    struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = { 1, &code };
    struct msghdr message;
    struct rlimit files;
    void *page;

    MUST(connection(&listener, &client));
    memset(&address, 0, sizeof(address));
    memset(&message, 0, sizeof(message));
    MUST(filtered());

#define REFUSED(call) MUST((errno = 0, (long)(call) == -1) && errno == EPERM)
    REFUSED(sendto(client, "x", 1, MSG_FASTOPEN, NULL, 0));
    REFUSED(sendto(client, "x", 1, MSG_NOSIGNAL | MSG_FASTOPEN, NULL, 0));
    REFUSED(sendto(client, "x", 1, 0, (struct sockaddr *)&address,
                   sizeof(address)));
    REFUSED(syscall(SYS_sendto, client, "x", 1L, 0L, 1L << 40, 0L));
    REFUSED(sendmsg(client, &message, MSG_FASTOPEN));
    REFUSED(setsockopt(client, SOL_SOCKET, SO_ATTACH_FILTER, &program,
                       sizeof(program)));
    REFUSED(setsockopt(client, SOL_SOCKET, SO_RCVBUF, &one, sizeof(one)));
    REFUSED(setsockopt(client, IPPROTO_IP, SO_LINGER, &one, sizeof(one)));
    REFUSED(setsockopt(client, IPPROTO_TCP, TCP_ULP, "tls", 3));
    REFUSED(fcntl(client, F_SETOWN, getpid()));
    REFUSED(fcntl(client, F_SETSIG, SIGKILL));
    REFUSED(fcntl(client, F_SETLK, NULL));
    REFUSED(fcntl(client, F_NOTIFY, 0));
    REFUSED(mmap(NULL, 4096, PROT_READ | PROT_EXEC,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REFUSED(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, null, 0));
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(page != MAP_FAILED);
    REFUSED(mprotect(page, 4096, PROT_READ | PROT_EXEC));
    REFUSED(prlimit(getppid(), RLIMIT_NOFILE, NULL, &files));
    REFUSED(prlimit(0, RLIMIT_NOFILE, &files, NULL));
    REFUSED(syscall(SYS_prlimit64, 0L, (long)RLIMIT_NOFILE, 1L << 40, 0L));
    MUST(getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > 0);
    REFUSED(prctl(PR_SET_NAME, "httpd", 0, 0, 0));
    return 0;
}

#ifdef __x86_64__
static int by_x32(void)
{
    MUST(filtered());
    (void) syscall(0x40000000L | SYS_getpid);
    return 0;
}

static int by_32_bits(void)
{
    long answer;

    MUST(filtered());
    __asm__ volatile ("int $0x80" : "=a" (answer) : "a" (20L) : "memory");
    return 0;
}
#endif

static void other_numbers(void)
{
#ifdef __x86_64__
    int status;

    test_begin("numbers of x32 and of 32 bits end the process");
    status = in_a_child(by_x32);
    CLAIM_OF(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%x",
             (unsigned int)status);
    status = in_a_child(by_32_bits);    /* a kernel without them: SIGSEGV */
    CLAIM_OF(WIFSIGNALED(status) && (WTERMSIG(status) == SIGSYS
                                     || WTERMSIG(status) == SIGSEGV), "%x",
             (unsigned int)status);
    test_end();
#else
    test_skip("numbers of other architectures", "only x86-64 has them");
#endif
}

void test_seccomp(void)
{
    int status;

    passes("a dispatcher's work goes on behind the filter", daily_work);
    test_begin("of 1024 numbers everything that is not listed is EPERM");
    status = in_a_child(everything_else);
    CLAIM_OF(status == 0, "number %d (or 255 more), signal %d",
             WEXITSTATUS(status) - 1, WTERMSIG(status));
    test_end();
    worst_calls();
    passes("arguments that mean something else are refused", arguments);
    other_numbers();
}
