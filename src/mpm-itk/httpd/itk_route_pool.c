/* SPDX-License-Identifier: Apache-2.0 */

/* The pool of an address, and of a head: what the dispatcher asks. */

#include "itk_route.h"

#include <stdlib.h>
#include <sys/random.h>

/* What of an address decides: no scope, no flow label. */
typedef struct {
    unsigned char ip[16];
    unsigned short family, port;
} address_key;

static void key_of(const itk_address *address, address_key *key)
{
    memset(key, 0, sizeof(*key));
    key->family = address->any.sa_family;
    if (address->any.sa_family == AF_INET6) {
        memcpy(key->ip, &address->v6.sin6_addr, 16);
        key->port = address->v6.sin6_port;
    }
    else {
        memcpy(key->ip, &address->v4.sin_addr, 4);
        key->port = address->v4.sin_port;
    }
}

/* ---- what was found before ---------------------------------------------- */

/*
 * Two tables of what httpd's functions said, for httpd goes through all names
 * of an address one after the other.  An address has one place and a name has
 * a few, so that nobody can make a search long; another key takes the place
 * over.
 */
#define ADDRESSES 256
#define SETS      1024          /* at least; and one for each name there is */
#define WAYS      4

typedef struct {
    address_key key;
    int known;
    server_rec *base;           /* the first vhost, or the main server */
    void *names;                /* conn_rec.vhost_lookup_data */
    itk_route route;
} address_entry;

typedef struct {
    address_key key;
    unsigned short taken;       /* length of the name and one; 0: empty */
    char name[ITK_ROUTE_NAME];
    server_rec *server;
} name_entry;

static address_entry *addresses;
static name_entry *names;       /* sets of WAYS */
static unsigned int sets = SETS;        /* a power of two */
static unsigned int turn;       /* whose place is taken over next */
static apr_uint64_t seed;
static apr_pool_t *scratch;     /* for one head, then cleared */
static ap_conf_vector_t *no_config;
static char unknown[] = "-";

static apr_uint64_t mix(apr_uint64_t hash, const void *bytes, apr_size_t length)
{
    const unsigned char *byte = bytes;

    while (length--) {
        hash = (hash ^ *byte++) * 0x100000001b3ULL;     /* FNV-1a */
    }
    return hash;
}

int itk_route_prepare(apr_pool_t *p)
{
    itk_route_names_prepare(p, ap_server_conf);
    while (sets < itk_route_names_count()) {
        sets *= 2;
    }
    addresses = calloc(ADDRESSES, sizeof(*addresses));
    names = calloc((apr_size_t)sets * WAYS, sizeof(*names));
    if (addresses == NULL || names == NULL
        || getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)
        || apr_pool_create(&scratch, p) != APR_SUCCESS) {
        return -1;
    }
    no_config = ap_create_conn_config(p);
    return 0;
}

/* Its place, or the one that it may take: then taken is not of this name. */
static name_entry *name_place(const address_key *key, const char *name,
                              apr_size_t length)
{
    apr_uint64_t hash = mix(mix(seed, key, sizeof(*key)), name, length);
    name_entry *set = names + ((hash ^ (hash >> 32)) & (sets - 1)) * WAYS;
    int i, empty = -1;

    for (i = 0; i < WAYS; i++) {
        if (set[i].taken == length + 1
            && memcmp(&set[i].key, key, sizeof(*key)) == 0
            && memcmp(set[i].name, name, length) == 0) {
            return &set[i];
        }
        if (set[i].taken == 0 && empty < 0) {
            empty = i;
        }
    }
    return &set[empty >= 0 ? empty : (int)(turn++ % WAYS)];
}

/* ---- an address --------------------------------------------------------- */

/* For APR: the same address, in *out, which lives as long as both. */
static void sockaddr_of(const itk_address *address, apr_sockaddr_t *out)
{
    memset(out, 0, sizeof(*out));
    out->family = address->any.sa_family;
#if APR_HAVE_IPV6
    if (address->any.sa_family == AF_INET6) {
        out->sa.sin6 = address->v6;
        out->salen = sizeof(struct sockaddr_in6);
        out->ipaddr_ptr = &out->sa.sin6.sin6_addr;
        out->ipaddr_len = sizeof(struct in6_addr);
        out->port = ntohs(address->v6.sin6_port);
        return;
    }
#endif
    out->sa.sin = address->v4;
    out->salen = sizeof(struct sockaddr_in);
    out->ipaddr_ptr = &out->sa.sin.sin_addr;
    out->ipaddr_len = sizeof(struct in_addr);
    out->port = ntohs(address->v4.sin_port);
}

static void fill_connection(conn_rec *c, apr_sockaddr_t *local)
{
    memset(c, 0, sizeof(*c));
    c->base_server = ap_server_conf;    /* given_ip assumes it */
    c->local_addr = local;
    c->conn_config = no_config;
    c->client_ip = unknown;
}

