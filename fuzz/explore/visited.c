#define _DEFAULT_SOURCE
#include "visited.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

struct shared {
    _Atomic uint64_t count;
    uint64_t unused[7]; /* a cache line of its own */
    _Atomic uint64_t cell[];
};

struct flt_visited {
    struct shared *shared;
    uint64_t *note;
    uint64_t mask, room, size;
};

enum { FEWEST = 1024 };

static void *map(uint64_t size) {
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

struct flt_visited *flt_visited_new(uint64_t bytes, bool with_notes) {
    struct flt_visited *visited = calloc(1, sizeof *visited);
    if (!visited)
        return NULL;
    uint64_t cells = FEWEST;
    while (cells * 2 * sizeof(uint64_t) <= bytes)
        cells *= 2;
    visited->mask = cells - 1;
    visited->room = cells / 8 * 7;
    visited->size = sizeof *visited->shared + cells * sizeof(uint64_t);
    visited->shared = map(visited->size);
    visited->note = with_notes ? map(cells * sizeof(uint64_t)) : NULL;
    if (!visited->shared || (with_notes && !visited->note)) {
        flt_visited_free(visited);
        return NULL;
    }
    return visited;
}

void flt_visited_free(struct flt_visited *visited) {
    if (!visited)
        return;
    if (visited->shared)
        munmap(visited->shared, visited->size);
    if (visited->note)
        munmap(visited->note, (visited->mask + 1) * sizeof(uint64_t));
    free(visited);
}

enum flt_visit flt_visited_add(struct flt_visited *visited, uint64_t hash) {
    struct shared *shared = visited->shared;
    for (uint64_t i = hash & visited->mask;; i = (i + 1) & visited->mask) {
        uint64_t there = atomic_load_explicit(&shared->cell[i], memory_order_relaxed);
        if (there == 0) {
            /* Others may pass the test at the same time: the eighth that is left takes them. */
            if (atomic_load_explicit(&shared->count, memory_order_relaxed) >= visited->room)
                return FLT_VISIT_FULL;
            if (atomic_compare_exchange_strong(&shared->cell[i], &there, hash)) {
                atomic_fetch_add_explicit(&shared->count, 1, memory_order_relaxed);
                return FLT_VISIT_NEW;
            }
        }
        if (there == hash)
            return FLT_VISIT_KNOWN;
    }
}

static uint64_t cell_of(const struct flt_visited *visited, uint64_t hash) {
    uint64_t i = hash & visited->mask;
    for (;; i = (i + 1) & visited->mask) {
        const uint64_t there =
            atomic_load_explicit(&visited->shared->cell[i], memory_order_relaxed);
        if (there == hash || there == 0)
            return i;
    }
}

bool flt_visited_has(const struct flt_visited *visited, uint64_t hash) {
    return visited->shared->cell[cell_of(visited, hash)] == hash;
}

uint64_t *flt_visited_note(struct flt_visited *visited, uint64_t hash) {
    return &visited->note[cell_of(visited, hash)];
}

uint64_t flt_visited_count(const struct flt_visited *visited) {
    return visited->shared->count;
}

uint64_t flt_visited_bytes(const struct flt_visited *visited) {
    return visited->size;
}
