/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What reading a configuration leaves in memory that nobody points to.  httpd
 * reads it twice; files come by way of buffers that live as long as the
 * configuration, and pools give memory back as it is.
 */

#include "itk_worker.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- memory that is free ----------------------------------------------------- */

#define CRUMB  256              /* small: nothing of a node is passed over */
#define NODE   8192
#define LARGE  (96 * 1024)      /* nodes that APR keeps for requests as large */

void itk_leftovers_scrub(apr_pool_t *parent)
{
    const char *end = sbrk(0);
    apr_pool_t *p;
    char *bytes;
    int fresh;

    /* until APR and malloc have to ask the system for more */
    apr_pool_create(&p, parent);
    for (fresh = 0; fresh <= 2 * NODE / CRUMB; fresh++) {
        bytes = apr_pcalloc(p, CRUMB);
        if (bytes < end) {
            fresh = 0;
        }
    }
    for (fresh = 0; fresh <= 8; fresh++) {
        bytes = apr_pcalloc(p, LARGE);
        if (bytes < end) {
            fresh = 0;
        }
    }
    apr_pool_destroy(p);
}

/* ---- buffers of files --------------------------------------------------------- */

#define SEEN_BITS 22            /* of a filter before the table */

typedef struct line {
    const itk_leftover *what;
    size_t length;              /* a word's with its NUL */
    int next;                   /* with the same beginning; -1 */
} line;

typedef struct search {
    line *lines;
    int *table;
    size_t mask;
    unsigned char *seen;
} search;

static uint64_t beginning(const char *text)
{
    uint64_t first;

    memcpy(&first, text, sizeof(first));
    return first * UINT64_C(0x9e3779b97f4a7c15);
}

static void build(search *s, const itk_leftover *texts, int count)
{
    int i, used = 0;

    for (i = 0; i < count; i++) {
        size_t length = strlen(texts[i].text);
        uint64_t hash;
        int *place;

        /* a word alone may be something else that is in use */
        if (length < sizeof(uint64_t)
            || (!texts[i].before && strchr(texts[i].text, ' ') == NULL)) {
            continue;
        }
        hash = beginning(texts[i].text);
        place = &s->table[(hash >> 20) & s->mask];
        s->lines[used].what = &texts[i];
        s->lines[used].length = length + (texts[i].before != NULL);
        s->lines[used].next = *place;
        *place = used++;
        hash >>= 64 - SEEN_BITS;
        s->seen[hash >> 3] |= (unsigned char)(1u << (hash & 7));
    }
}

/* Is it here?  There is memory from start to end. */
static int is_here(const line *l, const char *at, const char *start,
                   const char *end)
{
    const char *before = l->what->before;
    size_t length, room;

    if (l->length > (size_t)(end - at)
        || memcmp(at, l->what->text, l->length) != 0) {
        return 0;
    }
    if (before == NULL) {
        return 1;
    }
    length = strlen(before) + 1;
    room = APR_ALIGN_DEFAULT(length);
    return room <= (size_t)(at - start)
        && memcmp(at - room, before, length) == 0;
}

static void wipe_in(const search *s, char *start, char *end)
{
    uint64_t hash, bit;
    char *at;
    int i;

    for (at = start; at + sizeof(uint64_t) <= end; at++) {
        hash = beginning(at);
        bit = hash >> (64 - SEEN_BITS);
        if (!(s->seen[bit >> 3] & (1u << (bit & 7)))) {
            continue;
        }
        for (i = s->table[(hash >> 20) & s->mask]; i >= 0;
             i = s->lines[i].next) {
            if (is_here(&s->lines[i], at, start, end)) {
                memset(at, 0, s->lines[i].length);
                break;
            }
        }
    }
}

static int wipe_heap(const search *s)
{
    char text[4352], mode[5];
    FILE *maps = fopen("/proc/self/maps", "re");
    unsigned long start, end;

    if (maps == NULL) {
        return -1;
    }
    while (fgets(text, sizeof(text), maps)) {
        if (sscanf(text, "%lx-%lx %4s", &start, &end, mode) == 3
            && strstr(text, "[heap]") != NULL && mode[0] == 'r'
            && mode[1] == 'w') {
            wipe_in(s, (char *)start, (char *)end);
        }
    }
    return fclose(maps);
}

int itk_leftovers_wipe(const itk_leftover *texts, int count)
{
    size_t size = 1024, i;
    int result = -1;
    search s;

    while (size < 2 * (size_t)count) {
        size *= 2;
    }
    s.mask = size - 1;
    s.lines = malloc(((size_t)count + 1) * sizeof(*s.lines));
    s.table = malloc(size * sizeof(*s.table));
    s.seen = calloc(1, (size_t)1 << (SEEN_BITS - 3));
    if (s.lines && s.table && s.seen) {
        for (i = 0; i < size; i++) {
            s.table[i] = -1;
        }
        build(&s, texts, count);
        result = wipe_heap(&s);
    }
    free(s.lines);
    free(s.table);
    free(s.seen);
    return result;
}
