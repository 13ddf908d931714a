/* SPDX-License-Identifier: Apache-2.0 */

#include "check.h"
#include "hellos.h"
#include "itk_hello.h"

#include <stdlib.h>
#include <string.h>

static unsigned char message[HELLO_ROOM], wire[6 * HELLO_ROOM];

/* In memory of just this size. */
static int scan(const unsigned char *bytes, size_t length, char name[256])
{
    unsigned char *copy = malloc(length ? length : 1);
    int result;

    memcpy(copy, bytes, length);
    memset(name, 'x', 256);
    result = itk_hello_scan(copy, length, name);
    free(copy);
    return result;
}

static const char *called(int result)
{
    return result == ITK_HELLO_WHOLE ? "whole"
        : result == ITK_HELLO_MORE ? "more" : "not one";
}

/* Every beginning of it asks for more; all of it has this name. */
static void whole(const char *what, size_t length, const char *wanted)
{
    static const size_t records[] = { 1, 2, 3, 7, 64, 16384 };
    char name[256];
    size_t bytes, part, i;
    int result;

    for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        bytes = hello_records(wire, message, length, records[i]);
        /* the first bytes and the last ones, and samples of what is between */
        for (part = 0; part < bytes; ) {
            result = scan(wire, part, name);
            CLAIM_OF(result == ITK_HELLO_MORE && name[0] == '\0',
                     "%s: %u of %u bytes, records of %u: %s", what,
                     (unsigned)part, (unsigned)bytes, (unsigned)records[i],
                     called(result));
            part += part < 700 || bytes - part < 100 ? 1 : (bytes - part) / 13;
        }
        result = scan(wire, bytes, name);
        CLAIM_OF(result == ITK_HELLO_WHOLE && strcmp(name, wanted) == 0,
                 "%s, records of %u: %s, \"%s\"", what, (unsigned)records[i],
                 called(result), name);
        memset(wire + bytes, 0, 40);
        result = scan(wire, bytes + 40, name);  /* what follows is not ours */
        CLAIM_OF(result == ITK_HELLO_WHOLE && strcmp(name, wanted) == 0,
                 "%s, and more", what);
    }
}

static void not_one(const char *what, size_t length)
{
    static const size_t records[] = { 1, 5, 16384 };
    char name[256];
    size_t bytes, i;
    int result;

    for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
        bytes = hello_records(wire, message, length, records[i]);
        result = scan(wire, bytes, name);
        CLAIM_OF(result == ITK_HELLO_NOT && name[0] == '\0',
                 "%s, records of %u: %s, \"%s\"", what, (unsigned)records[i],
                 called(result), name);
    }
}

static void hello_with(const char *extensions, size_t length, size_t *out)
{
    hello_parts parts;

    hello_plain(&parts, extensions, length);
    *out = hello_message(message, &parts);
}

static void real_one(void)
{
    char name[256];
    size_t part;

    test_begin("the hello of a real client: whole at its last byte, its name");
    for (part = 0; part < hello_of_openssl_length; part++) {
        CLAIM_OF(scan(hello_of_openssl, part, name) == ITK_HELLO_MORE,
                 "%u bytes", (unsigned)part);
    }
    CLAIM(scan(hello_of_openssl, hello_of_openssl_length, name)
          == ITK_HELLO_WHOLE);
    CLAIM_OF(strcmp(name, "www.example.org") == 0, "\"%s\"", name);
    memcpy(message, hello_of_openssl + 5, hello_of_openssl_length - 5);
    whole("in pieces", hello_of_openssl_length - 5, "www.example.org");
    test_end();
}

static void names(void)
{
    static const struct {
        const char *sent;
        size_t length;
        const char *name;
    } table[] = {
        { "a", 1, "a" }, { "A.Example-1.ORG", 15, "a.example-1.org" },
        { "a_b.c", 5, "a_b.c" }, { "a.b.", 4, "a.b." },
        { "xn--bcher-kva.example", 21, "xn--bcher-kva.example" },
        { "a\0b", 3, "" }, { "\0", 1, "" }, { "a\0", 2, "" },
        { "a b", 3, "" }, { "a/b", 3, "" }, { "a\nb", 3, "" },
        { "a:80", 4, "" }, { "[::1]", 5, "" }, { "*.a", 3, "" },
        { "b\303\274cher", 7, "" }, { "a\377", 2, "" }, { "a,b", 3, "" },
        { "a@b", 3, "" }, { "a[", 2, "" }, { "a`", 2, "" }, { "a{", 2, "" },
    };
    char extensions[700], longest[600];
    size_t i, length;

    test_begin("the name of a hello, and none where it is not one");
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        hello_with(extensions, hello_name(extensions, table[i].sent,
                                          table[i].length), &length);
        whole(table[i].sent, length, table[i].name);
    }
    memset(longest, 'A', sizeof(longest));
    hello_with(extensions, hello_name(extensions, longest, 256), &length);
    whole("256 bytes", length, "");
    hello_with(extensions, hello_name(extensions, longest, 511), &length);
    whole("511 bytes", length, "");
    hello_with(extensions, hello_name(extensions, longest, 255), &length);
    memset(longest, 'a', 255);
    longest[255] = '\0';
    whole("255 bytes", length, longest);
    test_end();
}

#define S(text) text, sizeof(text) - 1

