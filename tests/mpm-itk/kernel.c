/* SPDX-License-Identifier: Apache-2.0 */

#include "kernel.h"
#include "faults.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS_MAX 512
#define LAST_CAP  40
#define ALL_CAPS  ((UINT64_C(1) << (LAST_CAP + 1)) - 1)
#define CAP(c)    (UINT64_C(1) << (c))

kernel_state kernel;

static int on, count, nth;
static kernel_fault fault;
static void (*drift)(void);
static struct {
    const char *name;
    int changes, refused;
    long asked[3];
} log_[CALLS_MAX];

void kernel_boot(void)
{
    memset(&kernel, 0, sizeof(kernel));
    kernel.ngroups = 2;
    kernel.groups[1] = 4;
    kernel.effective = kernel.permitted = kernel.bounding = ALL_CAPS;
    kernel.inheritable = kernel.ambient = CAP(CAP_CHOWN);
    kernel.dumpable = 1;
}

void kernel_on(kernel_fault f, int n)
{
    on = 1;
    count = 0;
    fault = f;
    nth = n;
    memset(log_, 0, sizeof(log_));
}

void kernel_drift(void (*change)(void), int n)
{
    kernel_on(KERNEL_DRIFT, n);
    drift = change;
}

void kernel_off(void) { on = 0; }
int kernel_calls(void) { return count; }
const char *kernel_call_name(int n) { return log_[n].name; }
int kernel_call_changes(int n) { return log_[n].changes; }
int kernel_call_refused(int n) { return log_[n].refused; }

int kernel_position(const char *name)
{
    int i;

    for (i = 1; i <= count; i++) {
        if (strcmp(log_[i].name, name) == 0) {
            return i;
        }
    }
    return 0;
}

int kernel_last_position(const char *name)
{
    int i = count;

    while (i > 0 && strcmp(log_[i].name, name) != 0) {
        i--;
    }
    return i;
}

int kernel_refused(const char *name, long a, long b, long c)
{
    int i;

    for (i = 1; i <= count; i++) {
        if (log_[i].refused && strcmp(log_[i].name, name) == 0
            && log_[i].asked[0] == a && log_[i].asked[1] == b
            && log_[i].asked[2] == c) {
            return 1;
        }
    }
    return 0;
}

/* What to do with a call: 0 go on by the rules, else return *result. */
enum { BY_RULES, SAY, FORCE };

static int call(const char *name, int changes, int *result)
{
    count++;
    if (count < CALLS_MAX) {
        log_[count].name = name;
        log_[count].changes = changes;
    }
    if (count != nth || fault == KERNEL_HONEST) {
        return BY_RULES;
    }
    if (fault == KERNEL_DRIFT) {
        drift();
        return BY_RULES;
    }
    if (fault == KERNEL_FAIL) {
        errno = EPERM;
        *result = -1;
        return SAY;
    }
    if (fault == KERNEL_LIE && changes) {
        *result = 0;
        return SAY;
    }
    return fault == KERNEL_GRANT && changes ? FORCE : BY_RULES;
}

/* What the present call asks for; an id of -1 as -1. */
static void asked(long a, long b, long c)
{
    log_[count].asked[0] = a;
    log_[count].asked[1] = b;
    log_[count].asked[2] = c;
}

static int denied(void)
{
    log_[count].refused = 1;
    errno = EPERM;
    return -1;
}

static int has(int cap) { return (kernel.effective & CAP(cap)) != 0; }

/* ---- user ids ----------------------------------------------------------- */

static int one_of(uid_t id) 
{
    return id == kernel.ruid || id == kernel.euid || id == kernel.suid;
}

