/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MUTATE_H
#define MUTATE_H

/*
 * What libFuzzer does, as far as gcc can do it: mutates, and keeps an input
 * that got to an edge of the target that none before it did.  The same seed
 * makes the same inputs.  Edges are seen in what is compiled with
 * -fsanitize-coverage=trace-pc; mutate.c itself must not be.
 *
 *     mutate_begin(seed);
 *     for (n = 0; mutate_seed(n); n++) { try it; mutate_keep(); }
 *     for (;;) { mutate_next(); try it; mutate_keep(); }
 */

#include "fuzz.h"

extern unsigned char mutate_input[FUZZ_LONGEST];
extern size_t mutate_length;
extern unsigned long long mutate_done;  /* inputs made so far */
extern int mutate_edges, mutate_kept;

void mutate_begin(unsigned long long seed);
int mutate_seed(int n);         /* 0: there is no such seed */
void mutate_next(void);
void mutate_keep(void);
void mutate_tell(void);         /* the present input, to stderr */

#endif
