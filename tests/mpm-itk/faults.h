/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stddef.h>

/*
 * Make the n-th wrapped call of the C library (not of the kernel model) fail
 * with an errno: faults_arm(1, ENOMEM) fails the next one.  0 counts only.
 */
void faults_arm(int nth, int error);
int faults_disarm(void);        /* how many calls there were */
int faults_due(void);           /* for a wrapper: is it this one's turn? */

/* How much pread has been asked for, in all. */
extern size_t faults_read;

/* A user database of the tests' own, while it is on. */
typedef struct {
    const char *name;
    unsigned int id;
} fake_name;

void users_fake(const fake_name *users, const fake_name *groups,
                const unsigned int *supplementary, int count);
void users_real(void);

#endif
