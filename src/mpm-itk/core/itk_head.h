/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_HEAD_H
#define ITK_HEAD_H

/*
 * Where the head of a request ends, and what of it decides the vhost.  Bytes
 * only: no memory is allocated, nothing is written to the input, no pointer is
 * kept.  Lines end as httpd 2.0's do (ap_rgetline: LF, with one CR before it
 * taken off), empty lines before the request line are skipped, a request line
 * without a protocol is HTTP/0.9 and the whole head.  As in httpd a NUL ends
 * the text of a line, not the line; and the last one of too many empty lines
 * is a request line, of HTTP/0.9 and without words.
 *
 * Lengths are not limited here: with a full buffer and ITK_HEAD_MORE the head
 * is longer than the caller wants to look at.
 */

#include <stddef.h>
#include <stdint.h>

enum {
    ITK_HEAD_MORE = 0,          /* not all of it is there yet */
    ITK_HEAD_WHOLE,
    ITK_HEAD_BAD                /* httpd has answered 400 by then, and from the
                                 * first vhost of the address: a field without
                                 * a colon (or with a NUL before it) */
};

/* Resumable: all zero at first, then handed in again with more bytes of the
 * same connection, from its first byte on. */
typedef struct itk_head {
    uint32_t scanned;           /* bytes looked at so far */
    uint32_t line;              /* where the line begins that is being read */
    uint32_t request;           /* where the request line begins */
    uint32_t request_end;       /* and ends, without CR LF; 0: not there yet */
    uint32_t length;            /* of the head, when whole */
    uint16_t empty_lines;
    uint8_t result;
    uint8_t simple;             /* HTTP/0.9 */
    uint8_t state;              /* of the scanner: what the next line can be */
} itk_head;

typedef struct itk_slice {
    const char *start;
    size_t length;
} itk_slice;

/* max_empty_lines: LimitRequestFields of the address' first vhost; 0: httpd's
 * own limit.  Returns head->result, and once it is not MORE, always that. */
int itk_head_scan(itk_head *head, const char *bytes, size_t length,
                  unsigned int max_empty_lines);

/* The parts of the request line, as ap_getword_white cuts it. Head is whole. */
void itk_head_request(const itk_head *head, const char *bytes,
                      itk_slice *method, itk_slice *target,
                      itk_slice *protocol);

/*
 * The value of Host as httpd has it in headers_in after reading: continuation
 * lines joined, several fields joined with ", ", white space trimmed.  Copied,
 * with a NUL.  Returns its length, -1 if there is none, -2 if it does not fit;
 * with room for head->length bytes it always fits.  Head is whole.
 */
int itk_head_host(const itk_head *head, const char *bytes,
                  char *out, size_t size);

#endif
