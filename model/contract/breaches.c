/* What callers do wrong: judged before the call, from the state alone. */
#include "../include/wdm.h"
#include "predict.h"

void flt_breach(struct flt_prediction *prediction, enum flt_rule rule) {
    prediction->withhold |= flt_rules[rule].withhold;
    if (prediction->breaches < FLT_MAX_BREACHES)
        prediction->breach[prediction->breaches++] = rule;
}

/* ---- IRQL, outputs and the thread's state: any row ------------------------------------------- */

/* The rule that a call above its row's IRQL breaks. */
static const enum flt_rule irql_rules[FLT_OP_LIMIT] = {
    [FLT_OP_FltCreateFile] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltCreateFileEx] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltCreateFileEx2] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltOpenVolume] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltCreateNamedPipeFile] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltCreateMailslotFile] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltClose] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltReadFile] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltWriteFile] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltSetInformationFile] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltQueryInformationFile] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltCancelFileOpen] = FLT_RULE_flt_at_passive,
    [FLT_OP_FltAllocateExtraCreateParameterList] = FLT_RULE_filter_call_irql,
    [FLT_OP_FltFreeExtraCreateParameterList] = FLT_RULE_filter_call_irql,
    [FLT_OP_FltRegisterFilter] = FLT_RULE_filter_call_irql,
    [FLT_OP_FltStartFiltering] = FLT_RULE_filter_call_irql,
    [FLT_OP_FltUnregisterFilter] = FLT_RULE_filter_call_irql,
    [FLT_OP_ZwCreateFile] = FLT_RULE_zw_at_passive,
    [FLT_OP_ZwClose] = FLT_RULE_zw_at_passive,
    [FLT_OP_ZwCreateEvent] = FLT_RULE_zw_at_passive,
    [FLT_OP_ZwCreateSection] = FLT_RULE_zw_at_passive,
    [FLT_OP_ZwOpenKey] = FLT_RULE_zw_at_passive,
    [FLT_OP_NtClose] = FLT_RULE_zw_at_passive,
    [FLT_OP_ObCloseHandle] = FLT_RULE_zw_at_passive,
    [FLT_OP_ZwDuplicateObject] = FLT_RULE_zw_at_passive,
    [FLT_OP_ZwSetInformationObject] = FLT_RULE_zw_at_passive,
    [FLT_OP_ZwReadFile] = FLT_RULE_zw_at_passive,
    [FLT_OP_ZwQueryInformationFile] = FLT_RULE_zw_at_passive,
    [FLT_OP_ObReferenceObjectByHandle] = FLT_RULE_reference_at_passive,
    [FLT_OP_ObOpenObjectByPointer] = FLT_RULE_reference_at_passive,
    [FLT_OP_ObDereferenceObject] = FLT_RULE_dereference_at_dispatch,
    [FLT_OP_ObReferenceObject] = FLT_RULE_dereference_at_dispatch,
    [FLT_OP_ExFreePool] = FLT_RULE_pool_at_dispatch,
    [FLT_OP_KeEnterCriticalRegion] = FLT_RULE_thread_call_irql,
    [FLT_OP_KeLeaveCriticalRegion] = FLT_RULE_thread_call_irql,
    [FLT_OP_KeEnterGuardedRegion] = FLT_RULE_thread_call_irql,
    [FLT_OP_KeLeaveGuardedRegion] = FLT_RULE_thread_call_irql,
    [FLT_OP_IoSetTopLevelIrp] = FLT_RULE_thread_call_irql,
    [FLT_OP_KeStackAttachProcess] = FLT_RULE_thread_call_irql,
    [FLT_OP_KeUnstackDetachProcess] = FLT_RULE_thread_call_irql,
};

/* What the thread must not be in when a call is made. */
enum { NORMAL_APCS_OFF = 1, SPECIAL_APCS_OFF = 2, TOP_LEVEL_IRP = 4, ATTACHED = 8 };

static const uint8_t unfit_states[FLT_OP_LIMIT] = {
    [FLT_OP_FltCreateFile] = NORMAL_APCS_OFF | TOP_LEVEL_IRP | ATTACHED,
    [FLT_OP_FltCreateFileEx] = NORMAL_APCS_OFF | TOP_LEVEL_IRP | ATTACHED,
    [FLT_OP_FltCreateFileEx2] = NORMAL_APCS_OFF | TOP_LEVEL_IRP | ATTACHED,
    [FLT_OP_FltOpenVolume] = NORMAL_APCS_OFF | TOP_LEVEL_IRP | ATTACHED,
    [FLT_OP_FltCreateNamedPipeFile] = NORMAL_APCS_OFF | TOP_LEVEL_IRP | ATTACHED,
    [FLT_OP_FltCreateMailslotFile] = NORMAL_APCS_OFF | TOP_LEVEL_IRP | ATTACHED,
    [FLT_OP_FltQueryInformationFile] = NORMAL_APCS_OFF | TOP_LEVEL_IRP,
    [FLT_OP_ZwCreateFile] = SPECIAL_APCS_OFF | ATTACHED,
};

/* The raised IRQL disables APCs too, but has rules of its own. */
static unsigned states_of(const struct flt_thread *thread) {
    unsigned states = 0;
    if (thread->guarded.depth > 0)
        states |= NORMAL_APCS_OFF | SPECIAL_APCS_OFF;
    if (thread->critical.depth > 0)
        states |= NORMAL_APCS_OFF;
    if (thread->has_irp)
        states |= TOP_LEVEL_IRP;
    if (thread->attach_depth > 0)
        states |= ATTACHED;
    return states;
}

static void find_state_breaches(const struct flt_thread *thread, uint8_t opcode,
                                struct flt_prediction *prediction) {
    const unsigned unfit = unfit_states[opcode] & states_of(thread);
    if (unfit & NORMAL_APCS_OFF)
        flt_breach(prediction, FLT_RULE_flt_open_with_apcs);
    if (unfit & SPECIAL_APCS_OFF)
        flt_breach(prediction, FLT_RULE_zw_create_with_special_apcs);
    if (unfit & TOP_LEVEL_IRP)
        flt_breach(prediction, FLT_RULE_top_level_irp_null);
    if (unfit & ATTACHED)
        flt_breach(prediction, FLT_RULE_no_files_while_attached);
}

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
    if (unfit_states[call->opcode])
        find_state_breaches(flt_thread_of(contract, call), call->opcode, prediction);
    flt_find_filter_breaches(contract, call, prediction);
    if (row->args >> FLT_ARG_ecp & 1)
        flt_find_ecp_breaches(contract, call, prediction);
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
