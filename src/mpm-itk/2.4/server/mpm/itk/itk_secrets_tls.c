/* SPDX-License-Identifier: Apache-2.0 */

/*
 * mod_ssl of httpd 2.4 has its hosts' private keys where every process that is
 * forked gets them, and tells nobody.  docs/mpm-itk.md says so.
 */

#include "itk_worker.h"

int itk_secrets_tls_collect(apr_pool_t *p, server_rec *s, int pools)
{
    (void) p;
    (void) s;
    (void) pools;
    return 0;
}

int itk_secrets_tls_leave(int pool)
{
    (void) pool;
    return 0;
}

void itk_secrets_tls_register(void)
{
}
