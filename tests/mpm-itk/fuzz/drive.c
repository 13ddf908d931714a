/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What libFuzzer does, as far as gcc can do it: mutates, and keeps an input
 * that got to an edge of the target that none before it did.  The same seed
 * makes the same inputs.
 *
 *   fuzz-TARGET [-n inputs] [-t seconds] [-s seed] [FILE...]
 *
 * A file is one input, to see a failure again.  This file is compiled without
 * any -fsanitize: the target alone is looked at.
 */

#include "fuzz.h"

#include <errno.h>
#include <limits.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EDGES   65536
#define CORPUS  4096
#define HANGS   120             /* seconds that 1,024 inputs never take */

static uint64_t state, first_state;
static unsigned long long done;

static unsigned char seen[EDGES];
static uintptr_t previous;
static int new_edge, edge_count;

static struct {
    unsigned char *bytes;
    size_t length;
} corpus[CORPUS];
static int corpus_count;

static unsigned char input[FUZZ_LONGEST];
static size_t input_length;

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
        edge_count++;
        new_edge = 1;
    }
    previous = here >> 1;
}

/* ---- chance ------------------------------------------------------------- */

/* splitmix64, public domain, S. Vigna */
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

/* ---- failure ------------------------------------------------------------ */

static void tell(void)
{
    size_t i;

    fprintf(stderr, "\ninput %llu of -s %llu, %u bytes; as a file:\nprintf '",
            done, (unsigned long long)first_state, (unsigned)input_length);
    for (i = 0; i < input_length; i++) {
        fprintf(stderr, "\\%03o", input[i]);
    }
    fprintf(stderr, "' >FILE\n");
}

static void on_signal(int number)
{
    if (number == SIGALRM) {
        fprintf(stderr, "no end after %d seconds\n", HANGS);
    }
    tell();
    _exit(1);
}

/* ---- mutations ---------------------------------------------------------- */

static void insert(size_t at, const void *bytes, size_t length)
{
    if (length > sizeof(input) - input_length) {
        return;
    }
    memmove(input + at + length, input + at, input_length - at);
    memcpy(input + at, bytes, length);
    input_length += length;
}

static void cut(size_t at, size_t length)
{
    memmove(input + at, input + at + length, input_length - at - length);
    input_length -= length;
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
    int other = (int)below((size_t)corpus_count);
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
    size_t at = below(input_length + 1), there = input_length - at, length;

    switch (below(10)) {
    case 0:
        if (there) {
            input[at] ^= (unsigned char)(1u << below(8));
        }
        break;
    case 1:
        if (there) {
            input[at] = (unsigned char)chance();
        }
        break;
    case 2:
        if (there) {
            input[at] = bounds[below(sizeof(bounds))];
        }
        break;
    case 3:
        if (there) {
            input[at] = (unsigned char)(input[at] + (below(2) ? 1 : 255));
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
            memcpy(c, input + at, length);
            insert(below(input_length + 1), c, length);
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

/* ---- the run ------------------------------------------------------------ */

static void run(void)
{
    unsigned char *exact = fuzz_exact(input, input_length);

    done++;
    previous = 0;
    LLVMFuzzerTestOneInput(exact, input_length);
    free(exact);
    if (new_edge && corpus_count < CORPUS) {
        corpus[corpus_count].bytes = fuzz_exact(input, input_length);
        corpus[corpus_count++].length = input_length;
    }
    new_edge = 0;
}

static void run_seeds(void)
{
    int n;

    for (n = 0; (input_length = fuzz_seed(n, input)) > 0; n++) {
        new_edge = 1;           /* each is kept */
        run();
    }
}

static void run_next(void)
{
    int which = (int)below((size_t)corpus_count), changes;

    input_length = corpus[which].length;
    memcpy(input, corpus[which].bytes, input_length);
    for (changes = 1 + (int)below(6); changes > 0; changes--) {
        mutate();
    }
    run();
}

static void run_file(const char *name)
{
    FILE *file = fopen(name, "rb");

    if (file == NULL) {
        perror(name);
        exit(2);
    }
    input_length = fread(input, 1, sizeof(input), file);
    fclose(file);
    run();
    printf("%s: holds\n", name);
}

static unsigned long long number(const char *text)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-') {
        fprintf(stderr, "\"%s\" is no number\n", text);
        exit(2);
    }
    return value;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char *argv[])
{
    unsigned long long most = ULLONG_MAX;
    double began = now(), seconds = 0;
    int option;

    while ((option = getopt(argc, argv, "n:t:s:")) != -1) {
        switch (option) {
        case 'n': most = number(optarg); break;
        case 't': seconds = (double)number(optarg); break;
        case 's': state = number(optarg); break;
        default: return 2;
        }
    }
    first_state = state;
    __sanitizer_set_death_callback(tell);
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
    alarm(HANGS);
    if (optind < argc) {
        for (; optind < argc; optind++) {
            run_file(argv[optind]);
        }
        return 0;
    }
    run_seeds();
    while (done < most) {
        if (done % 1024 == 0) {
            alarm(HANGS);
            if (seconds > 0 && now() - began >= seconds) {
                break;
            }
        }
        run_next();
    }
    printf("ok   %s -s %llu: %llu inputs, %d edges, %d kept\n", argv[0],
           (unsigned long long)first_state, done, edge_count, corpus_count);
    return 0;
}
