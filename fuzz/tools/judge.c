#include "judge.h"

#include <stdio.h>
#include <string.h>

#include "../../model/mix.h"
#include "expect.h"

/* Once more with other fill patterns: an outcome that depends on them is no outcome. */
static bool runs_the_same_twice(struct flt_runner *runner, const struct flt_input *input) {
    const uint64_t first = flt_door_digest(flt_runner_door(runner));
    const struct flt_run_options again = {.fill = flt_mix(input->hash + 1), .keep = true};
    flt_run(runner, &input->text.sequence, &again);
    return flt_door_digest(flt_runner_door(runner)) == first;
}

static void judge_finding(const struct flt_runner *runner, const struct flt_input *input,
                          struct flt_judgement *judgement) {
    const struct flt_finding *finding = flt_door_finding(flt_runner_door(runner));
    judgement->kind = FLT_JUDGED_FINDING;
    judgement->rule = finding->violation.rule;
    judgement->step = finding->step;
    if (input->is_text && finding->step > 0)
        judgement->line = input->text.line[finding->step - 1];
    snprintf(judgement->what, sizeof judgement->what, "%s", finding->violation.what);
}

static void judge_text(const struct flt_runner *runner, const struct flt_text *text,
                       struct flt_judgement *judgement) {
    struct flt_difference difference;
    if (flt_expect_check(runner, text, &difference))
        return;
    judgement->kind = FLT_JUDGED_DIFFERS;
    judgement->step = difference.step;
    judgement->line = difference.line;
    memcpy(judgement->what, difference.what, sizeof judgement->what);
}

void flt_judge(struct flt_runner *runner, const struct flt_input *input, bool contract_only,
               struct flt_judgement *judgement) {
    const struct flt_run_options options = {.fill = input->hash, .keep = true};
    *judgement = (struct flt_judgement){.kind = FLT_JUDGED_FINE, .rule = FLT_RULE_NONE};
    flt_door_compare_always(flt_runner_door(runner), true);
    if (!flt_run(runner, &input->text.sequence, &options)) {
        judge_finding(runner, input, judgement);
    } else if (!runs_the_same_twice(runner, input)) {
        judgement->kind = FLT_JUDGED_UNSTABLE;
        snprintf(judgement->what, sizeof judgement->what,
                 "two runs differ: an outcome depends on what is left undefined");
    } else if (input->is_text && !contract_only) {
        judge_text(runner, &input->text, judgement);
    }
}
