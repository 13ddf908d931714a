/* SPDX-License-Identifier: Apache-2.0 */

#include "check.h"
#include "itk_head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The bytes end where the allocation does: a byte too many is seen by ASan. */
static char *exact(const char *bytes, size_t length)
{
    char *copy = malloc(length ? length : 1);

    memcpy(copy, bytes, length);
    return copy;
}

static int scan_at_once(itk_head *head, const char *bytes, size_t length,
                        unsigned int empty)
{
    char *copy = exact(bytes, length);
    int result;

    memset(head, 0, sizeof(*head));
    result = itk_head_scan(head, copy, length, empty);
    free(copy);
    return result;
}

static int same(const itk_head *a, const itk_head *b)
{
    return a->scanned == b->scanned && a->line == b->line
        && a->request == b->request && a->request_end == b->request_end
        && a->length == b->length && a->empty_lines == b->empty_lines
        && a->result == b->result && a->simple == b->simple;
}

/* Byte by byte and in pairs it comes to the same as at once. */
static int scan(itk_head *head, const char *bytes, size_t length,
                unsigned int empty)
{
    itk_head parts;
    size_t step, now;
    char *copy;
    int result = scan_at_once(head, bytes, length, empty);

    for (step = 1; step <= 3; step++) {
        memset(&parts, 0, sizeof(parts));
        for (now = 0; now < length; ) {
            now = now + step < length ? now + step : length;
            copy = exact(bytes, now);
            itk_head_scan(&parts, copy, now, empty);
            free(copy);
        }
        CLAIM_OF(same(head, &parts), "%.60s by %u", bytes, (unsigned)step);
    }
    return result;
}

#define S(text) text, sizeof(text) - 1

