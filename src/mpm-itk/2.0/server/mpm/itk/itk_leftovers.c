/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What reading a configuration leaves in memory that nobody points to.  httpd
 * reads it twice; files come by way of buffers that live as long as the
 * configuration, and pools give memory back as it is.
 */

#include "itk_worker.h"

#include "apr_allocator.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- memory that is free ------------------------------------------------ */

#define SMALL 4096              /* every node that APR keeps can hold so much */
#define LARGE (96 * 1024)       /* those that it keeps apart */
#define FRESH 8

/* Until APR and malloc have to ask the system for more. */
static apr_memnode_t *take(apr_allocator_t *allocator, apr_size_t size,
                           const char *end, apr_memnode_t *taken)
{
    apr_memnode_t *node;
    int fresh = 0;

    while (fresh < FRESH
           && (node = apr_allocator_alloc(allocator, size)) != NULL) {
        memset(node->first_avail, 0,
               (apr_size_t)(node->endp - node->first_avail));
        node->next = taken;
        taken = node;
        fresh = (const char *)node < end ? 0 : fresh + 1;
    }
    return taken;
}

/* The lines that were read last, in frames of functions that have returned:
 * those near by are overwritten, those further down given back. */
#define NEAR 65536
#define FAR  (4 * 1024 * 1024)

static void __attribute__((noinline)) scrub_near(void)
{
    volatile char frame[NEAR];
    size_t i;

    for (i = 0; i < sizeof(frame); i++) {
        frame[i] = 0;
    }
}

static void __attribute__((noinline)) scrub_far(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t here = (uintptr_t)__builtin_frame_address(0) / page * page;

    /* as far as there is a stack at all; what is called here needs some */
    (void) madvise((void *)(here - FAR), FAR - NEAR / 2, MADV_DONTNEED);
}

void itk_leftovers_scrub(apr_pool_t *parent)
{
    apr_allocator_t *allocator = apr_pool_allocator_get(parent);
    const char *end = sbrk(0);
    apr_memnode_t *taken = NULL, *next;

    taken = take(allocator, SMALL, end, taken);
    taken = take(allocator, LARGE, end, taken);
    /* To malloc, as apr_allocator_destroy does: what APR kept it would have for
     * good, and each restart would take it more of what malloc had free. */
    for (; taken; taken = next) {
        next = taken->next;
        free(taken);
    }
    itk_registers_empty();
    scrub_near();
    scrub_far();
}

/* ---- buffers of files --------------------------------------------------- */

/*
 * One pass over the heap, for all texts at once.  Of each text eight bytes are
 * looked for that few others have: many lines begin or end alike.
 */
#define WINDOW     sizeof(uint64_t)
#define COUNT_BITS 22
#define COUNTS     (((size_t)1 << COUNT_BITS) * sizeof(uint16_t))

typedef struct line {
    const itk_leftover *what;
    size_t length;              /* a word's with its NUL */
    size_t offset;              /* of its window */
    int next;                   /* with the same one; -1 */
} line;

typedef struct search {
    line *lines;
    int used;
    int *table;
    size_t mask;
    uint16_t *counts;           /* how many texts have this window */
} search;

static uint64_t window(const char *text)
{
    uint64_t bytes;

    memcpy(&bytes, text, sizeof(bytes));
    return bytes * UINT64_C(0x9e3779b97f4a7c15);
}

static uint16_t *count_of(const search *s, uint64_t hash)
{
    return &s->counts[hash >> (64 - COUNT_BITS)];
}

static void take_text(search *s, const itk_leftover *what)
{
    size_t length = strlen(what->text), i;
    line *l = &s->lines[s->used];

    /* a word alone may be something else that is in use */
    if (length < WINDOW
        || (what->before == NULL && strchr(what->text, ' ') == NULL)) {
        return;
    }
    l->what = what;
    l->length = length + (what->before != NULL);
    s->used++;
    for (i = 0; i + WINDOW <= length; i++) {
        uint16_t *count = count_of(s, window(what->text + i));

        *count += *count < UINT16_MAX;
    }
}

/* Only what is looked for stays counted. */
static void choose_windows(search *s)
{
    size_t at, size = (size_t)1 << COUNT_BITS;
    uint64_t hash;
    int i, *place;

    for (i = 0; i < s->used; i++) {
        line *l = &s->lines[i];
        const char *text = l->what->text;
        uint16_t least = UINT16_MAX;

        l->offset = 0;
        for (at = 0; at + WINDOW <= strlen(text); at++) {
            if (*count_of(s, window(text + at)) < least) {
                least = *count_of(s, window(text + at));
                l->offset = at;
            }
        }
    }
    memset(s->counts, 0, size * sizeof(*s->counts));
    for (i = 0; i < s->used; i++) {
        hash = window(s->lines[i].what->text + s->lines[i].offset);
        *count_of(s, hash) = 1;
        place = &s->table[(hash >> 20) & s->mask];
        s->lines[i].next = *place;
        *place = i;
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
    uint64_t hash;
    char *at;
    int i;

    for (at = start; at + WINDOW <= end; at++) {
        hash = window(at);
        if (*count_of(s, hash) == 0) {
            continue;
        }
        for (i = s->table[(hash >> 20) & s->mask]; i >= 0;
             i = s->lines[i].next) {
            const line *l = &s->lines[i];

            if (l->offset <= (size_t)(at - start)
                && is_here(l, at - l->offset, start, end)) {
                memset(at - l->offset, 0, l->length);
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
    int result = -1, k;
    search s;

    while (size < 2 * (size_t)count) {
        size *= 2;
    }
    s.used = 0;
    s.mask = size - 1;
    s.lines = malloc(((size_t)count + 1) * sizeof(*s.lines));
    s.table = malloc(size * sizeof(*s.table));
    /* not of the heap: the next scrub would take its place for good */
    s.counts = mmap(NULL, COUNTS, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s.counts == MAP_FAILED) {
        s.counts = NULL;
    }
    if (s.lines && s.table && s.counts) {
        for (i = 0; i < size; i++) {
            s.table[i] = -1;
        }
        for (k = 0; k < count; k++) {
            take_text(&s, &texts[k]);
        }
        choose_windows(&s);
        result = wipe_heap(&s);
    }
    free(s.lines);
    free(s.table);
    if (s.counts) {
        (void) munmap(s.counts, COUNTS);
    }
    return result;
}
