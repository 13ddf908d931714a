/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Follows server/protocol.c of httpd 2.0.54 to 2.0.65 (ap_rgetline_core,
 * read_request_line, ap_get_mime_headers_core) and apr_table_compress.  What
 * is different in 2.0.48 and 2.0.52: blanks at the end of every line are taken
 * off before continuation lines are joined, not after that at the end of the
 * field alone.  Nothing but blanks inside of a folded value can tell.
 *
 * httpd reads lines as C strings: what follows a NUL in a line is not there.
 */

#include "itk_head.h"

#include <string.h>
#include <strings.h>

/* head->state: what the line that is read next can be */
enum {
    STATE_REQUEST = 0,          /* the request line, or an empty one before it */
    STATE_FIRST,                /* the first field: nothing to continue yet */
    STATE_OPEN,                 /* a field that has had no colon yet */
    STATE_SPOILT,               /* one that has a NUL before any colon */
    STATE_NAMED                 /* a field with its colon */
};

#define IS_BLANK(c) ((c) == ' ' || (c) == '\t')

/* apr_isspace in the C locale */
static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *past_space(const char *at, const char *end)
{
    while (at < end && is_space(*at)) {
        at++;
    }
    return at;
}

static const char *past_word(const char *at, const char *end)
{
    while (at < end && !is_space(*at)) {
        at++;
    }
    return at;
}

/* Of the text of a line, what C sees. */
static const char *text_end(const char *start, const char *end)
{
    const char *nul = memchr(start, '\0', (size_t)(end - start));

    return nul ? nul : end;
}

static int request_line(itk_head *head, const char *bytes,
                        const char *start, const char *end,
                        unsigned int max_empty_lines)
{
    if (start == end) {
        /* the last one of too many is taken for the request line */
        if (max_empty_lines == 0) {
            max_empty_lines = 100;      /* DEFAULT_LIMIT_REQUEST_FIELDS */
        }
        if (head->empty_lines < UINT16_MAX) {
            head->empty_lines++;
        }
        if (head->empty_lines < max_empty_lines) {
            return ITK_HEAD_MORE;
        }
    }
    head->request = (uint32_t)(start - bytes);
    head->request_end = (uint32_t)(end - bytes);
    end = text_end(start, end);
    start = past_space(past_word(start, end), end);     /* the target */
    start = past_space(past_word(start, end), end);     /* the protocol */
    if (start == end) {
        head->simple = 1;
        return ITK_HEAD_WHOLE;
    }
    head->state = STATE_FIRST;
    return ITK_HEAD_MORE;
}

static int field_line(itk_head *head, const char *start, const char *end)
{
    const char *colon;
    size_t length = (size_t)(end - start);

    if (length > 0 && IS_BLANK(*start) && head->state != STATE_FIRST) {
        /* belongs to the field before it, in which a colon may be missing */
        if (head->state != STATE_OPEN) {
            return ITK_HEAD_MORE;
        }
    }
    else {
        /* ends the field before it, which is when httpd looks at that */
        if (head->state == STATE_OPEN || head->state == STATE_SPOILT) {
            return ITK_HEAD_BAD;
        }
        if (length == 0) {
            return ITK_HEAD_WHOLE;
        }
        head->state = STATE_OPEN;
    }
    colon = memchr(start, ':', length);
    if (memchr(start, '\0', colon ? (size_t)(colon - start) : length)) {
        head->state = STATE_SPOILT;
    }
    else if (colon) {
        head->state = STATE_NAMED;
    }
    return ITK_HEAD_MORE;
}

