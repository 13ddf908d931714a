/* SPDX-License-Identifier: Apache-2.0 */

#include "check.h"
#include "faults.h"
#include "itk_kernel.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * Every probe, by the call of it that fails as on an older kernel.  The calls
 * are counted in the order of the probes; close is among them.
 */
void test_kernel(void)
{
    static const struct { const char *call, *name, *since; int error; } table[] = {
        { "accept4", "accept4(2)", " 2.6.28 ", ENOSYS },
        { "socket", "TCP_DEFER_ACCEPT", " 2.4 ", EPROTONOSUPPORT },
        { "setsockopt", "TCP_DEFER_ACCEPT", " 2.4 ", ENOPROTOOPT },
        { "close", NULL, NULL, EIO },
        { "prctl", "no_new_privs", " 3.5 ", EINVAL },
        { "prctl", "ambient", " 4.3 ", EINVAL },
        { "epoll_create1", "EPOLLEXCLUSIVE", " 4.5 ", ENOSYS },
        { "socketpair", "EPOLLEXCLUSIVE", " 4.5 ", EMFILE },
        { "epoll_ctl ADD", "EPOLLEXCLUSIVE", " 4.5 ", EINVAL },
        { "epoll_ctl MOD", "EPOLLEXCLUSIVE", " 4.5 ", -1 },
        { "close", NULL, NULL, EIO }, { "close", NULL, NULL, EIO },
        { "close", NULL, NULL, EIO },
        { "seccomp", "seccomp(2)", " 4.14 ", EINVAL },
        { "memfd_create", "memfd_create(2)", " 5.1 ", ENOSYS },
        { "fcntl", "F_SEAL_FUTURE_WRITE", " 5.1 ", EINVAL },
        { "close", NULL, NULL, EIO },
        { "close_range", "close_range(2)", " 5.9 ", ENOSYS },
        { "access", "/proc", "mount it", ENOENT },
        { "access", "/proc", "mount it", EACCES },
    };
    const int count = (int)(sizeof(table) / sizeof(table[0]));
    char text[256];
    const char *said;
    int i, calls, first = dup(0), last;

    test_begin("this kernel has all that is needed");
    faults_arm(0, 0);
    said = itk_kernel_missing(text, sizeof(text));
    calls = faults_disarm();
    CLAIM_OF(said == NULL, "%s", said);
    CLAIM_OF(calls == count, "%d calls", calls);
    test_end();

    test_begin("what a kernel lacks is named, with its purpose and version");
    for (i = 0; i < count; i++) {
        faults_arm(i + 1, table[i].error);
        said = itk_kernel_missing(text, sizeof(text));
        faults_disarm();
        if (table[i].name == NULL) {
            CLAIM_OF(said == NULL, "%s: %s", table[i].call, said);
            continue;
        }
        CLAIM_OF(said == text, "%s", table[i].call);
        CLAIM_OF(said && strstr(said, table[i].name)
                 && strstr(said, table[i].since), "%s: %s", table[i].call,
                 said ? said : "nothing");
        CLAIM_OF(said && strlen(said) < sizeof(text) - 1
                 && strstr(said, "needed for"), "%s", said);
    }
    last = dup(0);
    CLAIM(last == first + 1);   /* and no probe leaves something open */
    close(first);
    close(last);
    test_end();

    test_begin("a short buffer is not overrun");
    memset(text, '#', sizeof(text));
    faults_arm(1, ENOSYS);
    CLAIM(itk_kernel_missing(text, 20) == text);
    faults_disarm();
    CLAIM(strlen(text) == 19 && text[20] == '#');
    test_end();
}