static void ends(void)
{
    static const struct {
        const char *bytes;
        size_t length;
        int result;
        unsigned int head, simple;
    } table[] = {
        { S("GET / HTTP/1.0\r\n\r\n"), ITK_HEAD_WHOLE, 18, 0 },
        { S("GET / HTTP/1.0\n\n"), ITK_HEAD_WHOLE, 16, 0 },
        { S("GET / HTTP/1.0\n\r\n"), ITK_HEAD_WHOLE, 17, 0 },
        { S("GET / HTTP/1.0\r\n\n"), ITK_HEAD_WHOLE, 17, 0 },
        { S("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody"), ITK_HEAD_WHOLE, 27, 0 },
        { S("GET / HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n\r\n"),
          ITK_HEAD_WHOLE, 18, 0 },
        { S("\r\n\nGET / HTTP/1.0\r\n\r\n"), ITK_HEAD_WHOLE, 21, 0 },
        { S(""), ITK_HEAD_MORE, 0, 0 },
        { S("\r\n\r\n"), ITK_HEAD_MORE, 0, 0 },
        { S("GET / HTTP/1.0"), ITK_HEAD_MORE, 0, 0 },
        { S("GET / HTTP/1.0\r\n"), ITK_HEAD_MORE, 0, 0 },
        { S("GET / HTTP/1.0\r\n\r"), ITK_HEAD_MORE, 0, 0 },
        { S("GET / HTTP/1.0\r\nHost: a\r\n"), ITK_HEAD_MORE, 0, 0 },
        /* one CR is taken off, not two */
        { S("GET / HTTP/1.0\r\n\r\r\n"), ITK_HEAD_MORE, 0, 0 },
        { S("GET / HTTP/1.0\r\n\r\r\n\r\n"), ITK_HEAD_BAD, 0, 0 },
        { S("\r\r\nGET / HTTP/1.0\r\n\r\n"), ITK_HEAD_WHOLE, 3, 1 },
        /* CR alone ends nothing */
        { S("GET / HTTP/1.0\r\rHost: a\r\r"), ITK_HEAD_MORE, 0, 0 },
        { S("GET /\rHTTP/1.0\n\n"), ITK_HEAD_WHOLE, 16, 0 },
        /* HTTP/0.9 */
        { S("GET /\r\n"), ITK_HEAD_WHOLE, 7, 1 },
        { S("GET /  \t\r\n"), ITK_HEAD_WHOLE, 10, 1 },
        { S("GET\n"), ITK_HEAD_WHOLE, 4, 1 },
        { S(" \n"), ITK_HEAD_WHOLE, 2, 1 },
        { S(" GET /\n"), ITK_HEAD_MORE, 0, 0 },
        { S("GET /\nHost: a\n\n"), ITK_HEAD_WHOLE, 6, 1 },
        /* what stands there for a protocol does not matter */
        { S("GET / x\n\n"), ITK_HEAD_WHOLE, 9, 0 },
        /* a NUL ends the text of the request line */
        { S("GET /\0 HTTP/1.0\n\n"), ITK_HEAD_WHOLE, 16, 1 },
        { S("GET / H\0TTP/1.0\n\n"), ITK_HEAD_WHOLE, 17, 0 },
        { S("\0\nGET / HTTP/1.0\n\n"), ITK_HEAD_WHOLE, 2, 1 },
        /* a colon each, in a continuation line at the latest */
        { S("GET / HTTP/1.0\nHost\n\n"), ITK_HEAD_BAD, 0, 0 },
        { S("GET / HTTP/1.0\nHost\nA: b\n\n"), ITK_HEAD_BAD, 0, 0 },
        { S("GET / HTTP/1.0\nHost\n : a\n\n"), ITK_HEAD_WHOLE, 26, 0 },
        { S("GET / HTTP/1.0\nHost\n x\n\t: a\n\n"), ITK_HEAD_WHOLE, 29, 0 },
        { S("GET / HTTP/1.0\nHost\n a\n\n"), ITK_HEAD_BAD, 0, 0 },
        { S("GET / HTTP/1.0\n: a\n\n"), ITK_HEAD_WHOLE, 20, 0 },
        { S("GET / HTTP/1.0\n x: a\n\n"), ITK_HEAD_WHOLE, 22, 0 },
        { S("GET / HTTP/1.0\n \n\n"), ITK_HEAD_BAD, 0, 0 },
        { S("GET / HTTP/1.0\nA: b\n \n\n"), ITK_HEAD_WHOLE, 23, 0 },
        /* httpd looks at a field when the one after it has been read */
        { S("GET / HTTP/1.0\nHost\n"), ITK_HEAD_MORE, 0, 0 },
        { S("GET / HTTP/1.0\nHost\nA: b"), ITK_HEAD_MORE, 0, 0 },
        /* NUL bytes in fields */
        { S("GET / HTTP/1.0\nHo\0st: a\n\n"), ITK_HEAD_BAD, 0, 0 },
        { S("GET / HTTP/1.0\nHo\0st\n : a\n\n"), ITK_HEAD_BAD, 0, 0 },
        { S("GET / HTTP/1.0\nHost\n \0: a\n\n"), ITK_HEAD_BAD, 0, 0 },
        { S("GET / HTTP/1.0\nHost:\0 a\n\n"), ITK_HEAD_WHOLE, 25, 0 },
        { S("GET / HTTP/1.0\nA: b\n\0: c\n\n"), ITK_HEAD_BAD, 0, 0 },
        { S("GET / HTTP/1.0\nA: b\n \0c\n\n"), ITK_HEAD_WHOLE, 25, 0 },
    };
    itk_head head;
    size_t i;
    int result;

    test_begin("a head ends where httpd's reading of it ends");
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        result = scan(&head, table[i].bytes, table[i].length, 10);
        CLAIM_OF(result == table[i].result && head.length == table[i].head
                 && head.simple == table[i].simple,
                 "row %u gave %d, %u bytes, simple %u", (unsigned)i, result,
                 head.length, head.simple);
    }
    test_end();
}

static void empty_lines(void)
{
    itk_head head;
    char many[210], *copy;
    itk_slice method, target, protocol;

    test_begin("the last one of too many empty lines is a request line");
    CLAIM(scan(&head, S("\n\n\nGET / HTTP/1.0\n\n"), 4) == ITK_HEAD_WHOLE);
    CLAIM(!head.simple && head.request == 3 && head.request_end == 17);
    CLAIM(scan(&head, S("\n\r\n\nGET / HTTP/1.0\n\n"), 3) == ITK_HEAD_WHOLE);
    CLAIM(head.simple && head.request == 3 && head.request_end == 3);
    CLAIM(head.length == 4);
    CLAIM(itk_head_host(&head, "\n\r\n\n", many, sizeof(many)) == -1);
    itk_head_request(&head, "\n\r\n\nGET", &method, &target, &protocol);
    CLAIM(method.length == 0 && target.length == 0 && protocol.length == 0);
    CLAIM(scan(&head, S("\n"), 1) == ITK_HEAD_WHOLE);
    CLAIM(head.simple && head.length == 1);
    copy = exact("\n", 1);
    CLAIM(itk_head_host(&head, copy, many, sizeof(many)) == -1);
    free(copy);
    memset(many, '\n', sizeof(many));
    CLAIM(scan(&head, many, 99, 0) == ITK_HEAD_MORE);
    CLAIM(scan(&head, many, 100, 0) == ITK_HEAD_WHOLE && head.length == 100);
    CLAIM(scan(&head, many, 100, 101) == ITK_HEAD_MORE);
    test_end();
}

