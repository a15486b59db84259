/* Random numbers that a seed decides. */
#ifndef FLT_RANDOM_H
#define FLT_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* splitmix64 */
static inline uint64_t flt_random(uint64_t *random) {
    uint64_t z = (*random += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* From the upper half of a random number, one below the limit. By multiplication: no division, and
 * the bias is far below what could matter here. */
static inline size_t flt_scaled(uint64_t number, size_t limit) {
    return (size_t)((number >> 32) * (uint64_t)limit >> 32);
}

/* 0 to limit - 1; 0 for limit 0. */
static inline size_t flt_below(uint64_t *random, size_t limit) {
    return flt_scaled(flt_random(random), limit);
}

/* True in16 times of 16. */
static inline bool flt_odds(uint64_t *random, unsigned in16) {
    return (flt_random(random) & 15) < in16;
}

#endif
