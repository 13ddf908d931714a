/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What comes before a worker's first connection.  The supervisor notes once
 * what a new process inherits; the new process, root still, leaves behind what
 * is not its pool's, becomes the pool's user, and is a child of httpd's from
 * then on. Any failure ends it: nothing is served by a process that is half of
 * another.
 */

#include "itk_worker.h"

#include "itk_descriptors.h"
#include "itk_guard.h"
#include "itk_mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAPPINGS_MAX    1024
#define DESCRIPTORS_MAX (1 << 22)

itk_self itk_me = { -1, -1, -1, -1, 0 };

static itk_opened *opened;
static int opened_count;
static int *keep, *blank;       /* room for all of opened, and two more */

/* ---- the supervisor ----------------------------------------------------- */

static int cannot(const char *what, int error)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, error, ap_server_conf,
                 "mpm-itk: could not %s", what);
    return -1;
}

/* Connections inherit it (tcp(7)), and no worker has to set it. */
static int set_nodelay(const itk_run *run)
{
    int i, one = 1;

    for (i = 0; i < run->listener_count; i++) {
        if (setsockopt(run->listeners[i], IPPROTO_TCP, TCP_NODELAY, &one,
                       sizeof(one)) != 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * The scoreboard, caches and mutexes of modules: what each process writes
 * there is to stay its own.  The supervisor leaves them behind itself, once;
 * from then on they are the kernel's to copy page by page for whoever writes.
 * An opcode cache of 128 MB copied by every worker would cost each of them 100
 * ms.  Not the status page: that is for dispatchers to write, and a worker
 * leaves it apart.
 */
static int leave_shared_memory(const itk_run *run)
{
    static itk_mapping list[MAPPINGS_MAX];
    const void *page[2];
    int count;

    page[0] = itk_status_readable();
    page[1] = run->status;
    count = itk_mappings_list(list, MAPPINGS_MAX, page, 2);
    return count < 0 ? -1 : itk_mappings_detach(list, count);
}

static int sort_descriptors(apr_pool_t *p, server_rec *s, itk_run *run)
{
    int *fds = NULL, *more;
    int room, count = -1;

    for (room = 4096; room <= DESCRIPTORS_MAX; room *= 4) {
        if ((more = realloc(fds, (size_t)room * sizeof(*fds))) == NULL) {
            break;
        }
        fds = more;
        count = itk_descriptors_list(fds, room);
        if (count >= 0 || errno != E2BIG) {
            break;
        }
    }
    if (count < 0) {
        free(fds);
        return -1;
    }
    opened = apr_palloc(p, ((apr_size_t)count + 1) * sizeof(*opened));
    keep = apr_palloc(p, ((apr_size_t)count + 2) * sizeof(*keep));
    blank = apr_palloc(p, ((apr_size_t)count + 2) * sizeof(*blank));
    opened_count = count;
    itk_logs_sort(p, s, fds, count, opened, run);
    free(fds);
    return 0;
}

int itk_start_prepare(apr_pool_t *pconf, server_rec *s, itk_run *run)
{
    if (set_nodelay(run) != 0) {
        return cannot("set TCP_NODELAY on a listening socket", errno);
    }
    if (itk_status_create(run) != 0) {
        return cannot("make the status page (memfd_create; is /proc there?)",
                      errno);
    }
    if (leave_shared_memory(run) != 0) {
        return cannot("leave shared memory (is /proc there?)", errno);
    }
    if (sort_descriptors(pconf, s, run) != 0) {
        return cannot("find out what is open (is /proc there?)", errno);
    }
    if (itk_secrets_tls_collect(pconf, s, run->pool_count) != 0) {
        return cannot("put apart the private keys of hosts", errno);
    }
    if (itk_secrets_collect(pconf, s, run->pool_count) != 0) {
        return cannot("put apart what hosts keep from each other", errno);
    }
    return 0;
}

/* ---- the new process, root still ---------------------------------------- */

static void end_unserved(const char *step) __attribute__((noreturn));

static void end_unserved(const char *step)
{
    ap_log_error(APLOG_MARK, APLOG_ALERT, errno, ap_server_conf,
                 "mpm-itk: a worker of pool %s could not %s, and has ended "
                 "without serving", itk_this_run.pools[itk_me.pool].name, step);
    _exit(APEXIT_CHILDSICK);
}

/* The loop waits in recvmsg, and must not miss it in the moment before. */
static void on_term(int sig)
{
    int error = errno;

    (void) sig;
    itk_me.stop = 1;
    (void) shutdown(itk_me.channel, SHUT_RD);
    errno = error;
}

static void on_nothing(int sig)
{
    (void) sig;                 /* no SIG_IGN: scripts would inherit that */
}

static int take_signals(void)
{
    struct sigaction action;
    sigset_t none;

    memset(&action, 0, sizeof(action));
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_term;
    if (sigaction(SIGTERM, &action, NULL) != 0
        || sigaction(SIGINT, &action, NULL) != 0) {
        return -1;
    }
    action.sa_handler = on_nothing;
    action.sa_flags = SA_RESTART;
    if (sigaction(SIGHUP, &action, NULL) != 0
        || sigaction(SIGUSR1, &action, NULL) != 0) {
        return -1;
    }
    action.sa_flags = 0;
    action.sa_handler = SIG_DFL;
    if (sigaction(SIGCHLD, &action, NULL) != 0) {
        return -1;
    }
    action.sa_handler = SIG_IGN;
    sigemptyset(&none);
    return sigaction(SIGPIPE, &action, NULL) != 0
        || sigprocmask(SIG_SETMASK, &none, NULL) != 0 ? -1 : 0;
}

/* Standard error is a log as well; a script of this pool may write to it. */
static int lead_to_logger(int fd, int pipe)
{
    return dup3(pipe, fd, fd == STDERR_FILENO ? 0 : O_CLOEXEC) == fd ? 0 : -1;
}

/*
 * A module that locks a file does it in all processes by one descriptor.
 * Closed or read-only it would fail; shared, one tenant could keep it locked
 * for ever.
 */
static int empty_file(int fd)
{
    int own = memfd_create("itk-lock", MFD_CLOEXEC);

    if (own < 0 || dup3(own, fd, O_CLOEXEC) != fd) {
        return -1;
    }
    return close(own);
}

static int leave_descriptors(const struct itk_worker_start *start)
{
    int i, kept = 0, blanked = 0;

    keep[kept++] = start->channel;
    keep[kept++] = start->report;
    for (i = 0; i < opened_count; i++) {
        const itk_opened *o = &opened[i];

        if (o->fd == start->channel || o->fd == start->report
            || (itk_one_process && o->fd <= STDERR_FILENO)) {
            continue;
        }
        if (o->fd == STDIN_FILENO || o->fd == STDOUT_FILENO) {
            blank[blanked++] = o->fd;
        }
        else if (o->owner == start->pool
                 || ((o->owner >= 0 || o->owner == ITK_OPENED_SHARED)
                     && !ITK_GUARD("logs"))) {
            keep[kept++] = o->fd;
        }
        else if (o->owner == ITK_OPENED_LOCK && o->fd > STDERR_FILENO) {
            if (empty_file(o->fd) != 0) {
                return -1;
            }
            keep[kept++] = o->fd;
        }
        else if (o->owner == ITK_OPENED_SHARED) {
            if (lead_to_logger(o->fd, start->log_pipes[o->shared]) != 0) {
                return -1;
            }
            keep[kept++] = o->fd;
        }
        else {
            blank[blanked++] = o->fd;
        }
    }
    return itk_descriptors_sweep(keep, kept, blank, blanked);
}

static void become(const struct itk_worker_start *start)
{
    const itk_pool *pool = &itk_this_run.pools[start->pool];
    const char *step = "take signals";

    if (take_signals() != 0) {
        end_unserved(step);
    }
    /* its own part comes from a descriptor, that goes with the others */
    if (itk_secrets_leave(start->pool) != 0) {
        end_unserved("have what its own hosts said, and no others");
    }
    if (itk_secrets_tls_leave(start->pool) != 0) {
        end_unserved("have its own hosts' private keys, and no others");
    }
    if (leave_descriptors(start) != 0) {
        end_unserved("close what is not its own");
    }
    if (itk_status_leave() != 0) {
        end_unserved("leave the status page that can be written");
    }
    if (itk_become_worker(&pool->who, &itk_this_run.ids, pool->nice_value,
                          itk_conf.no_new_privileges, &step) != 0) {
        end_unserved(step);
    }
}

/* ---- what the pool's user is left with, seen from inside ---------------- */

#if defined(ITK_LAB) || defined(ITK_DEBUG)
static void look_around(const struct itk_worker_start *start)
{
    static itk_mapping list[MAPPINGS_MAX];
    static int fds[4096];
    const void *page;
    int i, count;

    if (getenv("ITK_LAB_WITHOUT") != NULL) {
        return;                 /* one of them is meant to be missing */
    }
    errno = 0;
    page = itk_status_readable();
    if (itk_mappings_list(list, MAPPINGS_MAX, &page, 1) != 0) {
        end_unserved("be alone in its memory");
    }
    count = itk_descriptors_list(fds, (int)(sizeof(fds) / sizeof(fds[0])));
    for (i = 0; i < count; i++) {
        itk_descriptor_kind kind = itk_descriptor_kind_of(fds[i]);

        if (kind == ITK_DESCRIPTOR_LISTENER
            || (kind == ITK_DESCRIPTOR_SOCKET && fds[i] != start->channel)
            || (kind == ITK_DESCRIPTOR_TERMINAL && !itk_one_process)) {
            end_unserved("be without descriptors of others");
        }
    }
    if (count < 0) {
        end_unserved("look around");
    }
}
#else
#define look_around(start) ((void)(start))
#endif

/* ---- a child of httpd's ------------------------------------------------- */

static apr_pool_t *become_child(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *pchild;

#ifdef ITK_HAVE_FATAL_SIGNALS
    ap_fatal_signal_child_setup(ap_server_conf);
#endif
    apr_allocator_create(&allocator);
    apr_allocator_max_free_set(allocator, ap_max_mem_free);
    apr_pool_create_ex(&pchild, itk_pconf, NULL, allocator);
    apr_allocator_owner_set(allocator, pchild);
    apr_pool_tag(pchild, "pchild");

    ap_reopen_scoreboard(pchild, NULL, 0);
    ap_run_child_init(pchild, ap_server_conf);
    itk_mpm_state = AP_MPMQ_RUNNING;
    return pchild;
}

void itk_worker_main(void *adapter, const struct itk_worker_start *start)
{
    apr_pool_t *pchild;

    (void) adapter;
    itk_me.pool = start->pool;
    itk_me.slot = start->slot;
    itk_me.channel = start->channel;
    itk_me.report = start->report;
    become(start);
    look_around(start);

    pchild = become_child();
    itk_worker_loop(start, pchild);
    itk_mpm_state = AP_MPMQ_STOPPING;
    apr_pool_destroy(pchild);   /* buffered logs are written */
    exit(0);
}
