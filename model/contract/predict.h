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

/* The same heads for the definitions. */
#define FLT_PREDICT(name)                                                                          \
    void flt_predict_##name(const struct flt_contract *contract, const struct flt_call *call,      \
                            struct flt_prediction *prediction)
#define FLT_OBSERVE(name)                                                                          \
    void flt_observe_##name(struct flt_contract *contract, const struct flt_call *call,            \
                            const struct flt_outcome *outcome, struct flt_violation *violation)

/* ---- clauses (allowed.c) --------------------------------------------------------------------- */

/* Appends an empty one. */
struct flt_allowed *flt_add_clause(struct flt_prediction *prediction, enum flt_rule rule);
void flt_allow(struct flt_allowed *allowed, enum flt_outcome_kind kind, uint32_t code);
/* A clause that allows one status. */
struct flt_allowed *flt_expect(struct flt_prediction *prediction, enum flt_rule rule,
                               uint32_t status);
/* The call comes back, and there is nothing more to say of it. */
void flt_expect_quiet(struct flt_prediction *prediction);
/* A clause that allows one bug check. */
void flt_expect_stop(struct flt_prediction *prediction, enum flt_rule rule, uint32_t code);
/* The first clause that excludes the outcome; NULL when all allow it. */
const struct flt_clause *flt_excluded_by(const struct flt_prediction *prediction,
                                         const struct flt_outcome *outcome);

/* ---- breaches (breaches.c) ------------------------------------------------------------------- */

void flt_breach(struct flt_prediction *prediction, enum flt_rule rule);
/* Whether FltClose, where it closes only what is its own, takes the live handle for its own. */
enum flt_sure { FLT_NO, FLT_MAYBE, FLT_YES };
enum flt_sure flt_is_own_to_flt_close(const struct flt_contract *contract,
                                      const struct flt_about_handle *handle);
/* Those of a handle argument: how it is wrong to close it, or to use it in that process. */
void flt_find_close_breaches(const struct flt_contract *contract, const struct flt_call *call,
                             const struct flt_named *named, bool from_user_mode,
                             struct flt_prediction *prediction);
void flt_find_use_breaches(const struct flt_contract *contract, const struct flt_call *call,
                           enum flt_arg arg, uint8_t process, const struct flt_named *named,
                           struct flt_prediction *prediction);
/* Those of the object argument, and the object; FLT_NOWHERE when there is none to work on. */
uint32_t flt_find_object_breaches(const struct flt_contract *contract, const struct flt_call *call,
                                  struct flt_prediction *prediction);
/* The same for calls that need no reference of the caller's, but an object that is held. */
uint32_t flt_find_held_object(const struct flt_contract *contract, const struct flt_call *call,
                              struct flt_prediction *prediction);
/* The list of extra create parameters that the argument is; FLT_NOWHERE when there is none. */
uint32_t flt_find_list(const struct flt_contract *contract, const struct flt_call *call,
                       enum flt_arg arg, struct flt_prediction *prediction);
/* The same for the buffer of a stopped open that the object argument is. */
uint32_t flt_find_buffer(const struct flt_contract *contract, const struct flt_call *call,
                         struct flt_prediction *prediction);
/* That of a handle which goes to that table. */
void flt_find_table_breach(const struct flt_contract *contract, const struct flt_call *call,
                           uint8_t table, struct flt_prediction *prediction);

/* ---- breaches of any call (common_breaches.c) ------------------------------------------------ */

/* Those that rows have in common: the IRQL, required outputs, what the thread is in, and those
 * below. */
void flt_find_breaches(const struct flt_contract *contract, const struct flt_call *call,
                       struct flt_prediction *prediction);
/* IRQL is checked by the verifier for every row but those that may run at any. */
bool flt_above_its_irql(const struct flt_contract *contract, const struct flt_call *call);

/* Those of the filter and instance arguments (filters.c). */
void flt_find_filter_breaches(const struct flt_contract *contract, const struct flt_call *call,
                              struct flt_prediction *prediction);

/* Those of the `ecp` argument (ecp.c). */
void flt_find_ecp_breaches(const struct flt_contract *contract, const struct flt_call *call,
                           struct flt_prediction *prediction);

/* ---- parameters (parameters.c) --------------------------------------------------------------- */

/* The create is refused for its arguments alone; `checked_only`: only where they are checked. */
bool flt_parameters_contradict(const struct flt_contract *contract, const struct flt_call *call,
                               bool *checked_only);
