/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_MAPPINGS_H
#define ITK_MAPPINGS_H

/*
 * Shared memory that a worker must not write to where others read it: the
 * scoreboard, the accept mutex, the caches of modules.
 *
 * operation             who calls it                   on failure
 * itk_mappings_list     a reader, once, at its start   -1: it ends
 * itk_mappings_detach   a worker, before it switches   -1: it ends, unserved
 *
 * After itk_mappings_detach the same addresses hold the same bytes, and what
 * is written there stays in this process.
 */

#include <stddef.h>

typedef struct itk_mapping {
    void *start;
    size_t length;
} itk_mapping;

/*
 * Every shared mapping of this process apart from the page at keep.  Returns
 * how many there are, or -1: /proc cannot be read, or there are more than max.
 */
int itk_mappings_list(itk_mapping *list, int max, const void *keep);

int itk_mappings_detach(const itk_mapping *list, int count);

#endif
