/* SPDX-License-Identifier: Apache-2.0 */

#include "check.h"
#include "faults.h"
#include "itk_mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
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
    volatile char *other = shared_page(3 * 4096);
    const void *keep[2];
    itk_mapping list[MAX];
    int count, status = -1;
    pid_t pid;

    test_begin("what a child writes stays with it, but for the pages it keeps");
    keep[0] = (void *)(report + 100);   /* anywhere within */
    keep[1] = (void *)(other + 3 * 4096 - 1);
    strcpy((char *)scoreboard + 5000, "before");
    count = itk_mappings_list(list, MAX, keep, 2);
    CLAIM(count > 0 && contains(list, count, scoreboard));
    CLAIM(!contains(list, count, report) && !contains(list, count, other));
    if ((pid = fork()) == 0) {
        alarm(60);
        if (itk_mappings_detach(list, count) != 0
            || strcmp((char *)scoreboard + 5000, "before") != 0) {
            _exit(1);
        }
        strcpy((char *)scoreboard + 5000, "mine");
        report[0] = 7;
        _exit(itk_mappings_list(list, MAX, keep, 2) == 0 ? 0 : 2);
    }
    waitpid(pid, &status, 0);
    CLAIM_OF(status == 0, "status %x", (unsigned int)status);
    CLAIM(strcmp((char *)scoreboard + 5000, "before") == 0);
    CLAIM(report[0] == 7);
    munmap((void *)scoreboard, 3 * 4096);
    munmap((void *)report, 4096);
    munmap((void *)other, 3 * 4096);
    test_end();
}

static void failures(void)
{
    volatile char *page = shared_page(4096);
    itk_mapping list[MAX];
    int calls, nth, result;

    test_begin("a list that cannot be read whole is no list");
    faults_arm(0, 0);
    CLAIM(itk_mappings_list(list, MAX, NULL, 0) > 0);
    calls = faults_disarm();
    CLAIM_OF(calls >= 3, "%d", calls);
    for (nth = 1; nth <= calls; nth++) {
        faults_arm(nth, EIO);
        result = itk_mappings_list(list, MAX, NULL, 0);
        faults_disarm();
        CLAIM_OF(result == -1, "call %d gave %d", nth, result);
    }
    CLAIM(itk_mappings_list(list, 0, NULL, 0) == -1);
    test_end();

    munmap((void *)page, 4096);
}

static void failures_of_leaving(void)
{
    volatile char *page = shared_page(4096);
    /* mmap, open, lseek, lseek, pread, close, mprotect, mremap; no more */
    static const int says[] = { 1, 0, 0, 0, 1, 1, 1, 1, 10 };
    itk_mapping list[1];
    int calls, nth, result, status;
    pid_t pid;

    test_begin("memory that cannot be left is a failure, call by call");
    page[0] = 'x';
    CLAIM(mprotect((void *)page, 4096, PROT_READ) == 0);
    memset(list, 0, sizeof(list));
    list[0].start = (void *)page;
    list[0].length = 4096;
    list[0].protection = PROT_READ;
    for (nth = 1; nth <= (int)(sizeof(says) / sizeof(says[0])); nth++) {
        if ((pid = fork()) == 0) {
            faults_arm(nth, ENOMEM);
            result = itk_mappings_detach(list, 1);
            calls = faults_disarm();
            /* if the file does not tell, the page is read */
            _exit(page[0] != 'x' ? 99 : (calls < nth) * 10 - result);
        }
        waitpid(pid, &status, 0);
        CLAIM_OF(WEXITSTATUS(status) == says[nth - 1], "call %d: %d", nth,
                 WEXITSTATUS(status));
    }
    munmap((void *)page, 4096);
    test_end();
}

static long rss_kilobytes(const char *field)
{
    char line[256];
    FILE *f = fopen("/proc/self/status", "r");
    long value = -1;

    while (f && fgets(line, sizeof(line), f)) {
        if (strncmp(line, field, strlen(field)) == 0) {
            value = strtol(line + strlen(field), NULL, 10);
        }
    }
    if (f) {
        fclose(f);
    }
    return value;
}

/* A cache as large as an opcode cache, with something here and there. */
#define LARGE (128ul << 20)

