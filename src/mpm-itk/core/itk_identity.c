/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_identity.h"
#include "itk_capabilities.h"
#include "itk_chroot.h"
#include "itk_guard.h"
#include "itk_seccomp.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SECBIT_NO_CAP_AMBIENT_RAISE
#define SECBIT_NO_CAP_AMBIENT_RAISE        (1 << 6)
#define SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED (1 << 7)
#endif

/* Locked: uid 0 and set-uid programs give no capability, for ever. */
#define FINAL_SECUREBITS                                            \
    (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED                           \
     | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED      \
     | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

/*
 * The guards of a worker.  A lab build that leaves one out makes the worse
 * worker; dispatcher and logger are as ever.
 */
#define GUARD(name) (!worker || ITK_GUARD(name))

/* Name the step, then do it: the caller reports the last name on failure. */
#define STEP(name, ok)       \
    do {                     \
        *step = (name);      \
        errno = 0;           \
        if (!(ok)) {         \
            return -1;       \
        }                    \
    } while (0)

static int ids_are(const itk_identity *who, uid_t saved_uid, gid_t saved_gid)
{
    uid_t r, e, s;
    gid_t rg, eg, sg;

    /* setfsuid and setfsgid return the present id; -1 is never a change */
    return getresuid(&r, &e, &s) == 0
        && r == who->uid && e == who->uid && s == saved_uid
        && getresgid(&rg, &eg, &sg) == 0
        && rg == who->gid && eg == who->gid && sg == saved_gid
        && (uid_t)setfsuid((uid_t)-1) == who->uid
        && (gid_t)setfsgid((gid_t)-1) == who->gid;
}

static int by_number(const void *a, const void *b)
{
    gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

    return (x > y) - (x < y);
}

static int groups_are(const itk_identity *who)
{
    gid_t *now;
    int same;

    if (getgroups(0, NULL) != who->ngroups) {
        return 0;
    }
    if ((now = malloc((size_t)who->ngroups * sizeof(*now))) == NULL) {
        return 0;
    }
    same = getgroups(who->ngroups, now) == who->ngroups;
    if (same) {
        qsort(now, (size_t)who->ngroups, sizeof(*now), by_number);
        same = memcmp(now, who->groups,
                      (size_t)who->ngroups * sizeof(*now)) == 0;
    }
    free(now);
    return same;
}

/*
 * Whoever is handed a session keyring possesses what is in it, whatever his uid:
 * that of a login as root, its Kerberos tickets for one.  So there is a new one,
 * as root, whose quota nobody else fills; and without any permission, or what a
 * worker runs could leave keys there for what it runs later.  A program that
 * wants one joins a session keyring of its own.
 */
static int keyring_leave(void)
{
    long ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0);

    if (ring < 0) {             /* no keyrings here, or a filter's no to all */
        return errno == ENOSYS || errno == EPERM ? 0 : -1;
    }
    return (int)syscall(SYS_keyctl, KEYCTL_SETPERM, ring, 0, 0, 0);
}

static int keyring_refused(void)
{
    return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID,
                   (long)KEY_SPEC_SESSION_KEYRING, 0, 0, 0) < 0;
}

/* What a role has in the end: in the lab's build it depends on the guards. */
typedef struct {
    int worker;
    uid_t saved_uid;
    gid_t saved_gid;
    uint64_t caps;
    int dumpable;
    int nice_value;             /* ITK_NICE_KEEP: any */
    int no_new_privs;
} target;

static int nice_is(int value)
{
    int now;

    errno = 0;                  /* -1 is a priority too */
    now = getpriority(PRIO_PROCESS, 0);
    return now == value && errno == 0;
}

static int confirm(const itk_identity *who, const target *end,
                   const char **step)
{
    int worker = end->worker;

    STEP("read back the session", !GUARD("session") || getsid(0) == getpid());
    STEP("read back the user and group ids",
         ids_are(who, end->saved_uid, end->saved_gid));
    STEP("read back the supplementary groups",
         !GUARD("setgroups") || groups_are(who));
    STEP("read back the capabilities", itk_caps_are(end->caps));
    STEP("read back the bounding set", !GUARD("bounding") || itk_bounding_empty());
    STEP("read back the securebits", !GUARD("securebits")
         || prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) == FINAL_SECUREBITS);
    STEP("read back the dumpable flag",
         prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == end->dumpable);
    STEP("read back the priority",
         end->nice_value == ITK_NICE_KEEP || nice_is(end->nice_value));
    STEP("read back no_new_privs", !end->no_new_privs
         || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    STEP("be refused the session keyring",
         !GUARD("keyring") || keyring_refused());
    return 0;
}

