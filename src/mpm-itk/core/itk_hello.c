/* SPDX-License-Identifier: Apache-2.0 */

#include "itk_hello.h"

#include <string.h>

#define CONTENT_HANDSHAKE  22   /* RFC 8446 5.1 */
#define RECORD_HEADER      5
#define RECORD_LONGEST     16384
#define CLIENT_HELLO       1    /* RFC 8446 4 */
#define HANDSHAKE_HEADER   4
#define SERVER_NAME        0    /* RFC 6066 3 */
#define HOST_NAME          0

/* No server takes a longer one; OpenSSL's limit is 131,396 bytes. */
#define HELLO_LONGEST      (128 * 1024)

/*
 * The bytes of the handshake, without the headers of the records that it comes
 * in.  left is what the innermost structure still has; taking more than that
 * fails, for good.
 */
typedef struct reader {
    const unsigned char *at;
    const unsigned char *record_end;
    const unsigned char *end;
    size_t left;
    int failed;
} reader;

/* At a record's header: 1, or 0 if not all of it is there, -1 if it is none. */
static int record_at(const unsigned char *at, const unsigned char *end,
                     size_t *length)
{
    size_t there = (size_t)(end - at);

    if (there > 0 && at[0] != CONTENT_HANDSHAKE) {
        return -1;
    }
    if (there > 1 && at[1] != 3) {
        return -1;              /* every version of SSL and TLS since SSL 3.0 */
    }
    if (there < RECORD_HEADER) {
        return 0;
    }
    *length = (size_t)at[3] << 8 | at[4];
    if (*length == 0 || *length > RECORD_LONGEST) {
        return -1;              /* RFC 8446 5.1: no empty ones in a handshake */
    }
    return 1;
}

/*
 * Is the whole message there?  Looks at the records' headers and at the
 * message's own four bytes, which may be in several records themselves.
 */
static int find_end(const unsigned char *bytes, size_t length, size_t *message)
{
    const unsigned char *at = bytes, *end = bytes + length;
    unsigned char header[HANDSHAKE_HEADER];
    size_t have = 0, record, here, i;
    int result;

    for (;;) {
        if ((result = record_at(at, end, &record)) != 1) {
            return result < 0 ? ITK_HELLO_NOT : ITK_HELLO_MORE;
        }
        at += RECORD_HEADER;
        here = (size_t)(end - at) < record ? (size_t)(end - at) : record;
        for (i = 0; i < here && have + i < sizeof(header); i++) {
            header[have + i] = at[i];
        }
        have += here;
        if (have > 0 && header[0] != CLIENT_HELLO) {
            return ITK_HELLO_NOT;
        }
        if (have >= sizeof(header)) {
            *message = (size_t)header[1] << 16 | (size_t)header[2] << 8
                | header[3];
            if (*message > HELLO_LONGEST) {
                return ITK_HELLO_NOT;
            }
            if (have - sizeof(header) >= *message) {
                return ITK_HELLO_WHOLE;
            }
        }
        if (here < record) {
            return ITK_HELLO_MORE;
        }
        at += here;
    }
}

/* The next count bytes, to out unless that is NULL. */
static void take(reader *from, unsigned char *out, size_t count)
{
    size_t here;

    if (from->failed || count > from->left) {
        from->failed = 1;
        if (out) {
            memset(out, 0, count);
        }
        return;
    }
    from->left -= count;
    while (count > 0) {
        if (from->at == from->record_end) {
            if (record_at(from->at, from->end, &here) != 1) {
                from->failed = 1;       /* find_end has seen them all */
                return;
            }
            from->at += RECORD_HEADER;
            from->record_end = (size_t)(from->end - from->at) < here
                ? from->end : from->at + here;
        }
        here = (size_t)(from->record_end - from->at);
        if (here > count) {
            here = count;
        }
        if (out) {
            memcpy(out, from->at, here);
            out += here;
        }
        from->at += here;
        count -= here;
    }
}

