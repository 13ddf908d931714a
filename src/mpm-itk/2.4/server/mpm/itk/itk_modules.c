/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The modules that come with httpd 2.4, and what becomes of each when workers
 * are other users' and keep nothing in common.  The manual page has this table
 * too, and tests/mpm-itk/config.pl holds both equal to what is shipped.
 */

#include "itk.h"

typedef enum {
    WORKS,                      /* as with prefork */
    ADAPTED,                    /* this MPM does something about it, or the
                                 * difference is harmless */
    REFUSED                     /* the server does not start with it */
} verdict;

typedef struct {
    const char *module;
    verdict verdict;
    const char *why;
} shipped;

static const shipped table[] = {
    { "core.c", ADAPTED, "logs that hosts share are written by a process of "
      "their own" },
    { "http_core.c", ADAPTED, "connections are read by this MPM" },
    { "mod_access_compat.c", WORKS, NULL },
    { "mod_actions.c", WORKS, NULL },
    { "mod_alias.c", WORKS, NULL },
    { "mod_allowmethods.c", WORKS, NULL },
    { "mod_asis.c", WORKS, NULL },
    { "mod_auth_basic.c", WORKS, NULL },
    { "mod_auth_digest.c", ADAPTED, "its shared memory is a copy in each "
      "worker: nonces are good everywhere, counts of their use are not" },
    { "mod_auth_form.c", WORKS, NULL },
    { "mod_authn_anon.c", WORKS, NULL },
    { "mod_authn_core.c", WORKS, NULL },
    { "mod_authn_dbd.c", WORKS, NULL },
    { "mod_authn_dbm.c", WORKS, "the file has to be readable for the host's "
      "user" },
    { "mod_authn_file.c", WORKS, "the file has to be readable for the host's "
      "user" },
    { "mod_authn_socache.c", ADAPTED, "what is cached is one worker's" },
    { "mod_authnz_fcgi.c", WORKS, NULL },
    { "mod_authnz_ldap.c", WORKS, NULL },
    { "mod_authz_core.c", WORKS, NULL },
    { "mod_authz_dbd.c", WORKS, NULL },
    { "mod_authz_dbm.c", WORKS, "the file has to be readable for the host's "
      "user" },
    { "mod_authz_groupfile.c", WORKS, "the file has to be readable for the "
      "host's user" },
    { "mod_authz_host.c", WORKS, NULL },
    { "mod_authz_owner.c", WORKS, NULL },
    { "mod_authz_user.c", WORKS, NULL },
    { "mod_autoindex.c", WORKS, NULL },
    { "mod_brotli.c", WORKS, NULL },
    { "mod_bucketeer.c", WORKS, NULL },
    { "mod_buffer.c", WORKS, NULL },
    { "mod_cache.c", WORKS, NULL },
    { "mod_cache_disk.c", WORKS, "a CacheRoot for each user, which that user "
      "alone can write" },
    { "mod_cache_socache.c", ADAPTED, "what is cached is one worker's" },
    { "mod_case_filter.c", WORKS, NULL },
    { "mod_case_filter_in.c", WORKS, NULL },
    { "mod_cern_meta.c", WORKS, NULL },
    { "mod_cgi.c", WORKS, "programs run as the host's user" },
    { "mod_cgid.c", REFUSED, "its daemon would run all hosts' programs as "
      "User; load mod_cgi instead" },
    { "mod_charset_lite.c", WORKS, NULL },
    { "mod_data.c", WORKS, NULL },
    { "mod_dav.c", WORKS, NULL },
    { "mod_dav_fs.c", WORKS, "a DavLockDB for each user, which that user can "
      "write" },
    { "mod_dav_lock.c", WORKS, "a DavGenericLockDB for each user, which that "
      "user can write" },
    { "mod_dbd.c", WORKS, "connections to the database are one worker's" },
    { "mod_deflate.c", WORKS, NULL },
    { "mod_dialup.c", WORKS, "needs an MPM with events, as with prefork" },
    { "mod_dir.c", WORKS, NULL },
    { "mod_dumpio.c", WORKS, NULL },
    { "mod_echo.c", ADAPTED, "ProtocolEcho is refused: only HTTP is spoken" },
    { "mod_env.c", WORKS, NULL },
    { "mod_example_hooks.c", WORKS, NULL },
    { "mod_example_ipc.c", ADAPTED, "its shared memory is a copy in each "
      "worker" },
    { "mod_expires.c", WORKS, NULL },
    { "mod_ext_filter.c", WORKS, "programs run as the host's user" },
    { "mod_file_cache.c", ADAPTED, "CacheFile and MMapFile are refused: root "
      "would open the files, for all hosts" },
    { "mod_filter.c", WORKS, NULL },
    { "mod_headers.c", WORKS, NULL },
    { "mod_heartbeat.c", REFUSED, "it would tell others the numbers of one "
      "worker; there is no memory that workers share" },
    { "mod_heartmonitor.c", REFUSED, "it would listen in the workers of every "
      "user; there is no memory that workers share" },
    { "mod_http2.c", ADAPTED, "h2 and h2c in Protocols are refused: one "
      "connection would carry requests for hosts of several users, in threads "
      "of one process" },
    { "mod_ident.c", WORKS, NULL },
    { "mod_imagemap.c", WORKS, NULL },
    { "mod_include.c", WORKS, NULL },
    { "mod_info.c", WORKS, "shows the whole configuration to whoever may "
      "ask" },
    { "mod_isapi.c", WORKS, "not for this system" },
    { "mod_lbmethod_bybusyness.c", ADAPTED, "counts what one worker does" },
    { "mod_lbmethod_byrequests.c", ADAPTED, "counts what one worker does" },
    { "mod_lbmethod_bytraffic.c", ADAPTED, "counts what one worker does" },
    { "mod_lbmethod_heartbeat.c", REFUSED, "needs mod_heartmonitor, which is "
      "refused" },
    { "mod_log_config.c", ADAPTED, "logs that hosts share are written by a "
      "process of their own" },
    { "mod_log_debug.c", WORKS, NULL },
    { "mod_log_forensic.c", ADAPTED, "logs that hosts share are written by a "
      "process of their own" },
    { "mod_logio.c", WORKS, NULL },
    { "mod_lua.c", WORKS, NULL },
    { "mod_macro.c", WORKS, NULL },
    { "mod_md.c", REFUSED, "certificates would be renewed by the workers of "
      "every user, who cannot read its store; renew them outside of the "
      "server" },
    { "mod_mime.c", WORKS, NULL },
    { "mod_mime_magic.c", WORKS, NULL },
    { "mod_negotiation.c", WORKS, NULL },
    { "mod_netware.c", WORKS, "not for this system" },
    { "mod_nw_ssl.c", WORKS, "not for this system" },
    { "mod_optional_fn_export.c", WORKS, NULL },
    { "mod_optional_fn_import.c", WORKS, NULL },
    { "mod_optional_hook_export.c", WORKS, NULL },
    { "mod_optional_hook_import.c", WORKS, NULL },
    { "mod_privileges.c", REFUSED, "it changes users within a process" },
    { "mod_proxy.c", ADAPTED, "a forward proxy asks with its own name; "
      "connections to backends belong to one worker" },
    { "mod_proxy_ajp.c", WORKS, NULL },
    { "mod_proxy_balancer.c", ADAPTED, "its numbers, and what its manager "
      "changes, are one worker's" },
    { "mod_proxy_connect.c", WORKS, NULL },
    { "mod_proxy_express.c", WORKS, NULL },
    { "mod_proxy_fcgi.c", WORKS, NULL },
    { "mod_proxy_fdpass.c", REFUSED, "a connection that it has given away "
      "would be shut down here" },
    { "mod_proxy_ftp.c", WORKS, NULL },
    { "mod_proxy_hcheck.c", ADAPTED, "each worker asks backends by itself" },
    { "mod_proxy_html.c", WORKS, NULL },
    { "mod_proxy_http.c", WORKS, NULL },
    { "mod_proxy_http2.c", WORKS, NULL },
    { "mod_proxy_scgi.c", WORKS, NULL },
    { "mod_proxy_uwsgi.c", WORKS, NULL },
    { "mod_proxy_wstunnel.c", WORKS, NULL },
    { "mod_ratelimit.c", WORKS, NULL },
    { "mod_reflector.c", WORKS, NULL },
    { "mod_remoteip.c", ADAPTED, "RemoteIPProxyProtocol is refused: its line "
      "comes before the head that says which host is meant" },
    { "mod_reqtimeout.c", ADAPTED, "a head is waited for by a dispatcher, as "
      "long as Timeout says; bodies as with prefork" },
    { "mod_request.c", WORKS, NULL },
    { "mod_rewrite.c", ADAPTED, "RewriteMap prg: is refused" },
    { "mod_sed.c", WORKS, NULL },
    { "mod_session.c", WORKS, NULL },
    { "mod_session_cookie.c", WORKS, NULL },
    { "mod_session_crypto.c", WORKS, NULL },
    { "mod_session_dbd.c", WORKS, NULL },
    { "mod_setenvif.c", WORKS, NULL },
    { "mod_slotmem_plain.c", WORKS, NULL },
    { "mod_slotmem_shm.c", ADAPTED, "its shared memory is a copy in each "
      "worker" },
    { "mod_so.c", WORKS, NULL },
    { "mod_socache_dbm.c", WORKS, "a file for each user, which that user can "
      "write" },
    { "mod_socache_dc.c", WORKS, NULL },
    { "mod_socache_memcache.c", WORKS, NULL },
    { "mod_socache_redis.c", WORKS, NULL },
    { "mod_socache_shmcb.c", ADAPTED, "its shared memory is a copy in each "
      "worker" },
    { "mod_speling.c", WORKS, NULL },
    { "mod_ssl.c", ADAPTED, "the user is found by the name in the handshake "
      "(SNI); the session cache is a copy in each worker" },
    { "mod_status.c", ADAPTED, "shows the workers of all users" },
    { "mod_substitute.c", WORKS, NULL },
    { "mod_suexec.c", REFUSED, "a worker has no right left that suexec could "
      "use, and AssignUserID does what it is for" },
    { "mod_systemd.c", ADAPTED, "says when the server is ready; no statistics "
      "later" },
    { "mod_unique_id.c", WORKS, "each worker has a pid of its own" },
    { "mod_unixd.c", ADAPTED, "has User and Group; ChrootDir is refused" },
    { "mod_userdir.c", ADAPTED, "programs run as the host's user, never by "
      "suexec" },
    { "mod_usertrack.c", WORKS, NULL },
    { "mod_version.c", WORKS, NULL },
    { "mod_vhost_alias.c", WORKS, "all hosts of one <VirtualHost> have its "
      "user" },
    { "mod_watchdog.c", ADAPTED, "each worker has what it watches; nothing "
      "runs once for the whole server" },
    { "mod_win32.c", WORKS, "not for this system" },
    { "mod_xml2enc.c", WORKS, NULL },
    { "util_ldap.c", ADAPTED, "its cache is a copy in each worker" },
    { NULL, WORKS, NULL }
};

