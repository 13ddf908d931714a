/* SPDX-License-Identifier: Apache-2.0 */

#include "itk_log_line.h"

/*
 * How many bytes from here are one character of UTF-8 (RFC 3629, section 4: no
 * longer form than needed, no surrogates, nothing above U+10FFFF); 0: none is,
 * or it is a control character (U+0080 to U+009F).
 */
static size_t character(const unsigned char *at, size_t left)
{
    static const struct {
        unsigned char first, last, low, high;   /* of byte 1, of byte 2 */
        size_t length;
    } forms[] = {
        { 0xc2, 0xc2, 0xa0, 0xbf, 2 }, { 0xc3, 0xdf, 0x80, 0xbf, 2 },
        { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
        { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    size_t i, rest;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (at[0] < forms[i].first || at[0] > forms[i].last) {
            continue;
        }
        if (left < forms[i].length
            || at[1] < forms[i].low || at[1] > forms[i].high) {
            return 0;
        }
        for (rest = 2; rest < forms[i].length; rest++) {
            if (at[rest] < 0x80 || at[rest] > 0xbf) {
                return 0;
            }
        }
        return forms[i].length;
    }
    return 0;
}

size_t itk_log_clean(char *out, const char *line, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *at = (const unsigned char *)line;
    size_t i = 0, used = 0, whole;

    while (i < length) {
        if ((at[i] >= 0x20 && at[i] < 0x7f) || at[i] == '\t') {
            whole = 1;
        }
        else {
            whole = character(at + i, length - i);
        }
        if (whole == 0) {
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = digits[at[i] >> 4];
            out[used++] = digits[at[i] & 15];
            i++;
        }
        while (whole-- > 0 && i < length) {
            out[used++] = line[i++];
        }
    }
    return used;
}
