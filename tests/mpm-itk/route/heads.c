/* SPDX-License-Identifier: Apache-2.0 */

/* Heads to begin with, and what heads for the vhosts of httpd.conf.in have in
 * them. */

#include "fuzz.h"

#include <string.h>

#define S(text) { text, sizeof(text) - 1 }

/* The first byte says which address, the second how the bytes come. */
static const fuzz_word seeds[] = {
    S("\0\377GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    S("\0\377GET / HTTP/1.1\r\nHost: b.test\r\nAccept: */*\r\n\r\nmore"),
    S("\0\1GET / HTTP/1.1\r\nHost: WWW.b.test:80\r\n\r\n"),
    S("\0\377GET http://c.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    S("\0\7GET /legacy/x HTTP/1.0\r\n\r\n"),
    S("\0\377GET /legacy\r\n"),
    S("\0\377POST /form HTTP/1.1\nHost: c.test.\nContent-Length: 3\n\nabc"),
    S("\0\377CONNECT b.test:443 HTTP/1.0\r\nHost: a.test\r\n\r\n"),
    S("\1\377GET / HTTP/1.0\r\nHost: d.test\r\nHost: e.test\r\n\r\n"),
    S("\1\377GET / HTTP/1.1\r\nHost: d\r\n .test\r\n\r\n"),
    S("\2\377GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
    S("\2\377GET http://[::1]/ HTTP/1.1\r\nHost: f.test\r\n\r\n"),
    S("\3\377\r\n\r\nGET / HTTP/1.1\r\nHost: g.test\r\nA: 1\r\nB: 2\r\n\r\n"),
    S("\3\377GET /legacy/ HTTP/1.0\r\nX: abcdefghijklmnopqrstuvwxyz\r\n\r\n"),
    S("\4\377GET / HTTP/1.1\r\nHost: i.test\r\n\r\n"),
    S("\5\377GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    S("\6\377HEAD / HTTP/1.0\r\nHost: j.test\r\nExpect: 100-continue\r\n\r\n"),
    S("\7\377OPTIONS * HTTP/1.1\r\nHost: k.test\r\nExpect: x\r\n\r\n"),
    S("\0\377HEAD /\r\n"),
    S("\0\377GET /secret HTTP/1.1\r\nHost: c.test\r\n\r\n"),
    S("\0\377GET /secret/not/x HTTP/1.1\r\nHost: c.test\r\n\r\n"),
    S("\1\377GET /up/ HTTP/1.1\r\nHost: d.test\r\n\r\n"),
    S("\10\377GET / HTTP/1.0\r\n\r\n"),
    S("\0\377GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n"),
    S("\3\377GET / HTTP/1.0\r\nHost: x\r\n\r\n"),
    S("\0\377GET http://a.test:999999/ HTTP/1.0\r\n\r\n"),
    S("\0\377GET http://a.test:999999/legacy\r\n"),
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
    /* lines and blanks */
    S("\r\n"), S("\n"), S("\r"), S("\n\n"), S("\r\n\r\n"), S("\r\n "),
    S("\n\t"), S(" "), S("\t"), S("\v"), S("\0"), S(":"), S(","), S("."),
    S("\r\nHost: "), S("\nhOST \t:"), S("Host"), S("\r\nX: y"), S("\377"),
    S("\n\n\n\n\n\n"), S(" \r\n"), S("\r\r\n"),
    /* request lines */
    S("GET "), S("HEAD "), S("CONNECT "), S("POST "), S("get "), S("/"),
    S(" HTTP/1.0"), S(" HTTP/1.1"), S(" HTTP/1.10"), S(" HTTP/0.9"),
    S(" HTTP/2.0"), S(" http/1.1"), S(" HTTP/1"), S(" HTTP/1.1000"), S(" x"),
    S("http://"), S("HTTP://"), S("https://"), S("ftp://"), S("//"), S("*"),
    S("@"), S("u:p@"), S("?"), S("#"), S("%00"), S("%2f"), S(".."), S("\\"),
    S("/legacy"), S("/legacy/"), S("/legacyx"), S("/old/"), S("/Legacy"),
    S("?http://c.test/"), S(";"), S("/secret"), S("/secret/x"), S("/%73ecret"),
    S("/secret/not/"), S("/./"), S("/../"), S("/up"), S("%2e"), S("%"),
    /* hosts and ports */
    S("a.test"), S("b.test"), S("www.b.test"), S("x.wild.test"), S("c.test"),
    S("d.test"), S("e.test"), S("f.test"), S("g.test"), S("h.test"),
    S("i.test"), S("k.test"), S("q1.one.test"), S("main.test"), S("localhost"),
    S("127.0.0.1"), S("[::1]"), S("[::ffff:127.0.0.1]"), S("[fe80::1%lo]"),
    S("::1"), S("[::1"), S(":80"), S(":81"), S(":0"), S(":"), S(":65536"),
    S(":99999999999"), S(":-1"), S("80"), S(":8a"), S("A.TEST"), S("a.test."),
    S("a..test"), S("a.test/"), S("a.test, b.test"), S("a.test b.test"),
    S("wild.test"), S(".wild.test"), S("a_b.wild.test"), S("\303\244.test"),
    /* fields */
    S("\r\nExpect: 100-continue"), S("\r\nExpect: 1"),
    S("\r\nContent-Length: 5"), S("\r\nTransfer-Encoding: chunked"),
    S("\r\nConnection: close"), S("\r\nX-Forwarded-Host: b.test"),
    { NULL, 0 }
};
