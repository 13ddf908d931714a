/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Supervisor, dispatcher and workers together, over loopback, without httpd: a
 * stand-in adapter finds the pool in the Host field ("p3") and answers in plain
 * C what the path asks for.  The drop is left out, so that this runs as anybody
 * and with sanitizers; test_drop.c has it.
 */

#include "check.h"
#include "itk_identity.h"
#include "itk_logger.h"
#include "itk_run.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POOLS 16
#define BODY "the answer\n"
#define CLIENTS 64

/* ---- what the drop would do ---------------------------------------------- */

static int few_files;           /* 0: as many as it has asked for */

int itk_become_dispatcher(const itk_identity *who, const char *runtime_dir,
                          const char **step)
{
    struct rlimit files;

    (void) who;
    (void) runtime_dir;
    if (few_files) {            /* here: root raises any that is set before */
        files.rlim_cur = files.rlim_max = (rlim_t)few_files;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    *step = NULL;
    return 0;
}

int itk_become_logger(const itk_identity *who, const char *runtime_dir,
                      const char **step)
{
    (void) who;
    (void) runtime_dir;
    *step = NULL;
    return 0;
}

/* ---- a stand-in for the adapter -------------------------------------------- */

static itk_pool pools[POOLS];
static itk_host hosts[POOLS];
static itk_run run;
static int port, listener, dedicated, encrypted;
static pid_t server;

static void route_address(void *adapter, int index, const itk_address *local,
                          itk_route *out)
{
    (void) adapter;
    (void) index;
    (void) local;
    out->host = 0;
    out->pool = dedicated ? 0 : -1;
    out->tls = encrypted;
}

static void route_head(void *adapter, const itk_address *local,
                       const itk_address *remote, const itk_head *head,
                       const char *bytes, const char *name, itk_route *out)
{
    char host[256];

    (void) adapter;
    (void) local;
    (void) remote;
    out->pool = out->host = encrypted && name != NULL ? 7 : 0;
    if (head->result == ITK_HEAD_WHOLE
        && itk_head_host(head, bytes, host, sizeof(host)) > 1
        && host[0] == 'p') {
        out->pool = out->host = atoi(host + 1) % POOLS;
    }
}

static void nothing(void *adapter, int index)
{
    (void) adapter;
    (void) index;
}

/* What the supervisor has told its adapter; shared, for it is another process. */
static struct told {
    volatile int started, ended, wrong, ticks;
    volatile pid_t there[128];
} *told;

static void child(void *adapter, pid_t pid, int slot, int is_there)
{
    (void) adapter;
    if (slot < 0 || slot >= 128
        || told->there[slot] != (is_there ? 0 : pid)) {
        told->wrong++;
        return;
    }
    told->there[slot] = is_there ? pid : 0;
    *(is_there ? &told->started : &told->ended) += 1;
}

static void tick(void *adapter)
{
    (void) adapter;
    told->ticks++;
}

static void unclaimed(void *adapter, pid_t pid, int status)
{
    (void) adapter;
    (void) pid;
    (void) status;
}

static void quiet(void *adapter, int level, int error, const char *text)
{
    (void) adapter;
    if (getenv("ROLES_LOG")) {
        fprintf(stderr, "<%d> %s (%s)\n", level, text, strerror(error));
    }
}

static void lie(const struct itk_worker_start *start, uint32_t serial,
                const char *how)
{
    itk_report report;
    int i;

    memset(&report, 0, sizeof(report));
    report.serial = serial;
    report.what = ITK_REPORT_CLOSED;
    if (strstr(how, "/lie-half")) {
        (void) !write(start->report, &report, sizeof(report) / 2);
    }
    else if (strstr(how, "/lie-kind")) {
        report.what = 77;
        (void) !write(start->report, &report, sizeof(report));
    }
    else if (strstr(how, "/lie-serial")) {
        for (i = 0; i < 4096; i++) {        /* everybody else's connections */
            report.serial = (uint32_t)i | (serial & ~0xfffffu);
            if (report.serial != serial) {
                (void) !write(start->report, &report, sizeof(report));
            }
        }
    }
    else if (strstr(how, "/lie-untaken")) {     /* the one sent ahead */
        itk_pass ahead;

        for (i = 0; i < 10000; i++) {
            if (recv(start->channel, &ahead, sizeof(ahead),
                     MSG_PEEK | MSG_DONTWAIT) == (ssize_t)sizeof(ahead)) {
                report.serial = ahead.serial;
                (void) !write(start->report, &report, sizeof(report));
                sleep(10);
            }
            usleep(100);
        }
    }
    else if (strstr(how, "/lie-flood")) {
        for (i = 0; i < 100000; i++) {
            (void) !write(start->report, &report, sizeof(report));
        }
    }
}

/*
 * Writes this, and then holds the pipe's lock: pipe_write has it while it waits
 * for a page of the writer's that never comes (a tenant's FUSE would do; here
 * userfaultfd).
 */
static void hold(int pipe, const void *first, size_t size)
{
    struct uffdio_api api = { .api = UFFD_API };
    struct uffdio_register range;
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    char *page;

    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(&range, 0, sizeof(range));
    range.range.start = (unsigned long)page;
    range.range.len = 4096;
    range.mode = UFFDIO_REGISTER_MODE_MISSING;
    if (fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0
        && ioctl(fd, UFFDIO_REGISTER, &range) == 0) {
        (void) !write(pipe, first, size);
        (void) !syscall(SYS_write, pipe, page, size);
    }
}

static void hold_pipe(const struct itk_worker_start *start, uint32_t serial)
{
    itk_report report;

    memset(&report, 0, sizeof(report));
    report.serial = serial;
    report.what = ITK_REPORT_CLOSED;
    hold(start->report, &report, sizeof(report));
}

/*
 * So many lines that the logger leaves the pipe alone until the second is over:
 * then there is something to read, and the lock is held already.  far: by a
 * process that nobody knows of, and that is not there for ever.
 */
static void hold_log(const struct itk_worker_start *start, int far)
{
    static char lines[30000];
    int left = 0, i;
    pid_t other;

    if (far && (other = fork()) != 0) {
        if (fork() == 0) {
            sleep(12);
            kill(other, SIGKILL);
            _exit(0);
        }
        return;
    }
    memset(lines, '\n', sizeof(lines));
    for (i = 0; i < 8 && left == 0; i++) {
        (void) !write(start->log_pipes[0], lines, sizeof(lines));
        usleep(50000);
        (void) ioctl(start->log_pipes[0], FIONREAD, &left);
    }
    hold(start->log_pipes[0], lines, 1);
    _exit(0);
}

static void write_log(const struct itk_worker_start *start)
{
    char line[64];
    int n = snprintf(line, sizeof(line), "of %d by %ld\n", start->pool,
                     (long)getpid());

    (void) !write(start->log_pipes[0], line, (size_t)n);
}

/* One request of a connection; 0: it is to be closed. */
static int answer(const struct itk_worker_start *start, const itk_pass *pass,
                  int fd, char *request)
{
    char text[256];
    int keep = strstr(request, "Connection: close") == NULL;
    int ahead = 0;              /* bytes in the channel: unix(7), SIOCINQ */

    if (strstr(request, "/moment")) {
        usleep(8000);
    }
    if (strstr(request, "/doze")) {
        usleep(1500000);
    }
    if (strstr(request, "/sleep")) {
        usleep(300000);
    }
    if (strstr(request, "/crash")) {
        _exit(3);
    }
    if (strstr(request, "/killed")) {
        raise(SIGKILL);
    }
    if (strstr(request, "/hang")) {
        sleep(60);
    }
    if (strstr(request, "/mute")) {
        close(start->report);
        sleep(30);
    }
    if (strstr(request, "/hold-pipe")) {
        hold_pipe(start, pass->serial);
    }
    if (strstr(request, "/hold-log")) {
        hold_log(start, strstr(request, "/hold-log-far") != NULL);
    }
    if (strstr(request, "/late-log")) {
        sleep(3);
        write_log(start);
    }
    if (strstr(request, "/log")) {
        write_log(start);
    }
    if (strstr(request, "/lie")) {
        lie(start, pass->serial, request);
    }
    (void) ioctl(start->channel, FIONREAD, &ahead);
    snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nX-Pid: %ld\r\n"
             "X-Served: %u\r\nX-Pool: %d\r\nX-Ahead: %d\r\n"
             "Content-Length: %d\r\n\r\n%s",
             (long)getpid(), pass->served, start->pool,
             ahead / (int)sizeof(*pass), (int)strlen(BODY), BODY);
    (void) !send(fd, text, strlen(text), MSG_NOSIGNAL);
    return keep;
}

