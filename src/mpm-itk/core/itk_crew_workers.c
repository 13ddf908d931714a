/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which workers there are: the idle ones, the beginning and the end of each,
 * and when a pool is to have more.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_crew.h"
#include "itk_guard.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <unistd.h>

#define UNHEARD   3000          /* ms for the supervisor to answer */

/* ---- idle workers -------------------------------------------------------- */

void itk_crew_show(int slot, int state)
{
    volatile itk_status *s = &itk_d.run->status[slot];

    s->state = (uint32_t)state;
    s->since = (uint32_t)(itk_d.now / 1000);
}

void itk_crew_idle_add(int slot)
{
    itk_crew_worker *w = &itk_d.workers[slot];
    itk_crew_pool *p = &itk_d.pools[w->pool];

    w->idle = 1;
    w->since = itk_d.now;
    w->prev = -1;
    w->next = p->idle;
    if (p->idle >= 0) {
        itk_d.workers[p->idle].prev = slot;
    }
    p->idle = slot;
    p->idle_count++;

    w->newer = -1;
    w->older = itk_d.newest_idle;
    if (itk_d.newest_idle >= 0) {
        itk_d.workers[itk_d.newest_idle].newer = slot;
    }
    else {
        itk_d.oldest_idle = slot;
    }
    itk_d.newest_idle = slot;
    itk_crew_show(slot, ITK_STATUS_READY);
}

void itk_crew_idle_remove(int slot)
{
    itk_crew_worker *w = &itk_d.workers[slot];
    itk_crew_pool *p = &itk_d.pools[w->pool];

    if (!w->idle) {
        return;
    }
    w->idle = 0;
    if (w->prev >= 0) {
        itk_d.workers[w->prev].next = w->next;
    }
    else {
        p->idle = w->next;
    }
    if (w->next >= 0) {
        itk_d.workers[w->next].prev = w->prev;
    }
    p->idle_count--;

    if (w->older >= 0) {
        itk_d.workers[w->older].newer = w->newer;
    }
    else {
        itk_d.oldest_idle = w->newer;
    }
    if (w->newer >= 0) {
        itk_d.workers[w->newer].older = w->older;
    }
    else {
        itk_d.newest_idle = w->older;
    }
}

/* ---- the end of a worker ------------------------------------------------- */

static void close_one(int *fd)
{
    if (*fd >= 0) {
        (void) close(*fd);
        *fd = -1;
    }
}

void itk_crew_close_report(itk_crew_worker *w)
{
    ITK_TOUCH_POOL(w->pool);
    close_one(&w->report);
    ITK_TOUCHED();
}

/* 1, and the message is filled in; 0: the worker has taken all. */
static int take_one_back(const itk_crew_worker *w, itk_pass *message)
{
    int fd[ITK_WIRE_DESCRIPTORS], count = 1, got;

    if (w->back < 0) {
        return 0;
    }
    ITK_TOUCH_POOL(w->pool);
    got = itk_wire_receive(w->back, message, sizeof(*message), fd, &count, 0)
          == (ssize_t)sizeof(*message);
    if (got && count == 1) {
        (void) close(fd[0]);
    }
    ITK_TOUCHED();
    return got;
}

void itk_crew_take_back(int slot, int but_for)
{
    const itk_crew_worker *w = &itk_d.workers[slot];
    int places[ITK_HANDS], count = 0;
    itk_pass message;
    itk_conn *c;

    while (w->out_count > but_for && take_one_back(w, &message)) {
        c = itk_conn_by_serial(message.serial);
        /* it may have reported what it never took: then it is another's now */
        if (c && c->state == ITK_CONN_OUT && c->worker == slot) {
            itk_crew_not_out(c);
            itk_conn_state(c, ITK_CONN_QUEUED);
            places[count++] = itk_conn_place(c);
        }
    }
    while (count > 0) {         /* the first of them is to be the first again */
        itk_crew_queue_first(&itk_d.conns[places[--count]]);
    }
}