static void route_of(const server_rec *s, itk_route *out)
{
    const itk_server_conf *conf = itk_server_conf_of(s);

    out->pool = conf->pool;
    out->host = conf->host;
    out->tls = conf->tls;
}

/* Might a name bring a connection to this address to this server? */
static int is_reachable(const server_rec *s, apr_sockaddr_t *local)
{
    static const unsigned char any[16];
    server_addr_rec *sar;

    for (sar = s->addrs; sar; sar = sar->next) {
        apr_sockaddr_t *addr = sar->host_addr;

        if (sar->host_port != 0 && sar->host_port != local->port) {
            continue;
        }
        if (memcmp(addr->ipaddr_ptr, any, (size_t)addr->ipaddr_len) == 0
            || (addr->family == AF_INET
                && addr->sa.sin.sin_addr.s_addr == DEFAULT_VHOST_ADDR)
            || apr_sockaddr_equal(addr, local)) {
            return 1;
        }
    }
    return 0;
}

/*
 * Is the pool the same, whatever the head says?  The list of names is httpd's
 * own affair, so this asks of all servers with such an address, which are at
 * least those of the list.
 */
static int is_of_one_pool(const server_rec *base, int by_name,
                          apr_sockaddr_t *local)
{
    const itk_server_conf *first = itk_server_conf_of(base);
    const server_rec *s;

    if (first->place_count || itk_this_run.hosts[first->host].max_clients) {
        return 0;
    }
    for (s = by_name ? ap_server_conf : NULL; s; s = s->next) {
        const itk_server_conf *conf = itk_server_conf_of(s);

        if (is_reachable(s, local)
            && (conf->pool != first->pool || conf->place_count
                || itk_this_run.hosts[conf->host].max_clients)) {
            return 0;
        }
    }
    return 1;
}

static const address_entry *address_of(const itk_address *local)
{
    apr_sockaddr_t sockaddr;
    address_entry *entry;
    address_key key;
    conn_rec c;

    key_of(local, &key);
    entry = &addresses[mix(seed, &key, sizeof(key)) % ADDRESSES];
    if (entry->known && memcmp(&entry->key, &key, sizeof(key)) == 0) {
        return entry;
    }
    sockaddr_of(local, &sockaddr);
    fill_connection(&c, &sockaddr);
    ap_update_vhost_given_ip(&c);

    entry->known = 1;
    entry->key = key;
    entry->base = c.base_server;
    entry->names = c.vhost_lookup_data;
    route_of(c.base_server, &entry->route);
    if (entry->route.tls) {
        if (itk_tls_has_names()) {
            entry->route.pool = -1;     /* the one in the ClientHello decides */
        }
    }
    else if (!is_of_one_pool(c.base_server, c.vhost_lookup_data != NULL,
                             &sockaddr)) {
        entry->route.pool = -1;
        entry->route.host = -1;
    }
    return entry;
}

void itk_route_address(void *adapter, int listener, const itk_address *local,
                       itk_route *out)
{
    (void) adapter;
    (void) listener;
    *out = address_of(local)->route;
}

/* ---- a head ------------------------------------------------------------- */

static int pool_in_places(const itk_server_conf *conf, const server_rec *s,
                          request_rec *r)
{
    const char *path = itk_route_path(s, r);
    int i;

    if (path == NULL) {
        return conf->pool;      /* an error is answered before any counts */
    }
    for (i = conf->place_count - 1; i >= 0; i--) {
        const itk_place *place = &conf->places[i];

        if (strncmp(place->prefix, path, place->length) == 0
            && (place->prefix[place->length - 1] == '/'
                || path[place->length] == '/'
                || path[place->length] == '\0')) {
            return place->pool;
        }
    }
    return conf->pool;
}

/*
 * The name that decides, as it came: of the target, with a slash before it, else
 * of Host.  Below 0: none that can be remembered.  *r is made where the target
 * may have a name.
 */
static int deciding_name(conn_rec *c, server_rec *quiet, const itk_head *head,
                         const char *bytes, char *name, request_rec **r)
{
    itk_slice method, target, protocol;
    apr_size_t length;
    int host;

    if (head->simple) {
        return -1;
    }
    itk_head_request(head, bytes, &method, &target, &protocol);
    if (target.length == 0 || target.start[0] != '/'
        || (target.length > 1 && target.start[1] == '/')
        || (method.length == 7 && memcmp(method.start, "CONNECT", 7) == 0)) {
        *r = itk_route_request(c, quiet, head, bytes, scratch);
        if ((*r)->status != HTTP_OK) {
            return -1;
        }
        if ((*r)->hostname) {
            length = strlen((*r)->hostname);
            if (length + 1 >= ITK_ROUTE_NAME) {
                return -1;
            }
            name[0] = '/';
            memcpy(name + 1, (*r)->hostname, length);
            return (int)length + 1;
        }
    }
    host = itk_route_host_field(head, bytes, name, ITK_ROUTE_NAME);
    return host > 0 ? host : -1;        /* with none the path may decide */
}

