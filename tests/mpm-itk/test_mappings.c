/* SPDX-License-Identifier: Apache-2.0 */

#include "check.h"
#include "faults.h"
#include "itk_mappings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX 64

static volatile char *shared_page(size_t length)
{
    return mmap(NULL, length, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static int contains(const itk_mapping *list, int count, volatile char *page)
{
    int i, found = 0;

    for (i = 0; i < count; i++) {
        found += (char *)page >= (char *)list[i].start
              && (char *)page < (char *)list[i].start + list[i].length;
    }
    return found;
}

static void a_child_writes_alone(void)
{
    volatile char *scoreboard = shared_page(3 * 4096);
    volatile char *report = shared_page(4096);
    itk_mapping list[MAX];
    int count, status = -1;
    pid_t pid;

    test_begin("what a child writes stays with it, but for the page it keeps");
    strcpy((char *)scoreboard + 5000, "before");
    count = itk_mappings_list(list, MAX, (void *)report);
    CLAIM(count > 0 && contains(list, count, scoreboard));
    CLAIM(!contains(list, count, report));
    if ((pid = fork()) == 0) {
        if (itk_mappings_detach(list, count) != 0
            || strcmp((char *)scoreboard + 5000, "before") != 0) {
            _exit(1);
        }
        strcpy((char *)scoreboard + 5000, "mine");
        report[0] = 7;
        _exit(itk_mappings_list(list, MAX, (void *)report) == 0 ? 0 : 2);
    }
    waitpid(pid, &status, 0);
    CLAIM_OF(status == 0, "status %x", (unsigned int)status);
    CLAIM(strcmp((char *)scoreboard + 5000, "before") == 0);
    CLAIM(report[0] == 7);
    munmap((void *)scoreboard, 3 * 4096);
    munmap((void *)report, 4096);
    test_end();
}

static void failures(void)
{
    volatile char *page = shared_page(4096);
    itk_mapping list[MAX];
    int calls, nth, result, status;
    pid_t pid;

    test_begin("a list that cannot be read whole is no list");
    faults_arm(0, 0);
    CLAIM(itk_mappings_list(list, MAX, NULL) > 0);
    calls = faults_disarm();
    CLAIM_OF(calls >= 3, "%d", calls);
    for (nth = 1; nth <= calls; nth++) {
        faults_arm(nth, EIO);
        result = itk_mappings_list(list, MAX, NULL);
        faults_disarm();
        CLAIM_OF(result == -1, "call %d gave %d", nth, result);
    }
    CLAIM(itk_mappings_list(list, 0, NULL) == -1);
    test_end();

    test_begin("memory that cannot be left is a failure, call by call");
    list[0].start = (void *)page;
    list[0].length = 4096;
    for (nth = 1; nth <= 3; nth++) {
        if ((pid = fork()) == 0) {
            faults_arm(nth, ENOMEM);
            _exit(itk_mappings_detach(list, 1) == -1);
        }
        waitpid(pid, &status, 0);
        CLAIM_OF(WEXITSTATUS(status) == (nth <= 2), "call %d", nth);
    }
    munmap((void *)page, 4096);
    test_end();
}

void test_mappings(void)
{
    a_child_writes_alone();
    failures();
}
