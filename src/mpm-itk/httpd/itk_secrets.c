/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a host told httpd in its vhost, and hosts of other pools are not to
 * read in their workers' memory.  The supervisor moves it, once, to memory
 * that no new process inherits (MADV_DONTFORK), and wipes the place it came
 * from.  A new worker has empty pages there, and reads its own pool's part
 * from a file in memory: two system calls, however many hosts there are.
 * Dispatchers have nothing of it.
 *
 * Moved:
 *   - the values of SetEnv and PassEnv inside a vhost, in its containers too
 *     (mod_env's tables);
 *   - the values of php_value and php_admin_value, likewise (PHP 7 and 8);
 *   - the text of every directive inside a vhost, as far as httpd keeps it in
 *     the tree of the configuration, but for those whose handler is given the
 *     text itself (RAW_ARGS: containers, rewriting, headers) and may still
 *     point into it.
 *
 * Wiped: the same texts in the buffers of the files that they were read from,
 * a variable's value behind its name as httpd has cut a line in two (a loadable
 * MPM is there only when some memory of the reading before is in use again),
 * and whatever APR has free (itk_leftovers.c).
 *
 * Not reached, and so in the memory of every worker:
 *   - what other modules have made of their directives: mod_headers' values,
 *     mod_rewrite's rules, passwords of mod_auth_ldap;
 *   - in line 2.4, private keys and ticket keys of mod_ssl (in 2.0 they are
 *     itk_secrets_tls.c's);
 *   - everything outside of vhosts, and httpd's environment: PassEnv takes its
 *     value from there;
 *   - vhosts that hold a <Location> of another pool: that pool's workers serve
 *     a part of them.
 * Names of hosts and folders are no secrets: a worker has to know which host a
 * request is for, to refuse it.
 */

#include "itk_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000     /* Linux 4.17 */
#endif

/* mod_env.c's, in all of 2.0 and 2.4. */
typedef struct env_conf {
    apr_table_t *vars;
    apr_table_t *unsetenv;
} env_conf;

#define EVERYBODY ITK_SEVERAL

/* A text that is in memory once, and all that point to it. */
typedef struct text {
    char *old;
    char *now;
    apr_size_t size;            /* with its NUL */
    int pool;
    const char *name;           /* of a variable, or a value for PHP */
} text;

typedef struct reference {
    char **at;
    text *what;
} reference;

typedef struct collection {
    apr_pool_t *p;              /* for the time of collecting */
    apr_hash_t *texts;          /* by address */
    apr_array_header_t *references;
    apr_array_header_t *moved;  /* itk_leftover: the texts in the pages */
    apr_hash_t *stay;           /* texts that everybody has */
    module *env;
    int php;                    /* it is there */
    int pool;                   /* of the settings that are looked at */
    apr_size_t *start;          /* of each pool in the pages; one more */
    int pools;
} collection;

static char *pages;
static apr_size_t pages_length;
static apr_size_t *pool_start;  /* malloc'ed; where each begins, and the end */
static int file = -1;           /* with the same in it */

/* ---- finding ------------------------------------------------------------ */

static text *refer(collection *c, char **at, int pool)
{
    text *t;
    reference *r;

    if (*at == NULL || **at == '\0') {
        return NULL;
    }
    t = apr_hash_get(c->texts, at, sizeof(*at));
    if (t == NULL) {
        t = apr_pcalloc(c->p, sizeof(*t));
        t->old = *at;
        t->size = strlen(*at) + 1;
        t->pool = pool;
        apr_hash_set(c->texts, &t->old, sizeof(t->old), t);
    }
    else if (t->pool != pool) {
        t->pool = EVERYBODY;
    }
    r = apr_array_push(c->references);
    r->at = at;
    r->what = t;
    return t;
}

static void php_value(void *baton, char **at, const char *name)
{
    collection *c = baton;
    text *t = refer(c, at, c->pool);

    if (t) {
        t->name = name;
    }
}

static void env_values(collection *c, ap_conf_vector_t *vector, int pool)
{
    env_conf *conf = c->env ? ap_get_module_config(vector, c->env) : NULL;
    const apr_array_header_t *list;
    apr_table_entry_t *entries;
    int i;

    if (conf == NULL || conf->vars == NULL) {
        return;
    }
    list = apr_table_elts(conf->vars);
    entries = (apr_table_entry_t *)list->elts;
    for (i = 0; i < list->nelts; i++) {
        text *t = entries[i].key ? refer(c, &entries[i].val, pool) : NULL;

        if (t) {
            t->name = apr_pstrdup(c->p, entries[i].key);
        }
    }
}

static void settings(collection *c, ap_conf_vector_t *vector, int pool)
{
    env_values(c, vector, pool);
    if (c->php) {
        c->pool = pool;
        itk_php_values(vector, php_value, c);
    }
}

static void containers(collection *c, const apr_array_header_t *list,
                       int pool);

/* A container's settings, and those of <Files> and <If> in it. */
static void container(collection *c, ap_conf_vector_t *vector, int pool)
{
    const core_dir_config *core = ap_get_core_module_config(vector);

    settings(c, vector, pool);
    if (core) {
        containers(c, core->sec_file, pool);
#ifdef ITK_HAVE_IF
        containers(c, core->sec_if, pool);
#endif
    }
}

static void containers(collection *c, const apr_array_header_t *list,
                       int pool)
{
    int i;

    for (i = 0; list && i < list->nelts; i++) {
        container(c, ((ap_conf_vector_t **)list->elts)[i], pool);
    }
}

static void server(collection *c, server_rec *s, int pool)
{
    core_server_config *core = ap_get_module_config(s->module_config,
                                                    &core_module);

    container(c, s->lookup_defaults, pool);
    containers(c, core->sec_dir, pool);
    containers(c, core->sec_url, pool);
}

/* May the handler point into the text?  Then it stays where it is. */
static int handed_out(const char *directive)
{
    module *m = ap_top_module;
    const command_rec *command = ap_find_command_in_modules(directive, &m);

    return command == NULL || command->args_how == RAW_ARGS;
}

static void tree_texts(collection *c, ap_directive_t *d, int pool)
{
    for (; d; d = d->next) {
        if (!handed_out(d->directive)) {
            (void) refer(c, (char **)&d->args, pool);
        }
        tree_texts(c, d->first_child, pool);
    }
}

static void tree(collection *c, ap_directive_t *d, apr_hash_t *vhosts)
{
    const char *key;
    const int *pool;

    for (; d; d = d->next) {
        if (strcasecmp(d->directive, "<VirtualHost") == 0) {
            key = itk_section_key(c->p, d->filename, d->line_num);
            pool = apr_hash_get(vhosts, key, APR_HASH_KEY_STRING);
            if (pool && *pool != EVERYBODY) {
                tree_texts(c, d->first_child, *pool);
            }
        }
        else {
            tree(c, d->first_child, vhosts);
        }
    }
}

/* ---- moving ------------------------------------------------------------- */

static int make_pages(collection *c)
{
    apr_size_t at = 0, size;
    apr_hash_index_t *hi;
    void *found;
    int i;

    memset(c->start, 0, ((apr_size_t)c->pools + 1) * sizeof(*c->start));
    for (hi = apr_hash_first(c->p, c->texts); hi; hi = apr_hash_next(hi)) {
        const text *t;

        apr_hash_this(hi, NULL, NULL, &found);
        t = found;
        if (t->pool != EVERYBODY) {
            c->start[t->pool] += t->size;
        }
    }
    for (i = 0; i <= c->pools; i++) {
        size = c->start[i];
        c->start[i] = at;
        at += size;
    }
    if (at == 0) {
        return 0;
    }
    pages = mmap(NULL, at, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        pages = NULL;
        return -1;
    }
    pages_length = at;
    return madvise(pages, pages_length, MADV_DONTFORK);
}

/* A copy of such a text is in use where it was read, beside its name. */
static void note_those_that_stay(collection *c)
{
    const reference *r = (const reference *)c->references->elts;
    int i;

    c->stay = apr_hash_make(c->p);
    for (i = 0; i < c->references->nelts; i++) {
        if (r[i].what->pool == EVERYBODY) {
            apr_hash_set(c->stay, r[i].what->old, APR_HASH_KEY_STRING, "");
        }
    }
}

static void move(collection *c)
{
    apr_size_t *next = apr_pmemdup(c->p, c->start, ((apr_size_t)c->pools + 1)
                                                   * sizeof(*next));
    const reference *r = (const reference *)c->references->elts;
    itk_leftover *left;
    int i;

    note_those_that_stay(c);
    for (i = 0; i < c->references->nelts; i++) {
        text *t = r[i].what;

        if (t->pool == EVERYBODY) {
            continue;
        }
        if (t->now == NULL) {
            t->now = pages + next[t->pool];
            next[t->pool] += t->size;
            memcpy(t->now, t->old, t->size);
            memset(t->old, 0, t->size);
            if (apr_hash_get(c->stay, t->now, APR_HASH_KEY_STRING)) {
                *r[i].at = t->now;
                continue;
            }
            left = apr_array_push(c->moved);
            left->text = t->now;
            left->before = t->name;
        }
        *r[i].at = t->now;
    }
}

static int make_file(void)
{
    apr_size_t done = 0;
    ssize_t n;

    file = memfd_create("itk-secrets", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) {
        return -1;
    }
    while (done < pages_length) {
        n = write(file, pages + done, pages_length - done);
        if (n <= 0) {
            return -1;
        }
        done += (apr_size_t)n;
    }
    return fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
                                    | F_SEAL_SEAL);
}

