/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A child: becomes User with three capabilities before its first connection,
 * then accepts, and gives each connection to a worker.  It reads none of them.
 */

#include "itk.h"

#include "apr_poll.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

int itk_child_slot;

static apr_pool_t *pchild;

void itk_child_exit(int code)
{
    itk_mpm_state = AP_MPMQ_STOPPING;
    if (pchild) {
        apr_pool_t *p = pchild;

        pchild = NULL;          /* a second signal must not come here again */
        apr_pool_destroy(p);
    }
    ap_mpm_pod_close(itk_pod);
    itk_worker_abandon();
    exit(code);
}

/* ---- the accept mutex --------------------------------------------------- */

#ifdef SINGLE_LISTEN_UNSERIALIZED_ACCEPT
#define NEEDS_MUTEX (itk_listener_count > 1)
#else
#define NEEDS_MUTEX 1
#endif

static int old_generation(void)
{
    return ap_my_generation != ap_scoreboard_image->global->running_generation;
}

static void lock(void)
{
    apr_status_t rv = apr_proc_mutex_lock(itk_accept_mutex);

    if (rv == APR_SUCCESS) {
        return;
    }
    if (old_generation()) {     /* the mutex went with its generation */
        itk_child_exit(0);
    }
    ap_log_error(APLOG_MARK, APLOG_EMERG, rv, ap_server_conf,
                 "mpm-itk: couldn't grab the accept mutex");
    exit(APEXIT_CHILDFATAL);
}

static void unlock(void)
{
    apr_status_t rv = apr_proc_mutex_unlock(itk_accept_mutex);

    if (rv == APR_SUCCESS || old_generation()) {
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_EMERG, rv, ap_server_conf,
                 "mpm-itk: couldn't release the accept mutex");
    exit(APEXIT_CHILDFATAL);
}

/* ---- accepting ---------------------------------------------------------- */

static ap_listen_rec **listeners;
static apr_pollfd_t *pollset;

static void set_up_listeners(apr_pool_t *p)
{
    ap_listen_rec *lr = ap_listeners;
    int i;

    listeners = apr_pcalloc(p, sizeof(*listeners)
                               * (apr_size_t)itk_listener_count);
    pollset = apr_pcalloc(p, sizeof(*pollset)
                             * (apr_size_t)itk_listener_count);
    for (i = 0; i < itk_listener_count; i++, lr = lr->next) {
        listeners[i] = lr;
        pollset[i].p = p;
        pollset[i].desc_type = APR_POLL_SOCKET;
        pollset[i].desc.s = lr->sd;
        pollset[i].reqevents = APR_POLLIN;
    }
}

/* The next listener with a connection, each in its turn. */
static ap_listen_rec *ready_listener(void)
{
    static int last = 0;
    apr_status_t rv;
    apr_int32_t ready;
    int i;

    if (itk_listener_count == 1) {
        return listeners[0];
    }
    for (;;) {
        rv = apr_poll(pollset, itk_listener_count, &ready, -1);
        if (rv != APR_SUCCESS) {
            if (APR_STATUS_IS_EINTR(rv)) {
                continue;
            }
            ap_log_error(APLOG_MARK, APLOG_ERR, rv, ap_server_conf,
                         "mpm-itk: poll for connections");
            itk_child_exit(1);
        }
        for (i = 1; i <= itk_listener_count; i++) {
            int at = (last + i) % itk_listener_count;

            if (pollset[at].rtnevents & APR_POLLIN) {
                last = at;
                return listeners[at];
            }
        }
    }
}

/* NULL: there was a connection, and it is gone again. */
static apr_socket_t *next_connection(apr_pool_t *ptrans)
{
    ap_listen_rec *lr;
    apr_status_t rv;
    void *csd = NULL;

    if (NEEDS_MUTEX) {
        lock();
    }
    lr = ready_listener();
    rv = lr->accept_func(&csd, lr, ptrans);
    if (NEEDS_MUTEX) {
        unlock();
    }
    if (rv == APR_EGENERAL) {   /* out of descriptors, or as bad */
        itk_child_exit(1);
    }
    return rv == APR_SUCCESS ? csd : NULL;
}

