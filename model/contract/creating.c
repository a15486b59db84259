/* PostCreate and CreateComplete: an application's open, and the filter's post-create callback
 * between them. */
#include "predict.h"

/* The application is to blame for what it asks, and no filter. */
FLT_PREDICT(PostCreate) {
    const struct flt_target target = flt_find_target(contract, call);
    flt_allow_besides(&target, flt_expect(prediction, target.rule, target.status));
}

FLT_OBSERVE(PostCreate) {
    flt_observe_open(contract, call, outcome, violation);
}

/* Predicted again, it completes what it began with: its IRPs may have let that go already. */
FLT_PREDICT(CreateComplete) {
    const uint32_t object = flt_find_object(contract, call->arg[FLT_ARG_object]);
    flt_expect_quiet(prediction);
    if (!flt_act_of(contract, call) && object != FLT_NOWHERE && contract->object[object].creating)
        flt_begin_complete(contract, call, object);
}

FLT_OBSERVE(CreateComplete) {
    (void)outcome;
    flt_end_complete(contract, call, violation);
}
