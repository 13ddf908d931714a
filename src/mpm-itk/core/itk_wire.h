/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_WIRE_H
#define ITK_WIRE_H

/*
 * The messages between the roles: fixed sizes, no pointers, no addresses.  What
 * is not of the right size, kind, generation or number of descriptors is
 * refused here, and the caller never sees it.
 *
 *   from        to          over                       message       descriptors
 *   dispatcher  worker      the worker's channel       itk_pass      1
 *   worker      dispatcher  the worker's report pipe   itk_report    (a pipe has none)
 *   dispatcher  supervisor  the control channel        itk_request   0
 *   supervisor  dispatcher  the control channel        itk_order     0 or 3
 *   dispatcher  its heir    the handover channel       itk_legacy    1
 *
 * Channels are SOCK_SEQPACKET: a message is whole or not there.  Reports are
 * smaller than PIPE_BUF and so not torn either (pipe(7)).
 *
 * operation               who calls it                on failure
 * itk_wire_send           whoever sends               -1 with errno; EAGAIN: full
 * itk_wire_receive        whoever receives            -1: EAGAIN nothing there;
 *                                                     EBADMSG refused, the
 *                                                     descriptors are closed;
 *                                                     0: the other end is closed
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ITK_WIRE_DESCRIPTORS 3

/* A connection for a worker. */
typedef struct itk_pass {
    uint32_t generation;
    uint32_t pool;
    uint32_t slot;              /* the worker it is meant for */
    uint32_t serial;            /* names the connection in reports */
    uint32_t served;            /* requests answered on it so far */
    uint32_t flags;             /* ITK_PASS_* */
    uint32_t host;              /* itk_run.hosts: what the head is for; or */
} itk_pass;

#define ITK_PASS_NO_HOST 0xffffffffu    /* nobody knows */

#define ITK_PASS_STAY 1u        /* keep it until it closes: TLS, model fork */
#define ITK_PASS_UNSEEN 2u      /* nobody has looked: if its head is not whole,
                                 * KEPT with no request gives it back */

/* What a worker says of a connection that it has. */
enum {
    ITK_REPORT_KEPT = 1,        /* keep-alive, nothing read ahead */
    ITK_REPORT_LINGER,          /* answered and shut down for writing */
    ITK_REPORT_CLOSED           /* it is over */
};

typedef struct itk_report {
    uint32_t serial;
    uint32_t what;
    uint32_t requests;          /* on this connection since it was passed */
    uint32_t kilobytes;         /* sent; for display */
} itk_report;

/* What a dispatcher asks of the supervisor. */
enum {
    ITK_REQUEST_SPAWN = 1,      /* one more worker in this pool */
    ITK_REQUEST_RETIRED,        /* this worker has been told to end */
    ITK_REQUEST_KILL,           /* this worker lies, floods or does not end */
    ITK_REQUEST_COUNT
};

typedef struct itk_request {
    uint32_t opcode;
    uint32_t generation;
    uint32_t pool;
    uint32_t slot;              /* RETIRED, KILL */
} itk_request;

/* What the supervisor tells a dispatcher. */
enum {
    ITK_ORDER_WORKER = 1,       /* a new worker; descriptors: its channel, both
                                 * ends, and the end of its report pipe */
    ITK_ORDER_GONE,             /* this worker has ended */
    ITK_ORDER_REFUSED,          /* no worker in this pool for now; delay in ms */
    ITK_ORDER_LEAVE,            /* graceful: hand over what waits, then end */
    ITK_ORDER_COUNT
};

typedef struct itk_order {
    uint32_t opcode;
    uint32_t generation;
    uint32_t pool;
    uint32_t slot;
    uint32_t serial;            /* of the worker: tells it from an earlier one */
    uint32_t delay;             /* REFUSED: milliseconds */
} itk_order;

/* A connection that a dispatcher leaves to the one that follows it. */
enum {
    ITK_LEGACY_WAITING = 1,     /* no request is being answered on it */
    ITK_LEGACY_KEPT             /* keep-alive: of the pool with this identity */
};

typedef struct itk_legacy {
    uint32_t kind;
    uint32_t served;
    uint32_t age;               /* milliseconds that it has waited */
    uint32_t listener;          /* index when it was accepted; display only */
    char pool[96];              /* the pool's name: an identity, not an index */
} itk_legacy;

int itk_wire_send(int channel, const void *message, size_t size,
                  const int *descriptors, int count);

/*
 * descriptors has room for ITK_WIRE_DESCRIPTORS; *count says how many are
 * wanted at the most, and on return how many came (close-on-exec).  Returns
 * size, 0 or -1.  Never blocks if wait is 0.
 */
ssize_t itk_wire_receive(int channel, void *message, size_t size,
                         int *descriptors, int *count, int wait);

/* Is it what a worker with this place may be given?  1 or 0. */
int itk_pass_valid(const itk_pass *message, uint32_t generation,
                   uint32_t pool, uint32_t slot);
int itk_request_valid(const itk_request *message, uint32_t pools,
                      uint32_t slots);
int itk_order_valid(const itk_order *message, int descriptors,
                    uint32_t pools, uint32_t slots);
int itk_report_valid(const itk_report *message);
int itk_legacy_valid(const itk_legacy *message, int descriptors);

/* 1 if the descriptor is a connected TCP socket (v4 or v6). */
int itk_is_connection(int descriptor);

#endif
