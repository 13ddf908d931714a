/* SPDX-License-Identifier: Apache-2.0 */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_failed(const char *text, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
    abort();
}

void *fuzz_exact(const void *bytes, size_t length)
{
    void *copy = malloc(length ? length : 1);

    if (copy == NULL) {
        abort();
    }
    memcpy(copy, bytes, length);
    return copy;
}
