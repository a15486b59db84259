/* The memory of objects. An object's address is its identity: a freed slot is poisoned, and is used
 * again only after QUARANTINE others were freed, so that a stale pointer is seen. Which slot comes
 * next depends on the calls of this run alone. Memory is bounded by the most objects that were
 * alive at once, and the quarantine; it is kept for the next run. */
#ifndef FLT_OBJECT_POOL_H
#define FLT_OBJECT_POOL_H

#include "../call.h"
#include "../inline.h"
#include "nodes.h"

enum {
    FLT_POOL_QUARANTINE = 64,
    FLT_POOL_FIRST = 64,   /* slots of segment 0; each further one has twice as many */
    FLT_POOL_SEGMENTS = 24 /* more than every handle value there is */
};

/* Of a file object: how far an application's create is (PostCreate). Every other object's is
 * COMPLETE from the start. */
enum flt_create_phase {
    FLT_CREATE_COMPLETE,
    FLT_CREATE_UNDER_WAY,
    FLT_CREATE_HAS_HANDLE, /* still under way, and somebody has made a handle */
    FLT_CREATE_CANCELLED   /* still under way, and cancelled */
};

struct flt_object {
    _Alignas(8) uint32_t handles; /* open handles to it */
    uint32_t references;          /* that callers hold, and a create that is under way */
    uint8_t type;                 /* enum flt_type */
    uint8_t phase;                /* enum flt_phase */
    uint8_t opener;               /* opcode of the call that opened it first */
    uint8_t create;               /* enum flt_create_phase */
    struct flt_file file;         /* of a file object */
};

/* What the pool keeps of a slot stays readable; only the object is poisoned. */
struct flt_object_slot {
    struct flt_object object;
    struct flt_object_slot *younger; /* of a freed slot: the one freed next */
    size_t place;                    /* among the live, or not */
};

struct flt_object_pool {
    struct flt_object_slot *segment[FLT_POOL_SEGMENTS];
    uint32_t segments;
    uint32_t fresh_segment, fresh_slot; /* the next slot that this run has not used */
    struct flt_object_slot **live;      /* has room for every slot */
    size_t live_count;
    struct flt_object_slot *oldest, *newest; /* the freed ones, first in first out */
    size_t freed;
};

/* A zeroed pool is an empty one. */
void flt_object_pool_free(struct flt_object_pool *pool);
/* Every object is gone. Costs what is live. */
void flt_object_pool_reset(struct flt_object_pool *pool);

/* An object of all zeros; NULL when memory is short. */
struct flt_object *flt_object_pool_take(struct flt_object_pool *pool);
void flt_object_pool_give(struct flt_object_pool *pool, struct flt_object *object);

/* Any number will do for a token. The live object at that address, or NULL. */
const struct flt_object *flt_object_pool_find(const struct flt_object_pool *pool, uint64_t token);
/* Whether an object is or was at that address: then reading it is up to the sanitizers. */
bool flt_object_pool_owns(const struct flt_object_pool *pool, uint64_t token);
/* The object at a place among the live: 0 to live_count - 1, in no order. */
FLT_INLINE const struct flt_object *flt_object_pool_at(const struct flt_object_pool *pool,
                                                       size_t place) {
    return &pool->live[place]->object;
}

#endif
