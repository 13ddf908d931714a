/* SPDX-License-Identifier: Apache-2.0 */

/*
 * MaxClientsVHost: one number a child, in memory that the parent shares with
 * its children.  Workers have a private copy and cannot change it.
 */

#include "itk.h"

#include "apr_time.h"
#include <stdint.h>
#include <sys/mman.h>

static volatile uint64_t *slots;
static int slot_count;

int itk_slots_create(void)
{
    void *shared;

    if (slots) {                /* kept over restarts, like ServerLimit */
        return 0;
    }
    shared = mmap(NULL, sizeof(*slots) * (size_t)itk_conf.server_limit,
                  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return -1;
    }
    slots = shared;
    slot_count = itk_conf.server_limit;
    return 0;
}

static uint64_t mix(uint64_t hash, const char *text)
{
    for (; text && *text; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/*
 * A vhost by name and port: its place in the list can change with a graceful
 * restart, while children of before are still at work.
 */
static uint64_t key_of(const server_rec *s)
{
    uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), s->server_hostname);

    hash = (hash ^ s->port) * UINT64_C(0x100000001b3);
    hash ^= s->is_virtual ? 1u : 0u;
    hash >>= 1;                 /* the highest bit is ASKING */
    return hash ? hash : 1;
}

/* A place that is asked for and not yet given. */
#define ASKING (UINT64_C(1) << 63)
#define TRIES  50

static int count_slots(uint64_t key, int *given)
{
    int i, all = 0;

    *given = 0;
    for (i = 0; i < slot_count; i++) {
        uint64_t value = slots[i];

        all += (value & ~ASKING) == key;
        *given += value == key;
    }
    return all;
}

/*
 * First ask, then count: of several that come together none is let in above
 * the limit. If that would leave a place empty all step back and try again,
 * each after a time of its own.
 */
int itk_slots_take(int slot, const server_rec *s, int max_clients)
{
    uint64_t key = key_of(s);
    int try, given;

    if (slot < 0 || slot >= slot_count) {
        return 0;
    }
    if (max_clients <= 0) {
        slots[slot] = key;
        return 1;
    }
    for (try = 0; try < TRIES; try++) {
        slots[slot] = key | ASKING;
        __sync_synchronize();
        if (count_slots(key, &given) <= max_clients) {
            slots[slot] = key;
            return 1;
        }
        slots[slot] = 0;
        if (given >= max_clients) {
            break;
        }
        apr_sleep(50 + (apr_interval_time_t)((slot * 7 + try * 13) % 40) * 25);
    }
    return 0;
}

void itk_slots_give_back(int slot)
{
    if (slot >= 0 && slot < slot_count) {
        slots[slot] = 0;
    }
}

void itk_slots_clear(void)
{
    int slot;

    for (slot = 0; slot < slot_count; slot++) {
        slots[slot] = 0;
    }
}
