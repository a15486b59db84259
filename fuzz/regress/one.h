/* One input of a regression run, as a line of JSON. */
#ifndef FLT_REGRESS_ONE_H
#define FLT_REGRESS_ONE_H

#include "../tools/files.h"
#include "isolate.h"

struct flt_sequence;
struct flt_runner;
struct flt_input;

enum flt_verdict {
    FLT_VERDICT_FINE,
    FLT_VERDICT_FINDING,
    FLT_VERDICT_UNSTABLE,
    FLT_VERDICT_DIFFERS,
    FLT_VERDICT_CRASHED,
    FLT_VERDICT_HUNG,
    FLT_VERDICT_LEAKED,
    FLT_VERDICT_MALFORMED,
    FLT_VERDICT_SKIPPED,
    FLT_VERDICT_UNREADABLE,
    FLT_VERDICT_COUNT
};

struct flt_regression {
    const struct flt_paths *paths;
    struct flt_runner *runner;
    struct flt_input *input;
    const struct flt_sequence *defaults; /* of a switches file, or NULL */
    /* For a target that takes bytes: what it does with an input. NULL: inputs are sequences. */
    int (*bytes)(const uint8_t *data, size_t size);
    size_t verdicts[FLT_VERDICT_COUNT]; /* how many there were */
};

/* Of flt_isolated; `context` is a struct flt_regression, `item` an index of its paths, the kind an
 * enum flt_verdict. The usage of fltfuzz-regress describes the text. */
void flt_regress_run(void *context, size_t item, struct flt_told *told);
void flt_regress_died(void *context, size_t item, const struct flt_death *death,
                      struct flt_told *told);

#endif
