/* SPDX-License-Identifier: Apache-2.0 */

/* The configuration: prefork's directives, and those of this MPM. */

#include "itk.h"

#include <stdlib.h>

itk_settings itk_conf = {
    DEFAULT_START_DAEMON, DEFAULT_MIN_FREE_DAEMON, DEFAULT_MAX_FREE_DAEMON,
    DEFAULT_SERVER_LIMIT, DEFAULT_SERVER_LIMIT, 0, 0, ITK_LIMITS_DEFAULT
};

/* Every AssignUserID so far, for a range that comes after it. */
typedef struct {
    const itk_identity *identity;
    const char *file;
    int line;
} assignment;

static apr_array_header_t *assignments;

void itk_directives_reset(apr_pool_t *pconf)
{
    static const itk_limits any = ITK_LIMITS_DEFAULT;

    itk_conf.start_servers = DEFAULT_START_DAEMON;
    itk_conf.min_spare = DEFAULT_MIN_FREE_DAEMON;
    itk_conf.max_spare = DEFAULT_MAX_FREE_DAEMON;
    itk_conf.max_clients = itk_conf.server_limit;
    itk_conf.limits = any;
    assignments = apr_array_make(pconf, 16, sizeof(assignment));
}

/* ---- per server --------------------------------------------------------- */

void *itk_server_conf_create(apr_pool_t *p, server_rec *s)
{
    itk_server_conf *conf = apr_pcalloc(p, sizeof(*conf));

    (void) s;
    conf->nice_value = ITK_NICE_KEEP;
    return conf;
}

void *itk_server_conf_merge(apr_pool_t *p, void *base, void *added)
{
    const itk_server_conf *main_conf = base, *vhost = added;
    itk_server_conf *conf = apr_palloc(p, sizeof(*conf));

    conf->identity = vhost->identity ? vhost->identity : main_conf->identity;
    conf->nice_value = vhost->nice_value != ITK_NICE_KEEP
                       ? vhost->nice_value : main_conf->nice_value;
    conf->max_clients = vhost->max_clients
                        ? vhost->max_clients : main_conf->max_clients;
    return conf;
}

itk_server_conf *itk_server_conf_of(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &mpm_classic_module);
}

static apr_status_t free_groups(void *groups)
{
    free(groups);
    return APR_SUCCESS;
}

const char *itk_identity_for_pool(apr_pool_t *p, const char *user,
                                  const char *group, itk_identity *out)
{
    const char *err = itk_identity_resolve(user, group, out);

    if (err == NULL) {
        apr_pool_cleanup_register(p, out->groups, free_groups,
                                  apr_pool_cleanup_null);
    }
    return err;
}

/* ---- this MPM's directives ---------------------------------------------- */

/* Outside of any <Directory>, <Location>, <Files>, <Limit> or .htaccess. */
static const char *server_only(cmd_parms *cmd)
{
    if (cmd->path
        || ap_check_cmd_context(cmd, NOT_IN_DIR_LOC_FILE | NOT_IN_LIMIT)) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name, " belongs to the server "
                           "or to a <VirtualHost>: a worker has one identity "
                           "for its whole life, and has it before directories "
                           "and locations are looked at", NULL);
    }
    return NULL;
}

static const char *assign_user_id(cmd_parms *cmd, void *unused,
                                  const char *user, const char *group)
{
    itk_server_conf *conf = itk_server_conf_of(cmd->server);
    itk_identity *who = apr_palloc(cmd->pool, sizeof(*who));
    assignment *entry;
    const char *err;

    (void) unused;
    if ((err = server_only(cmd)) != NULL) {
        return err;
    }
    if ((err = itk_identity_for_pool(cmd->pool, user, group, who)) == NULL) {
        err = itk_identity_refused(who, &itk_conf.limits);
    }
    if (err) {
        return apr_psprintf(cmd->pool, "AssignUserID %s %s: %s",
                            user, group, err);
    }
    entry = apr_array_push(assignments);
    entry->identity = who;
    entry->file = cmd->directive->filename;
    entry->line = cmd->directive->line_num;
    conf->identity = who;
    return NULL;
}

/* The main server's own User and Group are checked at start-up. */
static const char *check_assignments(cmd_parms *cmd)
{
    const assignment *entry = (const assignment *)assignments->elts;
    const char *err;
    int i;

    for (i = 0; i < assignments->nelts; i++) {
        err = itk_identity_refused(entry[i].identity, &itk_conf.limits);
        if (err) {
            return apr_psprintf(cmd->pool,
                                "%s shuts out the AssignUserID in line %d "
                                "of %s: %s", cmd->cmd->name,
                                entry[i].line, entry[i].file, err);
        }
    }
    return NULL;
}

static const char *limit_range(cmd_parms *cmd, void *kind_is_group,
                               const char *min, const char *max)
{
    itk_kind kind = cmd->info ? ITK_GROUP : ITK_USER;
    unsigned int low, high;
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) kind_is_group;
    if (err) {
        return err;
    }
    if ((err = itk_range_parse(kind, min, max, &low, &high)) != NULL) {
        return apr_psprintf(cmd->pool, "%s %s %s: %s",
                            cmd->cmd->name, min, max, err);
    }
    if (kind == ITK_USER) {
        itk_conf.limits.uid_min = low;
        itk_conf.limits.uid_max = high;
    }
    else {
        itk_conf.limits.gid_min = low;
        itk_conf.limits.gid_max = high;
    }
    return check_assignments(cmd);
}

