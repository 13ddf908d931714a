/* SPDX-License-Identifier: Apache-2.0 */

/* What the core's processes are told of httpd. */

#include "itk.h"
#include "itk_route.h"
#include "itk_worker.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

itk_run itk_this_run;

/* ---- what the roles ask of httpd ---------------------------------------- */

static void log_message(void *adapter, int level, int error, const char *text)
{
    (void) adapter;
    ap_log_error(APLOG_MARK, level | (error ? 0 : APLOG_NOERRNO), error,
                 ap_server_conf, "mpm-itk: %s", text);
}

static void unclaimed(void *adapter, pid_t pid, int status)
{
    (void) adapter;
    itk_line_other_ended(pid, status);
}

static void child(void *adapter, pid_t pid, int slot, int is_there)
{
    (void) adapter;
    itk_line_child(pid, slot, is_there);
}

static void tick(void *adapter)
{
    (void) adapter;
    itk_line_tick();
}

/* Dispatchers and, with index -1, the logger: they serve no host. */
static void dispatcher_start(void *adapter, int index)
{
    const char *cannot = NULL;

    (void) adapter;
    itk_line_forked();
    if (itk_secrets_leave(-1) != 0) {
        cannot = "forget what hosts said";
    }
    else if (index >= 0 && itk_route_prepare(itk_pconf) != 0) {
        cannot = "get memory for its tables";
    }
    if (cannot) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, errno, ap_server_conf,
                     "mpm-itk: a %s could not %s, and has ended",
                     index >= 0 ? "dispatcher" : "logger", cannot);
        _exit(APEXIT_CHILDSICK);
    }
}

static void worker_start(void *adapter, const struct itk_worker_start *start)
    __attribute__((noreturn));

static void worker_start(void *adapter, const struct itk_worker_start *start)
{
    itk_line_forked();
    itk_worker_main(adapter, start);
}

/* ---- listeners ---------------------------------------------------------- */

/* Accepted connections inherit the options that are set here (tcp(7)). */
static int prepare_listener(int fd, const server_rec *s,
                            const ap_listen_rec *lr)
{
    /* Seconds until a connection on which nothing comes is handed out all the
     * same; until then it is in the kernel alone.
     */
    int defer = itk_line_defers(s, lr), on = 1;
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0
        || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, errno, s,
                     "mpm-itk: a listening socket cannot be prepared");
        return -1;
    }
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0
        || setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer,
                      sizeof(defer)) != 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, errno, s,
                     "mpm-itk: a listening socket goes without TCP_NODELAY or "
                     "TCP_DEFER_ACCEPT; connections will be slower");
    }
    return 0;
}

static int collect_listeners(apr_pool_t *p, const server_rec *s)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(int));
    ap_listen_rec *lr;
    apr_os_sock_t fd;

    for (lr = ap_listeners; lr; lr = lr->next) {
        if (!lr->active) {
            continue;
        }
        if (apr_os_sock_get(&fd, lr->sd) != APR_SUCCESS
            || prepare_listener(fd, s, lr) != 0) {
            return -1;
        }
        *(int *)apr_array_push(list) = fd;
    }
    itk_this_run.listeners = (const int *)list->elts;
    itk_this_run.listener_count = list->nelts;
    return list->nelts > 0 ? 0 : -1;
}

/* ---- the run ------------------------------------------------------------ */

static void fill_limits(itk_limits_of_run *limits)
{
    int pools = itk_this_run.pool_count;

    limits->max_workers = itk_conf.max_clients;
    limits->max_workers_per_pool = itk_conf.max_workers_per_pool;
    if (limits->max_workers_per_pool == 0) {
        /* one user's slow clients leave a quarter to all others */
        limits->max_workers_per_pool = pools == 1 ? itk_conf.max_clients
            : itk_conf.max_clients - itk_conf.max_clients / 4;
    }
    if (limits->max_workers_per_pool > limits->max_workers) {
        limits->max_workers_per_pool = limits->max_workers;
    }
    limits->min_spare = itk_conf.min_spare_workers;
    limits->idle_timeout_ms = itk_conf.idle_timeout * 1000;
    limits->queue_depth = itk_conf.queue_depth;
    limits->max_connections = ap_max_requests_per_child > 0
                              ? ap_max_requests_per_child : 0;
    limits->dispatchers = itk_conf.dispatchers;
    limits->slots = itk_conf.server_limit;
}

int itk_roles_fill(apr_pool_t *p, server_rec *s)
{
    itk_run *run = &itk_this_run;

    if (collect_listeners(p, s) != 0) {
        return -1;
    }
    itk_tls_settle(s);
    fill_limits(&run->limits);
    run->ids = itk_conf.ids;
    run->model = itk_conf.model;
    run->runtime_dir = itk_runtime_folder(p);
    run->adapter = NULL;
    run->route_address = itk_route_address;
    run->route_head = itk_route_head;
    run->dispatcher_start = dispatcher_start;
    run->worker = worker_start;
    run->unclaimed = unclaimed;
    run->child = child;
    run->tick = tick;
    run->log = log_message;
    return itk_start_prepare(p, s, run);
}

