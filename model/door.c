#include "door.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "mix.h"
#include "perform.h"
#include "row_sums.h"
#include "trace.h"

enum { COMPARE_ALL_UP_TO = 256 }; /* calls of a run after each of which everything is compared */

struct flt_frame {
    const struct flt_call *call;
    struct flt_prediction prediction;
    size_t entry; /* in the trace; SIZE_MAX when none is kept */
};

struct flt_door {
    struct flt_system *system;
    struct flt_contract *contract;
    const struct flt_door_observer *observer;
    struct flt_view contract_view;
    struct flt_frame frame[FLT_DOOR_DEPTH];
    size_t depth;
    bool over;              /* nothing more may be called */
    bool stopped;           /* by a bug check */
    bool guarded;           /* `unwind` is set */
    bool can[FLT_OP_LIMIT]; /* the system has the call */
    bool keep_trace, compare_always;
    uint64_t calls;     /* of this run */
    uint64_t last_full; /* the call after which everything was compared last */
    uint64_t digest;
    struct flt_outcome bugcheck;
    struct flt_call stopped_call; /* the call that stopped the system: its own frame is gone */
    struct flt_finding finding;
    struct flt_trace_room trace;
    struct flt_door_counts counts;
    uint8_t last_breaches;
    enum flt_rule last_breach[FLT_MAX_BREACHES];
    jmp_buf unwind;
};

static bool found(const struct flt_door *door) {
    return door->finding.violation.rule != FLT_RULE_NONE;
}

/* ---- the digest: what must be the same wherever the sequence runs -------------------------------
 */

static void digest(struct flt_door *door, uint64_t value) {
    door->digest = flt_mix_in(door->digest, value);
}

/* What a failed call left in an output: its kind, never its pattern. */
static uint64_t left_behind(const struct flt_call *call, uint64_t out) {
    return out == call->fill ? 1 : out == 0 ? 2 : 3;
}

static void digest_call(struct flt_door *door, const struct flt_call *call,
                        const struct flt_outcome *outcome) {
    digest(door, (uint64_t)call->opcode << 40 | (uint64_t)outcome->kind << 32 | outcome->status);
    if (outcome->kind != FLT_RETURNED)
        return;
    const uint32_t results = flt_calls[call->opcode].results & ~(uint32_t)call->null_out;
    const bool success = flt_success(outcome->status);
    if (results & 1u << FLT_RESULT_handle)
        digest(door, success ? (uint64_t)(uint8_t)call->result_slot[FLT_RESULT_handle] + 16
                             : left_behind(call, outcome->out[FLT_RESULT_handle]));
    if (results & 1u << FLT_RESULT_object)
        digest(door, success ? flt_contract_object_number(door->contract,
                                                          outcome->out[FLT_RESULT_object]) +
                                   UINT64_C(16)
                             : left_behind(call, outcome->out[FLT_RESULT_object]));
    if (results & 1u << FLT_RESULT_iosb && success) /* a failure may leave a pointer there */
        digest(door, (uint64_t)outcome->iosb_status << 32 ^ outcome->out[FLT_RESULT_iosb]);
    if (results & 1u << FLT_RESULT_irql)
        digest(door, outcome->out[FLT_RESULT_irql]);
    if (results & 1u << FLT_RESULT_filter && success)
        digest(door, outcome->out[FLT_RESULT_filter]);
}

static void digest_irp(struct flt_door *door, const struct flt_event *event, uint32_t object) {
    digest(door, (uint64_t)event->kind << 40 | (uint64_t)event->process << 32 | object);
}

static void digest_names(struct flt_door *door) {
    const struct flt_view *view = &door->contract_view;
    const struct flt_name_row *rows = view->ops->names(view->self);
    for (size_t i = 0; i < FLT_NAME_LIMIT; i++) {
        const struct flt_share_row *share = &rows[i].share;
        digest(door, (uint64_t)rows[i].attributes << 32 | (uint64_t)rows[i].there << 16 |
                         (uint64_t)rows[i].deleting << 8 | rows[i].oplocked);
        digest(door, (uint64_t)share->open << 32 | share->readers);
        digest(door, (uint64_t)share->writers << 32 | share->deleters);
        digest(door, (uint64_t)share->shared_read << 32 | share->shared_write);
        digest(door, share->shared_delete);
    }
}

