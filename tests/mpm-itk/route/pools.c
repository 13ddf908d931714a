/* SPDX-License-Identifier: Apache-2.0 */

#define CORE_PRIVATE
#include "pools.h"

#include "http_request.h"

#include <dlfcn.h>
#include <string.h>

/* The server's own: that of the tree is not compiled for here, and knows its
 * configuration by heart. */
static struct {
    int (*prepare)(apr_pool_t *p);
    void (*prepare_list)(void);
    void *(*list)(void *names, int host);
    void (*by_address)(void *adapter, int listener, const itk_address *local,
                       itk_route *out);
    void (*by_head)(void *adapter, const itk_address *local,
                    const itk_address *remote, const itk_head *head,
                    const char *bytes, const char *name, itk_route *out);
    int (*of_server)(const server_rec *s);
    int (*of_request)(const request_rec *r);
    const itk_run *run;
} itk;

static int seen;                /* by the hook, of the present request */

static int find(void *to, const char *name)
{
    void *address = dlsym(RTLD_DEFAULT, name);

    memcpy(to, &address, sizeof(address));
    return address != NULL;
}

int pools_prepare(apr_pool_t *p, server_rec *main_server)
{
    server_rec **conf;

    /* an MPM sets it in its own open_logs, which comes later */
    if (find(&conf, "ap_server_conf")) {
        *conf = main_server;
    }
    return find(&itk.by_head, "itk_route_head")
        && find(&itk.by_address, "itk_route_address")
        && find(&itk.of_server, "itk_pool_of_server")
        && find(&itk.of_request, "itk_pool_of_request")
        && find(&itk.run, "itk_this_run")
        && find(&itk.prepare, "itk_route_prepare")
        && find(&itk.list, "itk_vhost_list")
        && find(&itk.prepare_list, "itk_vhost_prepare")
        && itk.prepare(p) == 0
        && (itk.prepare_list(), 1);
}

void *pools_short_list(void *names, int host)
{
    return itk.list(names, host);
}

unsigned int pools_empty_lines(void)
{
    return (unsigned)itk.run->limits.max_empty_lines;
}

int pools_count(void)
{
    return itk.run->pool_count;
}

void pools_choose(apr_sockaddr_t *local, const itk_head *head,
                  const char *bytes, itk_route *by_address,
                  itk_route *by_head)
{
    itk_address address, nobody;

    memset(&address, 0, sizeof(address));
    memset(&nobody, 0, sizeof(nobody));
    memcpy(&address, &local->sa, (size_t)local->salen);
    itk.by_address(NULL, 0, &address, by_address);
    itk.by_head(NULL, &address, &nobody, head, bytes, NULL, by_head);
}

/* Where the worker looks at the place: after the first ap_location_walk. */
static int on_translate(request_rec *r)
{
    if (itk.of_request && seen < 0) {
        seen = itk.of_request(r);
        return HTTP_FORBIDDEN;  /* no file of this machine has to be looked at */
    }
    return DECLINED;
}

void pools_register(void)
{
    ap_hook_translate_name(on_translate, NULL, NULL, APR_HOOK_REALLY_FIRST - 20);
}

int pools_of(request_rec *r)
{
    seen = -1;
    ap_process_request_internal(r);
    return seen < 0 ? itk.of_server(r->server) : seen;
}
