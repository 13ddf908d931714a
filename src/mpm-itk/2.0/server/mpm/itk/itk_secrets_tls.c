/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Private keys, and the keys of session tickets.  mod_ssl of this series
 * (ssl_engine_keys.c) has no key where it would come to a process that is
 * forked: one that has ended by then read them, and they lie in pages of the
 * supervisor's that are not inherited.  Here they are written to a file in
 * memory, ordered by pool; a new worker reads its own pool's part, hands it to
 * mod_ssl and wipes the copy.
 */

#include "itk_worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

/* Kinds of secrets are mod_ssl's, from 0; it has fewer. */
#define KINDS_MAX 8

#define RANDOM_MAX 256

APR_DECLARE_OPTIONAL_FN(void *, ap_mpm_secret_room,
                        (void *before, apr_size_t before_size,
                         apr_size_t size));
APR_DECLARE_OPTIONAL_FN(const unsigned char *, ssl_secret_get,
                        (server_rec *s, int kind, apr_size_t *size));
APR_DECLARE_OPTIONAL_FN(int, ssl_secret_use,
                        (server_rec *s, int kind, const unsigned char *bytes,
                         apr_size_t size));

typedef struct head {
    server_rec *server;         /* the same address in every process */
    int kind;
    uint32_t size;
} head;

typedef struct secret {
    head head;
    const unsigned char *bytes; /* NULL: any that nobody can guess */
    int pool;
} secret;

static APR_OPTIONAL_FN_TYPE(ssl_secret_use) *use;
static apr_size_t *start;       /* malloc'ed; of each pool in the file, and end */
static int file = -1;
static int last_pool;           /* start[last_pool] is the end */

/* ---- room --------------------------------------------------------------- */

static void *ap_mpm_secret_room(void *before, apr_size_t before_size,
                                apr_size_t size)
{
    void *room;

    if (before != NULL) {
        (void) munmap(before, before_size);
    }
    room = mmap(NULL, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) {
        return NULL;
    }
    if (madvise(room, size, MADV_DONTFORK) != 0
        || madvise(room, size, MADV_DONTDUMP) != 0) {
        (void) munmap(room, size);
        return NULL;
    }
    return room;
}

void itk_secrets_tls_register(void)
{
    APR_REGISTER_OPTIONAL_FN(ap_mpm_secret_room);
}

/* ---- the supervisor ----------------------------------------------------- */

/* mod_ssl keeps them by ServerName and port: one of two pools' hosts with the
 * same would get the other's. */
static int not_anothers(apr_hash_t *seen, const secret *one, apr_pool_t *p)
{
    const secret *other = apr_hash_get(seen, &one->bytes, sizeof(one->bytes));
    const server_rec *s = one->head.server;

    if (other == NULL) {
        secret *copy = apr_pmemdup(p, one, sizeof(*one));

        apr_hash_set(seen, &copy->bytes, sizeof(copy->bytes), copy);
        return 1;
    }
    if (other->pool == one->pool) {
        return 1;
    }
    ap_log_error(APLOG_MARK, APLOG_CRIT | APLOG_NOERRNO, 0, s,
                 "mpm-itk: the hosts of line %d and of line %d of %s are of "
                 "different users and have SSLEngine on, and mod_ssl cannot "
                 "tell their keys apart: both are %s, and their ports are the "
                 "same. Give them different names or ports with ServerName",
                 (int)other->head.server->defn_line_number,
                 (int)s->defn_line_number,
                 s->defn_name ? s->defn_name : "the configuration",
                 s->server_hostname ? s->server_hostname : "without a name");
    return 0;
}

static int list_secrets(apr_pool_t *p, server_rec *main_server,
                        apr_array_header_t *list)
{
    APR_OPTIONAL_FN_TYPE(ssl_secret_get) *get
        = APR_RETRIEVE_OPTIONAL_FN(ssl_secret_get);
    apr_hash_t *seen = apr_hash_make(p);
    apr_size_t size;
    server_rec *s;
    secret one;

    for (s = get ? main_server : NULL; s; s = s->next) {
        memset(&one, 0, sizeof(one));
        one.pool = itk_sole_pool(s);
        if (one.pool == ITK_SEVERAL) {
            continue;           /* itk_tls.c has refused it with SSLEngine on */
        }
        one.head.server = s;
        for (one.head.kind = 0; one.head.kind < KINDS_MAX; one.head.kind++) {
            size = 0;
            one.bytes = get(s, one.head.kind, &size);
            one.head.size = (uint32_t)size;
            if (size == 0) {
                continue;
            }
            if (one.bytes != NULL && !not_anothers(seen, &one, p)) {
                return -1;
            }
            *(secret *)apr_array_push(list) = one;
        }
    }
    return 0;
}

