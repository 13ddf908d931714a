/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Does itk_route_host find the vhost that httpd finds?  A module for tests: in
 * a httpd that starts it makes heads, has each read by ap_read_request and by
 * our way, compares, and ends the process before a socket is opened.
 *
 *   ROUTE_SECONDS, ROUTE_INPUTS, ROUTE_SEED, ROUTE_FILE (one input)
 *
 * What has to hold:
 *   head WHOLE   if httpd takes the request: the same vhost and name, and it has
 *                read what we call the head, no byte more;
 *                if it does not: the same status where we give one
 *   head BAD     httpd has answered 400 (414: the line before it was too long)
 *                from the first vhost of the address
 *   head MORE    httpd does not take it either: it wanted more than there was
 */

#define CORE_PRIVATE

#include "connection.h"
#include "itk_head.h"
#include "itk_route.h"
#include "mutate.h"
#include "pools.h"

#include "apr_portable.h"
#include "apr_strings.h"
#include "http_config.h"
#include "http_log.h"
#include "http_protocol.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* In the order of the inputs' first byte. */
static const struct {
    const char *ip;
    int port;
} places[] = {
    { "127.0.0.1", 80 }, { "127.0.0.9", 81 }, { "::1", 80 },
    { "127.0.0.3", 90 }, { "127.0.0.4", 80 }, { "127.0.0.5", 99 },
    { "127.0.0.3", 83 }, { "10.0.0.1", 82 }, { "2001:db8::1", 80 },
    { "127.0.0.1", 81 }
};

#define PLACES (sizeof(places) / sizeof(places[0]))

/* 2.4 says so by a number, and 2.0.65 by 0.  It knows a vhost's name later than 2.0 does: what it
 * refuses before, it refuses by the first one. */
#if AP_SERVER_MINORVERSION_NUMBER > 0
#define LINE_24 1
#else
#define LINE_24 0
#define DEFAULT_LIMIT_BLANK_LINES 0
#endif

static apr_sockaddr_t *locals[PLACES];
static apr_pool_t *forever;
static server_rec *main_server;
static int with_pools;
static unsigned int empty_lines;        /* of that vhost that takes the most */

/* What httpd made of it. */
static request_rec *made;
static int taken;
static apr_size_t left;         /* unread, when it was taken */
static const char *host;        /* Host then: fields after a body can add to it */

/* How often what came out. */
static struct {
    unsigned long whole, bad, more, taken, refused, elsewhere, shortened,
                  later;
    unsigned long pools[64];
} counted;

static apr_status_t on_gone(void *r)
{
    if (made == r) {
        made = NULL;            /* there was nothing to answer */
    }
    return APR_SUCCESS;
}

static int on_create(request_rec *r)
{
    if (made == NULL) {         /* the first is the request, not an error page */
        made = r;
        apr_pool_cleanup_register(r->pool, r, on_gone, apr_pool_cleanup_null);
    }
    return OK;
}

static int on_read(request_rec *r)
{
    taken = r == made;
    left = connection_left(r->connection);
    host = apr_table_get(r->headers_in, "Host");
    return DONE;
}

/* ---- the comparison ----------------------------------------------------- */

/*
 * Before 2.0.54 httpd took the blanks off the end of each line, after that off
 * the end of a field: with a folded Host the two may mean another vhost.  (The
 * worker looks again.)  2.0.48 counts a line without its end, and dies of some
 * "[" in a URI (CVE-2004-0786).
 */
static int is_old(void)
{
    return !LINE_24 && atoi(strrchr(AP_SERVER_BASEREVISION, '.') + 1) < 54;
}

static void differs(const char *what, const server_rec *theirs,
                    const server_rec *ours)
{
    fprintf(stderr, "%s: httpd %s (line %u), we %s (line %u)\n", what,
            theirs->server_hostname, theirs->defn_line_number,
            ours->server_hostname, ours->defn_line_number);
    fuzz_failed(what, __FILE__, __LINE__);
}

static int same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static int is_folded(const char *bytes, const itk_head *head)
{
    const char *end = bytes + head->length, *at = bytes;

    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL
           && ++at < end) {
        if (*at == ' ' || *at == '\t') {
            return 1;
        }
    }
    return 0;
}

