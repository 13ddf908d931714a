/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The switch experiment: prefork's children stay root between requests, become
 * the host's user for a request with root as the saved ids, and go back after
 * it.  As fast as prefork, and as safe as handing out root: setuid(0) in any
 * script that runs inside of the server is the way back too.  It is here to see
 * that the attacks on the other models are real; docs/lab.md.
 *
 * Nothing of httpd is changed for it.  unixd_setup_child() gives prefork's
 * children the ids in unixd_config, and those are 0 when this module has read
 * them.
 */

#define CORE_PRIVATE

#include "apr_strings.h"
#include "ap_config.h"
#include "httpd.h"
#include "http_config.h"
#include "http_connection.h"
#include "http_log.h"
#include "http_main.h"
#include "http_protocol.h"
#include "ap_mpm.h"
#include "mpm_common.h"
#include "unixd.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#define MOST_GROUPS 64

module AP_MODULE_DECLARE_DATA itk_switch_module;

typedef struct {
    uid_t uid;
    gid_t gid;
    gid_t groups[MOST_GROUPS];
    int ngroups;
} identity;

typedef struct {
    identity *who;              /* NULL: User and Group */
} server_conf;

static identity default_identity;

static void find_groups(identity *who)
{
    struct passwd *account = getpwuid(who->uid);

    who->ngroups = MOST_GROUPS;
    if (account == NULL
        || getgrouplist(account->pw_name, who->gid, who->groups,
                        &who->ngroups) < 0) {
        who->groups[0] = who->gid;
        who->ngroups = 1;
    }
}

static void *create_server_conf(apr_pool_t *p, server_rec *s)
{
    return apr_pcalloc(p, sizeof(server_conf));
}

static void *merge_server_conf(apr_pool_t *p, void *base, void *added)
{
    server_conf *conf = apr_palloc(p, sizeof(*conf));
    server_conf *main_conf = base, *vhost = added;

    conf->who = vhost->who ? vhost->who : main_conf->who;
    return conf;
}

static const char *assign_user_id(cmd_parms *cmd, void *unused,
                                  const char *user, const char *group)
{
    server_conf *conf = ap_get_module_config(cmd->server->module_config,
                                             &itk_switch_module);
    identity *who = apr_pcalloc(cmd->pool, sizeof(*who));

    who->uid = ap_uname2id(user);
    who->gid = ap_gname2id(group);
    if (who->uid == 0 || who->gid == 0) {
        return apr_pstrcat(cmd->pool, "AssignUserID ", user, " ", group,
                           ": nobody is served as root", NULL);
    }
    find_groups(who);
    conf->who = who;
    return NULL;
}

static int post_config(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *s)
{
    int threaded = AP_MPMQ_NOT_SUPPORTED;

    ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded);
    if (threaded != AP_MPMQ_NOT_SUPPORTED || geteuid() != 0) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                     "mod_itk_switch: needs root, and processes that serve "
                     "one request at a time");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    default_identity.uid = unixd_config.user_id;
    default_identity.gid = unixd_config.group_id;
    find_groups(&default_identity);
    unixd_config.user_id = 0;
    unixd_config.group_id = 0;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                 "mod_itk_switch: an experiment: whoever may put a script on "
                 "this server is root on this machine");
    return OK;
}

static void end_child(request_rec *r, const char *what)
{
    ap_log_rerror(APLOG_MARK, APLOG_CRIT, errno, r,
                  "mod_itk_switch: could not %s", what);
    ap_flush_conn(r->connection);
    _exit(1);
}

static int become_user(request_rec *r)
{
    server_conf *conf = ap_get_module_config(r->server->module_config,
                                             &itk_switch_module);
    const identity *who = conf->who ? conf->who : &default_identity;

    if (r->prev || r->main) {
        return DECLINED;        /* of a request that has its user already */
    }
    if (setgroups(who->ngroups, who->groups) != 0
        || setresgid(who->gid, who->gid, 0) != 0
        || setresuid(who->uid, who->uid, 0) != 0) {
        end_child(r, "become the host's user");
    }
    return DECLINED;
}

/* After the last module has logged. */
static int become_root(request_rec *r)
{
    uid_t uid = geteuid();

    if (setresuid(0, 0, 0) != 0 || setresgid(0, 0, 0) != 0) {
        end_child(r, "go back to root");
    }
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "mod_itk_switch: root again after uid %lu",
                  (unsigned long)uid);
    return DECLINED;
}

static const command_rec directives[] = {
    AP_INIT_TAKE2("AssignUserID", assign_user_id, NULL, RSRC_CONF,
                  "User and group, names or #numbers, that serve this host"),
    { NULL }
};

static void register_hooks(apr_pool_t *p)
{
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_post_read_request(become_user, NULL, NULL,
                              APR_HOOK_REALLY_FIRST - 10);
    ap_hook_log_transaction(become_root, NULL, NULL,
                            APR_HOOK_REALLY_LAST + 10);
}

module AP_MODULE_DECLARE_DATA itk_switch_module = {
    STANDARD20_MODULE_STUFF,
    NULL,
    NULL,
    create_server_conf,
    merge_server_conf,
    directives,
    register_hooks
};
