/* The one way to report a finding: what broke, the rule, the sequence, how to see it again. */
#ifndef FLT_REPORT_H
#define FLT_REPORT_H

#include <stdio.h>

#include "run.h"

/* The last run's finding, in the order that README.md shows. `where` is the input's name for the
 * reproducing command, or NULL when only the engine knows it. The two last lines are the same for
 * every input that breaks the same rule, and hold no address, index or value: libFuzzer's minimiser
 * and ClusterFuzz tell causes apart by them. */
void flt_report_finding(const struct flt_runner *runner, const char *where, FILE *out);

/* `where` for a sequence whose header is not the input's alone: the input would not show it. */
#define FLT_WHERE_PRINTED "FILE, a file made of the lines above"

/* The same two lines for a failure that is no rule of the contract (a codec that loses a call). */
void flt_report_marks(const char *id, const char *sentence, FILE *out);

/* The call of a step with its outcome: FltClose(h0) = STATUS_INVALID_HANDLE. */
void flt_report_call(const struct flt_runner *runner, size_t step,
                     const struct flt_outcome *outcome, FILE *out);

/* The last run as text that parses: every call with its outcome and breaches as the expectation,
 * its IRPs as comments, and the `# end:` lines. Needs flt_run_options.keep. `mark` is the step to
 * point at, 0 for none. */
void flt_report_annotated(const struct flt_runner *runner, size_t mark, bool irps, FILE *out);

#endif