/*
 * Each of these must fail.  One that works is the hole, so it ends the process:
 * seteuid(0) and the like first, since what they give makes the others work.
 */
static int try_user_ids(const itk_identity *who, const char **step)
{
    uid_t other = who->uid == 1 ? 2 : who->uid - 1;

    STEP("be refused setuid(0)", setuid(0) != 0);
    STEP("be refused seteuid(0)", seteuid(0) != 0);
    STEP("be refused setreuid(0)", setreuid(0, 0) != 0);
    STEP("be refused setresuid(0)", setresuid(0, 0, 0) != 0);
    STEP("be refused a saved uid 0",
         setresuid((uid_t)-1, (uid_t)-1, 0) != 0);
    (void) setfsuid(0);
    STEP("be refused setfsuid(0)", (uid_t)setfsuid((uid_t)-1) == who->uid);
    STEP("be refused another uid", setresuid(other, other, other) != 0);
    return 0;
}

static int try_group_ids(const itk_identity *who, const char **step)
{
    gid_t other = who->gid == 1 ? 2 : who->gid - 1;

    STEP("be refused setgid(0)", setgid(0) != 0);
    STEP("be refused setegid(0)", setegid(0) != 0);
    STEP("be refused setregid(0)", setregid(0, 0) != 0);
    STEP("be refused setresgid(0)", setresgid(0, 0, 0) != 0);
    STEP("be refused a saved gid 0",
         setresgid((gid_t)-1, (gid_t)-1, 0) != 0);
    (void) setfsgid(0);
    STEP("be refused setfsgid(0)", (gid_t)setfsgid((gid_t)-1) == who->gid);
    STEP("be refused another gid", setresgid(other, other, other) != 0);
    return 0;
}

static int try_to_regain(const itk_identity *who, const target *end,
                         const char **step)
{
    const gid_t root_group[1] = { 0 };
    int worker = end->worker;

    if (GUARD("setuid") && GUARD("capabilities")
        && (GUARD("uid-zero") || who->uid != 0)
        && try_user_ids(who, step) != 0) {
        return -1;
    }
    if (GUARD("setgid") && (GUARD("uid-zero") || who->gid != 0)
        && try_group_ids(who, step) != 0) {
        return -1;
    }
    STEP("be refused group 0", setgroups(1, root_group) != 0);
    STEP("be refused no groups", setgroups(0, NULL) != 0);
    STEP("be refused a capability", itk_caps_refused(end->caps));
    STEP("be refused other securebits",
         prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) != 0);
    STEP("be refused to keep capabilities", !GUARD("securebits")
         || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0);
    return 0;
}

/* Session, keyring and priority: what root leaves while it is root. */
static int leave_behind(const target *end, const char **step)
{
    int worker = end->worker;

    if (GUARD("session")) {
        STEP("leave root's session and terminal", setsid() >= 0);
    }
    if (GUARD("keyring")) {
        STEP("leave root's session keyring", keyring_leave() == 0);
    }
    if (end->nice_value != ITK_NICE_KEEP) {
        STEP("set the priority",
             setpriority(PRIO_PROCESS, 0, end->nice_value) == 0);
    }
    return 0;
}

