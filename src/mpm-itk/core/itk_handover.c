/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A graceful restart: connections on which no request is being answered go from
 * the old dispatcher to the one that follows it.  A keep-alive connection is of
 * the pool that served it, by the pool's name: its index may be another's now.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_dispatch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE 2000           /* ms for the heir to make room in the channel */

static int send_legacy(const itk_legacy *message, int fd)
{
    struct pollfd ready;

    ready.fd = itk_d.start->bequeath;
    ready.events = POLLOUT;
    while (itk_wire_send(ready.fd, message, sizeof(*message), &fd, 1) != 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ETOOMANYREFS) {
            return -1;
        }
        if (poll(&ready, 1, errno == ETOOMANYREFS ? 10 : PATIENCE) == 0
            && errno != ETOOMANYREFS) {
            return -1;
        }
    }
    return 0;
}

void itk_bequeath(itk_conn *c)
{
    itk_legacy message;

    memset(&message, 0, sizeof(message));
    message.kind = c->marked ? ITK_LEGACY_KEPT : ITK_LEGACY_WAITING;
    message.served = c->served;
    message.age = (uint32_t)(itk_d.now - c->since);
    message.listener = (uint32_t)c->listener;
    if (c->marked) {
        memcpy(message.pool, itk_d.run->pools[c->pool].name,
               sizeof(message.pool));
        message.pool[sizeof(message.pool) - 1] = '\0';
    }
    if (c->state == ITK_CONN_QUEUED) {
        itk_list_remove(&itk_d.pools[c->pool].queue, c);
        itk_conn_state(c, ITK_CONN_HEAD);
    }
    itk_conn_unwatch(c);
    (void) send_legacy(&message, c->fd);
    c->marked = 0;              /* closing here must not change its options */
    itk_conn_close(c);
}

void itk_bequeath_all(void)
{
    int i;

    for (i = 0; i < itk_d.conn_count; i++) {
        switch (itk_d.conns[i].state) {
        case ITK_CONN_HEAD:
        case ITK_CONN_QUEUED:
        case ITK_CONN_KEPT:
            itk_bequeath(&itk_d.conns[i]);
            break;
        default:
            break;
        }
    }
}

/* ---- the heir ----------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const itk_pool *pools = itk_d.run->pools;

    return strcmp(pools[*(const int *)a].name, pools[*(const int *)b].name);
}

static int find_pool(const char *name)
{
    static int *order;
    int low = 0, high = itk_d.run->pool_count - 1, i;

    if (order == NULL) {
        order = malloc((size_t)itk_d.run->pool_count * sizeof(*order));
        if (order == NULL) {
            return -1;
        }
        for (i = 0; i <= high; i++) {
            order[i] = i;
        }
        qsort(order, (size_t)itk_d.run->pool_count, sizeof(*order), by_name);
    }
    while (low <= high) {
        int middle = (low + high) / 2;
        int cmp = strcmp(name, itk_d.run->pools[order[middle]].name);

        if (cmp == 0) {
            return order[middle];
        }
        if (cmp < 0) {
            high = middle - 1;
        }
        else {
            low = middle + 1;
        }
    }
    return -1;
}

static void take_over(const itk_legacy *message, int fd)
{
    int pool = -1, place;
    itk_conn *c;

    if (message->kind == ITK_LEGACY_KEPT) {
        pool = find_pool(message->pool);
        if (pool < 0) {         /* nobody is that any more */
            (void) close(fd);
            return;
        }
    }
    place = itk_conn_new(fd, message->listener
                             < (uint32_t)itk_d.run->listener_count
                             ? (int)message->listener : 0);
    if (place < 0) {
        (void) close(fd);
        return;
    }
    c = &itk_d.conns[place];
    c->served = message->served;
    if (pool >= 0) {
        if (itk_dispatch_address(c) != 0) {
            return;
        }
        c->known = c->known && c->pool == pool;
        c->pool = pool;
        c->marked = 1;
        itk_conn_state(c, ITK_CONN_KEPT);
    }
    if (itk_d.leaving) {        /* another restart: on to the next one */
        itk_bequeath(c);
        return;
    }
    if (pool >= 0) {
        (void) itk_conn_watch(c);
    }
    else {
        itk_dispatch_begin(c);  /* TLS, or not, is what its address says */
    }
    /* it does not begin to wait anew, unless it is on its way already */
    c = &itk_d.conns[place];
    if ((c->state == ITK_CONN_KEPT || c->state == ITK_CONN_HEAD)
        && message->age < itk_d.now) {
        c->since = itk_d.now - message->age;
    }
}

int itk_inherit(int channel)
{
    int fd[ITK_WIRE_DESCRIPTORS], count, i;
    itk_legacy message;
    ssize_t n;

    for (i = 0; i < 64; i++) {
        count = 1;
        n = itk_wire_receive(channel, &message, sizeof(message),
                             fd, &count, 0);
        if (n == 0) {
            return 0;
        }
        if (n < 0) {
            return errno == EBADMSG ? 1 : errno == EAGAIN || errno == EINTR;
        }
        if (count != 1 || !itk_legacy_valid(&message, count)
            || !itk_is_connection(fd[0])) {
            while (count > 0) {
                (void) close(fd[--count]);
            }
            continue;
        }
        take_over(&message, fd[0]);
    }
    return 1;
}
