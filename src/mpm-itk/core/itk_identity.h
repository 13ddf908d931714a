/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_IDENTITY_H
#define ITK_IDENTITY_H

/*
 * Giving up root.  itk_identity.c is the only file of this MPM that calls
 * setgroups, setres[ug]id, capset, or anything like them; there is no
 * operation that goes back.
 *
 * operation              who calls it                     afterwards
 * itk_become_worker      a new process, as root, after    one identity for good,
 *                        it has swept descriptors and     no capability
 *                        left shared memory
 * itk_become_dispatcher  a new process, as root, after    the same, in an empty
 *                        the sweep and with everything    root and behind a filter
 *                        open that it will ever have      of system calls
 * itk_become_logger      itk_log_become                   the same
 *
 * Each returns 0, or -1 with the name of the step in *step (a constant: "could
 * not ...") and errno set or 0.  After -1 the process is in no defined state:
 * the caller logs and calls _exit, and must not answer a byte.
 *
 * In all of them the bounding set is empty and the securebits are locked, so
 * that neither a set-uid program nor a regained uid 0 brings a capability back.
 * Their session, terminal and session keyring are not root's.
 *
 * The guards, and what the lab build does without one.  It is the smallest
 * mistake of its kind that somebody can use; reading back and trying to regain
 * leave out this one thing as well.  All but the last three are the worker's.
 *
 * guard               without it                 what a tenant can do then
 * uid-zero            (itk_ids.c) uid, gid and   AssignUserID root: files of root
 *                     group 0 pass
 * ids-range           (itk_ids.c) any id passes  a vhost as a system's user
 * session             no setsid                  open /dev/tty, signal by group
 * keyring             no keyring of its own      read the keys of root's session
 * nice                no setpriority             NiceValue has no effect
 * setgroups           not called                 what root's groups may (start
 *                                                the server with group 0 in them)
 * setgid              the saved gid stays 0      setegid(0): files of group root
 * setuid              the saved uid stays 0      seteuid(0): files of root, though
 *                                                without any capability
 * capabilities        CAP_SETUID stays           setuid() to any other tenant
 * bounding            the set stays              run a program that has file
 *                                                capabilities, and gain them
 * securebits          none set, none locked      PR_SET_KEEPCAPS; uid 0 would mean
 *                                                something again.  Alone it opens
 *                                                nothing: see bounding
 * dumpable            the process is dumpable    ptrace, /proc/pid/mem by others
 *                                                of the same uid
 * no-new-privs        not set if asked for       set-uid programs change the uid
 * regain              nothing is tried           nothing by itself: it is there
 *                                                for a kernel that lies
 * dispatcher-drop     stays root                 (who takes the dispatcher over:)
 *                                                root, within filter and root dir
 * dispatcher-chroot   sees the file system       openat, were it not for the filter
 * dispatcher-seccomp  no filter                  any system call
 */

#include "itk_ids.h"

#define ITK_NICE_LOWEST  (-20)
#define ITK_NICE_HIGHEST 19
#define ITK_NICE_KEEP    100    /* leave the priority alone */

int itk_become_worker(const itk_identity *who, const itk_limits *limits,
                      int nice_value, int no_new_privs, const char **step)
    __attribute__((warn_unused_result));

/* runtime_dir: for a moment an empty directory is made there. */
int itk_become_dispatcher(const itk_identity *who, const char *runtime_dir,
                          const char **step)
    __attribute__((warn_unused_result));

int itk_become_logger(const itk_identity *who, const char *runtime_dir,
                      const char **step)
    __attribute__((warn_unused_result));

#endif
