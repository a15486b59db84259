/* FltCancelFileOpen: it closes a file before there is a handle, and stops the system after. */
#include "../include/wdm.h"
#include "predict.h"

static void predict_file(const struct flt_contract *contract, const struct flt_call *call,
                         uint32_t at, struct flt_prediction *prediction) {
    const struct flt_object_record *object = &contract->object[at];
    if (object->cancelled) {
        flt_breach(prediction, FLT_RULE_cancel_open_once);
    } else if (object->awaits_handle) {
        flt_expect_quiet(prediction);
        if (!prediction->withhold)
            flt_begin_cancel(contract, call, at);
    } else {
        flt_breach(prediction, FLT_RULE_cancel_open_in_time);
        flt_expect_stop(prediction, FLT_RULE_cancel_open_stops, FLT_STOP_FLTMGR_FILE_SYSTEM);
    }
}

FLT_PREDICT(FltCancelFileOpen) {
    if (flt_act_of(contract, call)) {
        flt_expect_quiet(prediction); /* it was in time, whatever calls within it did since */
        return;
    }
    const uint32_t object = flt_find_held_object(contract, call, prediction);
    if (object == FLT_NOWHERE)
        return;
    if (contract->object[object].type == FLT_TYPE_FILE)
        predict_file(contract, call, object, prediction);
    else
        flt_breach(prediction, FLT_RULE_file_object_is_file);
}

FLT_OBSERVE(FltCancelFileOpen) {
    (void)outcome;
    flt_end_cancel(contract, call, violation);
}
