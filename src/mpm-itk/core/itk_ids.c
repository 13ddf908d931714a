/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "itk_ids.h"
#include "itk_guard.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

const char *itk_number_parse(const char *text, long long lowest, long long highest,
                             long long *out)
{
    const char *digit = text;
    char *end;
    long long value;

    if (*digit == '-') {
        digit++;
    }
    /* strtoll would take blanks, a plus sign and an empty string as well */
    if (*digit < '0' || *digit > '9') {
        return "not a number";
    }
    errno = 0;
    value = strtoll(text, &end, 10);
    if (*end != '\0') {
        return "not a number";
    }
    if (errno == ERANGE || value < lowest || value > highest) {
        return "the number is out of range";
    }
    *out = value;
    return NULL;
}

static const char *id_number(const char *text, unsigned int *out)
{
    long long value;
    const char *err = itk_number_parse(text, 0, (long long)UINT_MAX, &value);

    if (err) {
        return err;
    }
    if (value == 0 && ITK_GUARD("uid-zero")) {
        return "id 0 is root's, and is never switched to";
    }
    if (value > (long long)ITK_ID_HIGHEST) {
        return "this number means \"no change\" to the kernel";
    }
    *out = (unsigned int)value;
    return NULL;
}

/* A name or "#number" to an id; *pw is the user's entry where there is one. */
static const char *id_lookup(itk_kind kind, const char *text,
                             unsigned int *out, struct passwd **pw)
{
    struct group *gr;
    const char *err;

    *pw = NULL;
    if (text[0] == '#') {
        if ((err = id_number(text + 1, out)) != NULL) {
            return err;
        }
        if (kind == ITK_USER) {
            *pw = getpwuid((uid_t)*out);
        }
        return NULL;
    }
    if (kind == ITK_USER) {
        if ((*pw = getpwnam(text)) == NULL) {
            return "no such user";
        }
        *out = (*pw)->pw_uid;
    }
    else {
        if ((gr = getgrnam(text)) == NULL) {
            return "no such group";
        }
        *out = gr->gr_gid;
    }
    if (*out == 0 && ITK_GUARD("uid-zero")) {
        return "id 0 is root's, and is never switched to";
    }
    if (*out > ITK_ID_HIGHEST) {
        return "this number means \"no change\" to the kernel";
    }
    return NULL;
}

static int by_number(const void *a, const void *b)
{
    gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

    return (x > y) - (x < y);
}

/* Supplementary groups of name, or the one group if there is no name. */
static const char *groups_of(const char *name, gid_t gid, itk_identity *out)
{
    int room = 16, count, i, kept = 0;
    gid_t *list = NULL, *bigger;

    for (;;) {
        count = room;
        if ((bigger = realloc(list, (size_t)room * sizeof(*list))) == NULL) {
            free(list);
            return "out of memory while reading the user's groups";
        }
        list = bigger;
        if (name == NULL) {
            list[0] = gid;
            count = 1;
            break;
        }
        if (getgrouplist(name, gid, list, &count) >= 0) {
            break;
        }
        if (room >= NGROUPS_MAX) {
            free(list);
            return "the user is in more groups than the kernel takes";
        }
        room = count > room ? count : room * 2;
    }

    qsort(list, (size_t)count, sizeof(*list), by_number);
    for (i = 0; i < count; i++) {
        if (kept == 0 || list[i] != list[kept - 1]) {
            list[kept++] = list[i];
        }
    }
    out->groups = list;
    out->ngroups = kept;
    return NULL;
}

const char *itk_identity_resolve(const char *user, const char *group,
                                 itk_identity *out)
{
    itk_account account;

    return itk_identity_look_up(user, group, out, &account);
}

const char *itk_identity_look_up(const char *user, const char *group,
                                 itk_identity *out, itk_account *account)
{
    itk_identity found;
    unsigned int uid, gid;
    struct passwd *pw, *unused;
    char *name = NULL;
    const char *err;

    if ((err = id_lookup(ITK_USER, user, &uid, &pw)) != NULL) {
        return err;
    }
    /* pw points into the library's buffer, which the next call reuses */
    if (pw && (name = strdup(pw->pw_name)) == NULL) {
        return "out of memory while reading the user's groups";
    }
    account->gid = pw ? pw->pw_gid : (gid_t)uid;
    account->name[0] = '\0';
    if (name && strlen(name) < sizeof(account->name)) {
        strcpy(account->name, name);
    }
    if ((err = id_lookup(ITK_GROUP, group, &gid, &unused)) == NULL) {
        found.uid = (uid_t)uid;
        found.gid = (gid_t)gid;
        err = groups_of(name, found.gid, &found);
    }
    free(name);
    if (err == NULL) {
        *out = found;
    }
    return err;
}

const char *itk_identity_refused(const itk_identity *who,
                                 const itk_limits *limits)
{
    int i;

    if ((who->uid == 0 || who->gid == 0) && ITK_GUARD("uid-zero")) {
        return "id 0 is root's, and is never switched to";
    }
    if (who->uid > ITK_ID_HIGHEST || who->gid > ITK_ID_HIGHEST) {
        return "this number means \"no change\" to the kernel";
    }
    if (who->ngroups < 1 || who->groups == NULL) {
        return "the group list is missing";
    }
    for (i = 0; i < who->ngroups; i++) {
        if (who->groups[i] == 0 && ITK_GUARD("uid-zero")) {
            return "the user is a member of group 0, which is root's";
        }
    }
    if (!ITK_GUARD("ids-range")) {
        return NULL;
    }
    /* the lab build lets one of the two through at a time */
    if ((who->uid != 0 || ITK_GUARD("uid-zero"))
        && (who->uid < limits->uid_min || who->uid > limits->uid_max)) {
        return "the user is outside of LimitUIDRange";
    }
    if ((who->gid != 0 || ITK_GUARD("uid-zero"))
        && (who->gid < limits->gid_min || who->gid > limits->gid_max)) {
        return "the group is outside of LimitGIDRange";
    }
    return NULL;
}

int itk_identity_same(const itk_identity *a, const itk_identity *b)
{
    return a->uid == b->uid && a->gid == b->gid
        && a->ngroups == b->ngroups
        && memcmp(a->groups, b->groups,
                  (size_t)a->ngroups * sizeof(gid_t)) == 0;
}

const char *itk_range_parse(itk_kind kind, const char *min, const char *max,
                            unsigned int *out_min, unsigned int *out_max)
{
    const char *text[2], *err;
    unsigned int value[2];
    struct passwd *unused;
    int i;

    text[0] = min;
    text[1] = max;
    for (i = 0; i < 2; i++) {
        if ((text[i][0] >= '0' && text[i][0] <= '9') || text[i][0] == '-') {
            err = id_number(text[i], &value[i]);
        }
        else {
            err = id_lookup(kind, text[i], &value[i], &unused);
        }
        if (err) {
            return err;
        }
    }
    if (value[0] > value[1]) {
        return "the lower end is above the upper end";
    }
    *out_min = value[0];
    *out_max = value[1];
    return NULL;
}
