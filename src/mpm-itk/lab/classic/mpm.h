/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APACHE_MPM_CLASSIC_H
#define APACHE_MPM_CLASSIC_H

/* What the rest of httpd asks of its MPM at compile time. */

#include "httpd.h"
#include "mpm_default.h"
#include "scoreboard.h"
#include "unixd.h"

#define CLASSIC_MPM
#define MPM_NAME "Classic"

#define AP_MPM_WANT_RECLAIM_CHILD_PROCESSES
#define AP_MPM_WANT_WAIT_OR_TIMEOUT
#define AP_MPM_WANT_PROCESS_CHILD_STATUS
#define AP_MPM_WANT_SET_PIDFILE
#define AP_MPM_WANT_SET_SCOREBOARD
#define AP_MPM_WANT_SET_LOCKFILE
#define AP_MPM_WANT_SET_MAX_REQUESTS
#define AP_MPM_WANT_SET_COREDUMPDIR
#define AP_MPM_WANT_SET_ACCEPT_LOCK_MECH
#define AP_MPM_WANT_SIGNAL_SERVER
#define AP_MPM_WANT_SET_MAX_MEM_FREE
#define AP_MPM_WANT_FATAL_SIGNAL_HANDLER
#define AP_MPM_DISABLE_NAGLE_ACCEPTED_SOCK

#define AP_MPM_USES_POD 1
#define MPM_ACCEPT_FUNC unixd_accept

/*
 * The parent signals pids from a table of its own, not from the scoreboard,
 * which is shared with its children.
 */
extern pid_t itk_child_pids[MAX_SERVER_LIMIT];
#define MPM_CHILD_PID(i) (itk_child_pids[i])
#define MPM_NOTE_CHILD_KILLED(i) (itk_child_pids[i] = 0)

extern int ap_threads_per_child;
extern int ap_max_daemons_limit;
extern server_rec *ap_server_conf;

#endif