/* What happens to capabilities when uid 0 comes or goes. */
static void uids_changed(uid_t r, uid_t e, uid_t s)
{
    int was = r == 0 || e == 0 || s == 0;
    int is = kernel.ruid == 0 || kernel.euid == 0 || kernel.suid == 0;

    kernel.fsuid = kernel.euid;
    if (r != kernel.ruid || e != kernel.euid || s != kernel.suid) {
        kernel.dumpable = 0;
    }
    if (kernel.securebits & SECBIT_NO_SETUID_FIXUP) {
        return;
    }
    if (was && !is) {
        if (!(kernel.securebits & SECBIT_KEEP_CAPS)) {
            kernel.permitted = kernel.effective = 0;
        }
        kernel.ambient = 0;
    }
    if (e == 0 && kernel.euid != 0) {
        kernel.effective = 0;
    }
    if (e != 0 && kernel.euid == 0) {
        kernel.effective = kernel.permitted;
    }
}

static int set_uids(const char *name, uid_t r, uid_t e, uid_t s)
{
    const uid_t keep = (uid_t)-1;
    uid_t r0 = kernel.ruid, e0 = kernel.euid, s0 = kernel.suid;
    int result, how = call(name, 1, &result);

    asked((int)r, (int)e, (int)s);
    if (how == SAY) {
        return result;
    }
    if (how == BY_RULES && !has(CAP_SETUID)
        && ((r != keep && !one_of(r)) || (e != keep && !one_of(e))
            || (s != keep && !one_of(s)))) {
        return denied();
    }
    if (r != keep) { kernel.ruid = r; }
    if (e != keep) { kernel.euid = e; }
    if (s != keep) { kernel.suid = s; }
    uids_changed(r0, e0, s0);
    return 0;
}

/* ---- group ids ---------------------------------------------------------- */

static int one_of_gids(gid_t id)
{
    return id == kernel.rgid || id == kernel.egid || id == kernel.sgid;
}

static int set_gids(const char *name, gid_t r, gid_t e, gid_t s)
{
    const gid_t keep = (gid_t)-1;
    int result, how = call(name, 1, &result);

    asked((int)r, (int)e, (int)s);
    if (how == SAY) {
        return result;
    }
    if (how == BY_RULES && !has(CAP_SETGID)
        && ((r != keep && !one_of_gids(r)) || (e != keep && !one_of_gids(e))
            || (s != keep && !one_of_gids(s)))) {
        return denied();
    }
    if (r != keep) { kernel.rgid = r; }
    if (e != keep) { kernel.egid = e; }
    if (s != keep) { kernel.sgid = s; }
    kernel.fsgid = kernel.egid;
    return 0;
}

/* ---- the wrapped calls -------------------------------------------------- */

#define PASS(type, name, parameters, arguments)  \
    type __real_##name parameters;               \
    type __wrap_##name parameters;               \
    type __wrap_##name parameters                \
    {                                            \
        if (!on) {                               \
            return __real_##name arguments;      \
        }

PASS(int, setresuid, (uid_t r, uid_t e, uid_t s), (r, e, s))
    return set_uids("setresuid", r, e, s);
}

PASS(int, setuid, (uid_t u), (u))
    return has(CAP_SETUID) ? set_uids("setuid", u, u, u)
                           : set_uids("setuid", (uid_t)-1, u, (uid_t)-1);
}

PASS(int, seteuid, (uid_t e), (e))
    return set_uids("seteuid", (uid_t)-1, e, (uid_t)-1);
}

PASS(int, setreuid, (uid_t r, uid_t e), (r, e))
    return set_uids("setreuid", r, e, e);
}

PASS(int, setresgid, (gid_t r, gid_t e, gid_t s), (r, e, s))
    return set_gids("setresgid", r, e, s);
}

PASS(int, setgid, (gid_t g), (g))
    return has(CAP_SETGID) ? set_gids("setgid", g, g, g)
                           : set_gids("setgid", (gid_t)-1, g, (gid_t)-1);
}

PASS(int, setegid, (gid_t e), (e))
    return set_gids("setegid", (gid_t)-1, e, (gid_t)-1);
}

PASS(int, setregid, (gid_t r, gid_t e), (r, e))
    return set_gids("setregid", r, e, e);
}

