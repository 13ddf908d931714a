/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_CHILDREN_H
#define ITK_CHILDREN_H

/*
 * The supervisor's children: a private table of every process that it forked
 * and has not reaped.  Nothing in it was written by anybody else, and no pid is
 * signalled that is not in it.
 *
 *   itk_supervisor.c            signals, requests, time: decides
 *   itk_children.c              forks, reaps, ends: does
 *   itk_children_dispatcher.c   the same of dispatchers
 *   itk_children_logger.c       and of the logger
 */

#include "itk_logger.h"
#include "itk_run.h"

#include <signal.h>

#define ITK_DISPATCHERS_MOST 64

typedef uint64_t itk_msec;      /* CLOCK_MONOTONIC */

/* A worker, by slot. */
typedef struct itk_child {
    pid_t pid;                  /* 0: nobody here */
    int dispatcher;             /* place in the table of dispatchers */
    int pool;                   /* index in its generation */
    uint32_t generation;        /* of its dispatcher */
    uint32_t run;               /* reading of the configuration */
    uint32_t serial;
    itk_msec born;
    itk_msec told;              /* to end; 0: not yet */
    int killed;
    int at_fault;               /* for what its dispatcher has seen it do */
    int gone_unsaid;            /* its dispatcher has still to hear of its end */
} itk_child;

typedef struct itk_dispatcher_child {
    pid_t pid;                  /* 0: nobody here */
    int index;                  /* of ItkDispatchers */
    uint32_t generation;
    uint32_t run;
    int control;
    int bequest;                /* what it hands over can be read here; -1 */
    int leaving;
    uint32_t beat;              /* as it was seen last */
    itk_msec beat_since;
    int held;                   /* those who hold it up have been ended */
    itk_msec born;
} itk_dispatcher_child;

/* What one pool has done to itself; by index, in this reading. */
typedef struct itk_pool_record {
    int workers;
    int crashes;                /* in a row */
    itk_msec not_before;
} itk_pool_record;

/* A logger: the present one, or one that workers of before still write to. */
typedef struct itk_logger_child {
    pid_t pid;                  /* 0: nobody here */
    uint32_t run;
    itk_log_watch *page;
    uint32_t turns;             /* as they were seen last */
    itk_msec turns_since;
    int held;                   /* those who hold it up have been ended */
    int ended;                  /* it has been killed for that */
    itk_msec needed;            /* when somebody was there last who writes */
} itk_logger_child;

#define ITK_OLD_LOGGERS_MOST 16

typedef struct itk_supervisor_state {
    const itk_run *run;
    uint32_t run_number;
    uint32_t generation;        /* counts dispatchers */
    uint32_t serial;            /* counts workers */

    itk_child *workers;
    int slots;
    int worker_count;
    int slot_next;
    itk_dispatcher_child dispatchers[2 * ITK_DISPATCHERS_MOST];
    itk_pool_record *pools;
    int *log_pipes;             /* room for those of one worker */
    itk_logger_child logger;
    int logger_control;
    itk_logger_child old_loggers[ITK_OLD_LOGGERS_MOST];

    itk_msec now;
} itk_supervisor_state;

extern itk_supervisor_state itk_s;

/* Room for so many workers; what is there stays.  0 or -1. */
int itk_children_table(int slots);

/* New processes.  0, or -1: it has been logged. */
int itk_children_logger(void);
int itk_children_dispatcher(int index);

/* The slot, or -1 with errno (EBUSY: a channel or the table is full for now); its
 * dispatcher has been told. */
int itk_children_worker(itk_dispatcher_child *for_whom, int pool);

/* Tells a dispatcher of a worker of its own.  0, or -1 with errno. */
int itk_children_tell(const itk_dispatcher_child *d, uint32_t opcode,
                      const itk_child *worker, int slot, const int *fds,
                      int count);

/* Reaps what has ended.  1: a dispatcher cannot start, and the server ends. */
int itk_children_reap(void);

/* A signal to a process of the table. */
void itk_children_kill(itk_child *worker, int sig);

/* All of them: SIGTERM, time to end, SIGKILL. */
void itk_children_end_all(void);

/* All workers of a run are told to end after what they are doing: others follow.
 * Those that have not after patience (ms; 0: however long it takes) are ended. */
void itk_children_renew(uint32_t run, itk_msec patience);

/* All workers of a run's pool, at once; one of now waits for its next one. */
void itk_children_kill_pool(uint32_t run, int pool);

/* Every 250 ms: loggers that do not move, and those that nobody needs. */
void itk_children_watch_loggers(void);

/* 1: it was a logger, and *fatal says if it could not start. */
int itk_children_logger_ended(pid_t pid, int status, int *fatal);

/* Ends those of before, and with SIGKILL the present one.  How many there are. */
int itk_children_signal_loggers(int sig);

/* ---- between the files above -------------------------------------------- */

#define ITK_EXIT_FATAL 0xf      /* httpd's APEXIT_CHILDFATAL */

/* A child begins with no handler of the supervisor's and nothing blocked. */
pid_t itk_children_fork(void);

/* In a child: says what it could not, and ends. */
void itk_children_cannot(const char *role, const char *step)
    __attribute__((noreturn));

void itk_children_close(int *fd);

/* What ends a dispatcher: 1, it could not start. */
int itk_children_dispatcher_ended(itk_dispatcher_child *d, int status);

/* The ends of a worker's pipes to the logger.  0, or -1 with errno. */
int itk_children_open_logs(int pool, int *pipes);
void itk_children_close_logs(int *pipes);

/* ---- itk_supervisor.c --------------------------------------------------- */

void itk_supervisor_log(int level, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

itk_msec itk_supervisor_clock(void);

#endif