static int write_at(const void *bytes, apr_size_t size, apr_size_t at)
{
    return pwrite(file, bytes, size, (off_t)at) == (ssize_t)size ? 0 : -1;
}

/* Keys of tickets: new with each reading of the configuration, so that what was
 * recorded before cannot be read with them. */
static int write_random(apr_size_t size, apr_size_t at)
{
    unsigned char bytes[RANDOM_MAX];
    int result = -1;

    errno = EINVAL;
    if (size <= sizeof(bytes)
        && getrandom(bytes, size, 0) == (ssize_t)size) {
        result = write_at(bytes, size, at);
    }
    explicit_bzero(bytes, sizeof(bytes));
    return result;
}

static int write_secret(const secret *one, apr_size_t at)
{
    if (write_at(&one->head, sizeof(one->head), at) != 0) {
        return -1;
    }
    at += sizeof(one->head);
    return one->bytes == NULL ? write_random(one->head.size, at)
                              : write_at(one->bytes, one->head.size, at);
}

static int make_file(apr_pool_t *p, const apr_array_header_t *list, int pools)
{
    const secret *secrets = (const secret *)list->elts;
    apr_size_t at = 0, size, *next;
    int i;

    for (i = 0; i < list->nelts; i++) {
        start[secrets[i].pool] += sizeof(head) + secrets[i].head.size;
    }
    for (i = 0; i <= pools; i++) {
        size = start[i];
        start[i] = at;
        at += size;
    }
    next = apr_pmemdup(p, start, ((apr_size_t)pools + 1) * sizeof(*next));
    file = memfd_create("itk-keys", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) {
        return -1;
    }
    for (i = 0; i < list->nelts; i++) {
        const secret *one = &secrets[i];
        apr_size_t *to = &next[one->pool];

        if (write_secret(one, *to) != 0) {
            return -1;
        }
        *to += sizeof(one->head) + one->head.size;
    }
    return fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
                                    | F_SEAL_SEAL);
}

int itk_secrets_tls_collect(apr_pool_t *p, server_rec *main_server, int pools)
{
    apr_array_header_t *list;
    apr_pool_t *own;
    int result;

    if (file >= 0) {
        close(file);
        file = -1;
    }
    free(start);
    start = calloc((size_t)pools + 1, sizeof(*start));
    if (start == NULL) {
        return -1;
    }
    last_pool = pools;
    use = APR_RETRIEVE_OPTIONAL_FN(ssl_secret_use);
    apr_pool_create(&own, p);
    list = apr_array_make(own, 64, sizeof(secret));
    result = list_secrets(own, main_server, list);
    if (result == 0 && list->nelts > 0) {
        result = make_file(own, list, pools);
    }
    apr_pool_destroy(own);
    return result;
}

/* ---- a worker ----------------------------------------------------------- */

static int use_all(const unsigned char *bytes, apr_size_t size)
{
    apr_size_t at = 0;
    head h;

    while (at + sizeof(h) <= size) {
        memcpy(&h, bytes + at, sizeof(h));
        at += sizeof(h);
        if (use(h.server, h.kind, bytes + at, h.size) != 0) {
            errno = EINVAL;
            return -1;
        }
        at += h.size;
    }
    return 0;
}

int itk_secrets_tls_leave(int pool)
{
    apr_size_t from, size, done = 0;
    unsigned char *bytes;
    ssize_t n = 1;
    int result;

    if (file < 0) {
        return 0;
    }
    from = ITK_GUARD("tls-keys") ? start[pool] : 0;
    size = ITK_GUARD("tls-keys") ? start[pool + 1] - from : start[last_pool];
    if (size == 0) {
        return 0;
    }
    bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) {
        return -1;
    }
    while (done < size && n > 0) {
        n = pread(file, bytes + done, size - done, (off_t)(from + done));
        done += n > 0 ? (apr_size_t)n : 0;
    }
    result = done == size ? use_all(bytes, size) : -1;
    return munmap(bytes, size) == 0 ? result : -1;
}
