/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The dispatcher: accepts, looks at what a client sends without taking it
 * (MSG_PEEK), and has the connection passed to a worker of the right pool.  It
 * has no rights of its own; what it runs of httpd is the search for a vhost.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_dispatch.h"
#include "itk_guard.h"
#include "itk_hello.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MOST    32768      /* bytes of a head that are looked at */
#define PEEKS_AT_ONCE 16        /* looks at a head as its bytes come */
#define PEEKS_MOST   32         /* and all in all; those after are spaced out */
#define ACCEPTS      64         /* in one turn */
#define EVENTS       256
#define SWEEP        250        /* ms between two rounds over all connections */
#define PAUSE        100        /* ms without accepting when out of descriptors */

itk_dispatch_state itk_d;

static char bytes[HEAD_MOST];

/* The address of the connection that was accepted last: asked for once. */
static itk_address last_local;
static uint32_t last_serial;

/* ---- to the supervisor and the log --------------------------------------- */

void itk_dispatch_log(int level, int error, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    itk_d.run->log(itk_d.run->adapter, level, error, text);
}

int itk_dispatch_request(uint32_t opcode, int pool, int slot)
{
    itk_request request;
    struct pollfd ready;
    int tries;

    request.opcode = opcode;
    request.generation = itk_d.start->generation;
    request.pool = (uint32_t)pool;
    request.slot = (uint32_t)slot;
    for (tries = 0; tries < 2; tries++) {
        if (itk_wire_send(itk_d.start->control, &request, sizeof(request),
                          NULL, 0) == 0) {
            return 0;
        }
        ready.fd = itk_d.start->control;
        ready.events = POLLOUT;
        (void) poll(&ready, 1, 20);
    }
    return -1;
}

/* ---- a connection finds its pool ------------------------------------------ */

static const itk_address *own_address(const itk_conn *c)
{
    socklen_t length = sizeof(last_local);

    if (c->serial != last_serial) {
        int failed;

        last_serial = 0;
        ITK_TOUCH(c);
        failed = getsockname(c->fd, &last_local.any, &length) != 0;
        ITK_TOUCHED();
        if (failed) {
            return NULL;
        }
        last_serial = c->serial;
    }
    return &last_local;
}

static void take_route(itk_conn *c, const itk_route *route)
{
    const itk_run *run = itk_d.run;

    if (route->pool < 0 || route->pool >= run->pool_count
        || route->host >= run->host_count) {
        itk_conn_close(c);
        return;
    }
    if (c->marked && c->pool != route->pool) {
        /* The pool that served it may have kept a duplicate: what comes over
         * this connection is never another one's. */
        itk_conn_close(c);
        return;
    }
    c->pool = route->pool;
    c->host = route->host;
    itk_crew_give(c);
}

static void find_route(itk_conn *c, const char *name)
{
    static const itk_address nobody;        /* AF_UNSPEC */
    const itk_address *local = own_address(c);
    itk_route route;

    if (local == NULL) {
        itk_conn_close(c);
        return;
    }
    route.pool = route.host = -1;
    route.tls = c->tls;
    itk_d.run->route_head(itk_d.run->adapter, local, &nobody, &c->head,
                          bytes, name, &route);
    take_route(c, &route);
}

/* Some of it is there, but not all. */
static void wait_for_more(itk_conn *c, ssize_t there)
{
    if (there >= HEAD_MOST && ITK_GUARD("head-limit")) {
        itk_conn_answer(c, itk_answer_too_large);
        return;
    }
    if (c->peeks < PEEKS_AT_ONCE || !ITK_GUARD("head-limit")) {
        c->peeks++;
        (void) itk_conn_watch(c);
        return;
    }
    if (c->peeks++ >= PEEKS_MOST) {
        itk_conn_close(c);
        return;
    }
    /* a byte at a time: look again later, and ever later */
    itk_conn_unwatch(c);
    c->due = itk_d.now
             + ((itk_ms)SWEEP << ((c->peeks - PEEKS_AT_ONCE) / 2));
}

static int scan(itk_conn *c, ssize_t n, char name[256])
{
    if (c->tls) {
        int result = itk_hello_scan((const unsigned char *)bytes, (size_t)n,
                                    name);

        return result == ITK_HELLO_MORE ? ITK_HEAD_MORE : ITK_HEAD_WHOLE;
    }
    return itk_head_scan(&c->head, bytes, (size_t)n,
                         (unsigned int)itk_d.run->limits.max_empty_lines);
}

