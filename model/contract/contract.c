/* A call from prediction to transition. What each call must do is in the files by topic. */
#include "contract.h"

#include <inttypes.h>

#include "predict.h"

struct row {
    void (*predict)(const struct flt_contract *contract, const struct flt_call *call,
                    struct flt_prediction *prediction);
    void (*observe)(struct flt_contract *contract, const struct flt_call *call,
                    const struct flt_outcome *outcome, struct flt_violation *violation);
};

static const struct row rows[FLT_OP_LIMIT] = {
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    [opcode] = {flt_predict_##name, flt_observe_##name},
#include "../calls.def"
};

/* ---- predicting ------------------------------------------------------------------------------ */

/* Under the verifier a call above its IRQL does nothing but stop the system. */
static void predict_verifier(const struct flt_contract *contract, const struct flt_call *call,
                             struct flt_prediction *prediction) {
    if (!flt_accepts(&contract->switches, verifier, on) || !flt_above_its_irql(contract, call))
        return;
    if (flt_chosen(&contract->switches, verifier, on)) {
        prediction->clauses = 0;
        flt_expect_stop(prediction, FLT_RULE_verifier_irql_stops,
                        FLT_STOP_DRIVER_VERIFIER_DETECTED_VIOLATION);
        return;
    }
    for (uint8_t i = 0; i < prediction->clauses; i++)
        flt_allow(&prediction->clause[i].allowed, FLT_BUGCHECK,
                  FLT_STOP_DRIVER_VERIFIER_DETECTED_VIOLATION);
}

static bool may_stop(const struct flt_allowed *allowed) {
    for (uint8_t i = 0; i < allowed->count; i++)
        if (allowed->kind[i] == FLT_BUGCHECK)
            return true;
    return false;
}

/* Where no rule gives a reason to stop the system, a stop is the fault of no rule but this one: the
 * rules before it speak of what is returned. */
static void predict_quiet(struct flt_prediction *prediction) {
    for (uint8_t i = 0; i < prediction->clauses; i++)
        if (may_stop(&prediction->clause[i].allowed))
            return;
    for (uint8_t i = 0; i < prediction->clauses; i++)
        if (prediction->clause[i].rule != FLT_RULE_call_is_quiet)
            prediction->clause[i].allowed.every |= 1u << FLT_BUGCHECK;
    flt_add_clause(prediction, FLT_RULE_call_is_quiet)->every |= 1u << FLT_RETURNED;
}

void flt_contract_predict(const struct flt_contract *contract, const struct flt_call *call,
                          struct flt_prediction *prediction) {
    prediction->generation = contract->generation;
    prediction->clauses = prediction->breaches = 0;
    prediction->withhold = false;
    if (!rows[call->opcode].predict)
        return;
    flt_find_breaches(contract, call, prediction);
    rows[call->opcode].predict(contract, call, prediction);
    if (prediction->withhold) {
        prediction->clauses = 0; /* the call is not made */
        return;
    }
    flt_predict_injected(call, prediction);
    predict_verifier(contract, call, prediction);
    predict_quiet(prediction);
}

/* ---- observing ------------------------------------------------------------------------------- */

/* The first parameter of FLTMGR_FILE_SYSTEM: an open is canceled after a handle was made. */
enum { HANDLE_WAS_CREATED = 0x6A };

/* What a documented bug check says of its cause in its first two parameters. */
struct stop {
    uint32_t code;
    enum flt_rule rule;
    uint64_t p1, p2;
};

FLT_APART void check_parameters(const struct flt_contract *contract, const struct flt_call *call,
                                const struct flt_outcome *outcome,
                                struct flt_violation *violation) {
    const uint64_t irql = flt_thread_of(contract, call)->irql;
    const uint64_t new_irql = (uint8_t)call->arg[FLT_ARG_irql];
    enum flt_rule close_rule;
    const uint64_t close_reason =
        flt_reason_of_stop(contract, call, outcome->parameter[1], &close_rule);
    const struct stop stops[] = {
        {FLT_STOP_INVALID_KERNEL_HANDLE, close_rule, call->arg[FLT_ARG_handle], close_reason},
        {FLT_STOP_IRQL_NOT_GREATER_OR_EQUAL, FLT_RULE_raise_irql_stops, new_irql, irql},
        {FLT_STOP_IRQL_NOT_LESS_OR_EQUAL, FLT_RULE_lower_irql_stops, new_irql, irql},
        {FLT_STOP_DRIVER_VERIFIER_DETECTED_VIOLATION, FLT_RULE_verifier_irql_stops, 0, irql},
        {FLT_STOP_FLTMGR_FILE_SYSTEM, FLT_RULE_cancel_open_stops, HANDLE_WAS_CREATED,
         outcome->parameter[1]}, /* the file object, or what the system says of it */
    };
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        if (stops[i].code == outcome->status &&
            (stops[i].p1 != outcome->parameter[0] || stops[i].p2 != outcome->parameter[1]))
            flt_violate(violation, stops[i].rule,
                        "%s stopped the system with 0x%" PRIx32 " (0x%" PRIx64 ", 0x%" PRIx64
                        "), allowed: (0x%" PRIx64 ", 0x%" PRIx64 ")",
                        flt_calls[call->opcode].name, outcome->status, outcome->parameter[0],
                        outcome->parameter[1], stops[i].p1, stops[i].p2);
}

void flt_contract_observe(struct flt_contract *contract, const struct flt_call *call,
                          const struct flt_prediction *prediction,
                          const struct flt_outcome *outcome, struct flt_violation *violation) {
    if (outcome->kind == FLT_WITHHELD || prediction->withhold || !rows[call->opcode].observe)
        return;
    const struct flt_clause *clause = flt_excluded_by(prediction, outcome);
    if (clause) {
        /* No state follows from an outcome that may not be. */
        flt_violate_outcome(contract, call, prediction, outcome, clause->rule, violation);
        return;
    }
    contract->generation++;
    if (outcome->kind == FLT_BUGCHECK)
        check_parameters(contract, call, outcome, violation);
    else
        rows[call->opcode].observe(contract, call, outcome, violation);
    flt_end_call_on_names(contract);
}
