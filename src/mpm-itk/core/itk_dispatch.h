/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_DISPATCH_H
#define ITK_DISPATCH_H

/*
 * The dispatcher's own: what its files share and nobody else sees.
 *
 *   itk_dispatcher.c   the loop: events, accepting, looking at heads, time
 *   itk_connections.c  every connection that the dispatcher has, by place
 *   itk_crew.c         workers and pools (itk_crew.h): who is given what
 *   itk_handover.c     a graceful restart: the old dispatcher to the new one
 *
 * A connection is in one state.  Only OUT ones are in a worker's hands, and a
 * worker is believed about those alone.
 *
 *   FREE -> HEAD -> QUEUED -> OUT -> KEPT -> QUEUED ...
 *                                \-> LINGER -> FREE
 */

#include "itk_run.h"

enum {
    ITK_CONN_FREE = 0,
    ITK_CONN_HEAD,              /* its head is not all there */
    ITK_CONN_QUEUED,            /* no worker has time */
    ITK_CONN_OUT,               /* a worker has it */
    ITK_CONN_KEPT,              /* keep-alive, idle */
    ITK_CONN_LINGER             /* answered; the client may still be sending */
};

typedef uint64_t itk_ms;        /* CLOCK_MONOTONIC, milliseconds */

typedef struct itk_conn {
    int fd;
    uint32_t serial;            /* place, and how often it was taken */
    uint8_t state;
    uint8_t watched;            /* epoll has it */
    uint8_t peeks;
    uint8_t marked;             /* it belongs to pool for good: that served it */
    uint8_t known;              /* no head to wait for: the address said it all */
    uint8_t tls;
    int listener;
    int pool, host;
    int counted;                /* in its host's number of clients */
    int worker;                 /* OUT: its slot */
    uint32_t served;
    int next, prev;             /* in the list of its state */
    itk_ms since;               /* the state began */
    itk_ms began;               /* the wait for this request's head did */
    itk_ms due;                 /* HEAD, LINGER: the next look */
    itk_head head;
} itk_conn;

typedef struct itk_list {
    int first, last, count;
} itk_list;

#define ITK_HANDS 4             /* connections that a worker has at the most */

typedef struct itk_crew_worker {
    int channel, back, report;  /* back: the worker's end, to take back from */
    uint32_t serial;
    int pool;
    int out[ITK_HANDS];         /* as passed: out[0] is being served */
    int out_count;
    int retired;                /* told to end */
    itk_ms mute;                /* since when its report pipe is closed; 0 */
    int idle;
    uint32_t given, checked;    /* connections; up to which it was looked at */
    itk_ms born, since;         /* since: out[0] began, or idleness */
    int mate;                   /* the next worker of its pool */
    int next, prev;             /* idle: in its pool, last in first out */
    int older, newer;           /* idle: among all, least recently used first */
} itk_crew_worker;

typedef struct itk_crew_pool {
    itk_list queue;             /* of connections */
    int idle;                   /* of workers: the one to take next */
    int idle_count;
    int crew;                   /* the first of its workers */
    int turn;                   /* who was sent one ahead last */
    int quick;                  /* connections in a row that took no time */
    int swapped;                /* kept ones given back because others waited */
    int workers;
    int pending;                /* asked for and not yet there */
    itk_ms asked;
    itk_ms not_before;
    int owed, owed_next;        /* waits for a worker of another pool to end */
    int active, active_next;    /* has something to look at every tick */
} itk_crew_pool;

typedef struct itk_dispatch_state {
    const itk_run *run;
    const itk_dispatcher_start *start;
    int epoll;
    itk_ms now;
    volatile uint32_t *touching;
    int leaving;
    int ancestors;              /* handover channels that are not at their end */
    int max_workers;            /* this dispatcher's parts */
    int max_per_pool;
    int enough_awake;           /* busy workers that keep the processors busy */
    int brisk;                  /* the last answer reported took no time */
    int ending;                 /* workers told to end that are not gone */

    itk_conn *conns;
    int conn_count;             /* places there are */
    int conn_limit;
    int free_conn;
    int live[ITK_CONN_LINGER + 1];
    itk_list lingering;

    itk_crew_worker *workers;   /* by slot */
    int slot_high;
    int worker_total, pending_total;
    int prefetched;
    int oldest_idle, newest_idle;
    itk_crew_pool *pools;
    int owed_first, owed_last;
    int active_first;
    int *host_clients;

    itk_ms accept_again;        /* out of descriptors: not before */
    itk_ms said_full;
} itk_dispatch_state;

