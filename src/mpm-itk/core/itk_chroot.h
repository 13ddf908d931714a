/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_CHROOT_H
#define ITK_CHROOT_H

/*
 * operation         who calls it                          on failure
 * itk_chroot_empty  dispatcher and logger, as root,       -1 with errno: it
 *                   before they drop                      ends
 *
 * Makes a directory below runtime_dir, removes it and lives in it from then on:
 * nothing is in it, and nobody, root included, can put anything there
 * (rmdir(2): the inode stays until it is left; creating in it gives ENOENT).
 */
int itk_chroot_empty(const char *runtime_dir)
    __attribute__((warn_unused_result));

#endif
