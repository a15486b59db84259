/* FltCancelFileOpen: it is for a file that has no handle yet, and every file object that a sequence
 * can name has had one. */
#include "../include/wdm.h"
#include "predict.h"

FLT_PREDICT(FltCancelFileOpen) {
    const uint32_t object = flt_find_held_object(contract, call, prediction);
    if (object == FLT_NOWHERE)
        return;
    if (contract->object[object].type != FLT_TYPE_FILE)
        flt_breach(prediction, FLT_RULE_file_object_is_file);
    else
        flt_breach(prediction, FLT_RULE_cancel_open_in_time);
    flt_expect_stop(prediction, FLT_RULE_cancel_open_stops, FLT_STOP_FLTMGR_FILE_SYSTEM);
}

/* It does not come back. */
FLT_OBSERVE(FltCancelFileOpen) {
    (void)contract, (void)call, (void)outcome, (void)violation;
}
