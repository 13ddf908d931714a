/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APACHE_MPM_ITK_H
#define APACHE_MPM_ITK_H

/* What the rest of httpd asks of its MPM at compile time. */

#include "httpd.h"
#include "mpm_default.h"
#include "scoreboard.h"
#include "unixd.h"

#define ITK_MPM
#define MPM_NAME "ITK"

/*
 * Not wanted: httpd's ways to find, wait for and kill children, which believe
 * the scoreboard. AcceptMutex and LockFile are taken, and there is no mutex.
 */
#define AP_MPM_WANT_SET_PIDFILE
#define AP_MPM_WANT_SET_SCOREBOARD
#define AP_MPM_WANT_SET_LOCKFILE
#define AP_MPM_WANT_SET_MAX_REQUESTS
#define AP_MPM_WANT_SET_COREDUMPDIR
#define AP_MPM_WANT_SET_ACCEPT_LOCK_MECH
#define AP_MPM_WANT_SIGNAL_SERVER
#define AP_MPM_WANT_SET_MAX_MEM_FREE
#define AP_MPM_WANT_FATAL_SIGNAL_HANDLER

#define MPM_ACCEPT_FUNC unixd_accept

extern int ap_threads_per_child;
extern int ap_max_daemons_limit;
extern server_rec *ap_server_conf;

#endif
