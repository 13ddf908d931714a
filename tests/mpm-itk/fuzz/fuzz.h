/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

/*
 * A target takes bytes and holds what has to hold for all of them.  mutate.c
 * makes the bytes, from the target's seeds, its words and chance; libFuzzer
 * does where there is clang.
 */

#include <stddef.h>

#define FUZZ_LONGEST 4096

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length);

/* The n-th seed, into FUZZ_LONGEST bytes; 0 where there is none any more. */
size_t fuzz_seed(int n, unsigned char *out);

/* What the format is made of; the last one has no bytes. */
typedef struct fuzz_word {
    const char *bytes;
    size_t length;
} fuzz_word;

extern const fuzz_word fuzz_words[];

/* Says what did not hold, and ends the process. */
void fuzz_failed(const char *text, const char *file, int line)
    __attribute__((noreturn));

#define HOLDS(claim) \
    ((claim) ? (void)0 : fuzz_failed(#claim, __FILE__, __LINE__))

/* These bytes where an allocation ends: one too many is seen.  Not NULL. */
void *fuzz_exact(const void *bytes, size_t length);

#endif