void itk_dispatch_look(itk_conn *c)
{
    char name[256] = "";
    ssize_t n;

    c->due = 0;
    ITK_TOUCH(c);
    n = recv(c->fd, bytes, c->known ? 1 : sizeof(bytes),
             MSG_PEEK | MSG_DONTWAIT);
    ITK_TOUCHED();
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        (void) itk_conn_watch(c);
        return;
    }
    if (n <= 0) {
        itk_conn_close(c);
        return;
    }
    if (c->state == ITK_CONN_KEPT) {        /* the next request begins */
        itk_conn_state(c, ITK_CONN_HEAD);
        memset(&c->head, 0, sizeof(c->head));
        c->peeks = 0;
        c->began = itk_d.now;
    }
    if (c->known) {
        itk_crew_give(c);
    }
    else if (scan(c, n, name) == ITK_HEAD_MORE) {
        wait_for_more(c, n);
    }
    else {
        find_route(c, c->tls ? name : NULL);
    }
}

/* ---- accepting ---------------------------------------------------------- */

int itk_dispatch_address(itk_conn *c)
{
    const itk_run *run = itk_d.run;
    const itk_address *local = own_address(c);
    itk_route route;

    if (local == NULL) {
        itk_conn_close(c);
        return -1;
    }
    route.pool = route.host = -1;
    route.tls = 0;
    run->route_address(run->adapter, c->listener, local, &route);
    c->tls = route.tls != 0;
    c->host = route.host < run->host_count ? route.host : -1;
    if (route.pool >= 0 && route.pool < run->pool_count) {
        c->pool = route.pool;
        c->known = !c->tls;
    }
    return 0;
}

void itk_dispatch_begin(itk_conn *c)
{
    if (itk_dispatch_address(c) != 0) {
        return;
    }
    if (c->known) {
        itk_crew_give(c);
    }
    else {
        itk_dispatch_look(c);
    }
}

static void watch_listeners(int operation)
{
    const itk_run *run = itk_d.run;
    struct epoll_event event;
    int i;

    for (i = 0; i < run->listener_count; i++) {
        event.events = EPOLLIN | (run->limits.dispatchers > 1
                                  ? EPOLLEXCLUSIVE : 0);
        event.data.u64 = ITK_EVENT(ITK_EVENT_LISTENER, i);
        (void) epoll_ctl(itk_d.epoll, operation, run->listeners[i], &event);
    }
}

/* Idle ones are closed for those that come: 1 if that has helped. */
static int out_of_room(int error)
{
    if (itk_conns_make_room(64) > 0) {
        return 1;
    }
    if (itk_d.now - itk_d.said_full >= 10000 || itk_d.said_full == 0) {
        itk_dispatch_log(LOG_ERR, error, "no room for another connection; "
                         "accepting pauses, and goes on when some have ended");
        itk_d.said_full = itk_d.now;
    }
    watch_listeners(EPOLL_CTL_DEL);
    itk_d.accept_again = itk_d.now + PAUSE;
    return 0;
}

static void accept_some(int listener)
{
    int i, fd, place;

    if (listener < 0 || listener >= itk_d.run->listener_count
        || itk_d.leaving) {
        return;
    }
    for (i = 0; i < ACCEPTS && itk_d.accept_again == 0; i++) {
        fd = accept4(itk_d.run->listeners[listener], NULL, NULL,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM
                || errno == ENOBUFS) {
                (void) out_of_room(errno);
            }
            else if (errno == ECONNABORTED || errno == EINTR
                     || errno == EPROTO) {
                continue;
            }
            return;
        }
        place = itk_conn_new(fd, listener);
        if (place < 0 && out_of_room(0)) {
            place = itk_conn_new(fd, listener);
        }
        if (place < 0) {
            (void) close(fd);
            return;
        }
        itk_dispatch_begin(&itk_d.conns[place]);
    }
}

/* ---- orders ------------------------------------------------------------- */

static void leave(void)
{
    int i;

    if (itk_d.leaving) {
        return;
    }
    itk_d.leaving = 1;
    watch_listeners(EPOLL_CTL_DEL);
    for (i = 0; i < itk_d.run->listener_count; i++) {
        (void) close(itk_d.run->listeners[i]);
    }
    itk_bequeath_all();
    itk_crew_leave();
}