static const char *vhost_number(cmd_parms *cmd, const char *text,
                                int lowest, int highest, int *out)
{
    const char *err = server_only(cmd);
    long long value;

    if (err) {
        return err;
    }
    if ((err = itk_number_parse(text, lowest, highest, &value)) != NULL) {
        return apr_psprintf(cmd->pool, "%s %s: %s (it takes %d to %d)",
                            cmd->cmd->name, text, err, lowest, highest);
    }
    *out = (int)value;
    return NULL;
}

static const char *max_clients_vhost(cmd_parms *cmd, void *unused,
                                     const char *text)
{
    (void) unused;
    /* What older configurations say for "no limit": MaxClients is one. */
    if (strcmp(text, "-1") == 0) {
        text = apr_itoa(cmd->temp_pool, MAX_SERVER_LIMIT);
    }
    return vhost_number(cmd, text, 1, MAX_SERVER_LIMIT,
                        &itk_server_conf_of(cmd->server)->max_clients);
}

static const char *nice_value(cmd_parms *cmd, void *unused, const char *text)
{
    (void) unused;
    return vhost_number(cmd, text, ITK_NICE_LOWEST, ITK_NICE_HIGHEST,
                        &itk_server_conf_of(cmd->server)->nice_value);
}

/* ---- prefork's directives ----------------------------------------------- */

static void warn(const char *text, int value)
{
    ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, NULL,
                 "WARNING: %s %d", text, value);
}

static const char *global_number(cmd_parms *cmd, const char *text, int *out)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    long long value;

    if (err) {
        return err;
    }
    err = itk_number_parse(text, 0, 0x7fffffff, &value);
    if (err) {
        return apr_psprintf(cmd->pool, "%s %s: %s",
                            cmd->cmd->name, text, err);
    }
    *out = (int)value;
    return NULL;
}

static const char *start_servers(cmd_parms *cmd, void *unused,
                                 const char *text)
{
    (void) unused;
    return global_number(cmd, text, &itk_conf.start_servers);
}

static const char *min_spare_servers(cmd_parms *cmd, void *unused,
                                     const char *text)
{
    const char *err = global_number(cmd, text, &itk_conf.min_spare);

    (void) unused;
    if (err == NULL && itk_conf.min_spare < 1) {
        itk_conf.min_spare = 1;
        warn("MinSpareServers raised to", itk_conf.min_spare);
    }
    return err;
}

static const char *max_spare_servers(cmd_parms *cmd, void *unused,
                                     const char *text)
{
    (void) unused;
    return global_number(cmd, text, &itk_conf.max_spare);
}

static const char *max_clients(cmd_parms *cmd, void *unused, const char *text)
{
    const char *err = global_number(cmd, text, &itk_conf.max_clients);

    (void) unused;
    if (err) {
        return err;
    }
    if (itk_conf.max_clients > itk_conf.server_limit) {
        itk_conf.max_clients = itk_conf.server_limit;
        warn("MaxClients lowered to ServerLimit,", itk_conf.max_clients);
    }
    else if (itk_conf.max_clients < 1) {
        itk_conf.max_clients = 1;
        warn("MaxClients raised to", itk_conf.max_clients);
    }
    return NULL;
}

static const char *server_limit(cmd_parms *cmd, void *unused,
                                const char *text)
{
    int wanted = 0;
    const char *err = global_number(cmd, text, &wanted);

    (void) unused;
    if (err) {
        return err;
    }
    /* the scoreboard has its size from the first start */
    if (itk_conf.first_server_limit && wanted != itk_conf.server_limit) {
        itk_conf.limit_changed = 1;
        return NULL;
    }
    if (wanted > MAX_SERVER_LIMIT) {
        wanted = MAX_SERVER_LIMIT;
        warn("ServerLimit lowered to", wanted);
    }
    else if (wanted < 1) {
        wanted = 1;
        warn("ServerLimit raised to", wanted);
    }
    itk_conf.server_limit = wanted;
    return NULL;
}

/* ACCESS_CONF: taken in there to be refused with a reason. */
#define ANYWHERE (RSRC_CONF | ACCESS_CONF)

const command_rec itk_directives[] = {
    UNIX_DAEMON_COMMANDS,
    LISTEN_COMMANDS,
    AP_INIT_TAKE1("StartServers", start_servers, NULL, RSRC_CONF,
                  "Number of children at the start"),
    AP_INIT_TAKE1("MinSpareServers", min_spare_servers, NULL, RSRC_CONF,
                  "Fewest children that wait for a connection"),
    AP_INIT_TAKE1("MaxSpareServers", max_spare_servers, NULL, RSRC_CONF,
                  "Most children that wait for a connection"),
    AP_INIT_TAKE1("MaxClients", max_clients, NULL, RSRC_CONF,
                  "Most children, and so most connections, at a time"),
    AP_INIT_TAKE1("ServerLimit", server_limit, NULL, RSRC_CONF,
                  "Highest value of MaxClients until the next full start"),
    AP_INIT_TAKE2("AssignUserID", assign_user_id, NULL, ANYWHERE,
                  "User and group, names or #numbers, that serve this host"),
    AP_INIT_TAKE1("MaxClientsVHost", max_clients_vhost, NULL, ANYWHERE,
                  "Most connections that this host serves at a time"),
    AP_INIT_TAKE1("NiceValue", nice_value, NULL, ANYWHERE,
                  "Priority of the processes of this host, -20 to 19"),
    AP_INIT_TAKE2("LimitUIDRange", limit_range, NULL, RSRC_CONF,
                  "Lowest and highest user that is ever switched to"),
    AP_INIT_TAKE2("LimitGIDRange", limit_range, (void *)1, RSRC_CONF,
                  "Lowest and highest group that is ever switched to"),
    { NULL }
};
