/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The table of pools: everyone with one uid, gid, group list and priority.
 * Made once a reading of the configuration, of all servers and of all
 * <Location>s that have an identity.
 */

#include "itk.h"
#include "itk_guard.h"

#include <grp.h>


/* What has to be looked up while the tables grow. */
typedef struct {
    apr_pool_t *p;
    apr_array_header_t *pools;      /* itk_pool */
    apr_array_header_t *origins;    /* ap_directive_t *, of each pool */
    apr_hash_t *by_identity;        /* identity_key -> index */
    apr_hash_t *by_uid;             /* uid -> index of the first */
    apr_hash_t *by_name;            /* itk_pool.name -> index */
    itk_assignment user;            /* User and Group; no directive */
    itk_fault *fault;
} maker;

/* ---- names -------------------------------------------------------------- */

static void name_pool(maker *m, itk_pool *pool, const itk_account *account)
{
    const char *text = account->name[0] ? account->name
        : apr_psprintf(m->p, "%lu", (unsigned long)pool->who.uid);
    const struct group *gr;
    int again;

    if (pool->who.gid != account->gid) {
        gr = getgrgid(pool->who.gid);
        text = gr ? apr_pstrcat(m->p, text, "/", gr->gr_name, NULL)
                  : apr_psprintf(m->p, "%s/%lu", text,
                                 (unsigned long)pool->who.gid);
    }
    if (pool->nice_value != ITK_NICE_KEEP) {
        text = apr_psprintf(m->p, "%s nice %d", text, pool->nice_value);
    }
    apr_cpystrn(pool->name, text, sizeof(pool->name));
    /* two users with one number, or a name that was cut */
    for (again = 2; apr_hash_get(m->by_name, pool->name, APR_HASH_KEY_STRING);
         again++) {
        const char *tail = apr_psprintf(m->p, " (%d)", again);
        apr_size_t room = sizeof(pool->name) - strlen(tail);

        apr_cpystrn(pool->name, text, room);
        apr_cpystrn(pool->name + strlen(pool->name), tail, strlen(tail) + 1);
    }
}

/* ---- one pool ----------------------------------------------------------- */

static int blame(maker *m, const char *why, const ap_directive_t *directive)
{
    m->fault->why = why;
    m->fault->directive = directive;
    return -1;
}

/* All that makes a pool, as bytes. */
static void *identity_key(apr_pool_t *p, const itk_identity *who,
                          int nice_value, apr_ssize_t *length)
{
    apr_size_t groups = (apr_size_t)who->ngroups * sizeof(gid_t);
    struct { uid_t uid; gid_t gid; int nice_value; int ngroups; } head;
    char *key = apr_palloc(p, sizeof(head) + groups);

    head.uid = who->uid;
    head.gid = who->gid;
    head.nice_value = nice_value;
    head.ngroups = who->ngroups;
    memcpy(key, &head, sizeof(head));
    memcpy(key + sizeof(head), who->groups, groups);
    *length = (apr_ssize_t)(sizeof(head) + groups);
    return key;
}

static const char *said_in(maker *m, const ap_directive_t *directive)
{
    return directive ? itk_where(m->p, directive) : "User and Group";
}

/* Two identities of one uid are one to the kernel. */
static int uid_is_shared(maker *m, int first, const itk_identity *who,
                         const ap_directive_t *origin)
{
    const ap_directive_t *other
        = ((const ap_directive_t **)m->origins->elts)[first];

    return blame(m, apr_psprintf(m->p,
                 "uid %lu already has a pool of its own, by %s, with another "
                 "group or other supplementary groups than here (%s): to the "
                 "kernel both are one user, who may do to each what the other "
                 "may. Name the same user and group in both places, or allow "
                 "it with ItkShareUid On",
                 (unsigned long)who->uid, said_in(m, other),
                 said_in(m, origin)),
                 origin ? origin : other);
}

