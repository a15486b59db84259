/* The door: the only way any call reaches a system. It predicts, performs, compares and checks, and
 * keeps the trace. It alone knows both the contract and a system.
 *
 * A run:  flt_door_open, then calls, then flt_door_end_of_run.
 * A call: flt_door_call; or, where the system's call is made by someone else (a driver's), begin,
 *         perform, end. Between begin and end other calls may begin and end (re-entry). */
#ifndef FLT_DOOR_H
#define FLT_DOOR_H

#include "contract/contract.h"
#include "system.h"

struct flt_door;

enum { FLT_DOOR_DEPTH = 16 }; /* calls within calls */

/* What passed the door, in order of `begin`. */
struct flt_trace_entry {
    struct flt_call call; /* without the path's characters: `path` is NULL in a trace */
    struct flt_outcome outcome;
    uint8_t depth; /* 0: not within another call */
    uint8_t breaches;
    bool ended; /* false: a bug check came first */
    enum flt_rule breach[FLT_MAX_BREACHES];
    uint32_t irps; /* sent before this call ended, of the whole run */
    uint16_t path; /* names.def id of the path, 0 when it has none */
};

/* An IRP, with its object by number: the token may be another object's by the time it is read. */
struct flt_trace_irp {
    uint8_t kind;    /* enum flt_event_kind */
    uint8_t process; /* enum flt_process */
    uint32_t object;
};

struct flt_trace {
    struct flt_trace_entry *entry;
    size_t count;
    struct flt_trace_irp *irp; /* of the run, in order */
    size_t irps;
};

/* What was checked and what could not be (a view with less to show). */
struct flt_door_counts {
    uint64_t calls, withheld, bugchecks;
    uint64_t lacking; /* of the withheld: the system has no such call, or cannot make it fail */
    uint64_t rows_compared;
    uint64_t views_compared, views_unchecked;
    uint64_t breach[FLT_RULE_COUNT];
};

/* A violation, and where. */
struct flt_finding {
    struct flt_violation violation; /* rule FLT_RULE_NONE: nothing was found */
    uint32_t step;                  /* of the call, as in flt_call.step; 0: at the end of the run */
    struct flt_call call;           /* without the path's characters */
    struct flt_outcome outcome;
    struct flt_allowed allowed; /* empty when the outcome itself was not at fault */
};

/* The system is the caller's and outlives the door; what it can do is asked here, once. A call that
 * it lacks is withheld without a breach. NULL when memory is short. */
struct flt_door *flt_door_new(struct flt_system *system);
void flt_door_free(struct flt_door *door);

/* The switches of the system and of the contract may differ: the contract's may be FLT_SWITCH_ANY.
 */
void flt_door_open(struct flt_door *door, const struct flt_switches *system,
                   const struct flt_switches *contract);

/* Keep every call in the trace (flt_door_trace). Off: the trace is empty. Default off. */
void flt_door_keep_trace(struct flt_door *door, bool keep);

/* Compare everything after every call, however long the run. Off: everything after each of the
 * first 256 calls, then what the call named and the totals, and everything again whenever as many
 * calls have passed as there are rows, and at the end. Default off. */
void flt_door_compare_always(struct flt_door *door, bool always);

/* Told of each call, before it is made and when it is back: what was predicted, what came, and,
 * through the contract, the abstract state on either side. Looks on and changes nothing. A call
 * that a bug check around it ended never comes back. */
struct flt_door_passage {
    const struct flt_contract *contract;
    const struct flt_call *call;
    const struct flt_prediction *prediction; /* its breaches and clauses, as `end` judges by them */
    const struct flt_outcome *outcome;       /* NULL before the call */
    size_t depth;                            /* 0: not within another call */
    bool violated;                           /* something was found */
};

struct flt_door_observer {
    void *context;
    void (*before)(void *context, const struct flt_door_passage *passage);
    void (*after)(void *context, const struct flt_door_passage *passage);
};

/* NULL: nobody looks on, which is the default and costs nothing. The observer must outlive the
 * door. */
void flt_door_observe(struct flt_door *door, const struct flt_door_observer *observer);

/* Predicts, performs unless it is withheld, observes. False: the run is over (a bug check, or a
 * violation was found) and no further call may be made. */
bool flt_door_call(struct flt_door *door, const struct flt_call *call, struct flt_outcome *outcome);

/* Runs `body`, in which calls begin and end: false when a bug check ended it, past every C frame
 * since. flt_door_call needs no guard of its own. */
bool flt_door_guard(struct flt_door *door, void (*body)(void *context), void *context);

/* flt_door_call in three steps. A frame is valid until its end; frames end in the reverse order.
 * The call must outlive the frame. NULL when calls nest deeper than FLT_DOOR_DEPTH or the run is
 * over. */
struct flt_frame;
struct flt_frame *flt_door_begin(struct flt_door *door, const struct flt_call *call);
bool flt_frame_withheld(const struct flt_frame *frame);
bool flt_door_end(struct flt_door *door, struct flt_frame *frame,
                  const struct flt_outcome *outcome);

/* Settles, compares once more. False when something was found. After a bug check only what can be
 * said is said: nothing is compared. */
bool flt_door_end_of_run(struct flt_door *door);

/* Of the run so far. */
const struct flt_finding *flt_door_finding(const struct flt_door *door);
const struct flt_trace *flt_door_trace(const struct flt_door *door);
const struct flt_door_counts *flt_door_counts(const struct flt_door *door); /* since flt_door_new */
/* The breaches of the last call, `count` of them. */
const enum flt_rule *flt_door_breaches(const struct flt_door *door, size_t *count);
/* A leak of the run, as flt_contract_leak; none after a bug check. */
bool flt_door_leak(const struct flt_door *door, size_t k, struct flt_leak *leak);
bool flt_door_stopped(const struct flt_door *door); /* a bug check ended the run: */
const struct flt_outcome *flt_door_bugcheck(const struct flt_door *door);
/* Outcomes, outputs, IRPs and the final view, with handles and objects by number; no addresses. */
uint64_t flt_door_digest(const struct flt_door *door);
uint32_t flt_door_object_number(const struct flt_door *door, uint64_t token);
const struct flt_contract *flt_door_contract(const struct flt_door *door);

struct flt_system *flt_door_system(const struct flt_door *door);

#endif
