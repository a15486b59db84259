/* What a failed call leaves in its outputs. */
#include "../include/wdm.h"
#include "predict.h"

static bool names_something_live(const struct flt_contract *contract, enum flt_result result,
                                 uint64_t value) {
    if (flt_results[result].slots == FLT_SLOTS_OBJECT)
        return flt_find_object(contract, value) != FLT_NOWHERE;
    for (uint8_t table = 0; table < FLT_TABLE_COUNT; table++) {
        const uint32_t handle = flt_find_handle(contract, table, value);
        if (handle != FLT_NOWHERE && contract->handle[handle].live)
            return true;
    }
    return false;
}

static void check_handed_out(const struct flt_contract *contract, const struct flt_call *call,
                             enum flt_result result, const struct flt_outcome *outcome,
                             struct flt_violation *violation) {
    const struct flt_switches *switches = &contract->switches;
    const uint64_t out = outcome->out[result];
    if (!flt_wants(call, result) ||
        (flt_accepts(switches, failed_outputs, untouched) && out == call->fill) ||
        (flt_accepts(switches, failed_outputs, zero) && out == 0) ||
        (flt_accepts(switches, failed_outputs, pattern) &&
         !names_something_live(contract, result, out)))
        return;
    flt_violate(violation, FLT_RULE_failed_outputs, "%s failed and %s its %s output",
                flt_calls[call->opcode].name,
                out == call->fill ? "left alone"
                : out == 0        ? "cleared"
                                  : "wrote something to",
                flt_results[result].name);
}

static void check_iosb(const struct flt_contract *contract, const struct flt_call *call,
                       const struct flt_outcome *outcome, struct flt_violation *violation) {
    const struct flt_switches *switches = &contract->switches;
    const uint64_t information = outcome->out[FLT_RESULT_iosb];
    const bool untouched =
        information == call->fill && outcome->iosb_status == (uint32_t)call->fill;
    const bool written = information == 0 && outcome->iosb_status == outcome->status;
    if (!flt_wants(call, FLT_RESULT_iosb) ||
        (flt_accepts(switches, failed_iosb, untouched) && untouched) ||
        (flt_accepts(switches, failed_iosb, written) && written))
        return;
    flt_violate(violation, FLT_RULE_open_failed_iosb, "%s failed and %s",
                flt_calls[call->opcode].name,
                untouched ? "left IoStatusBlock alone"
                : written ? "wrote the status to IoStatusBlock"
                          : "left something else than the status in IoStatusBlock");
}

void flt_observe_failure(struct flt_contract *contract, const struct flt_call *call,
                         const struct flt_outcome *outcome, struct flt_violation *violation) {
    check_handed_out(contract, call, FLT_RESULT_handle, outcome, violation);
    check_handed_out(contract, call, FLT_RESULT_object, outcome, violation);
    if (outcome->status == (uint32_t)STATUS_STOPPED_ON_SYMLINK)
        flt_observe_stopped_open(contract, call, outcome, violation);
    else
        check_iosb(contract, call, outcome, violation);
    flt_fail_slots(contract, call);
}
