/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_HELLO_H
#define ITK_HELLO_H

/*
 * A TLS ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2), which may come in
 * several records (RFC 8446 5.1): is all of it there, and which server name
 * does it ask for (RFC 6066 3)?  Bytes only, every length checked against what
 * is there.
 */

#include <stddef.h>

enum {
    ITK_HELLO_MORE = 0,
    ITK_HELLO_WHOLE,
    ITK_HELLO_NOT               /* no ClientHello: the TLS module's to refuse */
};

/*
 * name receives the host name, lower case, with a NUL; empty if there is none
 * or it is not one (a NUL or a byte that no DNS name has in it, longer than
 * 255).
 */
int itk_hello_scan(const unsigned char *bytes, size_t length, char name[256]);

#endif
