/* SPDX-License-Identifier: Apache-2.0 */

#include "hellos.h"

#include <string.h>

const unsigned char hello_of_openssl[] = {
    0x16, 0x03, 0x01, 0x00, 0x9d, 0x01, 0x00, 0x00, 0x99, 0x03, 0x03, 0x37,
    0x54, 0xce, 0x60, 0xd9, 0xcd, 0x01, 0xce, 0x18, 0x10, 0xa1, 0x1b, 0x46,
    0xb4, 0xb4, 0x2b, 0x5c, 0x35, 0xe4, 0x9e, 0x29, 0x29, 0x22, 0x55, 0xaa,
    0x9b, 0xce, 0xe8, 0xb2, 0x9b, 0xe3, 0x6f, 0x00, 0x00, 0x06, 0xc0, 0x2f,
    0xc0, 0x2b, 0x00, 0xff, 0x01, 0x00, 0x00, 0x6a, 0x00, 0x00, 0x00, 0x14,
    0x00, 0x12, 0x00, 0x00, 0x0f, 0x57, 0x57, 0x57, 0x2e, 0x45, 0x78, 0x61,
    0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x6f, 0x72, 0x67, 0x00, 0x0b, 0x00, 0x04,
    0x03, 0x00, 0x01, 0x02, 0x00, 0x0a, 0x00, 0x0c, 0x00, 0x0a, 0x00, 0x1d,
    0x00, 0x17, 0x00, 0x1e, 0x00, 0x19, 0x00, 0x18, 0x00, 0x23, 0x00, 0x00,
    0x00, 0x16, 0x00, 0x00, 0x00, 0x17, 0x00, 0x00, 0x00, 0x0d, 0x00, 0x2a,
    0x00, 0x28, 0x04, 0x03, 0x05, 0x03, 0x06, 0x03, 0x08, 0x07, 0x08, 0x08,
    0x08, 0x09, 0x08, 0x0a, 0x08, 0x0b, 0x08, 0x04, 0x08, 0x05, 0x08, 0x06,
    0x04, 0x01, 0x05, 0x01, 0x06, 0x01, 0x03, 0x03, 0x03, 0x01, 0x03, 0x02,
    0x04, 0x02, 0x05, 0x02, 0x06, 0x02,
};
const size_t hello_of_openssl_length = sizeof(hello_of_openssl);

void hello_plain(hello_parts *parts, const char *extensions, size_t length)
{
    memset(parts, 0, sizeof(*parts));
    parts->session = "";
    parts->ciphers = "\300\057";
    parts->ciphers_length = 2;
    parts->compression = "\0";
    parts->compression_length = 1;
    parts->extensions = extensions;
    parts->extensions_length = length;
}

/* Big-endian, in two bytes. */
static void number(char *out, size_t value)
{
    out[0] = (char)(value >> 8);
    out[1] = (char)value;
}

size_t hello_name(char *out, const char *name, size_t length)
{
    number(out, 0);             /* the extension's type, and its length */
    number(out + 2, length + 5);
    number(out + 4, length + 3);        /* of the list of names */
    out[6] = 0;                 /* a host name */
    number(out + 7, length);
    memcpy(out + 9, name, length);
    return 9 + length;
}

static unsigned char *vector(unsigned char *out, int width,
                             const char *bytes, size_t length)
{
    while (width-- > 0) {
        *out++ = (unsigned char)(length >> (8 * width));
    }
    memcpy(out, bytes, length);
    return out + length;
}

size_t hello_message(unsigned char *out, const hello_parts *parts)
{
    unsigned char *at = out;
    size_t length;

    memcpy(at, "\1...\3\3", 6);
    at += 6;
    memset(at, 0x52, 32);
    at += 32;
    at = vector(at, 1, parts->session, parts->session_length);
    at = vector(at, 2, parts->ciphers, parts->ciphers_length);
    at = vector(at, 1, parts->compression, parts->compression_length);
    if (!parts->no_extensions) {
        at = vector(at, 2, parts->extensions, parts->extensions_length);
    }
    length = (size_t)(at - out) - 4;
    out[1] = (unsigned char)(length >> 16);
    out[2] = (unsigned char)(length >> 8);
    out[3] = (unsigned char)length;
    return length + 4;
}

size_t hello_records(unsigned char *out, const unsigned char *message,
                     size_t length, size_t record)
{
    unsigned char *at = out;
    size_t here;

    for (; length > 0; length -= here, message += here) {
        here = length < record ? length : record;
        *at++ = 22;
        *at++ = 3;
        *at++ = 1;
        at = vector(at, 2, (const char *)message, here);
    }
    return (size_t)(at - out);
}
