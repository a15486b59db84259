/* FltClose, ZwClose, NtClose and ObCloseHandle. */
#include "../include/wdm.h"
#include "predict.h"

/* ---- bad handles ----------------------------------------------------------------------------- */

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

/* ---- live handles ---------------------------------------------------------------------------- */

/* A close of one: who makes it, and what it may do. */
struct close {
    enum flt_rule rule; /* of a handle that is not protected */
    bool from_user_mode;
    bool closes, refuses; /* may end it; may say that it is not its to end */
};

/* What keeps a protected handle open. */
static enum flt_rule allow_protected(const struct flt_contract *contract, bool from_user_mode,
                                     struct flt_allowed *allowed) {
    const struct flt_switches *switches = &contract->switches;
    const bool stops = !from_user_mode && flt_accepts(switches, protected_close, bugcheck);
    if (stops)
        flt_allow(allowed, FLT_BUGCHECK, FLT_STOP_INVALID_KERNEL_HANDLE);
    if (!stops || flt_accepts(switches, protected_close, status))
        flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_HANDLE_NOT_CLOSABLE);
    return stops && flt_chosen(switches, protected_close, bugcheck) ? FLT_RULE_close_protected_stops
                                                                    : FLT_RULE_close_protected;
}

static void predict_live(const struct flt_contract *contract, uint64_t value,
                         const struct flt_named *named, const struct close *close,
                         struct flt_prediction *prediction) {
    const bool protect = named->about.flags & FLT_HANDLE_PROTECT;
    struct flt_clause *clause = &prediction->clause[prediction->clauses];
    struct flt_allowed *allowed = flt_add_clause(prediction, close->rule);
    if (close->closes && protect) {
        const enum flt_rule rule = allow_protected(contract, close->from_user_mode, allowed);
        clause->rule = close->refuses ? close->rule : rule;
    } else if (close->closes) {
        flt_allow(allowed, FLT_RETURNED, STATUS_SUCCESS);
    }
    if (close->refuses)
        flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_INVALID_HANDLE);
    if (named->may_be_bad)
        allow_bad_handle(contract, value, allowed);
}

/* The handle that this call would close, and what is wrong with closing it. */
static struct flt_named begin_close(const struct flt_contract *contract,
                                    const struct flt_call *call, bool from_user_mode,
                                    struct flt_prediction *prediction) {
    const struct flt_named named = flt_resolve(contract, call, call->arg[FLT_ARG_handle]);
    flt_find_close_breaches(contract, call, &named, from_user_mode, prediction);
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
        flt_close_handle(contract, named.handle, FLT_IN_THREAD, violation);
}

/* A handle that is live and protected is the reason, unless its tag bits are. */
uint64_t flt_reason_of_stop(const struct flt_contract *contract, const struct flt_call *call,
                            uint64_t reason, enum flt_rule *rule) {
    const struct flt_named named = flt_resolve(contract, call, call->arg[FLT_ARG_handle]);
    const bool protect = named.handle != FLT_NOWHERE && named.about.flags & FLT_HANDLE_PROTECT &&
                         !(named.may_be_bad && reason == 1);
    *rule = protect ? FLT_RULE_close_protected_stops : FLT_RULE_close_bad_kernel_handle_stops;
    return protect ? 0 : 1;
}

/* ---- ZwClose, NtClose, ObCloseHandle --------------------------------------------------------- */

static void predict_close(const struct flt_contract *contract, const struct flt_call *call,
                          bool from_user_mode, struct flt_prediction *prediction) {
    const uint64_t value = call->arg[FLT_ARG_handle];
    const struct flt_named named = begin_close(contract, call, from_user_mode, prediction);
    const struct close close = {FLT_RULE_close_any_type, from_user_mode, true, false};
    if (value == UINT64_MAX)
        predict_minus_one(contract, prediction, false);
    else if (from_user_mode && named.kernel)
        flt_expect(prediction, FLT_RULE_close_kernel_handle_from_user_mode,
                   (uint32_t)STATUS_INVALID_HANDLE);
    else if (named.handle != FLT_NOWHERE)
        predict_live(contract, value, &named, &close, prediction);
    else
        predict_bad_handle(contract, value, prediction);
}

FLT_PREDICT(ZwClose) {
    predict_close(contract, call, false, prediction);
}

FLT_OBSERVE(ZwClose) {
    observe_close(contract, call, outcome, violation);
}

FLT_PREDICT(NtClose) {
    predict_close(contract, call, flt_thread_of(contract, call)->user_mode, prediction);
}

FLT_OBSERVE(NtClose) {
    observe_close(contract, call, outcome, violation);
}

FLT_PREDICT(ObCloseHandle) {
    predict_close(contract, call, flt_is_user_mode(call), prediction);
}

FLT_OBSERVE(ObCloseHandle) {
    observe_close(contract, call, outcome, violation);
}

/* ---- FltClose -------------------------------------------------------------------------------- */

static struct close flt_close_of(const struct flt_contract *contract,
                                 const struct flt_about_handle *handle) {
    const bool own = flt_accepts(&contract->switches, flt_close, own);
    const bool forwards = flt_accepts(&contract->switches, flt_close, forward);
    const enum flt_sure is_own = flt_is_own_to_flt_close(contract, handle);
    struct close close = {.closes = forwards || is_own != FLT_NO,
                          .refuses = own && is_own != FLT_YES};
    if (is_own == FLT_YES)
        close.rule = FLT_RULE_close_flt_created;
    else
        close.rule = own ? FLT_RULE_close_only_flt_created : FLT_RULE_close_forwards;
    return close;
}

FLT_PREDICT(FltClose) {
    const uint64_t value = call->arg[FLT_ARG_handle];
    const struct flt_named named = begin_close(contract, call, false, prediction);
    if (named.handle != FLT_NOWHERE) {
        const struct close close = flt_close_of(contract, &named.about);
        predict_live(contract, value, &named, &close, prediction);
    } else if (value == UINT64_MAX && flt_accepts(&contract->switches, flt_close, forward)) {
        predict_minus_one(contract, prediction, flt_accepts(&contract->switches, flt_close, own));
    } else {
        predict_bad_handle(contract, value, prediction);
    }
}

FLT_OBSERVE(FltClose) {
    observe_close(contract, call, outcome, violation);
}
