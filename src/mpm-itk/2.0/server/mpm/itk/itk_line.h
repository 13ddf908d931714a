/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_LINE_H
#define ITK_LINE_H

/*
 * httpd 2.0, for the files that both lines have (src/mpm-itk/httpd).  They speak
 * 2.4's API; what it has under another name here, or not at all, is said below,
 * and what differs more is in itk_line.c, itk_route.c and itk_tls.c.
 */

#include "mpm.h"

/* 2.0.48 knows neither states nor the common handler for crashes. */
#ifdef AP_MPMQ_MPM_STATE
#define ITK_HAVE_FATAL_SIGNALS 1
#else
#define AP_MPMQ_STARTING 0
#define AP_MPMQ_RUNNING  1
#define AP_MPMQ_STOPPING 2
#endif

/* The directive that says how many workers there may be. */
#define ITK_MAX_WORKERS "MaxClients"

/* Directives of this line's own. */
#define ITK_LINE_DIRECTIVES UNIX_DAEMON_COMMANDS

#define client_ip                      remote_ip
#define ap_unixd_config                unixd_config
#define ap_get_core_module_config(of)  ap_get_module_config(of, &core_module)
#define ap_runtime_dir_relative        ap_server_root_relative
#define ap_get_scoreboard_worker_from_indexes(child, thread) \
    ap_get_scoreboard_worker(child, thread)
#define ap_get_conn_socket(c) \
    ((apr_socket_t *)ap_get_module_config((c)->conn_config, &core_module))
#define ap_update_child_status_from_conn(sbh, status, c) \
    ap_update_child_status(sbh, status, NULL)

/* No hook before a connection is closed, and none before a child ends. */
#define ap_prep_lingering_close(c)         ((void)(c), 0)
#define ap_run_child_stopping(p, graceful) ((void)(p), (void)(graceful))

extern int itk_mpm_state;
#define itk_generation ap_my_generation

#endif
