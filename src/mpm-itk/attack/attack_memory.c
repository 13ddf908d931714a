/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that others use as well (CVE-2007-3304, CVE-2012-0031, CVE-2019-0211:
 * root acted upon what a child had written there), and what of other hosts lies
 * in the memory that is a worker's own.
 */
#include "itk_attack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

typedef struct mapping {
    unsigned long start, end;
    char rights[8];
    unsigned long inode;
    char name[128];
} mapping;

/* A second answer: whether the line was one. */
static int next_mapping(FILE *maps, mapping *out)
{
    char line[512];

    while (fgets(line, sizeof(line), maps)) {
        out->name[0] = 0;
        if (sscanf(line, "%lx-%lx %7s %*s %*s %lu %127[^\n]", &out->start, &out->end,
                   out->rights, &out->inode, out->name) >= 4) {
            return 1;
        }
    }
    return 0;
}

/*
 * Copies memory that may not be there: write(2) answers EFAULT where an own
 * load would end the process.
 */
static ssize_t copy_out(int ends[2], const char *from, size_t size, char *to)
{
    ssize_t count = write(ends[1], from, size);

    return count > 0 ? read(ends[0], to, (size_t)count) : -1;
}

int itk_find_in_memory(const char *masked, int shared, char *where, size_t size)
{
    unsigned char wanted[128];
    static char page[4096 + 128];
    size_t length = itk_unmask(masked, wanted, sizeof(wanted));
    FILE *maps = fopen("/proc/self/maps", "re");
    mapping area;
    int ends[2];
    int found = 0;

    if (!maps || pipe(ends) != 0) {
        return 0;
    }
    memset(page, 0, sizeof(page));
    while (!found && length && next_mapping(maps, &area)) {
        unsigned long at;
        if (area.rights[0] != 'r' || (shared && area.rights[3] != 's')
            || strncmp(area.name, "[v", 2) == 0) {
            continue;
        }
        memset(page, 0, 128);
        for (at = area.start; at < area.end && !found; at += 4096) {
            ssize_t count = copy_out(ends, (const char *)at, 4096, page + 128);
            char *hit;
            if (count <= 0) {
                break;
            }
            hit = memmem(page, (size_t)count + 128, wanted, length);
            /* Its copies that this search has made are no finds. */
            while (hit) {
                unsigned long address = at + (unsigned long)(hit - page) - 128;
                if ((address < (unsigned long)wanted
                     || address >= (unsigned long)wanted + sizeof(wanted))
                    && (address < (unsigned long)page - 128
                        || address >= (unsigned long)page + sizeof(page))) {
                    snprintf(where, size, "%lx in %lx-%lx %s %s", address, area.start,
                             area.end, area.rights, area.name);
                    found = 1;
                    break;
                }
                hit = memmem(hit + 1, (size_t)(page + 128 + count - hit - 1), wanted, length);
            }
            memmove(page, page + (size_t)count, 128);
        }
    }
    close(ends[0]);
    close(ends[1]);
    fclose(maps);
    explicit_bzero(wanted, sizeof(wanted));
    explicit_bzero(page, sizeof(page));
    return found;
}

static void secret_in_memory(const itk_task *task, itk_result *result)
{
    char where[256];

    itk_tried(result, "search of all readable memory");
    if (itk_find_in_memory(task->marker, 0, where, sizeof(where))) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "found at %s", where);
    } else {
        itk_kernel(result, "not there");
    }
}

/* The same bytes, last first, masked like these: hex, two digits a byte. */
static void turn_round(const char *masked, size_t length, char *out)
{
    size_t i;

    for (i = 0; i + 1 < length; i += 2) {
        out[length - 2 - i] = masked[i];
        out[length - 1 - i] = masked[i + 1];
    }
    out[length] = 0;
}

/* As DER has a number, and as OpenSSL's BIGNUM has it on this machine. */
static int number_in_memory(const char *masked, size_t length, char *where, size_t size)
{
    char one[257], other[257];

    length -= length % 2;
    if (length == 0 || length >= sizeof(one)) {
        return 0;
    }
    memcpy(one, masked, length);
    one[length] = 0;
    turn_round(one, length, other);
    return itk_find_in_memory(one, 0, where, size) || itk_find_in_memory(other, 0, where, size);
}

/* Two marks: of the own host's private key, which shows that the search finds
 * one, and of the other's. */
static void key_in_memory(const itk_task *task, itk_result *result)
{
    size_t own = strcspn(task->marker, ",");
    const char *other = task->marker + own + (task->marker[own] == ',');
    char where[256];

    itk_tried(result, "search of all readable memory, both orders of bytes");
    if (!number_in_memory(task->marker, own, where, sizeof(where))) {
        result->outcome = ITK_NOTHING_THERE;
        itk_kernel(result, "not even the own host's key is found");
        return;
    }
    itk_kernel(result, "the own host's is found");
    if (number_in_memory(other, strlen(other), where, sizeof(where))) {
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "found at %s", where);
    } else {
        itk_kernel(result, "the other's is not there");
    }
}

