/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call that changes who a process is. Kernel: setresuid(2), setfsuid(2),
 * credentials(7), capabilities(7), user_namespaces(7), keyrings(7).
 */
#include "itk_attack.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_ID ((unsigned int)-1)

static long by_setuid(unsigned int id) { return setuid(id); }
static long by_seteuid(unsigned int id) { return seteuid(id); }
static long by_setreuid(unsigned int id) { return setreuid(id, id); }
static long by_setreuid_effective(unsigned int id) { return setreuid(NO_ID, id); }
static long by_setresuid(unsigned int id) { return setresuid(id, id, id); }
static long by_setresuid_effective(unsigned int id)
{
    return setresuid(NO_ID, id, NO_ID);
}
static long by_setresuid_saved(unsigned int id)
{
    return setresuid(NO_ID, NO_ID, id);
}
static long by_setfsuid(unsigned int id)
{
    /* It answers the id that was, whether it changed it or not. */
    setfsuid(id);
    if ((unsigned int)setfsuid(NO_ID) == id) {
        return 0;
    }
    errno = EPERM;
    return -1;
}

static long by_setgid(unsigned int id) { return setgid(id); }
static long by_setegid(unsigned int id) { return setegid(id); }
static long by_setregid(unsigned int id) { return setregid(id, id); }
static long by_setregid_effective(unsigned int id) { return setregid(NO_ID, id); }
static long by_setresgid(unsigned int id) { return setresgid(id, id, id); }
static long by_setresgid_saved(unsigned int id)
{
    return setresgid(NO_ID, NO_ID, id);
}
static long by_setfsgid(unsigned int id)
{
    setfsgid(id);
    if ((unsigned int)setfsgid(NO_ID) == id) {
        return 0;
    }
    errno = EPERM;
    return -1;
}

typedef struct way {
    const char *name;
    long (*call)(unsigned int id);
} way;

static const way user_ways[] = {
    { "setuid", by_setuid },
    { "seteuid", by_seteuid },
    { "setreuid", by_setreuid },
    { "setreuid(-1,)", by_setreuid_effective },
    { "setresuid", by_setresuid },
    { "setresuid(-1,,-1)", by_setresuid_effective },
    { "setresuid(-1,-1,)", by_setresuid_saved },
    { "setfsuid", by_setfsuid },
    { NULL, NULL }
};

static const way group_ways[] = {
    { "setgid", by_setgid },
    { "setegid", by_setegid },
    { "setregid", by_setregid },
    { "setregid(-1,)", by_setregid_effective },
    { "setresgid", by_setresgid },
    { "setresgid(-1,-1,)", by_setresgid_saved },
    { "setfsgid", by_setfsgid },
    { NULL, NULL }
};

static void try_ways(const way *ways, unsigned int id, itk_result *result)
{
    char call[64];

    for (; ways->name; ways++) {
        snprintf(call, sizeof(call), "%s %u", ways->name, id);
        if (itk_call(result, call, ways->call(id))) {
            itk_evidence(result, "%s: now uids %ld %ld %ld %ld, gids %ld %ld %ld %ld",
                         call,
                         itk_status_number(getpid(), "Uid", 0, 10),
                         itk_status_number(getpid(), "Uid", 1, 10),
                         itk_status_number(getpid(), "Uid", 2, 10),
                         itk_status_number(getpid(), "Uid", 3, 10),
                         itk_status_number(getpid(), "Gid", 0, 10),
                         itk_status_number(getpid(), "Gid", 1, 10),
                         itk_status_number(getpid(), "Gid", 2, 10),
                         itk_status_number(getpid(), "Gid", 3, 10));
            result->outcome = ITK_SUCCEEDED;
        }
    }
}

static void uid_root(const itk_task *task, itk_result *result)
{
    (void)task;
    try_ways(user_ways, 0, result);
}

static void uid_other(const itk_task *task, itk_result *result)
{
    itk_become_root();
    try_ways(user_ways, task->victim, result);
}

static void gid_root(const itk_task *task, itk_result *result)
{
    (void)task;
    itk_become_root();
    try_ways(group_ways, 0, result);
}

static void gid_other(const itk_task *task, itk_result *result)
{
    itk_become_root();
    try_ways(group_ways, task->victim, result);
}

/* Every group that the process has and its pool has not. */
static int strange_group(const itk_task *task)
{
    gid_t groups[256];
    int i;
    int count = getgroups(256, groups);

    for (i = 0; i < count; i++) {
        if (groups[i] != task->own && groups[i] != task->group) {
            return (int)groups[i];
        }
    }
    return -1;
}