static void others(void)
{
    char extensions[128];
    hello_parts parts;
    size_t length, used;

    test_begin("without a name, without extensions, with others around it");
    hello_with(S("\0\27\0\0"), &length);
    whole("another extension", length, "");
    hello_with(S(""), &length);
    whole("no extension", length, "");
    hello_plain(&parts, "", 0);
    parts.no_extensions = 1;
    whole("no extensions at all", hello_message(message, &parts), "");
    parts.session = "0123456789abcdef0123456789ABCDEF";
    parts.session_length = 32;
    whole("a session", hello_message(message, &parts), "");
    memcpy(extensions, "\12\12\0\0\0\27\0\1x", 9);
    used = 9 + hello_name(extensions + 9, "a.b", 3);
    memcpy(extensions + used, "\0\20\0\3\0\1y", 7);
    hello_with(extensions, used + 7, &length);
    whole("in the middle", length, "a.b");
    test_end();

    test_begin("a hello of many records, up to the longest that servers take");
    {
        static char big[HELLO_ROOM];

        memset(big, 0, sizeof(big));
        used = hello_name(big, "a.b", 3);
        big[used + 1] = 21;                     /* padding, RFC 7685 */
        big[used + 2] = (char)(40000 >> 8);
        big[used + 3] = (char)(40000 & 255);
        hello_with(big, used + 4 + 40000, &length);
        whole("padded", length, "a.b");
        memcpy(message, "\1\2\0\0", 4);         /* 131072 */
        memset(message + 4, 0, 131072);
        CLAIM(scan(wire, hello_records(wire, message, 100, 100), big)
              == ITK_HELLO_MORE);
        not_one("zeros", 4 + 131072);
        message[3] = 1;
        not_one("one longer", 4);
    }
    test_end();
}

static void no_records(void)
{
    static const struct { const char *bytes; size_t length; } table[] = {
        { S("G") }, { S("\200") /* SSL 2 */ },
        { S("\25") }, { S("\27") }, { S("\0") }, { S("\26\2") },
        { S("\26\4") }, { S("\26\3\1\0\0") }, { S("\26\3\1\100\1") },
        { S("\26\3\1\377\377") }, { S("\26\3\1\0\1\2") },
        { S("\26\3\1\0\1\0") }, { S("\26\3\1\0\4\1\2\0\1") },
        { S("\26\3\1\0\2\1\0\25") }, { S("\26\3\1\0\2\1\0\26\3\1\0\0") },
    };
    char name[256];
    size_t i;
    int result;

    test_begin("what is no hello is known by its first wrong byte");
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        result = scan((const unsigned char *)table[i].bytes, table[i].length,
                      name);
        CLAIM_OF(result == ITK_HELLO_NOT && name[0] == '\0', "row %u: %s",
                 (unsigned)i, called(result));
        result = scan((const unsigned char *)table[i].bytes,
                      table[i].length - 1, name);
        CLAIM_OF(result == ITK_HELLO_MORE,
                 "row %u, before it: %s", (unsigned)i, called(result));
    }
    test_end();
}

static void broken(void)
{
    static const struct { const char *what, *bytes; size_t length; } table[] = {
        { "half a type", S("\0") }, { "half a length", S("\0\27\0") },
        { "longer than there is", S("\0\27\0\1") },
        { "no list", S("\0\0\0\0") }, { "half a list", S("\0\0\0\1\0") },
        { "an empty list", S("\0\0\0\2\0\0") },
        { "list too long", S("\0\0\0\6\0\5\0\0\1a") },
        { "list too short", S("\0\0\0\6\0\3\0\0\1a") },
        { "name too long", S("\0\0\0\6\0\4\0\0\2a") },
        { "name too short", S("\0\0\0\7\0\5\0\0\1ab") },
        { "no name", S("\0\0\0\5\0\3\0\0\0") },
        { "a name of another kind", S("\0\0\0\6\0\4\1\0\1a") },
        { "two names", S("\0\0\0\12\0\10\0\0\1a\0\0\1b") },
        { "a name and another kind", S("\0\0\0\12\0\10\0\0\1a\1\0\1b") },
        { "two extensions", S("\0\0\0\6\0\4\0\0\1a\0\0\0\6\0\4\0\0\1b") },
        { "name over the end", S("\0\0\0\6\0\4\0\1\1a\0\27\0\0") },
        { "broken after the name", S("\0\0\0\6\0\4\0\0\1a\0") },
    };
    hello_parts parts;
    size_t i, length, cut;
    char session[33] = "";

    test_begin("lengths that do not fit make it none, and no name of it stays");
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        hello_with(table[i].bytes, table[i].length, &length);
        not_one(table[i].what, length);
    }
    hello_plain(&parts, "", 0);
    parts.session = session;
    parts.session_length = 33;
    not_one("session of 33", hello_message(message, &parts));
    hello_plain(&parts, "", 0);
    parts.ciphers_length = 0;
    not_one("no ciphers", hello_message(message, &parts));
    hello_plain(&parts, "", 0);
    parts.compression_length = 0;
    not_one("no compression", hello_message(message, &parts));
    hello_with(S("\0\27\0\0"), &length);
    message[3]++;
    message[length] = 0;
    not_one("a byte after the extensions", length + 1);
    message[3]--;

    /* cut at each byte, with a length that says so; before the extensions it
     * is a hello without any */
    hello_with(S("\0\0\0\6\0\4\0\0\1a"), &length);
    for (cut = 4; cut < length; cut++) {
        message[3] = (unsigned char)(cut - 4);
        if (cut != length - 12) {
            not_one("cut", cut);
        }
    }
    test_end();
}

void test_hello(void)
{
    real_one();
    names();
    others();
    no_records();
    broken();
}
