/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which logs are a pool's own.  A log is a descriptor: httpd opens them as
 * root and its children have them.  One that the configuration names inside
 * the vhosts of one pool alone is that pool's own; its workers write it
 * themselves.  Any other that is open for writing at its end, and every pipe
 * (piped logs run as root), is shared: in workers its number leads to the
 * logger.
 *
 * The configuration names a log by the first word of a directive with "log" in
 * its name, whatever module it is of; the file is compared by device and
 * inode, not by name.  A descriptor that no directive names is never a pool's
 * own.
 */

#include "itk_worker.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY (-2)             /* no directive names it */

/* A file that is open for writing here. */
typedef struct log_file {
    dev_t dev;
    ino_t ino;
    int fd;                     /* the first one */
    int owner;                  /* a pool, NOBODY, ITK_SEVERAL */
    int is_file;
    int shared;                 /* index, or -1 */
} log_file;

typedef struct log_files {
    apr_pool_t *p;
    log_file *list;             /* sorted */
    int count;
} log_files;

static int by_inode(const void *a, const void *b)
{
    const log_file *x = a, *y = b;

    if (x->ino != y->ino) {
        return x->ino < y->ino ? -1 : 1;
    }
    return x->dev < y->dev ? -1 : x->dev > y->dev;
}

static log_file *find(const log_files *files, const struct stat *st)
{
    log_file key;

    key.dev = st->st_dev;
    key.ino = st->st_ino;
    return bsearch(&key, files->list, (size_t)files->count, sizeof(key),
                   by_inode);
}

/* ---- what is open ------------------------------------------------------- */

/* A log, as httpd and its modules open one: 1, or 0. */
static int is_log(int fd, struct stat *st)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || fstat(fd, st) != 0) {
        return 0;
    }
    return S_ISFIFO(st->st_mode)
        || (S_ISREG(st->st_mode) && (flags & O_APPEND));
}

static void list_files(log_files *files, const int *fds, int count)
{
    struct stat st;
    int i, kept = 0;

    files->list = apr_pcalloc(files->p,
                              ((apr_size_t)count + 1) * sizeof(log_file));
    for (i = 0; i < count; i++) {
        if (is_log(fds[i], &st)) {
            log_file *f = &files->list[kept++];

            f->dev = st.st_dev;
            f->ino = st.st_ino;
            f->fd = fds[i];
            f->owner = NOBODY;
            f->is_file = S_ISREG(st.st_mode) != 0;
            f->shared = -1;
        }
    }
    qsort(files->list, (size_t)kept, sizeof(log_file), by_inode);
    files->count = 0;
    for (i = 0; i < kept; i++) {
        if (files->count == 0
            || by_inode(&files->list[files->count - 1], &files->list[i])) {
            files->list[files->count++] = files->list[i];
        }
    }
}

/* ---- what the configuration names --------------------------------------- */

static int about_logs(const char *directive)
{
    const char *c;

    for (c = directive; *c; c++) {
        if (strncasecmp(c, "log", 3) == 0) {
            return 1;
        }
    }
    return 0;
}

static void claim(log_files *files, const ap_directive_t *d, int pool)
{
    const char *args = d->args, *word, *path;
    struct stat st;
    log_file *f;

    word = ap_getword_conf(files->p, &args);
    if (word[0] == '\0' || word[0] == '|'
        || (path = ap_server_root_relative(files->p, word)) == NULL
        || stat(path, &st) != 0 || (f = find(files, &st)) == NULL) {
        return;
    }
    f->owner = f->owner == NOBODY || f->owner == pool ? pool : ITK_SEVERAL;
}

int itk_sole_pool(const server_rec *s)
{
    const itk_server_conf *conf = itk_server_conf_of(s);
    int i;

    for (i = 0; i < conf->place_count; i++) {
        if (conf->places[i].pool != conf->pool) {
            return ITK_SEVERAL;
        }
    }
    return conf->pool;
}

static void claim_all(log_files *files, const ap_directive_t *d, int pool,
                      apr_hash_t *pools)
{
    const char *key;
    const int *found;

    for (; d; d = d->next) {
        if (strcasecmp(d->directive, "<VirtualHost") == 0) {
            key = itk_section_key(files->p, d->filename, d->line_num);
            found = apr_hash_get(pools, key, APR_HASH_KEY_STRING);
            claim_all(files, d->first_child, found ? *found : ITK_SEVERAL,
                      pools);
        }
        else if (d->first_child) {
            claim_all(files, d->first_child, pool, pools);
        }
        else if (about_logs(d->directive)) {
            claim(files, d, pool);
        }
    }
}

/* ---- sorted ------------------------------------------------------------- */

static int *share(log_files *files, int *count)
{
    int *list = apr_palloc(files->p,
                           ((apr_size_t)files->count + 1) * sizeof(int));
    int i;

    *count = 0;
    for (i = 0; i < files->count; i++) {
        log_file *f = &files->list[i];

        if (!f->is_file || f->owner < 0) {
            f->shared = *count;
            list[(*count)++] = f->fd;
        }
    }
    return list;
}

/* Written to by position: a lock, or a module's own file. */
static int is_lock(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    struct stat st;

    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY
        && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static int main_error_log(const server_rec *s)
{
    apr_os_file_t fd;

    return s->error_log && apr_os_file_get(&fd, s->error_log) == APR_SUCCESS
        ? fd : -1;
}

void itk_logs_sort(apr_pool_t *p, server_rec *s, const int *fds, int count,
                   itk_opened *list, itk_run *run)
{
    log_files files;
    struct stat st;
    log_file *f;
    int i;

    files.p = p;
    list_files(&files, fds, count);
    /* a line that is outside of all vhosts is for all of them */
    claim_all(&files, ap_conftree, ITK_SEVERAL, itk_pools_by_section(p, s));
    run->shared_logs = share(&files, &run->shared_log_count);
    run->error_log = main_error_log(s);

    for (i = 0; i < count; i++) {
        list[i].fd = fds[i];
        list[i].shared = -1;
        if (is_log(fds[i], &st) && (f = find(&files, &st)) != NULL) {
            list[i].owner = f->shared >= 0 ? ITK_OPENED_SHARED : f->owner;
            list[i].shared = f->shared;
        }
        else {
            list[i].owner = is_lock(fds[i]) ? ITK_OPENED_LOCK
                                            : ITK_OPENED_BLANK;
        }
    }
}