/* Directives that have root do, once, what is then every host's. */
typedef struct {
    const char *directive;
    int word;                   /* of its arguments, from 0; -1: any use */
    const char *begins;         /* with this */
    const char *why;
} refused_use;

static const refused_use uses[] = {
    { "RewriteMap", 1, "prg:", "the program would run as root, for all hosts, "
      "and its lock belongs to User; use a txt:, dbm: or int: map" },
    { "CacheFile", -1, NULL, "root would open the files, and every host's "
      "worker could read them" },
    { "MMapFile", -1, NULL, "root would map the files, and every host's "
      "worker could read them" },
    { "RemoteIPProxyProtocol", 0, "on", "its line comes before the head, and "
      "the head says which host is meant; let the proxy send X-Forwarded-For "
      "(RemoteIPHeader)" },
    { "Suexec", 0, "on", "a worker has no right left that suexec could use, "
      "and AssignUserID does what it is for" },
    { "ProtocolEcho", 0, "on", "connections are passed on by their HTTP "
      "heads" },
    { "ListenCoresBucketsRatio", -1, NULL, "dispatchers share the listening "
      "sockets; for more processors see ItkDispatchers" },
    { NULL, 0, NULL, NULL }
};

/* Which of the protocols here cannot be; NULL: none. */
static const char *refused_protocol(apr_pool_t *p, const ap_directive_t *node)
{
    const char *args = node->args, *word;

    if (strcasecmp(node->directive, "Protocols") != 0) {
        return NULL;
    }
    while (*(word = ap_getword_conf(p, &args)) != '\0') {
        if (strcasecmp(word, "h2") == 0 || strcasecmp(word, "h2c") == 0) {
            return word;
        }
    }
    return NULL;
}

