/* SPDX-License-Identifier: Apache-2.0 */
/* Other processes: signals, ptrace(2), process_vm_readv(2), /proc/PID. */
#include "itk_attack.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* Name and state of a process; 0 when it is gone. */
static int look(pid_t pid, char name[32], char *state)
{
    char path[64];
    char line[512];
    char *open_bracket, *close_bracket;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    if (itk_read_file(path, line, sizeof(line)) < 0) {
        return 0;
    }
    open_bracket = strchr(line, '(');
    close_bracket = strrchr(line, ')');
    if (!open_bracket || !close_bracket || close_bracket[1] != ' ') {
        return 0;
    }
    *close_bracket = 0;
    snprintf(name, 32, "%.31s", open_bracket + 1);
    *state = close_bracket[2];
    return 1;
}

/*
 * The server's processes have its binary's name. Who they are is their real uid:
 * the supervisor is root's and has process 1, which started it, for a parent.
 */
static int is_target(const itk_task *task, pid_t pid)
{
    long uid = itk_status_number(pid, "Uid", 0, 10);
    long parent = itk_status_number(pid, "PPid", 0, 10);

    if (strcmp(task->target, "supervisor") == 0) {
        return uid == 0 && parent == 1;
    }
    if (strcmp(task->target, "front") == 0) {
        return uid == (long)task->front;
    }
    if (strcmp(task->target, "other") == 0) {
        return uid == (long)task->victim;
    }
    if (strcmp(task->target, "sibling") == 0) {
        return uid == (long)task->own && pid != task->worker && pid != getpid()
            && parent != task->worker;
    }
    return 0;
}

pid_t itk_target(const itk_task *task)
{
    DIR *all = opendir("/proc");
    struct dirent *entry;
    char name[32];
    char state;
    pid_t found = 0;

    while (all && !found && (entry = readdir(all)) != NULL) {
        pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
        if (pid > 1 && look(pid, name, &state) && state != 'Z'
            && (strcmp(name, "httpd") == 0 || strcmp(name, "apache2") == 0)
            && is_target(task, pid)) {
            found = pid;
        }
    }
    if (all) {
        closedir(all);
    }
    return found;
}

static pid_t target_or_say(const itk_task *task, itk_result *result)
{
    pid_t pid = itk_target(task);

    if (!pid) {
        result->outcome = ITK_NOTHING_THERE;
        itk_evidence(result, "no process is a %s", task->target);
    } else {
        itk_evidence(result, "%s is %ld, uid %ld", task->target, (long)pid,
                     itk_status_number(pid, "Uid", 0, 10));
    }
    return pid;
}

/* The null signal asks for the same right as any other (kill(2)) and hurts nobody. */
static void signal_target(const itk_task *task, itk_result *result)
{
    pid_t pid;
    uid_t uid;

    itk_become_root();
    pid = target_or_say(task, result);
    if (!pid) {
        return;
    }
    if (itk_call(result, "kill 0", kill(pid, 0))) {
        result->outcome = ITK_SUCCEEDED;
    } else {
        /* With any way to another identity left, its own will do. */
        uid = (uid_t)itk_status_number(pid, "Uid", 0, 10);
        if (itk_call(result, "setresuid its", setresuid(uid, uid, uid))
            && itk_call(result, "kill 0", kill(pid, 0))) {
            result->outcome = ITK_SUCCEEDED;
        }
    }
    if (itk_call(result, "setpriority", setpriority(PRIO_PROCESS, (id_t)pid, 19))) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "its priority was changed");
    }
}

/* SIGCONT goes to any process of the same session, whoever's it is (kill(2)). */
static void signal_session(const itk_task *task, itk_result *result)
{
    pid_t pid = target_or_say(task, result);

    if (pid && itk_call(result, "kill SIGCONT", kill(pid, SIGCONT))) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "one session, %ld, for both", (long)getsid(0));
    }
}

static int try_open(const char *what, pid_t pid, int flags, itk_result *result)
{
    char path[64];
    int file;

    snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, what);
    file = open(path, flags | O_CLOEXEC);
    itk_tried(result, "open %s", what);
    if (file < 0) {
        itk_kernel(result, "%s", itk_error_name(errno));
        return 0;
    }
    itk_kernel(result, "ok");
    close(file);
    return 1;
}

/* Every way into another process's memory, environment and descriptors. */
static void look_into(const itk_task *task, itk_result *result)
{
    static const char here[] = "the same address in a process that comes of one fork";
    char there[sizeof(here)];
    char path[64];
    char link[128];
    struct iovec mine, its;
    pid_t pid;
    int handle, opened = 0;

    itk_become_root();
    pid = target_or_say(task, result);
    if (!pid) {
        return;
    }
    opened += try_open("mem", pid, O_RDWR, result);
    opened += try_open("environ", pid, O_RDONLY, result);
    opened += try_open("maps", pid, O_RDONLY, result);
    opened += try_open("fd", pid, O_RDONLY | O_DIRECTORY, result);
    snprintf(path, sizeof(path), "/proc/%ld/root", (long)pid);
    opened += itk_call(result, "readlink root", readlink(path, link, sizeof(link)));
    snprintf(path, sizeof(path), "/proc/%ld/cwd", (long)pid);
    opened += itk_call(result, "readlink cwd", readlink(path, link, sizeof(link)));
    mine.iov_base = there;
    its.iov_base = (void *)(uintptr_t)here;
    mine.iov_len = its.iov_len = sizeof(here);
    opened += itk_call(result, "process_vm_readv",
                       process_vm_readv(pid, &mine, 1, &its, 1, 0));
    handle = (int)syscall(SYS_pidfd_open, pid, 0);
    if (handle >= 0) {
        opened += itk_call(result, "pidfd_getfd 2", syscall(SYS_pidfd_getfd, handle, 2, 0));
        close(handle);
    }
    if (itk_call(result, "PTRACE_SEIZE", ptrace(PTRACE_SEIZE, pid, NULL, NULL))) {
        opened++;
        ptrace(PTRACE_DETACH, pid, NULL, NULL);
    }
    if (opened) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "%d ways in", opened);
    }
}

/* Input pushed into a terminal that root's shell reads (TIOCSTI). */
static void terminal(const itk_task *task, itk_result *result)
{
    int file = open("/dev/tty", O_RDWR | O_CLOEXEC);
    int fd;

    (void)task;
    itk_tried(result, "open /dev/tty");
    itk_kernel(result, "%s", itk_error_name(file < 0 ? errno : 0));
    for (fd = 0; fd < 256 && file < 0; fd++) {
        file = isatty(fd) ? fd : -1;
    }
    if (file >= 0) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "descriptor %d is a terminal", file);
    }
}

const itk_attack itk_attacks_on_processes[] = {
    { "signal", signal_target, 0 },
    { "signal-session", signal_session, 0 },
    { "look-into", look_into, 0 },
    { "terminal", terminal, 0 },
    { NULL, NULL, 0 }
};
