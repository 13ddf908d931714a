/* SPDX-License-Identifier: Apache-2.0 */

#include "check.h"
#include "faults.h"
#include "itk_ids.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const fake_name users[] = {
    { "root", 0 }, { "alice", 1001 }, { "toor", 0 },
    { "minus", 0xffffffffu }, { NULL, 0 }
};
static const fake_name groups[] = {
    { "root", 0 }, { "alice", 2001 }, { "minus", 0xffffffffu }, { NULL, 0 }
};
static const itk_limits any = ITK_LIMITS_DEFAULT;

static void refused_identities(void)
{
    static const struct { const char *user, *group, *why; } table[] = {
        { "root", "alice", "id 0" },
        { "toor", "alice", "id 0" },
        { "#0", "alice", "id 0" },
        { "#00", "alice", "id 0" },
        { "alice", "root", "id 0" },
        { "alice", "#0", "id 0" },
        { "nobody-here", "alice", "no such user" },
        { "alice", "nobody-here", "no such group" },
        { "", "alice", "no such user" },
        { "alice", "", "no such group" },
        { "1001", "alice", "no such user" },
        { "#", "alice", "not a number" },
        { "#-", "alice", "not a number" },
        { "#-1", "alice", "out of range" },
        { "#+1", "alice", "not a number" },
        { "# 1", "alice", "not a number" },
        { "#1 ", "alice", "not a number" },
        { "#1x", "alice", "not a number" },
        { "#0x10", "alice", "not a number" },
        { "#4294967295", "alice", "no change" },
        { "#4294967296", "alice", "out of range" },
        { "#18446744073709551617", "alice", "out of range" },
        { "#99999999999999999999999", "alice", "out of range" },
        { "alice", "#4294967295", "no change" },
        { "minus", "alice", "no change" },
        { "alice", "minus", "no change" },
    };
    itk_identity who;
    const char *err;
    size_t i;

    test_begin("bad users and groups are refused, each for its reason");
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        memset(&who, 0x5a, sizeof(who));
        err = itk_identity_resolve(table[i].user, table[i].group, &who);
        CLAIM_OF(err != NULL, "\"%s\" \"%s\"", table[i].user, table[i].group);
        CLAIM_OF(err && strstr(err, table[i].why), "\"%s\" \"%s\" gave: %s",
                 table[i].user, table[i].group, err ? err : "nothing");
        CLAIM(who.uid == 0x5a5a5a5a);
    }
    test_end();
}

static void resolved_identities(void)
{
    static const unsigned int extra[] = { 50, 2001, 7, 50 };
    itk_identity who;

    test_begin("a named user has all of its groups, sorted, each once");
    users_fake(users, groups, extra, 4);
    CLAIM(itk_identity_resolve("alice", "alice", &who) == NULL);
    CLAIM(who.uid == 1001 && who.gid == 2001 && who.ngroups == 3);
    CLAIM(who.groups[0] == 7 && who.groups[1] == 50 && who.groups[2] == 2001);
    free(who.groups);
    test_end();

    test_begin("a number with a name has that user's groups");
    CLAIM(itk_identity_resolve("#1001", "#2001", &who) == NULL);
    CLAIM(who.ngroups == 3);
    free(who.groups);
    test_end();

    test_begin("a number without a name has its group alone");
    CLAIM(itk_identity_resolve("#4294967294", "#3", &who) == NULL);
    CLAIM(who.uid == 0xfffffffe && who.ngroups == 1 && who.groups[0] == 3);
    free(who.groups);
    test_end();
}

static void many_groups(void)
{
    unsigned int extra[300];
    itk_identity who;
    int i;

    test_begin("a user in 300 groups keeps them all");
    for (i = 0; i < 300; i++) {
        extra[i] = 10000u + (unsigned int)i;
    }
    users_fake(users, groups, extra, 300);
    CLAIM(itk_identity_resolve("alice", "alice", &who) == NULL);
    CLAIM_OF(who.ngroups == 301, "%d", who.ngroups);
    free(who.groups);
    test_end();
}

static void no_memory(void)
{
    static const unsigned int extra[] = { 50 };
    itk_identity who;
    const char *err;
    int calls, i;

    test_begin("no memory for the groups means no identity");
    users_fake(users, groups, extra, 1);
    faults_arm(0, 0);
    err = itk_identity_resolve("alice", "alice", &who);
    calls = faults_disarm();
    CLAIM(err == NULL && calls == 2);
    free(who.groups);
    for (i = 1; i <= calls; i++) {
        faults_arm(i, ENOMEM);
        err = itk_identity_resolve("alice", "alice", &who);
        faults_disarm();
        CLAIM_OF(err && strstr(err, "memory"), "call %d", i);
    }
    test_end();
}