/* setfsuid answers with the id of before, and never with an error */
PASS(int, setfsuid, (uid_t u), (u))
    int result, before = (int)kernel.fsuid;
    int how = call("setfsuid", u != (uid_t)-1, &result);

    asked((int)u, 0, 0);
    if (how == SAY) {
        return fault == KERNEL_FAIL ? before + 1 : before;
    }
    if (u == (uid_t)-1) {
        return before;
    }
    if (how == FORCE || has(CAP_SETUID) || one_of(u) || u == kernel.fsuid) {
        kernel.fsuid = u;
    }
    else {
        denied();
    }
    return before;
}

PASS(int, setfsgid, (gid_t g), (g))
    int result, before = (int)kernel.fsgid;
    int how = call("setfsgid", g != (gid_t)-1, &result);

    asked((int)g, 0, 0);
    if (how == SAY) {
        return fault == KERNEL_FAIL ? before + 1 : before;
    }
    if (g == (gid_t)-1) {
        return before;
    }
    if (how == FORCE || has(CAP_SETGID) || one_of_gids(g)
        || g == kernel.fsgid) {
        kernel.fsgid = g;
    }
    else {
        denied();
    }
    return before;
}

PASS(int, setgroups, (size_t n, const gid_t *list), (n, list))
    int result, how = call("setgroups", 1, &result);
    size_t i;

    asked((long)n, n ? (long)list[0] : -1, 0);
    if (how == SAY) {
        return result;
    }
    if (how == BY_RULES && !has(CAP_SETGID)) {
        return denied();
    }
    kernel.ngroups = (int)n;
    for (i = 0; i < n; i++) {   /* in some other order, as the kernel may */
        kernel.groups[n - 1 - i] = list[i];
    }
    return 0;
}

PASS(int, getgroups, (int n, gid_t *list), (n, list))
    int result, i;

    if (call("getgroups", 0, &result) == SAY) {
        return result;
    }
    for (i = 0; n > 0 && i < kernel.ngroups; i++) {
        list[i] = kernel.groups[i];
    }
    return kernel.ngroups;
}

PASS(int, getresuid, (uid_t *r, uid_t *e, uid_t *s), (r, e, s))
    int result;

    if (call("getresuid", 0, &result) == SAY) {
        return result;
    }
    *r = kernel.ruid;
    *e = kernel.euid;
    *s = kernel.suid;
    return 0;
}

PASS(int, getresgid, (gid_t *r, gid_t *e, gid_t *s), (r, e, s))
    int result;

    if (call("getresgid", 0, &result) == SAY) {
        return result;
    }
    *r = kernel.rgid;
    *e = kernel.egid;
    *s = kernel.sgid;
    return 0;
}

PASS(uid_t, geteuid, (void), ())
    int result;

    if (call("geteuid", 0, &result) == SAY) {
        return (uid_t)-1;
    }
    return kernel.euid;
}

PASS(int, setpriority, (int which, id_t who, int value), (which, who, value))
    int result, how = call("setpriority", 1, &result);

    (void) which;
    (void) who;
    if (how == SAY) {
        return result;
    }
    if (how == BY_RULES && value < kernel.nice && !has(CAP_SYS_NICE)) {
        return denied();
    }
    kernel.nice = value;
    return 0;
}

PASS(int, getpriority, (int which, id_t who), (which, who))
    int result;

    (void) which;
    (void) who;
    return call("getpriority", 0, &result) == SAY ? result : kernel.nice;
}

/* ---- session, root and filter ------------------------------------------- */

#define ROOTS_SESSION 1
#define THIS_PROCESS  4242

PASS(pid_t, setsid, (void), ())
    int result;

    if (call("setsid", 1, &result) == SAY) {
        return result;
    }
    kernel.own_session = 1;
    return THIS_PROCESS;
}

PASS(pid_t, getsid, (pid_t pid), (pid))
    int result;

    if (call("getsid", 0, &result) == SAY) {
        return result;
    }
    return kernel.own_session ? THIS_PROCESS : ROOTS_SESSION;
}

