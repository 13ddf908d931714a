/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How the head of a request is read.  httpd's filter CORE_IN waits for the
 * client as long as Timeout says, again for every few bytes; that is a
 * dispatcher's to do.  A worker gets connections whose head is there, and a
 * filter above CORE_IN sees to it: while a head is read it reads the socket
 * itself, puts the bytes where CORE_IN has its own, and gives them a second in
 * all to be a line.  It answers httpd's question for more input between two
 * requests without a system call: the answer to the first is to be sent now if
 * there is no second.
 *
 * core_net_rec and core_ctx_t are httpd.h's in 2.0, http_core.h's in 2.4.
 */

#include "itk_worker.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* What a head that is not whole is given, in all. */
#define HEAD_PATIENCE apr_time_from_sec(1)

/* As much as httpd's own socket buckets read. */
#define PIECE APR_BUCKET_BUFF_SIZE

/* A head is looked at up to here; one that is longer httpd has to refuse. */
#define HEAD_LOOK 65536

static ap_filter_rec_t *input_filter;
static apr_time_t head_until;   /* 0: nothing had to be waited for yet */
static char look[HEAD_LOOK];

/* ---- the bytes that CORE_IN has ----------------------------------------- */

/*
 * CORE_IN makes its brigade when it is asked for the first time.  Asked for
 * all that there is it hands out the socket's bucket, unread, and here it is
 * given back.  (Made here instead it would have to be known what belongs to
 * it: 2.0.54 has one member more.)
 */
static apr_status_t seed(ap_filter_t *core_in, core_net_rec *net)
{
    apr_bucket_brigade *all = apr_brigade_create(net->c->pool,
                                                 net->c->bucket_alloc);
    apr_bucket *e;
    apr_status_t rv = ap_get_brigade(core_in, all, AP_MODE_EXHAUSTIVE,
                                     APR_NONBLOCK_READ, 0);

    if (rv != APR_SUCCESS || net->in_ctx == NULL) {
        return rv != APR_SUCCESS ? rv : APR_EGENERAL;
    }
    e = APR_BRIGADE_FIRST(all);
    if (e == APR_BRIGADE_SENTINEL(all) || !APR_BUCKET_IS_SOCKET(e)) {
        return APR_EGENERAL;
    }
    APR_BUCKET_REMOVE(e);
    APR_BRIGADE_INSERT_TAIL(net->in_ctx->b, e);
    return apr_brigade_destroy(all);
}

/* The bucket that stands for what is still to be read; NULL: end of file. */
static apr_bucket *socket_bucket(void)
{
    apr_bucket_brigade *b = itk_now.net->in_ctx->b;
    apr_bucket *e;

    for (e = APR_BRIGADE_FIRST(b); e != APR_BRIGADE_SENTINEL(b);
         e = APR_BUCKET_NEXT(e)) {
        if (APR_BUCKET_IS_SOCKET(e)) {
            return e;
        }
    }
    return NULL;
}

/* How many bytes have been read ahead; copies up to size of them. */
static apr_size_t ahead(char *to, apr_size_t size)
{
    apr_bucket_brigade *b = itk_now.net->in_ctx->b;
    apr_size_t n, all = 0;
    const char *bytes;
    apr_bucket *e;

    for (e = APR_BRIGADE_FIRST(b);
         e != APR_BRIGADE_SENTINEL(b) && !APR_BUCKET_IS_SOCKET(e);
         e = APR_BUCKET_NEXT(e)) {
        if (apr_bucket_read(e, &bytes, &n, APR_NONBLOCK_READ) != APR_SUCCESS) {
            break;
        }
        if (all < size) {
            memcpy(to + all, bytes, n < size - all ? n : size - all);
        }
        all += n;
    }
    return all;
}

/* Is there a line, or more than httpd takes for one at a time? */
static int line_ahead(void)
{
    apr_bucket_brigade *b = itk_now.net->in_ctx->b;
    apr_size_t n, all = 0;
    const char *bytes;
    apr_bucket *e;

    for (e = APR_BRIGADE_FIRST(b);
         e != APR_BRIGADE_SENTINEL(b) && !APR_BUCKET_IS_SOCKET(e);
         e = APR_BUCKET_NEXT(e)) {
        if (apr_bucket_read(e, &bytes, &n, APR_NONBLOCK_READ) != APR_SUCCESS) {
            break;
        }
        if (memchr(bytes, '\n', n) || (all += n) >= HUGE_STRING_LEN) {
            return 1;
        }
    }
    return 0;
}

/* Reads what is there.  1; 0 nothing is; -1 end of file, or an error. */
static int read_piece(void)
{
    apr_bucket_alloc_t *alloc = itk_now.c->bucket_alloc;
    apr_bucket *rest = socket_bucket(), *e;
    ssize_t n;
    char *bytes;

    if (rest == NULL) {
        return -1;
    }
    bytes = apr_bucket_alloc(PIECE, alloc);
    while ((n = recv(itk_now.fd, bytes, PIECE, MSG_DONTWAIT)) < 0
           && errno == EINTR) {
        continue;
    }
    if (n <= 0) {
        int nothing = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);

        apr_bucket_free(bytes);
        return nothing ? 0 : -1;
    }
    e = apr_bucket_heap_create(bytes, (apr_size_t)n, apr_bucket_free, alloc);
    APR_BUCKET_INSERT_BEFORE(rest, e);
    return 1;
}

