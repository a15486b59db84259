/* What callers do wrong with the handles and objects that they name: judged before the call, from
 * the state alone. */
#include "predict.h"

void flt_breach(struct flt_prediction *prediction, enum flt_rule rule) {
    prediction->withhold |= flt_rules[rule].withhold;
    if (prediction->breaches < FLT_MAX_BREACHES)
        prediction->breach[prediction->breaches++] = rule;
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
                                  enum flt_arg arg, uint8_t process, const struct flt_named *named,
                                  enum flt_rule closed_before, enum flt_rule not_a_handle) {
    const int8_t slot = call->slot[arg];
    if (flt_slot_failed(&contract->handle_slots, slot))
        return FLT_RULE_output_used_after_failure;
    if (call->derived >> arg & 1)
        return FLT_RULE_handle_unaltered;
    bool live = false;
    const struct flt_handle_record *record = handle_in_slot(contract, slot, &live);
    if (record ? !live : named->retired)
        return closed_before;
    if (record && record->table != FLT_TABLE_KERNEL && record->table != process)
        return FLT_RULE_handle_in_its_process;
    return named->handle == FLT_NOWHERE ? not_a_handle : FLT_RULE_NONE;
}

void flt_find_use_breaches(const struct flt_contract *contract, const struct flt_call *call,
                           enum flt_arg arg, uint8_t process, const struct flt_named *named,
                           struct flt_prediction *prediction) {
    const enum flt_rule wrong = wrong_handle(contract, call, arg, process, named,
                                             FLT_RULE_use_before_close, FLT_RULE_use_real_handle);
    if (wrong != FLT_RULE_NONE)
        flt_breach(prediction, wrong);
}

/* A duplicate of an Flt handle is one more of the kind where duplicate_closer says so. */
enum flt_sure flt_is_own_to_flt_close(const struct flt_contract *contract,
                                      const struct flt_about_handle *handle) {
    const struct flt_switches *switches = &contract->switches;
    if (flt_is_flt_open(handle->opener))
        return FLT_YES;
    if (!flt_is_duplication(handle->opener) || !handle->object_by_flt ||
        !flt_accepts(switches, duplicate_closer, flt))
        return FLT_NO;
    return flt_chosen(switches, duplicate_closer, flt) ? FLT_YES : FLT_MAYBE;
}

/* Whose close the live handle is for. */
static enum flt_rule wrong_closer(const struct flt_contract *contract, const struct flt_call *call,
                                  const struct flt_about_handle *handle) {
    const bool by_flt = flt_is_flt_open(handle->opener);
    if (call->opcode != FLT_OP_FltClose)
        return by_flt ? FLT_RULE_zw_close_for_other_handles : FLT_RULE_NONE;
    if (flt_is_own_to_flt_close(contract, handle) != FLT_NO)
        return FLT_RULE_NONE;
    return flt_is_duplication(handle->opener) ? FLT_RULE_duplicate_closer
                                              : FLT_RULE_flt_close_for_flt_handles;
}

/* But for its protection the close would end the handle, or may. */
static bool would_close(const struct flt_contract *contract, const struct flt_call *call,
                        const struct flt_about_handle *handle) {
    return call->opcode != FLT_OP_FltClose ||
           flt_accepts(&contract->switches, flt_close, forward) ||
           flt_is_own_to_flt_close(contract, handle) != FLT_NO;
}

void flt_find_close_breaches(const struct flt_contract *contract, const struct flt_call *call,
                             const struct flt_named *named, bool from_user_mode,
                             struct flt_prediction *prediction) {
    const struct flt_thread *thread = flt_thread_of(contract, call);
    const enum flt_rule wrong =
        wrong_handle(contract, call, FLT_ARG_handle, flt_process_of(thread), named,
                     FLT_RULE_close_once, FLT_RULE_close_real_handle);
    if (wrong != FLT_RULE_NONE) {
        flt_breach(prediction, wrong);
        return;
    }
    const struct flt_about_handle *handle = &named->about;
    if (thread->attach_depth > 0 && handle->type == FLT_TYPE_FILE)
        flt_breach(prediction, FLT_RULE_no_files_while_attached);
    if (from_user_mode && named->kernel) {
        flt_breach(prediction, FLT_RULE_close_from_kernel_mode);
        return;
    }
    const enum flt_rule closer = wrong_closer(contract, call, handle);
    if (closer != FLT_RULE_NONE)
        flt_breach(prediction, closer);
    if (handle->flags & FLT_HANDLE_PROTECT && would_close(contract, call, handle))
        flt_breach(prediction, FLT_RULE_close_unprotected);
    if (handle->owner_is_gone)
        flt_breach(prediction, FLT_RULE_close_before_unregister);
}