PASS(pid_t, getpid, (void), ())
    return THIS_PROCESS;        /* cannot fail */
}

/* It looks for itself whether it worked, in test_enclosed.c. */
PASS(int, itk_chroot_empty, (const char *dir), (dir))
    int result;

    if (call("itk_chroot_empty", 0, &result) == SAY) {
        return result;
    }
    if (!has(CAP_SYS_CHROOT)) {
        return denied();
    }
    kernel.empty_root = 1;
    return 0;
}

PASS(int, itk_seccomp_dispatcher, (void), ())
    int result;

    if (call("itk_seccomp_dispatcher", 1, &result) == SAY) {
        return result;
    }
    if (!kernel.no_new_privs && !has(CAP_SYS_ADMIN)) {
        return denied();
    }
    kernel.filtered = 1;
    return 0;
}

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
    int result, how;

    if (!on) {
        return faults_due() ? -1 : __real_socket(domain, type, protocol);
    }
    how = call("socket", 1, &result);
    if (how == SAY) {
        return result;
    }
    return how == BY_RULES && kernel.filtered ? denied() : 7;
}

/* ---- capabilities ------------------------------------------------------- */

static long capset_call(const struct __user_cap_data_struct *data)
{
    uint64_t e = data[0].effective | (uint64_t)data[1].effective << 32;
    uint64_t p = data[0].permitted | (uint64_t)data[1].permitted << 32;
    uint64_t i = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    int result, how = call("capset", 1, &result);

    asked((long)e, (long)p, (long)i);
    if (how == SAY) {
        return result;
    }
    if (how == BY_RULES && ((p & ~kernel.permitted) || (e & ~p)
                            || (i & ~(kernel.inheritable | kernel.permitted)))) {
        return denied();
    }
    kernel.effective = e;
    kernel.permitted = p;
    kernel.inheritable = i;
    kernel.ambient &= p & i;
    return 0;
}

static long capget_call(struct __user_cap_data_struct *data)
{
    int result;

    if (call("capget", 0, &result) == SAY) {
        return result;
    }
    data[0].effective = (uint32_t)kernel.effective;
    data[1].effective = (uint32_t)(kernel.effective >> 32);
    data[0].permitted = (uint32_t)kernel.permitted;
    data[1].permitted = (uint32_t)(kernel.permitted >> 32);
    data[0].inheritable = (uint32_t)kernel.inheritable;
    data[1].inheritable = (uint32_t)(kernel.inheritable >> 32);
    return 0;
}

/* ---- the session keyring ------------------------------------------------- */

#define NEW_RING 4711

static long keyctl_call(long op, long arg)
{
    int result, how;

    if (op == KEYCTL_JOIN_SESSION_KEYRING && arg == 0) {
        how = call("keyctl(JOIN)", 1, &result);
        if (how == SAY) {
            return result;
        }
        kernel.keyring = KERNEL_RING_NEW;
        return NEW_RING;
    }
    if (op == KEYCTL_SETPERM) {
        how = call("keyctl(SETPERM)", 1, &result);
        if (how == SAY) {
            return result;
        }
        if (arg != NEW_RING || kernel.keyring == KERNEL_RING_OF_ROOT) {
            return denied();
        }
        kernel.keyring = KERNEL_RING_CLOSED;
        return 0;
    }
    if (op == KEYCTL_GET_KEYRING_ID && arg == KEY_SPEC_SESSION_KEYRING) {
        how = call("keyctl(GET_KEYRING_ID)", 1, &result);
        if (how == SAY) {
            return result;
        }
        return kernel.keyring == KERNEL_RING_CLOSED && how != FORCE
               ? denied() : NEW_RING;
    }
    errno = EINVAL;
    return -1;
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    va_list args;
    void *one, *two, *three, *four, *five;

    va_start(args, number);
    one = va_arg(args, void *);
    two = va_arg(args, void *);
    three = va_arg(args, void *);
    four = va_arg(args, void *);
    five = va_arg(args, void *);
    va_end(args);
    if (!on && faults_due()) {
        return -1;
    }
    if (!on) {
        return __real_syscall(number, one, two, three, four, five);
    }
    if (number == SYS_keyctl) {
        return keyctl_call((int)(long)one, (long)two);
    }
    if (number == SYS_capset) {
        return capset_call(two);
    }
    if (number == SYS_capget) {
        return capget_call(two);
    }
    errno = ENOSYS;
    return -1;
}