static void refusals(void)
{
    gid_t good[] = { 20, 100 }, with_root[] = { 0, 100 };
    itk_identity who = { 1000, 100, 2, good };
    itk_limits limits = { 1000, 2000, 100, 200 };

    test_begin("the ends of a range are in it, the next ids are not");
    CLAIM(itk_identity_refused(&who, &limits) == NULL);
    who.uid = 2000;
    CLAIM(itk_identity_refused(&who, &limits) == NULL);
    who.uid = 999;
    CLAIM(itk_identity_refused(&who, &limits) != NULL);
    who.uid = 2001;
    CLAIM(itk_identity_refused(&who, &limits) != NULL);
    who.uid = 1000;
    who.gid = 99;
    CLAIM(itk_identity_refused(&who, &limits) != NULL);
    who.gid = 201;
    CLAIM(itk_identity_refused(&who, &limits) != NULL);
    who.gid = 200;
    CLAIM(itk_identity_refused(&who, &limits) == NULL);
    test_end();

    test_begin("root is refused whatever the range says");
    limits.uid_min = limits.gid_min = 0;
    limits.uid_max = limits.gid_max = 0xffffffffu;
    who.uid = 0;
    CLAIM(itk_identity_refused(&who, &limits) != NULL);
    who.uid = 0xffffffffu;
    CLAIM(itk_identity_refused(&who, &limits) != NULL);
    who.uid = 1000;
    who.gid = 0;
    CLAIM(itk_identity_refused(&who, &limits) != NULL);
    who.gid = 0xffffffffu;
    CLAIM(itk_identity_refused(&who, &limits) != NULL);
    who.gid = 100;
    CLAIM(itk_identity_refused(&who, &limits) == NULL);
    who.groups = with_root;
    CLAIM(itk_identity_refused(&who, &limits) != NULL);
    test_end();

    test_begin("an identity without a group list is refused");
    who.ngroups = 0;
    CLAIM(itk_identity_refused(&who, &any) != NULL);
    who.ngroups = 2;
    who.groups = NULL;
    CLAIM(itk_identity_refused(&who, &any) != NULL);
    test_end();
}

static void ranges(void)
{
    static const struct { const char *min, *max; int good; } table[] = {
        { "1000", "2000", 1 }, { "#1000", "#2000", 1 }, { "alice", "2000", 1 },
        { "5", "5", 1 }, { "1", "4294967294", 1 },
        { "2000", "1000", 0 }, { "0", "10", 0 }, { "-5", "10", 0 },
        { "1", "4294967295", 0 }, { "1", "9999999999999999999999", 0 },
        { "1k", "2000", 0 }, { "", "2000", 0 }, { "nobody-here", "9999", 0 },
        { "1.5", "2", 0 },
    };
    unsigned int low, high;
    const char *err;
    size_t i;

    test_begin("ranges: names and numbers, in order, without 0");
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        low = high = 77;
        err = itk_range_parse(ITK_USER, table[i].min, table[i].max,
                              &low, &high);
        CLAIM_OF((err == NULL) == table[i].good, "\"%s\" \"%s\": %s",
                 table[i].min, table[i].max, err ? err : "taken");
        CLAIM(err == NULL || (low == 77 && high == 77));
    }
    test_end();
}

static void numbers(void)
{
    long long value = 77;

    test_begin("numbers: whole, decimal, within the bounds");
    CLAIM(itk_number_parse("-20", -20, 19, &value) == NULL && value == -20);
    CLAIM(itk_number_parse("19", -20, 19, &value) == NULL && value == 19);
    value = 77;
    CLAIM(itk_number_parse("20", -20, 19, &value) != NULL);
    CLAIM(itk_number_parse("-21", -20, 19, &value) != NULL);
    CLAIM(itk_number_parse("", -20, 19, &value) != NULL);
    CLAIM(itk_number_parse("-", -20, 19, &value) != NULL);
    CLAIM(itk_number_parse("--1", -20, 19, &value) != NULL);
    CLAIM(itk_number_parse(" 1", -20, 19, &value) != NULL);
    CLAIM(itk_number_parse("1e1", -20, 19, &value) != NULL);
    CLAIM(itk_number_parse("99999999999999999999", -20, 19, &value) != NULL);
    CLAIM(itk_number_parse("-99999999999999999999", -20, 19, &value) != NULL);
    CLAIM(value == 77);
    test_end();
}

static void sameness(void)
{
    gid_t one[] = { 5, 9 }, two[] = { 5, 9 }, three[] = { 5, 8 };
    itk_identity a = { 1, 5, 2, one }, b = { 1, 5, 2, two };

    test_begin("two identities are the same with uid, gid and every group");
    CLAIM(itk_identity_same(&a, &b));
    b.groups = three;
    CLAIM(!itk_identity_same(&a, &b));
    b.groups = two;
    b.ngroups = 1;
    CLAIM(!itk_identity_same(&a, &b));
    b.ngroups = 2;
    b.uid = 2;
    CLAIM(!itk_identity_same(&a, &b));
    b.uid = 1;
    b.gid = 9;
    CLAIM(!itk_identity_same(&a, &b));
    test_end();
}

void test_ids(void)
{
    static const unsigned int none[] = { 0 };

    users_fake(users, groups, none, 0);
    refused_identities();
    ranges();
    resolved_identities();
    many_groups();
    no_memory();
    users_real();
    refusals();
    numbers();
    sameness();
}