/* Waits for more of a head.  1, or 0: the second is over. */
static int wait_for_more(void)
{
    apr_time_t now = apr_time_now();
    apr_interval_time_t patience = HEAD_PATIENCE;
    struct pollfd p;
    int n;

    if (!ITK_GUARD("head-timeout")) {
        patience = itk_now.c->base_server->timeout;
        head_until = 0;         /* begins anew with every byte */
    }
    if (head_until == 0) {
        head_until = now + patience;
    }
    p.fd = itk_now.fd;
    p.events = POLLIN;
    do {
        now = apr_time_now();
        if (now >= head_until || itk_me.stop) {
            return 0;
        }
        n = poll(&p, 1, (int)((head_until - now) / 1000) + 1);
    } while (n < 0 && errno == EINTR);
    return n == 1;
}

/* ---- the filter --------------------------------------------------------- */

static apr_status_t line_follows(void)
{
    while (!line_ahead()) {
        switch (read_piece()) {
        case 1:
            break;
        case 0:
            if (!wait_for_more()) {
                return APR_TIMEUP;
            }
            break;
        default:
            return APR_SUCCESS; /* CORE_IN finds that by itself */
        }
    }
    return APR_SUCCESS;
}

static apr_status_t read_input(ap_filter_t *f, apr_bucket_brigade *bb,
                               ap_input_mode_t mode, apr_read_type_e block,
                               apr_off_t readbytes)
{
    apr_status_t rv;

    if (itk_now.net->in_ctx == NULL
        && (rv = seed(f->next, itk_now.net)) != APR_SUCCESS) {
        return rv;
    }
    if (block == APR_NONBLOCK_READ && itk_line_is_probe(mode, readbytes)
        && !itk_input_ahead()) {
        return APR_EAGAIN;
    }
    if (mode == AP_MODE_GETLINE && itk_now.in_head
        && (rv = line_follows()) != APR_SUCCESS) {
        return rv;
    }
    return ap_get_brigade(f->next, bb, mode, block, readbytes);
}

void itk_input_register(void)
{
    input_filter = ap_register_input_filter("ITK_IN", read_input, NULL,
                                            AP_FTYPE_NETWORK - 1);
}

void itk_input_begin(conn_rec *c)
{
    ap_filter_t *f;

    for (f = c->input_filters; f; f = f->next) {
        if (f->frec == ap_core_input_filter_handle) {
            itk_now.net = f->ctx;
            ap_add_input_filter_handle(input_filter, NULL, NULL, c);
            head_until = 0;
            return;
        }
    }
    itk_now.stay = 1;           /* not httpd's own connection at all */
}

/* ---- between two requests ----------------------------------------------- */

int itk_input_ahead(void)
{
    return itk_now.net->in_ctx != NULL && ahead(NULL, 0) > 0;
}

/* Not ap_flush_conn: that says to the filters that the connection ends. */
static void flush(void)
{
    conn_rec *c = itk_now.c;
    apr_bucket_brigade *bb = apr_brigade_create(c->pool, c->bucket_alloc);

    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_flush_create(c->bucket_alloc));
    (void) ap_pass_brigade(c->output_filters, bb);
}

int itk_input_head_follows(void)
{
    itk_head head;
    apr_size_t n;

    memset(&head, 0, sizeof(head));
    head_until = 0;
    for (;;) {
        n = ahead(look, sizeof(look));
        if (n >= sizeof(look)
            || itk_head_scan(&head, look, n,
                             (unsigned)itk_this_run.limits.max_empty_lines)
               != ITK_HEAD_MORE) {
            head_until = 0;
            itk_vhost_next(&head, look);
            return 1;
        }
        switch (read_piece()) {
        case 1:
            break;
        case 0:
            /* it may not ask for more before it has an answer */
            flush();
            if (itk_now.c->aborted || !wait_for_more()) {
                return 0;
            }
            break;
        default:
            return 0;
        }
    }
}

int itk_input_peek(void)
{
    itk_head head;
    ssize_t n;
    int result;

    head_until = 0;
    while ((n = recv(itk_now.fd, look, sizeof(look), MSG_PEEK | MSG_DONTWAIT))
           < 0 && errno == EINTR) {
        continue;
    }
    if (n < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK ? ITK_HEAD_MORE : -1;
    }
    if (n == 0) {
        return -1;
    }
    memset(&head, 0, sizeof(head));
    result = itk_head_scan(&head, look, (size_t)n,
                           (unsigned)itk_this_run.limits.max_empty_lines);
    itk_vhost_next(&head, look);
    return result;
}