/* Rows come in any order, so they are summed. */
static void digest_view(struct flt_door *door) {
    const struct flt_view *view = &door->contract_view;
    uint64_t sum = 0;
    size_t cursor = 0;
    struct flt_handle_row handle;
    while (view->ops->handles(view->self, &cursor, &handle, 1) > 0)
        sum += flt_mix((uint64_t)handle.access << 32 ^ (uint64_t)handle.table << 16 ^
                       (uint64_t)handle.type << 8 ^ handle.flags ^
                       (uint64_t)flt_contract_object_number(door->contract, handle.token) << 40);
    cursor = 0;
    struct flt_object_row object;
    while (view->ops->objects(view->self, &cursor, &object, 1) > 0)
        sum += flt_mix(flt_mix((uint64_t)object.handles << 32 ^ object.references) ^
                       (uint64_t)object.type << 8 ^ object.phase ^
                       (uint64_t)flt_contract_object_number(door->contract, object.token) << 16);
    digest(door, sum);
    struct flt_totals totals;
    view->ops->totals(view->self, &totals);
    digest(door, flt_filters_sum(&totals.world));
    digest_names(door);
}

/* ---- what the system reports ----------------------------------------------------------------- */

static void on_event(void *context, const struct flt_event *event) {
    struct flt_door *door = context;
    const uint32_t before = flt_contract_object_number(door->contract, event->token);
    flt_contract_event(door->contract, event, &door->finding.violation);
    /* A CREATE makes the object known, a CLOSE may make it unknown. */
    const uint32_t object =
        before ? before : flt_contract_object_number(door->contract, event->token);
    digest_irp(door, event, object);
    if (door->keep_trace)
        flt_trace_irp(&door->trace, event, object);
}

