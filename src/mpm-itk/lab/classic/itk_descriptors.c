/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int itk_listeners_list(int *list, int max)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    socklen_t length;
    int fd, listening, count = 0;

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
        listening = 0;
        length = sizeof(listening);
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN,
                       &listening, &length) != 0 || !listening) {
            continue;           /* a file, a pipe, or a connection */
        }
        if (count == max) {
            errno = E2BIG;
            count = -1;
            break;
        }
        list[count++] = fd;
    }
    closedir(dir);
    return count;
}

int itk_descriptors_blank(const int *list, int count)
{
    int i, null, failed = 0;

    if (count == 0) {
        return 0;
    }
    if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0) {
        return -1;
    }
    for (i = 0; i < count && !failed; i++) {
        failed = dup3(null, list[i], O_CLOEXEC) != list[i];
    }
    return close(null) != 0 || failed ? -1 : 0;
}