static void groups_kept(const itk_task *task, itk_result *result)
{
    int strange = strange_group(task);

    itk_tried(result, "getgroups");
    if (strange >= 0) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "still in group %d", strange);
    } else {
        itk_kernel(result, "only the pool's own groups");
    }
}

static void groups_set(const itk_task *task, itk_result *result)
{
    gid_t groups[2];

    itk_become_root();
    groups[0] = 0;
    groups[1] = task->victim;
    itk_call(result, "setgroups {0, other}", setgroups(2, groups));
    itk_call(result, "setgroups {other}", setgroups(1, groups + 1));
    itk_call(result, "initgroups root", initgroups("root", 0));
    itk_call(result, "setgroups {}", setgroups(0, NULL));
    if (getgroups(0, NULL) == 0 || strange_group(task) >= 0) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "the list is another now: %d groups", getgroups(0, NULL));
    }
}

static void caps_left(const itk_task *task, itk_result *result)
{
    static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };
    unsigned int i;

    (void)task;
    for (i = 0; i < 4; i++) {
        long set = itk_status_number(getpid(), sets[i], 0, 16);
        itk_tried(result, "%s", sets[i]);
        itk_kernel(result, "%lx", (unsigned long)set);
        if (set != 0) {
            result->outcome = ITK_SUCCEEDED;
            itk_evidence(result, "%s is %lx", sets[i], (unsigned long)set);
        }
    }
}

static void caps_bounding(const itk_task *task, itk_result *result)
{
    long set = itk_status_number(getpid(), "CapBnd", 0, 16);

    (void)task;
    itk_tried(result, "CapBnd");
    itk_kernel(result, "%lx", (unsigned long)set);
    if (set != 0) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "a program's file capabilities would be granted");
    }
}

static void caps_raise(const itk_task *task, itk_result *result)
{
    struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct all[2];
    int bit;

    (void)task;
    itk_become_root();
    memset(all, 0xff, sizeof(all));
    all[1].effective = all[1].permitted = all[1].inheritable = 0x1ff;
    itk_call(result, "capset all", syscall(SYS_capset, &head, all));
    for (bit = 0; bit < 41; bit++) {
        memset(all, 0, sizeof(all));
        all[bit / 32].effective = all[bit / 32].permitted = 1u << (bit % 32);
        if (syscall(SYS_capset, &head, all) == 0) {
            itk_evidence(result, "capset gave capability %d", bit);
        }
    }
    itk_call(result, "ambient setuid",
             prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETUID, 0, 0));
    if (itk_status_number(getpid(), "CapPrm", 0, 16) != 0
        || itk_status_number(getpid(), "CapAmb", 0, 16) != 0) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "CapPrm %lx",
                     (unsigned long)itk_status_number(getpid(), "CapPrm", 0, 16));
    }
}

/*
 * With the bits locked nothing that it executes is treated as root's because of
 * its uid. An attacker unlocks them before it becomes root by some other way.
 */
static void caps_securebits(const itk_task *task, itk_result *result)
{
    long bits;

    (void)task;
    itk_call(result, "PR_SET_SECUREBITS 0", prctl(PR_SET_SECUREBITS, 0, 0, 0, 0));
    itk_call(result, "PR_SET_KEEPCAPS 1", prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
    bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
    itk_kernel(result, "securebits %lx", bits);
    if (!(bits & SECBIT_NOROOT) || !(bits & SECBIT_NOROOT_LOCKED)) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "uid 0 is root's for what is executed");
    }
}

/* Executes a program and takes its one line: "caps HEX uid N read yes|no". */
static void execute(const itk_task *task, const char *program, int want_uid,
                    itk_result *result)
{
    int ends[2];
    char line[256];
    char secret[256];
    ssize_t count;
    unsigned long long caps = 0;
    unsigned int uid = 0;
    char yes[4] = "";
    pid_t pid;

    if (access(program, X_OK) != 0) {
        result->outcome = ITK_NOTHING_THERE;
        itk_evidence(result, "%s is not there", program);
        return;
    }
    if (pipe(ends) != 0 || (pid = fork()) < 0) {
        itk_kernel(result, "%s", itk_error_name(errno));
        return;
    }
    snprintf(secret, sizeof(secret), "%s/secrets/of-victim", task->place);
    if (pid == 0) {
        dup2(ends[1], 1);
        execl(program, program, secret, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    count = read(ends[0], line, sizeof(line) - 1);
    close(ends[0]);
    waitpid(pid, NULL, 0);
    line[count > 0 ? count : 0] = 0;
    itk_tried(result, "execve %s", program);
    itk_kernel(result, "%s", count > 0 ? line : "it did not run");
    if (sscanf(line, "caps %llx uid %u read %3s", &caps, &uid, yes) == 3
        && (caps != 0 || strcmp(yes, "yes") == 0 || (want_uid && uid == 0))) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "%s", line);
    }
}

