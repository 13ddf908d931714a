/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The process of one connection, from the fork to its end.
 *
 * It is forked before a byte of the connection is read: what a client sends is
 * never in a process that serves another host afterwards.  It reads the head of
 * the first request with the rights of the child it was forked from, in httpd's
 * own code.  httpd calls post_read_request when the head is whole and the vhost
 * known, and before anything else looks at it: there the process becomes the
 * vhost's user, for good, and goes on where it is.
 */

#include "itk.h"
#include "itk_descriptors.h"
#include "itk_mappings.h"

#include "apr_signal.h"
#include <fcntl.h>
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

static volatile work_report *report;
/* The host whose user a worker is about to become; detached with the rest
 * before it does, so that no host's code can write it. */
static const server_rec *volatile *becoming;
static volatile pid_t worker_pid;   /* the one that a child waits for, or 0 */
static itk_identity worker_identity;
static const server_rec *worker_server;

static apr_pool_t *child_pool;
static itk_mapping *shared;
static int shared_count;
static int listeners[LISTENERS_MAX];
static int listener_count;

/* ---- before a worker ---------------------------------------------------- */

static void *shared_page(void)
{
    void *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE),
                      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                      -1, 0);

    return page == MAP_FAILED ? NULL : page;
}

int itk_worker_prepare(apr_pool_t *pchild)
{
    if ((report = shared_page()) == NULL
        || (becoming = shared_page()) == NULL) {
        return -1;
    }
    child_pool = pchild;
    shared = apr_palloc(pchild, SHARED_MAX * sizeof(*shared));
    shared_count = itk_mappings_list(shared, SHARED_MAX, (void *)report);
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

/* First of all, before it reads a byte: nobody else's connections. */
static void leave_the_child(apr_socket_t *csd)
{
    const server_rec *s = ap_server_conf;
    apr_os_sock_t fd;

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
}

static void become_worker(const server_rec *s)
{
    const itk_identity *who = itk_identity_of(s);
    const char *step = NULL;

    *becoming = s;
    if (itk_mappings_detach(shared, shared_count) != 0) {
        end_unserved(s, "leave the shared memory");
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
    /* what modules clean up with a child is theirs to do in the child */
    if (!itk_in_worker && itk_mappings_detach(shared, shared_count) != 0) {
        _exit(0);
    }
    /* with it go the connection and what is still to be written */
    apr_pool_destroy(child_pool);
    exit(0);
}

/* An answer as User: no handler, no ErrorDocument but text. */
static void answer(request_rec *r, int status) __attribute__((noreturn));

static void answer(request_rec *r, int status)
{
    conn_rec *c = r->connection;

    c->keepalive = AP_CONN_CLOSE;
    r->status = status;
    ap_send_error_response(r, 0);
    ap_update_child_status(c->sbh, SERVER_BUSY_LOG, r);
    ap_run_log_transaction(r);
    itk_worker_finish(c);
}

/* The head is read: a worker from here on, or no answer but an error. */
static void switch_to(request_rec *r)
{
    const itk_server_conf *conf = itk_server_conf_of(r->server);
    const char *refused = itk_identity_refused(itk_identity_of(r->server),
                                               &itk_conf.limits);

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
    ap_update_child_status(r->connection->sbh, SERVER_BUSY_WRITE, r);
    become_worker(r->server);
}

static void serve(apr_socket_t *csd, apr_pool_t *ptrans, ap_sb_handle_t *sbh,
                  apr_bucket_alloc_t *buckets) __attribute__((noreturn));

static void serve(apr_socket_t *csd, apr_pool_t *ptrans, ap_sb_handle_t *sbh,
                  apr_bucket_alloc_t *buckets)
{
    conn_rec *c;

    leave_the_child(csd);
    c = ap_run_create_connection(ptrans, ap_server_conf, csd, itk_child_slot,
                                 sbh, buckets);
    if (c == NULL) {
        _exit(0);
    }
    ap_process_connection(c, csd);
    itk_worker_finish(c);
}

/* ---- in the child that accepted ------------------------------------------ */

static void wait_for_worker(void)
{
    int status;

    /* that pid and no other: what the worker leaves behind is not waited for */
    while (waitpid(worker_pid, &status, 0) < 0) {
        if (errno != EINTR) {
            ap_log_error(APLOG_MARK, APLOG_ERR, errno, ap_server_conf,
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

void itk_worker_run(apr_socket_t *csd, apr_pool_t *ptrans,
                    ap_sb_handle_t *sbh, apr_bucket_alloc_t *buckets)
{
    static const int ending[] = { SIGTERM, SIGHUP, SIGINT };
    sigset_t blocked, before;
    size_t i;
    pid_t pid;

    ap_update_child_status(sbh, SERVER_BUSY_READ, NULL);
    report->requests = report->bytes = 0;
    *becoming = NULL;

    /* a worker must not run a child's handlers, not even for a moment */
    sigemptyset(&blocked);
    for (i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
        sigaddset(&blocked, ending[i]);
    }
    sigprocmask(SIG_BLOCK, &blocked, &before);
    pid = fork();
    if (pid == 0) {
        for (i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
            apr_signal(ending[i], SIG_DFL);
        }
        sigprocmask(SIG_SETMASK, &before, NULL);
        serve(csd, ptrans, sbh, buckets);
    }
    worker_pid = pid > 0 ? pid : 0;
    if (pid < 0) {
        ap_log_error(APLOG_MARK, APLOG_ERR, errno, ap_server_conf,
                     "mpm-itk: could not fork a process for a connection, "
                     "which is closed");
    }
    /* at once, or the client would not see the worker close it */
    apr_socket_close(csd);
    sigprocmask(SIG_SETMASK, &before, NULL);

    if (pid < 0) {
        apr_sleep(APR_USEC_PER_SEC / 10);   /* there may be room by then */
        return;
    }
    wait_for_worker();
    count_work();
    itk_slots_give_back(itk_child_slot);
}

void itk_worker_abandon(void)
{
    const server_rec *s = ap_server_conf;
    const char *step;
    pid_t pid = worker_pid;

    if (pid <= 0) {
        return;
    }
    worker_pid = 0;
    /* one that is User still, or again, as the host's user */
    if (kill(pid, SIGKILL) == 0 || errno == ESRCH) {
        _exit(0);
    }
    /* A child may not signal another user's process.  It is about to exit:
     * so it becomes that user first, for good, as any worker does.
     */
    while (s && s != *becoming) {
        s = s->next;
    }
    if (s && itk_become_worker(&itk_default_identity, itk_identity_of(s),
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
 * another protocol: those would do all of their work as User. That a
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
        switch_to(r);
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
