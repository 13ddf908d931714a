/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_GUARD_H
#define ITK_GUARD_H

/*
 * The guards, by name.  A guard is one measure that stops one kind of attack;
 * docs/mpm-itk.md lists them.  In the server that is built from this tree
 * ITK_GUARD is a constant: there is no switch.  The lab build of the attack
 * suite (-DITK_LAB, a patch below patches/mpm-itk/lab) leaves out the one guard
 * that the environment names when the server starts, to see the attack that it
 * stops go through.
 *
 *     if (ITK_GUARD("setgroups") && setgroups(...) != 0)
 */

#ifdef ITK_LAB
/* 0 if ITK_LAB_WITHOUT names this guard. */
int itk_guard(const char *name);
#define ITK_GUARD(name) itk_guard(name)
#else
#define ITK_GUARD(name) 1
#endif

#endif
