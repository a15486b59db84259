#include "coverage.h"

#include <stdlib.h>

#include "../model/include/wdm.h"
#include "occasions.h"

/* ---- outcomes by number ---------------------------------------------------------------------- */

struct outcome_row {
    const char *word;
    uint8_t kind;
    uint32_t code;
};

static const struct outcome_row outcomes[FLT_OUTCOME_COUNT] = {
#define STATUS(name) {#name, FLT_RETURNED, (uint32_t)name},
#define BUGCHECK(name, code) {"bugcheck " #name, FLT_BUGCHECK, code},
#include "../model/status.def"
    [FLT_OUTCOME_OTHER] = {"an outcome without a name", FLT_RETURNED, UINT32_MAX},
    [FLT_OUTCOME_WITHHELD] = {"withheld", FLT_WITHHELD, 0},
    [FLT_OUTCOME_END_OF_RUN] = {"end of run", FLT_WITHHELD, UINT32_MAX},
};

const char *flt_outcome_word(int number) {
    return outcomes[number].word;
}

int flt_outcome_number(uint8_t kind, uint32_t code) {
    if (kind == FLT_WITHHELD)
        return FLT_OUTCOME_WITHHELD;
    for (int i = 0; i < FLT_OUTCOME_OTHER; i++)
        if (outcomes[i].kind == kind && outcomes[i].code == code)
            return i;
    return FLT_OUTCOME_OTHER;
}

/* ---- counters -------------------------------------------------------------------------------- */

struct flt_coverage {
    struct flt_door_observer observer;
    struct flt_snapshot before[FLT_DOOR_DEPTH];
    struct flt_cell cell[FLT_RULE_COUNT][FLT_OP_LIMIT][FLT_OUTCOME_COUNT];
    uint64_t move[FLT_OP_LIMIT][FLT_MOVE_COUNT];
    struct flt_tightness tightness[FLT_OP_LIMIT];
    uint64_t reached;
    enum flt_coverage_mode mode;
    uint32_t answered_step;
    size_t open;
    struct flt_open_outcome open_outcome[FLT_OPEN_OUTCOMES];
};

static void try_cell(struct flt_coverage *coverage, int rule, int opcode, int outcome) {
    coverage->reached += coverage->cell[rule][opcode][outcome].tried++ == 0;
}

/* The parameters of a bug check, as a system that obeys the rule would give them. */
static void tell_cause(const struct flt_snapshot *before, const struct flt_call *call,
                       enum flt_rule rule, struct flt_open_outcome *open) {
    const uint8_t irql = before->summary.thread[call->thread % FLT_THREAD_COUNT].irql;
    const bool raises = open->code == FLT_STOP_IRQL_NOT_GREATER_OR_EQUAL ||
                        open->code == FLT_STOP_IRQL_NOT_LESS_OR_EQUAL;
    open->parameter[0] = raises ? (uint8_t)call->arg[FLT_ARG_irql] : 0;
    open->parameter[1] = irql;
    if (open->code == FLT_STOP_INVALID_KERNEL_HANDLE) {
        open->parameter[0] = call->arg[FLT_ARG_handle];
        open->parameter[1] = rule != FLT_RULE_close_protected; /* 1: it is a bad handle */
    }
}

static void note_open(struct flt_coverage *coverage, const struct flt_door_passage *passage,
                      enum flt_rule rule, uint8_t kind, uint32_t code) {
    if (coverage->open == FLT_OPEN_OUTCOMES)
        return;
    struct flt_open_outcome *open = &coverage->open_outcome[coverage->open++];
    *open = (struct flt_open_outcome){.step = passage->call->step, .kind = kind, .code = code};
    if (kind == FLT_BUGCHECK)
        tell_cause(&coverage->before[passage->depth], passage->call, rule, open);
}

/* One outcome that a clause names and every other clause allows. */
static void count_allowed(struct flt_coverage *coverage, const struct flt_door_passage *passage,
                          enum flt_rule rule, uint8_t kind, uint32_t code) {
    const struct flt_outcome *outcome = passage->outcome;
    const bool came = outcome->kind == kind && outcome->status == code;
    struct flt_cell *cell =
        &coverage->cell[rule][passage->call->opcode][flt_outcome_number(kind, code)];
    switch (coverage->mode) {
    case FLT_COVERAGE_COUNTS:
        cell->allowed++;
        break;
    case FLT_COVERAGE_NOTES_OPEN:
        if (cell->tried == 0 && cell->answered == 0)
            note_open(coverage, passage, rule, kind, code);
        break;
    case FLT_COVERAGE_ANSWERS:
        cell->answered += came;
        break;
    }
}

static void count_clauses(struct flt_coverage *coverage, const struct flt_door_passage *passage,
                          const struct flt_allowed *allowed) {
    const struct flt_prediction *prediction = passage->prediction;
    for (uint8_t i = 0; i < prediction->clauses; i++) {
        const struct flt_clause *clause = &prediction->clause[i];
        for (uint8_t k = 0; k < clause->allowed.count; k++) {
            const struct flt_outcome would = {.kind = clause->allowed.kind[k],
                                              .status = clause->allowed.code[k]};
            if (flt_allows(allowed, &would))
                count_allowed(coverage, passage, clause->rule, would.kind, would.status);
        }
    }
}

static void count_tightness(struct flt_tightness *tightness, const struct flt_allowed *allowed) {
    tightness->calls++;
    tightness->allowed += allowed->count;
    tightness->single += allowed->count == 1;
}

