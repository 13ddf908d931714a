/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_DESCRIPTORS_H
#define ITK_DESCRIPTORS_H

/*
 * Sockets that accept connections: whoever keeps one can take other people's
 * connections.
 *
 * operation              who calls it                   on failure
 * itk_listeners_list     a reader, once, at its start   -1: it ends
 * itk_listeners_close    a worker, before it switches   -1: it ends, unserved
 */

/*
 * Every descriptor of this process that is a listening socket, whoever opened
 * it.  Returns how many, or -1: /proc cannot be read, or more than max.
 */
int itk_listeners_list(int *list, int max);

int itk_listeners_close(const int *list, int count);

#endif
