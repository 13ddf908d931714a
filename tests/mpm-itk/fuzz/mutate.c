/* SPDX-License-Identifier: Apache-2.0 */

#include "mutate.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EDGES   65536
#define CORPUS  4096

unsigned char mutate_input[FUZZ_LONGEST];
size_t mutate_length;
unsigned long long mutate_done;
int mutate_edges, mutate_kept;

static uint64_t state, first_state;
static unsigned char seen[EDGES];
static uintptr_t previous;
static int new_edge;

static struct {
    unsigned char *bytes;
    size_t length;
} corpus[CORPUS];

/* ---- the compiler calls this at every basic block of the target --------- */

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
    /* where the program is loaded must not matter: see above, the same seed */
    uintptr_t here = (uintptr_t)__builtin_return_address(0)
        - (uintptr_t)&LLVMFuzzerTestOneInput;
    unsigned char *edge = &seen[(here ^ previous) % EDGES];

    if (!*edge) {
        *edge = 1;
        mutate_edges++;
        new_edge = 1;
    }
    previous = here >> 1;
}

/* ---- chance ------------------------------------------------------------- */

/* the generator called splitmix64 */
static uint64_t chance(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t below(size_t n)
{
    return n ? (size_t)(chance() % n) : 0;
}

/* ---- mutations ---------------------------------------------------------- */

static void insert(size_t at, const void *bytes, size_t length)
{
    if (length > sizeof(mutate_input) - mutate_length) {
        return;
    }
    memmove(mutate_input + at + length, mutate_input + at, mutate_length - at);
    memcpy(mutate_input + at, bytes, length);
    mutate_length += length;
}

static void cut(size_t at, size_t length)
{
    memmove(mutate_input + at, mutate_input + at + length, mutate_length - at - length);
    mutate_length -= length;
}

static void insert_word(size_t at)
{
    int count = 0;
    const fuzz_word *word;

    while (fuzz_words[count].bytes) {
        count++;
    }
    word = &fuzz_words[below((size_t)count)];
    insert(at, word->bytes, word->length);
}

static void splice(size_t at)
{
    int other = (int)below((size_t)mutate_kept);
    size_t from = below(corpus[other].length);
    size_t length = 1 + below(corpus[other].length - from);

    if (from + length <= corpus[other].length) {
        insert(at, corpus[other].bytes + from, length);
    }
}

static void mutate(void)
{
    static const unsigned char bounds[] = {
        0, 1, 9, 10, 13, 31, 32, 58, 127, 128, 254, 255
    };
    unsigned char c[FUZZ_LONGEST / 16];
    size_t at = below(mutate_length + 1), there = mutate_length - at, length;

    switch (below(10)) {
    case 0:
        if (there) {
            mutate_input[at] ^= (unsigned char)(1u << below(8));
        }
        break;
    case 1:
        if (there) {
            mutate_input[at] = (unsigned char)chance();
        }
        break;
    case 2:
        if (there) {
            mutate_input[at] = bounds[below(sizeof(bounds))];
        }
        break;
    case 3:
        if (there) {
            mutate_input[at] = (unsigned char)(mutate_input[at] + (below(2) ? 1 : 255));
        }
        break;
    case 4:
        cut(at, there < 8 ? below(there + 1) : 1 + below(8));
        break;
    case 5:
        cut(at, below(there + 1));
        break;
    case 6:
        c[0] = (unsigned char)chance();
        insert(at, c, 1);
        break;
    case 7:
        length = 1 + below(there < sizeof(c) ? there : sizeof(c));
        if (length <= there) {          /* a part of it, once more */
            memcpy(c, mutate_input + at, length);
            insert(below(mutate_length + 1), c, length);
        }
        break;
    case 8:
        splice(at);
        break;
    default:
        insert_word(at);
        break;
    }
}

/* ---- operations --------------------------------------------------------- */

void mutate_begin(unsigned long long seed)
{
    state = first_state = seed;
}

int mutate_seed(int n)
{
    mutate_length = fuzz_seed(n, mutate_input);
    new_edge = 1;               /* each is kept */
    previous = 0;
    mutate_done++;
    return mutate_length > 0;
}

void mutate_next(void)
{
    int which = (int)below((size_t)mutate_kept), changes;

    mutate_length = corpus[which].length;
    memcpy(mutate_input, corpus[which].bytes, mutate_length);
    for (changes = 1 + (int)below(6); changes > 0; changes--) {
        mutate();
    }
    previous = 0;
    mutate_done++;
}

void mutate_keep(void)
{
    if (new_edge && mutate_kept < CORPUS) {
        corpus[mutate_kept].bytes = fuzz_exact(mutate_input, mutate_length);
        corpus[mutate_kept++].length = mutate_length;
    }
    new_edge = 0;
}

void mutate_tell(void)
{
    size_t i;

    fprintf(stderr, "\ninput %llu of seed %llu, %u bytes; as a file:\nprintf '",
            mutate_done, (unsigned long long)first_state,
            (unsigned)mutate_length);
    for (i = 0; i < mutate_length; i++) {
        fprintf(stderr, "\\%03o", mutate_input[i]);
    }
    fprintf(stderr, "' >FILE\n");
}