static void obey(const itk_order *order, const int *descriptors)
{
    switch (order->opcode) {
    case ITK_ORDER_WORKER:
        itk_crew_added(order, descriptors);
        break;
    case ITK_ORDER_GONE:
        itk_crew_gone(order);
        break;
    case ITK_ORDER_REFUSED:
        itk_crew_refused(order);
        break;
    case ITK_ORDER_LEAVE:
        leave();
        break;
    default:
        break;
    }
}

static void read_orders(void)
{
    int fds[ITK_WIRE_DESCRIPTORS], count, i;
    itk_order order;
    ssize_t n;

    for (i = 0; i < 64; i++) {
        count = ITK_WIRE_DESCRIPTORS;
        n = itk_wire_receive(itk_d.start->control, &order, sizeof(order),
                             fds, &count, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR
                       && errno != EBADMSG)) {
            exit(0);            /* without a supervisor there is no server */
        }
        if (n < 0) {
            if (errno == EBADMSG) {
                continue;
            }
            return;
        }
        if (order.generation != itk_d.start->generation
            || !itk_order_valid(&order, count,
                                (uint32_t)itk_d.run->pool_count,
                                (uint32_t)itk_d.run->limits.slots)) {
            while (count > 0) {
                (void) close(fds[--count]);
            }
            continue;
        }
        obey(&order, fds);
    }
}

/* ---- time --------------------------------------------------------------- */

static itk_ms clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (itk_ms)t.tv_sec * 1000 + (itk_ms)t.tv_nsec / 1000000;
}

static itk_ms host_time(const itk_conn *c, int keep_alive)
{
    const itk_host *host = &itk_d.run->hosts[c->host >= 0 ? c->host : 0];

    return (itk_ms)(keep_alive ? host->keep_alive_ms : host->timeout_ms);
}

static void check_time(itk_conn *c)
{
    itk_ms age = itk_d.now - c->since;

    switch (c->state) {
    case ITK_CONN_HEAD:
        if (age >= host_time(c, 0) && ITK_GUARD("head-timeout")) {
            itk_conn_close(c);
        }
        else if (c->due && c->due <= itk_d.now) {
            itk_dispatch_look(c);
        }
        break;
    case ITK_CONN_QUEUED:
        if (age >= host_time(c, 0)) {
            itk_list_remove(&itk_d.pools[c->pool].queue, c);
            itk_conn_answer(c, itk_answer_busy);
        }
        break;
    case ITK_CONN_KEPT:
        if (age >= host_time(c, 1)) {
            itk_conn_close(c);
        }
        break;
    default:
        break;
    }
}

static void sweep(void)
{
    itk_status_waiting *w = &itk_d.run->waiting[itk_d.start->index];
    int i;

    for (i = 0; i < itk_d.conn_count; i++) {
        if (itk_d.conns[i].state != ITK_CONN_FREE) {
            check_time(&itk_d.conns[i]);
        }
    }
    if (itk_d.accept_again && itk_d.accept_again <= itk_d.now
        && !itk_d.leaving) {
        itk_d.accept_again = 0;
        watch_listeners(EPOLL_CTL_ADD);
    }
    itk_crew_sweep();
    w->heads = (uint32_t)itk_d.live[ITK_CONN_HEAD];
    w->queued = (uint32_t)itk_d.live[ITK_CONN_QUEUED];
    w->kept = (uint32_t)itk_d.live[ITK_CONN_KEPT];
    w->lingering = (uint32_t)itk_d.live[ITK_CONN_LINGER];
}

static int sleep_for(itk_ms next_sweep)
{
    int longest = next_sweep > itk_d.now
                  ? (int)(next_sweep - itk_d.now) : 0;
    int tick = itk_crew_next_tick();

    if (tick >= 0 && tick < longest) {
        longest = tick;
    }
    if (itk_d.lingering.count > 0) {
        itk_ms due = itk_d.conns[itk_d.lingering.first].due;
        int wait = due > itk_d.now ? (int)(due - itk_d.now) : 0;

        if (wait < longest) {
            longest = wait;
        }
    }
    return longest;
}

/* ---- the loop ----------------------------------------------------------- */

