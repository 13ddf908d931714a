/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_H
#define ITK_H

/*
 * The adapter of the itk MPM to httpd 2.0, model "classic".  Three roles:
 *
 *   parent   root; starts and reaps children, reads nothing from the network
 *   child    User with three capabilities; accepts a connection, forks, waits;
 *            reads nothing from it
 *   worker   forked by a child, for that connection: a "reader" first, with the
 *            child's rights, of one request's head; then the vhost's user for
 *            good; serves the connection, exits
 *
 * itk.c             the module: hooks, start-up checks
 * itk_directives.c  the configuration
 * itk_parent.c      parent
 * itk_child.c       child: the accept loop
 * itk_worker.c      worker: from the fork to its end
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

extern module AP_MODULE_DECLARE_DATA mpm_classic_module;

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

/* User and Group: the children's, and that of vhosts that name nobody. */
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

extern int itk_in_worker;       /* it has become the vhost's user */

/* A child, once, after its child_init hooks.  0, or -1 and it must end. */
int itk_worker_prepare(apr_pool_t *pchild);

/* A child: has this connection served, and returns when that is over. */
void itk_worker_run(apr_socket_t *csd, apr_pool_t *ptrans,
                    ap_sb_handle_t *sbh, apr_bucket_alloc_t *buckets);

/* The end of a worker. */
void itk_worker_finish(conn_rec *c) __attribute__((noreturn));

/* A child on its way out: end the worker that it still has, and itself. */
void itk_worker_abandon(void);

int itk_process_connection(conn_rec *c);
int itk_post_read_request(request_rec *r);
int itk_log_transaction(request_rec *r);

/* ---- itk_slots.c -------------------------------------------------------- */

/* The parent, before the first child.  0, or -1 with errno. */
int itk_slots_create(void);

/*
 * A worker, before it switches: take a place of this vhost in its child's slot.
 * 1, or 0 if all of them are taken.  The child gives it back when the worker
 * has ended.
 */
int itk_slots_take(int slot, const server_rec *s, int max_clients);
void itk_slots_give_back(int slot);

/* The parent, when it has ended all children. */
void itk_slots_clear(void);

#endif
