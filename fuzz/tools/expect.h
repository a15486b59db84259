/* Whether a run came out as its text says: outcomes, breaches, leaks. */
#ifndef FLT_EXPECT_H
#define FLT_EXPECT_H

#include "../run.h"
#include "../sequence/text.h"

/* Where a run first comes out otherwise, and how. */
struct flt_difference {
    size_t step;   /* from 1; 0: at the end */
    uint32_t line; /* of the step in the text; 0: at the end */
    char what[512];
};

/* After a run with `keep`. False: *difference is filled in. */
bool flt_expect_check(const struct flt_runner *runner, const struct flt_text *text,
                      struct flt_difference *difference);

#endif
