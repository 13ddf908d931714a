/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts a program as a careless administrator's shell would: with a key in the
 * session keyring and with a secret file open at descriptor 20.
 *
 *     itk-begin SECRET-FILE PROGRAM [WORD...]
 */
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEY_BITS 0x3f3f3f3fL    /* possessor, user, group, other: everything */

int main(int count, char **words)
{
    static const char secret[] = "key-of-roots-session";
    long ring, key;
    int file;

    if (count < 3) {
        fputs("usage: itk-begin SECRET-FILE PROGRAM [WORD...]\n", stderr);
        return 2;
    }
    ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "itk-attack");
    key = ring < 0 ? -1 : syscall(SYS_add_key, "user", "itk-attack", secret,
                                  sizeof(secret), KEY_SPEC_SESSION_KEYRING);
    if (key < 0) {
        puts("no-keys");
    } else {
        syscall(SYS_keyctl, KEYCTL_SETPERM, key, KEY_BITS);
        syscall(SYS_keyctl, KEYCTL_SETPERM, ring, KEY_BITS);
    }
    file = open(words[1], O_RDONLY);
    if (file < 0 || dup2(file, 20) < 0) {
        perror(words[1]);
        return 1;
    }
    fflush(stdout);
    execv(words[2], words + 2);
    perror(words[2]);
    return 1;
}