/* Those of the configuration before. */
static void forget(void)
{
    if (pages) {
        munmap(pages, pages_length);
    }
    if (file >= 0) {
        close(file);
    }
    free(pool_start);
    pages = NULL;
    pages_length = 0;
    pool_start = NULL;
    file = -1;
}

/* ---- the operations ----------------------------------------------------- */

int itk_secrets_collect(apr_pool_t *p, server_rec *main_server, int pools)
{
    collection c;
    server_rec *s;
    int result;

    forget();
    pool_start = calloc((size_t)pools + 1, sizeof(*pool_start));
    if (pool_start == NULL) {
        return -1;
    }
    apr_pool_create(&c.p, p);
    c.texts = apr_hash_make(c.p);
    c.references = apr_array_make(c.p, 256, sizeof(reference));
    c.moved = apr_array_make(c.p, 256, sizeof(itk_leftover));
    c.env = ap_find_linked_module("mod_env.c");
    c.start = pool_start;
    c.pools = pools;
    c.php = itk_php_find();
    server(&c, main_server, EVERYBODY);
    for (s = main_server->next; s; s = s->next) {
        server(&c, s, itk_sole_pool(s));
    }
    tree(&c, ap_conftree, itk_pools_by_section(c.p, main_server));
    if ((result = make_pages(&c)) == 0) {
        move(&c);
    }
    if (result == 0 && pages != NULL && (result = make_file()) == 0) {
        result = itk_leftovers_wipe((const itk_leftover *)c.moved->elts,
                                    c.moved->nelts);
    }
    apr_pool_destroy(c.p);
    itk_leftovers_scrub(p);
    return result;
}

int itk_secrets_leave(int pool)
{
    apr_size_t at, end;
    ssize_t n;

    if (pages == NULL) {
        return 0;
    }
    /* nothing may have come to be there since the fork */
    if (mmap(pages, pages_length, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0)
        != pages) {
        return -1;
    }
    if (pool < 0) {
        return 0;
    }
    at = ITK_GUARD("secrets") ? pool_start[pool] : 0;
    end = ITK_GUARD("secrets") ? pool_start[pool + 1] : pages_length;
    while (at < end) {
        n = pread(file, pages + at, end - at, (off_t)at);
        if (n <= 0) {
            return -1;
        }
        at += (apr_size_t)n;
    }
    return 0;
}
