/* SPDX-License-Identifier: Apache-2.0 */

/* What a module of httpd 2.4 hears of children from its MPM, line by line. */

#include "httpd.h"
#include "http_config.h"
#include "http_log.h"
#include "ap_mpm.h"
#include "mpm_common.h"
#include "scoreboard.h"

#include <unistd.h>

module AP_MODULE_DECLARE_DATA hooks_module;

static int monitor(apr_pool_t *p, server_rec *s)
{
    ap_sload_t load;

    ap_get_sload(&load);
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s, "hooks: monitor by %ld: idle "
                 "%d busy %d requests %lu", (long)getpid(), load.idle,
                 load.busy, load.access_count);
    return DECLINED;
}

static void child_status(server_rec *s, pid_t pid, ap_generation_t generation,
                         int slot, mpm_child_status status)
{
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s, "hooks: child %ld generation "
                 "%d slot %d %s", (long)pid, generation, slot,
                 status == MPM_CHILD_STARTED ? "started" : "ended");
}

static void end_generation(server_rec *s, ap_generation_t generation)
{
    ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, s, "hooks: generation %d is over",
                 generation);
}

static void register_hooks(apr_pool_t *p)
{
    ap_hook_monitor(monitor, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_status(child_status, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_end_generation(end_generation, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA hooks_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks
};
