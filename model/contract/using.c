/* The calls that use a handle or a file object, and ZwSetInformationObject, which writes a handle's
 * flags. */
#include "../include/wdm.h"
#include "predict.h"

/* ---- of a handle ----------------------------------------------------------------------------- */

static struct flt_named find_handle(const struct flt_contract *contract,
                                    const struct flt_call *call,
                                    struct flt_prediction *prediction) {
    const struct flt_named named = flt_resolve(contract, call, call->arg[FLT_ARG_handle]);
    flt_find_use_breaches(contract, call, FLT_ARG_handle,
                          flt_process_of(flt_thread_of(contract, call)), &named, prediction);
    return named;
}

static void predict_file_call(const struct flt_contract *contract, const struct flt_call *call,
                              struct flt_prediction *prediction) {
    const struct flt_named named = find_handle(contract, call, prediction);
    if (named.handle == FLT_NOWHERE) {
        flt_expect(prediction, FLT_RULE_use_bad_handle, (uint32_t)STATUS_INVALID_HANDLE);
        return;
    }
    const struct flt_object_record *object =
        &contract->object[contract->handle[named.handle].object];
    struct flt_allowed *allowed =
        flt_expect(prediction, FLT_RULE_use_live_handle,
                   object->type == FLT_TYPE_FILE ? (uint32_t)STATUS_SUCCESS
                                                 : (uint32_t)STATUS_OBJECT_TYPE_MISMATCH);
    if (named.may_be_bad)
        flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_INVALID_HANDLE);
}

FLT_PREDICT(ZwReadFile) {
    predict_file_call(contract, call, prediction);
}

FLT_OBSERVE(ZwReadFile) {
    (void)contract, (void)call, (void)outcome, (void)violation;
}

FLT_PREDICT(ZwQueryInformationFile) {
    predict_file_call(contract, call, prediction);
}

FLT_OBSERVE(ZwQueryInformationFile) {
    (void)contract, (void)call, (void)outcome, (void)violation;
}

/* ---- ZwSetInformationObject ------------------------------------------------------------------ */

FLT_PREDICT(ZwSetInformationObject) {
    const struct flt_named named = find_handle(contract, call, prediction);
    const bool live = named.handle != FLT_NOWHERE;
    struct flt_allowed *allowed =
        flt_expect(prediction, FLT_RULE_set_handle_flags,
                   live ? (uint32_t)STATUS_SUCCESS : (uint32_t)STATUS_INVALID_HANDLE);
    if (named.may_be_bad)
        flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_INVALID_HANDLE);
}

FLT_OBSERVE(ZwSetInformationObject) {
    (void)violation;
    const struct flt_named named = flt_resolve(contract, call, call->arg[FLT_ARG_handle]);
    const uint64_t asked = call->arg[FLT_ARG_handle_flags];
    uint8_t flags = 0;
    if (asked & HANDLE_FLAG_INHERIT)
        flags |= FLT_HANDLE_INHERIT;
    if (asked & HANDLE_FLAG_PROTECT_FROM_CLOSE)
        flags |= FLT_HANDLE_PROTECT;
    if (!flt_success(outcome->status) || named.handle == FLT_NOWHERE)
        return;
    contract->handle[named.handle].flags = flags;
    flt_push(&contract->changed, named.handle);
}

/* ---- of a file object ------------------------------------------------------------------------ */

static void predict_object_call(const struct flt_contract *contract, const struct flt_call *call,
                                struct flt_prediction *prediction) {
    const uint32_t at = flt_find_held_object(contract, call, prediction);
    if (at == FLT_NOWHERE)
        return;
    const struct flt_object_record *object = &contract->object[at];
    if (object->type != FLT_TYPE_FILE)
        flt_breach(prediction, FLT_RULE_file_object_is_file);
    const bool closed = flt_is_past_cleanup(object);
    if (closed)
        flt_breach(prediction, FLT_RULE_file_object_open);
    if (flt_has_marked(contract, at))
        flt_breach(prediction, FLT_RULE_marked_only_closed);
    flt_expect(prediction, FLT_RULE_use_open_file_object,
               closed ? (uint32_t)STATUS_FILE_CLOSED : (uint32_t)STATUS_SUCCESS);
}

FLT_PREDICT(FltReadFile) {
    predict_object_call(contract, call, prediction);
}

FLT_OBSERVE(FltReadFile) {
    (void)contract, (void)call, (void)outcome, (void)violation;
}

FLT_PREDICT(FltWriteFile) {
    predict_object_call(contract, call, prediction);
}

FLT_OBSERVE(FltWriteFile) {
    (void)contract, (void)call, (void)outcome, (void)violation;
}

FLT_PREDICT(FltQueryInformationFile) {
    predict_object_call(contract, call, prediction);
}

FLT_OBSERVE(FltQueryInformationFile) {
    (void)contract, (void)call, (void)outcome, (void)violation;
}
