/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The lab build (-DITK_LAB): with one guard left out there is one hole, which
 * somebody can use, and none of the others.  Every guard against every probe,
 * in a process of its own.  Root; nothing of this is in the server.
 */

#include "check.h"
#include "itk_descriptors.h"
#include "itk_guard.h"
#include "itk_identity.h"
#include "itk_mappings.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define WORKER_ID 54322
#define OTHER_ID  54321

static gid_t groups[] = { 12, WORKER_ID };
static itk_identity worker = { WORKER_ID, WORKER_ID, 2, groups };
static itk_limits limits = { 1000, 60000, 1000, 60000 };
static const char *capable = NULL;      /* a program with file capabilities */
static volatile char *shared;
static char *litter;            /* a file that the parent removes */
#define LITTER 64
static int listener;

/* Each probe: 1 if there is a hole, 0 if not, anything else is an accident. */
typedef int (*probe)(void);

static int drop(void)
{
    const char *step = NULL;

    return itk_become_worker(&worker, &limits, 7, 1, &step);
}

#define DROPPED() do { if (drop() != 0) { return 2; } } while (0)

static int same_session(void)
{
    pid_t before = getsid(0);

    DROPPED();
    return getsid(0) == before;
}

static int key_of_root(void)
{
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "itk-lab", 0L, 0L, 0L)
            < 0
        || syscall(SYS_add_key, "user", "itk-lab", "secret", 6L,
                   (long)KEY_SPEC_SESSION_KEYRING) < 0) {
        return 3;
    }
    DROPPED();
    return syscall(SYS_keyctl, KEYCTL_SEARCH, (long)KEY_SPEC_SESSION_KEYRING,
                   "user", "itk-lab", 0L) >= 0;
}

static int priority_of_root(void)
{
    DROPPED();
    return getpriority(PRIO_PROCESS, 0) != 7;
}

/* A file that members of root's group may read; its owner is root. */
static int groups_of_root(void)
{
    char name[] = "/tmp/itk-group-XXXXXX";
    int fd = mkstemp(name), dropped, got;
    gid_t of_root = 0;

    snprintf(litter, LITTER, "%s", name);
    if (fd < 0 || fchmod(fd, 0040) != 0 || setgroups(1, &of_root) != 0) {
        return 3;
    }
    dropped = drop();
    got = open(name, O_RDONLY) >= 0;
    return dropped == 0 ? got : 2;
}

static int saved_gid(void)
{
    DROPPED();
    return setegid(0) == 0 && getegid() == 0;
}

/* uid 0 with no capability is still who owns /etc/shadow. */
static int saved_uid(void)
{
    uid_t real, effective, saved;

    DROPPED();
    if (getresuid(&real, &effective, &saved) != 0 || saved != 0) {
        return 0;
    }
    return seteuid(0) == 0 && open("/etc/shadow", O_RDWR) >= 0;
}

static int another_tenant(void)
{
    DROPPED();
    return setuid(OTHER_ID) == 0 && getuid() == OTHER_ID;
}