void flt_find_create_breaches(const struct flt_call *call, struct flt_prediction *prediction);
/* FltCreateNamedPipeFile or FltCreateMailslotFile is. */
bool flt_pipe_parameters_bad(const struct flt_call *call);

/* ---- opens (spelling.c, opening.c) ----------------------------------------------------------- */

/* Those of RootDirectory. */
void flt_find_root_breaches(const struct flt_contract *contract, const struct flt_call *call,
                            struct flt_prediction *prediction);
/* Those of the name, and of what else says where it is. */
void flt_find_name_breaches(const struct flt_contract *contract, const struct flt_call *call,
                            struct flt_prediction *prediction);
/* Of any call that opens a file: what it comes to as names and opens are now. */
struct flt_target flt_target_of(const struct flt_contract *contract, const struct flt_call *call);
void flt_predict_target(const struct flt_contract *contract, const struct flt_call *call,
                        const struct flt_target *target, struct flt_prediction *prediction);
/* What may come back instead of the target's own outcome. */
void flt_allow_besides(const struct flt_target *target, struct flt_allowed *allowed);
void flt_observe_open(struct flt_contract *contract, const struct flt_call *call,
                      const struct flt_outcome *outcome, struct flt_violation *violation);

/* ---- calls that are told to fail (injected.c) ------------------------------------------------ */

/* Puts the failure in the place of success, or beside it. */
void flt_predict_injected(const struct flt_call *call, struct flt_prediction *prediction);
/* The call failed as told, and may have done something by then. */
bool flt_failed_at_a_step(const struct flt_call *call, const struct flt_outcome *outcome);

/* ---- closing (closing.c) --------------------------------------------------------------------- */

/* The close stopped the system, as it may: the second parameter tells the reason, and which rule it
 * is. */
uint64_t flt_reason_of_stop(const struct flt_contract *contract, const struct flt_call *call,
                            uint64_t reason, enum flt_rule *rule);

/* ---- new handles (new_handles.c) ------------------------------------------------------------- */

/* The last step of every open: that success by that rule, if the table has room. */
struct flt_allowed *flt_expect_new_handle(const struct flt_contract *contract, uint8_t table,
                                          enum flt_rule rule, uint32_t status,
                                          struct flt_prediction *prediction);
/* False, and a violation, unless the call may hand out that value in that table. */
bool flt_check_new_value(const struct flt_contract *contract, uint8_t opcode, uint64_t fill,
                         uint8_t table, uint64_t value, struct flt_violation *violation);
/* A handle as the call asked for it, with that access and its attributes. */
uint32_t flt_add_new_handle(struct flt_contract *contract, const struct flt_call *call,
                            uint8_t table, uint64_t value, uint32_t object, uint32_t granted);
/* What every new handle's record keeps of the call. */
void flt_describe_new_handle(struct flt_contract *contract, const struct flt_call *call,
                             uint32_t handle, uint32_t access, uint8_t flags);

/* ---- new objects (new_objects.c) ------------------------------------------------------------- */

/* The file object that an open handed out, or that its IRPs showed; FLT_NOWHERE after a violation.
 */
uint32_t flt_new_file_object(struct flt_contract *contract, const struct flt_call *call,
                             const struct flt_outcome *outcome, struct flt_violation *violation);

/* ---- outputs (outputs.c) --------------------------------------------------------------------- */

/* After a failed call: what its outputs hold; and its slots hold nothing of use. */
void flt_observe_failure(struct flt_contract *contract, const struct flt_call *call,
                         const struct flt_outcome *outcome, struct flt_violation *violation);

/* ---- buffers of stopped opens (reparse_buffer.c) --------------------------------------------- */

/* The open returned STATUS_STOPPED_ON_SYMLINK: its IoStatusBlock, and the buffer. */
void flt_observe_stopped_open(struct flt_contract *contract, const struct flt_call *call,
                              const struct flt_outcome *outcome, struct flt_violation *violation);

/* ---- words (describe.c) ---------------------------------------------------------------------- */

/* Writes the violation unless there is one already: the first counts. */
void flt_violate(struct flt_violation *violation, enum flt_rule rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void flt_violate_outcome(const struct flt_contract *contract, const struct flt_call *call,
                         const struct flt_prediction *prediction, const struct flt_outcome *outcome,
                         enum flt_rule rule, struct flt_violation *violation);

#endif
