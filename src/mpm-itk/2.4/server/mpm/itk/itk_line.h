/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_LINE_H
#define ITK_LINE_H

/*
 * httpd 2.4, for the files that both lines have (src/mpm-itk/httpd).  What
 * differs from 2.0 is in itk_line.c, itk_route.c and itk_tls.c.
 */

#include "mpm_common.h"
#include "mpm_default.h"
#include "unixd.h"

#define ITK_HAVE_FATAL_SIGNALS 1
#define ITK_HAVE_IF 1           /* <If> */

/* The directive that says how many workers there may be. */
#define ITK_MAX_WORKERS "MaxRequestWorkers"

/* Directives of this line's own (itk_directives.c, itk_expr.c, itk_line.c). */
#define ITK_LINE_DIRECTIVES \
    AP_GRACEFUL_SHUTDOWN_TIMEOUT_COMMAND, \
    AP_INIT_TAKE1("MaxRequestWorkers", itk_set_max_workers, NULL, RSRC_CONF, \
                  "Most workers of all pools, and so requests at a time"), \
    AP_INIT_RAW_ARGS("AssignUserIDExpr", itk_expr_assign, NULL, \
                     RSRC_CONF | ACCESS_CONF, \
                     "The user, as an expression that is a constant"), \
    AP_INIT_RAW_ARGS("AssignGroupIDExpr", itk_expr_assign, (void *)1, \
                     RSRC_CONF | ACCESS_CONF, \
                     "The group, as an expression that is a constant"), \
    AP_INIT_FLAG("EnableCapabilities", itk_enable_capabilities, NULL, \
                 RSRC_CONF, \
                 "Taken, and of no effect: no process that serves has any")

const char *itk_enable_capabilities(cmd_parms *cmd, void *unused, int on);

/* itk_expr.c */
void itk_expr_reset(apr_pool_t *pconf);
const char *itk_expr_assign(cmd_parms *cmd, void *dir_conf, const char *text);

/* What constants say becomes AssignUserID's.  NULL, or why not; cmd's
 * err_directive is set then. */
const char *itk_expr_settle(cmd_parms *cmd);

/* itk_stop.c: a graceful stop, its signal, what it is once asked for, and what
 * ends it.  itk_stop_softly serves what there is to its end, or for
 * GracefulShutdownTimeout. */
void itk_stop_take_signal(void);
int itk_stop_is_wanted(void);
void itk_stop_softly(itk_run *run);
void itk_stop_tick(void);

/* What httpd keeps for its MPM while modules are loaded anew (itk.c). */
extern ap_unixd_mpm_retained_data *itk_retained;
#define itk_mpm_state  (itk_retained->mpm_state)
#define itk_generation (itk_retained->my_generation)

APLOG_USE_MODULE(mpm_itk);

#endif