static int is_refused(apr_pool_t *p, const refused_use *use,
                      const ap_directive_t *node)
{
    const char *args = node->args, *word = NULL;
    int i;

    if (strcasecmp(node->directive, use->directive) != 0) {
        return 0;
    }
    if (use->word < 0) {
        return 1;
    }
    for (i = 0; i <= use->word; i++) {
        word = ap_getword_conf(p, &args);
    }
    return strncasecmp(word, use->begins, strlen(use->begins)) == 0;
}

static int check_use(apr_pool_t *p, const ap_directive_t *node, void *baton)
{
    itk_fault *fault = baton;
    const char *protocol = refused_protocol(p, node);
    const refused_use *use;

    if (protocol) {
        fault->directive = node;
        fault->why = apr_psprintf(p, "Protocols %s is refused: one connection "
                                  "of HTTP/2 carries requests for hosts of "
                                  "several users, and mod_http2 answers them "
                                  "by threads of one process; use Protocols "
                                  "http/1.1, and speak HTTP/2 in a proxy in "
                                  "front that keeps connections apart by host",
                                  protocol);
        return -1;
    }

    for (use = uses; use->directive; use++) {
        if (is_refused(p, use, node)) {
            fault->directive = node;
            fault->why = apr_pstrcat(p, use->directive,
                                     use->begins ? " " : "",
                                     use->begins ? use->begins : "",
                                     " is refused: ", use->why, NULL);
            return -1;
        }
    }
    return 0;
}

int itk_modules_check(apr_pool_t *p, itk_fault *fault)
{
    const shipped *one;

    for (one = table; one->module; one++) {
        if (one->verdict == REFUSED && ap_find_linked_module(one->module)) {
            fault->why = apr_psprintf(p, "%.*s is refused: %s",
                                      (int)strlen(one->module) - 2,
                                      one->module, one->why);
            return -1;
        }
    }
    return itk_tree_walk(p, ap_conftree, check_use, fault);
}