/* ---- the life of a child ------------------------------------------------ */

/*
 * A server that was started in the foreground has a terminal, and processes on
 * it: another user's process may type there for root as long as it is its own
 * terminal too.
 */
static void leave_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0) {
        return;                 /* none, as for any daemon */
    }
    if (ioctl(fd, TIOCNOTTY) != 0) {
        ap_log_error(APLOG_MARK, APLOG_ALERT, errno, ap_server_conf,
                     "mpm-itk: a child could not leave the terminal");
        _exit(APEXIT_CHILDFATAL);
    }
    close(fd);
}

static void become_reader(void)
{
    const char *step;

    if (itk_become_reader(&itk_default_identity, &step) != 0) {
        ap_log_error(APLOG_MARK, APLOG_ALERT, errno, ap_server_conf,
                     "mpm-itk: a child could not %s; this MPM needs root, and "
                     "Linux with capabilities, securebits and an ambient set "
                     "(4.3 or later)", step);
        _exit(APEXIT_CHILDFATAL);
    }
}

static void start(apr_pool_t **ptrans)
{
    apr_allocator_t *allocator;
    apr_status_t rv;

    itk_mpm_state = AP_MPMQ_STARTING;
#ifdef ITK_HAVE_FATAL_SIGNALS
    ap_fatal_signal_child_setup(ap_server_conf);
#endif

    apr_allocator_create(&allocator);
    apr_allocator_max_free_set(allocator, ap_max_mem_free);
    apr_pool_create_ex(&pchild, itk_pconf, NULL, allocator);
    apr_allocator_owner_set(allocator, pchild);
    apr_pool_create(ptrans, pchild);
    apr_pool_tag(*ptrans, "transaction");

    /* while it is still root */
    ap_reopen_scoreboard(pchild, NULL, 0);
    rv = apr_proc_mutex_child_init(&itk_accept_mutex, ap_lock_fname, pchild);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, rv, ap_server_conf,
                     "mpm-itk: couldn't open the accept mutex in a child");
        itk_child_exit(APEXIT_CHILDFATAL);
    }

    if (!itk_one_process) {     /* -X: its terminal is what that is for */
        leave_terminal();
    }
    become_reader();

    ap_run_child_init(pchild, ap_server_conf);
    set_up_listeners(pchild);
    if (itk_worker_prepare(pchild) != 0) {
        ap_log_error(APLOG_MARK, APLOG_ALERT, errno, ap_server_conf,
                     "mpm-itk: a child could not find out what it shares "
                     "with others; is /proc there?");
        itk_child_exit(APEXIT_CHILDFATAL);
    }
    itk_mpm_state = AP_MPMQ_RUNNING;
}

void itk_child_main(int slot)
{
    apr_bucket_alloc_t *bucket_alloc;
    apr_pool_t *ptrans;
    ap_sb_handle_t *sbh;
    int connections = 0;

    itk_child_slot = slot;
    start(&ptrans);
    ap_create_sb_handle(&sbh, pchild, slot, 0);
    bucket_alloc = apr_bucket_alloc_create(pchild);

    do {
        apr_socket_t *csd;

        apr_pool_clear(ptrans);
        if (ap_max_requests_per_child > 0
            && connections++ >= ap_max_requests_per_child) {
            break;
        }
        (void) ap_update_child_status(sbh, SERVER_READY, NULL);
        if ((csd = next_connection(ptrans)) != NULL) {
            itk_worker_run(csd, ptrans, sbh, bucket_alloc);
        }
        /* told to go, or left over from before a restart */
    } while (ap_mpm_pod_check(itk_pod) != APR_SUCCESS && !old_generation());

    itk_child_exit(0);
}
