/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_CAPABILITIES_H
#define ITK_CAPABILITIES_H

/*
 * The capability sets of this process.  Only itk_identity.c may call these.
 *
 * operation            what it does                        on failure
 * itk_caps_set         permitted and effective become      -1 with errno
 *                      these, inheritable empty
 * itk_caps_are         1: exactly these, none inheritable  0
 * itk_caps_refused     tries to take every capability      0: one was given, or
 *                      but those that it has               it could not be tried
 * itk_bounding_drop    empties the bounding set            -1 with errno
 * itk_bounding_empty   1: it is empty                      0
 * itk_ambient_clear    empties the ambient set             -1 with errno
 */

#include <stdint.h>

#define ITK_CAP(c) (UINT64_C(1) << (c))

int itk_caps_set(uint64_t caps);
int itk_caps_are(uint64_t caps);
int itk_caps_refused(uint64_t but);
int itk_bounding_drop(void);
int itk_bounding_empty(void);
int itk_ambient_clear(void);

#endif
