/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Root opens logs, and starts the programs of piped logs.  Whoever can write to
 * a folder on the way to one puts a link there, and root opens what the link
 * names.  So no folder on such a way may be a pool's to write.
 */

#include "itk.h"

#include "apr_lib.h"
#include <limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LINKS_MAX 40            /* as many as the kernel follows */

typedef struct {
    apr_pool_t *p;
    itk_fault *fault;
    apr_hash_t *uids;           /* of pools and dispatchers: itk_pool.name */
    apr_hash_t *gids;
    apr_hash_t *good;           /* folders that were looked at */
} checker;

/* ---- who can write ------------------------------------------------------ */

static void note(checker *k, const itk_identity *who, const char *name)
{
    int i;

    apr_hash_set(k->uids, &who->uid, sizeof(who->uid), name);
    apr_hash_set(k->gids, &who->gid, sizeof(who->gid), name);
    for (i = 0; i < who->ngroups; i++) {
        apr_hash_set(k->gids, &who->groups[i], sizeof(gid_t), name);
    }
}

static void note_everybody(checker *k)
{
    int i;

    for (i = 0; i < itk_this_run.pool_count; i++) {
        note(k, &itk_this_run.pools[i].who, itk_this_run.pools[i].name);
    }
    note(k, &itk_this_run.dispatcher, "the dispatchers");
}

/* NULL, or who.  A bit of the mode may stand for a list of access rights. */
static const char *writer_of(checker *k, const char *folder,
                             const struct stat *st)
{
    const char *name = apr_hash_get(k->uids, &st->st_uid, sizeof(st->st_uid));

    if (name) {
        return name;            /* an owner can give itself the right */
    }
    if (st->st_mode & S_IWOTH) {
        return "everybody";
    }
    if (st->st_mode & S_IWGRP) {
        name = apr_hash_get(k->gids, &st->st_gid, sizeof(st->st_gid));
        if (name == NULL
            && getxattr(folder, "system.posix_acl_access", NULL, 0) > 0) {
            name = "whom its access control list names";
        }
    }
    return name;
}

/* ---- the way to a file -------------------------------------------------- */

/* 1: it may stand on the way to next (NULL: the file itself); else *who. */
static int is_safe(checker *k, const char *folder, const struct stat *next,
                   const char **who)
{
    const char *key = next ? folder : apr_pstrcat(k->p, folder, "//", NULL);
    struct stat st;

    if (apr_hash_get(k->good, key, APR_HASH_KEY_STRING)) {
        return 1;
    }
    if (stat(folder, &st) != 0) {
        return 1;               /* root will not get there either */
    }
    *who = writer_of(k, folder, &st);
    /* in /tmp nobody can replace what is root's: but a new name can be made */
    if (*who && next && (st.st_mode & S_ISVTX)
        && apr_hash_get(k->uids, &st.st_uid, sizeof(st.st_uid)) == NULL) {
        return apr_hash_get(k->uids, &next->st_uid, sizeof(next->st_uid))
               == NULL;         /* not remembered: it depends on next */
    }
    if (*who) {
        return 0;
    }
    apr_hash_set(k->good, apr_pstrdup(k->p, key), APR_HASH_KEY_STRING, "");
    return 1;
}

/*
 * Goes the way that the kernel would go.  NULL: safe; else the folder that is
 * not, and *who can write to it.
 */
