/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT           47
#define PR_CAP_AMBIENT_CLEAR_ALL 4
#endif

#define HIGHEST_CAP 63

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
int itk_caps_set(uint64_t caps)
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

int itk_caps_are(uint64_t caps)
{
    uint64_t effective, permitted, inheritable;

    return caps_get(&effective, &permitted, &inheritable) == 0
        && effective == caps && permitted == caps && inheritable == 0;
}

/* The kernel answers EINVAL for the first capability that it does not know. */
int itk_bounding_empty(void)
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

int itk_bounding_drop(void)
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

int itk_ambient_clear(void)
{
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

/* A capability that the kernel does not know is not refused but left out. */
int itk_caps_refused(uint64_t but)
{
    int cap;

    for (cap = 0; cap <= HIGHEST_CAP; cap++) {
        if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) < 0) {
            return cap > 0 && errno == EINVAL;
        }
        if (!(but & ITK_CAP(cap)) && itk_caps_set(but | ITK_CAP(cap)) == 0) {
            return 0;
        }
    }
    return 1;
}
