/* SPDX-License-Identifier: Apache-2.0 */

/* The real thing, by the real kernel, in a child; seen from outside of it. */

#include "check.h"
#include "faults.h"
#include "itk_chroot.h"
#include "itk_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY_ID 54321
#define WORKER_ID 54322

static gid_t nobody_groups[] = { 11, NOBODY_ID };
static gid_t worker_groups[] = { 12, 13, WORKER_ID };
static itk_identity nobody = { NOBODY_ID, NOBODY_ID, 2, nobody_groups };
static itk_identity worker = { WORKER_ID, WORKER_ID, 3, worker_groups };
static itk_limits any = ITK_LIMITS_DEFAULT;

/* Does /proc/pid/status have exactly this line (blanks as one)? */
static int status_says(pid_t pid, const char *field, const char *value)
{
    char path[64], line[512], seen[512];
    FILE *f;
    int found = 0;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    if ((f = fopen(path, "r")) == NULL) {
        return 0;
    }
    while (fgets(line, sizeof(line), f)) {
        char *word, *rest = line;

        if (strncmp(line, field, strlen(field)) != 0) {
            continue;
        }
        rest += strlen(field);
        seen[0] = '\0';
        while ((word = strtok(rest, " \t\n")) != NULL) {
            rest = NULL;
            if (seen[0]) {
                strcat(seen, " ");
            }
            strcat(seen, word);
        }
        found = strcmp(seen, value) == 0;
        if (!found) {
            printf("     %s %s, not %s\n", field, seen, value);
        }
    }
    fclose(f);
    return found;
}

/* Runs itself into a role, says so, and stays to be looked at. */
static pid_t start(int as_worker, int no_new_privs, int *told)
{
    const char *step = "start";
    int told_pair[2], hold[2], result;
    char answer = 0;
    pid_t pid;

    if (pipe(told_pair) != 0 || pipe(hold) != 0 || (pid = fork()) < 0) {
        return -1;
    }
    if (pid == 0) {
        result = as_worker
                 ? itk_become_worker(&worker, &any, 7, no_new_privs, &step)
                 : itk_become_dispatcher(&nobody, "/tmp", &step);
        if (result != 0) {
            fprintf(stderr, "     could not %s\n", step);
        }
        answer = result == 0 ? 'y' : 'n';
        (void) !write(told_pair[1], &answer, 1);
        (void) !read(hold[0], &answer, 1);      /* may do that behind a filter */
        _exit(0);
    }
    (void) !read(told_pair[0], &answer, 1);
    close(told_pair[0]);
    close(told_pair[1]);
    close(hold[0]);             /* hold[1] stays: the child is ended by stop */
    *told = answer == 'y';
    return pid;
}

static void stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void no_capability(pid_t pid)
{
    CLAIM(status_says(pid, "CapInh:", "0000000000000000"));
    CLAIM(status_says(pid, "CapPrm:", "0000000000000000"));
    CLAIM(status_says(pid, "CapEff:", "0000000000000000"));
    CLAIM(status_says(pid, "CapBnd:", "0000000000000000"));
    CLAIM(status_says(pid, "CapAmb:", "0000000000000000"));
}

static void looked_at(void)
{
    char path[64], target[256];
    struct stat st;
    ssize_t length;
    int told = 0;
    pid_t pid;

    test_begin("a real worker: one user, no capability, not to be traced");
    pid = start(1, 0, &told);
    CLAIM(told);
    CLAIM(status_says(pid, "Uid:", "54322 54322 54322 54322"));
    CLAIM(status_says(pid, "Gid:", "54322 54322 54322 54322"));
    CLAIM(status_says(pid, "Groups:", "12 13 54322"));
    CLAIM(status_says(pid, "NoNewPrivs:", "0"));
    no_capability(pid);
    CLAIM(getpriority(PRIO_PROCESS, (id_t)pid) == 7);
    CLAIM(getsid(pid) == pid && getpgid(pid) == pid);
    /* the kernel gives a process that is not dumpable to root */
    snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
    CLAIM(stat(path, &st) == 0 && st.st_uid == 0);
    stop(pid);
    test_end();

    test_begin("a real worker that gains nothing by set-uid programs");
    pid = start(1, 1, &told);
    CLAIM(told);
    CLAIM(status_says(pid, "NoNewPrivs:", "1"));
    stop(pid);
    test_end();

    test_begin("a real dispatcher: in a root that is gone, behind a filter");
    pid = start(0, 0, &told);
    CLAIM(told);
    CLAIM(status_says(pid, "Uid:", "54321 54321 54321 54321"));
    CLAIM(status_says(pid, "Gid:", "54321 54321 54321 54321"));
    CLAIM(status_says(pid, "Groups:", "11 54321"));
    CLAIM(status_says(pid, "NoNewPrivs:", "1"));
    CLAIM(status_says(pid, "Seccomp:", "2"));
    no_capability(pid);
    snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
    length = readlink(path, target, sizeof(target) - 1);
    target[length > 0 ? length : 0] = '\0';
    CLAIM_OF(strncmp(target, "/tmp/itk-", 9) == 0
             && strstr(target, " (deleted)") != NULL, "%s", target);
    stop(pid);
    test_end();
}