static int change(const itk_identity *who, const target *end,
                  const char **step)
{
    int worker = end->worker;

    /* KEEP_CAPS carries the permitted set over setresuid, nothing more */
    if (GUARD("securebits")) {
        STEP("set the securebits",
             prctl(PR_SET_SECUREBITS,
                   (FINAL_SECUREBITS & ~SECBIT_KEEP_CAPS_LOCKED)
                   | SECBIT_KEEP_CAPS, 0, 0, 0) == 0);
    }
    else {
        STEP("keep capabilities", prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
    }
    if (GUARD("setgroups")) {
        STEP("setgroups",
             setgroups((size_t)who->ngroups, who->groups) == 0);
    }
    STEP("setresgid", setresgid(who->gid, who->gid, end->saved_gid) == 0);
    STEP("setresuid", setresuid(who->uid, who->uid, end->saved_uid) == 0);

    STEP("keep CAP_SETPCAP for the next steps",
         itk_caps_set(end->caps | ITK_CAP(CAP_SETPCAP)) == 0);
    if (GUARD("bounding")) {
        STEP("empty the bounding set", itk_bounding_drop() == 0);
    }
    STEP("empty the ambient set", itk_ambient_clear() == 0);
    if (GUARD("securebits")) {
        STEP("lock the securebits",
             prctl(PR_SET_SECUREBITS, FINAL_SECUREBITS, 0, 0, 0) == 0);
    }
    else {
        STEP("keep no capabilities", prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0);
    }
    STEP("drop the capabilities", itk_caps_set(end->caps) == 0);
    STEP("clear the dumpable flag",
         prctl(PR_SET_DUMPABLE, end->dumpable, 0, 0, 0) == 0);
    if (end->no_new_privs) {
        STEP("set no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    }
    return 0;
}

static int drop(const itk_identity *who, const target *end, const char **step)
{
    int worker = end->worker;

    if (leave_behind(end, step) != 0 || change(who, end, step) != 0
        || confirm(who, end, step) != 0) {
        return -1;
    }
    if (!GUARD("regain")) {
        return 0;
    }
    if (try_to_regain(who, end, step) != 0) {
        return -1;
    }
    return confirm(who, end, step);
}

int itk_become_worker(const itk_identity *who, const itk_limits *limits,
                      int nice_value, int no_new_privs, const char **step)
{
    target end;

    STEP("take an identity that is root's or out of range",
         itk_identity_refused(who, limits) == NULL);
    STEP("do it without being root", geteuid() == 0);

    end.worker = 1;
    end.saved_uid = ITK_GUARD("setuid") ? who->uid : 0;
    end.saved_gid = ITK_GUARD("setgid") ? who->gid : 0;
    end.caps = ITK_GUARD("capabilities") ? 0 : ITK_CAP(CAP_SETUID);
    end.dumpable = ITK_GUARD("dumpable") ? 0 : 1;
    end.nice_value = ITK_GUARD("nice") ? nice_value : ITK_NICE_KEEP;
    end.no_new_privs = ITK_GUARD("no-new-privs") ? no_new_privs : 0;
    return drop(who, &end, step);
}

/* A server's process in an empty root, behind the filter. */
static int enclose(const itk_identity *who, const char *runtime_dir,
                   int with_chroot, int with_drop, int with_filter,
                   const char **step)
{
    itk_limits any = ITK_LIMITS_DEFAULT;
    target end;

    STEP("take an identity that is root's",
         itk_identity_refused(who, &any) == NULL);
    STEP("do it without being root", geteuid() == 0);

    tzset();                    /* reads a file that is not there any more */
    if (with_chroot) {
        STEP("enter an empty root", itk_chroot_empty(runtime_dir) == 0);
    }
    memset(&end, 0, sizeof(end));
    end.saved_uid = who->uid;
    end.saved_gid = who->gid;
    end.nice_value = ITK_NICE_KEEP;
    end.no_new_privs = 1;
    if (with_drop) {
        if (drop(who, &end, step) != 0) {
            return -1;
        }
    }
    else {
        STEP("set no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    }
    if (with_filter) {
        STEP("install the filter of system calls",
             itk_seccomp_dispatcher() == 0);
        STEP("be refused a socket by the filter",
             socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
    }
    return 0;
}

int itk_become_dispatcher(const itk_identity *who, const char *runtime_dir,
                          const char **step)
{
    return enclose(who, runtime_dir, ITK_GUARD("dispatcher-chroot"),
                   ITK_GUARD("dispatcher-drop"),
                   ITK_GUARD("dispatcher-seccomp"), step);
}

int itk_become_logger(const itk_identity *who, const char *runtime_dir,
                      const char **step)
{
    return enclose(who, runtime_dir, 1, 1, 1, step);
}