static void handle(const struct epoll_event *event)
{
    uint32_t number = (uint32_t)event->data.u64;
    itk_conn *c;

    switch (event->data.u64 >> 32) {
    case ITK_EVENT_CONTROL:
        read_orders();
        break;
    case ITK_EVENT_REPORT:
        itk_crew_reports((int)number);
        break;
    case ITK_EVENT_INHERIT:
        if (!itk_inherit((int)number)) {
            /* the supervisor may have it still: closing alone would not do */
            (void) epoll_ctl(itk_d.epoll, EPOLL_CTL_DEL, (int)number, NULL);
            (void) close((int)number);
            itk_d.ancestors--;
        }
        break;
    case ITK_EVENT_CONN:
        c = itk_conn_by_serial(number);
        if (c == NULL || !c->watched
            || (c->state != ITK_CONN_HEAD && c->state != ITK_CONN_KEPT)) {
            break;
        }
        if ((event->events & (EPOLLERR | EPOLLHUP))
            || ((event->events & EPOLLRDHUP) && !(event->events & EPOLLIN))) {
            itk_conn_close(c);
            break;
        }
        itk_dispatch_look(c);
        if ((event->events & EPOLLRDHUP) && c->state == ITK_CONN_HEAD
            && c->serial == number) {
            itk_conn_close(c);  /* no more of its head will come */
        }
        break;
    default:
        break;
    }
}

/* Connections must not take the descriptors that workers are had by. */
static int room_for_connections(const itk_run *run,
                                const itk_dispatcher_start *start)
{
    int others = 3 * itk_d.max_workers + run->listener_count
                 + start->inherit_count + 32;

    return start->files - others > start->files / 2 ? start->files - others
                                                    : start->files / 2;
}

static void set_up(const itk_run *run, const itk_dispatcher_start *start)
{
    struct epoll_event event;
    int i;

    itk_d.run = run;
    itk_d.start = start;
    itk_d.now = clock_now();
    itk_d.free_conn = -1;
    itk_list_clear(&itk_d.lingering);
    itk_d.touching = &run->waiting[start->index].touching;
    ITK_TOUCHED();
    itk_d.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (itk_d.epoll < 0 || itk_crew_start() != 0) {
        itk_dispatch_log(LOG_EMERG, errno, "a dispatcher could not start");
        exit(1);
    }
    itk_d.conn_limit = room_for_connections(run, start);
    event.events = EPOLLIN;
    event.data.u64 = ITK_EVENT(ITK_EVENT_CONTROL, 0);
    if (epoll_ctl(itk_d.epoll, EPOLL_CTL_ADD, start->control, &event) != 0) {
        exit(1);
    }
    for (i = 0; i < start->inherit_count; i++) {
        event.data.u64 = ITK_EVENT(ITK_EVENT_INHERIT, start->inherit[i]);
        if (epoll_ctl(itk_d.epoll, EPOLL_CTL_ADD, start->inherit[i], &event)
            == 0) {
            itk_d.ancestors++;
        }
    }
    watch_listeners(EPOLL_CTL_ADD);
}

void itk_dispatch(const itk_run *run, const itk_dispatcher_start *start)
{
    static struct epoll_event events[EVENTS];
    itk_ms next_sweep, last_tick;
    int n, i;

    set_up(run, start);
    next_sweep = itk_d.now + SWEEP;
    last_tick = itk_d.now;
    for (;;) {
        if (itk_d.brisk && itk_d.live[ITK_CONN_OUT] > 2) {
            (void) sched_yield();   /* more reports at once, fewer wake-ups */
        }
        n = epoll_wait(itk_d.epoll, events, EVENTS, sleep_for(next_sweep));
        itk_d.now = clock_now();
        run->waiting[start->index].beat++;
        /* first what makes workers free, then what needs them */
        for (i = 0; i < n; i++) {
            if (events[i].data.u64 >> 32 != ITK_EVENT_LISTENER) {
                handle(&events[i]);
            }
        }
        for (i = 0; i < n; i++) {
            if (events[i].data.u64 >> 32 == ITK_EVENT_LISTENER) {
                accept_some((int)(uint32_t)events[i].data.u64);
            }
        }
        itk_conns_drain();
        if (itk_d.now - last_tick >= 5) {
            itk_crew_tick();
            last_tick = itk_d.now;
        }
        if (itk_d.now >= next_sweep) {
            sweep();
            next_sweep = itk_d.now + SWEEP;
        }
        /* those before it may still have something to hand on */
        if (itk_d.leaving && itk_d.ancestors <= 0 && itk_crew_busy() == 0
            && itk_d.live[ITK_CONN_LINGER] == 0) {
            exit(0);
        }
    }
}
