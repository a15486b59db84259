/* Structure-aware mutation: sequences in, sequences out. Knows calls.def, so that it aims handles
 * at slots that hold something; knows no engine (targets/mutator.c and the AFL++ shim call it). */
#ifndef FLT_MUTATE_H
#define FLT_MUTATE_H

#include "sequence.h"
#include "weights.h"

/* Changes the sequence in place: one to a few edits (insert, remove, duplicate, move, change an
 * argument, retarget a handle, change the header); one without calls gets some first. New calls
 * are picked by the weights (NULL: the table's), by each mutation from a swarm of its own. At most
 * `max_steps` calls and `max_bytes` of binary form afterwards; whole calls are dropped to fit, not
 * only the last. Deterministic in *random. */
void flt_mutate(struct flt_sequence *sequence, const struct flt_weights *weights, size_t max_steps,
                size_t max_bytes, uint64_t *random);

/* A mix of two: prefix of one and suffix of the other, or interleaved. */
void flt_crossover(const struct flt_sequence *a, const struct flt_sequence *b,
                   struct flt_sequence *out, size_t max_bytes, uint64_t *random);

/* A fresh random sequence of exactly `steps` calls, by the table's weights. */
void flt_generate(struct flt_sequence *sequence, size_t steps, uint64_t *random);

/* Appends calls that fit what is there, until there are `steps`; by the table's weights. */
void flt_extend(struct flt_sequence *sequence, size_t steps, uint64_t *random);

#endif
