/* What the predictions are made of: clauses, breaches, and words for what went wrong. */
#ifndef FLT_CONTRACT_PREDICT_H
#define FLT_CONTRACT_PREDICT_H

#include "state.h"

/* ---- each row of calls.def has both; a row without them does not link ------------------------ */

#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    void flt_predict_##name(const struct flt_contract *contract, const struct flt_call *call,      \
                            struct flt_prediction *prediction);                                    \
    /* The outcome is one that was allowed, and no bug check. */                                   \
    void flt_observe_##name(struct flt_contract *contract, const struct flt_call *call,            \
                            const struct flt_outcome *outcome, struct flt_violation *violation);
#include "../calls.def"

/* ---- clauses (allowed.c) --------------------------------------------------------------------- */

/* Appends an empty one. */
struct flt_allowed *flt_add_clause(struct flt_prediction *prediction, enum flt_rule rule);
void flt_allow(struct flt_allowed *allowed, enum flt_outcome_kind kind, uint32_t code);
/* A clause that allows one status. */
struct flt_allowed *flt_expect(struct flt_prediction *prediction, enum flt_rule rule,
                               uint32_t status);
/* A clause that allows one bug check. */
void flt_expect_stop(struct flt_prediction *prediction, enum flt_rule rule, uint32_t code);
/* The first clause that excludes the outcome; NULL when all allow it. */
const struct flt_clause *flt_excluded_by(const struct flt_prediction *prediction,
                                         const struct flt_outcome *outcome);

/* ---- breaches (breaches.c) ------------------------------------------------------------------- */

void flt_breach(struct flt_prediction *prediction, enum flt_rule rule);
/* Those that every row has in common: its IRQL, its required outputs. */
void flt_find_breaches(const struct flt_contract *contract, const struct flt_call *call,
                       struct flt_prediction *prediction);
/* Those of the handle argument: how it is wrong to close it, or to use it. */
void flt_find_close_breaches(const struct flt_contract *contract, const struct flt_call *call,
                             const struct flt_named *named, struct flt_prediction *prediction);
void flt_find_use_breaches(const struct flt_contract *contract, const struct flt_call *call,
                           const struct flt_named *named, struct flt_prediction *prediction);
/* Those of the object argument. */
void flt_find_object_breaches(const struct flt_contract *contract, const struct flt_call *call,
                              struct flt_prediction *prediction);
/* IRQL is checked by the verifier for every row but those that may run at any. */
bool flt_above_its_irql(const struct flt_contract *contract, const struct flt_call *call);

/* ---- outputs (outputs.c) --------------------------------------------------------------------- */

/* After a failed call: what its outputs hold; and its slots hold nothing of use. */
void flt_observe_failure(struct flt_contract *contract, const struct flt_call *call,
                         const struct flt_outcome *outcome, struct flt_violation *violation);

/* ---- words (describe.c) ---------------------------------------------------------------------- */

/* Writes the violation unless there is one already: the first counts. */
void flt_violate(struct flt_violation *violation, enum flt_rule rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void flt_violate_outcome(const struct flt_contract *contract, const struct flt_call *call,
                         const struct flt_prediction *prediction, const struct flt_outcome *outcome,
                         enum flt_rule rule, struct flt_violation *violation);

#endif
