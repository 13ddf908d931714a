/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The dispatcher's table of connections.  A worker may hold a duplicate of any
 * descriptor that it was passed: flags and options are shared with it, so every
 * call here says MSG_DONTWAIT itself, and what a worker may have set that makes
 * close(2) wait is undone before.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_dispatch.h"
#include "itk_guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PLACE_BITS 20
#define PLACE_MASK ((1u << PLACE_BITS) - 1)

#define ROOM_AT_ONCE 64         /* connections closed for those that come */

#define LINGER_FIRST_LOOK 1     /* ms; most clients have closed by then */
#define LINGER_LOOK       20
#define LINGER_SILENCE    2000
#define LINGER_LONGEST    30000

const char itk_answer_busy[] =
    "HTTP/1.1 503 Service Temporarily Unavailable\r\n"
    "Content-Type: text/plain\r\nContent-Length: 46\r\nRetry-After: 1\r\n"
    "Connection: close\r\n\r\n"
    "This host has no free place for another one.\r\n";
const char itk_answer_no_user[] =
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Content-Type: text/plain\r\nContent-Length: 50\r\n"
    "Connection: close\r\n\r\n"
    "The server may not run as the user of this host.\r\n";
const char itk_answer_too_large[] =
    "HTTP/1.1 400 Bad Request\r\n"
    "Content-Type: text/plain\r\nContent-Length: 27\r\n"
    "Connection: close\r\n\r\n"
    "The request is too large.\r\n";

/* ---- lists -------------------------------------------------------------- */

void itk_list_clear(itk_list *list)
{
    list->first = list->last = -1;
    list->count = 0;
}

void itk_list_append(itk_list *list, itk_conn *c)
{
    int place = itk_conn_place(c);

    c->next = -1;
    c->prev = list->last;
    if (list->last >= 0) {
        itk_d.conns[list->last].next = place;
    }
    else {
        list->first = place;
    }
    list->last = place;
    list->count++;
}

void itk_list_prepend(itk_list *list, itk_conn *c)
{
    int place = itk_conn_place(c);

    c->prev = -1;
    c->next = list->first;
    if (list->first >= 0) {
        itk_d.conns[list->first].prev = place;
    }
    else {
        list->last = place;
    }
    list->first = place;
    list->count++;
}

void itk_list_remove(itk_list *list, itk_conn *c)
{
    if (c->prev >= 0) {
        itk_d.conns[c->prev].next = c->next;
    }
    else {
        list->first = c->next;
    }
    if (c->next >= 0) {
        itk_d.conns[c->next].prev = c->prev;
    }
    else {
        list->last = c->prev;
    }
    c->next = c->prev = -1;
    list->count--;
}

/* ---- places ------------------------------------------------------------- */

int itk_conn_place(const itk_conn *c)
{
    return (int)(c - itk_d.conns);
}

static int more_places(void)
{
    int count = itk_d.conn_count ? itk_d.conn_count * 2 : 1024, i;
    itk_conn *conns;

    if (count > itk_d.conn_limit) {
        count = itk_d.conn_limit;
    }
    if (count <= itk_d.conn_count) {
        return -1;
    }
    conns = realloc(itk_d.conns, (size_t)count * sizeof(*conns));
    if (conns == NULL) {
        return -1;
    }
    for (i = count - 1; i >= itk_d.conn_count; i--) {
        memset(&conns[i], 0, sizeof(*conns));
        conns[i].fd = -1;
        conns[i].serial = (uint32_t)i;
        conns[i].next = itk_d.free_conn;
        itk_d.free_conn = i;
    }
    itk_d.conns = conns;
    itk_d.conn_count = count;
    return 0;
}

int itk_conn_new(int fd, int listener)
{
    uint32_t serial;
    itk_conn *c;

    if (itk_d.free_conn < 0 && more_places() != 0) {
        return -1;
    }
    c = &itk_d.conns[itk_d.free_conn];
    itk_d.free_conn = c->next;
    serial = c->serial + (1u << PLACE_BITS);
    memset(c, 0, sizeof(*c));
    c->serial = serial;
    c->fd = fd;
    c->listener = listener;
    c->pool = c->host = c->worker = c->next = c->prev = -1;
    c->state = ITK_CONN_HEAD;
    c->since = c->began = itk_d.now;
    itk_d.live[ITK_CONN_HEAD]++;
    return itk_conn_place(c);
}

itk_conn *itk_conn_by_serial(uint32_t serial)
{
    uint32_t place = serial & PLACE_MASK;
    itk_conn *c;

    if (place >= (uint32_t)itk_d.conn_count) {
        return NULL;
    }
    c = &itk_d.conns[place];
    return c->serial == serial && c->state != ITK_CONN_FREE ? c : NULL;
}

