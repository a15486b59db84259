#include "index.h"

#include <stdlib.h>
#include <string.h>

enum { CELLS = 256 }; /* to begin with, and again after each clear; a power of two */

/* An epoch moves with each clear and each growth; a run grows far less often than this. */
#define LAST_EPOCH (UINT32_MAX - 64)

bool flt_index_init(struct flt_index *index) {
    memset(index, 0, sizeof *index);
    index->cell = calloc(CELLS, sizeof *index->cell);
    index->room = CELLS;
    index->mask = CELLS - 1;
    index->epoch = 1; /* fresh cells carry 0 */
    return index->cell != NULL;
}

void flt_index_free(struct flt_index *index) {
    free(index->cell);
    free(index->spare);
}

static void forget_epochs(struct flt_index *index) {
    memset(index->cell, 0, index->room * sizeof *index->cell);
    if (index->spare)
        memset(index->spare, 0, index->spare_room * sizeof *index->spare);
    index->epoch = 0;
}

void flt_index_clear(struct flt_index *index) {
    if (index->epoch >= LAST_EPOCH)
        forget_epochs(index);
    index->epoch++;
    index->count = 0;
    index->mask = CELLS - 1; /* so that a short run after a long one stays in few cache lines */
}

static void put(struct flt_index *index, uint64_t key, uint32_t at) {
    uint32_t i = (uint32_t)flt_mix(key) & index->mask;
    while (index->cell[i].epoch == index->epoch)
        i = (i + 1) & index->mask;
    index->cell[i] = (struct flt_index_cell){key, index->epoch, at};
}

static void grow(struct flt_index *index) {
    const uint32_t cells = index->mask + 1, old_epoch = index->epoch;
    if (index->spare_room < cells * 2) {
        free(index->spare);
        index->spare_room = cells * 2;
        index->spare = calloc(index->spare_room, sizeof *index->spare);
        if (!index->spare)
            flt_out_of_memory();
    }
    struct flt_index_cell *old = index->cell;
    const uint32_t old_room = index->room;
    index->cell = index->spare;
    index->room = index->spare_room;
    index->spare = old;
    index->spare_room = old_room;
    index->mask = cells * 2 - 1;
    index->epoch++;
    for (uint32_t i = 0; i < cells; i++)
        if (old[i].epoch == old_epoch)
            put(index, old[i].key, old[i].at);
}

void flt_index_add(struct flt_index *index, uint64_t key, uint32_t at) {
    if (index->count * 2 > index->mask)
        grow(index);
    index->count++;
    put(index, key, at);
}

/* The cells after the hole move up where their own search would otherwise stop at it. */
static void close_hole(struct flt_index *index, uint32_t hole) {
    const uint32_t mask = index->mask;
    for (uint32_t i = (hole + 1) & mask; index->cell[i].epoch == index->epoch; i = (i + 1) & mask) {
        const uint32_t home = (uint32_t)flt_mix(index->cell[i].key) & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            index->cell[hole] = index->cell[i];
            hole = i;
        }
    }
    index->cell[hole].epoch = 0;
}

void flt_index_remove(struct flt_index *index, uint64_t key) {
    for (uint32_t i = (uint32_t)flt_mix(key) & index->mask;; i = (i + 1) & index->mask) {
        if (index->cell[i].epoch != index->epoch)
            return;
        if (index->cell[i].key == key) {
            close_hole(index, i);
            index->count--;
            return;
        }
    }
}
