/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Who is given what.  The worker that was used last is used next; connections
 * are sent ahead to a worker that is busy, one, or more while the answers of
 * its pool take no time, and taken back if that turns out slow.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_crew.h"
#include "itk_guard.h"

#include <errno.h>

#define HANDS     2             /* of one whose answers may take time */
#define LOOKED_AT 64            /* workers, in search of a busy one */

/* ---- a connection to a worker -------------------------------------------- */

void itk_crew_remember(int pool)
{
    itk_crew_pool *p = &itk_d.pools[pool];

    if (!p->active) {
        p->active = 1;
        p->active_next = itk_d.active_first;
        itk_d.active_first = pool;
    }
}

/* Not watched: whatever its client does, it is nobody's to look at, or to
 * close, before it has left the queue. */
static void queue_last(itk_conn *c)
{
    itk_conn_unwatch(c);
    itk_conn_state(c, ITK_CONN_QUEUED);
    itk_list_append(&itk_d.pools[c->pool].queue, c);
    itk_crew_remember(c->pool);
}

void itk_crew_queue_first(itk_conn *c)
{
    itk_conn_unwatch(c);
    itk_conn_state(c, ITK_CONN_QUEUED);
    itk_list_prepend(&itk_d.pools[c->pool].queue, c);
    itk_crew_remember(c->pool);
}

/* 0, or -1: it has not been passed, and is as it was. */
static int pass(itk_conn *c, int slot)
{
    itk_crew_worker *w = &itk_d.workers[slot];
    itk_pass message;

    message.generation = itk_d.start->generation;
    message.pool = (uint32_t)c->pool;
    message.slot = (uint32_t)slot;
    message.serial = c->serial;
    message.served = c->served;
    message.flags = (c->tls || itk_d.run->model == ITK_MODEL_FORK
                     ? ITK_PASS_STAY : 0)
                    | (c->known ? ITK_PASS_UNSEEN : 0);
    message.host = c->known || c->tls || c->host < 0 ? ITK_PASS_NO_HOST
                   : (uint32_t)c->host;
    itk_conn_unwatch(c);
    if (itk_wire_send(w->channel, &message, sizeof(message), &c->fd, 1)
        != 0) {
        if (errno == EPIPE || errno == ECONNRESET) {
            itk_crew_retire(slot);
        }
        return -1;
    }
    if (c->state == ITK_CONN_QUEUED) {
        itk_list_remove(&itk_d.pools[c->pool].queue, c);
    }
    itk_crew_idle_remove(slot);
    w->out[w->out_count++] = itk_conn_place(c);
    if (w->out_count == 1) {
        w->since = itk_d.now;
        itk_crew_show(slot, ITK_STATUS_BUSY);
    }
    else {
        itk_d.prefetched++;
    }
    w->given++;
    itk_conn_state(c, ITK_CONN_OUT);
    c->worker = slot;
    c->marked = 1;
    itk_d.run->status[slot].connections++;
    return 0;
}

/*
 * Answers that take no time are done soonest by those who are awake already:
 * one is sent ahead, or waits for the next of them to be free, rather than that
 * another worker is woken.  What has waited too long goes to whoever is there,
 * and an answer that did take time ends this for the pool.
 */
static int enough_awake(const itk_crew_pool *p)
{
    return p->quick >= ITK_CREW_QUICK
        && p->workers - p->idle_count >= itk_d.enough_awake;
}

/*
 * How many connections a worker of this pool may have.  With a few in its
 * channel it does not fall asleep after each answer, to be woken for the next.
 * Whether answers take time is counted from when they were passed: so more than
 * one is sent ahead only while all that a worker has is over within 5 ms.
 */
static int hands(const itk_crew_pool *p)
{
    if (itk_d.run->model == ITK_MODEL_FORK) {
        return 1;
    }
    return enough_awake(p) ? ITK_HANDS : HANDS;
}

static int used_up(const itk_crew_worker *w)
{
    int most = itk_d.run->limits.max_connections;

    if (itk_d.run->model == ITK_MODEL_FORK) {
        most = 1;
    }
    return most > 0 && w->given >= (uint32_t)most;
}

/* A busy worker that can be sent one ahead; slow_too: however long it has been
 * busy, for it may be holding an idle connection and let go of it. */
static int find_busy(int pool, int slow_too)
{
    itk_crew_pool *p = &itk_d.pools[pool];
    int i, slot = p->turn, most = hands(p);

    if (most < 2) {
        return -1;
    }
    for (i = 0; i < p->workers && i < LOOKED_AT; i++) {
        const itk_crew_worker *w;
        int slow;

        slot = slot >= 0 ? itk_d.workers[slot].mate : -1;
        if (slot < 0) {
            slot = p->crew;
        }
        w = &itk_d.workers[slot];
        slow = itk_d.now - w->since >= ITK_CREW_SLOW;
        if (w->out_count > 0 && w->out_count < (slow ? HANDS : most)
            && !w->retired && !used_up(w) && (slow_too || !slow)) {
            p->turn = slot;
            return slot;
        }
    }
    return -1;
}

/* ---- giving -------------------------------------------------------------- */