static void on_bugcheck(void *context, const struct flt_bugcheck *bugcheck) {
    struct flt_door *door = context;
    memset(&door->bugcheck, 0, sizeof door->bugcheck);
    door->bugcheck.kind = FLT_BUGCHECK;
    door->bugcheck.status = bugcheck->code;
    memcpy(door->bugcheck.parameter, bugcheck->parameter, sizeof bugcheck->parameter);
    if (door->depth > 0) {
        struct flt_frame *innermost = &door->frame[door->depth - 1];
        door->stopped_call = *innermost->call;
        innermost->call = &door->stopped_call;
    }
    if (door->guarded)
        longjmp(door->unwind, 1);
    abort(); /* a call was made past the door */
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool names_kernel_handle(const struct flt_call *call) {
    return (call->arg[FLT_ARG_handle] & FLT_KERNEL_HANDLE_BITS) == FLT_KERNEL_HANDLE_BITS;
}

/* The table that a call works on, where it works on one. */
static void addressed_table(const struct flt_door *door, const struct flt_call *call,
                            struct flt_compare_context *context) {
    const struct flt_call_info *row = &flt_calls[call->opcode];
    const uint8_t process = (uint8_t)flt_contract_process(door->contract, call->thread);
    if (call->opcode == FLT_OP_ZwDuplicateObject)
        return; /* it works on two */
    if (call->opcode == FLT_OP_ExitProcess)
        context->table = (uint8_t)(call->arg[FLT_ARG_process] % FLT_PROCESS_COUNT);
    else if (row->args & 1u << FLT_ARG_handle)
        context->table = names_kernel_handle(call) ? FLT_TABLE_KERNEL : process;
    else if (!(row->results & 1u << FLT_RESULT_handle))
        return;
    else if (!(row->args & 1u << FLT_ARG_attributes) ||
             call->arg[FLT_ARG_attributes] & OBJ_KERNEL_HANDLE)
        context->table = FLT_TABLE_KERNEL; /* FltOpenVolume is not asked */
    else
        context->table = process;
    context->names_a_table = true;
}

/* The table that the source of a duplication is in; FLT_TABLE_COUNT when no process is named. */
static uint8_t source_table(const struct flt_door *door, const struct flt_call *call) {
    const uint64_t source = call->arg[FLT_ARG_source] % FLT_PROCESS_HANDLE_COUNT;
    if (source == FLT_PROCESS_HANDLE_NULL)
        return FLT_TABLE_COUNT;
    if (names_kernel_handle(call))
        return FLT_TABLE_KERNEL;
    return source == FLT_PROCESS_HANDLE_CURRENT
               ? (uint8_t)flt_contract_process(door->contract, call->thread)
               : (uint8_t)(source - FLT_PROCESS_HANDLE_SYSTEM);
}

/* The handles that a call closes though it is no close. */
static void closed_besides(const struct flt_door *door, const struct flt_call *call,
                           struct flt_compare_context *context) {
    if (call->opcode == FLT_OP_ExitProcess && context->table != FLT_TABLE_KERNEL) {
        context->closes = FLT_RULE_process_exit_closes;
        context->closes_in = context->table;
        context->closes_all = true;
    } else if (call->opcode == FLT_OP_ZwDuplicateObject &&
               call->arg[FLT_ARG_options] & DUPLICATE_CLOSE_SOURCE) {
        context->closes = FLT_RULE_duplicate_closes_source;
        context->closes_in = source_table(door, call);
        context->closes_value = call->arg[FLT_ARG_handle] & ~FLT_HANDLE_TAG_BITS;
        if (context->closes_in == FLT_TABLE_KERNEL)
            context->closes_value |= FLT_KERNEL_HANDLE_BITS;
    }
}

/* A call that fails changes nothing, unless it is one of those that may. */
static bool must_change_nothing(const struct flt_door *door, const struct flt_call *call,
                                const struct flt_outcome *outcome) {
    return outcome->kind == FLT_WITHHELD ||
           (!flt_success(outcome->status) &&
            !flt_contract_failure_may_change(door->contract, call));
}

/* What the call named: its handles and objects, in and out. */
static bool compare_named(struct flt_door *door, const struct flt_call *call,
                          const struct flt_outcome *outcome,
                          const struct flt_compare_context *context) {
    const struct flt_view *theirs = &door->system->view, *ours = &door->contract_view;
    struct flt_violation *violation = &door->finding.violation;
    uint64_t *rows = &door->counts.rows_compared;
    const struct flt_call_info *row = &flt_calls[call->opcode];
    for (int i = 1; i < FLT_ARG_LIMIT; i++) {
        if (!(row->args & 1u << i))
            continue;
        if (flt_args[i].kind == FLT_KIND_HANDLE &&
            !flt_compare_handle(theirs, ours, context, call->arg[i], rows, violation))
            return false;
        if (flt_args[i].kind == FLT_KIND_OBJECT &&
            !flt_compare_object(theirs, ours, context, call->arg[i], rows, violation))
            return false;
    }
    for (int i = 0; i < FLT_RESULT_LIMIT; i++) {
        if (!(row->results & 1u << i) || outcome->kind != FLT_RETURNED)
            continue;
        if (flt_results[i].slots == FLT_SLOTS_HANDLE &&
            !flt_compare_handle(theirs, ours, context, outcome->out[i], rows, violation))
            return false;
        if (flt_results[i].slots == FLT_SLOTS_OBJECT &&
            !flt_compare_object(theirs, ours, context, outcome->out[i], rows, violation))
            return false;
    }
    return flt_compare_totals(theirs, ours, context, violation);
}

FLT_APART bool as_many_calls_as_rows(const struct flt_door *door) {
    struct flt_totals totals;
    door->contract_view.ops->totals(door->contract_view.self, &totals);
    const uint64_t rows = totals.handles + totals.objects;
    return door->calls - door->last_full >= (rows > COMPARE_ALL_UP_TO ? rows : COMPARE_ALL_UP_TO);
}

static bool time_for_all(const struct flt_door *door) {
    return door->compare_always || door->calls <= COMPARE_ALL_UP_TO || as_many_calls_as_rows(door);
}

/* Less than everything was compared, or everything and it differs. */
FLT_APART void compare_closely(struct flt_door *door, const struct flt_call *call,
                               const struct flt_outcome *outcome, bool all) {
    const struct flt_view *system = &door->system->view;
    struct flt_compare_context context = {.contract = door->contract};
    if (call) {
        context.failed = must_change_nothing(door, call, outcome);
        addressed_table(door, call, &context);
        if (outcome->kind != FLT_WITHHELD)
            closed_besides(door, call, &context);
    }
    if (system->ops->level == FLT_VIEW_COUNTS)
        flt_compare_totals(system, &door->contract_view, &context, &door->finding.violation);
    else if (all)
        flt_name_difference(system, &door->contract_view, &context, &door->finding.violation);
    else
        compare_named(door, call, outcome, &context);
}

static void compare(struct flt_door *door, const struct flt_call *call,
                    const struct flt_outcome *outcome) {
    const struct flt_view *system = &door->system->view;
    const enum flt_view_level level = system->ops ? system->ops->level : FLT_VIEW_NONE;
    if (level == FLT_VIEW_NONE) {
        door->counts.views_unchecked++;
        return;
    }
    door->counts.views_compared++;
    const bool all = level == FLT_VIEW_FULL && (!call || time_for_all(door));
    if (all) {
        door->last_full = door->calls;
        if (flt_same_rows(system, &door->contract_view, &door->counts.rows_compared))
            return;
    }
    compare_closely(door, call, outcome, all);
}

/* Where no output showed the new object or the new handle, the system's own table does. Where they
 * are not in the table, the comparison says so. */
static void bind_new_object(struct flt_door *door) {
    uint8_t table;
    uint64_t value;
    struct flt_handle_row row;
    const struct flt_view *view = &door->system->view;
    if (flt_contract_needs_token(door->contract, &table, &value) &&
        view->ops->find_handle(view->self, table, value, &row))
        flt_contract_bind(door->contract, table, value, row.token, &door->finding.violation);
}

static void bind_new_handle(struct flt_door *door) {
    uint8_t table;
    uint64_t token;
    struct flt_handle_row row, known;
    size_t cursor = 0;
    const struct flt_view *theirs = &door->system->view, *ours = &door->contract_view;
    if (!flt_contract_needs_value(door->contract, &table, &token))
        return;
    while (theirs->ops->handles(theirs->self, &cursor, &row, 1) > 0)
        if (row.table == table && row.token == token &&
            !ours->ops->find_handle(ours->self, table, row.value, &known)) {
            flt_contract_bind_value(door->contract, row.value, &door->finding.violation);
            return;
        }
}

FLT_APART void bind_from_view(struct flt_door *door) {
    const struct flt_view *view = &door->system->view;
    if (!view->ops || view->ops->level != FLT_VIEW_FULL)
        return;
    bind_new_object(door);
    bind_new_handle(door);
}

/* ---- a call ---------------------------------------------------------------------------------- */

static void count_breaches(struct flt_door *door, const struct flt_prediction *prediction) {
    door->last_breaches = prediction->breaches;
    for (size_t i = 0; i < prediction->breaches; i++) {
        door->last_breach[i] = prediction->breach[i];
        door->counts.breach[prediction->breach[i]]++;
    }
}

static bool can_make(const struct flt_door *door, const struct flt_call *call) {
    return door->can[call->opcode] && (door->system->injects || flt_asked_failure(call) == 0);
}

/* The system has no such call, or cannot make it fail: nothing is predicted, nothing is made, and
 * it is counted. */
FLT_APART void withhold_lacking(struct flt_door *door, struct flt_prediction *prediction) {
    prediction->generation = flt_contract_generation(door->contract);
    prediction->clauses = prediction->breaches = 0;
    prediction->withhold = true;
    door->counts.lacking++;
}

/* The frame is the innermost. `outcome`: NULL before the call. */
FLT_APART void tell_observer(const struct flt_door *door, const struct flt_frame *frame,
                             const struct flt_outcome *outcome) {
    const struct flt_door_passage passage = {
        door->contract, frame->call, &frame->prediction, outcome, (size_t)(frame - door->frame),
        found(door)};
    const struct flt_door_observer *observer = door->observer;
    (outcome ? observer->after : observer->before)(observer->context, &passage);
}

struct flt_frame *flt_door_begin(struct flt_door *door, const struct flt_call *call) {
    if (door->over || door->depth == FLT_DOOR_DEPTH)
        return NULL;
    struct flt_frame *frame = &door->frame[door->depth];
    frame->call = call;
    door->system->thread = call->thread;
    door->calls++;
    door->counts.calls++;
    if (can_make(door, call))
        flt_contract_predict(door->contract, call, &frame->prediction);
    else
        withhold_lacking(door, &frame->prediction);
    count_breaches(door, &frame->prediction);
    frame->entry = door->keep_trace ? flt_trace_begin(&door->trace, call, (uint8_t)door->depth,
                                                      &frame->prediction)
                                    : SIZE_MAX;
    if (door->observer)
        tell_observer(door, frame, NULL);
    door->depth++;
    return frame;
}

bool flt_frame_withheld(const struct flt_frame *frame) {
    return frame->prediction.withhold;
}

/* A call within this one moved the state: what must come back is predicted from where it is now. */
static void predict_again(struct flt_door *door, struct flt_frame *frame) {
    if (frame->prediction.generation == flt_contract_generation(door->contract) ||
        !can_make(door, frame->call))
        return;
    const bool withhold = frame->prediction.withhold;
    flt_contract_predict(door->contract, frame->call, &frame->prediction);
    frame->prediction.withhold = withhold; /* what was done is done */
}

FLT_APART void record_finding(struct flt_door *door, const struct flt_frame *frame,
                              const struct flt_outcome *outcome) {
    struct flt_finding *finding = &door->finding;
    finding->step = frame->call->step;
    finding->call = *frame->call;
    finding->call.path = NULL; /* the caller's, who may be gone when this is read */
    finding->outcome = *outcome;
    flt_prediction_allowed(&frame->prediction, &finding->allowed);
    if (flt_allows(&finding->allowed, outcome))
        finding->allowed.count = 0;
    door->over = true;
}

bool flt_door_end(struct flt_door *door, struct flt_frame *frame,
                  const struct flt_outcome *outcome) {
    predict_again(door, frame);
    flt_contract_observe(door->contract, frame->call, &frame->prediction, outcome,
                         &door->finding.violation);
    door->depth--;
    door->counts.withheld += outcome->kind == FLT_WITHHELD;
    if (!found(door) && outcome->kind == FLT_RETURNED)
        bind_from_view(door);
    if (!found(door) && door->depth == 0 && outcome->kind != FLT_BUGCHECK) {
        flt_contract_settle(door->contract, false, &door->finding.violation);
        if (!found(door))
            compare(door, frame->call, outcome);
    }
    digest_call(door, frame->call, outcome);
    if (door->keep_trace)
        flt_trace_end(&door->trace, frame->entry, outcome);
    if (door->observer)
        tell_observer(door, frame, outcome);
    if (found(door))
        record_finding(door, frame, outcome);
    return !door->over;
}

/* The innermost call is the one that stopped the system; those around it never came back. */
static void end_by_bugcheck(struct flt_door *door) {
    door->guarded = false;
    door->stopped = true;
    door->counts.bugchecks++;
    if (door->depth > 0)
        flt_door_end(door, &door->frame[door->depth - 1], &door->bugcheck);
    door->depth = 0;
    door->over = true;
}

bool flt_door_guard(struct flt_door *door, void (*body)(void *context), void *context) {
    door->guarded = true;
    if (setjmp(door->unwind) != 0) {
        end_by_bugcheck(door);
        return false;
    }
    body(context);
    door->guarded = false;
    return true;
}

struct perform_body {
    struct flt_door *door;
    const struct flt_call *call;
    struct flt_outcome *outcome;
};

static void perform_body(void *context) {
    const struct perform_body *body = context;
    flt_perform(body->door->system, body->call, body->outcome);
}

FLT_APART bool perform_guarded(struct flt_door *door, const struct flt_call *call,
                               struct flt_outcome *outcome) {
    struct perform_body body = {door, call, outcome};
    return flt_door_guard(door, perform_body, &body);
}

bool flt_door_call(struct flt_door *door, const struct flt_call *call,
                   struct flt_outcome *outcome) {
    struct flt_frame *frame = flt_door_begin(door, call);
    if (!frame)
        return false;
    if (frame->prediction.withhold) {
        memset(outcome, 0, sizeof *outcome);
        outcome->kind = FLT_WITHHELD;
    } else if (door->guarded) {
        flt_perform(door->system, call, outcome);
    } else if (!perform_guarded(door, call, outcome)) {
        *outcome = door->bugcheck;
        return false;
    }
    return flt_door_end(door, frame, outcome);
}

/* ---- a run ----------------------------------------------------------------------------------- */

struct flt_door *flt_door_new(struct flt_system *system) {
    struct flt_door *door = calloc(1, sizeof *door);
    if (!door)
        return NULL;
    door->contract = flt_contract_new();
    if (!door->contract) {
        free(door);
        return NULL;
    }
    door->system = system;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++)
        door->can[*op] = flt_system_can(system, *op);
    door->contract_view = flt_contract_view(door->contract);
    return door;
}