static uint32_t serve(const struct itk_worker_start *start,
                      const itk_pass *pass, int fd, uint32_t *requests)
{
    char request[4096];
    struct pollfd p[2];
    ssize_t n;

    for (;;) {
        p[0].fd = fd;
        p[1].fd = start->channel;
        p[0].events = p[1].events = POLLIN;
        (void) poll(p, *requests ? 2 : 1, *requests ? 100 : 5000);
        if (*requests && (p[1].revents || !p[0].revents)) {
            return ITK_REPORT_KEPT;
        }
        n = recv(fd, request, sizeof(request) - 1, MSG_DONTWAIT);
        if (n <= 0) {
            return ITK_REPORT_CLOSED;
        }
        request[n] = '\0';
        ++*requests;
        if (!answer(start, pass, fd, request)) {
            (void) shutdown(fd, SHUT_WR);
            return ITK_REPORT_LINGER;
        }
    }
}

static void work(void *adapter, const struct itk_worker_start *start)
    __attribute__((noreturn));

static void work(void *adapter, const struct itk_worker_start *start)
{
    int fds[ITK_WIRE_DESCRIPTORS], count, i;
    itk_report report;
    itk_pass pass;
    ssize_t n;

    (void) adapter;
    for (i = 3; i < 256; i++) {
        if (i != start->channel && i != start->report
            && (run.shared_log_count == 0 || i != start->log_pipes[0])) {
            close(i);
        }
    }
    for (;;) {
        count = 1;
        n = itk_wire_receive(start->channel, &pass, sizeof(pass), fds,
                             &count, 1);
        if (n == 0) {
            _exit(0);
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 || !itk_pass_valid(&pass, start->generation,
                                     (uint32_t)start->pool,
                                     (uint32_t)start->slot)) {
            _exit(9);
        }
        memset(&report, 0, sizeof(report));
        report.serial = pass.serial;
        report.what = serve(start, &pass, fds[0], &report.requests);
        (void) !write(start->report, &report, sizeof(report));
        close(fds[0]);
    }
}

/* ---- server and client ------------------------------------------------------ */

static void settings(void)
{
    static const itk_limits any = ITK_LIMITS_DEFAULT;
    int i;

    memset(&run, 0, sizeof(run));
    memset(pools, 0, sizeof(pools));
    for (i = 0; i < POOLS; i++) {
        snprintf(pools[i].name, sizeof(pools[i].name), "pool%d", i);
        pools[i].nice_value = ITK_NICE_KEEP;
        hosts[i].max_clients = 0;
        hosts[i].keep_alive_ms = 2000;
        hosts[i].timeout_ms = 2000;
    }
    dedicated = encrypted = 0;
    run.pools = pools;
    run.pool_count = POOLS;
    run.hosts = hosts;
    run.host_count = POOLS;
    run.listeners = &listener;
    run.listener_count = 1;
    run.limits.max_workers = 64;
    run.limits.max_workers_per_pool = 16;
    run.limits.idle_timeout_ms = 60000;
    run.limits.queue_depth = 64;
    run.limits.dispatchers = 1;
    run.limits.slots = 128;
    run.ids = any;
    run.error_log = -1;
    run.runtime_dir = "/tmp";
    run.status = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    run.waiting = (itk_status_waiting *)(run.status + 256);
    told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    run.route_address = route_address;
    run.route_head = route_head;
    run.dispatcher_start = nothing;
    run.worker = work;
    run.unclaimed = unclaimed;
    run.child = child;
    run.tick = tick;
    run.log = quiet;
}