/*
 * The vhost, and the request as httpd leaves it.  The first look is without the
 * list of names, and enough for a name that nobody has.
 */
static server_rec *search(conn_rec *c, server_rec *quiet, const itk_head *head,
                          const char *bytes, request_rec **r)
{
    void *list = c->vhost_lookup_data;
    server_rec *s;

    if (itk_route_is_strict(c->base_server)) {
        return itk_route_find(*r, quiet, head, bytes);
    }
    c->vhost_lookup_data = NULL;
    s = itk_route_find(*r, quiet, head, bytes);
    if (list == NULL || (*r)->status != HTTP_OK
        || !itk_route_names_have((*r)->hostname)) {
        return s;
    }
    c->vhost_lookup_data = list;
    *r = itk_route_request(c, quiet, head, bytes, scratch);
    return itk_route_find(*r, quiet, head, bytes);
}

static void remember(name_entry *entry, const address_key *key,
                     const char *name, int length, server_rec *s)
{
    entry->key = *key;
    entry->taken = (unsigned short)(length + 1);
    memcpy(entry->name, name, (apr_size_t)length);
    entry->server = s;
}

static server_rec *remembered(const name_entry *entry, const address_key *key,
                              const char *name, int length)
{
    return entry->taken == length + 1
           && memcmp(&entry->key, key, sizeof(*key)) == 0
           && memcmp(entry->name, name, (apr_size_t)length) == 0
           ? entry->server : NULL;
}

/* ---- a ClientHello ------------------------------------------------------- */

static server_rec *server_of_hello(conn_rec *c, const address_entry *address,
                                   const char *tls_name)
{
    char name[ITK_ROUTE_NAME];
    name_entry *entry;
    server_rec *s;
    int length;

    if (!itk_tls_has_names() || tls_name == NULL || *tls_name == '\0'
        || !itk_route_names_have(tls_name)) {
        return address->base;
    }
    length = apr_snprintf(name, sizeof(name), "\n%s", tls_name);
    entry = name_place(&address->key, name, (apr_size_t)length);
    s = remembered(entry, &address->key, name, length);
    if (s == NULL) {
        s = itk_tls_find(c, tls_name);
        s = s ? s : address->base;
        if (length + 1 < (int)sizeof(name)) {
            remember(entry, &address->key, name, length, s);
        }
    }
    return s;
}

/* ---- all of it ----------------------------------------------------------- */

void itk_route_head(void *adapter, const itk_address *local,
                    const itk_address *remote, const itk_head *head,
                    const char *bytes, const char *tls_name, itk_route *out)
{
    const address_entry *address = address_of(local);
    const itk_server_conf *conf;
    apr_sockaddr_t sockaddr;
    char name[ITK_ROUTE_NAME];
    name_entry *entry = NULL;
    server_rec *s = NULL, quiet;
    request_rec *r = NULL;
    conn_rec c;
    int length, is_request = 1;

    (void) adapter;
    (void) remote;
    route_of(address->base, out);
    fill_connection(&c, &sockaddr);
    c.base_server = address->base;
    c.vhost_lookup_data = address->names;
    sockaddr_of(local, &sockaddr);
    if (out->tls) {
        route_of(server_of_hello(&c, address, tls_name), out);
        out->tls = 1;
        return;
    }
    if (head == NULL || head->result != ITK_HEAD_WHOLE) {
        return;
    }
    head = itk_route_as_read(address->base, head);
    if (itk_route_limits(address->base, head, bytes) != HTTP_OK) {
        return;
    }

    length = deciding_name(&c, &quiet, head, bytes, name, &r);
    if (length >= 0) {
        entry = name_place(&address->key, name, (apr_size_t)length);
        s = remembered(entry, &address->key, name, length);
    }
    if (r == NULL && (s == NULL || itk_server_conf_of(s)->place_count)) {
        r = itk_route_request(&c, &quiet, head, bytes, scratch);
    }
    if (s == NULL) {
        s = search(&c, &quiet, head, bytes, &r);
        is_request = r->status == HTTP_OK;
        if (entry && is_request) {
            remember(entry, &address->key, name, length, s);
        }
    }
    route_of(s, out);
    out->tls = 0;               /* the address says so */
    conf = itk_server_conf_of(s);
    if (conf->place_count && is_request && r->status == HTTP_OK) {
        out->pool = pool_in_places(conf, s, r);
    }
    if (r) {
        apr_pool_clear(scratch);
    }
}
