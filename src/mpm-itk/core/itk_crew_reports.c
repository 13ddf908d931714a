/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What workers say.  One is believed about the connections that are out at it,
 * and about nothing else.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_crew.h"
#include "itk_guard.h"

#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define MUTE      1000          /* ms a worker without its pipe has to end */
#define REPORTS   16            /* read at once */

/* ---- a report ------------------------------------------------------------ */

void itk_crew_not_out(itk_conn *c)
{
    itk_crew_worker *w = &itk_d.workers[c->worker];
    int place = itk_conn_place(c), at = 0;

    if (w->out_count > 1) {
        itk_d.prefetched--;
    }
    while (at < w->out_count && w->out[at] != place) {
        at++;
    }
    if (at == 0) {
        w->since = itk_d.now;
    }
    w->out_count--;
    for (; at < w->out_count; at++) {
        w->out[at] = w->out[at + 1];
    }
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

    itk_d.brisk = itk_d.now - c->since < ITK_CREW_SLOW;
    if (!itk_d.brisk) {
        p->quick = 0;
    }
    else if (report->what == ITK_REPORT_LINGER && p->quick < ITK_CREW_QUICK) {
        p->quick++;
    }
}

static void finished(itk_conn *c, const itk_report *report)
{
    itk_crew_not_out(c);
    note_pace(c, report);
    if (report->what == ITK_REPORT_KEPT && report->requests == 0
        && c->known) {
        look_after_all(c);
        return;
    }
    c->served += report->requests > 0xffff ? 0xffff : report->requests;
    switch (report->what) {
    case ITK_REPORT_KEPT:
        if (itk_d.workers[c->worker].out_count > 0) {
            itk_crew_swapped(c->pool);
        }
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

/* ---- the pipe ------------------------------------------------------------ */

int itk_crew_read_reports(int slot)
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
        itk_crew_close_report(w);
        w->mute = itk_d.now;
        itk_crew_retire(slot);
        return 0;
    }
    for (i = 0; i < n / (ssize_t)sizeof(reports[0]); i++) {
        if (believe(slot, &reports[i]) != 0) {
            itk_crew_bad_worker(slot, "reports what is not so");
            return 0;
        }
    }
    if (n % (ssize_t)sizeof(reports[0]) != 0) {
        itk_crew_bad_worker(slot, "writes half a report");
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
    while (itk_crew_read_reports(slot)) {
        /* as many again may be waiting */
    }
    itk_crew_has_time(slot);
}

/* ---- time ---------------------------------------------------------------- */

/*
 * Has it said of a connection that it is done, and not even taken it?  Then the
 * message is in the channel still, and in-flight descriptors are counted for
 * all workers together.  (MSG_PEEK without room for control messages: no descriptor
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
        itk_crew_bad_worker(slot, "reports what it never took");
    }
}

void itk_crew_sweep(void)
{
    int slot;

    itk_crew_forget_unanswered();
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
