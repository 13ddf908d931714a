/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_chroot.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Nothing can be made in it: rmdir marks the inode dead for every file system
 * (number of links: not on every one).
 */
static int is_dead(void)
{
    if (mkdir("/x", 0700) == 0) {
        (void) rmdir("/x");
        errno = ENOTEMPTY;
        return 0;
    }
    return errno == ENOENT;
}

int itk_chroot_empty(const char *runtime_dir)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/itk-XXXXXX", runtime_dir);

    if (runtime_dir[0] != '/') {
        errno = EINVAL;         /* it is named again from within */
        return -1;
    }
    if (length < 0 || (size_t)length >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (mkdtemp(path) == NULL) {
        return -1;
    }
    if (chdir(path) != 0) {
        (void) rmdir(path);
        return -1;
    }
    if (rmdir(path) != 0 || chroot(".") != 0 || chdir("/") != 0) {
        return -1;
    }
    return is_dead() ? 0 : -1;
}
