/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The changes of identity against the model of the kernel: with every call
 * failing in its turn, with every call lying in its turn, and with every
 * attempt to regain something succeeding in its turn. "Serve" is what an
 * adapter would do after a 0; it must never happen in another state than the
 * one the role has.
 */

#include "check.h"
#include "faults.h"
#include "itk_identity.h"
#include "kernel.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>

#define CAP(c) (UINT64_C(1) << (c))
#define LOCKED (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED \
                | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED \
                | SECBIT_NO_CAP_AMBIENT_RAISE \
                | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static gid_t nobody_groups[] = { 70, 81 };
static gid_t worker_groups[] = { 300, 1001, 5000 };
static itk_identity nobody = { 81, 81, 2, nobody_groups };
static itk_identity worker = { 1001, 1001, 3, worker_groups };
static itk_limits limits = { 1000, 2000, 1000, 2000 };

static int has_groups(const itk_identity *who)
{
    int i, j, found = 0;

    for (i = 0; i < who->ngroups; i++) {
        for (j = 0; j < kernel.ngroups; j++) {
            found += kernel.groups[j] == who->groups[i];
        }
    }
    return kernel.ngroups == who->ngroups && found == who->ngroups;
}

/* One change of role. */
typedef struct {
    const char *name;
    int enclosed;               /* dispatcher, logger */
    int (*become)(const char **step);
    const itk_identity *to;
    int nice_value, no_new_privs;
} role;

static int worker_plain(const char **step)
{
    return itk_become_worker(&worker, &limits, ITK_NICE_KEEP, 0, step);
}

static int worker_more(const char **step)
{
    return itk_become_worker(&worker, &limits, -5, 1, step);
}

static int dispatcher(const char **step)
{
    return itk_become_dispatcher(&nobody, "/run", step);
}

static int logger(const char **step)
{
    return itk_become_logger(&nobody, "/run", step);
}

static const role roles[] = {
    { "worker", 0, worker_plain, &worker, ITK_NICE_KEEP, 0 },
    { "worker with all options", 0, worker_more, &worker, -5, 1 },
    { "dispatcher", 1, dispatcher, &nobody, ITK_NICE_KEEP, 1 },
    { "logger", 1, logger, &nobody, ITK_NICE_KEEP, 1 },
};

static int safe(const role *r)
{
    const itk_identity *who = r->to;

    return kernel.ruid == who->uid && kernel.euid == who->uid
        && kernel.suid == who->uid && kernel.fsuid == who->uid
        && kernel.rgid == who->gid && kernel.egid == who->gid
        && kernel.sgid == who->gid && kernel.fsgid == who->gid
        && has_groups(who)
        && kernel.effective == 0 && kernel.permitted == 0
        && kernel.inheritable == 0 && kernel.ambient == 0
        && kernel.bounding == 0 && kernel.securebits == LOCKED
        && kernel.dumpable == 0 && kernel.keyring == KERNEL_RING_CLOSED
        && kernel.own_session && kernel.no_new_privs == r->no_new_privs
        && kernel.nice == (r->nice_value == ITK_NICE_KEEP ? 0 : r->nice_value)
        && kernel.empty_root == r->enclosed && kernel.filtered == r->enclosed;
}

static void (*drifting)(void);

static int change(const role *r, kernel_fault fault, int nth,
                  const char **step)
{
    int result;

    kernel_boot();
    if (fault == KERNEL_DRIFT) {
        kernel_drift(drifting, nth);
    }
    else {
        kernel_on(fault, nth);
    }
    errno = 0;
    result = r->become(step);
    kernel_off();
    return result;
}

static void before(const char *one, const char *other)
{
    CLAIM_OF(kernel_position(one) > 0
             && kernel_position(one) < kernel_position(other),
             "%s after %s", one, other);
}

