/* Arrays that grow: the contract names records by their positions, so that they may move. */
#ifndef FLT_CONTRACT_MEMORY_H
#define FLT_CONTRACT_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "../inline.h"

/* "Nothing there", wherever the contract keeps a position. */
#define FLT_NOWHERE UINT32_MAX

/* A contract without memory cannot judge: it says so and ends the process. */
_Noreturn void flt_out_of_memory(void);

/* Doubles the list; call it when `count == *room`. The list as it is now. */
void *flt_grow(void *list, uint32_t *room, size_t size);

/* A list of positions. */
struct flt_positions {
    uint32_t *at;
    uint32_t count, room;
};

FLT_INLINE void flt_push(struct flt_positions *positions, uint32_t value) {
    if (positions->count == positions->room)
        positions->at = flt_grow(positions->at, &positions->room, sizeof *positions->at);
    positions->at[positions->count++] = value;
}

#endif