/* The pool of this identity, made if it is new.  -1 and a fault. */
static int pool_of(maker *m, const itk_assignment *from, int nice_value)
{
    const itk_identity *who = &from->who;
    const ap_directive_t *origin = from->directive;
    apr_ssize_t length;
    void *key = identity_key(m->p, who, nice_value, &length);
    const int *known = apr_hash_get(m->by_identity, key, length);
    const int *first = apr_hash_get(m->by_uid, &who->uid, sizeof(who->uid));
    itk_pool *pool;
    int *index;

    if (known) {
        return *known;
    }
    if (ITK_GUARD("share-uid") && first && !itk_conf.share_uid
        && !itk_identity_same(&((itk_pool *)m->pools->elts)[*first].who, who)) {
        return uid_is_shared(m, *first, who, origin);
    }

    index = apr_palloc(m->p, sizeof(*index));
    *index = m->pools->nelts;
    pool = apr_array_push(m->pools);
    memset(pool, 0, sizeof(*pool));
    pool->who = *who;
    pool->nice_value = nice_value;
    pool->refused = itk_identity_refused(who, &itk_conf.ids);
    name_pool(m, pool, &from->account);
    *(const ap_directive_t **)apr_array_push(m->origins) = origin;

    apr_hash_set(m->by_identity, key, length, index);
    apr_hash_set(m->by_name, apr_pstrdup(m->p, pool->name),
                 APR_HASH_KEY_STRING, index);
    if (first == NULL) {
        apr_hash_set(m->by_uid, apr_pmemdup(m->p, &who->uid, sizeof(who->uid)),
                     sizeof(who->uid), index);
    }
    return *index;
}

/* ---- servers ------------------------------------------------------------ */

/* Adds the sections of one server that have an identity. */
static int add_places(maker *m, const server_rec *of, int nice_value,
                      apr_array_header_t *places)
{
    const core_server_config *core = ap_get_module_config(of->module_config,
                                                          &core_module);
    ap_conf_vector_t **section = (ap_conf_vector_t **)core->sec_url->elts;
    int i;

    for (i = 0; i < core->sec_url->nelts; i++) {
        const core_dir_config *url = ap_get_module_config(section[i],
                                                          &core_module);
        const itk_dir_conf *conf = ap_get_module_config(section[i],
                                                        &mpm_itk_module);
        itk_place *place;

        if (conf == NULL || conf->assignment == NULL) {
            continue;
        }
        place = apr_array_push(places);
        place->prefix = url->d;
        place->length = strlen(url->d);
        place->assignment = conf->assignment;
        place->pool = pool_of(m, conf->assignment, nice_value);
        if (place->pool < 0) {
            return -1;
        }
    }
    return 0;
}

/* As ap_fixup_virtual_hosts: a vhost that says nothing has the server's. */
static int milliseconds(apr_interval_time_t own,
                        apr_interval_time_t main_server)
{
    apr_interval_time_t value = (own ? own : main_server) / 1000;

    return value > 0x7fffffff ? 0x7fffffff : (int)value;
}

/* A vhost with none of our directives would share the main server's. */
static itk_server_conf *own_conf(apr_pool_t *p, server_rec *s)
{
    itk_server_conf *conf = itk_server_conf_of(s);

    if (conf == NULL) {
        conf = itk_server_conf_create(p, s);
        ap_set_module_config(s->module_config, &mpm_itk_module, conf);
    }
    return conf;
}

/*
 * What ap_merge_server_configs will make of this server: httpd puts the main
 * server's <Location>s before the vhost's.
 */