static void uncount(itk_conn *c)
{
    if (c->counted) {
        itk_d.host_clients[c->host]--;
        c->counted = 0;
    }
}

void itk_conn_state(itk_conn *c, int state)
{
    itk_d.live[c->state]--;
    itk_d.live[state]++;
    if (state != ITK_CONN_OUT && state != ITK_CONN_QUEUED) {
        uncount(c);
    }
    c->worker = -1;
    c->state = (uint8_t)state;
    c->since = itk_d.now;
}

int itk_conn_watch(itk_conn *c)
{
    struct epoll_event event;

    if (c->watched) {
        return 0;
    }
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    event.data.u64 = ITK_EVENT(ITK_EVENT_CONN, c->serial);
    if (epoll_ctl(itk_d.epoll, EPOLL_CTL_ADD, c->fd, &event) != 0) {
        itk_conn_close(c);
        return -1;
    }
    c->watched = 1;
    return 0;
}

/* Closing is not enough: a worker's duplicate would keep the events coming. */
void itk_conn_unwatch(itk_conn *c)
{
    struct epoll_event event;

    if (c->watched) {
        c->watched = 0;
        (void) epoll_ctl(itk_d.epoll, EPOLL_CTL_DEL, c->fd, &event);
    }
}

void itk_conn_close(itk_conn *c)
{
    static const struct linger at_once = { 0, 0 };

    itk_conn_unwatch(c);
    if (c->state == ITK_CONN_LINGER) {
        itk_list_remove(&itk_d.lingering, c);
    }
    ITK_TOUCH(c);
    if (c->marked && ITK_GUARD("linger-reset")) {
        (void) setsockopt(c->fd, SOL_SOCKET, SO_LINGER,
                          &at_once, sizeof(at_once));
    }
    (void) close(c->fd);
    ITK_TOUCHED();
    itk_conn_state(c, ITK_CONN_FREE);
    c->fd = -1;
    c->next = itk_d.free_conn;
    itk_d.free_conn = itk_conn_place(c);
}

/* ---- the end of a connection --------------------------------------------- */

void itk_conn_linger(itk_conn *c)
{
    itk_conn_unwatch(c);
    itk_conn_state(c, ITK_CONN_LINGER);
    c->peeks = 0;
    c->due = itk_d.now + LINGER_FIRST_LOOK;
    itk_list_append(&itk_d.lingering, c);
}

void itk_conn_answer(itk_conn *c, const char *text)
{
    int failed;

    ITK_TOUCH(c);
    failed = send(c->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0
             || shutdown(c->fd, SHUT_WR) != 0;
    ITK_TOUCHED();
    if (failed) {
        itk_conn_close(c);
        return;
    }
    itk_conn_linger(c);
}

/* 1 when it is over.  Silence is counted from the last look that found data. */
static int drained(itk_conn *c)
{
    ssize_t n;

    ITK_TOUCH(c);
    n = recv(c->fd, NULL, 65536, MSG_TRUNC | MSG_DONTWAIT);
    ITK_TOUCHED();
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        return 1;
    }
    if (n > 0 && c->peeks < LINGER_LONGEST / LINGER_SILENCE) {
        c->peeks++;
        c->since = itk_d.now;
    }
    return itk_d.now - c->since >= LINGER_SILENCE;
}

void itk_conns_drain(void)
{
    int left = itk_d.lingering.count;
    itk_conn *c;

    while (left-- > 0) {
        c = &itk_d.conns[itk_d.lingering.first];
        if (c->due > itk_d.now) {
            break;
        }
        if (drained(c)) {
            itk_conn_close(c);
            continue;
        }
        /* the list stays in the order of the next look */
        itk_list_remove(&itk_d.lingering, c);
        c->due = itk_d.now + LINGER_LOOK;
        itk_list_append(&itk_d.lingering, c);
    }
}

/* In one round over the table, however many: it is long when it is full. */
int itk_conns_make_room(int count)
{
    int oldest[ROOM_AT_ONCE], made = 0, i, at;

    if (count > ROOM_AT_ONCE) {
        count = ROOM_AT_ONCE;
    }
    if (itk_d.live[ITK_CONN_KEPT] == 0) {
        return 0;
    }
    for (i = 0; i < itk_d.conn_count; i++) {
        const itk_conn *c = &itk_d.conns[i];

        if (c->state != ITK_CONN_KEPT
            || (made == count
                && c->since >= itk_d.conns[oldest[made - 1]].since)) {
            continue;
        }
        at = made < count ? made++ : made - 1;
        while (at > 0 && itk_d.conns[oldest[at - 1]].since > c->since) {
            oldest[at] = oldest[at - 1];
            at--;
        }
        oldest[at] = i;
    }
    for (i = 0; i < made; i++) {
        itk_conn_close(&itk_d.conns[oldest[i]]);
    }
    return made;
}