extern itk_dispatch_state itk_d;

/* ---- itk_connections.c -------------------------------------------------- */

/* The place of a new connection, or -1: no room; the descriptor is not taken. */
int itk_conn_new(int fd, int listener);

/* NULL if the serial is of no connection that is there. */
itk_conn *itk_conn_by_serial(uint32_t serial);

void itk_conn_state(itk_conn *c, int state);

/* Events on it, edge-triggered, until unwatch.  -1: it has been closed. */
int itk_conn_watch(itk_conn *c);
void itk_conn_unwatch(itk_conn *c);

/* Closed without another word, whatever a worker has set on it. */
void itk_conn_close(itk_conn *c);

/*
 * Around every system call that locks a connection's socket.  A worker that has
 * a duplicate can hold that lock as long as it likes (sendmsg from memory whose
 * pages never come: FUSE), and the dispatcher would wait.  The supervisor sees
 * then whose connection it is at.
 */
#define ITK_TOUCH(c)   (*itk_d.touching = (c)->marked ? (uint32_t)(c)->pool + 1 : 0)
/* The same of a worker's report pipe and channel: pipe_read, pipe_release and
 * unix_dgram_recvmsg wait for a lock that is held while a page is waited for. */
#define ITK_TOUCH_POOL(pool) (*itk_d.touching = (uint32_t)(pool) + 1)
#define ITK_TOUCHED()  (*itk_d.touching = 0)

/* An answer of the dispatcher's own (whole, with status line), then lingering. */
void itk_conn_answer(itk_conn *c, const char *text);
void itk_conn_linger(itk_conn *c);

/* Looks at the lingering ones that are due; all: at every one. */
void itk_conns_drain(void);

/* Closes keep-alive connections that have been idle longest, up to count. */
int itk_conns_make_room(int count);

int itk_conn_place(const itk_conn *c);

void itk_list_clear(itk_list *list);
void itk_list_append(itk_list *list, itk_conn *c);
void itk_list_prepend(itk_list *list, itk_conn *c);
void itk_list_remove(itk_list *list, itk_conn *c);

extern const char itk_answer_busy[];        /* 503: come again */
extern const char itk_answer_no_user[];     /* 503: until it is configured */
extern const char itk_answer_too_large[];   /* 400 */

/* ---- itk_crew.c, itk_crew_workers.c, itk_crew_reports.c ----------------- */

int itk_crew_start(void);

/* A connection with a pool and a whole head (or none to wait for). */
void itk_crew_give(itk_conn *c);

/* Its worker, if any, is asked to look; the queue of a pool has room. */
void itk_crew_added(const itk_order *order, const int descriptors[3]);
void itk_crew_gone(const itk_order *order);
void itk_crew_refused(const itk_order *order);
void itk_crew_reports(int slot);

/* Time has passed: slow workers, growth, idle ones. */
void itk_crew_tick(void);
/* Milliseconds until the next tick is worth while, or -1. */
int itk_crew_next_tick(void);

/* Now and then: workers that have let go of their pipe and do not end. */
void itk_crew_sweep(void);

/* Graceful: idle workers are told to end, the others when they report. */
void itk_crew_leave(void);
int itk_crew_busy(void);

/* ---- itk_handover.c ----------------------------------------------------- */

/* Old dispatcher: gives the connection to the one that follows; it is closed
 * here. */
void itk_bequeath(itk_conn *c);
void itk_bequeath_all(void);

/* New dispatcher: what has come over channel; 0 when it is at its end. */
int itk_inherit(int channel);

/* ---- itk_dispatcher.c --------------------------------------------------- */

/* What the address says of a connection: TLS, host, and the pool if it has one
 * alone.  -1: it has been closed. */
int itk_dispatch_address(itk_conn *c);
/* A new connection: what its address says, and then a look. */
void itk_dispatch_begin(itk_conn *c);

/* Looks at a HEAD connection and gives it to a worker when it can. */
void itk_dispatch_look(itk_conn *c);

void itk_dispatch_log(int level, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

int itk_dispatch_request(uint32_t opcode, int pool, int slot);

/* epoll's data: what an event is about */
#define ITK_EVENT(kind, number) ((uint64_t)(kind) << 32 | (uint32_t)(number))
enum { ITK_EVENT_LISTENER = 1, ITK_EVENT_CONTROL, ITK_EVENT_REPORT,
       ITK_EVENT_CONN, ITK_EVENT_INHERIT };

#endif
