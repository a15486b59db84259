/* Calls that are told to fail. */
#include "predict.h"

static bool is_success(const struct flt_allowed *allowed, uint8_t i) {
    return allowed->kind[i] == FLT_RETURNED && flt_success(allowed->code[i]);
}

/* Takes every success out; false when there was none. */
static bool take_success(struct flt_allowed *allowed) {
    uint8_t kept = 0;
    for (uint8_t i = 0; i < allowed->count; i++) {
        if (is_success(allowed, i))
            continue;
        allowed->kind[kept] = allowed->kind[i];
        allowed->code[kept++] = allowed->code[i];
    }
    const bool taken = kept < allowed->count;
    allowed->count = kept;
    return taken;
}

static bool has_success(const struct flt_allowed *allowed) {
    for (uint8_t i = 0; i < allowed->count; i++)
        if (is_success(allowed, i))
            return true;
    return false;
}

/* What would make the call fail by itself comes first. How many steps a call has is the system's
 * business: told to fail at one, it may as well succeed. */
void flt_predict_injected(const struct flt_call *call, struct flt_prediction *prediction) {
    const uint32_t status = flt_asked_failure(call);
    const bool certain = call->arg[FLT_ARG_fail_step] == 0;
    for (uint8_t i = 0; status != 0 && i < prediction->clauses; i++) {
        struct flt_clause *clause = &prediction->clause[i];
        if (certain ? !take_success(&clause->allowed) : !has_success(&clause->allowed))
            continue;
        flt_allow(&clause->allowed, FLT_RETURNED, status);
        if (certain)
            clause->rule = FLT_RULE_injected_failure;
    }
}

bool flt_failed_at_a_step(const struct flt_call *call, const struct flt_outcome *outcome) {
    return call->arg[FLT_ARG_fail_step] != 0 && !flt_success(outcome->status) &&
           outcome->status == flt_asked_failure(call);
}
