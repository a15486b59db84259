/* The contract: what any system must do, told as predictions, transitions of an abstract state, and
 * invariants. It sees calls, outcomes and IRPs, never a system; nothing is shared with the kernel.
 *
 * The order for each call: flt_contract_predict, then the call (its IRPs arrive through
 * flt_contract_event while it runs), then flt_contract_observe. Calls may nest: another call may be
 * predicted and observed between the two. */
#ifndef FLT_CONTRACT_H
#define FLT_CONTRACT_H

#include "../call.h"
#include "../view.h"

struct flt_contract;

/* A set of outcomes: statuses, or bug checks by their code. */
struct flt_allowed {
    uint8_t count;
    uint8_t every;   /* bit per enum flt_outcome_kind: every outcome of that kind is in the set */
    uint8_t kind[8]; /* enum flt_outcome_kind of each */
    uint32_t code[8];
};

/* One step of a prediction: unless the outcome is in the set, the rule is violated. */
struct flt_clause {
    enum flt_rule rule;
    struct flt_allowed allowed;
};

enum { FLT_MAX_CLAUSES = 6, FLT_MAX_BREACHES = 24 }; /* no call has more */

/* Ordered: the first clause that excludes the outcome names the rule. */
struct flt_prediction {
    uint64_t generation; /* of the contract's state when this was made */
    uint8_t clauses, breaches;
    bool withhold; /* a breach's rule is marked WITHHOLD: the call must not be performed */
    struct flt_clause clause[FLT_MAX_CLAUSES];
    enum flt_rule breach[FLT_MAX_BREACHES];
};

/* What was found wrong with a system: the first one counts, the rest are consequences. */
struct flt_violation {
    enum flt_rule rule; /* FLT_RULE_NONE: nothing */
    char what[200];     /* one line: what was seen and what is allowed */
};

/* Something that the caller left behind. */
struct flt_leak {
    enum flt_rule rule;
    uint32_t step;  /* the call that made it */
    int8_t slot;    /* the slot it went to, or FLT_NO_SLOT */
    uint8_t slots;  /* enum flt_slots: which kind of slot */
    uint32_t count; /* references: how many */
};

/* NULL when memory is short. Freed with flt_contract_free. */
struct flt_contract *flt_contract_new(void);
void flt_contract_free(struct flt_contract *contract);
/* Back to the start world. A switch may be FLT_SWITCH_ANY. Costs what the last run touched. */
void flt_contract_reset(struct flt_contract *contract, const struct flt_switches *switches);

/* A number that moves whenever what predictions depend on does. IRPs alone do not move it. */
uint64_t flt_contract_generation(const struct flt_contract *contract);

/* What must come back, and what the caller does wrong with this call. Leaves the state alone, but
 * remembers which call of which step is to close what: calls within it may get the value again. */
void flt_contract_predict(const struct flt_contract *contract, const struct flt_call *call,
                          struct flt_prediction *prediction);

/* Compares the outcome with the prediction and its outputs with the rules, then moves the abstract
 * state as the outcome says. A violation is written only where violation->rule is FLT_RULE_NONE. */
void flt_contract_observe(struct flt_contract *contract, const struct flt_call *call,
                          const struct flt_prediction *prediction,
                          const struct flt_outcome *outcome, struct flt_violation *violation);

/* An IRP was sent, in any call. What can be judged at once is (twice, out of order); whether
 * it came in the right process, when the call that closed the handle is observed; whether it was
 * due, by flt_contract_settle. A CREATE for an unknown token makes a provisional object that the
 * open's observation, or flt_contract_bind, takes over. */
void flt_contract_event(struct flt_contract *contract, const struct flt_event *event,
                        struct flt_violation *violation);

/* Called when no call is under way, after binding: every IRP that was due must have come, and none
 * that was not. Looks at what changed since the last time. `at_end`: also the IRPs whose time is
 * the system's choice (IRP_MJ_CLOSE). */
void flt_contract_settle(struct flt_contract *contract, bool at_end,
                         struct flt_violation *violation);

/* The abstract state as a view; valid until the contract is freed. */
struct flt_view flt_contract_view(const struct flt_contract *contract);

/* Tokens of objects are adopted from the system: from an output, or where none showed the object,
 * from the system's view. True, and the handle's key, when the last open's object has no token yet,
 * or one that the handle's own row has not confirmed: IRP_MJ_CREATE's, or FltCreateFileEx's. */
bool flt_contract_needs_token(const struct flt_contract *contract, uint8_t *table, uint64_t *value);
/* Binds it. A token that is bound already to another live object violates open-new-object; a bound
 * handle whose object differs from what FltCreateFileEx handed out violates ex-returns-object. */
void flt_contract_bind(struct flt_contract *contract, uint8_t table, uint64_t value, uint64_t token,
                       struct flt_violation *violation);

/* A duplicate is made even where the caller wants no handle back. True, and its table and its
 * object, when such a handle's value is not known yet: the system's view shows it, as the row of
 * that object that the contract's view lacks. */
bool flt_contract_needs_value(const struct flt_contract *contract, uint8_t *table, uint64_t *token);
void flt_contract_bind_value(struct flt_contract *contract, uint64_t value,
                             struct flt_violation *violation);

/* True when the call may change something though it fails: a duplication closes its source all the
 * same (DUPLICATE_CLOSE_SOURCE), what the file system did for an open that failed later, in the
 * last call observed, stays, and one that stopped on a link leaves a buffer. */
bool flt_contract_failure_may_change(const struct flt_contract *contract,
                                     const struct flt_call *call);

/* The rule by which that name's row is as it is, if the last call that was observed made it so;
 * else names-as-made. That nothing of the row changed may be by a rule as well. */
enum flt_rule flt_contract_name_rule(const struct flt_contract *contract, uint8_t name);

/* The number of the object behind a token, from 1 in order of creation; 0 when unknown. For
 * printing and digests, where addresses must not appear. */
uint32_t flt_contract_object_number(const struct flt_contract *contract, uint64_t token);

/* The process whose context the thread is in. */
enum flt_process flt_contract_process(const struct flt_contract *contract, uint8_t thread);

/* The k-th thing left behind, in the order of the calls that made them; false past the last. */
bool flt_contract_leak(const struct flt_contract *contract, size_t k, struct flt_leak *leak);

/* True when the outcome is in the set. */
bool flt_allows(const struct flt_allowed *allowed, const struct flt_outcome *outcome);
/* The outcomes that every clause allows. */
void flt_prediction_allowed(const struct flt_prediction *prediction, struct flt_allowed *allowed);

#endif
