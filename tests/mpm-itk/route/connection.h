/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONNECTION_H
#define CONNECTION_H

/*
 * A connection that nobody is at the other end of: httpd reads from it what
 * has been put there, as from a socket that is closed after it, and writes to
 * nowhere.
 */

#include "httpd.h"

/* Once, in a register_hooks: the filters. */
void connection_register(void);

/* Its vhosts are those of this address. Pieces: of the size that one read of
 * a socket gives. */
conn_rec *connection_open(apr_pool_t *p, server_rec *main_server,
                          apr_sockaddr_t *local,
                          const char *bytes, apr_size_t length,
                          apr_size_t piece);

/* What has not been read of the bytes. */
apr_size_t connection_left(conn_rec *c);

#endif
