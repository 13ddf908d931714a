/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The loop of a worker.  A connection comes by the channel; its requests are
 * answered by httpd's own code; one report says what is to become of it: idle
 * and waiting are the dispatcher's, who has a descriptor of his own.
 *
 * A connection costs, beside what httpd does for its requests: recvmsg,
 * getsockname, getpeername, shutdown, write, close.
 */

#include "itk_worker.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a keep-alive connection may stay with its worker, doing nothing. */
#define HOLD_MS 100

/* How long its next requests go before one that waits in the channel. */
#define AHEAD_OF_OTHERS (5 * (APR_USEC_PER_SEC / 1000))

/* A dispatcher that is gone drains nothing: how long a worker does. */
#define DRAIN_MS 500

itk_present itk_now;

static ap_sb_handle_t *sbh;
static apr_bucket_alloc_t *buckets;
static apr_pool_t *ptrans;
static uint64_t bytes_left;     /* of a kilobyte, not yet reported */
static int orphan;              /* nobody reads reports any more */

enum { NEXT, KEPT, ENDED, GONE };   /* after a request; GONE: the client is */

/* ---- reports ------------------------------------------------------------ */

static void report(uint32_t what)
{
    itk_report message;
    ssize_t n;

    bytes_left += itk_now.bytes;
    message.serial = itk_now.serial;
    message.what = what;
    message.requests = itk_now.requests;
    message.kilobytes = (uint32_t)(bytes_left >> 10);
    bytes_left &= 1023;
    itk_now.bytes = 0;
    while ((n = write(itk_me.report, &message, sizeof(message))) < 0
           && errno == EINTR) {
        continue;
    }
    if (n != (ssize_t)sizeof(message)) {
        orphan = 1;             /* EPIPE: what is in the channel is the last */
    }
}

/* What a dispatcher would do, without one. */
static void drain(void)
{
    char bytes[512];
    struct pollfd p;
    int rounds;

    p.fd = itk_now.fd;
    p.events = POLLIN;
    for (rounds = 0; rounds < 64; rounds++) {
        if (poll(&p, 1, DRAIN_MS) != 1
            || recv(itk_now.fd, bytes, sizeof(bytes), MSG_DONTWAIT) <= 0) {
            return;
        }
    }
}

/* ---- between two requests ----------------------------------------------- */

/*
 * The client has the answer.  Most that send another request do it at once: so
 * the worker keeps the connection for a moment, unless others wait for it.
 */
static int hold(void)
{
    struct pollfd p[2];
    apr_time_t since = 0;
    int n;

    p[0].fd = itk_now.fd;
    p[1].fd = itk_me.channel;
    p[0].events = p[1].events = POLLIN;
    for (;;) {
        p[0].revents = p[1].revents = 0;
        n = itk_me.stop ? 0 : poll(p, 2, HOLD_MS);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0 || p[0].revents == 0) {
            return KEPT;        /* too long, or somebody waits */
        }
        break;
    }
    if (p[1].revents) {
        since = apr_time_now();
        if (itk_now.others_wait_since == 0) {
            itk_now.others_wait_since = since;
        }
        else if (since - itk_now.others_wait_since > AHEAD_OF_OTHERS) {
            return KEPT;
        }
    }
    switch (itk_input_peek()) {
    case ITK_HEAD_MORE:
        return KEPT;            /* the dispatcher waits for the rest */
    case ITK_HEAD_WHOLE:
    case ITK_HEAD_BAD:
        return NEXT;
    default:
        return GONE;
    }
}

static int channel_over(void)
{
    struct pollfd p;

    p.fd = itk_me.channel;
    p.events = 0;
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR));
}

/* Is the request that has just been read the last of its connection? */
static int last_request(void)
{
    return itk_me.stop || (itk_now.stay && channel_over());
}

/*
 * The client was promised another request: what is closed now without a word it
 * may have sent already.  So a connection that stays is waited for as long as
 * KeepAliveTimeout says, and its next answer says that it is the last.  Where
 * there is no time (SIGTERM, and nobody behind the channel) the server ends.
 */
static int after_request(conn_rec *c, apr_interval_time_t keep_alive)
{
    apr_socket_t *csd;

    if (itk_now.stay) {
        if ((csd = ap_get_conn_socket(c)) == NULL) {
            return ENDED;
        }
        /* the next request, if it is not there yet, is waited for in poll */
        (void) apr_socket_opt_set(csd, APR_INCOMPLETE_READ, 1);
        if (keep_alive >= 0) {
            (void) apr_socket_timeout_set(csd, keep_alive);
        }
        return itk_me.stop && channel_over() ? ENDED : NEXT;
    }
    if (itk_input_ahead()) {
        return itk_input_head_follows() ? NEXT : ENDED;
    }
    return orphan ? ENDED : hold();
}

/* ---- a connection ------------------------------------------------------- */

/*
 * May the connection be given back?  Not if a module reads or writes it by a
 * filter of its own (TLS): what that has read, and its keys, are here.
 * mod_logio's only counts, mod_reqtimeout's only looks at the clock.
 */
static int only_httpds_filters(conn_rec *c)
{
    const ap_filter_t *f;

    for (f = c->input_filters; f; f = f->next) {
        if (f->frec != ap_core_input_filter_handle
            && strcasecmp(f->frec->name, "LOG_INPUT_OUTPUT") != 0
            && strcasecmp(f->frec->name, "reqtimeout") != 0) {
            return 0;
        }
    }
    for (f = c->output_filters; f; f = f->next) {
        if (f->frec != ap_core_output_filter_handle) {
            return 0;
        }
    }
    return 1;
}

