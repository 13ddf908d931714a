/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_KERNEL_H
#define ITK_KERNEL_H

/*
 * What this MPM cannot do without, asked of the kernel that is there: better a
 * server that does not start than workers that all end at the same step.
 *
 * operation            who calls it             on failure
 * itk_kernel_missing   start-up, as root        a sentence
 */

#include <stddef.h>

/*
 * NULL if everything is there.  Else the first thing that is not, what it is for
 * and which kernels have it, in buf: 256 bytes are enough for each of them.
 */
const char *itk_kernel_missing(char *buf, size_t n);

#endif