static void count_tried(struct flt_coverage *coverage, const struct flt_door_passage *passage) {
    const struct flt_prediction *prediction = passage->prediction;
    const uint8_t opcode = passage->call->opcode;
    const int outcome = flt_outcome_number(passage->outcome->kind, passage->outcome->status);
    for (uint8_t i = 0; i < prediction->clauses; i++)
        try_cell(coverage, (int)prediction->clause[i].rule, opcode, outcome);
    for (uint8_t i = 0; i < prediction->breaches; i++)
        try_cell(coverage, (int)prediction->breach[i], opcode, outcome);
}

/* ---- moves --------------------------------------------------------------------------------------
 */

static void count_names(struct flt_coverage *coverage, const struct flt_door_passage *passage,
                        uint32_t changed, int outcome) {
    for (; changed != 0; changed &= changed - 1) {
        const enum flt_rule rule =
            flt_contract_name_rule(passage->contract, (uint8_t)__builtin_ctz(changed));
        if (rule != FLT_RULE_NONE)
            try_cell(coverage, (int)rule, passage->call->opcode, outcome);
    }
}

static void count_moves(struct flt_coverage *coverage, const struct flt_door_passage *passage) {
    const struct flt_call *call = passage->call;
    const struct flt_snapshot *before = &coverage->before[passage->depth];
    const int outcome = flt_outcome_number(passage->outcome->kind, passage->outcome->status);
    struct flt_difference difference;
    flt_difference(before, passage->contract, &difference);
    flt_find_facts(before, call, passage->outcome, &difference);
    for (int i = 0; i < FLT_MOVE_COUNT; i++)
        if (flt_has_move(&difference, i))
            coverage->reached += coverage->move[call->opcode][i]++ == 0;
    for (int rule = 1; rule < FLT_RULE_COUNT; rule++)
        if (flt_occasion_holds(rule, &difference))
            try_cell(coverage, rule, call->opcode, outcome);
    count_names(coverage, passage, difference.changed_names, outcome);
}

/* ---- the observer ---------------------------------------------------------------------------- */

static void before_call(void *context, const struct flt_door_passage *passage) {
    struct flt_coverage *coverage = context;
    if (coverage->mode != FLT_COVERAGE_ANSWERS &&
        !flt_snapshot_take(&coverage->before[passage->depth], passage->contract))
        abort(); /* nothing could be counted from here on */
}

/* What a violation left behind is no state, and a call that was not performed moved nothing. */
static void after_call(void *context, const struct flt_door_passage *passage) {
    struct flt_coverage *coverage = context;
    struct flt_allowed allowed;
    if (passage->violated ||
        (coverage->mode == FLT_COVERAGE_ANSWERS && coverage->answered_step != passage->call->step))
        return;
    flt_prediction_allowed(passage->prediction, &allowed);
    count_clauses(coverage, passage, &allowed);
    if (coverage->mode != FLT_COVERAGE_COUNTS)
        return;
    count_tried(coverage, passage);
    if (passage->prediction->clauses > 0)
        count_tightness(&coverage->tightness[passage->call->opcode], &allowed);
    if (passage->outcome->kind == FLT_RETURNED)
        count_moves(coverage, passage);
}

struct flt_coverage *flt_coverage_new(void) {
    struct flt_coverage *coverage = calloc(1, sizeof *coverage);
    if (coverage)
        coverage->observer = (struct flt_door_observer){coverage, before_call, after_call};
    return coverage;
}

void flt_coverage_free(struct flt_coverage *coverage) {
    if (!coverage)
        return;
    for (int i = 0; i < FLT_DOOR_DEPTH; i++)
        flt_snapshot_free(&coverage->before[i]);
    free(coverage);
}

const struct flt_door_observer *flt_coverage_observer(const struct flt_coverage *coverage) {
    return &coverage->observer;
}

void flt_coverage_end_of_run(struct flt_coverage *coverage, const struct flt_door *door,
                             uint8_t (*opcode_of_step)(const void *run, uint32_t step),
                             const void *run) {
    struct flt_leak leak;
    for (size_t k = 0; coverage->mode == FLT_COVERAGE_COUNTS && flt_door_leak(door, k, &leak); k++)
        try_cell(coverage, (int)leak.rule, opcode_of_step(run, leak.step), FLT_OUTCOME_END_OF_RUN);
}

void flt_coverage_set_mode(struct flt_coverage *coverage, enum flt_coverage_mode mode,
                           uint32_t step) {
    coverage->mode = mode;
    coverage->answered_step = step;
    coverage->open = 0;
}

const struct flt_open_outcome *flt_coverage_open(const struct flt_coverage *coverage,
                                                 size_t *count) {
    *count = coverage->open;
    return coverage->open_outcome;
}

/* ---- what was counted ------------------------------------------------------------------------ */

const struct flt_cell *flt_coverage_cell(const struct flt_coverage *coverage, int rule, int opcode,
                                         int outcome) {
    return &coverage->cell[rule][opcode][outcome];
}

uint64_t flt_coverage_move(const struct flt_coverage *coverage, int opcode, int move) {
    return coverage->move[opcode][move];
}

const struct flt_tightness *flt_coverage_tightness(const struct flt_coverage *coverage,
                                                   int opcode) {
    return &coverage->tightness[opcode];
}

uint64_t flt_coverage_reached(const struct flt_coverage *coverage) {
    return coverage->reached;
}
