/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Workers and pools, as the dispatcher sees them.  The worker that was used last
 * is used next; one connection is sent ahead to a worker that is busy, and taken
 * back if that turns out slow.  A worker is believed about the connections that
 * are out at it, and about nothing else.
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
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define SLOW      5             /* ms a prefetched connection waits */
#define GROW      5             /* ms between two rounds of new workers */
#define MIN_LIFE  1000          /* ms before a worker makes room for others */
#define MUTE      1000          /* ms a worker without its pipe has to end */
#define UNHEARD   3000          /* ms for the supervisor to answer */
#define IN_FLIGHT 2
#define QUICK     16            /* quick ones in a row */
#define LOOKED_AT 64            /* workers, in search of a busy one */
#define REPORTS   16            /* read at once */

/* ---- status page -------------------------------------------------------- */

static void show(int slot, int state)
{
    volatile itk_status *s = &itk_d.run->status[slot];

    s->state = (uint32_t)state;
    s->since = (uint32_t)(itk_d.now / 1000);
}

/* ---- idle workers ------------------------------------------------------- */

static void idle_add(int slot)
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
    show(slot, ITK_STATUS_READY);
}

static void idle_remove(int slot)
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

/* ---- the end of a worker ------------------------------------------------ */

static void close_one(int *fd)
{
    if (*fd >= 0) {
        (void) close(*fd);
        *fd = -1;
    }
}

static void close_report(itk_crew_worker *w)
{
    ITK_TOUCH_POOL(w->pool);
    close_one(&w->report);
    ITK_TOUCHED();
}

/* 1: a message that the worker has not taken yet is taken back. */
static int take_back(const itk_crew_worker *w, itk_pass *message)
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

static void told_to_end(int slot)
{
    itk_crew_worker *w = &itk_d.workers[slot];

    if (w->back < 0) {          /* it has been told before */
        return;
    }
    close_one(&w->back);
    show(slot, ITK_STATUS_ENDING);
    (void) itk_dispatch_request(ITK_REQUEST_RETIRED, w->pool, slot);
}

/* It gets nothing more; it ends when what it has is done. */
static void retire(int slot)
{
    itk_crew_worker *w = &itk_d.workers[slot];

    if (w->retired) {
        return;
    }
    idle_remove(slot);
    w->retired = 1;
    itk_d.ending++;
    close_one(&w->channel);
    if (w->out_count == 0) {
        told_to_end(slot);
    }
}

static void bad_worker(int slot, const char *what)
{
    itk_crew_worker *w = &itk_d.workers[slot];

    if (!ITK_GUARD("report-rate")) {
        return;
    }
    itk_dispatch_log(LOG_ERR, 0, "a worker of %s %s, and is ended",
                     itk_d.run->pools[w->pool].name, what);
    retire(slot);
    w->mute = itk_d.now;        /* and told again, if it is still there then */
    (void) itk_dispatch_request(ITK_REQUEST_KILL, w->pool, slot);
    close_report(w);            /* a flood must not be read any more */
}

/* ---- a connection to a worker ------------------------------------------- */

static void remember_active(int pool)
{
    itk_crew_pool *p = &itk_d.pools[pool];

    if (!p->active) {
        p->active = 1;
        p->active_next = itk_d.active_first;
        itk_d.active_first = pool;
    }
}

/* Not watched: whatever its client does, it is nobody's to look at, or to close,
 * before it has left the queue. */
static void queue_last(itk_conn *c)
{
    itk_conn_unwatch(c);
    itk_conn_state(c, ITK_CONN_QUEUED);
    itk_list_append(&itk_d.pools[c->pool].queue, c);
    remember_active(c->pool);
}

