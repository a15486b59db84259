/* The plain form of a minimised sequence: each call is the plainest of its kind that still shows
 * the rule. An engine meets one bug by many ways in; by their plain form most of them are one. */
#ifndef FLT_PLAIN_H
#define FLT_PLAIN_H

#include <stdio.h>

#include "minimise.h"

/* Minimises the sequence in place, with each call replaced by the first in the order of opcodes
 * that opens, closes, references, enters or leaves as it does, as long as *kept stays. The number
 * of runs it took. The sequence must show *kept to begin with. */
size_t flt_make_plain(struct flt_runner *runner, struct flt_sequence *sequence,
                      const struct flt_kept *kept);

/* What tells causes apart, as one line: the rule, the call of the finding with what it came back
 * with ("end" where no call is to blame), and what the header must say. Of the last run, which
 * flt_make_plain leaves behind. */
void flt_plain_shape(const struct flt_runner *runner, const struct flt_kept *kept, FILE *out);

#endif
