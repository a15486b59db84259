/* Sets of outcomes. */
#include "predict.h"

static bool has(const struct flt_allowed *allowed, uint8_t kind, uint32_t code) {
    if (allowed->every >> kind & 1)
        return true;
    for (uint8_t i = 0; i < allowed->count; i++)
        if (allowed->kind[i] == kind && allowed->code[i] == code)
            return true;
    return false;
}

bool flt_allows(const struct flt_allowed *allowed, const struct flt_outcome *outcome) {
    return has(allowed, outcome->kind, outcome->status);
}

struct flt_allowed *flt_add_clause(struct flt_prediction *prediction, enum flt_rule rule) {
    struct flt_clause *clause = &prediction->clause[prediction->clauses++];
    clause->rule = rule;
    clause->allowed.count = 0;
    clause->allowed.every = 0;
    return &clause->allowed;
}

void flt_allow(struct flt_allowed *allowed, enum flt_outcome_kind kind, uint32_t code) {
    if (has(allowed, (uint8_t)kind, code))
        return;
    allowed->kind[allowed->count] = (uint8_t)kind;
    allowed->code[allowed->count] = code;
    allowed->count++;
}

struct flt_allowed *flt_expect(struct flt_prediction *prediction, enum flt_rule rule,
                               uint32_t status) {
    struct flt_allowed *allowed = flt_add_clause(prediction, rule);
    flt_allow(allowed, FLT_RETURNED, status);
    return allowed;
}

void flt_expect_quiet(struct flt_prediction *prediction) {
    flt_expect(prediction, FLT_RULE_call_is_quiet, 0);
}

void flt_expect_stop(struct flt_prediction *prediction, enum flt_rule rule, uint32_t code) {
    flt_allow(flt_add_clause(prediction, rule), FLT_BUGCHECK, code);
}

/* The first clause that excludes it. */
static const struct flt_clause *excluding(const struct flt_prediction *prediction, uint8_t kind,
                                          uint32_t code) {
    for (uint8_t i = 0; i < prediction->clauses; i++)
        if (!has(&prediction->clause[i].allowed, kind, code))
            return &prediction->clause[i];
    return NULL;
}

const struct flt_clause *flt_excluded_by(const struct flt_prediction *prediction,
                                         const struct flt_outcome *outcome) {
    return excluding(prediction, outcome->kind, outcome->status);
}

/* Whatever all clauses allow is spelled out in one of them: no prediction allows every outcome of a
 * kind throughout. */
void flt_prediction_allowed(const struct flt_prediction *prediction, struct flt_allowed *allowed) {
    allowed->count = 0;
    allowed->every = 0;
    for (uint8_t i = 0; i < prediction->clauses; i++) {
        const struct flt_allowed *one = &prediction->clause[i].allowed;
        for (uint8_t k = 0; k < one->count; k++)
            if (!excluding(prediction, one->kind[k], one->code[k]))
                flt_allow(allowed, (enum flt_outcome_kind)one->kind[k], one->code[k]);
    }
}