static void the_straight_way(void)
{
    const char *step = NULL;
    char name[80];
    size_t i;

    for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        strcpy(name, "the straight way ends in exactly the state of a ");
        test_begin(strcat(name, roles[i].name));
        CLAIM_OF(change(&roles[i], KERNEL_HONEST, 0, &step) == 0, "%s", step);
        CLAIM(safe(&roles[i]));
        test_end();
    }

    test_begin("session, keyring, priority, groups, gid, uid, capabilities");
    change(&roles[1], KERNEL_HONEST, 0, &step);
    before("setsid", "keyctl(JOIN)");
    before("keyctl(JOIN)", "setpriority");
    before("setpriority", "setgroups");
    before("setgroups", "setresgid");
    before("setresgid", "setresuid");
    before("setresuid", "capset");
    before("capset", "prctl(CAPBSET_DROP)");
    before("prctl(CAPBSET_DROP)", "prctl(SET_DUMPABLE)");
    before("prctl(SET_NO_NEW_PRIVS)", "getresuid");
    before("getresuid", "setuid");
    CLAIM(kernel_last_position("setfsuid") < kernel_calls()
          && kernel_last_position("getresuid") > kernel_position("setuid"));
    test_end();

    test_begin("a dispatcher is enclosed first and filtered last");
    change(&roles[2], KERNEL_HONEST, 0, &step);
    before("itk_chroot_empty", "setsid");
    CLAIM(kernel_position("itk_seccomp_dispatcher") == kernel_calls() - 1
          && kernel_position("socket") == kernel_calls());
    test_end();
}

/*
 * A call that fails ends the change. The attempts to regain something are
 * there to fail, and reading setfs[ug]id after them shows what came of it;
 * for those the rules had said no as well. The end of the list of
 * capabilities is an EINVAL, which a failure may stand for.
 */
static void every_call_fails(const role *r)
{
    const char *step = NULL;
    char name[80];
    int calls, nth, result, stopped = 0;

    change(r, KERNEL_HONEST, 0, &step);
    calls = kernel_calls();
    strcpy(name, "each call fails in turn, none is served by a ");
    test_begin(strcat(name, r->name));
    CLAIM_OF(calls > 200 && calls < 512, "%d calls", calls);
    for (nth = 1; nth <= calls; nth++) {
        int refused, changes;

        change(r, KERNEL_HONEST, 0, &step);
        refused = kernel_call_refused(nth);
        changes = kernel_call_changes(nth);
        result = change(r, KERNEL_FAIL, nth, &step);
        CLAIM_OF(result != 0 || safe(r),
                 "call %d, %s", nth, kernel_call_name(nth));
        CLAIM_OF(result != 0 || (refused && changes),
                 "call %d, %s, failed unseen", nth, kernel_call_name(nth));
        CLAIM_OF(result == 0 || step != NULL, "call %d has no name", nth);
        stopped += result != 0;
    }
    CLAIM_OF(stopped > 100, "only %d of %d", stopped, calls);
    test_end();
}

/* A call that says yes and does nothing is caught by reading back. */
static void every_call_lies(const role *r)
{
    const char *step = NULL;
    char name[80];
    int calls, nth, result, caught = 0;

    change(r, KERNEL_HONEST, 0, &step);
    calls = kernel_calls();
    strcpy(name, "each call lies in turn, none is served by a ");
    test_begin(strcat(name, r->name));
    for (nth = 1; nth <= calls; nth++) {
        result = change(r, KERNEL_LIE, nth, &step);
        CLAIM_OF(result != 0 || safe(r),
                 "call %d, %s", nth, kernel_call_name(nth));
        caught += result != 0;
    }
    CLAIM_OF(caught >= 10, "only %d of %d", caught, calls);
    test_end();
}

/* A kernel that lets a worker back, once, in whatever way. */
static void every_attempt_works(const role *r)
{
    const char *step = NULL;
    char name[80];
    int calls, nth, result, tried = 0;

    change(r, KERNEL_HONEST, 0, &step);
    calls = kernel_calls();
    strcpy(name, "each way back works in turn, and ends a ");
    test_begin(strcat(name, r->name));
    for (nth = 1; nth <= calls; nth++) {
        change(r, KERNEL_HONEST, 0, &step);
        if (!kernel_call_refused(nth)) {
            continue;
        }
        tried++;
        result = change(r, KERNEL_GRANT, nth, &step);
        CLAIM_OF(result != 0, "call %d, %s, was let through", nth,
                 kernel_call_name(nth));
    }
    CLAIM_OF(tried >= 55, "only %d ways", tried);
    test_end();
}

