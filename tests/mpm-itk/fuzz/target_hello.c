/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A ClientHello, against a second reading of it: the records are put together
 * first, then it is read with an index.
 */

#include "fuzz.h"
#include "hellos.h"
#include "itk_hello.h"

#include <stdlib.h>
#include <string.h>

static unsigned char joined[6 * (FUZZ_LONGEST + 256)];
static size_t at, ends;         /* in joined */
static int broken;
static char slow_name[256];

static size_t number(int width)
{
    size_t value = 0;

    while (width-- > 0) {
        if (at >= ends) {
            broken = 1;
            return 0;
        }
        value = value << 8 | joined[at++];
    }
    return value;
}

/* A vector's length, which has to fit. */
static size_t vector(int width)
{
    size_t length = number(width);

    if (length > ends - at) {
        broken = 1;
        length = 0;
    }
    return length;
}

static void slow_server_name(size_t end)
{
    size_t length, i;
    const char *letters = "abcdefghijklmnopqrstuvwxyz0123456789-._";
    char name[256];

    if (vector(2) != end - at || number(1) != 0) {
        broken = 1;
        return;
    }
    length = vector(2);
    if (length == 0 || length != end - at) {
        broken = 1;
        return;
    }
    memset(name, 0, sizeof(name));
    for (i = 0; i < length && length < 256; i++) {
        unsigned char c = joined[at + i];

        name[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        if (c == '\0' || strchr(letters, name[i]) == NULL) {
            memset(name, 0, sizeof(name));
            break;
        }
    }
    memcpy(slow_name, name, sizeof(name));
    at += length;
}

static void slow_extensions(void)
{
    size_t type, end, names = 0;

    if (vector(2) != ends - at) {
        broken = 1;
    }
    while (!broken && at < ends) {
        type = number(2);
        end = vector(2) + at;
        if (broken) {
            break;
        }
        if (type == 0) {
            if (names++ || end > ends) {
                broken = 1;
                break;
            }
            slow_server_name(end);
            if (at != end) {
                broken = 1;
            }
        }
        at = end;
    }
}

static int slow_scan(const unsigned char *bytes, size_t length)
{
    size_t i = 0, have = 0, record, here;

    memset(slow_name, 0, sizeof(slow_name));
    for (;;) {
        if (i < length && bytes[i] != 22) {
            return ITK_HELLO_NOT;
        }
        if (i + 1 < length && bytes[i + 1] != 3) {
            return ITK_HELLO_NOT;
        }
        if (i + 5 > length) {
            return ITK_HELLO_MORE;
        }
        record = bytes[i + 3] * 256u + bytes[i + 4];
        if (record < 1 || record > 16384) {
            return ITK_HELLO_NOT;
        }
        i += 5;
        here = length - i < record ? length - i : record;
        memcpy(joined + have, bytes + i, here);
        have += here;
        i += here;
        if (have >= 1 && joined[0] != 1) {
            return ITK_HELLO_NOT;
        }
        if (have >= 4) {
            ends = joined[1] * 65536u + joined[2] * 256u + joined[3] + 4;
            if (ends > 131072 + 4) {
                return ITK_HELLO_NOT;
            }
            if (have >= ends) {
                break;
            }
        }
        if (here < record) {
            return ITK_HELLO_MORE;
        }
    }
    at = 4 + 2 + 32;
    broken = at > ends;
    if (!broken) {
        here = vector(1);
        broken |= here > 32;
        at += here;
        here = vector(2);
        broken |= here < 2 || here > 65534;
        at += here;
        here = vector(1);
        broken |= here < 1;
        at += here;
    }
    if (!broken && at < ends) {
        slow_extensions();
    }
    if (broken || at != ends) {
        memset(slow_name, 0, sizeof(slow_name));
        return ITK_HELLO_NOT;
    }
    return ITK_HELLO_WHOLE;
}

/* What it says of these bytes and of their beginnings. */
static void hold(const unsigned char *bytes, size_t length)
{
    char name[256], before[256];
    unsigned char *copy;
    size_t part;
    int result, last = ITK_HELLO_MORE;

    memset(name, 'x', sizeof(name));
    copy = fuzz_exact(bytes, length);
    result = itk_hello_scan(copy, length, name);
    free(copy);
    HOLDS(result == slow_scan(bytes, length));
    HOLDS(memcmp(name, slow_name, sizeof(name)) == 0);

    /* it never takes back what it said of fewer bytes */
    memset(before, 0, sizeof(before));
    for (part = length < 600 ? 0 : length - 600; part <= length;
         part += 1 + length / 64) {
        copy = fuzz_exact(bytes, part);
        result = itk_hello_scan(copy, part, name);
        free(copy);
        HOLDS(last == ITK_HELLO_MORE || result == last);
        HOLDS(last != ITK_HELLO_WHOLE || strcmp(name, before) == 0);
        HOLDS(result == ITK_HELLO_WHOLE || name[0] == '\0');
        last = result;
        memcpy(before, name, sizeof(name));
    }
}

/*
 * The first byte says what the rest is: all that is sent, a message whose
 * length and records are right, extensions in a right message, or a name in a
 * right extension; the second how long the records are.
 */
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length)
{
    static unsigned char message[FUZZ_LONGEST + 256];
    static unsigned char wire[6 * sizeof(message)];
    static char extension[FUZZ_LONGEST + 16];
    hello_parts parts;
    size_t record, kind;

    if (length < 2 || length > FUZZ_LONGEST) {
        return 0;
    }
    kind = bytes[0] % 4;
    record = bytes[1] ? 8 * (size_t)bytes[1] : 1;
    bytes += 2;
    length -= 2;
    if (kind == 0) {
        hold(bytes, length);
        return 0;
    }
    if (kind == 1) {
        memcpy(message, "\1\0", 2);
        message[2] = (unsigned char)(length >> 8);
        message[3] = (unsigned char)length;
        memcpy(message + 4, bytes, length);
        length += 4;
    }
    else {
        hello_plain(&parts, (const char *)bytes, length);
        if (kind == 3) {
            parts.extensions_length = hello_name(extension,
                                                 (const char *)bytes, length);
            parts.extensions = extension;
        }
        length = hello_message(message, &parts);
    }
    hold(wire, hello_records(wire, message, length, record));
    return 0;
}

