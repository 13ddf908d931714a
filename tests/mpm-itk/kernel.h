/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_H
#define KERNEL_H

/*
 * A model of what Linux keeps about a process's identity, and of the calls
 * that change it. While it is on, the core's calls come here.
 */

#include <stdint.h>
#include <sys/types.h>

#define KERNEL_GROUPS_MAX 64

typedef enum {
    KERNEL_RING_OF_ROOT, KERNEL_RING_NEW, KERNEL_RING_CLOSED
} kernel_ring;

typedef struct {
    uid_t ruid, euid, suid, fsuid;
    gid_t rgid, egid, sgid, fsgid;
    int ngroups;
    gid_t groups[KERNEL_GROUPS_MAX];
    uint64_t effective, permitted, inheritable, bounding, ambient;
    unsigned int securebits;
    int dumpable, nice;
    kernel_ring keyring;        /* the session's */
    int own_session, no_new_privs;
    int empty_root, filtered;   /* by itk_chroot_empty, itk_seccomp_dispatcher */
} kernel_state;

typedef enum {
    KERNEL_HONEST,
    KERNEL_FAIL,        /* the n-th call fails and changes nothing */
    KERNEL_LIE,         /* the n-th call says it worked and did not */
    KERNEL_GRANT,       /* the n-th call works, whatever the rules say */
    KERNEL_DRIFT        /* something is another before the n-th call */
} kernel_fault;

extern kernel_state kernel;

/* A process as root has it, with something in each place. */
void kernel_boot(void);
void kernel_on(kernel_fault fault, int nth);
void kernel_drift(void (*change)(void), int nth);
void kernel_off(void);

int kernel_calls(void);
const char *kernel_call_name(int nth);      /* 1 is the first */
int kernel_call_changes(int nth);           /* does this call ask for a change */
int kernel_call_refused(int nth);           /* did the rules say no by themselves */
int kernel_position(const char *name);      /* of the first such call, or 0 */
int kernel_last_position(const char *name);
/* Was just this asked for, and denied? Ids, or sets of capabilities. */
int kernel_refused(const char *name, long a, long b, long c);

#endif
