/* Sums of row hashes: two views of the same rows have the same sums, in whatever order they give
 * them. Every field of a row goes into its hash. */
#ifndef FLT_ROW_SUMS_H
#define FLT_ROW_SUMS_H

#include "mix.h"
#include "view.h"

/* The parts are spread by odd constants, then mixed: were they only multiplied, the sum would not
 * see two rows that exchange a field. */
FLT_INLINE uint64_t flt_row_hash(uint64_t a, uint64_t b, uint64_t c) {
    return flt_mix(a * UINT64_C(0x9E3779B97F4A7C15) + b * UINT64_C(0xC2B2AE3D27D4EB4F) +
                   c * UINT64_C(0xD6E8FEB86659FD93));
}

FLT_INLINE uint64_t flt_handle_row_hash(const struct flt_handle_row *row) {
    return flt_row_hash(row->value, row->token,
                        (uint64_t)row->access << 32 | (uint64_t)row->table << 16 |
                            (uint64_t)row->type << 8 | row->flags);
}

FLT_INLINE uint64_t flt_object_row_hash(const struct flt_object_row *row) {
    return flt_row_hash(row->token, (uint64_t)row->handles << 32 | row->references,
                        UINT64_C(1) << 32 | (uint64_t)row->type << 8 | row->phase);
}

/* Never 0. */
FLT_INLINE uint64_t flt_filters_sum(const struct flt_filter_rows *world) {
    uint64_t sum = 1;
    for (int i = 0; i < FLT_FILTER_COUNT; i++)
        sum = sum << 2 | (world->filter[i] & 3u);
    for (int i = 0; i < FLT_INSTANCE_COUNT; i++)
        sum = sum << 8 | (world->instance[i].state & 15u) << 4 | (world->instance[i].filter & 15u);
    return sum;
}
_Static_assert(1 + 2 * FLT_FILTER_COUNT + 8 * FLT_INSTANCE_COUNT <= 64, "a sum has 64 bits");

/* By walking the rows that the view gives. */
void flt_walk_sums(const struct flt_view *view, struct flt_sums *sums);

#endif