static void queue_first(itk_conn *c)
{
    itk_conn_unwatch(c);
    itk_conn_state(c, ITK_CONN_QUEUED);
    itk_list_prepend(&itk_d.pools[c->pool].queue, c);
    remember_active(c->pool);
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
            retire(slot);
        }
        return -1;
    }
    if (c->state == ITK_CONN_QUEUED) {
        itk_list_remove(&itk_d.pools[c->pool].queue, c);
    }
    idle_remove(slot);
    w->out[w->out_count++] = itk_conn_place(c);
    if (w->out_count == 1) {
        w->since = itk_d.now;
        show(slot, ITK_STATUS_BUSY);
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

static int in_flight(void)
{
    if (itk_d.run->model == ITK_MODEL_FORK) {
        return 1;
    }
    return IN_FLIGHT;
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
    int i, slot = p->turn;

    if (in_flight() < 2) {
        return -1;
    }
    for (i = 0; i < p->workers && i < LOOKED_AT; i++) {
        itk_crew_worker *w;

        slot = slot >= 0 ? itk_d.workers[slot].mate : -1;
        if (slot < 0) {
            slot = p->crew;
        }
        w = &itk_d.workers[slot];
        if (w->out_count == 1 && !w->retired && !used_up(w)
            && (slow_too || itk_d.now - w->since < SLOW)) {
            p->turn = slot;
            return slot;
        }
    }
    return -1;
}

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

/* ---- more workers ------------------------------------------------------- */

static int make_room(int pool)
{
    int slot;

    for (slot = itk_d.oldest_idle; slot >= 0;
         slot = itk_d.workers[slot].newer) {
        itk_crew_worker *w = &itk_d.workers[slot];

        if (w->pool != pool && itk_d.now - w->born >= MIN_LIFE) {
            retire(slot);
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
        (void) make_room(pool);
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

static int may_have_more(const itk_crew_pool *p)
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

static void grow(int pool)
{
    itk_crew_pool *p = &itk_d.pools[pool];
    int there = p->workers + p->pending;
    int wanted = p->queue.count - p->pending;
    int number;

    if (wanted <= 0 || itk_d.leaving || itk_d.now < p->not_before
        || (there > 0 && itk_d.now - p->asked < GROW)) {
        return;
    }
    number = itk_d.run->model == ITK_MODEL_FORK ? wanted
             : there == 0 ? 1 : wanted < there ? wanted : there;
    while (number-- > 0 && may_have_more(p)) {
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
static void keep_spare(int pool)
{
    itk_crew_pool *p = &itk_d.pools[pool];

    if (p->idle_count + p->pending < itk_d.run->limits.min_spare
        && itk_d.run->model == ITK_MODEL_POOL && !itk_d.leaving
        && itk_d.now >= p->not_before && itk_d.now - p->asked >= GROW
        && may_have_more(p)
        && itk_d.worker_total + itk_d.pending_total < itk_d.max_workers) {
        ask(pool);
    }
}

/* ---- giving ------------------------------------------------------------- */

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

/*
 * Answers that take no time are done soonest by those who are awake already: one
 * is sent ahead, or waits for the next of them to be free, rather than that
 * another worker is woken.  What has waited too long goes to whoever is there,
 * and an answer that did take time ends this for the pool.
 */
static int enough_awake(const itk_crew_pool *p)
{
    return p->quick >= QUICK
        && p->workers - p->idle_count >= itk_d.enough_awake;
}

void itk_crew_give(itk_conn *c)
{
    itk_crew_pool *p = &itk_d.pools[c->pool];
    int slot;

    if ((itk_d.run->pools[c->pool].refused && ITK_GUARD("ids-range"))
        || host_is_full(c)) {
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
                keep_spare(c->pool);
            }
            return;
        }
        if (!itk_d.workers[slot].retired) {
            break;
        }
    }
    if (p->queue.count == 0) {
        slot = find_busy(c->pool, !may_have_more(p));
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
    grow(c->pool);
}

/* A worker can take more than it has. */
static void has_time(int slot)
{
    itk_crew_worker *w = &itk_d.workers[slot];
    itk_crew_pool *p = &itk_d.pools[w->pool];

    if (w->retired) {
        if (w->out_count == 0) {
            told_to_end(slot);
        }
        return;
    }
    if (itk_d.leaving || used_up(w)
        || (itk_d.owed_first >= 0 && itk_d.owed_first != w->pool
            && (p->workers > 1 || itk_d.now - w->born >= MIN_LIFE))) {
        retire(slot);
        return;
    }
    while (p->queue.count > 0 && w->out_count < in_flight()
           && !used_up(w)) {
        if (pass(&itk_d.conns[p->queue.first], slot) != 0) {
            break;
        }
    }
    if (w->out_count == 0 && !w->retired && !w->idle) {
        idle_add(slot);
    }
}

/* ---- what workers say --------------------------------------------------- */

static void not_out_any_more(itk_conn *c)
{
    itk_crew_worker *w = &itk_d.workers[c->worker];
    int place = itk_conn_place(c);

    if (w->out_count == 2) {
        itk_d.prefetched--;
        if (w->out[0] == place) {
            w->out[0] = w->out[1];
            w->since = itk_d.now;
        }
    }
    w->out_count--;
}

/* Passed unseen, and the worker found half a head: then it has to wait here. */
static void look_after_all(itk_conn *c)
{
    c->known = 0;
    itk_conn_state(c, ITK_CONN_HEAD);
    c->since = c->began;
    memset(&c->head, 0, sizeof(c->head));
    if (itk_d.leaving) {
        itk_bequeath(c);
    }
    else {
        itk_dispatch_look(c);
    }
}

/* A connection that went on is no measure: it was its client's pace. */
static void note_pace(const itk_conn *c, const itk_report *report)
{
    itk_crew_pool *p = &itk_d.pools[c->pool];

    if (itk_d.now - c->since >= SLOW) {
        p->quick = 0;
    }
    else if (report->what == ITK_REPORT_LINGER && p->quick < QUICK) {
        p->quick++;
    }
}

static void finished(itk_conn *c, const itk_report *report)
{
    not_out_any_more(c);
    note_pace(c, report);
    if (report->what == ITK_REPORT_KEPT && report->requests == 0
        && c->known) {
        look_after_all(c);
        return;
    }
    c->served += report->requests > 0xffff ? 0xffff : report->requests;
    switch (report->what) {
    case ITK_REPORT_KEPT:
        itk_conn_state(c, ITK_CONN_KEPT);
        if (itk_d.leaving) {
            itk_bequeath(c);
        }
        else {
            (void) itk_conn_watch(c);
        }
        break;
    case ITK_REPORT_LINGER:
        itk_conn_linger(c);
        break;
    default:
        itk_conn_close(c);
        break;
    }
}

/* -1: not of a connection that is out at this worker. */
static int believe(int slot, const itk_report *report)
{
    volatile itk_status *s = &itk_d.run->status[slot];
    itk_conn *c = itk_report_valid(report)
                  ? itk_conn_by_serial(report->serial) : NULL;

    if (c == NULL || c->state != ITK_CONN_OUT
        || (c->worker != slot && ITK_GUARD("report-valid"))) {
        return -1;
    }
    s->requests += report->requests;
    s->kilobytes += report->kilobytes;
    finished(c, report);
    return 0;
}

static int read_reports(int slot)
{
    itk_crew_worker *w = &itk_d.workers[slot];
    itk_report reports[REPORTS];
    ssize_t n, i;

    ITK_TOUCH_POOL(w->pool);
    n = read(w->report, reports, sizeof(reports));
    ITK_TOUCHED();
    if (n < 0) {
        return 0;
    }
    if (n == 0) {
        /* it, and whatever it has started, has let go of the pipe */
        close_report(w);
        w->mute = itk_d.now;
        retire(slot);
        return 0;
    }
    for (i = 0; i < n / (ssize_t)sizeof(reports[0]); i++) {
        if (believe(slot, &reports[i]) != 0) {
            bad_worker(slot, "reports what is not so");
            return 0;
        }
    }
    if (n % (ssize_t)sizeof(reports[0]) != 0) {
        bad_worker(slot, "writes half a report");
        return 0;
    }
    return n == (ssize_t)sizeof(reports);
}

void itk_crew_reports(int slot)
{
    if (slot < 0 || slot >= itk_d.slot_high
        || itk_d.workers[slot].report < 0) {
        return;
    }
    while (read_reports(slot)) {
        /* as many again may be waiting */
    }
    has_time(slot);
}

/* ---- what the supervisor says ------------------------------------------- */

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
        retire(slot);
        return;
    }
    has_time(slot);
}

/* What it had not taken yet can still be served by another one. */
static void take_all_back(int slot)
{
    itk_crew_worker *w = &itk_d.workers[slot];
    itk_pass message;
    itk_conn *c;

    while (take_back(w, &message)) {
        c = itk_conn_by_serial(message.serial);
        /* it may have reported what it never took: then it is another's now */
        if (c && c->state == ITK_CONN_OUT && c->worker == slot) {
            not_out_any_more(c);
            queue_first(c);
        }
    }
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
    idle_remove(slot);
    while (w->report >= 0 && read_reports(slot)) {
        /* its last words */
    }
    take_all_back(slot);
    while (w->out_count > 0) {
        c = &itk_d.conns[w->out[0]];
        not_out_any_more(c);
        itk_conn_close(c);
    }
    close_one(&w->channel);
    close_one(&w->back);
    close_report(w);
    pool = w->pool;
    crew_part(slot);
    w->pool = -1;
    memset(&itk_d.run->status[slot], 0, sizeof(itk_status));

    grow(pool);
    if ((pool = pay_owed()) >= 0) {
        grow(pool);
    }
}

void itk_crew_refused(const itk_order *order)
{
    int pool = (int)order->pool;

    not_pending(pool);
    itk_d.pools[pool].not_before = itk_d.now + order->delay;
    remember_active(pool);
}

/* ---- time --------------------------------------------------------------- */

/* Is there anybody else in the pool, or could there be? */
static int better_place(int pool)
{
    const itk_crew_pool *p = &itk_d.pools[pool];

    return p->idle >= 0 || find_busy(pool, 0) >= 0
        || (may_have_more(p)
            && itk_d.worker_total + itk_d.pending_total < itk_d.max_workers);
}

static void take_back_slow(void)
{
    itk_pass message;
    itk_conn *c;
    int slot;

    for (slot = 0; slot < itk_d.slot_high && itk_d.prefetched > 0; slot++) {
        itk_crew_worker *w = &itk_d.workers[slot];

        if (w->pool < 0 || w->out_count < 2 || w->back < 0
            || itk_d.now - w->since < SLOW || !better_place(w->pool)) {
            continue;
        }
        if (!take_back(w, &message)) {
            continue;           /* taken: its report is on the way */
        }
        c = itk_conn_by_serial(message.serial);
        if (c && c->state == ITK_CONN_OUT && c->worker == slot) {
            not_out_any_more(c);
            queue_first(c);
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
            && itk_d.now - itk_d.conns[p->queue.first].since < SLOW) {
            return;             /* the next one to be free takes it */
        }
        slot = p->idle;
        if (slot < 0) {
            slot = find_busy(pool, !may_have_more(p)
                             || itk_d.worker_total + itk_d.pending_total
                                >= itk_d.max_workers);
        }
        if (slot < 0 || pass(&itk_d.conns[p->queue.first], slot) != 0) {
            break;
        }
    }
    grow(pool);
}

static void end_idle(void)
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
            retire(slot);
        }
        slot = newer;
    }
}

