/* SPDX-License-Identifier: Apache-2.0 */

/*
 * All names that any vhost has.  httpd compares a Host with one vhost after the
 * other (with 10,000 of them, two milliseconds were measured), and whoever
 * makes up names would make the dispatcher do that each time.
 */

#include "itk_route.h"

static apr_hash_t *exact;       /* in small letters */
static apr_array_header_t *wild;        /* const char *, with * or ? */
static int with_path;           /* there is a ServerPath */

static void add_exact(apr_pool_t *p, const char *name)
{
    char *small;

    if (name) {
        small = apr_pstrdup(p, name);
        ap_str_tolower(small);
        apr_hash_set(exact, small, APR_HASH_KEY_STRING, "");
    }
}

static void add_all(apr_pool_t *p, const apr_array_header_t *names,
                    int are_wild)
{
    int i;

    for (i = 0; names && i < names->nelts; i++) {
        const char *name = ((const char **)names->elts)[i];

        if (name && are_wild) {
            *(const char **)apr_array_push(wild) = name;
        }
        else {
            add_exact(p, name);
        }
    }
}

void itk_route_names_prepare(apr_pool_t *p, const server_rec *s)
{
    const server_addr_rec *sar;

    exact = apr_hash_make(p);
    wild = apr_array_make(p, 4, sizeof(const char *));
    with_path = 0;
    for (; s; s = s->next) {
        with_path |= s->path != NULL;
        add_exact(p, s->server_hostname);
        add_all(p, s->names, 0);
        add_all(p, s->wild_names, 1);
        for (sar = s->addrs; sar; sar = sar->next) {
            add_exact(p, sar->virthost);
        }
    }
}

unsigned int itk_route_names_count(void)
{
    return apr_hash_count(exact);
}

int itk_route_names_have(const char *host)
{
    const char **pattern = (const char **)wild->elts;
    char small[ITK_ROUTE_NAME];
    int i;

    if (host == NULL) {
        return with_path;
    }
    if (strlen(host) >= sizeof(small)) {
        return 1;               /* let httpd look */
    }
    apr_cpystrn(small, host, sizeof(small));
    ap_str_tolower(small);
    if (apr_hash_get(exact, small, APR_HASH_KEY_STRING)) {
        return 1;
    }
    for (i = 0; i < wild->nelts; i++) {
        if (ap_strcasecmp_match(host, pattern[i]) == 0) {
            return 1;
        }
    }
    return 0;
}