/* 0: that httpd is too old for this head. */
static int compare_whole(conn_rec *ours, const itk_head *head,
                          const char *bytes, apr_size_t length, apr_pool_t *p)
{
    server_rec *found = NULL, quiet;
    const itk_head *as_read;
    request_rec *r;
    int status = itk_route_host(ours, head, bytes, p, &found);

    counted.whole++;
    HOLDS(found != NULL);
    as_read = itk_route_as_read(ours->base_server, head);
    if (is_old() && (is_folded(bytes, head)
                     || status != (taken ? HTTP_OK : made->status))) {
        return 0;
    }
    if (taken) {
        counted.taken++;
        if (found != made->server) {
            differs("another vhost", made->server, found);
        }
        HOLDS(status == HTTP_OK);
        HOLDS(as_read != head || length - left == head->length);
        r = itk_route_request(ours, &quiet, as_read, bytes, p);
        HOLDS(itk_route_find(r, &quiet, as_read, bytes) == found);
        HOLDS(same_text(r->hostname, made->hostname));
        HOLDS(same_text(r->uri, made->uri));
        HOLDS(same_text(r->method, made->method));
        HOLDS(as_read->simple == made->assbackwards);
        HOLDS(same_text(apr_table_get(r->headers_in, "Host"), host));
        counted.elsewhere += found != ours->base_server;
        return 1;
    }
    counted.refused++;
    /* what we refuse is refused for the reason that httpd has; what only httpd
     * refuses (no Host in HTTP/1.1, Expect) is the worker's */
    HOLDS(made != NULL);
    HOLDS(status == HTTP_OK || status == made->status);
    if (LINE_24 && made->server == ours->base_server
        && (status == HTTP_OK || status == HTTP_BAD_REQUEST)) {
        counted.later++;
        return 1;
    }
    if (found != made->server) {
        differs("refused by another vhost", made->server, found);
    }
    return 1;
}

/* The search that begins at the host that the dispatcher has found. */
static void compare_short(const conn_rec *ours, int host, const itk_head *head,
                          const char *bytes, apr_pool_t *p)
{
    conn_rec c = *ours;
    server_rec quiet;
    request_rec *r;

    c.vhost_lookup_data = pools_short_list(ours->vhost_lookup_data, host);
    counted.shortened += c.vhost_lookup_data != ours->vhost_lookup_data;
    head = itk_route_as_read(c.base_server, head);
    r = itk_route_request(&c, &quiet, head, bytes, p);
    HOLDS(itk_route_find(r, &quiet, head, bytes) == made->server);
    HOLDS(same_text(r->hostname, made->hostname));
}

/* What the dispatcher chooses is what the worker finds. */
static void compare_pools(const conn_rec *ours, apr_sockaddr_t *local,
                          const itk_head *head, const char *bytes,
                          apr_pool_t *p)
{
    itk_route by_address, by_head;
    int pool;

    pools_choose(local, head, bytes, &by_address, &by_head);
    HOLDS(by_head.pool >= 0 && by_head.pool < pools_count());
    HOLDS(by_address.pool < pools_count() && !by_address.tls && !by_head.tls);
    if (taken) {
        compare_short(ours, by_head.host, head, bytes, p);
        pool = pools_of(made);
        if (by_head.pool != pool) {
            fprintf(stderr, "httpd's pool is %d, ours %d\n", pool,
                    by_head.pool);
        }
        HOLDS(by_head.pool == pool);
        HOLDS(by_address.pool < 0 || by_address.pool == pool);
        counted.pools[pool % 64]++;
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t length)
{
    apr_pool_t *p;
    conn_rec *c, *ours;
    itk_head head;
    const char *bytes;
    size_t place, piece;
    int asked = 0;

    if (length < 2) {
        return 0;
    }
    place = input[0] % PLACES;
    piece = input[1] == 255 ? 8000 : 1 + input[1];
    bytes = (const char *)input + 2;
    length -= 2;
    if (is_old() && memchr(bytes, '[', length)) {
        return 0;
    }

    apr_pool_create(&p, forever);
    c = connection_open(p, main_server, locals[place], bytes, length,
                        piece);
    ours = connection_open(p, main_server, locals[place], NULL, 0, 1);
    made = NULL;
    taken = 0;
    ap_read_request(c);

    memset(&head, 0, sizeof(head));
    itk_head_scan(&head, bytes, length, empty_lines);
    if (head.result != ITK_HEAD_WHOLE
        && itk_route_as_read(ours->base_server, &head) != &head) {
        /* httpd has taken an empty line for the request by then; the
         * dispatcher, with the limit of another vhost, looks further, and at
         * the worst waits for the rest of what is none */
        counted.more++;
        apr_pool_destroy(p);
        return 0;
    }
    switch (head.result) {
    case ITK_HEAD_WHOLE:
        asked = compare_whole(ours, &head, bytes, length, p);
        break;
    case ITK_HEAD_BAD:
        counted.bad++;
        HOLDS(!taken && made);
        HOLDS(made->status == HTTP_BAD_REQUEST
              || made->status == HTTP_REQUEST_URI_TOO_LARGE
              || (LINE_24 && made->status == HTTP_NOT_IMPLEMENTED));
        HOLDS(made->server == ours->base_server);
        asked = 1;
        break;
    default:
        counted.more++;
        HOLDS(!taken);
    }
    if (with_pools && asked) {
        compare_pools(ours, locals[place], &head, bytes, p);
    }
    apr_pool_destroy(p);
    return 0;
}

/* ---- the run ------------------------------------------------------------ */

static void on_signal(int number)
{
    if (number == SIGALRM) {
        fprintf(stderr, "no end after 120 seconds\n");
    }
    mutate_tell();
    _exit(1);
}

static unsigned long number(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);

    return text && *text ? (unsigned long)strtol(text, NULL, 10) : otherwise;
}

