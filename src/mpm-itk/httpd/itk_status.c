/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The status page: one place a worker, written by dispatchers.  A worker has it
 * by a descriptor that was opened for reading, so that mprotect cannot make it
 * writable (mmap(2): MAP_SHARED and EACCES), and without the mapping that can.
 * There are counts and states on it, and no client, host or URI.
 *
 * Every process has a scoreboard of its own (SB_NOT_SHARED).  Before mod_status
 * prints it, the page is copied to it.
 */

#include "itk_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010      /* Linux 5.1 */
#endif

static void *writable;
static const void *readable;
static size_t length;
static int slots;

static void forget(void)
{
    if (writable) {
        munmap(writable, length);
    }
    if (readable) {
        munmap((void *)readable, length);
    }
    writable = NULL;
    readable = NULL;
}

/* A kernel that knows no seal against writing has the read-only descriptor. */
static int seal(int fd)
{
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
        return -1;
    }
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) != 0 && errno != EINVAL) {
        return -1;
    }
    return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL);
}

static int map_both(int fd)
{
    char path[64];
    void *page;
    int again;

    page = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) {
        return -1;
    }
    writable = page;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (seal(fd) != 0 || (again = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
        return -1;
    }
    page = mmap(NULL, length, PROT_READ, MAP_SHARED, again, 0);
    close(again);
    if (page == MAP_FAILED) {
        return -1;
    }
    readable = page;
    return 0;
}

int itk_status_create(itk_run *run)
{
    int fd, failed;

    forget();                   /* that of the configuration before */
    slots = run->limits.slots;
    length = (size_t)slots * sizeof(itk_status)
        + (size_t)run->limits.dispatchers * sizeof(itk_status_waiting);
    fd = memfd_create("itk-status", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return -1;
    }
    failed = ftruncate(fd, (off_t)length) != 0 || map_both(fd) != 0;
    close(fd);
    if (failed) {
        forget();
        return -1;
    }
    run->status = writable;
    run->waiting = (itk_status_waiting *)(run->status + slots);
    return 0;
}

const void *itk_status_readable(void)
{
    return readable;
}

int itk_status_leave(void)
{
    if (ITK_GUARD("status-readonly")) {
        if (munmap(writable, length) != 0) {
            return -1;
        }
        itk_this_run.status = NULL;
        itk_this_run.waiting = NULL;
        writable = NULL;
    }
    return 0;
}

/* ---- mod_status --------------------------------------------------------- */

static unsigned char letter(uint32_t state)
{
    switch (state) {
    case ITK_STATUS_STARTING:
        return SERVER_STARTING;
    case ITK_STATUS_READY:
        return SERVER_READY;
    case ITK_STATUS_BUSY:
        return SERVER_BUSY_WRITE;
    case ITK_STATUS_ENDING:
        return SERVER_GRACEFUL;
    default:
        return SERVER_DEAD;
    }
}

static void show(int slot, const itk_status *s)
{
    worker_score *ws = ap_get_scoreboard_worker_from_indexes(slot, 0);
    process_score *ps = ap_get_scoreboard_process(slot);
    /* read once: a dispatcher may write another one behind the test */
    uint32_t pool = *(const volatile uint32_t *)&s->pool;

    memset(ps, 0, sizeof(*ps));
    memset(ws, 0, sizeof(*ws));
    if (pool == 0 || pool > (uint32_t)itk_this_run.pool_count) {
        return;
    }
    /* mod_status counts only who has a pid; whose it is is not on the page */
    ps->pid = slot + 1;
    ps->generation = itk_generation;
    ws->status = letter(s->state);
    ws->access_count = ws->my_access_count = s->requests;
    ws->conn_count = (unsigned short)s->connections;
    ws->bytes_served = ws->my_bytes_served = (apr_off_t)s->kilobytes << 10;
    ws->last_used = apr_time_from_sec((apr_time_t)s->since);
    ws->start_time = ws->stop_time = ws->last_used;
    apr_cpystrn(ws->vhost, itk_this_run.pools[pool - 1].name,
                sizeof(ws->vhost));
}

void itk_status_show(void)
{
    const itk_status *page = readable;
    int i;

    for (i = 0; page && i < slots
                && i < ap_scoreboard_image->global->server_limit; i++) {
        if (i != itk_me.slot) {
            show(i, &page[i]);
        }
    }
}

int itk_status_handler(request_rec *r)
{

    if (itk_me.pool < 0 || r->handler == NULL || readable == NULL
        || !ap_exists_scoreboard_image()
        || (strcmp(r->handler, "server-status") != 0
            && strcmp(r->handler, "application/x-httpd-status") != 0)) {
        return DECLINED;
    }
    itk_status_show();
    ap_get_scoreboard_process(itk_me.slot)->pid = getpid();
    ap_get_scoreboard_process(itk_me.slot)->generation = itk_generation;
    return DECLINED;
}