int itk_head_scan(itk_head *head, const char *bytes, size_t length,
                  unsigned int max_empty_lines)
{
    const char *newline, *start, *end;

    if (length > UINT32_MAX) {
        length = UINT32_MAX;
    }
    while (head->result == ITK_HEAD_MORE && head->scanned < length) {
        newline = memchr(bytes + head->scanned, '\n', length - head->scanned);
        if (newline == NULL) {
            head->scanned = (uint32_t)length;
            break;
        }
        start = bytes + head->line;
        end = newline;
        if (end > start && end[-1] == '\r') {
            end--;
        }
        head->result = (uint8_t)(head->state == STATE_REQUEST
            ? request_line(head, bytes, start, end, max_empty_lines)
            : field_line(head, start, end));
        head->scanned = head->line = (uint32_t)(newline - bytes) + 1;
    }
    if (head->result == ITK_HEAD_WHOLE) {
        head->length = head->scanned;
    }
    return head->result;
}

void itk_head_request(const itk_head *head, const char *bytes,
                      itk_slice *method, itk_slice *target,
                      itk_slice *protocol)
{
    const char *at = bytes + head->request;
    const char *end = text_end(at, bytes + head->request_end);
    itk_slice *words[2];
    int i;

    words[0] = method;
    words[1] = target;
    for (i = 0; i < 2; i++) {
        words[i]->start = at;
        at = past_word(at, end);
        words[i]->length = (size_t)(at - words[i]->start);
        at = past_space(at, end);
    }
    protocol->start = at;
    protocol->length = (size_t)(end - at);
}

/* ---- Host --------------------------------------------------------------- */

/* The text of a field, continuation lines joined, byte by byte. */
typedef struct folded {
    const char *at;
    const char *end;            /* of this line's text */
    const char *next;           /* the next line */
    const char *limit;          /* of the head */
} folded;

static void enter_line(folded *text, const char *start)
{
    const char *newline = memchr(start, '\n', (size_t)(text->limit - start));

    if (newline == NULL) {      /* no whole head; it ends somewhere at least */
        newline = text->limit;
        text->next = text->limit;
    }
    else {
        text->next = newline + 1;
    }
    text->at = start;
    text->end = newline > start && newline[-1] == '\r' ? newline - 1 : newline;
}

/* -1 at the end of the field */
static int next_byte(folded *text)
{
    while (text->at == text->end) {
        if (text->next == text->limit || !IS_BLANK(*text->next)) {
            return -1;
        }
        enter_line(text, text->next);
    }
    return (unsigned char)*text->at++;
}

/*
 * The value of this field if it is Host, to out + used, with ", " before it if
 * there has been one.  Returns the new length, -1 if it is another field.
 * Counts what does not fit.
 */
static long add_host(folded *text, char *out, size_t size, long used)
{
    long kept;
    int c;

    if (text->end - text->at < 4 || strncasecmp(text->at, "host", 4) != 0) {
        return -1;
    }
    text->at += 4;
    do {
        c = next_byte(text);
    } while (IS_BLANK(c));
    if (c != ':') {
        return -1;
    }
    do {
        c = next_byte(text);
    } while (IS_BLANK(c));

#define PUT(c) do {                         \
        if ((size_t)used < size) {          \
            out[used] = (char)(c);          \
        }                                   \
        used++;                             \
    } while (0)

    if (used < 0) {
        used = 0;
    }
    else {
        PUT(',');
        PUT(' ');
    }
    for (kept = used; c > 0; c = next_byte(text)) {
        PUT(c);
        if (!IS_BLANK(c)) {
            kept = used;
        }
    }
#undef PUT
    /* a NUL hides the rest, and keeps the blanks before it from being the
     * last of the field */
    return c == 0 ? used : kept;
}

int itk_head_host(const itk_head *head, const char *bytes,
                  char *out, size_t size)
{
    folded text;
    const char *line = bytes + head->request_end;
    long used = -1, with_this;

    text.limit = bytes + head->length;  /* HTTP/0.9: nothing but this line */
    enter_line(&text, line);
    while ((line = text.next) < text.limit) {
        enter_line(&text, line);
        if (*line == 'H' || *line == 'h') {
            if ((with_this = add_host(&text, out, size, used)) >= 0) {
                used = with_this;
            }
        }
    }
    if (used < 0) {
        return -1;
    }
    if ((size_t)used >= size) {
        return -2;
    }
    out[used] = '\0';
    return (int)used;
}