void flt_find_table_breach(const struct flt_contract *contract, const struct flt_call *call,
                           uint8_t table, struct flt_prediction *prediction) {
    const uint8_t process = flt_process_of(flt_thread_of(contract, call));
    if (table != FLT_TABLE_KERNEL && process != FLT_PROCESS_SYSTEM)
        flt_breach(prediction, FLT_RULE_kernel_handle_outside_system);
}

/* ---- objects --------------------------------------------------------------------------------- */

/* The slot's object is gone: its address may be another object's by now. */
static bool slot_is_stale(const struct flt_contract *contract, int8_t slot, uint32_t object) {
    const struct flt_slot *bound = flt_slot_bound(&contract->object_slots, slot);
    return bound && (bound->record != object || bound->life != contract->object[object].number);
}

/* What the argument names; FLT_NOWHERE when that is nothing, or gone. `ecp` may be NULL. */
static uint32_t find_named(const struct flt_contract *contract, const struct flt_call *call,
                           enum flt_arg arg, struct flt_prediction *prediction) {
    const int8_t slot = call->slot[arg];
    if (flt_slot_failed(&contract->object_slots, slot))
        flt_breach(prediction, FLT_RULE_output_used_after_failure);
    const uint32_t object = flt_find_object(contract, call->arg[arg]);
    if (call->arg[arg] == 0 && arg == FLT_ARG_ecp)
        return FLT_NOWHERE;
    if (call->arg[arg] == 0)
        flt_breach(prediction, FLT_RULE_object_not_null);
    else if (object == FLT_NOWHERE || slot_is_stale(contract, slot, object))
        flt_breach(prediction, FLT_RULE_object_live);
    else
        return object;
    return FLT_NOWHERE;
}

static bool is_of(const struct flt_contract *contract, uint32_t object, enum flt_type type) {
    return contract->object[object].type == type;
}

/* Lists and buffers are no objects to any call but their own. */
uint32_t flt_find_object_breaches(const struct flt_contract *contract, const struct flt_call *call,
                                  struct flt_prediction *prediction) {
    const uint32_t object = find_named(contract, call, FLT_ARG_object, prediction);
    if (object == FLT_NOWHERE)
        return FLT_NOWHERE;
    if (is_of(contract, object, FLT_TYPE_ECP_LIST))
        flt_breach(prediction, FLT_RULE_ecp_list_is_list);
    else if (is_of(contract, object, FLT_TYPE_REPARSE_BUFFER))
        flt_breach(prediction, FLT_RULE_reparse_buffer_is_buffer);
    else
        return object;
    return FLT_NOWHERE;
}

/* An object that only the system still keeps, for an IRP_MJ_CLOSE that it puts off, is as good as
 * gone. */
uint32_t flt_find_held_object(const struct flt_contract *contract, const struct flt_call *call,
                              struct flt_prediction *prediction) {
    const uint32_t object = flt_find_object_breaches(contract, call, prediction);
    if (object == FLT_NOWHERE || flt_is_held(&contract->object[object]))
        return object;
    flt_breach(prediction, FLT_RULE_object_live);
    return FLT_NOWHERE;
}

/* What is of a type of its own, or the rule by which it must be. */
static uint32_t find_of_type(const struct flt_contract *contract, const struct flt_call *call,
                             enum flt_arg arg, enum flt_type type, enum flt_rule rule,
                             struct flt_prediction *prediction) {
    const uint32_t object = find_named(contract, call, arg, prediction);
    if (object == FLT_NOWHERE || is_of(contract, object, type))
        return object;
    flt_breach(prediction, flt_is_held(&contract->object[object]) ? rule : FLT_RULE_object_live);
    return FLT_NOWHERE;
}

uint32_t flt_find_list(const struct flt_contract *contract, const struct flt_call *call,
                       enum flt_arg arg, struct flt_prediction *prediction) {
    return find_of_type(contract, call, arg, FLT_TYPE_ECP_LIST, FLT_RULE_ecp_list_is_list,
                        prediction);
}

uint32_t flt_find_buffer(const struct flt_contract *contract, const struct flt_call *call,
                         struct flt_prediction *prediction) {
    return find_of_type(contract, call, FLT_ARG_object, FLT_TYPE_REPARSE_BUFFER,
                        FLT_RULE_reparse_buffer_is_buffer, prediction);
}
