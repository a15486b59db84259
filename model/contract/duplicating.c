/* ZwDuplicateObject: a second handle to an object, in any process, and the end of the first. */
#include "../include/wdm.h"
#include "predict.h"

/* ---- the processes --------------------------------------------------------------------------- */

enum { NO_PROCESS = FLT_PROCESS_COUNT };

/* The process that the handle of the world names. */
static uint8_t named_process(const struct flt_contract *contract, const struct flt_call *call,
                             enum flt_arg arg) {
    const uint64_t handle = call->arg[arg] % FLT_PROCESS_HANDLE_COUNT;
    if (handle == FLT_PROCESS_HANDLE_NULL)
        return NO_PROCESS;
    if (handle == FLT_PROCESS_HANDLE_CURRENT)
        return flt_process_of(flt_thread_of(contract, call));
    return (uint8_t)(handle - FLT_PROCESS_HANDLE_SYSTEM);
}

static bool has_run_down(const struct flt_contract *contract, uint8_t process) {
    return process == NO_PROCESS || contract->exited[process];
}

static bool has_option(const struct flt_call *call, uint32_t option) {
    return (call->arg[FLT_ARG_options] & option) != 0;
}

/* ---- the source ------------------------------------------------------------------------------ */

struct source {
    uint8_t process;
    bool run_down; /* the process has no handles to duplicate */
    struct flt_named named;
};

/* A handle that a call with no process names is judged as one of the thread's. */
static struct source find_source(const struct flt_contract *contract, const struct flt_call *call) {
    struct source source = {.process = named_process(contract, call, FLT_ARG_source)};
    source.run_down = has_run_down(contract, source.process);
    if (source.process == NO_PROCESS)
        source.process = flt_process_of(flt_thread_of(contract, call));
    source.named = flt_resolve_in(contract, call, source.process, call->arg[FLT_ARG_handle]);
    return source;
}

/* ---- predicting ------------------------------------------------------------------------------ */

/* The source is good: what comes of the target. */
static struct flt_allowed *predict_target(const struct flt_contract *contract,
                                          const struct flt_call *call,
                                          struct flt_prediction *prediction) {
    const uint8_t process = named_process(contract, call, FLT_ARG_target);
    if (process == NO_PROCESS && has_option(call, DUPLICATE_CLOSE_SOURCE))
        return flt_expect(prediction, FLT_RULE_duplicate_without_target, STATUS_SUCCESS);
    if (has_run_down(contract, process))
        return flt_expect(prediction, FLT_RULE_duplicate_without_target,
                          (uint32_t)STATUS_INVALID_HANDLE);
    if (call->arg[FLT_ARG_attributes] & OBJ_KERNEL_HANDLE && process != FLT_PROCESS_SYSTEM)
        return flt_expect(prediction, FLT_RULE_duplicate_kernel_attribute,
                          (uint32_t)STATUS_INVALID_PARAMETER);
    return flt_expect_new_handle(contract, process, FLT_RULE_duplicate_live, STATUS_SUCCESS,
                                 prediction);
}

FLT_PREDICT(ZwDuplicateObject) {
    const struct source source = find_source(contract, call);
    flt_find_use_breaches(contract, call, FLT_ARG_handle, source.process, &source.named,
                          prediction);
    if (source.run_down || source.named.handle == FLT_NOWHERE) {
        flt_expect(prediction, FLT_RULE_duplicate_bad_source, (uint32_t)STATUS_INVALID_HANDLE);
        return;
    }
    struct flt_allowed *allowed = predict_target(contract, call, prediction);
    if (source.named.may_be_bad)
        flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_INVALID_HANDLE);
}

/* ---- observing ------------------------------------------------------------------------------- */

static uint32_t new_access(const struct flt_call *call, const struct flt_handle_record *source,
                           enum flt_type type) {
    return has_option(call, DUPLICATE_SAME_ACCESS)
               ? source->access
               : flt_granted_access(type, (uint32_t)call->arg[FLT_ARG_access]);
}

static uint8_t new_flags(const struct flt_call *call, const struct flt_handle_record *source) {
    if (has_option(call, DUPLICATE_SAME_ATTRIBUTES))
        return source->flags;
    return call->arg[FLT_ARG_attributes] & OBJ_INHERIT ? FLT_HANDLE_INHERIT : 0;
}

