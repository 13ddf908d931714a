/* SPDX-License-Identifier: Apache-2.0 */

/*
 * APR's socket of a connection.  There is one for each family, made once and
 * then given one connection after the other (apr_os_sock_put): so APR knows
 * already that it does not block and that TCP_NODELAY is set, as it is on what
 * dispatchers accept, and spares the system calls that would do it again.
 */

#include "itk_worker.h"

#include "apr_portable.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static apr_socket_t *sockets[2];    /* IPv4, IPv6 */
static int family_seen;             /* index of the last one */

static const int families[2] = { APR_INET,
#if APR_HAVE_IPV6
                                 APR_INET6
#else
                                 APR_INET
#endif
};

/* Whatever it has: not to be closed with it. */
static void detach(apr_socket_t *csd)
{
    apr_os_sock_t none = -1;

    (void) apr_os_sock_put(&csd, &none, NULL);
}

static apr_status_t make_socket(apr_socket_t **csd, int family, apr_pool_t *p)
{
    struct sockaddr_storage nowhere;
    apr_os_sock_info_t info;
    apr_status_t rv;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        *csd = NULL;            /* no IPv6 here: nobody will connect by it */
        return errno;
    }
    memset(&nowhere, 0, sizeof(nowhere));
    nowhere.ss_family = (sa_family_t)family;
    memset(&info, 0, sizeof(info));
    info.os_sock = &fd;
    info.local = info.remote = (struct sockaddr *)&nowhere;
    info.family = family;
    info.type = SOCK_STREAM;
    if ((rv = apr_os_sock_make(csd, &info, p)) == APR_SUCCESS
        && (rv = apr_socket_opt_set(*csd, APR_TCP_NODELAY, 1)) == APR_SUCCESS) {
        rv = apr_socket_timeout_set(*csd, 1);
    }
    close(fd);
    detach(*csd);
    return rv;
}

/* An address that was filled in anew, with what was asked of the last one. */
static void fresh(apr_sockaddr_t *a, apr_pool_t *p)
{
    a->pool = p;
    a->hostname = a->servname = NULL;
    a->next = NULL;
}

void itk_socket_prepare(apr_pool_t *pchild)
{
    int i;

    for (i = 0; i < 2; i++) {
        (void) make_socket(&sockets[i], families[i], pchild);
    }
}

apr_socket_t *itk_socket_of(int fd, apr_pool_t *p)
{
    apr_sockaddr_t *local = NULL, *remote;
    apr_socket_t *csd;
    apr_os_sock_t os = fd;
    int tries;

    for (tries = 0; tries < 2; tries++) {
        csd = sockets[family_seen];
        if (csd != NULL) {
            (void) apr_os_sock_put(&csd, &os, NULL);
            if (apr_socket_addr_get(&local, APR_LOCAL, csd) != APR_SUCCESS) {
                detach(csd);
                break;
            }
            if (local->sa.sin.sin_family == families[family_seen]) {
                if (apr_socket_addr_get(&remote, APR_REMOTE, csd)
                    != APR_SUCCESS) {
                    detach(csd);
                    break;
                }
                fresh(local, p);
                fresh(remote, p);
                (void) apr_socket_opt_set(csd, APR_INCOMPLETE_READ, 0);
                return csd;
            }
            detach(csd);
        }
        family_seen = !family_seen;
    }
    return NULL;
}

void itk_socket_close(apr_socket_t *csd, int fd)
{
    apr_os_sock_t left = fd;

    /* a module may have closed it by itself */
    if (csd != NULL) {
        (void) apr_os_sock_get(&left, csd);
        detach(csd);
    }
    if (left >= 0) {
        close(left);
    }
}
