/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_mappings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int itk_mappings_list(itk_mapping *list, int max, const void *keep)
{
    char line[4352];            /* a path of PATH_MAX and the numbers */
    FILE *maps = fopen("/proc/self/maps", "re");
    unsigned long start, end;
    char mode[5];
    int count = 0;

    if (maps == NULL) {
        return -1;
    }
    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx %4s", &start, &end, mode) != 3) {
            errno = EINVAL;
            count = -1;
            break;
        }
        if (mode[3] != 's' || start == (unsigned long)keep) {
            continue;
        }
        if (count == max) {
            errno = E2BIG;
            count = -1;
            break;
        }
        list[count].start = (void *)start;
        list[count].length = end - start;
        count++;
    }
    if (ferror(maps)) {
        count = -1;
    }
    if (fclose(maps) != 0) {
        return -1;
    }
    return count;
}

int itk_mappings_detach(const itk_mapping *list, int count)
{
    void *copy;
    int i;

    for (i = 0; i < count; i++) {
        copy = mmap(NULL, list[i].length, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (copy == MAP_FAILED) {
            return -1;
        }
        memcpy(copy, list[i].start, list[i].length);
        if (mremap(copy, list[i].length, list[i].length,
                   MREMAP_MAYMOVE | MREMAP_FIXED,
                   list[i].start) != list[i].start) {
            return -1;
        }
    }
    return 0;
}