/* Every single thing that a role has to have tried, as a list to read. */
typedef struct { const char *name; long a, b, c; } way;

static void tried(const role *r, const way *ways, size_t count)
{
    const char *step = NULL;
    char name[80];
    size_t i;

    strcpy(name, "every way back is tried by a ");
    test_begin(strcat(name, r->name));
    CLAIM(change(r, KERNEL_HONEST, 0, &step) == 0);
    for (i = 0; i < count; i++) {
        CLAIM_OF(kernel_refused(ways[i].name, ways[i].a, ways[i].b, ways[i].c),
                 "%s %ld %ld %ld", ways[i].name, ways[i].a, ways[i].b,
                 ways[i].c);
    }
    test_end();
}

static void every_way_is_tried(void)
{
    static const way of_worker[] = {
        { "setuid", -1, 0, -1 }, { "seteuid", -1, 0, -1 },
        { "setreuid", 0, 0, 0 }, { "setresuid", 0, 0, 0 },
        { "setresuid", -1, -1, 0 }, { "setfsuid", 0, 0, 0 },
        { "setgid", -1, 0, -1 }, { "setegid", -1, 0, -1 },
        { "setregid", 0, 0, 0 }, { "setresgid", 0, 0, 0 },
        { "setresgid", -1, -1, 0 }, { "setfsgid", 0, 0, 0 },
        { "setresuid", 1000, 1000, 1000 }, { "setresgid", 1000, 1000, 1000 },
        { "setgroups", 1, 0, 0 }, { "setgroups", 0, -1, 0 },
        { "capset", CAP(CAP_SETUID), CAP(CAP_SETUID), 0 },
        { "capset", CAP(CAP_CHOWN), CAP(CAP_CHOWN), 0 },
        { "capset", CAP(40), CAP(40), 0 },
        { "prctl(SET_SECUREBITS)", 0, 0, 0 },
        { "prctl(SET_KEEPCAPS)", 0, 0, 0 },
        { "keyctl(GET_KEYRING_ID)", 0, 0, 0 },
    };
    static const way of_dispatcher[] = {
        { "setresuid", 80, 80, 80 }, { "setuid", -1, 0, -1 },
        { "socket", 0, 0, 0 },
    };

    tried(&roles[0], of_worker, sizeof(of_worker) / sizeof(of_worker[0]));
    tried(&roles[2], of_dispatcher,
          sizeof(of_dispatcher) / sizeof(of_dispatcher[0]));
}

#define DRIFT(name, change) static void drift_##name(void) { kernel.change; }
DRIFT(ruid, ruid = 0) DRIFT(euid, euid = 0) DRIFT(suid, suid = 0)
DRIFT(fsuid, fsuid = 0) DRIFT(rgid, rgid = 0) DRIFT(egid, egid = 0)
DRIFT(sgid, sgid = 0) DRIFT(fsgid, fsgid = 0)
DRIFT(group, groups[1] = 0) DRIFT(fewer, ngroups--) DRIFT(more, ngroups++)
DRIFT(effective, effective ^= CAP(CAP_SYS_NICE))
DRIFT(permitted, permitted |= CAP(CAP_CHOWN))
DRIFT(inheritable, inheritable = CAP(CAP_SETUID))
DRIFT(bounding, bounding = CAP(CAP_SETUID))
DRIFT(securebits, securebits &= ~SECBIT_NOROOT)
DRIFT(dumpable, dumpable = 1)
DRIFT(keyring, keyring = KERNEL_RING_OF_ROOT)
DRIFT(session, own_session = 0)
DRIFT(nice, nice = 3)
DRIFT(privs, no_new_privs = 0)