void itk_crew_told_to_end(int slot)
{
    itk_crew_worker *w = &itk_d.workers[slot];

    if (w->back < 0) {          /* it has been told before */
        return;
    }
    close_one(&w->back);
    itk_crew_show(slot, ITK_STATUS_ENDING);
    (void) itk_dispatch_request(ITK_REQUEST_RETIRED, w->pool, slot);
}

/* It gets nothing more; it ends when what it has is done. */
void itk_crew_retire(int slot)
{
    itk_crew_worker *w = &itk_d.workers[slot];

    if (w->retired) {
        return;
    }
    itk_crew_idle_remove(slot);
    w->retired = 1;
    itk_d.ending++;
    close_one(&w->channel);
    if (w->out_count == 0) {
        itk_crew_told_to_end(slot);
    }
}

void itk_crew_bad_worker(int slot, const char *what)
{
    itk_crew_worker *w = &itk_d.workers[slot];

    if (!ITK_GUARD("report-rate")) {
        return;
    }
    itk_dispatch_log(LOG_ERR, 0, "a worker of %s %s, and is ended",
                     itk_d.run->pools[w->pool].name, what);
    itk_crew_retire(slot);
    w->mute = itk_d.now;        /* and told again, if it is still there then */
    (void) itk_dispatch_request(ITK_REQUEST_KILL, w->pool, slot);
    itk_crew_close_report(w);            /* a flood must not be read any more */
}

/* ---- more workers -------------------------------------------------------- */

static void crew_join(int slot)
{
    itk_crew_pool *p = &itk_d.pools[itk_d.workers[slot].pool];

    itk_d.workers[slot].mate = p->crew;
    p->crew = slot;
    p->workers++;
    itk_d.worker_total++;
}

static void crew_part(int slot)
{
    itk_crew_pool *p = &itk_d.pools[itk_d.workers[slot].pool];
    int *at = &p->crew;

    while (*at != slot) {
        at = &itk_d.workers[*at].mate;
    }
    *at = itk_d.workers[slot].mate;
    if (p->turn == slot) {
        p->turn = -1;
    }
    p->workers--;
    itk_d.worker_total--;
}

int itk_crew_make_room(int pool)
{
    int slot;

    for (slot = itk_d.oldest_idle; slot >= 0;
         slot = itk_d.workers[slot].newer) {
        itk_crew_worker *w = &itk_d.workers[slot];

        if (w->pool != pool && itk_d.now - w->born >= ITK_CREW_MIN_LIFE) {
            itk_crew_retire(slot);
            return 1;
        }
    }
    return 0;
}

/* This pool has nobody, and there is no place: somebody else makes one. */
static void owe(int pool)
{
    itk_crew_pool *p = &itk_d.pools[pool];

    if (p->owed || !ITK_GUARD("fairness")) {
        return;
    }
    p->owed = 1;
    p->owed_next = -1;
    if (itk_d.owed_last >= 0) {
        itk_d.pools[itk_d.owed_last].owed_next = pool;
    }
    else {
        itk_d.owed_first = pool;
    }
    itk_d.owed_last = pool;
    if (itk_d.ending == 0) {
        (void) itk_crew_make_room(pool);
    }
}

static int pay_owed(void)
{
    int pool = itk_d.owed_first;

    if (pool >= 0) {
        itk_d.owed_first = itk_d.pools[pool].owed_next;
        if (itk_d.owed_first < 0) {
            itk_d.owed_last = -1;
        }
        itk_d.pools[pool].owed = 0;
    }
    return pool;
}

int itk_crew_may_have_more(const itk_crew_pool *p)
{
    return p->workers + p->pending < itk_d.max_per_pool;
}

static int ask(int pool)
{
    itk_crew_pool *p = &itk_d.pools[pool];

    if (itk_dispatch_request(ITK_REQUEST_SPAWN, pool, 0) != 0) {
        return -1;
    }
    p->pending++;
    itk_d.pending_total++;
    p->asked = itk_d.now;
    return 0;
}

