/* Mutation and crossover of inputs as engines have them: bytes in a buffer. Each engine's own file
 * (mutator.c, afl_mutator.c) only says when. */
#ifndef FLT_INPUTS_H
#define FLT_INPUTS_H

#include <stddef.h>
#include <stdint.h>

/* Each sequence that is made has exactly this many calls, as far as the engine's limit in bytes
 * allows: for benchmarks. 0, the default: off. */
extern size_t flt_inputs_fixed_steps;

/* Once, before the others: makes room, and takes the weights of that target. */
void flt_inputs_start(const char *target);

/* The new input's size; it replaces the old in place. */
size_t flt_inputs_mutate(uint8_t *data, size_t size, size_t max_size, uint64_t *random);

size_t flt_inputs_cross(const uint8_t *data1, size_t size1, const uint8_t *data2, size_t size2,
                        uint8_t *out, size_t max_size, uint64_t *random);

#endif
