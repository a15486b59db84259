/* One 64-bit mixer, for digests, row sums and fill patterns. */
#ifndef FLT_MIX_H
#define FLT_MIX_H

#include <stddef.h>
#include <stdint.h>

#include "inline.h"

/* The finaliser of MurmurHash3 with David Stafford's constants (variant 13): a bijection. */
FLT_INLINE uint64_t flt_mix(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* A running hash: order matters. */
FLT_INLINE uint64_t flt_mix_in(uint64_t hash, uint64_t value) {
    return flt_mix(hash ^ value) + UINT64_C(0x9E3779B97F4A7C15);
}

/* Of bytes; the same on every machine. */
static inline uint64_t flt_mix_bytes(const uint8_t *data, size_t size) {
    uint64_t hash = size;
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = 0;
        for (size_t k = i; k < size && k < i + 8; k++)
            word |= (uint64_t)data[k] << (8 * (k - i));
        hash = flt_mix_in(hash, word);
    }
    return hash;
}

#endif