void itk_crew_grow(int pool)
{
    itk_crew_pool *p = &itk_d.pools[pool];
    int there = p->workers + p->pending;
    int wanted = p->queue.count - p->pending;
    int number;

    if (wanted <= 0 || itk_d.leaving || itk_d.now < p->not_before
        || (there > 0 && itk_d.now - p->asked < ITK_CREW_GROW)) {
        return;
    }
    number = itk_d.run->model == ITK_MODEL_FORK ? wanted
             : there == 0 ? 1 : wanted < there ? wanted : there;
    while (number-- > 0 && itk_crew_may_have_more(p)) {
        if (itk_d.worker_total + itk_d.pending_total >= itk_d.max_workers) {
            if (p->workers + p->pending == 0) {
                owe(pool);
            }
            break;
        }
        if (ask(pool) != 0) {
            break;
        }
    }
}

/* ItkMinSpareWorkers: of a pool that has just been given something. */
void itk_crew_keep_spare(int pool)
{
    itk_crew_pool *p = &itk_d.pools[pool];

    if (p->idle_count + p->pending < itk_d.run->limits.min_spare
        && itk_d.run->model == ITK_MODEL_POOL && !itk_d.leaving
        && itk_d.now >= p->not_before && itk_d.now - p->asked >= ITK_CREW_GROW
        && itk_crew_may_have_more(p)
        && itk_d.worker_total + itk_d.pending_total < itk_d.max_workers) {
        ask(pool);
    }
}

void itk_crew_swapped(int pool)
{
    itk_crew_pool *p = &itk_d.pools[pool];

    if (++p->swapped < ITK_CREW_SWAPS || itk_d.leaving
        || itk_d.now < p->not_before || p->idle_count + p->pending > 0
        || itk_d.now - p->asked < ITK_CREW_GROW
        || !itk_crew_may_have_more(p)
        || itk_d.worker_total + itk_d.pending_total >= itk_d.max_workers) {
        return;
    }
    p->swapped = 0;
    (void) ask(pool);
}

/* ---- what the supervisor says -------------------------------------------- */

static void not_pending(int pool)
{
    if (itk_d.pools[pool].pending > 0) {
        itk_d.pools[pool].pending--;
        itk_d.pending_total--;
    }
}

void itk_crew_added(const itk_order *order, const int descriptors[3])
{
    int slot = (int)order->slot;
    itk_crew_worker *w = &itk_d.workers[slot];
    struct epoll_event event;

    not_pending((int)order->pool);
    memset(w, 0, sizeof(*w));
    w->channel = descriptors[0];
    w->back = descriptors[1];
    w->report = descriptors[2];
    w->serial = order->serial;
    w->pool = (int)order->pool;
    w->born = itk_d.now;
    if (slot >= itk_d.slot_high) {
        itk_d.slot_high = slot + 1;
    }
    crew_join(slot);
    itk_d.run->status[slot].pool = order->pool + 1;

    event.events = EPOLLIN;
    event.data.u64 = ITK_EVENT(ITK_EVENT_REPORT, slot);
    if (epoll_ctl(itk_d.epoll, EPOLL_CTL_ADD, w->report, &event) != 0) {
        itk_crew_retire(slot);
        return;
    }
    itk_crew_has_time(slot);
}

void itk_crew_gone(const itk_order *order)
{
    int slot = (int)order->slot, pool;
    itk_crew_worker *w = &itk_d.workers[slot];
    itk_conn *c;

    if (slot >= itk_d.slot_high || w->serial != order->serial
        || w->pool < 0) {
        return;
    }
    if (w->retired) {
        itk_d.ending--;
    }
    w->retired = 1;             /* nothing is given to it while this is done */
    itk_crew_idle_remove(slot);
    while (w->report >= 0 && itk_crew_read_reports(slot)) {
        /* its last words */
    }
    itk_crew_take_back(slot, 0);        /* another one can still serve it */
    while (w->out_count > 0) {
        c = &itk_d.conns[w->out[0]];
        itk_crew_not_out(c);
        itk_conn_close(c);
    }
    close_one(&w->channel);
    close_one(&w->back);
    itk_crew_close_report(w);
    pool = w->pool;
    crew_part(slot);
    w->pool = -1;
    memset(&itk_d.run->status[slot], 0, sizeof(itk_status));

    itk_crew_grow(pool);
    if ((pool = pay_owed()) >= 0) {
        itk_crew_grow(pool);
    }
}

