/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The modules that come with httpd 2.0, and what becomes of each when workers
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
    { "mod_access.c", WORKS, NULL },
    { "mod_actions.c", WORKS, NULL },
    { "mod_alias.c", WORKS, NULL },
    { "mod_asis.c", WORKS, NULL },
    { "mod_auth.c", WORKS, "the file has to be readable for the host's user" },
    { "mod_auth_anon.c", WORKS, NULL },
    { "mod_auth_dbm.c", WORKS, "the file has to be readable for the host's "
      "user" },
    { "mod_auth_digest.c", ADAPTED, "its shared memory is a copy in each "
      "worker: nonces are good everywhere, counts of their use are not" },
    { "mod_auth_ldap.c", WORKS, NULL },
    { "mod_autoindex.c", WORKS, NULL },
    { "mod_bucketeer.c", WORKS, NULL },
    { "mod_cache.c", WORKS, NULL },
    { "mod_case_filter.c", WORKS, NULL },
    { "mod_case_filter_in.c", WORKS, NULL },
    { "mod_cern_meta.c", WORKS, NULL },
    { "mod_cgi.c", WORKS, "programs run as the host's user" },
    { "mod_cgid.c", REFUSED, "its daemon would run all hosts' programs as "
      "User; load mod_cgi instead" },
    { "mod_charset_lite.c", WORKS, NULL },
    { "mod_dav.c", WORKS, NULL },
    { "mod_dav_fs.c", WORKS, "a DavLockDB for each user, which that user can "
      "write" },
    { "mod_deflate.c", WORKS, NULL },
    { "mod_dir.c", WORKS, NULL },
    { "mod_disk_cache.c", WORKS, "a CacheRoot for each user, which that user "
      "alone can write" },
    { "mod_dumpio.c", WORKS, NULL },
    { "mod_echo.c", ADAPTED, "never asked: only HTTP is spoken" },
    { "mod_env.c", WORKS, NULL },
    { "mod_example.c", WORKS, NULL },
    { "mod_expires.c", WORKS, NULL },
    { "mod_ext_filter.c", WORKS, "programs run as the host's user" },
    { "mod_file_cache.c", ADAPTED, "CacheFile and MMapFile are refused: root "
      "would open the files, for all hosts" },
    { "mod_headers.c", WORKS, NULL },
    { "mod_imap.c", WORKS, NULL },
    { "mod_include.c", WORKS, NULL },
    { "mod_info.c", WORKS, "shows the whole configuration to whoever may ask" },
    { "mod_isapi.c", WORKS, "not for this system" },
    { "mod_log_config.c", ADAPTED, "logs that hosts share are written by a "
      "process of their own" },
    { "mod_log_forensic.c", ADAPTED, "logs that hosts share are written by a "
      "process of their own" },
    { "mod_logio.c", WORKS, NULL },
    { "mod_mem_cache.c", WORKS, "a cache in each worker, lost with it" },
    { "mod_mime.c", WORKS, NULL },
    { "mod_mime_magic.c", WORKS, NULL },
    { "mod_negotiation.c", WORKS, NULL },
    { "mod_netware.c", WORKS, "not for this system" },
    { "mod_nw_ssl.c", WORKS, "not for this system" },
    { "mod_optional_fn_export.c", WORKS, NULL },
    { "mod_optional_fn_import.c", WORKS, NULL },
    { "mod_optional_hook_export.c", WORKS, NULL },
    { "mod_optional_hook_import.c", WORKS, NULL },
    { "mod_proxy.c", ADAPTED, "a forward proxy asks with its own name; "
      "connections to backends belong to one worker" },
    { "mod_rewrite.c", ADAPTED, "RewriteMap prg: is refused; the lock of "
      "RewriteLog is User's, so that log is for finding mistakes" },
    { "mod_setenvif.c", WORKS, NULL },
    { "mod_so.c", WORKS, NULL },
    { "mod_speling.c", WORKS, NULL },
    { "mod_ssl.c", ADAPTED, "one user an address; private keys and ticket keys "
      "are in their own user's workers alone; the session cache is a copy in "
      "each worker, tickets serve all of a user" },
    { "mod_status.c", ADAPTED, "shows the workers of all users" },
    { "mod_suexec.c", REFUSED, "a worker has no right left that suexec could "
      "use, and AssignUserID does what it is for" },
    { "mod_unique_id.c", WORKS, "each worker has a pid of its own" },
    { "mod_userdir.c", ADAPTED, "programs run as the host's user, never by "
      "suexec" },
    { "mod_usertrack.c", WORKS, NULL },
    { "mod_version.c", WORKS, NULL },
    { "mod_vhost_alias.c", WORKS, "all hosts of one <VirtualHost> have its "
      "user" },
    { "mod_win32.c", WORKS, "not for this system" },
    { "proxy_connect.c", WORKS, NULL },
    { "proxy_ftp.c", WORKS, NULL },
    { "proxy_http.c", WORKS, NULL },
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
    { "SSLSessionCache", 0, "dbm:", "one file would hold the sessions of all "
      "users, for all of them to read; use shmcb: (each worker has a copy) and "
      "tickets, which need no cache" },
    { "SSLProxyMachineCertificateFile", -1, NULL, "its private key would be in "
      "the memory of every user's workers" },
    { "SSLProxyMachineCertificatePath", -1, NULL, "its private keys would be "
      "in the memory of every user's workers" },
    { NULL, 0, NULL, NULL }
};

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
    const refused_use *use;

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
