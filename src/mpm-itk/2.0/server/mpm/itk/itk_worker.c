/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From reader to worker.
 *
 * The reader runs httpd's own reading of a request.  httpd calls
 * post_read_request when the head is whole and the vhost known, and before
 * anything else looks at it: there the reader forks.  The new process becomes
 * the vhost's user and goes on where it is.  The reader has no use for the
 * rest of that reading, which would end in an answer: it waits, and leaves
 * with longjmp for the frame of itk_worker_serve.
 */

#include "itk.h"
#include "itk_descriptors.h"
#include "itk_mappings.h"

#include "apr_signal.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a worker says of itself; for mod_status, and believed by nobody else. */
typedef struct {
    unsigned long requests;
    unsigned long bytes;
} work_report;

#define SHARED_MAX    256
#define LISTENERS_MAX 1024

int itk_in_worker = 0;

static jmp_buf reading;         /* the frame of itk_worker_serve */
static volatile work_report *report;
static volatile pid_t worker_pid;       /* the one that is waited for, or 0 */
static itk_identity worker_identity;
static const server_rec *worker_server;

static apr_pool_t *child_pool;
static itk_mapping *shared;
static int shared_count;
static int listeners[LISTENERS_MAX];
static int listener_count;

/* ---- before a worker ---------------------------------------------------- */

int itk_worker_prepare(apr_pool_t *pchild)
{
    void *page = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED) {
        return -1;
    }
    report = page;
    child_pool = pchild;
    shared = apr_palloc(pchild, SHARED_MAX * sizeof(*shared));
    shared_count = itk_mappings_list(shared, SHARED_MAX, page);
    listener_count = itk_listeners_list(listeners, LISTENERS_MAX);
    return shared_count < 0 || listener_count < 0 ? -1 : 0;
}

/* ---- in the new process ------------------------------------------------- */

static void end_unserved(const server_rec *s, const char *step)
    __attribute__((noreturn));

static void end_unserved(const server_rec *s, const char *step)
{
    ap_log_error(APLOG_MARK, APLOG_ALERT, errno, s,
                 "mpm-itk: a process for %s could not %s, and has ended "
                 "without serving",
                 s->server_hostname ? s->server_hostname : "a host", step);
    _exit(APEXIT_CHILDSICK);
}

/* The mutex's memory went with the mappings; some kinds are a descriptor. */
static int close_accept_mutex(void)
{
    const char *kind = apr_proc_mutex_name(itk_accept_mutex);
    apr_os_proc_mutex_t os;

    if (strcmp(kind, "fcntl") != 0 && strcmp(kind, "flock") != 0) {
        return 0;
    }
    if (apr_os_proc_mutex_get(&os, itk_accept_mutex) != APR_SUCCESS) {
        return -1;
    }
    return itk_descriptors_blank(&os.crossproc, 1);
}

static void become_worker(request_rec *r, apr_socket_t *csd)
{
    const server_rec *s = r->server;
    const itk_identity *who = itk_identity_of(s);
    const char *step = NULL;
    apr_os_sock_t fd;

    if (itk_mappings_detach(shared, shared_count) != 0) {
        end_unserved(s, "leave the shared memory");
    }
    if (itk_descriptors_blank(listeners, listener_count) != 0) {
        end_unserved(s, "close the listening sockets");
    }
    if (ap_mpm_pod_close(itk_pod) != APR_SUCCESS) {
        end_unserved(s, "close the children's pipe");
    }
    if (close_accept_mutex() != 0) {
        end_unserved(s, "close the accept mutex");
    }
    if (apr_os_sock_get(&fd, csd) != APR_SUCCESS
        || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        end_unserved(s, "keep the connection from programs it starts");
    }
    if (itk_become_worker(&itk_default_identity, who, &itk_conf.limits,
                          itk_server_conf_of(s)->nice_value, &step) != 0) {
        end_unserved(s, step);
    }
    itk_in_worker = 1;
    worker_identity = *who;
    worker_server = s;
}

void itk_worker_finish(conn_rec *c)
{
    ap_lingering_close(c);
    /* with it go the connection and what modules clean up with a child */
    apr_pool_destroy(child_pool);
    exit(0);
}

/* ---- in the reader ------------------------------------------------------ */

/* An answer from the reader itself: no handler, no ErrorDocument but text. */
static void answer(request_rec *r, int status)
{
    conn_rec *c = r->connection;

    c->keepalive = AP_CONN_CLOSE;
    r->status = status;
    ap_send_error_response(r, 0);
    ap_update_child_status(c->sbh, SERVER_BUSY_LOG, r);
    ap_run_log_transaction(r);
    longjmp(reading, ITK_CLOSE + 1);
}

static void wait_for_worker(const server_rec *s)
{
    int status;

    /* that pid and no other: what the worker leaves behind is not waited for */
    while (waitpid(worker_pid, &status, 0) < 0) {
        if (errno != EINTR) {
            ap_log_error(APLOG_MARK, APLOG_ERR, errno, s,
                         "mpm-itk: wait for process %ld", (long)worker_pid);
            break;
        }
    }
    worker_pid = 0;
}

static void count_work(void)
{
    worker_score *ws;

    if (!ap_extended_status) {
        return;
    }
    ws = &ap_scoreboard_image->servers[itk_child_slot][0];
    ws->access_count += report->requests;
    ws->my_access_count += report->requests;
    ws->conn_count += report->requests;
    ws->bytes_served += report->bytes;
    ws->my_bytes_served += report->bytes;
    ws->conn_bytes += report->bytes;
#ifdef HAVE_TIMES
    times(&ws->times);
#endif
}

