/* SPDX-License-Identifier: Apache-2.0 */

#include "logs.h"
#include "itk_logger.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int logs_new(void)
{
    char path[] = "/tmp/itk-log-XXXXXX";
    int fd = mkstemp(path);

    unlink(path);
    (void) fcntl(fd, F_SETFL, O_APPEND);
    return fd;
}

/* fsize: RLIMIT_FSIZE of the process, or 0: a disk that gets full. */
static int begin(running_logger *r, size_t fsize)
{
    static itk_log_watch nobody_looks;
    struct rlimit most;
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return -1;
    }
    fflush(stdout);
    if ((r->pid = fork()) == 0) {
        close(pair[0]);
        signal(SIGXFSZ, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        if (fsize) {
            most.rlim_cur = fsize;
            most.rlim_max = RLIM_INFINITY;
            setrlimit(RLIMIT_FSIZE, &most);
        }
        itk_log_process(pair[1], r->logs, LOGS, &nobody_looks);
    }
    close(pair[1]);
    r->control = pair[0];
    return r->pid > 0 ? 0 : -1;
}

int logs_start(running_logger *r, size_t fsize)
{
    r->logs[0] = logs_new();
    r->logs[1] = logs_new();
    return begin(r, fsize);
}

/* Closes the control socket and waits: 1 if it ends by itself, and well. */
int logs_ends(running_logger *r)
{
    int status, i;

    close(r->control);
    for (i = 0; i < 500; i++) {
        if (waitpid(r->pid, &status, WNOHANG) == r->pid) {
            return status == 0;
        }
        usleep(10000);
    }
    kill(r->pid, SIGKILL);
    waitpid(r->pid, &status, 0);
    return 0;
}

void logs_release(running_logger *r)
{
    close(r->logs[0]);
    close(r->logs[1]);
}

char logs_contents[1 << 22];

const char *logs_text(const running_logger *r, int which)
{
    ssize_t got = pread(r->logs[which], logs_contents, sizeof(logs_contents) - 1, 0);

    logs_contents[got > 0 ? got : 0] = '\0';
    return logs_contents;
}

/* Until the log has this text; 0 if it does not within five seconds. */
int logs_come(const running_logger *r, int which, const char *text)
{
    int i;

    for (i = 0; i < 500; i++) {
        if (strstr(logs_text(r, which), text) != NULL) {
            return 1;
        }
        usleep(10000);
    }
    return 0;
}

void logs_put(int fd, const char *text)
{
    (void) !write(fd, text, strlen(text));
}

/* Line of n times c, then an end. */
void logs_put_long(int fd, char c, size_t n, const char *end_of_it)
{
    char *line = malloc(n + 8);

    memset(line, c, n);
    strcpy(line + n, end_of_it);
    logs_put(fd, line);
    free(line);
}

size_t logs_count(const char *text, const char *what)
{
    size_t found = 0;

    while ((text = strstr(text, what)) != NULL) {
        found++;
        text += strlen(what);
    }
    return found;
}