static void add_duplicate(struct flt_contract *contract, const struct flt_call *call,
                          uint32_t source, const struct flt_outcome *outcome,
                          struct flt_violation *violation) {
    const uint8_t table = named_process(contract, call, FLT_ARG_target);
    const uint64_t value = outcome->out[FLT_RESULT_handle];
    const bool shown = flt_wants(call, FLT_RESULT_handle);
    /* A copy: the records move when there are more. */
    const struct flt_handle_record old = contract->handle[source];
    const enum flt_type type = (enum flt_type)contract->object[old.object].type;
    if (shown && !flt_check_new_value(contract, call->opcode, call->fill, table, value, violation))
        return;
    const uint32_t handle = shown ? flt_open_handle(contract, table, value, old.object)
                                  : flt_open_nameless_handle(contract, table, old.object);
    flt_describe_new_handle(contract, call, handle, new_access(call, &old, type),
                            new_flags(call, &old));
}

/* Where the tag bits may have made the source a bad handle, the status tells; but for a target that
 * has exited, where it is the same: then the source is taken for good. */
static bool source_was_bad(const struct flt_contract *contract, const struct flt_call *call,
                           const struct source *source, const struct flt_outcome *outcome) {
    if (source->run_down || source->named.handle == FLT_NOWHERE)
        return true;
    const uint8_t target = named_process(contract, call, FLT_ARG_target);
    return source->named.may_be_bad && outcome->status == (uint32_t)STATUS_INVALID_HANDLE &&
           (target == NO_PROCESS || !contract->exited[target]);
}

FLT_OBSERVE(ZwDuplicateObject) {
    const struct source source = find_source(contract, call);
    const bool bad = source_was_bad(contract, call, &source, outcome);
    const bool nowhere = named_process(contract, call, FLT_ARG_target) == NO_PROCESS;
    if (!flt_success(outcome->status))
        flt_observe_failure(contract, call, outcome, violation);
    else if (nowhere)
        flt_fail_slots(contract, call); /* nothing was made */
    else if (!bad)
        add_duplicate(contract, call, source.named.handle, outcome, violation);
    if (bad || !has_option(call, DUPLICATE_CLOSE_SOURCE) ||
        contract->handle[source.named.handle].flags & FLT_HANDLE_PROTECT)
        return;
    flt_close_handle(contract, source.named.handle, source.process, violation);
}

/* The open that failed stopped on a link, and that is what came of it. */
static bool left_buffer(const struct flt_contract *contract, const struct flt_call *call) {
    const uint32_t buffer = flt_untaken_buffer(contract);
    return buffer != FLT_NOWHERE && contract->take[contract->untaken.take].step == call->step;
}

bool flt_contract_failure_may_change(const struct flt_contract *contract,
                                     const struct flt_call *call) {
    if (call->opcode != FLT_OP_ZwDuplicateObject) /* what a file system has done stays done */
        return flt_calls[call->opcode].args >> FLT_ARG_path & 1 &&
               (flt_names_changed(contract) || left_buffer(contract, call));
    /* Whether it does change something depends on more than is left to see. */
    return has_option(call, DUPLICATE_CLOSE_SOURCE);
}

/* ---- duplicates that no output showed -------------------------------------------------------- */

bool flt_contract_needs_value(const struct flt_contract *contract, uint8_t *table,
                              uint64_t *token) {
    if (contract->nameless == FLT_NOWHERE)
        return false;
    const struct flt_handle_record *handle = &contract->handle[contract->nameless];
    *table = handle->table;
    *token = contract->object[handle->object].token;
    return true;
}

void flt_contract_bind_value(struct flt_contract *contract, uint64_t value,
                             struct flt_violation *violation) {
    const uint32_t handle = contract->nameless;
    if (handle == FLT_NOWHERE ||
        !flt_check_new_value(contract, contract->handle[handle].opener, 0,
                             contract->handle[handle].table, value, violation))
        return;
    contract->nameless = FLT_NOWHERE;
    contract->generation++;
    flt_name_handle(contract, handle, value);
}