/* A locked bit stays as it is, and so does its lock. */
static int securebits_call(unsigned int want)
{
    unsigned int locks = kernel.securebits & SECURE_ALL_LOCKS;
    int result, how = call("prctl(SET_SECUREBITS)", 1, &result);

    asked((long)want, 0, 0);
    if (how == SAY) {
        return result;
    }
    if (how == BY_RULES
        && (!has(CAP_SETPCAP) || (locks & ~want)
            || ((locks >> 1) & (kernel.securebits ^ want)))) {
        return denied();
    }
    kernel.securebits = want;
    return 0;
}

int __real_prctl(int op, ...);
int __wrap_prctl(int op, ...);
int __wrap_prctl(int op, ...)
{
    va_list args;
    unsigned long a[4];
    int i, result, how;

    va_start(args, op);
    for (i = 0; i < 4; i++) {
        a[i] = va_arg(args, unsigned long);
    }
    va_end(args);
    if (!on && faults_due()) {
        return -1;
    }
    if (!on) {
        return __real_prctl(op, a[0], a[1], a[2], a[3]);
    }
    switch (op) {
    case PR_SET_SECUREBITS:
        return securebits_call((unsigned int)a[0]);
    case PR_GET_SECUREBITS:
        return call("prctl(GET_SECUREBITS)", 0, &result) == SAY
               ? result : (int)kernel.securebits;
    case PR_CAPBSET_READ:
        if (call("prctl(CAPBSET_READ)", 0, &result) == SAY) {
            return result;
        }
        if ((int)a[0] > LAST_CAP) {
            errno = EINVAL;
            return -1;
        }
        return (kernel.bounding & CAP((int)a[0])) != 0;
    case PR_CAPBSET_DROP:
        how = call("prctl(CAPBSET_DROP)", 1, &result);
        if (how == SAY) {
            return result;
        }
        if (how == BY_RULES && !has(CAP_SETPCAP)) {
            return denied();
        }
        kernel.bounding &= ~CAP((int)a[0]);
        return 0;
    case PR_CAP_AMBIENT:
        if (call("prctl(CAP_AMBIENT)", 1, &result) == SAY) {
            return result;
        }
        kernel.ambient = 0;
        return 0;
    case PR_SET_DUMPABLE:
        if (call("prctl(SET_DUMPABLE)", 1, &result) == SAY) {
            return result;
        }
        kernel.dumpable = (int)a[0];
        return 0;
    case PR_GET_DUMPABLE:
        return call("prctl(GET_DUMPABLE)", 0, &result) == SAY
               ? result : kernel.dumpable;
    case PR_SET_KEEPCAPS:
        how = call("prctl(SET_KEEPCAPS)", 1, &result);
        if (how == SAY) {
            return result;
        }
        if (how == BY_RULES
            && (kernel.securebits & SECBIT_KEEP_CAPS_LOCKED)) {
            return denied();
        }
        kernel.securebits &= ~(unsigned int)SECBIT_KEEP_CAPS;
        kernel.securebits |= a[0] ? SECBIT_KEEP_CAPS : 0;
        return 0;
    case PR_SET_NO_NEW_PRIVS:
        if (call("prctl(SET_NO_NEW_PRIVS)", 1, &result) == SAY) {
            return result;
        }
        kernel.no_new_privs = 1;
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return call("prctl(GET_NO_NEW_PRIVS)", 0, &result) == SAY
               ? result : kernel.no_new_privs;
    default:
        errno = EINVAL;
        return -1;
    }
}