static size_t number(reader *from, int width)
{
    unsigned char bytes[3] = { 0, 0, 0 };

    take(from, bytes + 3 - width, (size_t)width);
    return (size_t)bytes[0] << 16 | (size_t)bytes[1] << 8 | bytes[2];
}

/*
 * Goes into a vector of so many bytes, which the reader then ends at.  Returns
 * what comes after it in the structure around it, for leave().
 */
static size_t enter(reader *from, size_t length)
{
    size_t after = 0;

    if (from->failed || length > from->left) {
        from->failed = 1;
    }
    else {
        after = from->left - length;
        from->left = length;
    }
    return after;
}

/* Out of it again: all of it has to have been read. */
static void leave(reader *from, size_t after)
{
    if (from->left != 0) {
        from->failed = 1;
    }
    from->left = after;
}

/* A vector that nothing here wants to know. */
static void skip_vector(reader *from, int width, size_t least, size_t most)
{
    size_t length = number(from, width);

    if (length < least || length > most) {
        from->failed = 1;
    }
    take(from, NULL, length);
}

/* Lower case; empty if it is no host name. */
static void host_name(reader *from, size_t length, char name[256])
{
    unsigned char c, text[256];
    size_t i;

    memset(text, 0, sizeof(text));
    if (length >= sizeof(text)) {
        take(from, NULL, length);
        return;
    }
    take(from, text, length);
    for (i = 0; i < length; i++) {
        c = text[i];
        if (c >= 'A' && c <= 'Z') {
            text[i] = c = (unsigned char)(c - 'A' + 'a');
        }
        /* an underscore is in no host's name, and in many all the same */
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || c == '-' || c == '.' || c == '_')) {
            return;
        }
    }
    memcpy(name, text, length + 1);
}

/*
 * RFC 6066 lets the list have one name of each kind, and has no kind but host
 * names; of servers OpenSSL's takes that one name alone.  So does this.
 */
static void server_name(reader *from, char name[256])
{
    size_t list = enter(from, number(from, 2)), length;

    if (number(from, 1) != HOST_NAME) {
        from->failed = 1;
    }
    length = number(from, 2);
    if (length == 0) {
        from->failed = 1;
    }
    host_name(from, length, name);
    leave(from, list);
}

static void extensions(reader *from, char name[256])
{
    size_t all = enter(from, number(from, 2)), after, type;
    int names = 0;

    while (from->left > 0 && !from->failed) {
        type = number(from, 2);
        after = enter(from, number(from, 2));
        if (type == SERVER_NAME) {
            if (++names > 1) {
                from->failed = 1;       /* RFC 8446 4.2: one of a type */
            }
            server_name(from, name);
        }
        else {
            take(from, NULL, from->left);
        }
        leave(from, after);
    }
    leave(from, all);
}

int itk_hello_scan(const unsigned char *bytes, size_t length, char name[256])
{
    reader from;
    size_t message;
    int result;

    memset(name, 0, 256);
    if ((result = find_end(bytes, length, &message)) != ITK_HELLO_WHOLE) {
        return result;
    }
    from.at = from.record_end = bytes;
    from.end = bytes + length;
    from.left = HANDSHAKE_HEADER + message;
    from.failed = 0;
    take(&from, NULL, HANDSHAKE_HEADER);
    take(&from, NULL, 2 + 32);          /* version and random */
    skip_vector(&from, 1, 0, 32);       /* session id */
    skip_vector(&from, 2, 2, 65534);    /* cipher suites */
    skip_vector(&from, 1, 1, 255);      /* compression methods */
    if (from.left > 0 && !from.failed) {
        extensions(&from, name);        /* none at all before TLS 1.3 */
    }
    if (from.failed || from.left != 0) {
        memset(name, 0, 256);
        return ITK_HELLO_NOT;
    }
    return ITK_HELLO_WHOLE;
}
