/* RunIn, SetPreviousMode, IoSetTopLevelIrp, KeRaiseIrql, KeLowerIrql: what the calling thread is
 * in. */
#include <inttypes.h>

#include "../include/wdm.h"
#include "predict.h"

/* A KIRQL is a byte. */
static uint8_t asked_irql(const struct flt_call *call) {
    return (uint8_t)call->arg[FLT_ARG_irql];
}

/* ---- RunIn ----------------------------------------------------------------------------------- */

void flt_predict_RunIn(const struct flt_contract *contract, const struct flt_call *call,
                       struct flt_prediction *prediction) {
    (void)contract, (void)call;
    flt_expect_quiet(prediction);
}

void flt_observe_RunIn(struct flt_contract *contract, const struct flt_call *call,
                       const struct flt_outcome *outcome, struct flt_violation *violation) {
    (void)outcome, (void)violation;
    flt_moved_thread(contract, call)->process =
        (uint8_t)(call->arg[FLT_ARG_process] % FLT_PROCESS_COUNT);
}

/* ---- SetPreviousMode, IoSetTopLevelIrp ------------------------------------------------------- */

FLT_PREDICT(SetPreviousMode) {
    (void)contract, (void)call;
    flt_expect_quiet(prediction);
}

FLT_OBSERVE(SetPreviousMode) {
    (void)outcome, (void)violation;
    flt_moved_thread(contract, call)->user_mode = flt_is_user_mode(call);
}

FLT_PREDICT(IoSetTopLevelIrp) {
    (void)contract;
    if (call->arg[FLT_ARG_irp] != 0)
        flt_breach(prediction, FLT_RULE_no_top_level_irp);
    flt_expect_quiet(prediction);
}

FLT_OBSERVE(IoSetTopLevelIrp) {
    (void)outcome, (void)violation;
    flt_moved_thread(contract, call)->has_irp = call->arg[FLT_ARG_irp] != 0;
}

/* ---- KeRaiseIrql ----------------------------------------------------------------------------- */

void flt_predict_KeRaiseIrql(const struct flt_contract *contract, const struct flt_call *call,
                             struct flt_prediction *prediction) {
    if (asked_irql(call) < flt_thread_of(contract, call)->irql) {
        flt_breach(prediction, FLT_RULE_raise_irql_upward);
        flt_expect_stop(prediction, FLT_RULE_raise_irql_stops, FLT_STOP_IRQL_NOT_GREATER_OR_EQUAL);
    } else {
        flt_expect_quiet(prediction);
    }
}

void flt_observe_KeRaiseIrql(struct flt_contract *contract, const struct flt_call *call,
                             const struct flt_outcome *outcome, struct flt_violation *violation) {
    struct flt_thread *thread = flt_moved_thread(contract, call);
    const uint64_t old = outcome->out[FLT_RESULT_irql];
    if (flt_wants(call, FLT_RESULT_irql) && old != thread->irql)
        flt_violate(violation, FLT_RULE_raise_irql_result,
                    "KeRaiseIrql handed out IRQL %" PRIu64 ", it was called at %u", old,
                    thread->irql);
    if (thread->irql == PASSIVE_LEVEL)
        thread->raised_at = call->step;
    thread->irql = asked_irql(call);
}

/* ---- KeLowerIrql ----------------------------------------------------------------------------- */

void flt_predict_KeLowerIrql(const struct flt_contract *contract, const struct flt_call *call,
                             struct flt_prediction *prediction) {
    if (asked_irql(call) > flt_thread_of(contract, call)->irql) {
        flt_breach(prediction, FLT_RULE_lower_irql_downward);
        flt_expect_stop(prediction, FLT_RULE_lower_irql_stops, FLT_STOP_IRQL_NOT_LESS_OR_EQUAL);
    } else {
        flt_expect_quiet(prediction);
    }
}

/* Every raise lifts the thread from PASSIVE_LEVEL or from another raise, so the first stays in
 * force until the thread is back at PASSIVE_LEVEL. */
void flt_observe_KeLowerIrql(struct flt_contract *contract, const struct flt_call *call,
                             const struct flt_outcome *outcome, struct flt_violation *violation) {
    (void)outcome, (void)violation;
    flt_moved_thread(contract, call)->irql = asked_irql(call);
}
