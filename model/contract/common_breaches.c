/* What callers may do wrong with any call: its IRQL, required outputs, what the thread is in, and
 * the filter, instance and list that it is given. */
#include "../include/wdm.h"
#include "predict.h"

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