/* An answer may have been lost: its channel full, no descriptor left here. */
static void forget_unanswered(void)
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

/*
 * Has it said of a connection that it is done, and not even taken it?  Then the
 * message is in the channel still, and in-flight descriptors are counted for all
 * workers together.  (MSG_PEEK without room for control messages: no descriptor
 * comes of it.)
 */
static void look_at_untaken(int slot)
{
    itk_crew_worker *w = &itk_d.workers[slot];
    itk_pass message;
    itk_conn *c;
    ssize_t n;

    if (w->back < 0 || w->checked == w->given || !ITK_GUARD("in-flight")) {
        return;
    }
    ITK_TOUCH_POOL(w->pool);
    n = recv(w->back, &message, sizeof(message), MSG_PEEK | MSG_DONTWAIT);
    ITK_TOUCHED();
    if (n != (ssize_t)sizeof(message)) {
        w->checked = w->given;
        return;
    }
    c = itk_conn_by_serial(message.serial);
    if (c == NULL || c->state != ITK_CONN_OUT || c->worker != slot) {
        bad_worker(slot, "reports what it never took");
    }
}

void itk_crew_sweep(void)
{
    int slot;

    forget_unanswered();
    for (slot = 0; slot < itk_d.slot_high; slot++) {
        itk_crew_worker *w = &itk_d.workers[slot];

        if (w->pool >= 0 && w->mute && itk_d.now - w->mute >= MUTE) {
            /* not at its end: nothing that it has can come to one */
            w->mute = itk_d.now;
            (void) itk_dispatch_request(ITK_REQUEST_KILL, w->pool, slot);
        }
        else if (w->pool >= 0 && !w->mute) {
            look_at_untaken(slot);
        }
    }
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
            remember_active(pool);
        }
    }
    if (itk_d.owed_first >= 0 && itk_d.ending == 0) {
        (void) make_room(itk_d.owed_first);
    }
    end_idle();
}

int itk_crew_next_tick(void)
{
    return itk_d.prefetched > 0 || itk_d.active_first >= 0 ? GROW : -1;
}

/* ---- beginning and end -------------------------------------------------- */

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
            retire(slot);
        }
    }
}

int itk_crew_busy(void)
{
    return itk_d.live[ITK_CONN_OUT];
}
