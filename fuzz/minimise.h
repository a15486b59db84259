/* Makes a sequence small at the level of calls while it still shows the same rule. */
#ifndef FLT_MINIMISE_H
#define FLT_MINIMISE_H

#include "run.h"

/* What must stay true. */
struct flt_kept {
    enum flt_rule rule;
    enum { FLT_KEEP_FINDING, FLT_KEEP_BREACH, FLT_KEEP_LEAK } as;
};

/* What the last run shows: its finding; or of `rule`, when one is given, the breach or leak. False:
 * it shows nothing of the kind. */
bool flt_minimise_what(const struct flt_runner *runner, enum flt_rule rule, struct flt_kept *kept);

/* Changes the sequence in place: no call can be dropped from the result, no argument set to its
 * default and no header line left out without losing the rule; slots are numbered as they come. The
 * number of runs it took. The sequence must show *kept to begin with. */
size_t flt_minimise(struct flt_runner *runner, struct flt_sequence *sequence,
                    const struct flt_kept *kept);

/* Runs the sequence: does it show *kept? */
bool flt_minimise_still(struct flt_runner *runner, const struct flt_sequence *sequence,
                        const struct flt_kept *kept);

#endif
