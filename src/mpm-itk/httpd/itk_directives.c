/* SPDX-License-Identifier: Apache-2.0 */

/* The directives: prefork's, and those of this MPM. */

#include "itk.h"


itk_settings itk_conf = { .server_limit = DEFAULT_SERVER_LIMIT };

/* Every vhost's MaxClientsVHost: ItkDispatchers may come after it. */
typedef struct {
    int value;
    const ap_directive_t *directive;
} vhost_limit;

static apr_array_header_t *vhost_limits;

void itk_directives_reset(apr_pool_t *pconf)
{
    static const itk_limits any = ITK_LIMITS_DEFAULT;
    int server_limit = itk_conf.server_limit;
    int first = itk_conf.first_server_limit, changed = itk_conf.limit_changed;

    memset(&itk_conf, 0, sizeof(itk_conf));
    itk_conf.server_limit = server_limit;
    itk_conf.first_server_limit = first;
    itk_conf.limit_changed = changed;
    itk_conf.start_servers = DEFAULT_START_DAEMON;
    itk_conf.min_spare = DEFAULT_MIN_FREE_DAEMON;
    itk_conf.max_spare = DEFAULT_MAX_FREE_DAEMON;
    itk_conf.max_clients = itk_conf.server_limit;
    itk_conf.ids = any;
    itk_conf.model = ITK_MODEL_POOL;
    itk_conf.dispatchers = DEFAULT_ITK_DISPATCHERS;
    itk_conf.min_spare_workers = DEFAULT_ITK_MIN_SPARE;
    itk_conf.idle_timeout = DEFAULT_ITK_IDLE_TIMEOUT;
    itk_conf.queue_depth = DEFAULT_ITK_QUEUE_DEPTH;
    itk_assign_reset(pconf);
    itk_line_reset(pconf);
    vhost_limits = apr_array_make(pconf, 16, sizeof(vhost_limit));
}

/* ---- numbers ------------------------------------------------------------ */

static const char *number(cmd_parms *cmd, const char *text, int lowest,
                          int highest, int *out)
{
    long long value;
    const char *err = itk_number_parse(text, lowest, highest, &value);

    if (err) {
        return apr_psprintf(cmd->pool, "%s %s: %s (it takes %d to %d)",
                            cmd->cmd->name, text, err, lowest, highest);
    }
    *out = (int)value;
    return NULL;
}

static const char *vhost_number(cmd_parms *cmd, const char *text,
                                int lowest, int highest, int *out)
{
    if (!itk_is_server_wide(cmd)) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name, " belongs to the server "
                           "or to a <VirtualHost>, not to a part of one", NULL);
    }
    return number(cmd, text, lowest, highest, out);
}

static const char *max_clients_vhost(cmd_parms *cmd, void *unused,
                                     const char *text)
{
    itk_server_conf *conf = itk_server_conf_of(cmd->server);
    vhost_limit *limit;
    const char *err;
    int value = 0;

    (void) unused;
    /* What older configurations say for "no limit": MaxClients is one. */
    if (strcmp(text, "-1") == 0 && itk_is_server_wide(cmd)) {
        conf->max_clients = ITK_UNLIMITED;
        return NULL;
    }
    err = vhost_number(cmd, text, 1, MAX_SERVER_LIMIT, &value);
    if (err == NULL) {
        conf->max_clients = value;
        limit = apr_array_push(vhost_limits);
        limit->value = value;
        limit->directive = cmd->directive;
    }
    return err;
}

static const char *nice_value(cmd_parms *cmd, void *unused, const char *text)
{
    (void) unused;
    return vhost_number(cmd, text, ITK_NICE_LOWEST, ITK_NICE_HIGHEST,
                        &itk_server_conf_of(cmd->server)->nice_value);
}

/* A number of the whole server; info says which, and its bounds. */
typedef struct {
    apr_size_t offset;          /* in itk_settings */
    int lowest, highest;
    int is_preforks;            /* means something to prefork alone */
} setting;

static const char *global_number(cmd_parms *cmd, void *unused, const char *text)
{
    const setting *what = cmd->info;
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) unused;
    if (err) {
        return err;
    }
    if (what->is_preforks) {
        itk_conf.prefork_only = cmd->cmd->name;
    }
    return number(cmd, text, what->lowest, what->highest,
                  (int *)((char *)&itk_conf + what->offset));
}

