/* What callers do wrong: judged before the call, from the state alone. */
#include "../include/wdm.h"
#include "predict.h"

void flt_breach(struct flt_prediction *prediction, enum flt_rule rule) {
    if (prediction->breaches == FLT_MAX_BREACHES)
        return;
    prediction->breach[prediction->breaches++] = rule;
    prediction->withhold |= flt_rules[rule].withhold;
}

/* ---- IRQL and outputs: any row --------------------------------------------------------------- */

/* The rule that a call above its row's IRQL breaks. */
static const enum flt_rule irql_rules[FLT_OP_LIMIT] = {
    [FLT_OP_FltCreateFile] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltCreateFileEx] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltClose] = FLT_RULE_flt_at_passive,
    [FLT_OP_ZwCreateFile] = FLT_RULE_zw_at_passive,
    [FLT_OP_ZwClose] = FLT_RULE_zw_at_passive,
    [FLT_OP_ZwCreateEvent] = FLT_RULE_zw_at_passive,
    [FLT_OP_ObReferenceObjectByHandle] = FLT_RULE_reference_at_passive,
    [FLT_OP_ObDereferenceObject] = FLT_RULE_dereference_at_dispatch,
};

bool flt_above_its_irql(const struct flt_contract *contract, const struct flt_call *call) {
    const uint8_t max = flt_calls[call->opcode].max_irql;
    return max < HIGH_LEVEL && flt_thread_of(contract, call)->irql > max;
}

void flt_find_breaches(const struct flt_contract *contract, const struct flt_call *call,
                       struct flt_prediction *prediction) {
    const struct flt_call_info *row = &flt_calls[call->opcode];
    if (flt_above_its_irql(contract, call))
        flt_breach(prediction, irql_rules[call->opcode]);
    if (row->results & ~row->optional & call->null_out)
        flt_breach(prediction, FLT_RULE_output_not_null);
}

/* ---- handles --------------------------------------------------------------------------------- */

/* One slot's handle as the state has it now; NULL when the slot holds none. */
static const struct flt_handle_record *handle_in_slot(const struct flt_contract *contract,
                                                      int8_t slot, bool *live) {
    const struct flt_slot *bound = flt_slot_bound(&contract->handle_slots, slot);
    if (!bound)
        return NULL;
    const struct flt_handle_record *record = &contract->handle[bound->record];
    *live = record->live && record->life == bound->life;
    return record;
}

/* What is wrong with the value as such, whatever is done with it; the first that fits. */
static enum flt_rule wrong_handle(const struct flt_contract *contract, const struct flt_call *call,
                                  const struct flt_named *named, enum flt_rule closed_before,
                                  enum flt_rule not_a_handle) {
    const int8_t slot = call->slot[FLT_ARG_handle];
    if (flt_slot_failed(&contract->handle_slots, slot))
        return FLT_RULE_output_used_after_failure;
    if (call->derived >> FLT_ARG_handle & 1)
        return FLT_RULE_handle_unaltered;
    bool live = false;
    const struct flt_handle_record *record = handle_in_slot(contract, slot, &live);
    if (record ? !live : named->retired)
        return closed_before;
    if (record && record->table != FLT_TABLE_KERNEL &&
        record->table != flt_thread_of(contract, call)->process)
        return FLT_RULE_handle_in_its_process;
    return named->handle == FLT_NOWHERE ? not_a_handle : FLT_RULE_NONE;
}

void flt_find_use_breaches(const struct flt_contract *contract, const struct flt_call *call,
                           const struct flt_named *named, struct flt_prediction *prediction) {
    const enum flt_rule wrong =
        wrong_handle(contract, call, named, FLT_RULE_use_before_close, FLT_RULE_use_real_handle);
    if (wrong != FLT_RULE_NONE)
        flt_breach(prediction, wrong);
}

void flt_find_close_breaches(const struct flt_contract *contract, const struct flt_call *call,
                             const struct flt_named *named, struct flt_prediction *prediction) {
    const enum flt_rule wrong =
        wrong_handle(contract, call, named, FLT_RULE_close_once, FLT_RULE_close_real_handle);
    if (wrong != FLT_RULE_NONE) {
        flt_breach(prediction, wrong);
        return;
    }
    if (call->opcode == FLT_OP_FltClose && !named->by_flt)
        flt_breach(prediction, FLT_RULE_flt_close_for_flt_handles);
    else if (call->opcode != FLT_OP_FltClose && named->by_flt)
        flt_breach(prediction, FLT_RULE_zw_close_for_other_handles);
}

/* ---- objects --------------------------------------------------------------------------------- */

/* The slot's object is gone: its address may be another object's by now. */
static bool slot_is_stale(const struct flt_contract *contract, int8_t slot, uint32_t object) {
    const struct flt_slot *bound = flt_slot_bound(&contract->object_slots, slot);
    return bound && (bound->record != object || bound->life != contract->object[object].number);
}

void flt_find_object_breaches(const struct flt_contract *contract, const struct flt_call *call,
                              struct flt_prediction *prediction) {
    const uint64_t token = call->arg[FLT_ARG_object];
    const int8_t slot = call->slot[FLT_ARG_object];
    if (flt_slot_failed(&contract->object_slots, slot))
        flt_breach(prediction, FLT_RULE_output_used_after_failure);
    const uint32_t object = flt_find_object(contract, token);
    if (token == 0)
        flt_breach(prediction, FLT_RULE_object_not_null);
    else if (object == FLT_NOWHERE || slot_is_stale(contract, slot, object))
        flt_breach(prediction, FLT_RULE_object_live);
    else if (contract->object[object].references == 0)
        flt_breach(prediction, FLT_RULE_dereference_own);
}