static size_t with(unsigned char *out, int kind, const void *bytes,
                   size_t length)
{
    out[0] = (unsigned char)kind;
    out[1] = 3;
    memcpy(out + 2, bytes, length);
    return 2 + length;
}

size_t fuzz_seed(int n, unsigned char *out)
{
    static unsigned char message[FUZZ_LONGEST], wire[FUZZ_LONGEST];
    char extensions[64], longest[255];
    hello_parts parts;
    size_t length, named = hello_name(extensions, "Www.example.org", 15);

    hello_plain(&parts, extensions, named);
    length = hello_message(message, &parts);
    switch (n) {
    case 0:
        return with(out, 0, hello_of_openssl, hello_of_openssl_length);
    case 1:
        return with(out, 0, wire, hello_records(wire, message, length, 4096));
    case 2:
        return with(out, 0, wire, hello_records(wire, message, length, 9));
    case 3:
        return with(out, 1, message + 4, length - 4);
    case 4:
        return with(out, 2, extensions, named);
    case 5:
        return with(out, 3, "Www.example.org", 15);
    case 6:
        memset(longest, 'N', sizeof(longest));
        return with(out, 3, longest, sizeof(longest));
    case 7:
        return with(out, 3, "n", 1);
    case 8:
        hello_plain(&parts, "", 0);
        parts.no_extensions = 1;
        parts.session = "0123456789";
        parts.session_length = 10;
        length = hello_message(message, &parts);
        return with(out, 1, message + 4, length - 4);
    default:
        return 0;
    }
}

#define S(text) { text, sizeof(text) - 1 }

const fuzz_word fuzz_words[] = {
    S("\26\3\1\0"), S("\26\3\3\0\1"), S("\0\0"), S("\0\0\0"), S("\377\377"),
    S("\0\0\0\6\0\4\0\0\1a"), S("\0\0\0\5\0\3\0\0\0"), S("\0\27\0\0"),
    S("\1\0\0"), S("\0\1"), S("\0\2"), S("\0\40"), S("\0\0\1"),
    { NULL, 0 }
};
