/* SPDX-License-Identifier: Apache-2.0 */

/* AssignUserID: in the server, in a vhost, in a <Location>. */

#include "itk.h"

#include "apr_fnmatch.h"
#include <stdlib.h>

/* Every AssignUserID so far: a range may come after it. */
static apr_array_header_t *assignments;

/* ---- looked up once ----------------------------------------------------- */

/*
 * A name service can take its time, and a start reads the configuration twice:
 * the first reading's answers serve the second.
 */
typedef struct {
    itk_identity who;
    itk_account account;
} known_user;

static apr_pool_t *known_pool;
static apr_hash_t *known;       /* "user group" -> known_user */

void itk_assign_reset(apr_pool_t *pconf)
{
    static int readings = 0;

    assignments = apr_array_make(pconf, 16, sizeof(itk_assignment *));
    if (++readings == 2) {
        return;
    }
    if (known_pool) {
        apr_pool_destroy(known_pool);
    }
    apr_pool_create(&known_pool, NULL);
    known = apr_hash_make(known_pool);
}

const char *itk_identity_for_pool(apr_pool_t *p, const char *user,
                                  const char *group, itk_identity *out,
                                  itk_account *account)
{
    const char *key = apr_pstrcat(p, user, " ", group, NULL), *err;
    known_user *entry = apr_hash_get(known, key, APR_HASH_KEY_STRING);
    gid_t *groups;

    if (entry == NULL) {
        entry = apr_palloc(known_pool, sizeof(*entry));
        err = itk_identity_look_up(user, group, &entry->who, &entry->account);
        if (err) {
            return err;
        }
        groups = entry->who.groups;
        entry->who.groups = apr_pmemdup(known_pool, groups,
            (apr_size_t)entry->who.ngroups * sizeof(*groups));
        free(groups);
        apr_hash_set(known, apr_pstrdup(known_pool, key), APR_HASH_KEY_STRING,
                     entry);
    }
    *out = entry->who;
    out->groups = apr_pmemdup(p, entry->who.groups,
                              (apr_size_t)out->ngroups * sizeof(gid_t));
    *account = entry->account;
    return NULL;
}

/* ---- per server and per location ---------------------------------------- */

void *itk_server_conf_create(apr_pool_t *p, server_rec *s)
{
    itk_server_conf *conf = apr_pcalloc(p, sizeof(*conf));

    (void) s;
    conf->nice_value = ITK_NICE_KEEP;
    return conf;
}

/* httpd merges after itk_pools_make has looked at both. */
void *itk_server_conf_merge(apr_pool_t *p, void *base, void *added)
{
    const itk_server_conf *main_conf = base, *vhost = added;
    itk_server_conf *conf = apr_pmemdup(p, vhost, sizeof(*conf));

    if (conf->assignment == NULL) {
        conf->assignment = main_conf->assignment;
    }
    if (conf->nice_value == ITK_NICE_KEEP) {
        conf->nice_value = main_conf->nice_value;
    }
    if (conf->max_clients == 0) {
        conf->max_clients = main_conf->max_clients;
    }
    return conf;
}

itk_server_conf *itk_server_conf_of(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &mpm_itk_module);
}

void *itk_dir_conf_create(apr_pool_t *p, char *path)
{
    (void) path;
    return apr_pcalloc(p, sizeof(itk_dir_conf));
}

void *itk_dir_conf_merge(apr_pool_t *p, void *base, void *added)
{
    const itk_dir_conf *conf = added;

    (void) p;
    return conf->assignment ? added : base;
}

/* ---- AssignUserID ------------------------------------------------------- */

/* Outside of any <Directory>, <Location>, <Files>, <Limit> or .htaccess. */
int itk_is_server_wide(cmd_parms *cmd)
{
    return cmd->path == NULL
        && ap_check_cmd_context(cmd, NOT_IN_DIR_LOC_FILE
                                     | NOT_IN_LIMIT) == NULL;
}

static int is_container(const ap_directive_t *node, const char *name)
{
    return node && strcasecmp(node->directive, name) == 0;
}

/* NULL if the <Location> that cmd is in can be told from a request's head. */
static const char *refused_place(cmd_parms *cmd)
{
    const ap_directive_t *section = cmd->directive->parent;
    const char *path = cmd->path, *args;

    if (ap_check_cmd_context(cmd, NOT_IN_LIMIT) != NULL) {
        return "not inside of <Limit>: who serves a host does not depend on "
               "the method";
    }
    if (is_container(section, "<LocationMatch")) {
        return "not inside of <LocationMatch>: who serves a request is decided "
               "before it is passed on, by comparing prefixes, not patterns; "
               "use <Location /prefix>";
    }
    if (!is_container(section, "<Location")) {
        return "only in the server, a <VirtualHost>, or a <Location /prefix>: "
               "who serves a request is decided by its head, before any file "
               "is looked for";
    }
    if (section->parent && !is_container(section->parent, "<VirtualHost")) {
        return apr_psprintf(cmd->pool, "the <Location> may only be in the "
                            "server or in a <VirtualHost>, not in %s>",
                            section->parent->directive);
    }
    args = section->args;
    if (strcmp(ap_getword_conf(cmd->temp_pool, &args), "~") == 0
        || path == NULL || apr_fnmatch_test(path)) {
        return "not inside of a <Location> with a wildcard or a regular "
               "expression: who serves a request is decided before it is "
               "passed on, by comparing prefixes, not patterns";
    }
    if (path[0] != '/') {
        return "the prefix of the <Location> has to begin with a slash";
    }
    if (strstr(path, "//") || strstr(path, "/./") || strstr(path, "/../")) {
        return "the prefix of the <Location> never matches: httpd removes "
               "\"//\", \"/./\" and \"/../\" from a path before it compares";
    }
    return NULL;
}

const char *itk_assign_user_id(cmd_parms *cmd, void *dir_conf,
                               const char *user, const char *group)
{
    static const itk_limits any = ITK_LIMITS_DEFAULT;
    itk_assignment *assignment = apr_pcalloc(cmd->pool, sizeof(*assignment));
    const char *err = itk_is_server_wide(cmd) ? NULL : refused_place(cmd);

    if (err == NULL) {
        err = itk_identity_for_pool(cmd->pool, user, group, &assignment->who,
                                    &assignment->account);
    }
    if (err == NULL) {
        err = itk_identity_refused(&assignment->who, &any);
    }
    if (err) {
        return apr_psprintf(cmd->pool, "AssignUserID %s %s: %s",
                            user, group, err);
    }
    assignment->directive = cmd->directive;
    *(itk_assignment **)apr_array_push(assignments) = assignment;
    if (itk_is_server_wide(cmd)) {
        itk_server_conf_of(cmd->server)->assignment = assignment;
    }
    else {
        ((itk_dir_conf *)dir_conf)->assignment = assignment;
    }
    return NULL;
}

/* The ranges, which may have come later. */
int itk_assign_check(apr_pool_t *p, itk_fault *fault)
{
    itk_assignment **assigned = (itk_assignment **)assignments->elts;
    const char *why;
    int i;

    for (i = 0; i < assignments->nelts; i++) {
        why = itk_identity_refused(&assigned[i]->who, &itk_conf.ids);
        if (why) {
            fault->directive = assigned[i]->directive;
            fault->why = apr_psprintf(p, "AssignUserID %s: %s",
                                      fault->directive->args, why);
            return -1;
        }
    }
    return 0;
}
