/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a script that runs inside of the server can do, in one handler: it says
 * whose process it is, asks the kernel for root, and says whose it is then.
 * Compiled and loaded by a test (LabTests).
 */

#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"

#include <unistd.h>

static int say_ids(request_rec *r, const char *when)
{
    uid_t real, effective, saved;

    if (getresuid(&real, &effective, &saved) != 0) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    ap_rprintf(r, "%s %s real=%d effective=%d saved=%d\n", r->server->server_hostname,
               when, (int)real, (int)effective, (int)saved);
    return OK;
}

static int handler(request_rec *r)
{
    uid_t real, effective, saved;
    int rv;

    if (strcmp(r->handler, "regain") != 0) {
        return DECLINED;
    }
    getresuid(&real, &effective, &saved);
    rv = say_ids(r, "before");
    ap_rprintf(r, "seteuid(0)=%d setresuid(0,0,0)=%d\n", seteuid(0),
               setresuid(0, 0, 0));
    if (rv == OK) {
        rv = say_ids(r, "after");
    }

    /* and leave no trace, so that the next request begins as the first did */
    (void) !setresuid(real, effective, saved);
    return rv;
}

static void register_hooks(apr_pool_t *p)
{
    (void) p;
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA regain_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks
};