static void no_more(void)
{
    static const char text[] = "GET / HTTP/1.0\nA\n\nX";
    itk_head head, before;

    test_begin("a head that is over stays what it was");
    CLAIM(scan(&head, S("GET / HTTP/1.0\n\n"), 9) == ITK_HEAD_WHOLE);
    before = head;
    CLAIM(itk_head_scan(&head, text, sizeof(text) - 1, 9) == ITK_HEAD_WHOLE);
    CLAIM(same(&head, &before));
    CLAIM(scan(&head, S("GET / HTTP/1.0\nA\n\n"), 9) == ITK_HEAD_BAD);
    before = head;
    CLAIM(itk_head_scan(&head, text, sizeof(text) - 1, 9) == ITK_HEAD_BAD);
    CLAIM(same(&head, &before));
    test_end();

    test_begin("fewer bytes than before are not looked at");
    memset(&head, 0, sizeof(head));
    CLAIM(itk_head_scan(&head, "GET / HTTP/1.0\n", 15, 9) == ITK_HEAD_MORE);
    before = head;
    CLAIM(itk_head_scan(&head, "\n", 1, 9) == ITK_HEAD_MORE);
    CLAIM(same(&head, &before));
    test_end();
}

static int is(const itk_slice *slice, const char *text)
{
    return slice->length == strlen(text)
        && memcmp(slice->start, text, slice->length) == 0;
}

static void requests(void)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *method, *target, *protocol;
    } table[] = {
        { S("GET / HTTP/1.0\r\n\r\n"), "GET", "/", "HTTP/1.0" },
        { S("\r\nPOST /a?b HTTP/1.1\n\n"), "POST", "/a?b", "HTTP/1.1" },
        { S("GET  \t /x\v\fHTTP/1.0 \t\n\n"), "GET", "/x", "HTTP/1.0 \t" },
        { S("GET / HTTP/1.0 x y\n\n"), "GET", "/", "HTTP/1.0 x y" },
        { S(" GET / HTTP/1.0\n\n"), "", "GET", "/ HTTP/1.0" },
        { S("GET\n"), "GET", "", "" },
        { S("GET \n"), "GET", "", "" },
        { S("GET /\r\r\n"), "GET", "/", "" },
        { S("\r\r\n"), "", "", "" },
        { S("GET /a\0b HTTP/1.0\n"), "GET", "/a", "" },
        { S("GE\0T / HTTP/1.0\n"), "GE", "", "" },
        { S("GET / HTTP\0/1.0\n\n"), "GET", "/", "HTTP" },
        { S("G\351T /\377 \200\n\n"), "G\351T", "/\377", "\200" },
    };
    itk_slice method, target, protocol;
    itk_head head;
    size_t i;

    test_begin("the request line is cut as ap_getword_white cuts it");
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        CLAIM_OF(scan(&head, table[i].bytes, table[i].length, 10)
                 == ITK_HEAD_WHOLE, "row %u", (unsigned)i);
        itk_head_request(&head, table[i].bytes, &method, &target, &protocol);
        CLAIM_OF(is(&method, table[i].method) && is(&target, table[i].target)
                 && is(&protocol, table[i].protocol),
                 "row %u: \"%.*s\" \"%.*s\" \"%.*s\"", (unsigned)i,
                 (int)method.length, method.start, (int)target.length,
                 target.start, (int)protocol.length, protocol.start);
    }
    test_end();
}

#define G "GET / HTTP/1.1\r\n"

