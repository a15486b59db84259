/* FltClose and ZwClose. */
#include "../include/wdm.h"
#include "predict.h"

/* A bad handle that may stop the system: it would be a kernel handle, and is none of the two values
 * that stand for "no handle". */
static bool may_stop(uint64_t value) {
    return (value & FLT_KERNEL_HANDLE_BITS) == FLT_KERNEL_HANDLE_BITS && value != UINT64_MAX &&
           value != FLT_KERNEL_HANDLE_BITS;
}

static void allow_bad_handle(const struct flt_contract *contract, uint64_t value,
                             struct flt_allowed *allowed) {
    const bool stops = may_stop(value) && flt_accepts(&contract->switches, bad_close, bugcheck);
    if (stops)
        flt_allow(allowed, FLT_BUGCHECK, FLT_STOP_INVALID_KERNEL_HANDLE);
    if (!stops || flt_accepts(&contract->switches, bad_close, status))
        flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_INVALID_HANDLE);
}

static void predict_bad_handle(const struct flt_contract *contract, uint64_t value,
                               struct flt_prediction *prediction) {
    const bool stops = may_stop(value) && flt_chosen(&contract->switches, bad_close, bugcheck);
    allow_bad_handle(contract, value,
                     flt_add_clause(prediction, stops ? FLT_RULE_close_bad_kernel_handle_stops
                                                      : FLT_RULE_close_bad_handle));
}

static void predict_minus_one(const struct flt_contract *contract,
                              struct flt_prediction *prediction, bool may_fail) {
    struct flt_allowed *allowed = flt_add_clause(prediction, FLT_RULE_close_minus_one);
    if (may_fail || flt_accepts(&contract->switches, minus_one, status))
        flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_INVALID_HANDLE);
    if (flt_accepts(&contract->switches, minus_one, success))
        flt_allow(allowed, FLT_RETURNED, STATUS_SUCCESS);
}

/* A live handle: the rule, and whether the close may refuse it or must. */
static void predict_live(const struct flt_contract *contract, uint64_t value,
                         const struct flt_named *named, enum flt_rule rule, bool closes,
                         bool refuses, struct flt_prediction *prediction) {
    struct flt_allowed *allowed = flt_add_clause(prediction, rule);
    if (closes)
        flt_allow(allowed, FLT_RETURNED, STATUS_SUCCESS);
    if (refuses)
        flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_INVALID_HANDLE);
    if (named->may_be_bad)
        allow_bad_handle(contract, value, allowed);
}

/* The handle that this call would close, and what is wrong with closing it. */
static struct flt_named begin_close(const struct flt_contract *contract,
                                    const struct flt_call *call,
                                    struct flt_prediction *prediction) {
    const struct flt_named named = flt_resolve(contract, call, call->arg[FLT_ARG_handle]);
    flt_find_close_breaches(contract, call, &named, prediction);
    if (named.handle != FLT_NOWHERE && !named.gone)
        flt_begin_close(contract, call, named.handle);
    return named;
}

/* Every successful close of a live handle ends it, whatever the switches. A success without one is
 * that of -1, which is no handle. */
static void observe_close(struct flt_contract *contract, const struct flt_call *call,
                          const struct flt_outcome *outcome, struct flt_violation *violation) {
    const struct flt_named named = flt_resolve(contract, call, call->arg[FLT_ARG_handle]);
    const bool closed = flt_success(outcome->status);
    flt_end_act(contract, call);
    if (named.gone && !closed)
        flt_violate(violation, FLT_RULE_irp_cleanup_at_last_handle,
                    "%s failed after the IRP_MJ_CLEANUP of its handle's object",
                    flt_calls[call->opcode].name);
    else if (closed && !named.gone && named.handle != FLT_NOWHERE)
        flt_close_handle(contract, named.handle);
}

/* ---- ZwClose --------------------------------------------------------------------------------- */

void flt_predict_ZwClose(const struct flt_contract *contract, const struct flt_call *call,
                         struct flt_prediction *prediction) {
    const uint64_t value = call->arg[FLT_ARG_handle];
    const struct flt_named named = begin_close(contract, call, prediction);
    if (named.handle != FLT_NOWHERE)
        predict_live(contract, value, &named, FLT_RULE_close_any_type, true, false, prediction);
    else if (value == UINT64_MAX)
        predict_minus_one(contract, prediction, false);
    else
        predict_bad_handle(contract, value, prediction);
}

void flt_observe_ZwClose(struct flt_contract *contract, const struct flt_call *call,
                         const struct flt_outcome *outcome, struct flt_violation *violation) {
    observe_close(contract, call, outcome, violation);
}

/* ---- FltClose -------------------------------------------------------------------------------- */

void flt_predict_FltClose(const struct flt_contract *contract, const struct flt_call *call,
                          struct flt_prediction *prediction) {
    const uint64_t value = call->arg[FLT_ARG_handle];
    const struct flt_named named = begin_close(contract, call, prediction);
    const bool own = flt_accepts(&contract->switches, flt_close, own);
    const bool forwards = flt_accepts(&contract->switches, flt_close, forward);
    if (named.handle == FLT_NOWHERE && value == UINT64_MAX && forwards)
        predict_minus_one(contract, prediction, own);
    else if (named.handle == FLT_NOWHERE)
        predict_bad_handle(contract, value, prediction);
    else if (named.by_flt)
        predict_live(contract, value, &named, FLT_RULE_close_flt_created, true, false, prediction);
    else
        predict_live(contract, value, &named,
                     own ? FLT_RULE_close_only_flt_created : FLT_RULE_close_forwards, forwards, own,
                     prediction);
}

void flt_observe_FltClose(struct flt_contract *contract, const struct flt_call *call,
                          const struct flt_outcome *outcome, struct flt_violation *violation) {
    observe_close(contract, call, outcome, violation);
}
