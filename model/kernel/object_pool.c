#include "object_pool.h"

#include <stdlib.h>

#include "poison.h"

#define NOT_LIVE SIZE_MAX

_Static_assert(sizeof(struct flt_object) % 8 == 0, "flt_poison needs whole units");

static size_t slots_in(uint32_t segment) {
    return (size_t)FLT_POOL_FIRST << segment;
}

static struct flt_object_slot *slot_of(struct flt_object *object) {
    return (struct flt_object_slot *)(void *)object; /* its first member */
}

static void make_stale(struct flt_object_slot *slot) {
    slot->place = NOT_LIVE;
    slot->object = (struct flt_object){0};
    flt_poison(&slot->object, sizeof slot->object);
}

void flt_object_pool_free(struct flt_object_pool *pool) {
    for (uint32_t i = 0; i < pool->segments; i++)
        free(pool->segment[i]);
    free(pool->live);
    *pool = (struct flt_object_pool){0};
}

void flt_object_pool_reset(struct flt_object_pool *pool) {
    for (size_t i = 0; i < pool->live_count; i++)
        make_stale(pool->live[i]);
    pool->live_count = 0;
    pool->oldest = pool->newest = NULL;
    pool->freed = 0;
    pool->fresh_segment = pool->fresh_slot = 0;
}

static bool add_segment(struct flt_object_pool *pool) {
    if (pool->segments == FLT_POOL_SEGMENTS)
        return false;
    const size_t count = slots_in(pool->segments);
    const size_t total = slots_in(pool->segments + 1) - FLT_POOL_FIRST; /* with those before */
    struct flt_object_slot **live = realloc(pool->live, total * sizeof(*live));
    if (!live)
        return false;
    pool->live = live;
    struct flt_object_slot *slots = calloc(count, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < count; i++)
        make_stale(&slots[i]);
    pool->segment[pool->segments++] = slots;
    return true;
}

static struct flt_object_slot *fresh(struct flt_object_pool *pool) {
    if (pool->fresh_segment == pool->segments && !add_segment(pool))
        return NULL;
    struct flt_object_slot *slot = &pool->segment[pool->fresh_segment][pool->fresh_slot++];
    if (pool->fresh_slot == slots_in(pool->fresh_segment)) {
        pool->fresh_segment++;
        pool->fresh_slot = 0;
    }
    return slot;
}

/* Only called when more are freed than the quarantine keeps, so one is left. */
static struct flt_object_slot *oldest(struct flt_object_pool *pool) {
    struct flt_object_slot *slot = pool->oldest;
    pool->oldest = slot->younger;
    pool->freed--;
    return slot;
}

struct flt_object *flt_object_pool_take(struct flt_object_pool *pool) {
    struct flt_object_slot *slot = pool->freed > FLT_POOL_QUARANTINE ? oldest(pool) : fresh(pool);
    if (!slot)
        return NULL;
    flt_unpoison(&slot->object, sizeof slot->object);
    slot->object = (struct flt_object){0};
    slot->place = pool->live_count;
    pool->live[pool->live_count++] = slot;
    return &slot->object;
}

void flt_object_pool_give(struct flt_object_pool *pool, struct flt_object *object) {
    struct flt_object_slot *slot = slot_of(object);
    /* The last of the live takes its place. */
    struct flt_object_slot *last = pool->live[--pool->live_count];
    pool->live[slot->place] = last;
    last->place = slot->place;
    make_stale(slot);
    slot->younger = NULL;
    if (pool->freed++)
        pool->newest->younger = slot;
    else
        pool->oldest = slot;
    pool->newest = slot;
}

/* The slot that starts at that address, or NULL. Segments double, so half of all slots are in the
 * one that is looked at first. */
static const struct flt_object_slot *slot_at(const struct flt_object_pool *pool, uint64_t token) {
    for (uint32_t i = pool->segments; i-- > 0;) {
        const struct flt_object_slot *slots = pool->segment[i];
        const uint64_t offset = token - (uint64_t)(uintptr_t)slots;
        if (offset < slots_in(i) * sizeof *slots)
            return offset % sizeof *slots ? NULL : &slots[offset / sizeof *slots];
    }
    return NULL;
}

const struct flt_object *flt_object_pool_find(const struct flt_object_pool *pool, uint64_t token) {
    const struct flt_object_slot *slot = slot_at(pool, token);
    return slot && slot->place != NOT_LIVE ? &slot->object : NULL;
}

bool flt_object_pool_owns(const struct flt_object_pool *pool, uint64_t token) {
    return slot_at(pool, token) != NULL;
}
