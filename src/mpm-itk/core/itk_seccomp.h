/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_SECCOMP_H
#define ITK_SECCOMP_H

/*
 * operation              who calls it                        on failure
 * itk_seccomp_dispatcher itk_become_dispatcher, _logger,     -1 with errno: it
 *                        last of all, no_new_privs set       ends
 *
 * From then on the process can do what the list in itk_seccomp.c says with the
 * descriptors that it has, and be given new connections by accept4.  Everything
 * else is EPERM.  Calls by another architecture's numbers (32 bits, x32) end it:
 * no library makes them.  There is no operation that takes a filter away, and
 * prctl and seccomp themselves are not on the list.
 */
int itk_seccomp_dispatcher(void)
    __attribute__((warn_unused_result));

#endif
