/* Runs one sequence through the door: slots, the outcome of each step, leaks, the finding. Keeps no
 * state between runs but memory. */
#ifndef FLT_RUN_H
#define FLT_RUN_H

#include "../model/door.h"
#include "sequence/sequence.h"

struct flt_runner;

struct flt_step_result {
    struct flt_outcome outcome;
    uint8_t breaches;
    uint16_t breach[FLT_MAX_BREACHES]; /* enum flt_rule */
};

/* What a call comes back with without having reached the system: a failure or a bug check. */
struct flt_scripted_outcome {
    uint32_t step; /* of the call, from 1 */
    uint8_t kind;  /* enum flt_outcome_kind */
    uint32_t code;
    uint64_t parameter[2]; /* of a bug check */
};

struct flt_run_options {
    uint64_t fill; /* seeds the fill patterns: the input's hash and the run's number */
    bool keep;     /* keep each step's result and the trace */
    /* NULL: the sequence's own. The contract's may be FLT_SWITCH_ANY. */
    const struct flt_switches *system, *contract;
    const struct flt_scripted_outcome *scripted; /* NULL: the system makes every call */
    /* Called after each call that came back, unless NULL: false ends the run there. Where nothing
     * is kept it may append steps to the sequence. */
    bool (*after_step)(void *context, const struct flt_runner *runner);
    void *context;
};

/* NULL when memory is short. A runner has a kernel and a door of its own. */
struct flt_runner *flt_runner_new(void);
void flt_runner_free(struct flt_runner *runner);

/* Runs the sequence. True: nothing found. The sequence must stay until the next run. */
bool flt_run(struct flt_runner *runner, const struct flt_sequence *sequence,
             const struct flt_run_options *options);

/* Of the last run, or of the one under way. */
struct flt_door *flt_runner_door(const struct flt_runner *runner);
size_t flt_runner_steps_run(const struct flt_runner *runner);
const struct flt_step_result *flt_runner_result(const struct flt_runner *runner,
                                                size_t step); /* keep */
/* What a variable of the test case holds, 0 while nothing was written to it. */
uint64_t flt_runner_variable(const struct flt_runner *runner, enum flt_slots kind, uint8_t slot);
const struct flt_sequence *flt_runner_sequence(const struct flt_runner *runner);

#endif
