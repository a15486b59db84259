/* One input, run twice: whether the system kept the contract, and the text what it says. */
#ifndef FLT_JUDGE_H
#define FLT_JUDGE_H

#include "../run.h"
#include "input.h"

enum flt_judged {
    FLT_JUDGED_FINE,
    FLT_JUDGED_FINDING,  /* the system broke a rule */
    FLT_JUDGED_UNSTABLE, /* two runs differ */
    FLT_JUDGED_DIFFERS   /* not as the text says */
};

struct flt_judgement {
    enum flt_judged kind;
    enum flt_rule rule; /* of a finding */
    size_t step;        /* from 1; 0: at the end, or of no one step */
    uint32_t line;      /* of the step, where the input is text; else 0 */
    char what[512];
};

/* A text is held to its expectations, unless `contract_only`. What the runner then tells is of the
 * run that was judged; after one that was fine or differs, of the second run, which is the same. */
void flt_judge(struct flt_runner *runner, const struct flt_input *input, bool contract_only,
               struct flt_judgement *judgement);

#endif