static void run(void)
{
    unsigned char *exact = fuzz_exact(mutate_input, mutate_length);

    LLVMFuzzerTestOneInput(exact, mutate_length);
    free(exact);
    mutate_keep();
}

static void run_all(void)
{
    unsigned long inputs = number("ROUTE_INPUTS", ~0ul);
    time_t end = time(NULL) + (time_t)number("ROUTE_SECONDS", 10);
    int n;

    mutate_begin(number("ROUTE_SEED", 0));
    for (n = 0; mutate_seed(n); n++) {
        run();
    }
    while (mutate_done < inputs) {
        if (mutate_done % 256 == 0) {
            alarm(120);
            if (time(NULL) >= end) {
                break;
            }
        }
        mutate_next();
        run();
    }
}

static void run_file(const char *name)
{
    FILE *file = fopen(name, "rb");

    if (file == NULL) {
        perror(name);
        exit(2);
    }
    mutate_length = fread(mutate_input, 1, sizeof(mutate_input), file);
    fclose(file);
    run();
    printf("%s: no difference; httpd has %s it\n", name,
           taken ? "taken" : "refused");
}

static void tell_pools(void)
{
    int i;

    if (!with_pools) {
        printf("     no pools here: the vhosts alone were compared\n");
        return;
    }
    printf("     requests by pool:");
    for (i = 0; i < pools_count(); i++) {
        printf(" %lu", counted.pools[i]);
        HOLDS(counted.pools[i] > 0);
    }
    printf("\n");
}

static void find_limits(const server_rec *s)
{
    if (LINE_24) {
        empty_lines = DEFAULT_LIMIT_BLANK_LINES + 1;
        return;
    }
    for (; s; s = s->next) {
        unsigned int fields = s->limit_req_fields > 0
            ? (unsigned int)s->limit_req_fields : DEFAULT_LIMIT_REQUEST_FIELDS;

        if (fields > empty_lines) {
            empty_lines = fields;
        }
    }
}

static void find_addresses(apr_pool_t *p)
{
    size_t i;

    for (i = 0; i < PLACES; i++) {
        HOLDS(apr_sockaddr_info_get(&locals[i], places[i].ip, APR_UNSPEC,
                                    (apr_port_t)places[i].port, 0, p)
              == APR_SUCCESS);
    }
}

/* The vhosts are known, and no socket is there yet. */
static int on_open_logs(apr_pool_t *pconf, apr_pool_t *plog,
                        apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    main_server = s;
    forever = ptemp;
    setvbuf(stdout, NULL, _IOLBF, 0);
    find_addresses(ptemp);
    find_limits(s);
    with_pools = pools_prepare(ptemp, s);
    HOLDS(!with_pools || pools_empty_lines() == empty_lines);
    signal(SIGABRT, on_signal);
    signal(SIGSEGV, on_signal);
    signal(SIGBUS, on_signal);
    signal(SIGALRM, on_signal);
    if (getenv("ROUTE_FILE")) {
        run_file(getenv("ROUTE_FILE"));
        exit(0);
    }
    run_all();
    printf("ok   route: %llu inputs of seed %lu, %d kept; %lu whole (%lu taken, "
           "%lu of them not by the first vhost; %lu refused, %lu of them by "
           "httpd alone), %lu bad, %lu more\n", mutate_done, number("ROUTE_SEED", 0), mutate_kept,
           counted.whole, counted.taken, counted.elsewhere, counted.refused,
           counted.later, counted.bad, counted.more);
    tell_pools();
    HOLDS(counted.taken > 0 && counted.elsewhere > 0 && counted.bad > 0);
    HOLDS(!with_pools || counted.shortened > 0);
    exit(0);
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    connection_register();
    pools_register();
    ap_hook_create_request(on_create, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_post_read_request(on_read, NULL, NULL, APR_HOOK_REALLY_FIRST - 20);
    ap_hook_open_logs(on_open_logs, NULL, NULL, APR_HOOK_REALLY_FIRST - 20);
}

module AP_MODULE_DECLARE_DATA route_fuzz_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks
};
