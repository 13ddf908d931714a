/* SPDX-License-Identifier: Apache-2.0 */

/*
 * php_value and php_admin_value, as PHP's module for this httpd keeps them: in
 * a table of its own engine for each server and container.  There is no
 * interface to ask for them, so the table is read by its layout, which is that
 * of PHP 7.0 to 8.x on machines with 64 bits; each pointer is looked at before
 * it is followed, and a table that does not look so is left alone.  What is
 * moved is the value that an entry points to, never the entry.
 */

#include "itk_worker.h"

#include <stdint.h>
#include <stdio.h>

/* Zend/zend_types.h: _zend_array, _Bucket, _zend_string. */
typedef struct php_table {
    uint32_t references, type, flags, mask;
    char *buckets;
    uint32_t used, elements, size, position;
} php_table;

typedef struct php_bucket {
    char *entry;
    uint32_t type, extra;
    uint64_t hash;
    char *key;
} php_bucket;

typedef struct php_string {
    uint32_t references, type;
    uint64_t hash;
    size_t length;
    char text[1];
} php_string;

/* sapi/apache2handler/apache_config.c: php_dir_entry. */
typedef struct php_entry {
    char *value;
    size_t length;
    char status, htaccess;
} php_entry;

#define TABLE_MOST  4096
#define KEY_MOST    256
#define VALUE_MOST  65536
#define RANGES_MOST 512

typedef struct range {
    uintptr_t start, end;
} range;

static module *php;
static range ranges[RANGES_MOST];   /* memory that can be read and written */
static int range_count;

int itk_php_find(void)
{
    static const char *const names[] = { "mod_php.c", "mod_php8.c",
                                         "mod_php7.c", "sapi_apache2.c" };
    char line[4352], mode[5];
    unsigned long start, end;
    FILE *maps;
    size_t i;

    php = NULL;
    range_count = 0;
    for (i = 0; i < sizeof(names) / sizeof(names[0]) && php == NULL; i++) {
        php = ap_find_linked_module(names[i]);
    }
    if (php == NULL || sizeof(void *) != 8
        || (maps = fopen("/proc/self/maps", "re")) == NULL) {
        return 0;
    }
    while (range_count < RANGES_MOST && fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx %4s", &start, &end, mode) == 3
            && mode[0] == 'r' && mode[1] == 'w') {
            ranges[range_count].start = start;
            ranges[range_count++].end = end;
        }
    }
    fclose(maps);
    return 1;
}

/* Are so many bytes there? */
static int there(const void *at, size_t size)
{
    uintptr_t start = (uintptr_t)at;
    int i;

    for (i = 0; i < range_count; i++) {
        if (start >= ranges[i].start && start < ranges[i].end) {
            return size <= ranges[i].end - start;
        }
    }
    return 0;
}

static int is_table(const php_table *t)
{
    if (!there(t, sizeof(*t)) || t->used == 0 || t->used > t->size
        || t->elements > t->used || t->size > TABLE_MOST
        || (t->size & (t->size - 1)) != 0
        || t->mask != (uint32_t)-(int32_t)(2 * t->size)) {
        return 0;
    }
    return there(t->buckets, t->used * sizeof(php_bucket));
}

static int is_key(const char *key)
{
    const php_string *s = (const php_string *)key;

    return there(s, sizeof(*s)) && s->length > 0 && s->length < KEY_MOST
        && there(s->text, s->length + 1) && s->text[s->length] == '\0'
        && strlen(s->text) == s->length;
}

static php_entry *entry_of(const php_bucket *b)
{
    php_entry *e = (php_entry *)b->entry;

    return b->key != NULL && is_key(b->key) && there(e, sizeof(*e))
        && e->length > 0 && e->length < VALUE_MOST
        && there(e->value, e->length + 1) && e->value[e->length] == '\0'
        && strlen(e->value) == e->length ? e : NULL;
}

void itk_php_values(ap_conf_vector_t *vector,
                    void (*found)(void *baton, char **at, const char *name),
                    void *baton)
{
    const php_table *t = ap_get_module_config(vector, php);
    const php_bucket *b;
    php_entry *e;
    uint32_t i;

    if (t == NULL || !is_table(t)) {
        return;
    }
    b = (const php_bucket *)t->buckets;
    for (i = 0; i < t->used; i++) {
        if ((b[i].type & 0xff) != 0 && (e = entry_of(&b[i])) != NULL) {
            found(baton, &e->value, ((const php_string *)b[i].key)->text);
        }
    }
}