/* Writes where others read: the mark at the end of each, where least is used. */
static void shared_memory(const itk_task *task, itk_result *result)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    unsigned char mark[64];
    size_t length = itk_unmask(task->marker, mark, sizeof(mark));
    mapping area;

    itk_tried(result, "write to each shared writable mapping");
    while (maps && next_mapping(maps, &area)) {
        if (area.rights[3] != 's') {
            continue;
        }
        if (area.rights[1] != 'w') {
            itk_kernel(result, "%lx-%lx is %s", area.start, area.end, area.rights);
            continue;
        }
        if (length && area.end - area.start > 2 * sizeof(mark)) {
            memcpy((char *)area.end - sizeof(mark), mark, length);
        }
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "wrote to %lx-%lx inode %lu %s", area.start, area.end,
                     area.inode, area.name);
    }
    if (maps) {
        fclose(maps);
    }
    if (result->outcome == ITK_DENIED && !result->kernel[0]) {
        itk_kernel(result, "none is mapped");
    }
}

/* What is mapped for reading only, made writable; or through its file. */
static void protect(const itk_task *task, itk_result *result)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    mapping area;
    int seen = 0;

    (void)task;
    itk_become_root();
    while (maps && next_mapping(maps, &area)) {
        char path[96];
        int file;
        if (area.rights[3] != 's' || area.rights[1] == 'w') {
            continue;
        }
        seen++;
        if (itk_call(result, "mprotect",
                     mprotect((void *)area.start, area.end - area.start,
                              PROT_READ | PROT_WRITE))) {
            result->outcome = ITK_SUCCEEDED;
            itk_evidence(result, "%lx-%lx %s can be written now", area.start, area.end, area.name);
        }
        snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", area.start, area.end);
        file = open(path, O_RDWR | O_CLOEXEC);
        itk_tried(result, "open map_files");
        itk_kernel(result, "%s", itk_error_name(file < 0 ? errno : 0));
        if (file >= 0 && mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) != MAP_FAILED) {
            result->outcome = ITK_SUCCEEDED;
            itk_evidence(result, "mapped again for writing");
        }
    }
    if (maps) {
        fclose(maps);
    }
    if (!seen) {
        itk_tried(result, "mprotect");
        itk_kernel(result, "nothing is mapped shared for reading");
    }
}

static int try_segment(int id, itk_result *result)
{
    void *place = shmat(id, NULL, 0);

    itk_tried(result, "shmat %d", id);
    if (place == (void *)-1) {
        itk_kernel(result, "%s", itk_error_name(errno));
        return 0;
    }
    shmdt(place);
    itk_kernel(result, "ok");
    return 1;
}

/* Segments and files of shared memory that a name leads to, mapped or not. */
static void named_memory(const itk_task *task, itk_result *result)
{
    FILE *list;
    DIR *files;
    struct dirent *entry;
    char line[512];
    char path[320];
    int id, file;

    itk_become_root();
    list = fopen("/proc/sysvipc/shm", "re");
    while (list && fgets(line, sizeof(line), list)) {
        if (sscanf(line, "%*d %d", &id) == 1 && try_segment(id, result)) {
            result->outcome = ITK_SUCCEEDED;
            itk_evidence(result, "segment %d is writable", id);
        }
    }
    if (list) {
        fclose(list);
    }
    files = opendir("/dev/shm");
    while (files && (entry = readdir(files)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof(path), "/dev/shm/%s", entry->d_name);
        file = open(path, O_RDWR | O_CLOEXEC);
        itk_tried(result, "open %s", path);
        itk_kernel(result, "%s", itk_error_name(file < 0 ? errno : 0));
        if (file >= 0) {
            close(file);
            result->outcome = ITK_SUCCEEDED;
            itk_evidence(result, "%s can be written", path);
        }
    }
    if (files) {
        closedir(files);
    }
    snprintf(path, sizeof(path), "%s/run/scoreboard", task->place);
    file = open(path, O_RDWR | O_CLOEXEC);
    itk_tried(result, "open scoreboard file");
    itk_kernel(result, "%s", itk_error_name(file < 0 ? errno : 0));
    if (file >= 0) {
        close(file);
        result->outcome = ITK_SUCCEEDED;
        itk_evidence(result, "the scoreboard's file can be written");
    }
}

const itk_attack itk_attacks_on_memory[] = {
    { "memory-secret", secret_in_memory, 0 },
    { "tls-key", key_in_memory, 0 },
    { "memory-shared", shared_memory, 0 },
    { "memory-protect", protect, 0 },
    { "memory-named", named_memory, 0 },
    { NULL, NULL, 0 }
};
