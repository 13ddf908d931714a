/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_WORKER_H
#define ITK_WORKER_H

/*
 * The worker: what the supervisor prepares for all of them, and
 * what one does from its fork to its end.
 *
 *   itk_start.c        before a worker runs anything: leaves behind what is
 *                      not its pool's, becomes the pool's user
 *   itk_logs.c         which logs are a pool's own
 *   itk_secrets.c      what hosts of other pools told httpd
 *   itk_secrets_php.c  what they told PHP
 *   itk_secrets_tls.c  their private keys
 *   itk_leftovers.c    the same in memory that nobody uses
 *   itk_registers.c    and in registers
 *   itk_worker.c       the loop: a connection, its requests, a report
 *   itk_socket.c       the connection as APR has it
 *   itk_input.c        how a request's head is read
 *   itk_vhost.c        where httpd's search for the vhost begins
 *   itk_refuse.c       is a request for this worker's pool?
 *   itk_status.c       the status page, and mod_status
 *
 * operation             who calls it                     on failure
 * itk_start_prepare     the supervisor, once a reading   -1, said in the log
 *                       of the configuration, before
 *                       anything is forked
 * itk_worker_main       the supervisor's new process     it ends, unserved
 */

#include "itk.h"
#include "itk_guard.h"
#include "itk_run.h"

#include <signal.h>

int itk_start_prepare(apr_pool_t *pconf, server_rec *s, itk_run *run);

void itk_worker_main(void *adapter, const struct itk_worker_start *start)
    __attribute__((noreturn));

/* ---- hooks, for itk.c to register --------------------------------------- */

/* process_connection, before all: other protocols are not spoken here. */
int itk_process_connection(conn_rec *c);

/* post_read_request, before all: is the vhost of this worker's pool? */
int itk_check_host(request_rec *r);

/* translate_name and fixups, before all: is what the URI says? */
int itk_check_location(request_rec *r);
int itk_check_location_late(request_rec *r);

/* handler, before all: mod_status sees the workers of all pools. */
int itk_status_handler(request_rec *r);

/* log_transaction: for the report. */
int itk_count_request(request_rec *r);

/* ---- between the files of the worker ------------------------------------ */

/* This process.  pool is -1 in the supervisor and in dispatchers. */
typedef struct itk_self {
    int pool;
    int slot;
    int channel;
    int report;
    volatile sig_atomic_t stop; /* SIGTERM: end after the present request */
} itk_self;

extern itk_self itk_me;

/* The connection that is being served. */
typedef struct itk_present {
    int fd;
    uint32_t serial;
    uint32_t host;              /* that the dispatcher has found for the head */
    uint32_t requests;          /* answered since it was passed */
    uint64_t bytes;             /* sent, not yet reported */
    conn_rec *c;
    core_net_rec *net;          /* of httpd's own filters; NULL: stay */
    void *names;                /* vhost_lookup_data, as httpd made it */
    int stay;                   /* until it closes: another module reads it */
    int outcome;                /* itk_worker.c: what is to become of it */
    int silent;                 /* close without another byte */
    int in_head;                /* a head is being read */
    apr_time_t others_wait_since;   /* in the channel; 0: nobody */
} itk_present;

extern itk_present itk_now;

/* itk_worker.c: serves until the channel ends.  exit(3) is the caller's. */
void itk_worker_loop(const struct itk_worker_start *start, apr_pool_t *pchild);

/* ---- itk_socket.c ------------------------------------------------------- */

/* A worker, once. */
void itk_socket_prepare(apr_pool_t *pchild);

/* What is asked of it later is allocated from p.  NULL: the client is gone, or
 * it is no connection at all; fd is the caller's to close. */
apr_socket_t *itk_socket_of(int fd, apr_pool_t *p);

/* csd may be NULL. */
void itk_socket_close(apr_socket_t *csd, int fd);

/* ---- itk_input.c -------------------------------------------------------- */

/* A worker, once. */
void itk_input_register(void);

/* A connection that the worker may give back: from here on this reads it. */
void itk_input_begin(conn_rec *c);

/* Is there anything of the next request that has been read already? */
int itk_input_ahead(void);

/* Is the whole head read ahead, or comes within a second?  1 or 0. */
int itk_input_head_follows(void);

/* Looks at what the connection has, and leaves it there: ITK_HEAD_*, or -1 and
 * the connection is over. */
int itk_input_peek(void);

/* ---- itk_refuse.c ------------------------------------------------------- */

/* A worker, once. */
void itk_refuse_register(void);

/* ---- itk_vhost.c -------------------------------------------------------- */

