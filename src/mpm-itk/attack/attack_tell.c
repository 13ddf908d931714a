/* SPDX-License-Identifier: Apache-2.0 */
#include "itk_attack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add(char *text, size_t size, const char *format, va_list words)
{
    size_t used = strlen(text);

    if (used && used + 2 < size) {
        memcpy(text + used, "; ", 3);
        used += 2;
    }
    if (used + 1 < size) {
        vsnprintf(text + used, size - used, format, words);
    }
}

void itk_tried(itk_result *result, const char *format, ...)
{
    va_list words;

    va_start(words, format);
    add(result->tried, sizeof(result->tried), format, words);
    va_end(words);
}

void itk_kernel(itk_result *result, const char *format, ...)
{
    va_list words;

    va_start(words, format);
    add(result->kernel, sizeof(result->kernel), format, words);
    va_end(words);
}

void itk_evidence(itk_result *result, const char *format, ...)
{
    va_list words;

    va_start(words, format);
    add(result->evidence, sizeof(result->evidence), format, words);
    va_end(words);
}

const char *itk_error_name(int error)
{
    static char number[24];

    switch (error) {
    case 0: return "ok";
    case EPERM: return "EPERM";
    case ENOENT: return "ENOENT";
    case ESRCH: return "ESRCH";
    case EIO: return "EIO";
    case ENXIO: return "ENXIO";
    case EBADF: return "EBADF";
    case EAGAIN: return "EAGAIN";
    case EACCES: return "EACCES";
    case EFAULT: return "EFAULT";
    case ENODEV: return "ENODEV";
    case EINVAL: return "EINVAL";
    case ENOTTY: return "ENOTTY";
    case ENOSPC: return "ENOSPC";
    case ESPIPE: return "ESPIPE";
    case EROFS: return "EROFS";
    case EPIPE: return "EPIPE";
    case ENOSYS: return "ENOSYS";
    case ENOKEY: return "ENOKEY";
    case ENOTCONN: return "ENOTCONN";
    case EKEYREVOKED: return "EKEYREVOKED";
    default:
        snprintf(number, sizeof(number), "errno %d", error);
        return number;
    }
}

int itk_call(itk_result *result, const char *call, long answer)
{
    int error = answer == -1 ? errno : 0;

    itk_tried(result, "%s", call);
    if (error) {
        itk_kernel(result, "%s", itk_error_name(error));
    } else {
        itk_kernel(result, "%ld", answer);
    }
    return !error;
}

int itk_become_root(void)
{
    /* Some of these also change the real and saved ids: each may open another
     * way, so none is left out because the one before failed. */
    return (seteuid(0) == 0 || setresuid(0, 0, 0) == 0 || setuid(0) == 0
            || setreuid(-1, 0) == 0)
        && geteuid() == 0;
}

ssize_t itk_read_file(const char *path, char *bytes, size_t size)
{
    ssize_t count;
    int error;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0) {
        return -1;
    }
    count = read(file, bytes, size - 1);
    error = errno;
    close(file);
    errno = error;
    if (count >= 0) {
        bytes[count] = 0;
    }
    return count;
}

long itk_status_number(pid_t pid, const char *name, int which, int base)
{
    char path[64];
    char text[4096];
    char *at, *end;
    long number = -1;

    snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
    if (itk_read_file(path, text, sizeof(text)) < 0) {
        return -1;
    }
    for (at = text; at && *at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, name, strlen(name)) == 0 && at[strlen(name)] == ':') {
            at += strlen(name) + 1;
            do {
                number = (long)strtoull(at, &end, base);
                if (end == at) {
                    return -1;
                }
                at = end;
            } while (which-- > 0);
            return number;
        }
    }
    return -1;
}

size_t itk_unmask(const char *masked, unsigned char *bytes, size_t size)
{
    size_t count = 0;
    unsigned int value;

    while (count < size && masked[0] && masked[1]
           && sscanf(masked, "%2x", &value) == 1) {
        bytes[count++] = (unsigned char)~value;
        masked += 2;
    }
    return count;
}