/* Run a program that has file capabilities; it says if it got them. */
static int capable_program(void)
{
    char *const argv[] = { (char *)"lab", (char *)"--capable", NULL };
    const char *step = NULL;
    int status;
    pid_t pid;

    /* no_new_privs would hide it */
    if (itk_become_worker(&worker, &limits, 7, 0, &step) != 0) {
        return 2;
    }
    if (capable == NULL) {
        return prctl(PR_CAPBSET_READ, CAP_CHOWN, 0, 0, 0) == 1;
    }
    if ((pid = fork()) == 0) {
        execv(capable, argv);
        _exit(1);
    }
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static int keeps_capabilities(void)
{
    DROPPED();
    return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0;
}

/* Another process of the same uid reads what is in this one. */
static int looked_into(void)
{
    char path[64];
    int status;
    pid_t pid;

    DROPPED();
    snprintf(path, sizeof(path), "/proc/%d/environ", (int)getpid());
    if ((pid = fork()) == 0) {
        _exit(open(path, O_RDONLY) >= 0 ? 0 : 1);
    }
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static int new_privileges(void)
{
    DROPPED();
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
}

static int as_root(void)
{
    itk_identity root = worker;
    const char *step = NULL;

    root.uid = 0;
    if (itk_become_worker(&root, &limits, 7, 1, &step) != 0) {
        return 0;
    }
    return geteuid() == 0 && open("/etc/shadow", O_RDWR) >= 0;
}

static int out_of_range(void)
{
    itk_identity system_user = worker;
    const char *step = NULL;

    system_user.uid = 8;
    if (itk_become_worker(&system_user, &limits, 7, 1, &step) != 0) {
        return 0;
    }
    return getuid() == 8;
}

static int left_open(void)
{
    int fd = dup2(0, 77);

    if (fd != 77 || itk_descriptors_sweep(NULL, 0, NULL, 0) != 0) {
        return 2;
    }
    return fcntl(77, F_GETFD) != -1;
}

/* Whether it was to be closed or to be blanked. */
static int still_listens(void)
{
    int other = dup(listener), value = 0, also = 0;
    socklen_t length = sizeof(value);

    if (itk_descriptors_sweep(NULL, 0, &other, 1) != 0) {
        return 2;
    }
    (void) getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &value, &length);
    (void) getsockopt(other, SOL_SOCKET, SO_ACCEPTCONN, &also, &length);
    return value != also ? 3 : value;
}

static int writes_to_others(void)
{
    itk_mapping list[16];
    int count = itk_mappings_list(list, 16, NULL, 0);

    shared[0] = 0;
    if (count < 1 || itk_mappings_detach(list, count) != 0) {
        return 2;
    }
    shared[0] = 1;              /* the parent looks */
    return 0;
}

/* ---- the dispatcher, seen from outside ------------------------------------ */

static int dispatch(int (*look)(pid_t pid))
{
    const char *step = NULL;
    char byte = 0;
    int told[2], hold[2], seen;
    pid_t pid;

    if (pipe(told) != 0 || pipe(hold) != 0) {
        return 3;
    }
    if ((pid = fork()) == 0) {
        int failed = itk_become_dispatcher(&worker, "/tmp", &step);

        /* for the filter: 2 if there can be a socket */
        byte = (char)(failed ? 1 : socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 2 : 3);
        (void) !write(told[1], &byte, 1);
        (void) !read(hold[0], &byte, 1);
        _exit(0);
    }
    (void) !read(told[0], &byte, 1);
    seen = byte == 1 ? 2 : look ? look(pid) : byte == 2;
    close(hold[1]);
    (void) !write(told[1], &byte, 1);
    close(hold[0]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return seen;
}

static int is_roots(pid_t pid)
{
    char path[64], line[256];
    int root = 3;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f)) {
        if (strncmp(line, "Uid:", 4) == 0) {
            root = strtol(line + 4, NULL, 10) == 0;
        }
    }
    return root;
}

static int sees_everything(pid_t pid)
{
    char path[64], target[256];
    ssize_t length;

    snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
    length = readlink(path, target, sizeof(target) - 1);
    return length < 0 ? 3 : length == 1 && target[0] == '/';
}

static int dispatcher_root(void) { return dispatch(is_roots); }
static int dispatcher_sees(void) { return dispatch(sees_everything); }
static int dispatcher_free(void) { return dispatch(NULL); }

/* ---- all of them ----------------------------------------------------------- */