/* A worker, once.  Without memory every search begins at the beginning. */
void itk_vhost_prepare(void);

/* A vhost_lookup_data from this host's entry on; all of it if there is none. */
void *itk_vhost_list(void *names, int host);

/* A connection begins; host is the message's. */
void itk_vhost_begin(conn_rec *c, uint32_t host);

/* Around reading a request: before it, in its first hook, after it. */
void itk_vhost_read(conn_rec *c);
void itk_vhost_found(request_rec *r);
void itk_vhost_done(conn_rec *c);

/* The head that is read next has been looked at. */
void itk_vhost_next(const itk_head *head, const char *bytes);

/* ---- itk_sections.c ------------------------------------------------------ */

/* Pools of vhosts, by itk_section_key of their sections in the tree. */
apr_hash_t *itk_pools_by_section(apr_pool_t *p, const server_rec *main_server);
const char *itk_section_key(apr_pool_t *p, const char *file, int line);

/* ---- itk_logs.c --------------------------------------------------------- */

/* What a worker does with a descriptor that the configuration opened. */
enum {
    ITK_OPENED_BLANK = -1,      /* becomes /dev/null */
    ITK_OPENED_SHARED = -2,     /* a log: leads to the logger */
    ITK_OPENED_LOCK = -3        /* no log: an empty file of its own */
};

typedef struct itk_opened {
    int fd;
    int owner;                  /* the pool whose log it is, or ITK_OPENED_* */
    int shared;                 /* ITK_OPENED_SHARED: index into shared_logs */
} itk_opened;

/*
 * Sorts fds, what is open now, into list (room for all of them), and fills in
 * the logs of run.
 */
void itk_logs_sort(apr_pool_t *p, server_rec *s, const int *fds, int count,
                   itk_opened *list, itk_run *run);

/* The pool that serves all of this vhost; ITK_SEVERAL: some <Location> is
 * another one's. */
#define ITK_SEVERAL (-1)
int itk_sole_pool(const server_rec *s);

/* ---- itk_secrets.c ------------------------------------------------------ */

/* The supervisor.  0, or -1 with a reason in the log. */
int itk_secrets_collect(apr_pool_t *p, server_rec *s, int pools);

/* A worker, and with -1 those who are of no pool; as root still, before it closes
 * or allocates anything.  0, or -1 with errno. */
int itk_secrets_leave(int pool);

/* ---- itk_secrets_tls.c, of each line ------------------------------------ */

/* As the two above; private keys and what goes with them.  A worker, after the
 * others.  Line 2.4's mod_ssl has them in every process, and these do nothing
 * there. */
int itk_secrets_tls_collect(apr_pool_t *p, server_rec *s, int pools);
int itk_secrets_tls_leave(int pool);

/* When hooks are registered. */
void itk_secrets_tls_register(void);

/* ---- itk_secrets_php.c -------------------------------------------------- */

/* Is PHP there?  1 or 0.  Before itk_php_values, once a configuration. */
int itk_php_find(void);

/* Calls found with the place of each value that these settings give to PHP. */
void itk_php_values(ap_conf_vector_t *vector,
                    void (*found)(void *baton, char **at, const char *name),
                    void *baton);

/* ---- itk_leftovers.c ---------------------------------------------------- */

/*
 * Empties what APR's pools have given back.  Before each reading of the
 * configuration (itk.c, when its hooks are registered: memory of the one before
 * is free, and taken again only in part), and after it.
 */
void itk_leftovers_scrub(apr_pool_t *parent);

/*
 * Wipes these texts wherever they are on the heap: lines, with a space in
 * them, in the buffers of files; words only where another word is in front of
 * them, as httpd cuts a line into two.  0, or -1 with errno.
 */
typedef struct itk_leftover {
    const char *text;
    const char *before;         /* NULL: a line */
} itk_leftover;

int itk_leftovers_wipe(const itk_leftover *texts, int count);

/* ---- itk_registers.c ---------------------------------------------------- */

/* Vector registers: what the C library has left in them. */
void itk_registers_empty(void);

/* ---- itk_status.c ------------------------------------------------------- */

/* The supervisor: makes the page and says it in run.  0, or -1 with errno. */
int itk_status_create(itk_run *run);

/* The mapping that workers read, and the one that they must not have. */
const void *itk_status_readable(void);

/* Copies the page into this process' own scoreboard, but for its own slot. */
void itk_status_show(void);

/* A worker: without the writable mapping from here on.  0, or -1 with errno. */
int itk_status_leave(void);

#endif