static int leave_large(volatile char *cache, int file, int denied)
{
    itk_mapping list[MAX];
    struct stat before, after;
    long grown;
    int count = itk_mappings_list(list, MAX, NULL, 0);

    if (count < 1 || !contains(list, count, cache)
        || fstat(file, &before) != 0) {
        return 1;
    }
    grown = rss_kilobytes("RssAnon:");
    if (denied) {
        faults_arm(2, EPERM);   /* mmap, open */
        count = 1;
        list[0].start = (void *)cache;
        list[0].length = LARGE;
        list[0].protection = PROT_READ | PROT_WRITE;
    }
    if (itk_mappings_detach(list, count) != 0) {
        return 2;
    }
    faults_disarm();
    grown = rss_kilobytes("RssAnon:") - grown;
    if (fstat(file, &after) != 0 || grown > 4096) {
        return 3;
    }
    if (!denied && after.st_blocks != before.st_blocks) {
        return 4;               /* looking at it must not make it be there */
    }
    if (cache[5] != 'a' || cache[LARGE / 2 + 70000] != 'b'
        || cache[LARGE - 1] != 'c' || cache[40000] != 0) {
        return 5;
    }
    cache[5] = 'z';
    cache[LARGE / 4] = 'z';
    return 0;
}

static void a_large_cache(void)
{
    int file = memfd_create("cache", MFD_CLOEXEC), status, denied;
    volatile char *cache;
    pid_t pid;

    test_begin("a large cache costs what is in it, here and where it is");
    CLAIM(ftruncate(file, LARGE) == 0);
    cache = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CLAIM(cache != MAP_FAILED);
    cache[5] = 'a';
    cache[LARGE / 2 + 70000] = 'b';
    cache[LARGE - 1] = 'c';
    for (denied = 0; denied < 2; denied++) {
        if ((pid = fork()) == 0) {
            alarm(60);
            _exit(leave_large(cache, file, denied));
        }
        waitpid(pid, &status, 0);
        CLAIM_OF(status == 0, "denied %d: line %x", denied,
                 (unsigned int)status);
        CLAIM(cache[5] == 'a' && cache[LARGE / 4] == 0);
    }
    munmap((void *)cache, LARGE);
    close(file);
    test_end();
}

/* Parts of files, read only, longer than the file, of nobody: as they were. */
static int leave_files(void)
{
    char name[] = "/tmp/itk-map-XXXXXX", page[4096];
    int file = mkstemp(name), i, count;
    volatile char *part, *none, *first;
    itk_mapping list[MAX];
    unsigned char there;
    int ends[2];

    unlink(name);
    for (i = 0; i < 3; i++) {
        memset(page, 'A' + i, sizeof(page));
        (void) !write(file, page, i < 2 ? sizeof(page) : 100);
    }
    /* from the second page on, to two pages behind the end */
    part = mmap(NULL, 4 * 4096, PROT_READ, MAP_SHARED, file, 4096);
    none = mmap(NULL, 4096, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    first = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    count = itk_mappings_list(list, MAX, NULL, 0);
    for (i = 0; i < count && list[i].start != (void *)part; i++) {
    }
    if (i == count || list[i].offset != 4096
        || list[i].protection != PROT_READ
        || strncmp(list[i].name, "/tmp/itk-map-", 13) != 0) {
        return 1;
    }
    faults_read = 0;
    if (itk_mappings_detach(list, count) != 0) {
        return 2;
    }
    /* of the first page, and of the two behind it, no more than that */
    if (faults_read > 4096 + 2 * 4096 || first[0] != 'A') {
        return 7;
    }
    if (part[0] != 'B' || part[4096] != 'C' || part[4096 + 100] != 0
        || part[3 * 4096] != 0) {
        return 3;
    }
    if (itk_mappings_list(list, MAX, NULL, 0) != 0) {
        return 4;
    }
    /* private, and as little readable or writable as it was */
    (void) !pwrite(file, "!", 1, 4096);
    if (part[0] != 'B' || mincore((void *)none, 4096, &there) != 0) {
        return 5;
    }
    /* the kernel answers EFAULT where it may not write, or not read */
    (void) !pipe(ends);
    if (write(ends[1], (void *)none, 1) != -1 || errno != EFAULT
        || write(ends[1], "x", 1) != 1
        || read(ends[0], (void *)part, 1) != -1 || errno != EFAULT) {
        return 6;
    }
    return 0;
}

static void files_and_protections(void)
{
    int status;
    pid_t pid;

    test_begin("parts of files and protections are as they were, but private");
    if ((pid = fork()) == 0) {
        alarm(60);
        _exit(leave_files());
    }
    waitpid(pid, &status, 0);
    CLAIM_OF(status == 0, "line %x", (unsigned int)status);
    test_end();
}

void test_mappings(void)
{
    a_child_writes_alone();
    failures();
    if (geteuid() != 0) {       /* /proc/self/map_files is root's */
        test_skip("leaving memory by its file", "it takes root");
        return;
    }
    failures_of_leaving();
    a_large_cache();
    files_and_protections();
}