static const struct { const char *guard; probe hole; } table[] = {
    { "session", same_session }, { "keyring", key_of_root },
    { "nice", priority_of_root }, { "setgroups", groups_of_root },
    { "setgid", saved_gid }, { "setuid", saved_uid },
    { "capabilities", another_tenant }, { "bounding", capable_program },
    { "securebits", keeps_capabilities }, { "dumpable", looked_into },
    { "no-new-privs", new_privileges }, { "uid-zero", as_root },
    { "ids-range", out_of_range }, { "descriptors", left_open },
    { "listeners", still_listens }, { "mappings", writes_to_others },
    { "dispatcher-drop", dispatcher_root },
    { "dispatcher-chroot", dispatcher_sees },
    { "dispatcher-seccomp", dispatcher_free },
    { "regain", NULL }, { "something else", NULL },
};
#define COUNT (int)(sizeof(table) / sizeof(table[0]))

static int answer(const char *without, int which)
{
    int status;
    pid_t pid;

    shared[0] = 0;
    fflush(stdout);
    if ((pid = fork()) == 0) {
        alarm(20);
        setenv("ITK_LAB_WITHOUT", without, 1);
        _exit(table[which].hole());
    }
    waitpid(pid, &status, 0);
    if (litter[0]) {
        unlink(litter);
        litter[0] = '\0';
    }
    if (table[which].hole == writes_to_others && status == 0) {
        return shared[0];
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void every_pair(void)
{
    char name[96];
    int out, in, said;

    for (out = 0; out < COUNT; out++) {
        snprintf(name, sizeof(name), "without \"%s\" there is %s",
                 table[out].guard,
                 table[out].hole ? "its hole and no other" : "no hole");
        test_begin(name);
        for (in = 0; in < COUNT && table[in].hole; in++) {
            said = answer(table[out].guard, in);
            CLAIM_OF(said == (in == out), "probe of \"%s\" says %d",
                     table[in].guard, said);
        }
        test_end();
    }
}

static int names_in_env(void)
{
    return !itk_guard("one") && !itk_guard("two-three") && itk_guard("two")
        && itk_guard("three") && itk_guard("on") && itk_guard("one2")
        && itk_guard("") && setenv("ITK_LAB_WITHOUT", "four", 1) == 0
        && itk_guard("four") && !itk_guard("one");
}

static void names(void)
{
    int status = 1;
    pid_t pid;

    test_begin("guards are left out by whole names, read once");
    if ((pid = fork()) == 0) {
        setenv("ITK_LAB_WITHOUT", "one,two-three", 1);
        _exit(names_in_env() ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    CLAIM(status == 0);
    test_end();
}

/* A copy of this program with a file capability. */
static const char *make_capable(void)
{
    static char name[] = "/tmp/itk-capable-XXXXXX";
    struct vfs_cap_data data;
    int to = mkstemp(name), from = open("/proc/self/exe", O_RDONLY);

    memset(&data, 0, sizeof(data));
    data.magic_etc = htole32(VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE);
    data.data[0].permitted = htole32(1u << CAP_CHOWN);
    while (sendfile(to, from, NULL, 1 << 20) > 0) {
    }
    close(from);
    if (fchmod(to, 0755) != 0
        || fsetxattr(to, "security.capability", &data,
                     XATTR_CAPS_SZ_2, 0) != 0) {
        close(to);
        unlink(name);
        return NULL;
    }
    close(to);
    return name;
}

/* The program with the capability: does it have it? */
int lab_capable(void)
{
    struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2];

    memset(data, 0, sizeof(data));
    (void) syscall(SYS_capget, &head, data);
    return data[0].effective ? 0 : 1;
}

void test_lab(void)
{
    struct sockaddr_un address;

    names();
    if (geteuid() != 0) {
        test_skip("guards left out", "it takes root");
        return;
    }
    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;       /* bound by itself: no name in a folder */
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0
        || listen(listener, 1) != 0 || shared == MAP_FAILED) {
        test_skip("guards left out", "no socket, or no memory");
        return;
    }
    litter = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if ((capable = make_capable()) == NULL) {
        printf("     (no file capabilities below /tmp: the set is read only)\n");
    }
    every_pair();
    if (capable) {
        unlink(capable);
    }
}
