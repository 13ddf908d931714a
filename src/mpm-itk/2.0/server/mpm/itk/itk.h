/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_H
#define ITK_H

/*
 * The adapter of the itk MPM to httpd 2.0, model "classic".  Three roles:
 *
 *   parent   root; starts and reaps children, reads nothing from the network
 *   reader   a child: User with three capabilities; accepts a connection and
 *            reads the head of its first request, forks, waits
 *   worker   forked by a reader: becomes the vhost's user for good, serves
 *            that connection, exits
 *
 * itk.c             the module: hooks, start-up checks
 * itk_directives.c  the configuration
 * itk_parent.c      parent
 * itk_child.c       reader: the accept loop
 * itk_worker.c      from reader to worker
 * itk_slots.c       how many workers a vhost has (MaxClientsVHost)
 *
 * The files of the core (itk_ids, itk_identity, itk_mappings, itk_descriptors)
 * know nothing of httpd.
 */

#define CORE_PRIVATE

#include "apr.h"
#include "apr_pools.h"
#include "apr_strings.h"
#include "apr_portable.h"
#include "ap_config.h"
#include "httpd.h"
#include "http_config.h"
#include "http_connection.h"
#include "http_core.h"
#include "http_log.h"
#include "http_main.h"
#include "http_protocol.h"
#include "http_request.h"
#include "ap_listen.h"
#include "ap_mpm.h"
#include "mpm.h"
#include "mpm_common.h"
#include "scoreboard.h"
#include "unixd.h"

#include "itk_ids.h"
#include "itk_identity.h"

/* 2.0.48 knows neither states nor the common handler for crashes. */
#ifdef AP_MPMQ_MPM_STATE
#define ITK_HAVE_FATAL_SIGNALS 1
#else
#define AP_MPMQ_STARTING 0
#define AP_MPMQ_RUNNING  1
#define AP_MPMQ_STOPPING 2
#endif

extern module AP_MODULE_DECLARE_DATA mpm_itk_module;

/* ---- itk_directives.c -------------------------------------------------- */

/* What a server or vhost says; the merge of both is what counts. */
typedef struct itk_server_conf {
    itk_identity *identity;     /* NULL: User and Group */
    int nice_value;             /* ITK_NICE_KEEP: unset */
    int max_clients;            /* 0: unset, no limit */
} itk_server_conf;

typedef struct itk_settings {
    int start_servers;
    int min_spare, max_spare;
    int max_clients;
    int server_limit;
    int first_server_limit;     /* that of the first start; 0 before */
    int limit_changed;          /* a restart asked for another one */
    itk_limits limits;
} itk_settings;

extern itk_settings itk_conf;
extern const command_rec itk_directives[];

/* Called before every reading of the configuration. */
void itk_directives_reset(apr_pool_t *pconf);

void *itk_server_conf_create(apr_pool_t *p, server_rec *s);
void *itk_server_conf_merge(apr_pool_t *p, void *base, void *added);
itk_server_conf *itk_server_conf_of(const server_rec *s);

/* An identity whose group list lives and dies with the pool. */
const char *itk_identity_for_pool(apr_pool_t *p, const char *user,
                                  const char *group, itk_identity *out);

/* ---- itk.c -------------------------------------------------------------- */

extern int itk_one_process;     /* -X: no parent, one child */
extern int itk_mpm_state;
extern ap_pod_t *itk_pod;
extern int itk_listener_count;
extern apr_pool_t *itk_pconf;

/* User and Group: the readers', and that of vhosts that name nobody. */
extern itk_identity itk_default_identity;

const itk_identity *itk_identity_of(const server_rec *s);

/* ---- itk_parent.c ------------------------------------------------------- */

extern apr_proc_mutex_t *itk_accept_mutex;

/* A restart starts out as one that is not graceful. */
void itk_parent_new_start(void);

/* ---- itk_child.c -------------------------------------------------------- */

extern int itk_child_slot;      /* place in the scoreboard */

/* Called by the parent, in the new process.  Does not return. */
void itk_child_main(int slot) __attribute__((noreturn));

/* Cleans up and exits; ends the worker that is being waited for. */
void itk_child_exit(int code) __attribute__((noreturn));

/* ---- itk_worker.c ------------------------------------------------------- */

extern int itk_in_worker;

/*
 * What became of a connection that a reader accepted.
 *   ITK_CLOSE        nobody took it: no whole head, or an answer was sent
 *   ITK_HANDED_OVER  a worker had it and has ended; the socket is closed here
 *   ITK_SERVED       this process is the worker now, and has served it
 */
typedef enum { ITK_CLOSE, ITK_HANDED_OVER, ITK_SERVED } itk_outcome;

/* A reader, once, after its child_init hooks.  0, or -1 and it must end. */
int itk_worker_prepare(apr_pool_t *pchild);

itk_outcome itk_worker_serve(conn_rec *c, apr_socket_t *csd);

/* The end of a worker. */
void itk_worker_finish(conn_rec *c) __attribute__((noreturn));

/* A reader on its way out, with a worker still running: end that worker. */
void itk_worker_abandon(void);

int itk_process_connection(conn_rec *c);
int itk_post_read_request(request_rec *r);
int itk_log_transaction(request_rec *r);

/* ---- itk_slots.c -------------------------------------------------------- */

/* The parent, before the first child.  0, or -1 with errno. */
int itk_slots_create(void);

/*
 * A reader, before it forks a worker: take a place of this vhost.  1, or 0 if
 * all of them are taken.  The reader gives it back when the worker has ended.
 */
int itk_slots_take(int slot, const server_rec *s, int max_clients);
void itk_slots_give_back(int slot);

/* The parent, when it has ended all children. */
void itk_slots_clear(void);

#endif