static void listen_somewhere(void)
{
    struct sockaddr_in any;
    socklen_t length = sizeof(any);

    memset(&any, 0, sizeof(any));
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&any, length) != 0
        || listen(listener, 511) != 0
        || getsockname(listener, (struct sockaddr *)&any, &length) != 0) {
        perror("roles: no listening socket");
        exit(1);
    }
    port = ntohs(any.sin_port);
}

static void start(void)
{
    listen_somewhere();
    server = fork();
    if (server == 0) {
        itk_ended ended;

        do {
            ended = itk_supervise(&run);
        } while (ended == ITK_ENDED_GRACEFUL || ended == ITK_ENDED_RESTART);
        _exit(ended == ITK_ENDED_STOP ? 0 : 1);
    }
    close(listener);
}

static int children_of(pid_t parent, pid_t *list, int max)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    char path[300], line[512];
    int count = 0;

    while (proc && (entry = readdir(proc)) != NULL) {
        long ppid;
        char state;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
        if (atoi(entry->d_name) <= 0 || (f = fopen(path, "r")) == NULL) {
            continue;
        }
        if (fgets(line, sizeof(line), f) && strrchr(line, ')')
            && sscanf(strrchr(line, ')') + 1, " %c %ld", &state, &ppid) == 2
            && ppid == (long)parent && state != 'Z' && count < max) {
            list[count++] = (pid_t)atoi(entry->d_name);
        }
        fclose(f);
    }
    if (proc) {
        closedir(proc);
    }
    return count;
}

/* The dispatcher is the child with the lowest pid at the start. */
static int workers(void)
{
    pid_t list[256];

    return children_of(server, list, 256) - run.limits.dispatchers;
}

static void nap(int ms)
{
    usleep((useconds_t)ms * 1000);
}

/* Within so many ms? */
static int soon(int ms, int (*true_now)(int), int argument)
{
    for (; ms > 0; ms -= 20) {
        if (true_now(argument)) {
            return 1;
        }
        nap(20);
    }
    return true_now(argument);
}

static int workers_are(int number)
{
    return workers() == number;
}

/* 1: it ended by itself with code 0, and with it everybody. */
static int stop(void)
{
    int status, ms;

    kill(server, SIGTERM);
    for (ms = 0; ms < 8000; ms += 10) {
        if (waitpid(server, &status, WNOHANG) == server) {
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        }
        nap(10);
    }
    kill(server, SIGKILL);
    waitpid(server, &status, 0);
    return 0;
}