static const setting start_servers = {
    APR_OFFSETOF(itk_settings, start_servers), 0, 0x7fffffff, 1
};
static const setting min_spare_servers = {
    APR_OFFSETOF(itk_settings, min_spare), 0, 0x7fffffff, 1
};
static const setting max_spare_servers = {
    APR_OFFSETOF(itk_settings, max_spare), 0, 0x7fffffff, 1
};
static const setting dispatchers = {
    APR_OFFSETOF(itk_settings, dispatchers), 1, MAX_ITK_DISPATCHERS, 0
};
static const setting max_workers_per_pool = {
    APR_OFFSETOF(itk_settings, max_workers_per_pool), 1, MAX_SERVER_LIMIT, 0
};
static const setting min_spare_workers = {
    APR_OFFSETOF(itk_settings, min_spare_workers), 0, MAX_SERVER_LIMIT, 0
};
static const setting idle_timeout = {
    APR_OFFSETOF(itk_settings, idle_timeout), 1, 86400, 0
};
static const setting queue_depth = {
    APR_OFFSETOF(itk_settings, queue_depth), 1, 65535, 0
};

/* ---- others of the whole server ----------------------------------------- */

static const char *limit_range(cmd_parms *cmd, void *unused,
                               const char *min, const char *max)
{
    itk_kind kind = cmd->info ? ITK_GROUP : ITK_USER;
    unsigned int low, high;
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) unused;
    if (err) {
        return err;
    }
    if ((err = itk_range_parse(kind, min, max, &low, &high)) != NULL) {
        return apr_psprintf(cmd->pool, "%s %s %s: %s",
                            cmd->cmd->name, min, max, err);
    }
    if (kind == ITK_USER) {
        itk_conf.ids.uid_min = low;
        itk_conf.ids.uid_max = high;
    }
    else {
        itk_conf.ids.gid_min = low;
        itk_conf.ids.gid_max = high;
    }
    return NULL;
}

static const char *model(cmd_parms *cmd, void *unused, const char *name)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) unused;
    if (err) {
        return err;
    }
    if (strcasecmp(name, "pool") == 0) {
        itk_conf.model = ITK_MODEL_POOL;
    }
    else if (strcasecmp(name, "fork") == 0) {
        itk_conf.model = ITK_MODEL_FORK;
    }
    else {
        return apr_psprintf(cmd->pool, "ItkModel %s: there is pool (workers "
                            "serve their user's next connections) and fork "
                            "(one connection a worker)", name);
    }
    return NULL;
}

static const char *dispatcher_user(cmd_parms *cmd, void *unused,
                                   const char *user, const char *group)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) unused;
    if (err) {
        return err;
    }
    itk_conf.dispatcher_user = user;
    itk_conf.dispatcher_group = group;
    itk_conf.dispatcher_directive = cmd->directive;
    return NULL;
}

static const char *flag(cmd_parms *cmd, void *unused, int on)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) unused;
    if (err == NULL) {
        *(int *)cmd->info = on;
    }
    return err;
}

static void warn(const char *text, int value)
{
    ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_WARNING, 0, NULL,
                 "WARNING: %s %d", text, value);
}

const char *itk_set_max_workers(cmd_parms *cmd, void *unused, const char *text)
{
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) unused;
    if (err == NULL) {
        err = number(cmd, text, 0, 0x7fffffff, &itk_conf.max_clients);
    }
    if (err) {
        return err;
    }
    if (itk_conf.max_clients > itk_conf.server_limit) {
        itk_conf.max_clients = itk_conf.server_limit;
        warn(ITK_MAX_WORKERS " lowered to ServerLimit,",
             itk_conf.max_clients);
    }
    else if (itk_conf.max_clients < 1) {
        itk_conf.max_clients = 1;
        warn(ITK_MAX_WORKERS " raised to", itk_conf.max_clients);
    }
    return NULL;
}