void flt_door_free(struct flt_door *door) {
    if (!door)
        return;
    flt_contract_free(door->contract);
    flt_trace_free(&door->trace);
    free(door);
}

void flt_door_open(struct flt_door *door, const struct flt_switches *system,
                   const struct flt_switches *contract) {
    door->depth = 0;
    door->over = door->stopped = door->guarded = false;
    door->calls = door->last_full = 0;
    door->digest = 0;
    door->last_breaches = 0;
    door->finding.violation.rule = FLT_RULE_NONE;
    door->finding.step = 0;
    door->finding.allowed.count = 0;
    flt_trace_clear(&door->trace);
    door->system->fault = (struct flt_fault){0, 0};
    door->system->host = (struct flt_host){door, on_event, on_bugcheck};
    door->system->reset(door->system, system);
    flt_contract_reset(door->contract, contract);
}

bool flt_door_end_of_run(struct flt_door *door) {
    if (door->over)
        return !found(door);
    door->over = true;
    if (door->system->settle)
        door->system->settle(door->system);
    if (!found(door))
        flt_contract_settle(door->contract, true, &door->finding.violation);
    if (!found(door))
        compare(door, NULL, NULL);
    digest_view(door);
    return !found(door);
}

void flt_door_observe(struct flt_door *door, const struct flt_door_observer *observer) {
    door->observer = observer;
}

