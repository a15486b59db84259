/* One state's successors: every move of the scope is tried in it. */
#ifndef FLT_EXPLORE_EXPAND_H
#define FLT_EXPLORE_EXPAND_H

#include "scope.h"

struct flt_expansion;

/* What is told of the moves, in order. */
struct flt_expansion_ops {
    /* The move leads to another state, of that hash. */
    void (*successor)(void *context, uint8_t move, uint64_t hash);
    /* The door found something wrong: the runner has it. The moves so far are those that were run,
     * which may include some before this one that changed nothing. */
    void (*violation)(void *context, uint8_t move, const struct flt_runner *runner);
};

struct flt_expansion_counts {
    uint64_t transitions; /* moves tried */
    uint64_t loops;       /* of those, that changed nothing */
    uint64_t stops;       /* that stopped the system: there is no state after them */
};

/* NULL when memory is short. */
struct flt_expansion *flt_expansion_new(const struct flt_scope *scope);
void flt_expansion_free(struct flt_expansion *expansion);

/* Tries every move in the state that the `count` moves lead to, whose hash is given. False: they
 * lead to another state, or to one too large to hash: the hash is another build's, or unsound. */
bool flt_expand(struct flt_expansion *expansion, const uint8_t *move, size_t count, uint64_t hash,
                const struct flt_expansion_ops *ops, void *context,
                struct flt_expansion_counts *counts);

/* The hash of the state that the moves lead to; false when it is none: the run ended before. */
bool flt_expansion_state(struct flt_expansion *expansion, const uint8_t *move, size_t count,
                         uint64_t *hash);

#endif
