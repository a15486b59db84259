/* What a sequence tries, as a set of numbers: rules by calls and outcomes, moves by calls, and
 * kinds of rows of the contract's state. Bounded, so that a set-cover of a corpus stays small.
 * Beside it the abstract states that it passes through, which are without bound. */
#ifndef FLT_FEATURES_H
#define FLT_FEATURES_H

#include "run.h"

struct flt_features;

/* Told of a feature or of a state, never 0; the same one may come again. */
struct flt_feature_sink {
    void *context;
    void (*feature)(void *context, uint64_t feature);
    void (*state)(void *context, uint64_t state); /* kernel and contract, names left out */
};

struct flt_features *flt_features_new(const struct flt_feature_sink *sink); /* NULL: no memory */
void flt_features_free(struct flt_features *features);

/* Runs the sequence: what flt_run returns. */
bool flt_features_run(struct flt_features *features, struct flt_runner *runner,
                      const struct flt_sequence *sequence, uint64_t fill);

#endif