static int make_server(maker *m, const server_rec *main_server, server_rec *s,
                       itk_host *host)
{
    const itk_server_conf *base = itk_server_conf_of(main_server);
    itk_server_conf *conf = own_conf(m->p, s);
    const itk_server_conf *merged = s == main_server ? conf
        : itk_server_conf_merge(m->p, (void *)base, conf);
    apr_array_header_t *places = apr_array_make(m->p, 0, sizeof(itk_place));

    conf->pool = pool_of(m, merged->assignment ? merged->assignment : &m->user,
                         merged->nice_value);
    if (conf->pool < 0
        || add_places(m, main_server, merged->nice_value, places) != 0
        || (s != main_server
            && add_places(m, s, merged->nice_value, places) != 0)) {
        return -1;
    }
    conf->places = (const itk_place *)places->elts;
    conf->place_count = places->nelts;

    host->max_clients = merged->max_clients > 0 ? merged->max_clients : 0;
    host->keep_alive_ms = milliseconds(s->keep_alive_timeout,
                                       main_server->keep_alive_timeout);
    host->timeout_ms = milliseconds(s->timeout, main_server->timeout);
    return 0;
}

/* The sentence for a User that may not serve anybody. */
static int find_user(maker *m)
{
    static const itk_limits any = ITK_LIMITS_DEFAULT;
    const char *name = ap_unixd_config.user_name;
    const char *group = apr_psprintf(m->p, "#%lu",
                                     (unsigned long)ap_unixd_config.group_id);
    const char *why = itk_identity_for_pool(m->p, name, group, &m->user.who,
                                            &m->user.account);

    if (why == NULL) {
        why = itk_identity_refused(&m->user.who, &any);
    }
    if (why) {
        return blame(m, apr_psprintf(m->p, "User %s with Group %s cannot "
                                     "serve requests: %s; hosts without "
                                     "AssignUserID run as them", name, group,
                                     why), NULL);
    }
    return 0;
}

int itk_pools_make(apr_pool_t *p, server_rec *main_server, itk_fault *fault)
{
    maker m;
    itk_host *hosts;
    server_rec *s;
    int count = 0, empty_lines = 0, lines;

    memset(&m, 0, sizeof(m));
    m.p = p;
    m.pools = apr_array_make(p, 16, sizeof(itk_pool));
    m.origins = apr_array_make(p, 16, sizeof(ap_directive_t *));
    m.by_identity = apr_hash_make(p);
    m.by_uid = apr_hash_make(p);
    m.by_name = apr_hash_make(p);
    m.fault = fault;
    if (find_user(&m) != 0) {
        return -1;
    }
    for (s = main_server; s; s = s->next) {
        count++;
    }
    hosts = apr_pcalloc(p, (apr_size_t)count * sizeof(*hosts));
    count = 0;
    for (s = main_server; s; s = s->next) {
        own_conf(p, s)->host = count;
        if (make_server(&m, main_server, s, &hosts[count++]) != 0) {
            return -1;
        }
        /* the vhost's own rule is applied when its address is known */
        lines = itk_line_empty_lines(s);
        empty_lines = lines > empty_lines ? lines : empty_lines;
    }

    itk_this_run.pools = (const itk_pool *)m.pools->elts;
    itk_this_run.pool_count = m.pools->nelts;
    itk_this_run.hosts = hosts;
    itk_this_run.host_count = count;
    itk_this_run.limits.max_empty_lines = empty_lines;
    return 0;
}

/* ---- asked by others ---------------------------------------------------- */

int itk_pool_of_server(const server_rec *s)
{
    return itk_server_conf_of(s)->pool;
}

int itk_pool_of_request(const request_rec *r)
{
    const itk_server_conf *server = itk_server_conf_of(r->server);
    const itk_dir_conf *conf = ap_get_module_config(r->per_dir_config,
                                                    &mpm_itk_module);
    int i;

    if (conf && conf->assignment) {
        for (i = server->place_count - 1; i >= 0; i--) {
            if (server->places[i].assignment == conf->assignment) {
                return server->places[i].pool;
            }
        }
        return -1;              /* nobody's: it is nowhere in this server */
    }
    return server->pool;
}

int itk_server_has_pool(const server_rec *s, int pool)
{
    const itk_server_conf *conf = itk_server_conf_of(s);
    int i;

    if (conf->pool == pool) {
        return 1;
    }
    for (i = 0; i < conf->place_count; i++) {
        if (conf->places[i].pool == pool) {
            return 1;
        }
    }
    return 0;
}
