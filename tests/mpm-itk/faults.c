/* SPDX-License-Identifier: Apache-2.0 */

#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int armed, calls, fail_nth, fail_errno;

void faults_arm(int nth, int error)
{
    armed = 1;
    calls = 0;
    fail_nth = nth;
    fail_errno = error;
}

int faults_disarm(void)
{
    armed = 0;
    return calls;
}

int faults_due(void)
{
    if (armed && ++calls == fail_nth) {
        errno = fail_errno;
        return 1;
    }
    return 0;
}

#define WRAP(type, name, parameters, arguments, on_failure) \
    type __real_##name parameters;                          \
    type __wrap_##name parameters;                          \
    type __wrap_##name parameters                           \
    {                                                       \
        if (faults_due()) {                                        \
            return on_failure;                              \
        }                                                   \
        return __real_##name arguments;                     \
    }

WRAP(void *, malloc, (size_t n), (n), NULL)
WRAP(void *, realloc, (void *p, size_t n), (p, n), NULL)
WRAP(char *, strdup, (const char *s), (s), NULL)
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode), NULL)
WRAP(int, ferror, (FILE *f), (f), 1)
WRAP(void *, mmap, (void *a, size_t n, int p, int f, int fd, off_t o),
     (a, n, p, f, fd, o), MAP_FAILED)
WRAP(DIR *, opendir, (const char *path), (path), NULL)
WRAP(struct dirent *, readdir, (DIR *d), (d), NULL)
WRAP(int, dup3, (int from, int to, int flags), (from, to, flags), -1)
WRAP(char *, mkdtemp, (char *template), (template), NULL)
WRAP(int, pipe2, (int *ends, int flags), (ends, flags), -1)
WRAP(int, chdir, (const char *path), (path), -1)
WRAP(int, rmdir, (const char *path), (path), -1)
WRAP(int, chroot, (const char *path), (path), -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), -1)

WRAP(int, setsockopt,
     (int fd, int level, int name, const void *value, socklen_t length),
     (fd, level, name, value, length), -1)
WRAP(int, socketpair, (int domain, int type, int protocol, int *pair),
     (domain, type, protocol, pair), -1)
WRAP(int, accept4,
     (int fd, struct sockaddr *address, socklen_t *length, int flags),
     (fd, address, length, flags), -1)
WRAP(int, epoll_create1, (int flags), (flags), -1)
WRAP(off_t, lseek, (int fd, off_t offset, int whence), (fd, offset, whence), -1)
size_t faults_read;

ssize_t __real_pread(int fd, void *to, size_t n, off_t offset);
ssize_t __wrap_pread(int fd, void *to, size_t n, off_t offset);
ssize_t __wrap_pread(int fd, void *to, size_t n, off_t offset)
{
    faults_read += n;
    return faults_due() ? -1 : __real_pread(fd, to, n, offset);
}

WRAP(int, mprotect, (void *start, size_t n, int prot), (start, n, prot), -1)
WRAP(int, access, (const char *path, int mode), (path, mode), -1)

/* an errno of -1: it does its work, as a kernel that does not know a flag */
int __real_epoll_ctl(int poller, int op, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int poller, int op, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int poller, int op, int fd, struct epoll_event *event)
{
    if (faults_due()) {
        return errno == -1 ? 0 : -1;
    }
    return __real_epoll_ctl(poller, op, fd, event);
}

/* these do their work and say that it failed: nothing is left open */
int __real_fclose(FILE *f);
int __wrap_fclose(FILE *f);
int __wrap_fclose(FILE *f)
{
    int lie = faults_due(), error = errno, result = __real_fclose(f);

    errno = error;
    return lie ? EOF : result;
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    int lie = faults_due(), error = errno, result = __real_close(fd);

    errno = error;
    return lie ? -1 : result;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    return faults_due() ? -1 : __real_open(path, flags);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
    va_list args;
    void *what;

    va_start(args, command);
    what = va_arg(args, void *);
    va_end(args);
    return faults_due() ? -1 : __real_fcntl(fd, command, what);
}

void *__real_mremap(void *from, size_t old, size_t new, int flags, ...);
void *__wrap_mremap(void *from, size_t old, size_t new, int flags, ...);
void *__wrap_mremap(void *from, size_t old, size_t new, int flags, ...)
{
    va_list args;
    void *to;

    va_start(args, flags);
    to = va_arg(args, void *);
    va_end(args);
    return faults_due() ? MAP_FAILED : __real_mremap(from, old, new, flags, to);
}

/* ---- users -------------------------------------------------------------- */

static const fake_name *users, *groups;
static const unsigned int *supplementary;
static int supplementary_count;

void users_fake(const fake_name *u, const fake_name *g,
                const unsigned int *s, int count)
{
    users = u;
    groups = g;
    supplementary = s;
    supplementary_count = count;
}

void users_real(void)
{
    users = groups = NULL;
}

struct passwd *__real_getpwnam(const char *name);
struct passwd *__wrap_getpwnam(const char *name);
struct passwd *__real_getpwuid(uid_t uid);
struct passwd *__wrap_getpwuid(uid_t uid);
struct group *__real_getgrnam(const char *name);
struct group *__wrap_getgrnam(const char *name);
int __real_getgrouplist(const char *user, gid_t gid, gid_t *list, int *count);
int __wrap_getgrouplist(const char *user, gid_t gid, gid_t *list, int *count);

static struct passwd *entry(const fake_name *u)
{
    static struct passwd pw;

    if (u->name == NULL) {
        return NULL;
    }
    memset(&pw, 0, sizeof(pw));
    pw.pw_name = (char *)u->name;
    pw.pw_uid = u->id;
    return &pw;
}

struct passwd *__wrap_getpwnam(const char *name)
{
    const fake_name *u = users;

    if (!users) {
        return __real_getpwnam(name);
    }
    while (u->name && strcmp(u->name, name) != 0) {
        u++;
    }
    return entry(u);
}

struct passwd *__wrap_getpwuid(uid_t uid)
{
    const fake_name *u = users;

    if (!users) {
        return __real_getpwuid(uid);
    }
    while (u->name && u->id != uid) {
        u++;
    }
    return entry(u);
}

struct group *__wrap_getgrnam(const char *name)
{
    static struct group gr;
    const fake_name *g = groups;

    if (!users) {
        return __real_getgrnam(name);
    }
    while (g->name && strcmp(g->name, name) != 0) {
        g++;
    }
    gr.gr_name = (char *)g->name;
    gr.gr_gid = g->id;
    return g->name ? &gr : NULL;
}

int __wrap_getgrouplist(const char *user, gid_t gid, gid_t *list, int *count)
{
    int i, room = *count;

    if (!users) {
        return __real_getgrouplist(user, gid, list, count);
    }
    *count = supplementary_count + 1;
    if (room < *count) {
        return -1;
    }
    /* unsorted, and the primary group twice, as a library may do */
    for (i = 0; i < supplementary_count; i++) {
        list[i] = supplementary[i];
    }
    list[i] = gid;
    return *count;
}
