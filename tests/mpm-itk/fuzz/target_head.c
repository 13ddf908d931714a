/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The head of a request, against a second reading of it that is written for
 * being read: whole lines, copied, as C strings, as httpd has them.
 */

#include "fuzz.h"
#include "itk_head.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROOM (FUZZ_LONGEST + 2)

typedef struct reading {
    int result;
    size_t length;
    int simple;
    char method[ROOM], target[ROOM], protocol[ROOM];
    int has_host;
    char host[2 * ROOM];
} reading;

static reading slow;

/* ---- the slow one ------------------------------------------------------- */

/* The line at *at without its end, and a NUL; its length, -1 if it has no end. */
static long get_line(const unsigned char *bytes, size_t length, size_t *at,
                     char *line)
{
    size_t i = *at, used = 0;

    while (i < length && bytes[i] != '\n') {
        line[used++] = (char)bytes[i++];
    }
    if (i == length) {
        return -1;
    }
    *at = i + 1;
    if (used > 0 && line[used - 1] == '\r') {
        used--;
    }
    line[used] = '\0';
    return (long)used;
}

static const char *word(const char *from, char *out)
{
    size_t length = strcspn(from, " \t\n\v\f\r");

    memcpy(out, from, length);
    out[length] = '\0';
    return from + length + strspn(from + length, " \t\n\v\f\r");
}

/* A field that is over; 0 if httpd does not take it. */
static int field_over(char *field, size_t length)
{
    char *value = strchr(field, ':'), *last;

    if (value == NULL) {
        return 0;
    }
    for (last = value - 1; last > field && (*last == ' ' || *last == '\t');
         last--) {
        *last = '\0';
    }
    *value++ = '\0';
    value += strspn(value, " \t");
    for (last = field + length - 1;
         last > value && (*last == ' ' || *last == '\t'); last--) {
        *last = '\0';
    }
    if (strcasecmp(field, "host") == 0) {
        strcat(slow.host, slow.has_host ? ", " : "");
        strcat(slow.host, value);
        slow.has_host = 1;
    }
    return 1;
}

static int slow_fields(const unsigned char *bytes, size_t length, size_t *at)
{
    static char line[ROOM], field[ROOM];
    size_t folded = 0;
    long here;
    int any = 0;

    for (;;) {
        if ((here = get_line(bytes, length, at, line)) < 0) {
            return ITK_HEAD_MORE;
        }
        if (any && here > 0 && (line[0] == ' ' || line[0] == '\t')) {
            memcpy(field + folded, line, (size_t)here + 1);
            folded += (size_t)here;
            continue;
        }
        if (any && !field_over(field, folded)) {
            return ITK_HEAD_BAD;
        }
        if (here == 0) {
            return ITK_HEAD_WHOLE;
        }
        memcpy(field, line, (size_t)here + 1);
        folded = (size_t)here;
        any = 1;
    }
}

static void read_slowly(const unsigned char *bytes, size_t length,
                        unsigned int max_empty)
{
    static char line[ROOM];
    const char *rest;
    unsigned int empty = 0;
    size_t at = 0;
    long here;

    slow.result = ITK_HEAD_MORE;
    slow.length = 0;
    slow.simple = slow.has_host = 0;
    slow.host[0] = '\0';
    do {
        if ((here = get_line(bytes, length, &at, line)) < 0) {
            return;
        }
    } while (here == 0 && ++empty < max_empty);
    rest = word(word(line, slow.method), slow.target);
    strcpy(slow.protocol, rest);
    slow.simple = *rest == '\0';
    slow.result = slow.simple ? ITK_HEAD_WHOLE
                              : slow_fields(bytes, length, &at);
    slow.length = slow.result == ITK_HEAD_WHOLE ? at : 0;
}

/* ---- the one that is tried ---------------------------------------------- */

static int is(const itk_slice *slice, const char *text)
{
    return slice->length == strlen(text)
        && memcmp(slice->start, text, slice->length) == 0;
}