static int dial(void)
{
    struct sockaddr_in to;
    struct timeval patience = { 4, 0 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    memset(&to, 0, sizeof(to));
    to.sin_family = AF_INET;
    to.sin_port = htons((uint16_t)port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void say(int fd, const char *path, int pool, int keep)
{
    char text[512];

    snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: p%d\r\n%s\r\n",
             path, pool, keep ? "" : "Connection: close\r\n");
    (void) !send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* The status of the answer; 0: closed without one. Its fields are kept. */
static char heard[4096];

static int hear(int fd)
{
    size_t have = 0;
    ssize_t n;

    heard[0] = '\0';
    while (have < sizeof(heard) - 1
           && (n = recv(fd, heard + have, sizeof(heard) - 1 - have, 0)) > 0) {
        have += (size_t)n;
        heard[have] = '\0';
        if (strstr(heard, BODY) || strstr(heard, "503 ")
            || strstr(heard, "400 ")) {
            break;
        }
    }
    return have > 12 ? atoi(heard + 9) : 0;
}

static long field(const char *name)
{
    const char *at = strstr(heard, name);

    return at ? atol(at + strlen(name)) : -1;
}

static int get(const char *path, int pool)
{
    int fd = dial(), status;

    if (fd < 0) {
        return -1;
    }
    say(fd, path, pool, 0);
    status = hear(fd);
    close(fd);
    return status;
}

/* ---- the tests -------------------------------------------------------------- */

static void a_request_is_served_in_its_pool(void)
{
    int pool;

    test_begin("a request is served in its pool");
    settings();
    start();
    for (pool = 0; pool < POOLS; pool++) {
        CLAIM(get("/", pool) == 200);
        CLAIM(field("X-Pool: ") == pool);
    }
    CLAIM(workers() == POOLS);
    CLAIM(stop());
    test_end();
}

static void a_worker_is_used_again(void)
{
    long pid;
    int i;

    test_begin("one worker serves its pool's requests, one after the other");
    settings();
    run.limits.max_workers_per_pool = 1;    /* a busy machine would have two */
    start();
    CLAIM(get("/", 1) == 200);
    pid = field("X-Pid: ");
    for (i = 0; i < 50; i++) {
        CLAIM(get("/", 1) == 200 && field("X-Pid: ") == pid);
    }
    CLAIM(workers() == 1);
    CLAIM(stop());
    test_end();
}

static void keep_alive_goes_on(void)
{
    int fd, i;

    test_begin("a keep-alive connection is held, given back, and goes on");
    settings();
    start();
    fd = dial();
    for (i = 0; i < 5; i++) {
        say(fd, "/", 2, 1);
        CLAIM(hear(fd) == 200);
        nap(i == 2 ? 300 : 5);  /* longer than a worker holds it */
    }
    CLAIM(field("X-Served: ") == 3);
    close(fd);
    CLAIM(stop());
    test_end();
}

static void another_pool_closes_it(void)
{
    int fd;

    test_begin("a connection that one pool served is no other pool's");
    settings();
    start();
    fd = dial();
    say(fd, "/", 2, 1);
    CLAIM(hear(fd) == 200);
    nap(300);
    say(fd, "/", 3, 1);
    CLAIM(hear(fd) == 0);
    close(fd);
    CLAIM(get("/", 3) == 200);
    CLAIM(stop());
    test_end();
}

static void a_hung_worker_holds_up_nobody(void)
{
    int slow = -1, i;
    struct timespec a, b;

    test_begin("what was sent ahead to a slow worker is taken back");
    settings();
    start();
    CLAIM(get("/", 4) == 200);
    slow = dial();
    say(slow, "/sleep", 4, 0);
    nap(20);
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (i = 0; i < 5; i++) {
        CLAIM(get("/", 4) == 200);
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    /* it sleeps 300 ms: had one waited for it, it would show */
    CLAIM((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000
          < 250);
    CLAIM(hear(slow) == 200);
    close(slow);
    CLAIM(stop());
    test_end();
}

/* Both are sent to the worker; it has not taken one of them. */
static void a_stopped_worker_is_not_forgotten(void)
{
    int fd[2], i;
    long pid;

    test_begin("a worker that took nothing, and goes on, is one to end later");
    settings();
    run.limits.idle_timeout_ms = 500;
    start();
    CLAIM(get("/", 4) == 200);
    pid = field("X-Pid: ");
    nap(50);
    CLAIM(pid > 1 && kill((pid_t)pid, SIGSTOP) == 0);
    for (i = 0; i < 2; i++) {
        fd[i] = dial();
        say(fd[i], "/", 4, 0);
    }
    nap(100);
    CLAIM(pid > 1 && kill((pid_t)pid, SIGCONT) == 0);
    for (i = 0; i < 2; i++) {
        CLAIM(hear(fd[i]) == 200);
        close(fd[i]);
    }
    CLAIM(soon(3000, workers_are, 0));
    CLAIM(stop());
    test_end();
}

/*
 * Clients that ask for path all the time, and one for first, until somebody has
 * heard of so many sent ahead or seconds are over.  The most that was heard of;
 * -1: one had no answer, or had to wait for it for a second.
 */
static int most_ahead(const char *first, const char *path, int clients,
                      int enough, int seconds)
{
    volatile int *most = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    time_t until = time(NULL) + seconds;
    pid_t pids[CLIENTS];
    int i, here, status, bad = 0;

    for (i = 0; i < clients; i++) {
        pids[i] = fork();
        if (pids[i] != 0) {
            continue;
        }
        while (time(NULL) < until && *most < enough) {
            struct timespec a, b;

            clock_gettime(CLOCK_MONOTONIC, &a);
            if (get(i == 0 ? first : path, 4) != 200) {
                _exit(1);
            }
            clock_gettime(CLOCK_MONOTONIC, &b);
            if (i != 0 && (b.tv_sec - a.tv_sec) * 1000
                          + (b.tv_nsec - a.tv_nsec) / 1000000 >= 1000) {
                _exit(1);
            }
            here = (int)field("X-Ahead: ");
            if (here > *most) {
                *most = here;
            }
            if (i == 0) {
                nap(500);       /* others are quick again after it */
            }
        }
        _exit(0);
    }
    for (i = 0; i < clients; i++) {
        bad += waitpid(pids[i], &status, 0) != pids[i] || status != 0;
    }
    here = bad ? -1 : *most;
    munmap((void *)most, 4096);
    return here;
}

static void the_quick_have_more_at_hand(void)
{
    /* as many workers as are enough, and some; as many clients as they take */
    int busy = 2 * (int)sysconf(_SC_NPROCESSORS_ONLN), quick, slow;

    if (4 * busy > CLIENTS) {
        return;
    }
    test_begin("quick workers are sent up to three ahead, slow ones one, and "
               "nothing waits behind one that sleeps");
    settings();
    run.limits.max_workers_per_pool = 4 * busy + 2;
    run.limits.max_workers = 4 * busy + 2;
    start();
    CLAIM(get("/", 4) == 200);
    quick = most_ahead("/doze", "/", 4 * busy, 4, 4);
    CLAIM_OF(quick == 3, "%d", quick);
    CLAIM(stop());
    settings();
    run.limits.max_workers_per_pool = busy;
    start();
    CLAIM(get("/", 4) == 200);
    slow = most_ahead("/moment", "/moment", 4 * busy, 4, 2);
    CLAIM_OF(slow == 1, "%d", slow);
    CLAIM(stop());
    test_end();
}

static void limits_hold(void)
{
    int fd[12], i, busy = 0, good = 0;

    test_begin("queue depth and clients of a host are limited, with 503");
    settings();
    run.limits.max_workers_per_pool = 1;
    run.limits.queue_depth = 2;
    hosts[6].max_clients = 3;
    start();
    CLAIM(get("/", 5) == 200 && get("/", 6) == 200);
    nap(100);                   /* both workers have said so */
    for (i = 0; i < 12; i++) {
        fd[i] = dial();
        say(fd[i], "/sleep", i < 6 ? 5 : 6, 0);
    }
    for (i = 0; i < 12; i++) {
        int status = hear(fd[i]);

        busy += status == 503;
        good += status == 200;
        close(fd[i]);
    }
    /* pool 5: one served, one ahead, two queued, two refused; pool 6: three */
    CLAIM(busy == 2 + 3);
    CLAIM(good == 4 + 3);
    CLAIM(get("/", 5) == 200 && get("/", 6) == 200);
    CLAIM(stop());
    test_end();
}

static void pools_make_room(void)
{
    int round, pool;

    test_begin("with fewer places than pools each is served in turn");
    settings();
    run.limits.max_workers = 2;
    start();
    for (round = 0; round < 2; round++) {
        for (pool = 0; pool < 4; pool++) {
            CLAIM(get("/", pool) == 200);
        }
    }
    CLAIM(workers() <= 2);
    CLAIM(stop());
    test_end();
}

static void crashes_cost_their_own(void)
{
    int i, lost = 0;

    test_begin("a pool that crashes waits longer and longer, others do not");
    settings();
    hosts[7].timeout_ms = 1000;
    start();
    for (i = 0; i < 4; i++) {
        lost += get("/crash", 7) != 200;
    }
    CLAIM(lost == 4);
    CLAIM(get("/", 8) == 200);
    nap(900);
    CLAIM(get("/", 7) == 200);
    CLAIM(stop());
    test_end();
}

static long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Four in a row: the fourth has waited 0.2 s and then 0.4 s, one after it 0.8. */
static void killed_at_the_start(const char *how)
{
    char name[80];
    long began;
    int i;

    snprintf(name, sizeof(name), "a pool whose workers are killed each time "
             "(%s) waits", how + 1);
    test_begin(name);
    settings();
    start();
    began = now_ms();
    for (i = 0; i < 4; i++) {
        (void) get(how, 7);
        nap(50);                /* the answer may come before the kill: the
                                 * next one is to meet another worker */
    }
    CLAIM(get("/", 7) == 200);
    CLAIM(now_ms() - began >= 1300);
    CLAIM(stop());
    test_end();
}

static void a_kill_costs_nothing(void)
{
    long began;
    int fd, i;

    test_begin("a worker that has lived for a while is killed by somebody: its "
               "pool does not wait");
    settings();
    run.limits.max_workers_per_pool = 1;
    start();
    for (i = 0; i < 2; i++) {
        CLAIM(get("/", 7) == 200);
        fd = dial();
        say(fd, "/hang", 7, 0);
        nap(2300);
        CLAIM(field("X-Pid: ") > 1);
        if (field("X-Pid: ") > 1) {
            kill((pid_t)field("X-Pid: "), SIGKILL);
        }
        CLAIM(hear(fd) == 0);
        close(fd);
    }
    began = now_ms();
    CLAIM(get("/", 7) == 200);
    CLAIM(now_ms() - began < 120);
    CLAIM(stop());
    test_end();
}

static void liars_are_ended(const char *how)
{
    char name[80];
    int other, i;
    long pid;

    snprintf(name, sizeof(name), "a worker that does %s is killed, and "
             "nobody else's connection is touched", how + 1);
    test_begin(name);
    settings();
    start();
    other = dial();
    say(other, "/", 9, 1);
    CLAIM(hear(other) == 200);
    nap(200);                   /* it lies with the dispatcher now */
    CLAIM(get("/", 10) == 200);
    pid = field("X-Pid: ");
    (void) get(how, 10);
    CLAIM(pid > 1);
    for (i = 0; i < 50 && pid > 1 && kill((pid_t)pid, 0) == 0; i++) {
        nap(20);
    }
    CLAIM(pid > 1 && kill((pid_t)pid, 0) != 0);
    say(other, "/", 9, 1);
    CLAIM(hear(other) == 200);
    CLAIM(get("/", 10) == 200);
    close(other);
    CLAIM(stop());
    test_end();
}

static void the_dispatcher_comes_back(void)
{
    pid_t list[8];
    int i, status = 0, long_one;

    test_begin("a dispatcher that is killed is replaced; its workers finish");
    settings();
    start();
    CLAIM(get("/", 1) == 200);
    long_one = dial();
    say(long_one, "/sleep", 1, 0);
    nap(50);
    i = children_of(server, list, 8);
    CLAIM(i >= 1);
    if (i >= 1) {
        kill(list[0], SIGKILL); /* the first child of all */
    }
    CLAIM(hear(long_one) == 200);
    close(long_one);
    for (i = 0; i < 150 && status != 200; i++) {
        nap(20);
        status = get("/", 1);
    }
    CLAIM(status == 200);
    CLAIM(stop());
    test_end();
}

/* Stopped is as good as waiting for a lock that somebody holds. */
static void a_stuck_dispatcher_is_replaced(void)
{
    pid_t list[8];
    int i, status = 0;

    test_begin("a dispatcher that does not move any more is replaced");
    settings();
    start();
    CLAIM(get("/", 1) == 200);
    i = children_of(server, list, 8);
    CLAIM(i >= 1);
    if (i >= 1) {
        kill(list[0], SIGSTOP);
    }
    for (i = 0; i < 8 && status != 200; i++) {
        status = get("/", 1);
    }
    CLAIM(status == 200);
    CLAIM(stop());
    test_end();
}

static void the_refused_have_no_worker(void)
{
    test_begin("a pool outside of LimitUIDRange is answered, and has no worker");
    settings();
    pools[12].refused = "out of the range";
    start();
    CLAIM(get("/", 12) == 503);
    CLAIM(strstr(heard, "may not run as the user") != NULL);
    CLAIM(strstr(heard, "Retry-After") == NULL);
    CLAIM(workers() == 0);
    CLAIM(get("/", 13) == 200);
    CLAIM(stop());
    test_end();
}

/* Before the dispatcher itself would be replaced: it cannot be killed then. */
static void who_holds_it_up_is_ended(void)
{
    struct timespec a, b;
    int fd, status = 0, i;

    test_begin("a worker that holds its report pipe's lock is ended");
    settings();
    start();
    CLAIM(get("/", 1) == 200 && get("/", 2) == 200);
    fd = dial();
    say(fd, "/hold-pipe", 1, 0);
    nap(100);
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (i = 0; i < 8 && status != 200; i++) {
        status = get("/", 2);
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    CLAIM(status == 200 && b.tv_sec - a.tv_sec < 5);
    close(fd);
    CLAIM(stop());
    test_end();
}

static int shared_log;

static int lines_of_2(void)
{
    static char text[1 << 20];
    ssize_t n = pread(shared_log, text, sizeof(text) - 1, 0);
    const char *at = text;
    int lines = 0;

    text[n > 0 ? n : 0] = '\0';
    while ((at = strstr(at, "of 2 by")) != NULL) {
        at++;
        lines++;
    }
    return lines;
}

static int has_more_lines(int than)
{
    return lines_of_2() > than;
}

/* Pool 2 has written a line to it, and pool 1 has a worker. */
static void start_with_a_shared_log(void)
{
    settings();
    shared_log = memfd_create("log", 0);
    CLAIM(shared_log >= 0);
    run.shared_logs = &shared_log;
    run.shared_log_count = 1;
    start();
    CLAIM(get("/log", 2) == 200);
    CLAIM(soon(1000, has_more_lines, 0));
    CLAIM(get("/", 1) == 200);
}

/*
 * The same after a restart, of the logger that those of before write to: a worker
 * of now or before that holds it up is ended, and the line of another one comes.
 */
static void loggers_of_before_are_watched(void)
{
    int hold, late, before;

    test_begin("a logger of before a restart that is held up moves again");
    start_with_a_shared_log();
    before = lines_of_2();
    late = dial();
    say(late, "/late-log", 2, 0);
    hold = dial();
    say(hold, "/hold-log", 1, 0);
    nap(1500);                  /* the second is over, and it is held */
    kill(server, SIGUSR1);
    CLAIM(get("/", 3) == 200);
    CLAIM(hear(late) == 200);
    CLAIM(soon(4000, has_more_lines, before));
    close(late);
    close(hold);
    CLAIM(stop());
    close(shared_log);
    test_end();
}

/* ms: in which others' lines are written again. */
static void the_logger_is_not_held_up(const char *how, int ms)
{
    char name[80];
    int fd, before;

    snprintf(name, sizeof(name), "%s: lines of others are written all the same",
             how + 1);
    test_begin(name);
    start_with_a_shared_log();
    fd = dial();
    say(fd, how, 1, 0);
    nap(1500);                  /* the second is over, and it is held */
    before = lines_of_2();
    for (; ms > 0 && !has_more_lines(before); ms -= 300) {
        (void) get("/log", 2);
        (void) soon(300, has_more_lines, before);
    }
    CLAIM(has_more_lines(before));
    close(fd);
    CLAIM(stop());
    close(shared_log);
    test_end();
}

static void spares_are_kept(void)
{
    test_begin("ItkMinSpareWorkers: a pool in use has so many idle ones");
    settings();
    run.limits.min_spare = 2;
    start();
    CLAIM(get("/", 1) == 200);
    nap(20);
    CLAIM(get("/", 1) == 200);
    nap(20);
    CLAIM(get("/", 1) == 200);
    CLAIM(soon(1000, workers_are, 3) || soon(100, workers_are, 2));
    CLAIM(stop());
    test_end();
}

/* Three in the hands of two workers would give way to each other for ever. */
static void kept_ones_get_a_worker_each(void)
{
    int fd[3], round, i;

    test_begin("kept connections that keep coming back get a worker each");
    settings();
    start();
    for (i = 0; i < 3; i++) {
        fd[i] = dial();
    }
    for (round = 0; round < 200; round++) {
        for (i = 0; i < 3; i++) {
            say(fd[i], "/", 1, 1);
        }
        for (i = 0; i < 3; i++) {
            CLAIM(hear(fd[i]) == 200);
        }
    }
    CLAIM(workers_are(3));
    for (i = 0; i < 3; i++) {
        close(fd[i]);
    }
    CLAIM(stop());
    test_end();
}

static void the_mute_are_ended(void)
{
    long pid;
    int fd, i;

    test_begin("a worker that closes its report pipe and stays is killed");
    settings();
    start();
    fd = dial();
    CLAIM(get("/", 11) == 200);
    pid = field("X-Pid: ");
    say(fd, "/mute", 11, 0);
    CLAIM(pid > 1);
    for (i = 0; i < 150 && pid > 1 && kill((pid_t)pid, 0) == 0; i++) {
        nap(20);
    }
    CLAIM(pid > 1 && kill((pid_t)pid, 0) != 0);
    CLAIM(get("/", 11) == 200);
    close(fd);
    CLAIM(stop());
    test_end();
}

static void the_restart_loses_nothing(void)
{
    int kept, half, slow, i, bad = 0;

    test_begin("a graceful restart hands over idle, half-read and busy ones");
    settings();
    for (i = 0; i < POOLS; i++) {
        hosts[i].keep_alive_ms = hosts[i].timeout_ms = 30000;
    }
    start();
    kept = dial();
    say(kept, "/", 1, 1);
    CLAIM(hear(kept) == 200);
    nap(250);
    half = dial();
    (void) !send(half, "GET / HTTP/1.1\r\nHo", 18, MSG_NOSIGNAL);
    slow = dial();
    say(slow, "/sleep", 3, 1);
    nap(30);
    kill(server, SIGUSR1);
    for (i = 0; i < 40; i++) {
        bad += get("/", i % POOLS) != 200;
        if (i % 10 == 5) {
            kill(server, SIGUSR1);
        }
    }
    CLAIM(bad == 0);
    CLAIM(hear(slow) == 200);
    say(kept, "/", 1, 1);
    CLAIM(hear(kept) == 200);
    (void) !send(half, "st: p2\r\n\r\n", 10, MSG_NOSIGNAL);
    CLAIM(hear(half) == 200 && field("X-Pool: ") == 2);
    say(slow, "/", 3, 1);
    CLAIM(hear(slow) == 200);
    close(kept);
    close(half);
    close(slow);
    CLAIM(stop());
    test_end();
}

static void workers_are_recycled(void)
{
    long first;

    test_begin("MaxRequestsPerChild and the fork model: then another process");
    settings();
    run.limits.max_connections = 3;
    start();
    CLAIM(get("/", 1) == 200);
    first = field("X-Pid: ");
    CLAIM(get("/", 1) == 200 && field("X-Pid: ") == first);
    CLAIM(get("/", 1) == 200 && field("X-Pid: ") == first);
    CLAIM(get("/", 1) == 200 && field("X-Pid: ") != first);
    CLAIM(stop());
    settings();
    run.model = ITK_MODEL_FORK;
    start();
    CLAIM(get("/", 1) == 200);
    first = field("X-Pid: ");
    CLAIM(get("/", 1) == 200 && field("X-Pid: ") != first);
    CLAIM(soon(2000, workers_are, 0));
    CLAIM(stop());
    test_end();
}

static void idle_pools_cost_nothing(void)
{
    test_begin("an idle pool has no process");
    settings();
    run.limits.idle_timeout_ms = 200;
    start();
    CLAIM(get("/", 1) == 200 && get("/", 2) == 200);
    CLAIM(soon(3000, workers_are, 0));
    CLAIM(get("/", 1) == 200);
    CLAIM(stop());
    test_end();
}

static void slow_clients_cost_no_worker(void)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: p1\r\n\r\n";
    int fd[64], i;

    test_begin("half a head costs no process and ends at the time-out; a byte "
               "at a time is served");
    settings();
    start();
    for (i = 0; i < 64; i++) {
        fd[i] = dial();
        (void) !send(fd[i], text, 10, MSG_NOSIGNAL);
    }
    nap(100);
    CLAIM(workers() == 0);
    CLAIM(get("/", 1) == 200);
    nap(3000);
    for (i = 0; i < 64; i++) {
        CLAIM(hear(fd[i]) == 0);
        close(fd[i]);
    }
    fd[0] = dial();
    for (i = 0; i < (int)sizeof(text) - 1; i++) {
        (void) !send(fd[0], text + i, 1, MSG_NOSIGNAL);
        nap(2);
    }
    CLAIM(hear(fd[0]) == 200);
    close(fd[0]);
    CLAIM(stop());
    test_end();
}

static void heads_have_a_limit(void)
{
    char *text = malloc(65536);
    int fd;

    test_begin("a head without an end is answered by the dispatcher");
    settings();
    start();
    fd = dial();
    memset(text, 'x', 65536);
    memcpy(text, "GET / HTTP/1.1\r\nA: ", 19);
    (void) !send(fd, text, 65536, MSG_NOSIGNAL);
    CLAIM(hear(fd) == 400);
    close(fd);
    CLAIM(workers() == 0);
    CLAIM(stop());
    free(text);
    test_end();
}

static void unseen_ones_come_back(void)
{
    int fd;

    test_begin("an address of one pool: served unseen");
    settings();
    dedicated = 1;
    start();
    CLAIM(get("/", 0) == 200);
    fd = dial();
    say(fd, "/", 0, 1);
    CLAIM(hear(fd) == 200);
    nap(250);
    say(fd, "/", 0, 1);
    CLAIM(hear(fd) == 200);
    close(fd);
    CLAIM(stop());
    test_end();
}

static void out_of_descriptors(void)
{
    static const char rest[] = " / HTTP/1.1\r\nHost: p3\r\n\r\n";
    int fd[80], timeout, i, good = 0;

    test_begin("out of descriptors: accepting pauses and goes on");
    settings();
    timeout = hosts[3].timeout_ms;
    hosts[3].timeout_ms = 300;
    few_files = 60;
    start();
    few_files = 0;
    for (i = 0; i < 80; i++) {
        fd[i] = dial();
        (void) !send(fd[i], "GET", 3, MSG_NOSIGNAL);
    }
    nap(200);
    /* its worker's descriptors do not fit: the answer is lost, not the pool */
    (void) !send(fd[0], rest, strlen(rest), MSG_NOSIGNAL);
    nap(200);
    for (i = 0; i < 80; i++) {
        close(fd[i]);
    }
    nap(600);                       /* it waits in no queue any more */
    for (i = 0; i < 5; i++) {
        good += get("/", 1) == 200;
    }
    CLAIM(good == 5);
    for (i = 0, good = 0; i < 20 && good == 0; i++) {
        good = get("/", 3) == 200;
    }
    CLAIM(good);
    hosts[3].timeout_ms = timeout;
    CLAIM(stop());
    test_end();
}

/* One place in the table for each restart, and a script that never ends. */
static void restarts_are_not_counted(void)
{
    int fd[140], i, bad = 0;

    test_begin("a script that never ends cannot stop the 140th restart");
    settings();
    run.limits.max_workers = run.limits.slots = 256;
    start();
    CLAIM(get("/", 1) == 200);
    for (i = 0; i < 140; i++) {
        fd[i] = dial();
        say(fd[i], "/hang", 1, 0);
        nap(10);
        kill(server, SIGUSR1);
        nap(10);
        bad += get("/", 2) != 200;
    }
    CLAIM(bad == 0);
    for (i = 0; i < 140; i++) {
        close(fd[i]);
    }
    CLAIM(stop());
    test_end();
}

static void untaken_ones_are_found(void)
{
    int liar, ahead;

    test_begin("a worker that is done with what it never took is killed");
    settings();
    run.limits.max_workers_per_pool = 1;
    start();
    CLAIM(get("/", 4) == 200);
    liar = dial();
    say(liar, "/lie-untaken", 4, 0);
    nap(20);
    ahead = dial();
    say(ahead, "/", 4, 0);
    CLAIM(hear(ahead) == 0);
    CLAIM(get("/", 4) == 200);
    close(liar);
    close(ahead);
    CLAIM(stop());
    test_end();
}

static void dispatchers_share_a_limit(void)
{
    int fd[24], i, good = 0;

    test_begin("workers of a pool are limited over all dispatchers");
    settings();
    run.limits.max_workers = 8;
    run.limits.max_workers_per_pool = 6;
    run.limits.dispatchers = 2;
    start();
    for (i = 0; i < 24; i++) {
        fd[i] = dial();
        say(fd[i], "/hang", 1, 0);
        nap(20);
    }
    CLAIM(workers() <= 6);
    for (i = 0; i < 8; i++) {
        good += get("/", 2) == 200;
    }
    CLAIM(good == 8);
    for (i = 0; i < 24; i++) {
        close(fd[i]);
    }
    CLAIM(stop());
    test_end();
}

static void the_restart_knows_tls(void)
{
    int half;

    test_begin("half a ClientHello is one after a graceful restart as well");
    settings();
    encrypted = 1;
    start();
    half = dial();
    (void) !send(half, "\x16\x03\x01\0\x05", 5, MSG_NOSIGNAL);
    nap(100);
    kill(server, SIGUSR1);
    nap(300);
    (void) !send(half, "\1\0\0\1\0 Connection: close", 23, MSG_NOSIGNAL);
    CLAIM(hear(half) == 200 && field("X-Pool: ") == 7);
    close(half);
    CLAIM(stop());
    test_end();
}

/* (built with an OLD_PATIENCE of a second) */
static void those_of_before_make_room(void)
{
    int fd[2], i, good = 0;

    test_begin("scripts of before a restart do not keep all places for ever");
    settings();
    run.limits.max_workers = 2;
    start();
    for (i = 0; i < 2; i++) {
        fd[i] = dial();
        say(fd[i], "/hang", 1 + i, 0);
    }
    nap(200);
    kill(server, SIGUSR1);
    for (i = 0; i < 8 && !good; i++) {
        good = get("/", 3) == 200;
    }
    CLAIM(good);
    close(fd[0]);
    close(fd[1]);
    CLAIM(stop());
    test_end();
}

/*
 * One that waits in a queue: nothing that its client does may be looked at, or
 * the place would be free, or in the queue twice.
 */
static void the_queued_are_left_alone(void)
{
    static const char rest[] = "TP/1.1\r\nHost: p4\r\n"
                               "Connection: close\r\n\r\n";
    struct linger at_once = { 1, 0 };
    int slow[2], more, gone, again[8], i;

    test_begin("a client that goes on, or away, while it waits in a queue");
    settings();
    run.limits.max_workers_per_pool = 1;
    run.limits.queue_depth = 8;
    start();
    CLAIM(get("/", 4) == 200 && get("/", 5) == 200);
    for (i = 0; i < 2; i++) {       /* one is served, one is sent ahead */
        slow[i] = dial();
        say(slow[i], "/sleep", 4, 0);
    }
    nap(20);
    gone = dial();
    more = dial();
    (void) !send(gone, "GET / HT", 8, MSG_NOSIGNAL);
    (void) !send(more, "GET / HT", 8, MSG_NOSIGNAL);
    nap(30);                        /* they are watched now */
    (void) !send(gone, rest, strlen(rest), MSG_NOSIGNAL);
    (void) !send(more, rest, strlen(rest), MSG_NOSIGNAL);
    nap(30);                        /* and queued */
    (void) !send(more, "\r\n", 2, MSG_NOSIGNAL);
    setsockopt(gone, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(gone);
    nap(30);
    for (i = 0; i < 8; i++) {       /* who takes a place that is free now? */
        again[i] = dial();
        say(again[i], "/", 5, 0);
    }
    for (i = 0; i < 8; i++) {
        CLAIM(hear(again[i]) == 200 && field("X-Pool: ") == 5);
        close(again[i]);
    }
    for (i = 0; i < 2; i++) {
        CLAIM(hear(slow[i]) == 200);
        close(slow[i]);
    }
    CLAIM(hear(more) == 200);
    close(more);
    CLAIM(get("/", 4) == 200 && field("X-Pool: ") == 4);
    CLAIM(get("/", 5) == 200);
    CLAIM(stop());
    test_end();
}

/* Of each worker once at its start and once at its end, restarts or not. */
static void the_adapter_is_told(void)
{
    int i;

    test_begin("the adapter hears of each worker, and four times a second");
    settings();
    start();
    for (i = 1; i < 4; i++) {
        CLAIM(get("/", i) == 200);
    }
    CLAIM(told->started == 3 && told->ended == 0);
    (void) get("/killed", 1);
    CLAIM(get("/", 1) == 200);
    (void) kill(server, SIGUSR1);
    nap(100);
    CLAIM(get("/", 5) == 200);
    i = told->ticks;
    nap(1100);
    CLAIM_OF(told->ticks - i >= 2 && told->ticks - i <= 5, "%d",
             told->ticks - i);
    CLAIM(stop());
    CLAIM_OF(told->started >= 5 && told->ended == told->started
             && told->wrong == 0, "%d started, %d ended, %d wrong",
             told->started, told->ended, told->wrong);
    test_end();
}

void test_roles(void)
{
    signal(SIGPIPE, SIG_IGN);
    a_request_is_served_in_its_pool();
    a_worker_is_used_again();
    keep_alive_goes_on();
    another_pool_closes_it();
    a_hung_worker_holds_up_nobody();
    a_stopped_worker_is_not_forgotten();
    the_quick_have_more_at_hand();
    limits_hold();
    pools_make_room();
    crashes_cost_their_own();
    killed_at_the_start("/killed");
    killed_at_the_start("/lie-kind");
    a_kill_costs_nothing();
    liars_are_ended("/lie-half");
    liars_are_ended("/lie-kind");
    liars_are_ended("/lie-serial");
    liars_are_ended("/lie-flood");
    the_dispatcher_comes_back();
    a_stuck_dispatcher_is_replaced();
    the_refused_have_no_worker();
    who_holds_it_up_is_ended();
    loggers_of_before_are_watched();
    the_logger_is_not_held_up("/hold-log", 4500);
    the_logger_is_not_held_up("/hold-log-far", 9000);
    spares_are_kept();
    kept_ones_get_a_worker_each();
    the_mute_are_ended();
    the_restart_loses_nothing();
    workers_are_recycled();
    idle_pools_cost_nothing();
    slow_clients_cost_no_worker();
    heads_have_a_limit();
    unseen_ones_come_back();
    out_of_descriptors();
    the_queued_are_left_alone();
    restarts_are_not_counted();
    those_of_before_make_room();
    untaken_ones_are_found();
    dispatchers_share_a_limit();
    the_restart_knows_tls();
    the_adapter_is_told();
}
