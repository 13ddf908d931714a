/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which vhost a directive of the tree is of.  httpd notes of a vhost where its
 * section stands, and of a section where it stands.
 */

#include "itk_worker.h"

const char *itk_section_key(apr_pool_t *p, const char *file, int line)
{
    return apr_psprintf(p, "%d:%s", line, file ? file : "");
}

apr_hash_t *itk_pools_by_section(apr_pool_t *p, const server_rec *main_server)
{
    apr_hash_t *pools = apr_hash_make(p);
    const server_rec *s;
    const char *key;
    int *pool;

    for (s = main_server->next; s; s = s->next) {
        key = itk_section_key(p, s->defn_name, (int)s->defn_line_number);
        pool = apr_hash_get(pools, key, APR_HASH_KEY_STRING);
        if (pool == NULL) {
            pool = apr_palloc(p, sizeof(*pool));
            *pool = itk_sole_pool(s);
            apr_hash_set(pools, key, APR_HASH_KEY_STRING, pool);
        }
        else if (*pool != itk_sole_pool(s)) {
            *pool = ITK_SEVERAL;    /* a file that is included twice */
        }
    }
    return pools;
}

server_rec *itk_server_of_directive(apr_pool_t *p, server_rec *main_server,
                                    apr_hash_t **by_section,
                                    const ap_directive_t *node)
{
    const ap_directive_t *above;
    server_rec *s;

    if (*by_section == NULL) {
        *by_section = apr_hash_make(p);
        for (s = main_server->next; s; s = s->next) {
            if (s->defn_name) {
                apr_hash_set(*by_section,
                             itk_section_key(p, s->defn_name,
                                             (int)s->defn_line_number),
                             APR_HASH_KEY_STRING, s);
            }
        }
    }
    for (above = node->parent; above; above = above->parent) {
        if (strcasecmp(above->directive, "<VirtualHost") == 0) {
            return apr_hash_get(*by_section,
                                itk_section_key(p, above->filename,
                                                above->line_num),
                                APR_HASH_KEY_STRING);
        }
    }
    return main_server;
}
