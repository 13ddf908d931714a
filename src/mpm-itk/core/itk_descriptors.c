/* SPDX-License-Identifier: Apache-2.0 */

#define _GNU_SOURCE
#include "itk_descriptors.h"

#include <dirent.h>
#include <errno.h>
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

int itk_listeners_close(const int *list, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        if (close(list[i]) != 0) {
            return -1;
        }
    }
    return 0;
}
