/* The proof that equal hashes mean equal states: two sequences that lead to the same hash are
 * extended by the same moves, and everything that comes back must be the same. */
#ifndef FLT_EXPLORE_MERGES_H
#define FLT_EXPLORE_MERGES_H

#include "search.h"

enum { FLT_MERGE_EXTENSION = 6 }; /* moves: each of the scope's first, then random ones */

struct flt_merges {
    uint64_t wanted; /* pairs */
    uint64_t seed;

    /* What came of it. */
    uint64_t pairs, extensions;
    uint64_t apart;   /* pairs of which neither is the other with some moves left out */
    uint64_t tried;   /* random sequences */
    bool differ;      /* after the same moves; or: */
    bool unknown;     /* the first sequence leads to a state that the exploration has not */
    size_t count[2];  /* moves of the two sequences, */
    size_t extension; /* of what follows both, up to the first difference */
    uint8_t move[2][FLT_SCOPE_LENGTH + FLT_MERGE_EXTENSION];
};

/* Compares random sequences, as long as the exploration is complete, with those that it keeps for
 * the same states. False: one line on stderr says what is missing. */
bool flt_merges_check(const struct flt_scope *scope, const char *folder, uint64_t memory,
                      struct flt_merges *merges);
/* A sentence; and the two sequences where they differ. */
void flt_merges_print(const struct flt_scope *scope, const struct flt_merges *merges, FILE *out);

#endif
