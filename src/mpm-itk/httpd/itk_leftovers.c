/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What reading a configuration leaves in memory that nobody points to.  httpd
 * reads it twice; files come by way of buffers that live as long as the
 * configuration, and pools give memory back as it is.
 */

#include "itk_worker.h"

#include "apr_allocator.h"
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
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
    apr_memnode_t *taken = NULL;

    taken = take(allocator, SMALL, end, taken);
    taken = take(allocator, LARGE, end, taken);
    /* Where APR had it from, malloc or mmap: what APR kept it would have for
     * good, and each restart would take it more of what malloc had free. */
    apr_allocator_max_free_set(allocator, 1);
    if (taken) {
        apr_allocator_free(allocator, taken);
    }
    apr_allocator_max_free_set(allocator, APR_ALLOCATOR_MAX_FREE_UNLIMITED);
#ifdef __GLIBC__
    /* free() keeps what lies above the end of before, and the next time would
     * count from there: 400 KB more with each restart. */
    malloc_trim(0);
#endif
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

/* What the kernel says of each page (proc(5): pagemap); below 0: nothing, and all
 * is looked at. */
#define THERE (UINT64_C(3) << 62)       /* present, or swapped out */

static int is_there(int pagemap, uintptr_t at, uintptr_t page)
{
    static uint64_t bits[512];
    static uintptr_t first, count;
    uintptr_t number = at / page;
    ssize_t n;

    if (pagemap < 0) {
        return 1;
    }
    if (number < first || number >= first + count) {
        n = pread(pagemap, bits, sizeof(bits),
                  (off_t)(number * sizeof(bits[0])));
        first = number;
        count = n > 0 ? (uintptr_t)n / sizeof(bits[0]) : 0;
        if (count == 0) {
            return 1;
        }
    }
    return (bits[number - first] & THERE) != 0;
}

/* Memory that nobody has written yet is not read either. */
static void wipe_pages(const search *s, int pagemap, uintptr_t start,
                       uintptr_t end)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at, from = 0;

    for (at = start; at < end; at += page) {
        if (is_there(pagemap, at, page)) {
            from = from ? from : at;
        }
        else if (from) {
            wipe_in(s, (char *)from, (char *)at);
            from = 0;
        }
    }
    if (from) {
        wipe_in(s, (char *)from, (char *)end);
    }
}

/*
 * The heap, and memory without a name: APR may have its own by mmap.  Not where
 * the texts are now, nor what the search itself has.
 */
static int is_looked_at(const search *s, const char *line, unsigned long start,
                        unsigned long end)
{
    uintptr_t now = (uintptr_t)s->lines[0].what->text;
    uintptr_t counts = (uintptr_t)s->counts;
    unsigned long inode = 1;
    char name[16] = "";
    int fields = sscanf(line, "%*s %*s %*s %*s %lu %15s", &inode, name);

    return inode == 0 && (fields == 1 || strcmp(name, "[heap]") == 0)
        && !(now >= start && now < end) && !(counts >= start && counts < end);
}

static int wipe_heap(const search *s)
{
    char text[4352], mode[5];
    FILE *maps = fopen("/proc/self/maps", "re");
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    unsigned long start, end;
    int result;

    if (maps == NULL) {
        if (pagemap >= 0) {
            close(pagemap);
        }
        return -1;
    }
    while (fgets(text, sizeof(text), maps)) {
        if (s->used > 0 && sscanf(text, "%lx-%lx %4s", &start, &end, mode) == 3
            && mode[0] == 'r' && mode[1] == 'w' && mode[3] == 'p'
            && is_looked_at(s, text, start, end)) {
            wipe_pages(s, pagemap, start, end);
        }
    }
    result = fclose(maps);
    if (pagemap >= 0) {
        close(pagemap);
    }
    return result;
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