/* One thing is not as it should be, at the first and at the last look. */
static void everything_is_read_back(const role *r)
{
    static void (*const drifts[])(void) = {
        drift_ruid, drift_euid, drift_suid, drift_fsuid, drift_rgid,
        drift_egid, drift_sgid, drift_fsgid, drift_group, drift_fewer,
        drift_more, drift_effective, drift_permitted, drift_inheritable,
        drift_bounding, drift_securebits, drift_dumpable, drift_keyring,
        drift_session,
        drift_nice, drift_privs  /* if they were asked for */
    };
    const char *step = NULL;
    char name[80];
    int first, last;
    size_t i, count = sizeof(drifts) / sizeof(drifts[0]);

    count -= r->nice_value == ITK_NICE_KEEP ? 2 : 0;
    strcpy(name, "each thing that is not right is seen by a ");
    test_begin(strcat(name, r->name));
    CLAIM(change(r, KERNEL_HONEST, 0, &step) == 0);
    /* where the looking begins: its first call */
    first = kernel_position("getsid");
    last = kernel_last_position("getsid");
    CLAIM(first > 0 && last > first);
    for (i = 0; i < count; i++) {
        drifting = drifts[i];
        CLAIM_OF(change(r, KERNEL_DRIFT, first, &step) != 0,
                 "drift %d, first look", (int)i);
        CLAIM_OF(change(r, KERNEL_DRIFT, last, &step) != 0,
                 "drift %d, last look", (int)i);
    }
    test_end();
}

static void refused_before_anything(void)
{
    static const struct { uid_t uid; gid_t gid; } table[] = {
        { 0, 1001 }, { 1001, 0 }, { (uid_t)-1, 1001 }, { 1001, (gid_t)-1 },
        { 999, 1001 }, { 2001, 1001 }, { 1001, 999 }, { 1001, 2001 },
    };
    const char *step = NULL;
    itk_identity who = worker;
    kernel_state was;
    size_t i;
    int result;

    test_begin("root and ids out of range are refused before any change");
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        who.uid = table[i].uid;
        who.gid = table[i].gid;
        kernel_boot();
        was = kernel;
        kernel_on(KERNEL_HONEST, 0);
        result = itk_become_worker(&who, &limits, -20, 1, &step);
        kernel_off();
        CLAIM_OF(result != 0, "row %d", (int)i);
        CLAIM_OF(kernel_calls() == 0, "row %d made calls", (int)i);
        CLAIM(memcmp(&was, &kernel, sizeof(kernel)) == 0);
    }
    test_end();

    test_begin("dispatcher and logger are never root");
    for (i = 0; i < 4; i++) {
        who.uid = table[i].uid;
        who.gid = table[i].gid;
        kernel_boot();
        kernel_on(KERNEL_HONEST, 0);
        CLAIM_OF(itk_become_dispatcher(&who, "/run", &step) != 0
                 && itk_become_logger(&who, "/run", &step) != 0
                 && kernel_calls() == 0, "row %d", (int)i);
        kernel_off();
    }
    test_end();

    test_begin("every role is made by root");
    for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        kernel_boot();
        kernel.ruid = kernel.euid = kernel.suid = kernel.fsuid = 1001;
        was = kernel;
        kernel_on(KERNEL_HONEST, 0);
        CLAIM_OF(roles[i].become(&step) != 0, "%s", roles[i].name);
        kernel_off();
        CLAIM(memcmp(&was, &kernel, sizeof(kernel)) == 0);
    }
    test_end();
}

static void no_memory(void)
{
    const char *step = NULL;
    int calls, nth;

    test_begin("no memory for reading the groups back means no worker");
    faults_arm(0, 0);
    CLAIM(change(&roles[0], KERNEL_HONEST, 0, &step) == 0);
    calls = faults_disarm();
    CLAIM_OF(calls >= 1, "%d", calls);
    for (nth = 1; nth <= calls; nth++) {
        faults_arm(nth, ENOMEM);
        CLAIM(change(&roles[0], KERNEL_HONEST, 0, &step) != 0);
        faults_disarm();
    }
    test_end();
}

void test_identity(void)
{
    size_t i;

    the_straight_way();
    for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        every_call_fails(&roles[i]);
        every_call_lies(&roles[i]);
        every_attempt_works(&roles[i]);
        everything_is_read_back(&roles[i]);
    }
    every_way_is_tried();
    refused_before_anything();
    no_memory();
}
