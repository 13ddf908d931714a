/* SPDX-License-Identifier: Apache-2.0 */

/*
 * AssignUserIDExpr and AssignGroupIDExpr, which mpm-itk for 2.4 evaluates for
 * each request, as root.  Here the users are those of the configuration: a pool
 * is made, and checked, when it is read, and a name that a request makes up has
 * none.  So what does not depend on a request is taken, and anything else is
 * refused with a reason.
 *
 * One alone leaves the other as AssignUserID has it, in the vhost or else in
 * the main server, or as User and Group.
 */

#include "itk.h"

#include "ap_expr.h"

typedef struct {
    server_rec *server;
    int is_group;
    const char *name;
    const ap_directive_t *directive;
} constant;

static apr_array_header_t *constants;

void itk_expr_reset(apr_pool_t *pconf)
{
    constants = apr_array_make(pconf, 4, sizeof(constant));
}

/* A string expression that has no variable, function or match in it is what
 * stands there. */
static int is_constant(const char *text)
{
    return strpbrk(text, "%$\\") == NULL;
}

const char *itk_expr_assign(cmd_parms *cmd, void *dir_conf, const char *args)
{
    const char *name = cmd->cmd->name, *err = NULL, *text;
    constant *c;

    (void) dir_conf;
    text = ap_getword_conf(cmd->pool, &args);
    if (*text == '\0' || *args != '\0') {
        return apr_pstrcat(cmd->pool, name, " takes one argument, an "
                           "expression in quotes", NULL);
    }
    (void) ap_expr_parse_cmd(cmd, text, AP_EXPR_FLAG_STRING_RESULT, &err,
                             NULL);
    if (err) {
        return apr_psprintf(cmd->pool, "%s %s: %s", name, text, err);
    }
    if (!is_constant(text)) {
        return apr_psprintf(cmd->pool, "%s %s: the expression depends on the "
                            "request. Users are served by processes of their "
                            "own, which are known from the configuration; "
                            "write a <VirtualHost> or <Location> with "
                            "AssignUserID for each (mod_macro helps)", name,
                            text);
    }
    if (!itk_is_server_wide(cmd)) {
        return apr_pstrcat(cmd->pool, name, " belongs to the server or to a "
                           "<VirtualHost>, not to a part of one; use "
                           "AssignUserID there", NULL);
    }
    c = apr_array_push(constants);
    c->server = cmd->server;
    c->is_group = cmd->info != NULL;
    c->name = text;
    c->directive = cmd->directive;
    return NULL;
}

/* ---- when all has been said ---------------------------------------------- */

/* The last one of this server. */
static const constant *said(const server_rec *s, int is_group)
{
    const constant *c = (const constant *)constants->elts;
    int i;

    for (i = constants->nelts - 1; i >= 0; i--) {
        if (c[i].server == s && c[i].is_group == is_group) {
            return &c[i];
        }
    }
    return NULL;
}

static const itk_assignment *assigned(const server_rec *s)
{
    const itk_server_conf *conf = s ? itk_server_conf_of(s) : NULL;

    return conf ? conf->assignment : NULL;
}

/* What an AssignUserID has as its first or second word. */
static const char *word(apr_pool_t *p, const itk_assignment *a, int index)
{
    const char *args = a->directive->args, *text = ap_getword_conf(p, &args);

    return index ? ap_getword_conf(p, &args) : text;
}

static const char *settle_server(cmd_parms *cmd, server_rec *main_server,
                                 server_rec *s)
{
    const constant *user = said(s, 0), *group = said(s, 1);
    const constant *above_user = user ? user : said(main_server, 0);
    const constant *above_group = group ? group : said(main_server, 1);
    const itk_assignment *a = assigned(s);
    cmd_parms here = *cmd;
    const char *u, *g, *err;

    /* what the main server says is inherited as it is, unless there is more */
    if (user == NULL && group == NULL
        && (a == NULL || (above_user == NULL && above_group == NULL))) {
        return NULL;
    }
    if (a == NULL) {
        a = assigned(main_server);
    }
    u = above_user ? above_user->name
        : a ? word(cmd->pool, a, 0) : ap_unixd_config.user_name;
    g = above_group ? above_group->name
        : a ? word(cmd->pool, a, 1)
        : apr_psprintf(cmd->pool, "#%lu",
                       (unsigned long)ap_unixd_config.group_id);
    here.server = s;
    here.path = NULL;
    here.directive = (ap_directive_t *)(user ? user->directive
                                        : group ? group->directive
                                        : a->directive);
    err = itk_assign_user_id(&here, NULL, u, g);
    if (err) {
        cmd->err_directive = here.directive;
    }
    return err;
}

const char *itk_expr_settle(cmd_parms *cmd)
{
    server_rec *s;
    const char *err;

    if (constants->nelts == 0) {
        return NULL;
    }
    /* vhosts first: they look at what the main server had of its own */
    for (s = cmd->server->next; s; s = s->next) {
        if ((err = settle_server(cmd, cmd->server, s)) != NULL) {
            return err;
        }
    }
    return settle_server(cmd, cmd->server, cmd->server);
}
