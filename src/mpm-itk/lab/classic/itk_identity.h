/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_IDENTITY_H
#define ITK_IDENTITY_H

/*
 * The two changes of identity.  itk_identity.c is the only file of this MPM
 * that calls setgroups, setres[ug]id, capset, or anything like them; there is
 * no operation that goes back.
 *
 * operation           who calls it                       afterwards
 * itk_become_reader   a child, as root, once, before it  User/Group with
 *                     accepts a connection               CAP_SETUID, CAP_SETGID
 *                                                        and CAP_SYS_NICE
 * itk_become_worker   a process forked from a reader,    one identity for good,
 *                     before any handler runs            no capability
 *
 * Both return 0, or -1 with the name of the step in *step (a constant) and
 * errno set.  After -1 the process is in no defined state: the caller logs and
 * calls _exit, and must not answer a byte.
 *
 * In both the bounding set is empty and SECBIT_NOROOT is locked, so that
 * neither a set-uid program nor a regained uid 0 brings a capability back.
 * Their session keyring is not that of root, and admits nobody.
 */

#include "itk_ids.h"

#define ITK_NICE_LOWEST  (-20)
#define ITK_NICE_HIGHEST 19
#define ITK_NICE_KEEP    100    /* leave the priority alone */

int itk_become_reader(const itk_identity *who, const char **step)
    __attribute__((warn_unused_result));

int itk_become_worker(const itk_identity *reader, const itk_identity *who,
                      const itk_limits *limits, int nice_value,
                      const char **step)
    __attribute__((warn_unused_result));

#endif