static void caps_setuid_program(const itk_task *task, itk_result *result)
{
    execute(task, "/usr/local/bin/itk-regain-setuid", 0, result);
}

static void caps_file_program(const itk_task *task, itk_result *result)
{
    execute(task, "/usr/local/bin/itk-regain-filecaps", 0, result);
}

static void uid_setuid_program(const itk_task *task, itk_result *result)
{
    execute(task, "/usr/local/bin/itk-regain-setuid", 1, result);
}

static int put(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t count = file < 0 ? -1 : write(file, text, strlen(text));
    int error = errno;

    if (file >= 0) {
        close(file);
    }
    errno = error;
    return count < 0 ? -1 : 0;
}

/* In a namespace of its own anybody is root; over the machine's ids he is not. */
static void user_namespace(const itk_task *task, itk_result *result)
{
    char path[256];
    char text[64];

    itk_become_root();
    if (!itk_call(result, "unshare CLONE_NEWUSER", syscall(SYS_unshare, CLONE_NEWUSER))) {
        return;
    }
    if (itk_call(result, "uid_map 0 0 65536", put("/proc/self/uid_map", "0 0 65536"))
        || itk_call(result, "uid_map 0 0 1", put("/proc/self/uid_map", "0 0 1"))) {
        itk_evidence(result, "the machine's root is mapped");
    } else {
        snprintf(text, sizeof(text), "0 %u 1", task->own);
        put("/proc/self/uid_map", text);
    }
    itk_become_root();
    setresuid(0, 0, 0);
    snprintf(path, sizeof(path), "%s/secrets/of-root", task->place);
    if (itk_read_file(path, text, sizeof(text)) >= 0) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "read %s", path);
    } else {
        itk_tried(result, "open %s", path);
        itk_kernel(result, "%s", itk_error_name(errno));
    }
}

/* The key that the tool puts into the session keyring the server starts with. */
static void session_key(const itk_task *task, itk_result *result)
{
    char bytes[64];
    long key, ring;

    (void)task;
    itk_become_root();
    ring = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
    if (ring == -1 && errno == ENOSYS) {
        result->outcome = ITK_NOTHING_THERE;
        itk_evidence(result, "this kernel has no keys");
        return;
    }
    key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user",
                  "itk-attack", 0);
    if (itk_call(result, "keyctl search session", key)
        && itk_call(result, "keyctl read",
                    syscall(SYS_keyctl, KEYCTL_READ, key, bytes, sizeof(bytes)))) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "the key that root's session had was read");
    }
}

static void nice_value(const itk_task *task, itk_result *result)
{
    int now;

    itk_become_root();
    itk_call(result, "setpriority -20", setpriority(PRIO_PROCESS, 0, -20));
    itk_call(result, "setpriority 0", setpriority(PRIO_PROCESS, 0, 0));
    now = getpriority(PRIO_PROCESS, 0);
    itk_kernel(result, "priority %d", now);
    if (now < task->number) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "runs at %d, its host has %d", now, task->number);
    }
}

const itk_attack itk_attacks_on_ids[] = {
    { "uid-root", uid_root, 0 },
    { "uid-other", uid_other, 0 },
    { "gid-root", gid_root, 0 },
    { "gid-other", gid_other, 0 },
    { "groups-kept", groups_kept, 0 },
    { "groups-set", groups_set, 0 },
    { "caps-left", caps_left, 0 },
    { "caps-bounding", caps_bounding, 0 },
    { "caps-raise", caps_raise, 0 },
    { "caps-securebits", caps_securebits, 0 },
    { "caps-setuid-program", caps_setuid_program, 0 },
    { "caps-file-program", caps_file_program, 0 },
    { "uid-setuid-program", uid_setuid_program, 0 },
    { "user-namespace", user_namespace, 0 },
    { "session-key", session_key, 0 },
    { "nice", nice_value, 0 },
    { NULL, NULL, 0 }
};