void flt_door_keep_trace(struct flt_door *door, bool keep) {
    door->keep_trace = keep;
}

void flt_door_compare_always(struct flt_door *door, bool always) {
    door->compare_always = always;
}

/* ---- what is known of it --------------------------------------------------------------------- */

const struct flt_finding *flt_door_finding(const struct flt_door *door) {
    return &door->finding;
}

const struct flt_trace *flt_door_trace(const struct flt_door *door) {
    return &door->trace.trace;
}

const struct flt_door_counts *flt_door_counts(const struct flt_door *door) {
    return &door->counts;
}

const enum flt_rule *flt_door_breaches(const struct flt_door *door, size_t *count) {
    *count = door->last_breaches;
    return door->last_breach;
}

bool flt_door_leak(const struct flt_door *door, size_t k, struct flt_leak *leak) {
    return !door->stopped && flt_contract_leak(door->contract, k, leak);
}

bool flt_door_stopped(const struct flt_door *door) {
    return door->stopped;
}

const struct flt_outcome *flt_door_bugcheck(const struct flt_door *door) {
    return &door->bugcheck;
}

uint64_t flt_door_digest(const struct flt_door *door) {
    return door->digest;
}

uint32_t flt_door_object_number(const struct flt_door *door, uint64_t token) {
    return flt_contract_object_number(door->contract, token);
}

const struct flt_contract *flt_door_contract(const struct flt_door *door) {
    return door->contract;
}

struct flt_system *flt_door_system(const struct flt_door *door) {
    return door->system;
}
