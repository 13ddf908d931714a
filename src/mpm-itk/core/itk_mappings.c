/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_mappings.h"
#include "itk_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* One line of /proc/self/maps (proc(5)); 1: a shared mapping, 0: not, -1. */
static int parse(const char *line, itk_mapping *out)
{
    unsigned long start, end, offset, inode;
    int name = -1;
    size_t length;
    char mode[5];

    if (sscanf(line, "%lx-%lx %4s %lx %*x:%*x %lu %n", &start, &end, mode,
               &offset, &inode, &name) != 5 || name < 0) {
        errno = EINVAL;
        return -1;
    }
    if (mode[3] != 's') {
        return 0;
    }
    out->start = (void *)start;
    out->length = end - start;
    out->protection = (mode[0] == 'r' ? PROT_READ : 0)
                    | (mode[1] == 'w' ? PROT_WRITE : 0)
                    | (mode[2] == 'x' ? PROT_EXEC : 0);
    out->offset = (off_t)offset;
    out->inode = inode;
    length = strcspn(line + name, "\n");
    if (length >= sizeof(out->name)) {
        length = sizeof(out->name) - 1;
    }
    memcpy(out->name, line + name, length);
    out->name[length] = '\0';
    return 1;
}

static int kept(const itk_mapping *mapping, const void *const *keep, int count)
{
    uintptr_t start = (uintptr_t)mapping->start;
    int i;

    for (i = 0; i < count; i++) {
        if ((uintptr_t)keep[i] >= start
            && (uintptr_t)keep[i] - start < mapping->length) {
            return 1;
        }
    }
    return 0;
}

int itk_mappings_list(itk_mapping *list, int max,
                      const void *const *keep, int keep_count)
{
    char line[4352];            /* a path of PATH_MAX and the numbers */
    FILE *maps = fopen("/proc/self/maps", "re");
    itk_mapping found;
    int shared, count = 0;

    if (maps == NULL) {
        return -1;
    }
    while (count >= 0 && fgets(line, sizeof(line), maps)) {
        shared = parse(line, &found);
        if (shared < 0) {
            count = -1;
        }
        else if (shared && !kept(&found, keep, keep_count)) {
            if (count == max) {
                errno = E2BIG;
                count = -1;
            }
            else {
                list[count++] = found;
            }
        }
    }
    if (ferror(maps)) {
        count = -1;
    }
    if (fclose(maps) != 0) {
        return -1;
    }
    return count;
}

/* What is at offset of the file, for as long as there is something. */
static int read_range(int fd, char *to, size_t length, off_t offset)
{
    ssize_t got;

    while (length > 0) {
        got = pread(fd, to, length, offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {         /* the file is shorter than the mapping */
            return 0;
        }
        to += got;
        offset += got;
        length -= (size_t)got;
    }
    return 0;
}

/* 1: what there is has been read; 0: the file cannot tell; -1: it failed. */
static int copy_data(int fd, const itk_mapping *from, char *to)
{
    off_t end = from->offset + (off_t)from->length;
    off_t data = from->offset, hole;

    while (data < end) {
        data = lseek(fd, data, SEEK_DATA);
        if (data < 0 && errno == ENXIO) {
            return 1;           /* nothing from here on */
        }
        if (data < 0) {
            return 0;
        }
        if (data >= end) {
            return 1;
        }
        if ((hole = lseek(fd, data, SEEK_HOLE)) < 0) {
            return 0;
        }
        if (hole > end) {
            hole = end;
        }
        if (read_range(fd, to + (data - from->offset),
                       (size_t)(hole - data), data) != 0) {
            return -1;
        }
        data = hole;
    }
    return 1;
}

/* Page by page; one of zeros is there already. */
static void copy_pages(const itk_mapping *from, char *to)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const char *at = from->start;
    size_t done;

    if (!(from->protection & (PROT_READ | PROT_WRITE))) {
        return;                 /* nobody can read it, nor what is in it */
    }
    for (done = 0; done < from->length; done += page) {
        if (at[done] != 0 || memcmp(at + done, at + done + 1, page - 1) != 0) {
            memcpy(to + done, at + done, page);
        }
    }
}

static int copy(const itk_mapping *from, char *to)
{
    char path[64];
    int fd, done = 0;

    snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx",
             (unsigned long)from->start,
             (unsigned long)from->start + from->length);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0) {
        done = copy_data(fd, from, to);
        if (close(fd) != 0 || done < 0) {
            return -1;
        }
    }
    if (!done) {
        copy_pages(from, to);
    }
    return 0;
}

int itk_mappings_detach(const itk_mapping *list, int count)
{
    const int copying = PROT_READ | PROT_WRITE;
    char *anew;
    int i;

    if (!ITK_GUARD("mappings")) {
        return 0;
    }
    for (i = 0; i < count; i++) {
        anew = mmap(NULL, list[i].length, copying,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (anew == MAP_FAILED || copy(&list[i], anew) != 0) {
            return -1;
        }
        if (list[i].protection != copying
            && mprotect(anew, list[i].length, list[i].protection) != 0) {
            return -1;
        }
        if (mremap(anew, list[i].length, list[i].length,
                   MREMAP_MAYMOVE | MREMAP_FIXED,
                   list[i].start) != list[i].start) {
            return -1;
        }
    }
    return 0;
}