/* Something of root's to be found; where there are no keyrings there is none. */
static void leave_a_key(void)
{
    (void) syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "itk-check", 0L,
                   0L, 0L);
    (void) syscall(SYS_add_key, "user", "itk-check", "of root", 7L,
                   (long)KEY_SPEC_SESSION_KEYRING);
}

/* In a child: 0 if the worker can do none of it, else the line that worked. */
static int helpless(void)
{
    const char *step;
    gid_t group = 0;

    leave_a_key();
    if (itk_become_worker(&worker, &any, ITK_NICE_KEEP, 0, &step) != 0) {
        return 1;
    }
    if (setuid(0) == 0 || setresuid(0, 0, 0) == 0 || seteuid(0) == 0) {
        return 2;
    }
    if (setuid(NOBODY_ID) == 0 || setgid(NOBODY_ID) == 0) {
        return 3;
    }
    if (setgroups(1, &group) == 0 || setgroups(0, NULL) == 0) {
        return 4;
    }
    if (open("/etc/shadow", O_RDONLY) >= 0) {
        return 5;
    }
    if (kill(getppid(), 0) == 0) {
        return 6;
    }
    if (itk_become_worker(&nobody, &any, ITK_NICE_KEEP, 0, &step) == 0) {
        return 7;
    }
    if (syscall(SYS_keyctl, KEYCTL_SEARCH, (long)KEY_SPEC_SESSION_KEYRING,
                "user", "itk-check", 0) >= 0
        || syscall(SYS_add_key, "user", "itk-check", "x", 1L,
                   (long)KEY_SPEC_SESSION_KEYRING) >= 0) {
        return 8;
    }
    return 0;
}

static void from_inside(void)
{
    int status = -1;
    pid_t pid;

    test_begin("a real worker reaches neither root nor another again");
    if ((pid = fork()) == 0) {
        _exit(helpless());
    }
    waitpid(pid, &status, 0);
    CLAIM_OF(status == 0, "status %x", (unsigned int)status);
    test_end();

    test_begin("a real worker never comes of root's ids");
    if ((pid = fork()) == 0) {
        itk_identity root = worker;
        const char *step;

        root.uid = 0;
        _exit(itk_become_worker(&root, &any, ITK_NICE_KEEP, 0, &step) == 0
              ? 2 : 0);
    }
    waitpid(pid, &status, 0);
    CLAIM_OF(status == 0, "status %x", (unsigned int)status);
    test_end();
}

/* mkdtemp, chdir, rmdir, chroot, chdir, mkdir: each fails in a child. */
static void no_empty_root(void)
{
    char dir[] = "/tmp/itk-test-XXXXXX", command[128];
    int nth, status;
    pid_t pid;

    test_begin("a root that is not empty, or not entered, is none");
    CLAIM(mkdtemp(dir) != NULL);
    for (nth = 1; nth <= 7; nth++) {
        if ((pid = fork()) == 0) {
            int result;

            faults_arm(nth, EIO);
            result = itk_chroot_empty(dir);
            _exit(faults_disarm() < nth ? 10 - result : -result);
        }
        waitpid(pid, &status, 0);
        CLAIM_OF(WEXITSTATUS(status) == (nth <= 6 ? 1 : 10), "call %d: %d",
                 nth, WEXITSTATUS(status));
    }
    /* only where rmdir itself failed something is left */
    snprintf(command, sizeof(command), "rmdir %s/itk-* && rmdir %s", dir, dir);
    CLAIM(system(command) == 0);
    test_end();
}

void test_drop(void)
{
    if (geteuid() != 0) {
        test_skip("the real drop", "it has to be started as root");
        return;
    }
    no_empty_root();
    looked_at();
    from_inside();
}
