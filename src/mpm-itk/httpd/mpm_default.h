/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APACHE_MPM_DEFAULT_H
#define APACHE_MPM_DEFAULT_H

/* prefork's three, taken and reported; nothing here follows them. */
#ifndef DEFAULT_START_DAEMON
#define DEFAULT_START_DAEMON 5
#endif
#ifndef DEFAULT_MIN_FREE_DAEMON
#define DEFAULT_MIN_FREE_DAEMON 5
#endif
#ifndef DEFAULT_MAX_FREE_DAEMON
#define DEFAULT_MAX_FREE_DAEMON 10
#endif

/* ServerLimit, and how far it can be raised. */
#ifndef DEFAULT_SERVER_LIMIT
#define DEFAULT_SERVER_LIMIT 256
#endif
#ifndef MAX_SERVER_LIMIT
#define MAX_SERVER_LIMIT 20000
#endif

/* The scoreboard counts threads; there is one. */
#ifndef HARD_THREAD_LIMIT
#define HARD_THREAD_LIMIT 1
#endif

#ifndef DEFAULT_LOCKFILE
#define DEFAULT_LOCKFILE DEFAULT_REL_RUNTIMEDIR "/accept.lock"
#endif
#ifndef DEFAULT_PIDLOG
#define DEFAULT_PIDLOG DEFAULT_REL_RUNTIMEDIR "/httpd.pid"
#endif

#ifndef DEFAULT_MAX_REQUESTS_PER_CHILD
#define DEFAULT_MAX_REQUESTS_PER_CHILD 10000
#endif

/* One dispatcher keeps the order of arrival; more are for more processors. */
#ifndef DEFAULT_ITK_DISPATCHERS
#define DEFAULT_ITK_DISPATCHERS 1
#endif
#ifndef MAX_ITK_DISPATCHERS
#define MAX_ITK_DISPATCHERS 64
#endif

/* A second connection at the same time is a fork away. */
#ifndef DEFAULT_ITK_MIN_SPARE
#define DEFAULT_ITK_MIN_SPARE 0
#endif

/* Seconds. Longer than people look at a page, shorter than they are away. */
#ifndef DEFAULT_ITK_IDLE_TIMEOUT
#define DEFAULT_ITK_IDLE_TIMEOUT 60
#endif

/* As many as may wait for prefork: ListenBacklog's default. */
#ifndef DEFAULT_ITK_QUEUE_DEPTH
#define DEFAULT_ITK_QUEUE_DEPTH 511
#endif

#endif