static int host_is_full(itk_conn *c)
{
    const itk_run *run = itk_d.run;
    int limit, all = run->limits.dispatchers;

    if (c->host < 0 || c->counted || run->hosts[c->host].max_clients <= 0) {
        return 0;
    }
    /* the parts of all dispatchers add up to the limit */
    limit = run->hosts[c->host].max_clients / all
            + (itk_d.start->index < run->hosts[c->host].max_clients % all);
    if (itk_d.host_clients[c->host] >= limit) {
        return 1;
    }
    itk_d.host_clients[c->host]++;
    c->counted = 1;
    return 0;
}

void itk_crew_give(itk_conn *c)
{
    itk_crew_pool *p = &itk_d.pools[c->pool];
    int slot;

    if (itk_d.run->pools[c->pool].refused && ITK_GUARD("ids-range")) {
        itk_conn_answer(c, itk_answer_no_user);
        return;
    }
    if (host_is_full(c)) {
        itk_conn_answer(c, itk_answer_busy);
        return;
    }
    if (itk_d.leaving) {
        itk_bequeath(c);
        return;
    }
    if (enough_awake(p) && p->queue.count < itk_d.run->limits.queue_depth) {
        slot = p->queue.count == 0 ? find_busy(c->pool, 0) : -1;
        if (slot < 0 || pass(c, slot) != 0) {
            queue_last(c);
        }
        return;
    }
    while ((slot = p->idle) >= 0) {
        if (pass(c, slot) == 0) {
            if (itk_d.run->limits.min_spare > 0) {
                itk_crew_keep_spare(c->pool);
            }
            return;
        }
        if (!itk_d.workers[slot].retired) {
            break;
        }
    }
    if (p->queue.count == 0) {
        slot = find_busy(c->pool, !itk_crew_may_have_more(p));
        if (slot >= 0 && pass(c, slot) == 0) {
            return;
        }
    }
    if (p->queue.count >= itk_d.run->limits.queue_depth
        && ITK_GUARD("queue-depth")) {
        itk_conn_answer(c, itk_answer_busy);
        return;
    }
    queue_last(c);
    itk_crew_grow(c->pool);
}

/* A worker can take more than it has. */
void itk_crew_has_time(int slot)
{
    itk_crew_worker *w = &itk_d.workers[slot];
    itk_crew_pool *p = &itk_d.pools[w->pool];

    if (w->retired) {
        if (w->out_count == 0) {
            itk_crew_told_to_end(slot);
        }
        return;
    }
    if (itk_d.leaving || used_up(w)
        || (itk_d.owed_first >= 0 && itk_d.owed_first != w->pool
            && (p->workers > 1 || itk_d.now - w->born >= ITK_CREW_MIN_LIFE))) {
        itk_crew_retire(slot);
        return;
    }
    while (p->queue.count > 0 && w->out_count < hands(p)
           && !used_up(w)) {
        if (pass(&itk_d.conns[p->queue.first], slot) != 0) {
            break;
        }
    }
    if (w->out_count == 0 && !w->retired && !w->idle) {
        itk_crew_idle_add(slot);
    }
}

/* ---- time ---------------------------------------------------------------- */

/* Is there anybody else in the pool, or could there be? */
static int better_place(int pool)
{
    const itk_crew_pool *p = &itk_d.pools[pool];

    return p->idle >= 0 || find_busy(pool, 0) >= 0
        || (itk_crew_may_have_more(p)
            && itk_d.worker_total + itk_d.pending_total < itk_d.max_workers);
}

/* More than one behind a slow one would not have been sent there. */
static void take_back_slow(void)
{
    int slot;

    for (slot = 0; slot < itk_d.slot_high && itk_d.prefetched > 0; slot++) {
        const itk_crew_worker *w = &itk_d.workers[slot];

        if (w->pool >= 0 && w->out_count > 1
            && itk_d.now - w->since >= ITK_CREW_SLOW) {
            itk_crew_take_back(slot, better_place(w->pool) ? 1 : HANDS);
        }
    }
}

/* Those that wait go to whoever has come free, or to the next busy one. */
static void serve_queue(int pool)
{
    itk_crew_pool *p = &itk_d.pools[pool];
    int slot;

    while (p->queue.count > 0) {
        if (enough_awake(p)
            && itk_d.now - itk_d.conns[p->queue.first].since < ITK_CREW_SLOW) {
            return;             /* the next one to be free takes it */
        }
        slot = p->idle;
        if (slot < 0) {
            slot = find_busy(pool, !itk_crew_may_have_more(p)
                             || itk_d.worker_total + itk_d.pending_total
                                >= itk_d.max_workers);
        }
        if (slot < 0 || pass(&itk_d.conns[p->queue.first], slot) != 0) {
            break;
        }
    }
    itk_crew_grow(pool);
}

void itk_crew_tick(void)
{
    int pool = itk_d.active_first, next;

    if (itk_d.prefetched > 0) {
        take_back_slow();
        pool = itk_d.active_first;
    }
    itk_d.active_first = -1;
    for (; pool >= 0; pool = next) {
        itk_crew_pool *p = &itk_d.pools[pool];

        next = p->active_next;
        p->active = 0;
        serve_queue(pool);
        if (p->queue.count > 0) {
            itk_crew_remember(pool);
        }
    }
    if (itk_d.owed_first >= 0 && itk_d.ending == 0) {
        (void) itk_crew_make_room(itk_d.owed_first);
    }
    itk_crew_end_idle();
}

int itk_crew_next_tick(void)
{
    return itk_d.prefetched > 0 || itk_d.active_first >= 0 ? ITK_CREW_GROW : -1;
}
