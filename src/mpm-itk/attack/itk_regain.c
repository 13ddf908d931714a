/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Installed set-user-ID root, and once more with file capabilities. Says what it
 * got, and whether that opens a file that is another user's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words)
{
    char text[4096];
    const char *caps;
    unsigned long long permitted = 0;
    ssize_t size;
    int file = open("/proc/self/status", O_RDONLY);

    size = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
    text[size > 0 ? size : 0] = 0;
    caps = strstr(text, "CapPrm:");
    if (caps) {
        sscanf(caps + 7, "%llx", &permitted);
    }
    printf("caps %llx uid %u read %s\n", permitted, (unsigned int)geteuid(),
           count > 1 && open(words[1], O_RDONLY) >= 0 ? "yes" : "no");
    return 0;
}
