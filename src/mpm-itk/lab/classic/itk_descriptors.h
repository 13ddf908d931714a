/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_DESCRIPTORS_H
#define ITK_DESCRIPTORS_H

/*
 * Descriptors that a worker must not have: above all sockets that accept
 * connections.  Whoever keeps one can take other people's connections.
 *
 * operation                who calls it                   on failure
 * itk_listeners_list       a reader, once, at its start   -1: it ends
 * itk_descriptors_blank    a worker, before it switches   -1: it ends, unserved
 */

/*
 * Every descriptor of this process that is a listening socket, whoever opened
 * it.  Returns how many, or -1: /proc cannot be read, or more than max.
 */
int itk_listeners_list(int *list, int max);

/*
 * Each becomes /dev/null, closed on exec.  The numbers stay taken: the server
 * believes to this day that it owns them, and closes them before it starts a
 * program.  A number given out again by then would be somebody else's pipe.
 */
int itk_descriptors_blank(const int *list, int count);

#endif
