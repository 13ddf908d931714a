/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HELLOS_H
#define HELLOS_H

/* ClientHellos to test and fuzz with. */

#include <stddef.h>

#define HELLO_ROOM (256 * 1024)

/* What openssl's client of OpenSSL 3.0 sends for WWW.Example.org, TLS 1.2. */
extern const unsigned char hello_of_openssl[];
extern const size_t hello_of_openssl_length;

typedef struct hello_parts {
    const char *session, *ciphers, *compression, *extensions;
    size_t session_length, ciphers_length, compression_length,
           extensions_length;
    int no_extensions;          /* not even their length */
} hello_parts;

/* With no session, one cipher suite, no compression and these extensions. */
void hello_plain(hello_parts *parts, const char *extensions, size_t length);

/* An extension server_name for this name; returns its length. */
size_t hello_name(char *out, const char *name, size_t length);

/* The handshake message; then cut into records of at most so many bytes. */
size_t hello_message(unsigned char *out, const hello_parts *parts);
size_t hello_records(unsigned char *out, const unsigned char *message,
                     size_t length, size_t record);

#endif
