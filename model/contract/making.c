/* ZwCreateEvent, ZwCreateSection and ZwOpenKey: an object that is no file, and a handle to it. */
#include "../include/wdm.h"
#include "predict.h"

static void predict_new(const struct flt_contract *contract, const struct flt_call *call,
                        struct flt_prediction *prediction) {
    const uint8_t table = flt_table_for_new_handle(contract, call);
    flt_find_table_breach(contract, call, table, prediction);
    flt_expect_new_handle(contract, table, FLT_RULE_create_event, STATUS_SUCCESS, prediction);
}

static void observe_new(struct flt_contract *contract, const struct flt_call *call,
                        enum flt_type type, const struct flt_outcome *outcome,
                        struct flt_violation *violation) {
    const uint8_t table = flt_table_for_new_handle(contract, call);
    const uint64_t value = outcome->out[FLT_RESULT_handle];
    if (!flt_success(outcome->status)) {
        flt_observe_failure(contract, call, outcome, violation);
        return;
    }
    if (!flt_check_new_value(contract, call->opcode, call->fill, table, value, violation))
        return;
    const uint32_t object = flt_new_object(contract, type, FLT_OBJECT_LIVE);
    contract->unconfirmed =
        flt_add_new_handle(contract, call, table, value, object,
                           flt_granted_access(type, (uint32_t)call->arg[FLT_ARG_access]));
}

FLT_PREDICT(ZwCreateEvent) {
    predict_new(contract, call, prediction);
}

FLT_OBSERVE(ZwCreateEvent) {
    observe_new(contract, call, FLT_TYPE_EVENT, outcome, violation);
}

FLT_PREDICT(ZwCreateSection) {
    predict_new(contract, call, prediction);
}

FLT_OBSERVE(ZwCreateSection) {
    observe_new(contract, call, FLT_TYPE_SECTION, outcome, violation);
}

FLT_PREDICT(ZwOpenKey) {
    predict_new(contract, call, prediction);
}

FLT_OBSERVE(ZwOpenKey) {
    observe_new(contract, call, FLT_TYPE_KEY, outcome, violation);
}
