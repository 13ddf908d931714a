/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_descriptors.h"
#include "itk_guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436     /* on every architecture: Linux 5.9 */
#endif

#define FIRST 3                 /* after standard input, output and error */

static int by_number(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

int itk_descriptors_list(int *list, int max)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    int fd, count = 0;

    if (dir == NULL) {
        return -1;
    }
    for (;;) {
        errno = 0;
        if ((entry = readdir(dir)) == NULL) {
            if (errno != 0) {
                count = -1;
            }
            break;
        }
        if (entry->d_name[0] == '.') {
            continue;
        }
        fd = atoi(entry->d_name);
        if (fd == dirfd(dir)) {
            continue;
        }
        if (count == max) {
            errno = E2BIG;
            count = -1;
            break;
        }
        list[count++] = fd;
    }
    if (count < 0) {
        fd = errno;
        (void) closedir(dir);
        errno = fd;
        return -1;
    }
    (void) closedir(dir);
    qsort(list, (size_t)count, sizeof(*list), by_number);
    return count;
}

static int accepts(int fd)
{
    int listening = 0;
    socklen_t length = sizeof(listening);

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0
        && listening;
}

itk_descriptor_kind itk_descriptor_kind_of(int descriptor)
{
    struct stat st;

    if (fstat(descriptor, &st) != 0) {
        return ITK_DESCRIPTOR_CLOSED;
    }
    switch (st.st_mode & S_IFMT) {
    case S_IFSOCK:
        return accepts(descriptor) ? ITK_DESCRIPTOR_LISTENER
                                   : ITK_DESCRIPTOR_SOCKET;
    case S_IFIFO:
        return ITK_DESCRIPTOR_PIPE;
    case S_IFREG:
        return (fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_RDONLY
               ? ITK_DESCRIPTOR_FILE : ITK_DESCRIPTOR_FILE_WRITABLE;
    case S_IFDIR:
        return ITK_DESCRIPTOR_DIRECTORY;
    case S_IFCHR:
        return isatty(descriptor) ? ITK_DESCRIPTOR_TERMINAL
                                  : ITK_DESCRIPTOR_OTHER;
    default:
        return ITK_DESCRIPTOR_OTHER;
    }
}

static int blank_all(const int *list, int count)
{
    int i, null, wanted = 0;

    if (count == 0) {
        return 0;
    }
    if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0) {
        return -1;
    }
    for (i = 0; i < count; i++) {
        if (!ITK_GUARD("listeners") && accepts(list[i])) {
            continue;
        }
        if (list[i] == null) {  /* it was not open, and now it is this */
            wanted = 1;
            if (null < FIRST && fcntl(null, F_SETFD, 0) != 0) {
                return -1;
            }
        }
        else if (dup3(null, list[i],
                      list[i] < FIRST ? 0 : O_CLOEXEC) != list[i]) {
            return -1;
        }
    }
    return wanted ? 0 : close(null);
}

#ifdef ITK_LAB
/* Without one of the two guards: descriptor by descriptor. */
static int close_gap(unsigned int from, unsigned int to)
{
    int list[4096], i, count = itk_descriptors_list(list, 4096);

    if (count < 0) {
        return -1;
    }
    for (i = 0; i < count; i++) {
        if ((unsigned int)list[i] >= from && (unsigned int)list[i] <= to
            && ITK_GUARD(accepts(list[i]) ? "listeners" : "descriptors")
            && close(list[i]) != 0) {
            return -1;
        }
    }
    return 0;
}
#else
static int close_gap(unsigned int from, unsigned int to)
{
    return (int)syscall(SYS_close_range, from, to, 0u);
}
#endif

/* sorted: what is not closed. */
static int close_gaps(const int *sorted, int count)
{
    unsigned int from = FIRST;
    int i;

    for (i = 0; i < count; i++) {
        if (sorted[i] < FIRST) {
            continue;
        }
        if ((unsigned int)sorted[i] > from
            && close_gap(from, (unsigned int)sorted[i] - 1) != 0) {
            return -1;
        }
        from = (unsigned int)sorted[i] + 1;
    }
    return close_gap(from, UINT_MAX);
}

/* 1 if a number is in both of the sorted lists */
static int overlap(const int *a, int a_count, const int *b, int b_count)
{
    while (a_count > 0 && b_count > 0) {
        if (*a == *b) {
            return 1;
        }
        if (*a < *b) {
            a++;
            a_count--;
        }
        else {
            b++;
            b_count--;
        }
    }
    return 0;
}

static void copy_sorted(int *to, const int *from, int count)
{
    if (count > 0) {
        memcpy(to, from, (size_t)count * sizeof(*to));
        qsort(to, (size_t)count, sizeof(*to), by_number);
    }
}

int itk_descriptors_sweep(const int *keep, int keep_count,
                          const int *blank, int blank_count)
{
    int *list, total, result;

    if (keep_count < 0 || blank_count < 0
        || keep_count > INT_MAX / 8 || blank_count > INT_MAX / 8) {
        errno = EINVAL;
        return -1;
    }
    total = keep_count + blank_count;
    if ((list = malloc(((size_t)total + 1) * sizeof(*list))) == NULL) {
        return -1;
    }
    copy_sorted(list, keep, keep_count);
    copy_sorted(list + keep_count, blank, blank_count);
    if ((keep_count > 0 && list[0] < 0)
        || (blank_count > 0 && list[keep_count] < 0)
        || overlap(list, keep_count, list + keep_count, blank_count)) {
        free(list);
        errno = EINVAL;
        return -1;
    }
    result = blank_all(list + keep_count, blank_count);
    if (result == 0) {
        qsort(list, (size_t)total, sizeof(*list), by_number);
        result = close_gaps(list, total);
    }
    free(list);
    return result;
}
