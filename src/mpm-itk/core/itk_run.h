/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_RUN_H
#define ITK_RUN_H

/*
 * What the adapter of one line of httpd tells the roles about one reading of
 * the configuration: tables and functions.  The supervisor reads it between
 * two readings; dispatchers and workers have it from their fork.
 *
 *   supervisor  itk_supervisor.c   root; forks, reaps, signals
 *   dispatcher  itk_dispatcher.c   accepts, looks, passes on
 *   logger      itk_logger.c       writes the logs that pools share
 *   worker      the adapter's      serves
 */

#include "itk_ids.h"
#include "itk_head.h"
#include "itk_wire.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define ITK_POOL_NAME sizeof(((itk_legacy *)0)->pool)

/*
 * Those who share a uid, a gid, their groups and a priority.  The name says so
 * much ("alice", "alice/staff", "alice nice 5"; numbers where there are no names)
 * and is the pool's identity over restarts.
 */
typedef struct itk_pool {
    char name[sizeof(((itk_legacy *)0)->pool)];
    itk_identity who;
    int nice_value;             /* ITK_NICE_KEEP: as the server's */
    const char *refused;        /* NULL, or why no worker may have this identity
                                 * (LimitUIDRange): answer 503, start none */
} itk_pool;

/* A vhost, as far as the dispatcher has to know it. */
typedef struct itk_host {
    int max_clients;            /* MaxClientsVHost; 0: no limit */
    int keep_alive_ms;          /* KeepAliveTimeout */
    int timeout_ms;             /* Timeout: for the head, and in the queue */
} itk_host;

typedef union itk_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage space;
} itk_address;

typedef struct itk_route {
    int pool;                   /* -1: not known from this */
    int host;                   /* index into hosts; -1: not known */
    int tls;                    /* wait for a whole ClientHello, not for a head */
} itk_route;

typedef enum { ITK_MODEL_POOL, ITK_MODEL_FORK } itk_model;

typedef struct itk_limits_of_run {
    int max_workers;            /* MaxClients: workers of all pools */
    int max_workers_per_pool;   /* ItkMaxWorkersPerPool */
    int min_spare;              /* ItkMinSpareWorkers: idle ones of a pool in use */
    int idle_timeout_ms;        /* ItkIdleTimeout */
    int queue_depth;            /* ItkQueueDepth: connections of a pool that wait */
    int max_connections;        /* MaxRequestsPerChild: of one worker; 0: any number */
    int max_empty_lines;        /* before a request line: LimitRequestFields */
    int dispatchers;            /* ItkDispatchers */
    int slots;                  /* ServerLimit: places in the status page */
} itk_limits_of_run;

/* One place of the status page: written by dispatchers, read by workers. */
typedef struct itk_status {
    uint32_t pool;              /* index + 1; 0: nobody here */
    uint32_t state;             /* ITK_STATUS_* */
    uint32_t requests;
    uint32_t kilobytes;
    uint32_t connections;
    uint32_t since;             /* time(2) of the last change */
} itk_status;

enum { ITK_STATUS_NONE = 0, ITK_STATUS_STARTING, ITK_STATUS_READY,
       ITK_STATUS_BUSY, ITK_STATUS_ENDING };

/* After the places, one for each dispatcher. */
typedef struct itk_status_waiting {
    uint32_t heads;             /* connections whose head is awaited */
    uint32_t queued;
    uint32_t kept;              /* idle keep-alive connections */
    uint32_t lingering;
    volatile uint32_t beat;     /* it is alive: counts its turns */
    volatile uint32_t touching; /* pool + 1 of what it is at; 0: nobody's */
} itk_status_waiting;

struct itk_worker_start {
    int pool;
    int slot;                   /* place in the status page */
    uint32_t generation;
    uint32_t serial;
    int channel;                /* its end */
    int report;                 /* its end */
    const int *log_pipes;       /* in the order of run->shared_logs */
};

typedef struct itk_run {
    const itk_pool *pools;
    int pool_count;
    const itk_host *hosts;
    int host_count;
    const int *listeners;
    int listener_count;
    itk_limits_of_run limits;
    itk_limits ids;             /* LimitUIDRange, LimitGIDRange */
    itk_model model;
    itk_identity dispatcher;    /* ItkDispatcherUser */
    const char *runtime_dir;    /* for a moment an empty directory is made here */

    /* Logs that several pools write: their descriptors; the logger writes them. */
    const int *shared_logs;
    int shared_log_count;

    int error_log;              /* the main ErrorLog's descriptor; -1: stderr alone */

    /* The status page: writable in supervisor and dispatchers. */
    itk_status *status;
    itk_status_waiting *waiting;

    void *adapter;

    /*
     * Dispatcher: what the address alone says.  listener is an index.
     */
    void (*route_address)(void *adapter, int listener,
                          const itk_address *local, itk_route *out);

    /*
     * Dispatcher: what a whole head says (name: of a ClientHello, or NULL).
     * bytes are those of the head.  Always fills in a pool: a head that httpd
     * would refuse goes to the pool of the address' first vhost.
     */
    void (*route_head)(void *adapter, const itk_address *local,
                       const itk_address *remote, const itk_head *head,
                       const char *bytes, const char *name, itk_route *out);

    /* Dispatcher (index) and logger (-1): once, before it gives up root. */
    void (*dispatcher_start)(void *adapter, int index);

    /* The new process of a worker, root.  Closes, drops, serves; never returns. */
    void (*worker)(void *adapter, const struct itk_worker_start *start)
        __attribute__((noreturn));

    /* Supervisor: a process has ended that is none of ours; a piped log, maybe. */
    void (*unclaimed)(void *adapter, pid_t pid, int status);

    /* Supervisor, or NULL: a worker has been started (1) or has ended (0). */
    void (*child)(void *adapter, pid_t pid, int slot, int is_there);

    /* Supervisor, or NULL: every 250 ms. */
    void (*tick)(void *adapter);

    /* level: syslog(3)'s, LOG_EMERG to LOG_DEBUG; error: an errno or 0. */
    void (*log)(void *adapter, int level, int error, const char *text);
} itk_run;

/* ---- itk_supervisor.c --------------------------------------------------- */

typedef enum {
    ITK_ENDED_STOP,             /* SIGTERM: everything has been ended */
    ITK_ENDED_RESTART,          /* SIGHUP: the same, to begin again */
    ITK_ENDED_GRACEFUL,         /* SIGUSR1: dispatchers and workers are still there */
    ITK_ENDED_FAILED
} itk_ended;

/*
 * Serves until a signal says otherwise.  What is left of an earlier graceful
 * restart is taken over: its dispatchers are told to leave.
 */
itk_ended itk_supervise(const itk_run *run);

/* ---- itk_dispatcher.c --------------------------------------------------- */

typedef struct itk_dispatcher_start {
    int index;
    uint32_t generation;
    int control;                /* to the supervisor */
    int bequeath;               /* handover channel to the dispatcher after it */
    const int *inherit;         /* handover channels of those before it */
    int inherit_count;
    int files;                  /* descriptors that it may have at most */
    int processors;             /* of this machine */
} itk_dispatcher_start;

/* The new process, already ItkDispatcherUser.  Never returns. */
void itk_dispatch(const itk_run *run, const itk_dispatcher_start *start)
    __attribute__((noreturn));

#endif
