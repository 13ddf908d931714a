/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_identity.h"

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
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT           47
#define PR_CAP_AMBIENT_CLEAR_ALL 4
#endif
#ifndef SECBIT_NO_CAP_AMBIENT_RAISE
#define SECBIT_NO_CAP_AMBIENT_RAISE        (1 << 6)
#define SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED (1 << 7)
#endif

#define CAP(c) (UINT64_C(1) << (c))
#define READER_CAPS (CAP(CAP_SETUID) | CAP(CAP_SETGID) | CAP(CAP_SYS_NICE))
#define HIGHEST_CAP 63

/* Locked: uid 0 and set-uid programs give no capability, for ever. */
#define FINAL_SECUREBITS                                            \
    (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED                           \
     | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED      \
     | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

/* Name the step, then do it: the caller reports the last name on failure. */
#define STEP(name, ok)       \
    do {                     \
        *step = (name);      \
        errno = 0;           \
        if (!(ok)) {         \
            return -1;       \
        }                    \
    } while (0)

static int caps_get(uint64_t *effective, uint64_t *permitted,
                    uint64_t *inheritable)
{
    struct __user_cap_header_struct head;
    struct __user_cap_data_struct data[2];

    head.version = _LINUX_CAPABILITY_VERSION_3;
    head.pid = 0;
    memset(data, 0, sizeof(data));
    if (syscall(SYS_capget, &head, data) != 0) {
        return -1;
    }
    *effective = data[0].effective | (uint64_t)data[1].effective << 32;
    *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    *inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    return 0;
}

/* Exactly these in permitted and effective, none inheritable. */
static int caps_set(uint64_t caps)
{
    struct __user_cap_header_struct head;
    struct __user_cap_data_struct data[2];

    head.version = _LINUX_CAPABILITY_VERSION_3;
    head.pid = 0;
    memset(data, 0, sizeof(data));
    data[0].effective = data[0].permitted = (uint32_t)caps;
    data[1].effective = data[1].permitted = (uint32_t)(caps >> 32);
    return (int)syscall(SYS_capset, &head, data);
}

static int caps_are(uint64_t caps)
{
    uint64_t effective, permitted, inheritable;

    return caps_get(&effective, &permitted, &inheritable) == 0
        && effective == caps && permitted == caps && inheritable == 0;
}

/* The kernel answers EINVAL for the first capability that it does not know. */
static int bounding_empty(void)
{
    int cap, there;

    for (cap = 0; cap <= HIGHEST_CAP; cap++) {
        there = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
        if (there < 0) {
            return cap > 0 && errno == EINVAL;
        }
        if (there) {
            return 0;
        }
    }
    return 1;
}

static int bounding_drop(void)
{
    int cap, there;

    for (cap = 0; cap <= HIGHEST_CAP; cap++) {
        there = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
        if (there < 0) {
            return cap > 0 && errno == EINVAL ? 0 : -1;
        }
        if (there && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) {
            return -1;
        }
    }
    return 0;
}

static int ids_are(const itk_identity *who)
{
    uid_t r, e, s;
    gid_t rg, eg, sg;

    /* setfsuid and setfsgid return the present id; -1 is never a change */
    return getresuid(&r, &e, &s) == 0
        && r == who->uid && e == who->uid && s == who->uid
        && getresgid(&rg, &eg, &sg) == 0
        && rg == who->gid && eg == who->gid && sg == who->gid
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
 * as root, whose quota nobody else fills; and without any permission, or the
 * workers of one reader could leave keys there for each other.  A program that
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

/* What must be true of both roles once they are made. */
static int confirm(const itk_identity *who, uint64_t caps, const char **step)
{
    STEP("read back the user and group ids", ids_are(who));
    STEP("read back the supplementary groups", groups_are(who));
    STEP("read back the capabilities", caps_are(caps));
    STEP("read back the bounding set", bounding_empty());
    STEP("read back the securebits",
         prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) == FINAL_SECUREBITS);
    STEP("read back the dumpable flag",
         prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    STEP("be refused the session keyring", keyring_refused());
    return 0;
}

int itk_become_reader(const itk_identity *who, const char **step)
{
    itk_limits any = ITK_LIMITS_DEFAULT;

    STEP("check User and Group", itk_identity_refused(who, &any) == NULL);
    STEP("be root", geteuid() == 0);
    STEP("leave root's session keyring", keyring_leave() == 0);

    /* KEEP_CAPS carries the permitted set over setresuid, nothing more */
    STEP("set the securebits",
         prctl(PR_SET_SECUREBITS,
               (FINAL_SECUREBITS & ~SECBIT_KEEP_CAPS_LOCKED)
               | SECBIT_KEEP_CAPS, 0, 0, 0) == 0);
    STEP("setgroups",
         setgroups((size_t)who->ngroups, who->groups) == 0);
    STEP("setresgid", setresgid(who->gid, who->gid, who->gid) == 0);
    STEP("setresuid", setresuid(who->uid, who->uid, who->uid) == 0);

    STEP("keep CAP_SETPCAP for the next steps",
         caps_set(READER_CAPS | CAP(CAP_SETPCAP)) == 0);
    STEP("empty the bounding set", bounding_drop() == 0);
    STEP("empty the ambient set",
         prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0);
    STEP("lock the securebits",
         prctl(PR_SET_SECUREBITS, FINAL_SECUREBITS, 0, 0, 0) == 0);
    STEP("keep three capabilities", caps_set(READER_CAPS) == 0);
    STEP("clear the dumpable flag",
         prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);

    if (confirm(who, READER_CAPS, step) != 0) {
        return -1;
    }
    STEP("be refused a fourth capability",
         caps_set(READER_CAPS | CAP(CAP_SETPCAP)) != 0);
    STEP("still hold three capabilities", caps_are(READER_CAPS));
    return 0;
}

/* Each of these must fail.  One that works is the hole, so it ends the process. */
static int try_to_regain(const itk_identity *reader, const itk_identity *who,
                         const char **step)
{
    const gid_t root_group[1] = { 0 };

    STEP("be refused setuid(0)", setuid(0) != 0);
    STEP("be refused seteuid(0)", seteuid(0) != 0);
    STEP("be refused setreuid(0)", setreuid(0, 0) != 0);
    STEP("be refused setresuid(0)", setresuid(0, 0, 0) != 0);
    STEP("be refused a saved uid 0",
         setresuid((uid_t)-1, (uid_t)-1, 0) != 0);
    (void) setfsuid(0);
    STEP("be refused setfsuid(0)", (uid_t)setfsuid((uid_t)-1) == who->uid);

    STEP("be refused setgid(0)", setgid(0) != 0);
    STEP("be refused setegid(0)", setegid(0) != 0);
    STEP("be refused setregid(0)", setregid(0, 0) != 0);
    STEP("be refused setresgid(0)", setresgid(0, 0, 0) != 0);
    STEP("be refused a saved gid 0",
         setresgid((gid_t)-1, (gid_t)-1, 0) != 0);
    (void) setfsgid(0);
    STEP("be refused setfsgid(0)", (gid_t)setfsgid((gid_t)-1) == who->gid);

    if (reader->uid != who->uid) {
        STEP("be refused the uid of User",
             setresuid(reader->uid, reader->uid, reader->uid) != 0);
    }
    if (reader->gid != who->gid) {
        STEP("be refused the gid of Group",
             setresgid(reader->gid, reader->gid, reader->gid) != 0);
    }
    STEP("be refused group 0", setgroups(1, root_group) != 0);
    STEP("be refused the groups of User",
         setgroups((size_t)reader->ngroups, reader->groups) != 0);

    STEP("be refused CAP_SETUID", caps_set(CAP(CAP_SETUID)) != 0);
    STEP("be refused CAP_SETGID", caps_set(CAP(CAP_SETGID)) != 0);
    STEP("be refused CAP_SYS_NICE", caps_set(CAP(CAP_SYS_NICE)) != 0);
    STEP("be refused other securebits",
         prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) != 0);
    return 0;
}

int itk_become_worker(const itk_identity *reader, const itk_identity *who,
                      const itk_limits *limits, int nice_value,
                      const char **step)
{
    STEP("check the identity against root and the ranges",
         itk_identity_refused(who, limits) == NULL);
    if (nice_value != ITK_NICE_KEEP) {
        STEP("set the priority", setpriority(PRIO_PROCESS, 0, nice_value) == 0);
    }

    STEP("setgroups",
         setgroups((size_t)who->ngroups, who->groups) == 0);
    STEP("setresgid", setresgid(who->gid, who->gid, who->gid) == 0);
    STEP("setresuid", setresuid(who->uid, who->uid, who->uid) == 0);
    STEP("drop the capabilities", caps_set(0) == 0);
    STEP("clear the dumpable flag",
         prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);

    if (confirm(who, 0, step) != 0
        || try_to_regain(reader, who, step) != 0) {
        return -1;
    }
    return confirm(who, 0, step);
}
