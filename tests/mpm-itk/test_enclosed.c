/* SPDX-License-Identifier: Apache-2.0 */

/* Dispatcher and logger as they really are.  Root, and no sanitizers. */

#include "check.h"
#include "itk_chroot.h"
#include "itk_identity.h"
#include "itk_logger.h"
#include "logs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static gid_t groups[] = { 54323 };
static itk_identity nobody = { 54323, 54323, 1, groups };

#define MUST(holds) do { if (!(holds)) { return __LINE__ % 256; } } while (0)

static void passes(const char *name, int (*what)(void))
{
    int status = -1;
    pid_t pid;

    test_begin(name);
    fflush(stdout);
    if ((pid = fork()) == 0) {
        alarm(20);
        _exit(what());
    }
    waitpid(pid, &status, 0);
    CLAIM_OF(status == 0, "line %d, signal %d", WEXITSTATUS(status),
             WTERMSIG(status));
    test_end();
}

/* How many names, . and .. included. */
static int names_in(const char *path)
{
    DIR *dir = opendir(path);
    int count = 0;

    while (dir != NULL && readdir(dir) != NULL) {
        count++;
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return count;
}

static char dir[] = "/tmp/itk-test-XXXXXX";

static int empty_root(void)
{
    struct stat root, up;
    int outside;

    outside = open(dir, O_RDONLY | O_DIRECTORY);
    MUST(outside >= 0 && itk_chroot_empty(dir) == 0);
    MUST(stat("/", &root) == 0 && stat("..", &up) == 0);
    MUST(root.st_ino == up.st_ino && root.st_dev == up.st_dev);
    MUST(open("/etc/passwd", O_RDONLY) == -1 && errno == ENOENT);
    MUST(open("/new", O_RDWR | O_CREAT, 0600) == -1 && errno == ENOENT);
    MUST(open("/", O_RDWR | O_TMPFILE, 0600) == -1);
    MUST(mkdir("/new", 0700) == -1 && errno == ENOENT);
    MUST(symlink("/", "/new") == -1 && errno == ENOENT);
    MUST(names_in("/") == 0);           /* not even . and .. */
    /* nothing has been left behind outside */
    MUST(fchdir(outside) == 0 && names_in(".") == 2);
    return 0;
}

static int no_root(void)
{
    char path[PATH_MAX + 1];

    memset(path, 'a', PATH_MAX);
    path[0] = '/';
    path[PATH_MAX] = '\0';
    MUST(itk_chroot_empty("tmp") == -1 && errno == EINVAL);
    MUST(itk_chroot_empty("") == -1 && errno == EINVAL);
    MUST(itk_chroot_empty("/nonexistent") == -1 && errno == ENOENT);
    MUST(itk_chroot_empty("/dev/null") == -1 && errno == ENOTDIR);
    MUST(itk_chroot_empty(path) == -1 && errno == ENAMETOOLONG);
    return 0;
}

static int dispatcher(void)
{
    const char *step = NULL;

    MUST(itk_become_dispatcher(&nobody, "/tmp", &step) == 0);
    MUST(open("/", O_RDONLY) == -1 && errno == EPERM);
    MUST(socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPERM);
    MUST(fork() == -1 && errno == EPERM);
    MUST(kill(getpid(), 0) == -1 && errno == EPERM);
    MUST(setuid(0) == -1 && errno == EPERM);
    return 0;
}

static int no_dispatcher(void)
{
    const char *step = NULL;

    MUST(itk_become_dispatcher(&nobody, "/nonexistent", &step) == -1);
    MUST(strcmp(step, "enter an empty root") == 0);
    MUST(geteuid() == 0);
    return 0;
}

/* The real drop: a piped log that nobody reads, and what a tenant can do. */
static void for_real(void)
{
    static itk_log_watch nobody_looks;
    running_logger r;
    int piped[2], pair[2], pipe_end[LOGS], i, whole = 0;
    char line[1200], *at, *read_back = malloc(1 << 18);
    const char *step = "begin";
    ssize_t got, all = 0;
    int status = -1;
    pid_t writer;

    test_begin("a real logger: dropped, enclosed, never waits for a reader");
    signal(SIGPIPE, SIG_IGN);   /* it may be the one that is missing */
    r.logs[0] = logs_new();
    CLAIM(pipe(piped) == 0);
    r.logs[1] = piped[1];
    (void) !socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
    fflush(stdout);
    if ((r.pid = fork()) == 0) {
        if (itk_log_become(pair[1], r.logs, LOGS, &nobody, "/tmp",
                           &step) != 0) {
            fprintf(stderr, "could not %s: %s\n", step, strerror(errno));
            _exit(9);
        }
        itk_log_process(pair[1], r.logs, LOGS, &nobody_looks);
    }
    close(pair[1]);
    r.control = pair[0];
    CLAIM(itk_log_open_pool(r.control, 0, "p", LOGS, pipe_end) == 0);
    logs_put(pipe_end[0], "one\n");
    CLAIM(logs_come(&r, 0, "one [p]\n"));
    CLAIM(kill(r.pid, SIGTERM) == 0 && kill(r.pid, SIGUSR1) == 0);
    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 2] = '\n';
    line[sizeof(line) - 1] = '\0';
    if ((writer = fork()) == 0) {
        alarm(20);
        for (i = 0; i < 200; i++) {             /* 240 KB into 64 KB */
            logs_put(pipe_end[1], line);
        }
        _exit(0);
    }
    CLAIM(waitpid(writer, &status, 0) == writer);
    CLAIM_OF(status == 0, "it waits for a reader: %x", (unsigned int)status);
    logs_put(pipe_end[0], "two\n");
    CLAIM(logs_come(&r, 0, "two [p]\n"));
    /* blocks as ever for those who have the pipe as well */
    CLAIM((fcntl(piped[1], F_GETFL) & O_NONBLOCK) == 0);
    (void) fcntl(piped[0], F_SETFL, O_NONBLOCK);
    for (i = 0; i < 300; i++) {
        got = read(piped[0], read_back + all, (1 << 18) - 1 - (size_t)all);
        all += got > 0 ? got : 0;
        read_back[all] = '\0';
        if (strstr(read_back, " lost: Resource") != NULL) {
            break;
        }
        usleep(10000);
    }
    CLAIM(strstr(read_back, " lines lost: Resource temporarily") != NULL);
    /* nothing torn: each line is whole, or the notice */
    for (at = read_back; *at != '\0'; at += strcspn(at, "\n") + 1) {
        whole += strspn(at, "x") == sizeof(line) - 2
              && strncmp(at + sizeof(line) - 2, " [p]\n", 5) == 0;
        CLAIM_OF(strncmp(at, "[", 1) == 0
                 || (strspn(at, "x") == sizeof(line) - 2
                     && strncmp(at + sizeof(line) - 2, " [p]\n", 5) == 0),
                 "%.40s ... of %zu", at, strcspn(at, "\n"));
        if (strchr(at, '\n') == NULL) {
            break;
        }
    }
    CLAIM_OF(whole >= 40, "%d", whole);
    close(pipe_end[0]);
    close(pipe_end[1]);
    CLAIM(logs_ends(&r));
    close(r.logs[0]);
    close(piped[0]);
    close(piped[1]);
    free(read_back);
    test_end();
}

/* Of the lab build alone. */
int itk_guard(const char *name) __attribute__((weak));

void test_enclosed(void)
{
    if (geteuid() != 0) {
        test_skip("dispatcher and logger, really", "it takes root");
        return;
    }
    test_begin("this is no lab build: there is nothing to leave a guard out");
    CLAIM(itk_guard == NULL);
    test_end();
    if (mkdtemp(dir) == NULL) {
        test_skip("dispatcher and logger, really", "/tmp cannot be written");
        return;
    }
    passes("an empty root has nothing in it and takes nothing", empty_root);
    passes("where no directory can be made there is no empty root", no_root);
    passes("a real dispatcher can do nothing new", dispatcher);
    passes("without an empty root there is no dispatcher", no_dispatcher);
    (void) rmdir(dir);
    for_real();
}
