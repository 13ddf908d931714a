/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The switch of the lab build, and nothing in any other: without ITK_LAB this
 * file has no code, and ITK_GUARD is the constant 1.
 */

#ifdef ITK_LAB

#include "itk_guard.h"

#include <stdlib.h>
#include <string.h>

int itk_guard(const char *name)
{
    /* read once, by the first process: a worker may change its environment */
    static char without[256];
    static int known;
    const char *at, *text;
    size_t length = strlen(name);

    if (!known) {
        known = 1;
        text = getenv("ITK_LAB_WITHOUT");
        if (text != NULL && strlen(text) < sizeof(without)) {
            strcpy(without, text);
        }
    }
    for (at = without; *at != '\0'; at++) {
        if ((at == without || at[-1] == ',')
            && strncmp(at, name, length) == 0
            && (at[length] == '\0' || at[length] == ',')) {
            return 0;
        }
    }
    return 1;
}

#else

/* ISO C wants something in every file */
extern int itk_guard_is_constant;

#endif
