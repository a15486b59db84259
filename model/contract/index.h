/* A map from 64-bit keys to 32-bit numbers: open addressing, linear probing. Emptying it costs
 * nothing: every cell carries the epoch in which it was written, and older cells count as empty. */
#ifndef FLT_CONTRACT_INDEX_H
#define FLT_CONTRACT_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "../mix.h"
#include "memory.h"

struct flt_index_cell {
    uint64_t key;
    uint32_t epoch;
    uint32_t at;
};

struct flt_index {
    struct flt_index_cell *cell;  /* mask + 1 of them in use */
    struct flt_index_cell *spare; /* where the cells move to when there must be more */
    uint32_t room, spare_room;
    uint32_t mask, count, epoch;
};

bool flt_index_init(struct flt_index *index); /* false when memory is short */
void flt_index_free(struct flt_index *index);
void flt_index_clear(struct flt_index *index);
/* The key must not be there yet. */
void flt_index_add(struct flt_index *index, uint64_t key, uint32_t at);
void flt_index_remove(struct flt_index *index, uint64_t key);

/* FLT_NOWHERE when the key is not there. */
FLT_INLINE uint32_t flt_index_find(const struct flt_index *index, uint64_t key) {
    const struct flt_index_cell *cells = index->cell;
    const uint32_t mask = index->mask, epoch = index->epoch;
    for (uint32_t i = (uint32_t)flt_mix(key);; i++) {
        const struct flt_index_cell cell = cells[i & mask];
        if (cell.epoch != epoch)
            return FLT_NOWHERE;
        if (cell.key == key)
            return cell.at;
    }
}

#endif
