/* ObReferenceObjectByHandle, ObReferenceObject, ObDereferenceObject and ObOpenObjectByPointer. */
#include <inttypes.h>

#include "../include/wdm.h"
#include "predict.h"

/* ---- ObReferenceObjectByHandle --------------------------------------------------------------- */

/* No type was given, or that one. */
static bool type_fits(const struct flt_call *call, uint8_t type) {
    const uint64_t asked = call->arg[FLT_ARG_type] % FLT_TYPE_COUNT;
    return asked == FLT_TYPE_NONE || asked == type;
}

static bool asks_too_much(const struct flt_call *call, const struct flt_handle_record *handle,
                          enum flt_type type) {
    return (flt_asked_access(type, (uint32_t)call->arg[FLT_ARG_access]) & ~handle->access) != 0;
}

/* A live handle that the caller's mode may name: its type is looked at, then its access. */
static struct flt_allowed *predict_live(const struct flt_contract *contract,
                                        const struct flt_call *call, uint32_t at,
                                        struct flt_prediction *prediction) {
    const struct flt_handle_record *handle = &contract->handle[at];
    const enum flt_type type = (enum flt_type)contract->object[handle->object].type;
    if (!type_fits(call, (uint8_t)type))
        return flt_expect(prediction, FLT_RULE_reference_type,
                          (uint32_t)STATUS_OBJECT_TYPE_MISMATCH);
    if (!asks_too_much(call, handle, type))
        return flt_expect(prediction, FLT_RULE_reference_live, STATUS_SUCCESS);
    return flt_expect(prediction, FLT_RULE_reference_access,
                      flt_is_user_mode(call) ? (uint32_t)STATUS_ACCESS_DENIED
                                             : (uint32_t)STATUS_SUCCESS);
}

void flt_predict_ObReferenceObjectByHandle(const struct flt_contract *contract,
                                           const struct flt_call *call,
                                           struct flt_prediction *prediction) {
    const struct flt_named named = flt_resolve(contract, call, call->arg[FLT_ARG_handle]);
    flt_find_use_breaches(contract, call, FLT_ARG_handle,
                          flt_process_of(flt_thread_of(contract, call)), &named, prediction);
    if (named.handle == FLT_NOWHERE) {
        flt_expect(prediction, FLT_RULE_reference_bad_handle, (uint32_t)STATUS_INVALID_HANDLE);
    } else if (flt_is_user_mode(call) && named.kernel) {
        flt_expect(prediction, FLT_RULE_reference_user_mode, (uint32_t)STATUS_INVALID_HANDLE);
    } else {
        struct flt_allowed *allowed = predict_live(contract, call, named.handle, prediction);
        if (named.may_be_bad)
            flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_INVALID_HANDLE);
    }
}

/* The object behind the handle may have no token yet: then this is the first to tell it. */
static bool is_its_object(struct flt_contract *contract, const struct flt_call *call,
                          uint32_t object, uint64_t token) {
    if (contract->object[object].token)
        return contract->object[object].token == token;
    if (token == 0 || token == call->fill || flt_holder_of_address(contract, token) != FLT_NOWHERE)
        return false;
    flt_set_token(contract, object, token, FLT_TOLD);
    return true;
}

void flt_observe_ObReferenceObjectByHandle(struct flt_contract *contract,
                                           const struct flt_call *call,
                                           const struct flt_outcome *outcome,
                                           struct flt_violation *violation) {
    const struct flt_named named = flt_resolve(contract, call, call->arg[FLT_ARG_handle]);
    if (!flt_success(outcome->status) || named.handle == FLT_NOWHERE) {
        flt_observe_failure(contract, call, outcome, violation);
        return;
    }
    const uint32_t object = contract->handle[named.handle].object;
    const uint64_t token = outcome->out[FLT_RESULT_object];
    if (!is_its_object(contract, call, object, token)) {
        const uint32_t other = flt_contract_object_number(contract, token);
        if (other)
            flt_violate(violation, FLT_RULE_reference_same_object,
                        "ObReferenceObjectByHandle handed out object %" PRIu32
                        ", the handle is object %" PRIu32 "'s",
                        other, contract->object[object].number);
        else
            flt_violate(violation, FLT_RULE_reference_same_object,
                        "ObReferenceObjectByHandle handed out no object that a call made, the "
                        "handle is object %" PRIu32 "'s",
                        contract->object[object].number);
        return;
    }
    flt_bind_object_slot(contract, call->result_slot[FLT_RESULT_object], object,
                         flt_add_reference(contract, object, call));
}

/* ---- ObDereferenceObject, ObReferenceObject -------------------------------------------------- */

FLT_PREDICT(ObDereferenceObject) {
    flt_expect_quiet(prediction);
    const struct flt_act *act = flt_act_of(contract, call);
    if (act && act->done)
        return; /* the reference is gone already, and its address may be another object's */
    const uint32_t object = flt_find_object_breaches(contract, call, prediction);
    if (object != FLT_NOWHERE && contract->object[object].references == 0)
        flt_breach(prediction, FLT_RULE_dereference_own);
    if (!prediction->withhold)
        flt_begin_dereference(contract, call, object);
}

FLT_OBSERVE(ObDereferenceObject) {
    (void)outcome, (void)violation;
    flt_end_dereference(contract, call);
}

FLT_PREDICT(ObReferenceObject) {
    flt_find_held_object(contract, call, prediction);
    flt_expect_quiet(prediction);
}

FLT_OBSERVE(ObReferenceObject) {
    (void)outcome, (void)violation;
    const uint32_t object = flt_find_object(contract, call->arg[FLT_ARG_object]);
    if (object != FLT_NOWHERE && flt_is_held(&contract->object[object]))
        flt_add_reference(contract, object, call);
}

/* ---- ObOpenObjectByPointer ------------------------------------------------------------------- */

FLT_PREDICT(ObOpenObjectByPointer) {
    const uint32_t at = flt_find_held_object(contract, call, prediction);
    if (at == FLT_NOWHERE)
        return;
    const struct flt_object_record *object = &contract->object[at];
    const uint8_t table = flt_table_for_new_handle(contract, call);
    if (flt_is_past_cleanup(object))
        flt_breach(prediction, FLT_RULE_reopen_before_cleanup);
    flt_find_table_breach(contract, call, table, prediction);
    if (!type_fits(call, object->type))
        flt_expect(prediction, FLT_RULE_reference_type, (uint32_t)STATUS_OBJECT_TYPE_MISMATCH);
    else if (flt_is_past_cleanup(object))
        flt_expect(prediction, FLT_RULE_open_by_pointer_after_cleanup,
                   (uint32_t)STATUS_FILE_CLOSED);
    else
        flt_expect_new_handle(contract, table, FLT_RULE_open_by_pointer, STATUS_SUCCESS,
                              prediction);
}

FLT_OBSERVE(ObOpenObjectByPointer) {
    const uint32_t object = flt_find_object(contract, call->arg[FLT_ARG_object]);
    const uint8_t table = flt_table_for_new_handle(contract, call);
    const uint64_t value = outcome->out[FLT_RESULT_handle];
    if (!flt_success(outcome->status) || object == FLT_NOWHERE)
        flt_observe_failure(contract, call, outcome, violation);
    else if (flt_check_new_value(contract, call->opcode, call->fill, table, value, violation))
        flt_add_new_handle(contract, call, table, value, object,
                           flt_granted_access((enum flt_type)contract->object[object].type,
                                              (uint32_t)call->arg[FLT_ARG_access]));
}
