/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_IDS_H
#define ITK_IDS_H

/*
 * Users, groups and the ranges they must lie in.  This file only reads: it
 * looks names up and compares numbers, and changes nothing about the process.
 *
 * operation               who calls it              on failure
 * itk_identity_resolve    directives, start-up      a sentence; *out unchanged
 * itk_identity_look_up    the same                  a sentence; *out unchanged
 * itk_identity_refused    directives, start-up,     a sentence; nothing may be
 *                         the drop itself           switched to this identity
 * itk_range_parse         directives                a sentence; *out unchanged
 * itk_number_parse        directives                a sentence; *out unchanged
 * itk_identity_same       a worker, per request     (cannot fail)
 *
 * The sentences are constants: nothing is allocated, nothing has to be freed.
 */

#include <sys/types.h>

/* Everything that decides what the kernel lets a process touch. */
typedef struct itk_identity {
    uid_t uid;
    gid_t gid;                  /* also the first of groups */
    int ngroups;
    gid_t *groups;              /* supplementary groups, sorted, no doubles */
} itk_identity;

typedef struct itk_limits {
    uid_t uid_min, uid_max;
    gid_t gid_min, gid_max;
} itk_limits;

typedef enum { ITK_USER, ITK_GROUP } itk_kind;

/* Everything but 0 and the value that means "leave it" to the kernel. */
#define ITK_ID_LOWEST  1u
#define ITK_ID_HIGHEST 0xfffffffeu
#define ITK_LIMITS_DEFAULT \
    { ITK_ID_LOWEST, ITK_ID_HIGHEST, ITK_ID_LOWEST, ITK_ID_HIGHEST }

/*
 * user and group are names or "#number".  The supplementary groups of a user
 * that the system knows are looked up here, once, so that a switch depends on
 * no name service; a number without a name has its group and no other.  The
 * group list comes from malloc and belongs to the caller.
 */
const char *itk_identity_resolve(const char *user, const char *group,
                                 itk_identity *out);

/* The system's entry of a user. */
typedef struct itk_account {
    char name[64];              /* empty: there is no entry, or too long a name */
    gid_t gid;                  /* its own group; without an entry as the uid */
} itk_account;

/* The same, and what else was found, so that nobody looks it up again. */
const char *itk_identity_look_up(const char *user, const char *group,
                                 itk_identity *out, itk_account *account);

/* NULL if the identity may be switched to, else why not. */
const char *itk_identity_refused(const itk_identity *who,
                                 const itk_limits *limits);

int itk_identity_same(const itk_identity *a, const itk_identity *b);

/* min and max are names, numbers or "#number". */
const char *itk_range_parse(itk_kind kind, const char *min, const char *max,
                            unsigned int *out_min, unsigned int *out_max);

/* A decimal number, an optional minus sign, nothing else. */
const char *itk_number_parse(const char *text, long long lowest, long long highest,
                             long long *out);

#endif