static void hold_parts(const itk_head *head, const unsigned char *bytes)
{
    char *copy = fuzz_exact(bytes, head->length), *out;
    itk_slice method, target, protocol;
    size_t room = head->length, tight;
    int length;

    itk_head_request(head, copy, &method, &target, &protocol);
    HOLDS(is(&method, slow.method) && is(&target, slow.target)
          && is(&protocol, slow.protocol));

    out = malloc(room);
    length = itk_head_host(head, copy, out, room);
    HOLDS(length == (slow.has_host ? (int)strlen(slow.host) : -1));
    HOLDS(length < 0 || strcmp(out, slow.host) == 0);
    free(out);
    if (length >= 0) {
        for (tight = 0; tight < 4; tight++) {
            room = tight < 2 ? (size_t)length + tight : tight - 2;
            out = malloc(room ? room : 1);
            HOLDS(itk_head_host(head, copy, out, room)
                  == ((size_t)length < room ? length : -2));
            free(out);
        }
    }
    free(copy);
}

/* The first byte says how many empty lines, the second where it is cut. */
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length)
{
    itk_head once, parts;
    unsigned int max_empty;
    size_t step, part;
    char *copy;

    if (length < 2 || length > FUZZ_LONGEST) {
        return 0;
    }
    max_empty = 1 + bytes[0] % 8u;
    step = 1 + bytes[1];
    bytes += 2;
    length -= 2;
    read_slowly(bytes, length, max_empty);

    memset(&once, 0, sizeof(once));
    HOLDS(itk_head_scan(&once, (const char *)bytes, length, max_empty)
          == slow.result);
    HOLDS(once.result == slow.result && once.length == slow.length);

    memset(&parts, 0, sizeof(parts));
    for (part = 0; part < length; ) {
        part = length - part < step ? length : part + step;
        copy = fuzz_exact(bytes, part);
        HOLDS(itk_head_scan(&parts, copy, part, max_empty) == parts.result);
        free(copy);
        HOLDS(parts.result == ITK_HEAD_MORE ? parts.scanned == part
                                            : parts.scanned <= part);
    }
    HOLDS(memcmp(&once, &parts, sizeof(once)) == 0);

    if (once.result == ITK_HEAD_WHOLE) {
        HOLDS(once.simple == slow.simple);
        HOLDS(once.request <= once.request_end
              && once.request_end < once.length);
        hold_parts(&once, bytes);
    }
    return 0;
}

#define S(text) { text, sizeof(text) - 1 }

static const fuzz_word seeds[] = {
    S("\7\1GET / HTTP/1.1\r\nHost: a.example:80\r\nA: b\r\n\r\n"),
    S("\7\20\r\n\r\nPOST http://b/x?y HTTP/1.0\nhost :\n\tc \n\n"),
    S("\2\377\n\n\nGET /\r\n"),
    S("\1\2GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n c\r\nX\r\n : y\r\n\r\n"),
    S("\7\7CONNECT a:443 HTTP/1.1\r\nHost\r\n\r\n"),
    S("\7\7HEAD /\0 x\nHost: a\0b\n \0\n\n"),
};

size_t fuzz_seed(int n, unsigned char *out)
{
    if ((size_t)n >= sizeof(seeds) / sizeof(seeds[0])) {
        return 0;
    }
    memcpy(out, seeds[n].bytes, seeds[n].length);
    return seeds[n].length;
}

const fuzz_word fuzz_words[] = {
    S("\r\n"), S("\n"), S("\r"), S("\r\r\n"), S("\n\n"), S("\r\n\r\n"),
    S("\n "), S("\r\n\t"), S(" "), S("\t"), S(":"), S(": "), S("\0"), S(","),
    S("Host"), S("Host: a"), S("\nhOST:"), S("\nHost\0"), S("Host \t:"),
    S("GET / HTTP/1.0\n"), S(" HTTP/1.1"), S("\v"), S("\f"), S("\377"),
    { NULL, 0 }
};
