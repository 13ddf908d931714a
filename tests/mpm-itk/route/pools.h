/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POOLS_H
#define POOLS_H

/*
 * In a httpd whose MPM is itk: the pool that its dispatcher would choose, and
 * the one that httpd's own way comes to.  In another one there is none of it.
 */

#include "itk_route.h"

void pools_register(void);      /* in register_hooks */

/* When the configuration has been read; 0: this is no itk with pools. */
int pools_prepare(apr_pool_t *p, server_rec *main_server);

/* What the dispatcher has for max_empty_lines. */
unsigned int pools_empty_lines(void);

/* For a head, or NULL where there is none that can be asked with. */
void pools_choose(apr_sockaddr_t *local, const itk_head *head,
                  const char *bytes, itk_route *by_address,
                  itk_route *by_head);

/* What a worker has httpd search when the dispatcher has said this host. */
void *pools_short_list(void *names, int host);

/* Goes on with a request that has been read, up to <Location>. */
int pools_of(request_rec *r);

int pools_count(void);

#endif