static const char *server_limit(cmd_parms *cmd, void *unused,
                                const char *text)
{
    int wanted = 0;
    const char *err = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    (void) unused;
    if (err == NULL) {
        err = number(cmd, text, 0, 0x7fffffff, &wanted);
    }
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

/* ---- when all has been said --------------------------------------------- */

int itk_directives_check(apr_pool_t *p, itk_fault *fault)
{
    const vhost_limit *limit = (const vhost_limit *)vhost_limits->elts;
    int i;

    for (i = 0; i < vhost_limits->nelts; i++) {
        if (limit[i].value < itk_conf.dispatchers) {
            fault->directive = limit[i].directive;
            fault->why = apr_psprintf(p, "MaxClientsVHost %d is less than "
                                      "ItkDispatchers %d: each dispatcher "
                                      "needs a part of it", limit[i].value,
                                      itk_conf.dispatchers);
            return -1;
        }
    }
    return 0;
}

/*
 * httpd 2.0 has no hook for "all directives have been worked through" that is
 * called with -t as well, and 2.4's (check_config) comes when vhosts have been
 * merged with the main server, and its errors have no line of a file.  A graceful
 * restart with a configuration that -t took and the start refuses ends the
 * server: so the tree gets one more directive.
 */
#define LAST_DIRECTIVE "ItkEndOfConfiguration"

static ap_directive_t *last;

void itk_directives_follow(apr_pool_t *pconf)
{
    ap_directive_t *node;

    last = apr_pcalloc(pconf, sizeof(*last));
    last->directive = LAST_DIRECTIVE;
    last->args = "";
    last->filename = "the configuration";
    if (ap_conftree == NULL) {
        ap_conftree = last;
        return;
    }
    for (node = ap_conftree; node->next; node = node->next) {
    }
    node->next = last;
    last->filename = node->filename;
    last->line_num = node->line_num;
}

static const char *end_of_configuration(cmd_parms *cmd, void *unused)
{
    itk_fault fault = { NULL, NULL };

    (void) unused;
    if (cmd->directive != last) {
        return "this is no directive, but the mark that the configuration "
               "ends here";
    }
    if ((fault.why = itk_line_settle(cmd)) != NULL) {
        return fault.why;
    }
    if (itk_checks_configuration(cmd->pool, cmd->server, &fault) == 0) {
        return NULL;
    }
    if (fault.directive) {
        cmd->err_directive = fault.directive;
    }
    return apr_pstrcat(cmd->pool, "mpm-itk: ", fault.why, NULL);
}

/* ---- the table ---------------------------------------------------------- */

/* ACCESS_CONF: taken in there to be refused with a reason. */
#define ANYWHERE (RSRC_CONF | ACCESS_CONF)
#define NUMBER(name, what, help) \
    AP_INIT_TAKE1(name, global_number, (void *)&what, RSRC_CONF, help)

const command_rec itk_directives[] = {
    ITK_LINE_DIRECTIVES,
    LISTEN_COMMANDS,
    NUMBER("StartServers", start_servers,
           "Taken as prefork's, and of no effect: see ItkMinSpareWorkers"),
    NUMBER("MinSpareServers", min_spare_servers,
           "Taken as prefork's, and of no effect: see ItkMinSpareWorkers"),
    NUMBER("MaxSpareServers", max_spare_servers,
           "Taken as prefork's, and of no effect: see ItkIdleTimeout"),
    AP_INIT_TAKE1("MaxClients", itk_set_max_workers, NULL, RSRC_CONF,
                  "Most workers of all pools, and so requests at a time"),
    AP_INIT_TAKE1("ServerLimit", server_limit, NULL, RSRC_CONF,
                  "Highest value of " ITK_MAX_WORKERS " until the next full "
                  "start"),
    AP_INIT_TAKE2("AssignUserID", itk_assign_user_id, NULL, ANYWHERE,
                  "User and group, names or #numbers, that serve this host"),
    AP_INIT_TAKE1("MaxClientsVHost", max_clients_vhost, NULL, ANYWHERE,
                  "Most connections that this host serves at a time"),
    AP_INIT_TAKE1("NiceValue", nice_value, NULL, ANYWHERE,
                  "Priority of the processes of this host, -20 to 19"),
    AP_INIT_TAKE2("LimitUIDRange", limit_range, NULL, RSRC_CONF,
                  "Lowest and highest user that is ever switched to"),
    AP_INIT_TAKE2("LimitGIDRange", limit_range, (void *)1, RSRC_CONF,
                  "Lowest and highest group that is ever switched to"),
    AP_INIT_TAKE1("ItkModel", model, NULL, RSRC_CONF,
                  "pool: workers are kept; fork: one connection a worker"),
    NUMBER("ItkDispatchers", dispatchers,
           "Number of processes that accept connections and pass them on"),
    AP_INIT_TAKE12("ItkDispatcherUser", dispatcher_user, NULL, RSRC_CONF,
                   "User and group of the dispatchers, and of nobody else"),
    NUMBER("ItkMaxWorkersPerPool", max_workers_per_pool,
           "Most workers of one user"),
    NUMBER("ItkMinSpareWorkers", min_spare_workers,
           "Idle workers that a user has ready while there is work for it"),
    NUMBER("ItkIdleTimeout", idle_timeout,
           "Seconds without work after which a worker ends"),
    NUMBER("ItkQueueDepth", queue_depth,
           "Connections of one user that may wait for a worker"),
    AP_INIT_FLAG("ItkShareUid", flag, &itk_conf.share_uid, RSRC_CONF,
                 "On: one uid may have pools with different groups"),
    AP_INIT_FLAG("ItkNoNewPrivileges", flag, &itk_conf.no_new_privileges,
                 RSRC_CONF,
                 "On: set-user-ID programs have no effect in workers"),
    AP_INIT_NO_ARGS(LAST_DIRECTIVE, end_of_configuration, NULL, RSRC_CONF,
                    "Not for configurations"),
    { NULL }
};