static int serve_requests(conn_rec *c)
{
    apr_interval_time_t keep_alive;
    request_rec *r;
    int next;

    ap_update_child_status_from_conn(c->sbh, SERVER_BUSY_READ, c);
    do {
        itk_now.in_head = 1;
        itk_vhost_read(c);
        r = ap_read_request(c);
        itk_vhost_done(c);
        itk_now.in_head = 0;
        if (r == NULL) {
            return ENDED;
        }
        keep_alive = itk_line_keep_alive(r);
        itk_line_answer(c, r, last_request());
        itk_now.requests++;
        if (c->keepalive != AP_CONN_KEEPALIVE || c->aborted) {
            return ENDED;
        }
        next = after_request(c, keep_alive);
    } while (next == NEXT);
    return next;
}

int itk_process_connection(conn_rec *c)
{
    if (itk_me.pool < 0) {
        return DECLINED;
    }
    if (!itk_now.stay && !only_httpds_filters(c)) {
        itk_now.stay = 1;
    }
    if (!itk_now.stay) {
        itk_input_begin(c);
    }
    /* the name of a handshake is not yet that of a request */
    itk_vhost_begin(c, itk_server_conf_of(c->base_server)->tls ? UINT32_MAX
                                                               : itk_now.host);
    itk_now.outcome = serve_requests(c);
    return OK;
}

/* Says what is to become of it, and lets go of it. */
static void conclude(conn_rec *c)
{
    if (itk_now.outcome == KEPT) {
        report(ITK_REPORT_KEPT);
        if (!orphan) {
            return;
        }
    }
    (void) ap_prep_lingering_close(c);
    if (itk_now.outcome == KEPT) {
        ;                       /* nobody took it back: closed as any */
    }
    else if (itk_now.outcome == GONE || (c->aborted && !itk_now.silent)) {
        report(ITK_REPORT_CLOSED);
        return;
    }
    else {
        ap_flush_conn(c);
    }
    if (shutdown(itk_now.fd, SHUT_WR) != 0) {
        report(ITK_REPORT_CLOSED);
        return;
    }
    if (!orphan) {
        report(ITK_REPORT_LINGER);
    }
    if (orphan) {
        drain();
    }
}

static void serve(const itk_pass *pass, int fd)
{
    apr_socket_t *csd;
    conn_rec *c = NULL;

    memset(&itk_now, 0, sizeof(itk_now));
    itk_now.fd = fd;
    itk_now.serial = pass->serial;
    itk_now.host = pass->host;
    itk_now.stay = (pass->flags & ITK_PASS_STAY) != 0;

    /* what is not to be read here needs nothing else, either */
    if (pass->flags & ITK_PASS_UNSEEN) {
        switch (itk_input_peek()) {
        case ITK_HEAD_MORE:
            report(ITK_REPORT_KEPT);
            close(fd);
            return;
        case ITK_HEAD_WHOLE:
        case ITK_HEAD_BAD:
            break;
        default:
            report(ITK_REPORT_CLOSED);
            close(fd);
            return;
        }
    }
    csd = itk_socket_of(fd, ptrans);
    if (csd != NULL) {
        c = ap_run_create_connection(ptrans, ap_server_conf, csd, itk_me.slot,
                                     sbh, buckets);
    }
    if (c == NULL) {
        report(ITK_REPORT_CLOSED);
    }
    else {
        itk_now.c = c;
        c->keepalives = (int)pass->served;
        itk_line_connection(c);
        ap_process_connection(c, csd);
        conclude(c);
    }
    itk_socket_close(csd, fd);
    itk_now.fd = -1;
}

/* ---- the loop ----------------------------------------------------------- */

static void refuse_channel(int error, const char *what)
{
    ap_log_error(APLOG_MARK, APLOG_ALERT, error, ap_server_conf,
                 "mpm-itk: a worker was handed %s, and has ended", what);
    _exit(APEXIT_CHILDSICK);
}

void itk_worker_loop(const struct itk_worker_start *start, apr_pool_t *pchild)
{
    int fds[ITK_WIRE_DESCRIPTORS];
    itk_pass pass;
    ssize_t n;
    int count;

    itk_line_worker_begins(pchild);
    itk_socket_prepare(pchild);
    itk_vhost_prepare();
    apr_pool_create(&ptrans, pchild);
    apr_pool_tag(ptrans, "transaction");
    ap_create_sb_handle(&sbh, pchild, start->slot, 0);
    buckets = apr_bucket_alloc_create(pchild);
    itk_input_register();
    itk_refuse_register();

    while (!itk_me.stop) {
        (void) ap_update_child_status(sbh, SERVER_READY, NULL);
        count = 1;
        n = itk_wire_receive(itk_me.channel, &pass, sizeof(pass), fds, &count,
                             1);
        if (n == 0) {
            break;
        }
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            refuse_channel(errno, "what is no connection");
        }
        if (count != 1
            || (ITK_GUARD("generation")
                && !itk_pass_valid(&pass, start->generation,
                                   (uint32_t)start->pool,
                                   (uint32_t)start->slot))) {
            refuse_channel(0, "a connection that is not its own");
        }
        serve(&pass, fds[0]);
        apr_pool_clear(ptrans);
    }
    (void) ap_update_child_status(sbh, SERVER_DEAD, NULL);
    ap_run_child_stopping(pchild, 0);
}

int itk_count_request(request_rec *r)
{
    const request_rec *last = r;

    if (itk_me.pool < 0) {
        return DECLINED;
    }
    while (last->next) {
        last = last->next;
    }
    itk_now.bytes += last->bytes_sent > 0 ? (uint64_t)last->bytes_sent : 0;
    return DECLINED;
}