static void hosts(void)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *value;      /* NULL: none */
    } table[] = {
        { S(G "Host: a\r\n\r\n"), "a" },
        { S(G "host:a\n\n"), "a" },
        { S(G "A: b\r\nHOST:  \t a.b:80 \t\r\nC: d\r\n\r\n"), "a.b:80" },
        { S(G "A: b\r\n\r\n"), NULL },
        { S(G "\r\n"), NULL },
        { S("GET /\r\nHost: a\r\n\r\n"), NULL },
        { S(G "\r\nHost: a\r\n\r\n"), NULL },
        { S(G "Hos: a\r\nHostx: b\r\nXHost: c\r\nHost-x: d\n\n"), NULL },
        { S(G "A: Host: b\nB:\n Host: c\n\n"), NULL },
        { S(G "Host:\r\n\r\n"), "" },
        { S(G "Host: \t \r\n\r\n"), "" },
        { S(G "Host\t : a\r\n\r\n"), "a" },
        { S(G "Host: a:b: c\r\n\r\n"), "a:b: c" },
        /* the first field may begin with a blank, and is not Host then */
        { S(G " Host: a\r\n\r\n"), NULL },
        { S(G " Host: a\r\nHost: b\r\n\r\n"), "b" },
        /* folded */
        { S(G "Host: a\r\n b\r\n\r\n"), "a b" },
        { S(G "Host: a \r\n\t b \r\n\r\n"), "a \t b" },
        { S(G "Host:\r\n a\r\n\r\n"), "a" },
        { S(G "Host\r\n : a\r\n\r\n"), "a" },
        { S(G "Host\n\t \n : \n\ta\n \n\n"), "a" },
        { S(G "Host\n x: a\n\n"), NULL },
        { S(G "Ho\n st: a\n\n"), NULL },
        { S(G "A:\n b\n Host: c\nHost: d\n\n"), "d" },
        { S(G "Host: a\r\r\n b\n\n"), "a\r b" },
        /* CR is a blank neither before nor after */
        { S(G "Host: a\r \r\n\r\n"), "a\r" },
        { S(G "Host: \r a\r\n\r\n"), "\r a" },
        { S(G "Host\r: a\r\n\r\n"), NULL },
        /* several */
        { S(G "Host: a\r\nHost: b\r\n\r\n"), "a, b" },
        { S(G "Host: a\r\nA: b\r\nhOST: c \r\n d\r\nHost:\r\n\r\n"),
          "a, c  d, " },
        { S(G "Host:\r\nHost:\r\n\r\n"), ", " },
        /* a NUL hides what comes after it, and ends no blanks before it */
        { S(G "Host: a\0b\r\n\r\n"), "a" },
        { S(G "Host: a \0\r\n\r\n"), "a " },
        { S(G "Host: a\0\r\n b\r\nHost: c\r\n\r\n"), "a, c" },
        { S(G "Host:\0a\r\n\r\n"), "" },
        { S(G "Host: \0 \r\n\r\n"), "" },
        { S("GET / HTTP/1.1\0\r\nHost: a\r\n\r\n"), "a" },
    };
    itk_head head;
    char out[64], *copy, *tight;
    size_t i, need;
    int length;

    test_begin("Host is what httpd would have in headers_in");
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        CLAIM_OF(scan(&head, table[i].bytes, table[i].length, 10)
                 == ITK_HEAD_WHOLE, "row %u", (unsigned)i);
        copy = exact(table[i].bytes, head.length);
        length = itk_head_host(&head, copy, out, sizeof(out));
        if (table[i].value == NULL) {
            CLAIM_OF(length == -1, "row %u gave \"%s\"", (unsigned)i, out);
            free(copy);
            continue;
        }
        CLAIM_OF(length == (int)strlen(table[i].value)
                 && strcmp(out, table[i].value) == 0,
                 "row %u gave %d \"%s\"", (unsigned)i, length,
                 length < 0 ? "" : out);

        /* in a buffer of just its size, and in each that is too small */
        for (need = strlen(table[i].value) + 1; ; need--) {
            tight = malloc(need ? need : 1);
            length = itk_head_host(&head, copy, tight, need);
            CLAIM_OF(length == (need > strlen(table[i].value)
                                ? (int)strlen(table[i].value) : -2),
                     "row %u in %u", (unsigned)i, (unsigned)need);
            free(tight);
            if (need == 0) {
                break;
            }
        }
        CLAIM_OF(strlen(table[i].value) < head.length, "row %u", (unsigned)i);
        free(copy);
    }
    test_end();
}

void test_head(void)
{
    ends();
    empty_lines();
    no_more();
    requests();
    hosts();
}
