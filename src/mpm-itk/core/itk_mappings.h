/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_MAPPINGS_H
#define ITK_MAPPINGS_H

/*
 * Shared memory that a worker must not write to where others read it: a
 * scoreboard, the caches of modules, a script engine's compiled programs.
 *
 * operation             who calls it                    on failure
 * itk_mappings_list     supervisor, once, when the      -1 with errno: no start
 *                       configuration is in effect
 * itk_mappings_detach   supervisor, once, before its    -1 with errno: no start,
 *                       first fork; or each worker, as  or the worker ends
 *                       root, before it drops
 *
 * Once in the supervisor costs workers nothing: private memory is theirs from
 * the fork on, page by page when it is written.
 *
 * After itk_mappings_detach the same addresses hold the same bytes, with the
 * same protection, and what is written there stays in this process.  That is
 * so for mappings that are only read as well: one of a file that was opened for
 * writing could be made writable again.
 *
 * What nobody has written yet is not copied and takes no memory: a cache of 128
 * MB with 1 MB in it costs 1 MB.  What there is, is asked of the file behind
 * the mapping (/proc/self/map_files and SEEK_DATA).  mincore(2) would not do: it
 * says of what is swapped out that it is not there.  In a container that is
 * denied map_files (CAP_SYS_ADMIN, CAP_CHECKPOINT_RESTORE) every page is read,
 * which takes time and makes the shared memory itself be there as a whole, once;
 * and a mapping that is longer than its file ends the worker there (SIGBUS).
 *
 * guard       without it
 * mappings    shared memory stays shared
 */

#include <stddef.h>
#include <sys/types.h>

typedef struct itk_mapping {
    void *start;
    size_t length;
    int protection;             /* PROT_* */
    off_t offset;               /* of its start in the file */
    unsigned long inode;
    char name[64];              /* the beginning of the file's; to be shown */
} itk_mapping;

/*
 * Every shared mapping of this process apart from those that have one of the
 * addresses in keep.  Returns how many there are, or -1: /proc cannot be read,
 * or there are more than max (E2BIG).
 */
int itk_mappings_list(itk_mapping *list, int max,
                      const void *const *keep, int keep_count);

int itk_mappings_detach(const itk_mapping *list, int count)
    __attribute__((warn_unused_result));

#endif