static const char *unsafe_folder(checker *k, const char *path,
                                 const char **who)
{
    char *rest = apr_pstrdup(k->p, path), *slash, *name;
    const char *at = "/", *here;
    char target[PATH_MAX];
    struct stat st;
    ssize_t length;
    int links = 0, is_there;

    while (*rest) {
        while (*rest == '/') {
            rest++;
        }
        if ((name = rest)[0] == '\0') {
            break;
        }
        slash = strchr(rest, '/');
        rest = slash ? slash + 1 : rest + strlen(rest);
        if (slash) {
            *slash = '\0';
        }
        if (strcmp(name, ".") == 0) {
            continue;
        }
        if (strcmp(name, "..") == 0) {
            slash = strrchr(at, '/');
            at = slash && slash != at ? apr_pstrndup(k->p, at, slash - at)
                                      : "/";
            continue;
        }
        here = apr_pstrcat(k->p, at[1] ? at : "", "/", name, NULL);
        is_there = lstat(here, &st) == 0;
        if (!is_safe(k, at, is_there && *rest ? &st : NULL, who)) {
            return at;
        }
        if (!is_there) {
            break;
        }
        if (!S_ISLNK(st.st_mode)) {
            at = here;
            continue;
        }
        length = readlink(here, target, sizeof(target) - 1);
        if (length <= 0 || ++links > LINKS_MAX) {
            break;
        }
        target[length] = '\0';
        rest = apr_pstrcat(k->p, target, "/", rest, NULL);
        /* the slash only for what follows: a link to a file stays a file */
        if (rest[length + 1] == '\0') {
            rest[length] = '\0';
        }
        if (target[0] == '/') {
            at = "/";
        }
    }
    return NULL;
}

/* ---- directives --------------------------------------------------------- */

/*
 * What root opens for the configuration (itk_line_files), and the folders that
 * root makes files in (itk_line_folders).  A program begins with '|'; some have a
 * kind before the path, and a size behind it (file:/path, shmcb:/path(512000)).
 */

static int blame(checker *k, const ap_directive_t *node, const char *what,
                 const char *folder, const char *who)
{
    k->fault->directive = node;
    k->fault->why = apr_psprintf(k->p, "%s %s: the folder %s can be written "
                                 "by %s, who could put a link there for root "
                                 "to open; take that right away, or use a "
                                 "folder that only root can write",
                                 node ? node->directive : "the folder of",
                                 what, folder, who);
    return -1;
}

static int check_path(checker *k, const ap_directive_t *node, const char *what)
{
    const char *path = ap_server_root_relative(k->p, what);
    const char *who = NULL, *folder;

    if (path && (folder = unsafe_folder(k, path, &who)) != NULL) {
        return blame(k, node, what, folder, who);
    }
    return 0;
}

static int is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++) {
        if (strcasecmp(name, *list) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The path in shmcb:/path(512000); the text itself if it has no kind. */
static const char *without_kind(apr_pool_t *p, const char *text)
{
    const char *path = strstr(text, ":/"), *size;

    if (path == NULL || memchr(text, '/', (size_t)(path - text)) != NULL) {
        return text;
    }
    size = strrchr(++path, '(');
    return size ? apr_pstrmemdup(p, path, (apr_size_t)(size - path)) : path;
}

static int check_directive(apr_pool_t *p, const ap_directive_t *node,
                           void *baton)
{
    checker *k = baton;
    const char *args = node->args, *what;
    int is_folder = is_one_of(node->directive, itk_line_folders);

    if (!is_folder && !is_one_of(node->directive, itk_line_files)) {
        return 0;
    }
    what = without_kind(p, ap_getword_conf(p, &args));
    if (is_folder) {
        return strcasecmp(node->directive, "Mutex") == 0 && *what != '/'
            ? 0 : check_path(k, node, apr_pstrcat(p, what, "/x", NULL));
    }
    if (*what == '|') {
        /* as root; what it does itself with what it is given is its affair */
        for (what++; apr_isspace(*what); what++) {
        }
        what = ap_getword_conf(p, &what);
        return *what == '/' ? check_path(k, node, what) : 0;
    }
    if (*what == '\0' || strncasecmp(what, "syslog", 6) == 0) {
        return 0;
    }
    return check_path(k, node, what);
}

int itk_paths_check(apr_pool_t *p, itk_fault *fault)
{
    checker k;

    k.p = p;
    k.fault = fault;
    k.uids = apr_hash_make(p);
    k.gids = apr_hash_make(p);
    k.good = apr_hash_make(p);
    note_everybody(&k);
    if (itk_tree_walk(p, ap_conftree, check_directive, &k) != 0) {
        return -1;
    }
    /* where nothing is said: dispatchers get an empty folder made here */
    return check_path(&k, NULL, apr_pstrcat(p, itk_runtime_folder(p), "/x",
                                            NULL));
}