void itk_crew_refused(const itk_order *order)
{
    int pool = (int)order->pool;

    not_pending(pool);
    itk_d.pools[pool].not_before = itk_d.now + order->delay;
    itk_crew_remember(pool);
}

/* ---- time ---------------------------------------------------------------- */

void itk_crew_end_idle(void)
{
    const itk_limits_of_run *limits = &itk_d.run->limits;
    int slot = itk_d.oldest_idle, newer;

    while (slot >= 0) {
        itk_crew_worker *w = &itk_d.workers[slot];

        if (itk_d.now - w->since < (itk_ms)limits->idle_timeout_ms) {
            break;
        }
        newer = w->newer;
        if (itk_d.pools[w->pool].idle_count > 0) {
            itk_crew_retire(slot);
        }
        slot = newer;
    }
}

/* An answer may have been lost: its channel full, no descriptor left here. */
void itk_crew_forget_unanswered(void)
{
    int pool;

    for (pool = 0; pool < itk_d.run->pool_count && itk_d.pending_total > 0;
         pool++) {
        itk_crew_pool *p = &itk_d.pools[pool];

        if (p->pending > 0 && itk_d.now - p->asked >= UNHEARD) {
            itk_d.pending_total -= p->pending;
            p->pending = 0;
        }
    }
}

/* ---- beginning and end --------------------------------------------------- */

/* All dispatchers' parts add up to the whole; none has nothing. */
static int part_of(int whole)
{
    int all = itk_d.run->limits.dispatchers;
    int part = whole / all + (itk_d.start->index < whole % all);

    return part > 0 ? part : 1;
}

int itk_crew_start(void)
{
    const itk_run *run = itk_d.run;
    int i;

    itk_d.workers = calloc((size_t)run->limits.slots,
                           sizeof(*itk_d.workers));
    itk_d.pools = calloc((size_t)run->pool_count, sizeof(*itk_d.pools));
    itk_d.host_clients = calloc((size_t)run->host_count + 1, sizeof(int));
    if (!itk_d.workers || !itk_d.pools || !itk_d.host_clients) {
        return -1;
    }
    for (i = 0; i < run->limits.slots; i++) {
        itk_d.workers[i].pool = -1;
        itk_d.workers[i].channel = itk_d.workers[i].back = -1;
        itk_d.workers[i].report = -1;
    }
    for (i = 0; i < run->pool_count; i++) {
        itk_list_clear(&itk_d.pools[i].queue);
        itk_d.pools[i].idle = -1;
        itk_d.pools[i].crew = itk_d.pools[i].turn = -1;
    }
    itk_d.oldest_idle = itk_d.newest_idle = -1;
    itk_d.owed_first = itk_d.owed_last = itk_d.active_first = -1;
    itk_d.max_workers = part_of(run->limits.max_workers);
    itk_d.max_per_pool = part_of(run->limits.max_workers_per_pool);
    itk_d.enough_awake = 2 * (itk_d.start->processors > 0
                              ? itk_d.start->processors : 1);
    return 0;
}

void itk_crew_leave(void)
{
    int slot;

    for (slot = 0; slot < itk_d.slot_high; slot++) {
        if (itk_d.workers[slot].pool >= 0 && !itk_d.workers[slot].retired) {
            itk_crew_retire(slot);
        }
    }
}

int itk_crew_busy(void)
{
    return itk_d.live[ITK_CONN_OUT];
}