/* Returns in the worker; the reader leaves by longjmp. */
static void hand_over(request_rec *r)
{
    const itk_server_conf *conf = itk_server_conf_of(r->server);
    conn_rec *c = r->connection;
    apr_socket_t *csd = ap_get_module_config(c->conn_config, &core_module);
    const char *refused = itk_identity_refused(itk_identity_of(r->server),
                                               &itk_conf.limits);
    sigset_t ending, before;
    pid_t pid;

    if (refused) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, r->server,
                     "mpm-itk: %s is not served: %s",
                     r->server->server_hostname, refused);
        answer(r, HTTP_INTERNAL_SERVER_ERROR);
    }
    if (!itk_slots_take(itk_child_slot, r->server, conf->max_clients)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, r->server,
                     "mpm-itk: %s has all %d clients of MaxClientsVHost",
                     r->server->server_hostname, conf->max_clients);
        answer(r, HTTP_SERVICE_UNAVAILABLE);
    }
    ap_update_child_status(c->sbh, SERVER_BUSY_WRITE, r);
    report->requests = report->bytes = 0;

    /* a worker must not run a reader's handlers, not even for a moment */
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    sigprocmask(SIG_BLOCK, &ending, &before);
    pid = fork();
    if (pid == 0) {
        apr_signal(SIGTERM, SIG_DFL);
        apr_signal(SIGHUP, SIG_DFL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        become_worker(r, csd);
        return;
    }
    worker_pid = pid > 0 ? pid : 0;
    if (pid < 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        ap_log_error(APLOG_MARK, APLOG_ERR, errno, r->server,
                     "mpm-itk: could not fork a process for %s",
                     r->server->server_hostname);
        itk_slots_give_back(itk_child_slot);
        answer(r, HTTP_SERVICE_UNAVAILABLE);
    }
    /* first, or the client would not see the worker close it */
    c->aborted = 1;
    apr_socket_close(csd);
    sigprocmask(SIG_SETMASK, &before, NULL);

    wait_for_worker(r->server);
    count_work();
    itk_slots_give_back(itk_child_slot);
    longjmp(reading, ITK_HANDED_OVER + 1);
}

itk_outcome itk_worker_serve(conn_rec *c, apr_socket_t *csd)
{
    int left = setjmp(reading);

    if (left) {
        return (itk_outcome)(left - 1);
    }
    ap_process_connection(c, csd);
    return itk_in_worker ? ITK_SERVED : ITK_CLOSE;
}

void itk_worker_abandon(void)
{
    const char *step;
    pid_t pid = worker_pid;

    if (pid <= 0 || itk_in_worker) {
        return;
    }
    /* A reader may not signal another user's process.  It is about to exit:
     * so it becomes that user first, for good, as any worker does.
     */
    worker_pid = 0;
    if (itk_become_worker(&itk_default_identity, &worker_identity,
                          &itk_conf.limits, ITK_NICE_KEEP, &step) == 0) {
        kill(pid, SIGKILL);
    }
    _exit(0);
}

/* ---- hooks -------------------------------------------------------------- */

/* May a worker that was made for one host serve this one as well? */
static int may_serve(const server_rec *s)
{
    const itk_server_conf *conf = itk_server_conf_of(s);

    if (s == worker_server) {
        return 1;
    }
    return itk_identity_same(&worker_identity, itk_identity_of(s))
        && conf->nice_value == itk_server_conf_of(worker_server)->nice_value
        && conf->max_clients == 0;
}

/*
 * What http_core does with a connection, and before any module that speaks
 * another protocol: those would do all of their work in a reader. That a
 * request is processed by a worker alone is said here once more.
 */
int itk_process_connection(conn_rec *c)
{
    apr_socket_t *csd = ap_get_module_config(c->conn_config, &core_module);
    request_rec *r;

    ap_update_child_status(c->sbh, SERVER_BUSY_READ, NULL);
    while ((r = ap_read_request(c)) != NULL) {
        c->keepalive = AP_CONN_UNKNOWN;
        if (r->status == HTTP_OK) {
            if (!itk_in_worker) {
                end_unserved(r->server, "be a worker");
            }
            ap_update_child_status(c->sbh, SERVER_BUSY_WRITE, r);
            ap_process_request(r);
        }
        if (ap_extended_status) {
            ap_increment_counts(c->sbh, r);
        }
        if (c->keepalive != AP_CONN_KEEPALIVE || c->aborted) {
            break;
        }
        ap_update_child_status(c->sbh, SERVER_BUSY_KEEPALIVE, r);
        apr_pool_destroy(r->pool);
        /* the next request, if it is not there yet, is waited for in poll */
        apr_socket_opt_set(csd, APR_INCOMPLETE_READ, 1);
    }
    return OK;
}

int itk_post_read_request(request_rec *r)
{
    if (r->main || r->prev) {
        return DECLINED;        /* part of a request that came by here */
    }
    if (!itk_in_worker) {
        worker_identity = *itk_identity_of(r->server);
        hand_over(r);
        return DECLINED;
    }
    if (!may_serve(r->server)) {
        /* HTTP lets a server close; the client asks again and is read anew */
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, r->server,
                     "mpm-itk: a connection of %s is closed: its next request "
                     "is for %s, which has another user",
                     worker_server->server_hostname,
                     r->server->server_hostname);
        itk_worker_finish(r->connection);
    }
    return DECLINED;
}

int itk_log_transaction(request_rec *r)
{
    if (itk_in_worker) {
        report->requests++;
        report->bytes += (unsigned long)r->bytes_sent;
    }
    return DECLINED;
}
