/* Processes that start and exit, and threads that attach to them. */
#include "predict.h"

static uint8_t process_of(const struct flt_call *call) {
    return (uint8_t)(call->arg[FLT_ARG_process] % FLT_PROCESS_COUNT);
}

/* ---- StartProcess, ExitProcess --------------------------------------------------------------- */

FLT_PREDICT(StartProcess) {
    (void)contract, (void)call;
    flt_expect_quiet(prediction);
}

FLT_OBSERVE(StartProcess) {
    (void)outcome, (void)violation;
    contract->exited[process_of(call)] = false;
}

FLT_PREDICT(ExitProcess) {
    (void)contract, (void)call;
    flt_expect_quiet(prediction);
}

/* Every handle of its table closes, protected or not. System never exits. */
FLT_OBSERVE(ExitProcess) {
    (void)outcome;
    const uint8_t process = process_of(call);
    if (process == FLT_PROCESS_SYSTEM)
        return;
    contract->exited[process] = true;
    const struct flt_positions *live = &contract->live_handles;
    /* Backwards: what closes gives its place to the last, which was looked at. */
    for (uint32_t i = live->count; i > 0 && contract->table[process].live > 0; i--)
        if (contract->handle[live->at[i - 1]].table == process)
            flt_close_handle(contract, live->at[i - 1], process, violation);
}

/* ---- KeStackAttachProcess, KeUnstackDetachProcess -------------------------------------------- */

FLT_PREDICT(KeStackAttachProcess) {
    if (flt_thread_of(contract, call)->attach_depth == FLT_ATTACH_DEPTH)
        flt_breach(prediction, FLT_RULE_detach_balanced);
    flt_expect_quiet(prediction);
}

FLT_OBSERVE(KeStackAttachProcess) {
    (void)outcome, (void)violation;
    struct flt_thread *thread = flt_moved_thread(contract, call);
    if (thread->attach_depth == FLT_ATTACH_DEPTH)
        return; /* calls within this one went deeper since it was let through */
    if (thread->attach_depth == 0)
        thread->attached_at = call->step;
    thread->attached[thread->attach_depth++] = process_of(call);
}

FLT_PREDICT(KeUnstackDetachProcess) {
    if (flt_thread_of(contract, call)->attach_depth == 0)
        flt_breach(prediction, FLT_RULE_detach_balanced);
    flt_expect_quiet(prediction);
}

FLT_OBSERVE(KeUnstackDetachProcess) {
    (void)outcome, (void)violation;
    struct flt_thread *thread = flt_moved_thread(contract, call);
    if (thread->attach_depth > 0)
        thread->attach_depth--;
}
