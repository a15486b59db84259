/* PostCreate and CreateComplete: an application's open, and the filter's post-create callback
 * between them. There is a file object and no handle; what it is borrowed from is the create. */
#include "../include/wdm.h"
#include "predict.h"

/* ---- a create that is under way -------------------------------------------------------------- */

/* No handle will confirm what the output said. */
void flt_begin_create(struct flt_contract *contract, const struct flt_call *call, uint32_t object) {
    struct flt_object_record *record = &contract->object[object];
    record->creating = record->awaits_handle = true;
    record->told = FLT_TOLD;
    flt_bind_object_slot(contract, call->result_slot[FLT_RESULT_object], object, FLT_NOWHERE);
    flt_touch(contract, object);
}

void flt_close_before_handle(struct flt_contract *contract, uint32_t object,
                             struct flt_violation *violation) {
    struct flt_object_record *record = &contract->object[object];
    record->awaits_handle = false;
    record->closed_in = FLT_IN_THREAD;
    flt_end_open(contract, object);
    flt_check_cleanup_process(record, violation);
    flt_touch(contract, object);
}

void flt_end_create(struct flt_contract *contract, uint32_t object) {
    contract->object[object].creating = false;
    flt_touch(contract, object);
    flt_retire_if_done(contract, object);
}

/* ---- the calls ------------------------------------------------------------------------------- */

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
