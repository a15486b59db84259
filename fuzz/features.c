#include "features.h"

#include <stdlib.h>

#include "../model/contract/state_hash.h"
#include "../model/kernel/state_hash.h"
#include "../model/mix.h"
#include "coverage.h"
#include "occasions.h"

struct flt_features {
    struct flt_feature_sink sink;
    struct flt_door_observer observer;
    struct flt_snapshot before[FLT_DOOR_DEPTH], after;
};

enum kind { OF_CELL, OF_MOVE, OF_THREAD, OF_WORLD, OF_HANDLE, OF_OBJECT, OF_NAME };

/* ---- numbers -----------------------------------------------------------------------------------
 */

static void tell(struct flt_features *features, enum kind kind, uint64_t a, uint64_t b,
                 uint64_t c) {
    const uint64_t number = flt_mix_in(flt_mix_in(flt_mix_in(flt_mix(kind + 1u), a), b), c);
    features->sink.feature(features->sink.context, number + (number == 0));
}

/* None, one, some: more would be without bound. */
static uint64_t few(uint64_t count) {
    return count < 2 ? count : 2;
}

/* ---- what a call tried --------------------------------------------------------------------------
 */

static void tell_cells(struct flt_features *features, const struct flt_door_passage *passage,
                       uint64_t outcome) {
    const struct flt_prediction *prediction = passage->prediction;
    const uint8_t opcode = passage->call->opcode;
    for (uint8_t i = 0; i < prediction->clauses; i++)
        tell(features, OF_CELL, prediction->clause[i].rule, opcode, outcome);
    for (uint8_t i = 0; i < prediction->breaches; i++)
        tell(features, OF_CELL, prediction->breach[i], opcode, outcome);
}

static void tell_moves(struct flt_features *features, const struct flt_door_passage *passage,
                       uint64_t outcome) {
    const struct flt_snapshot *before = &features->before[passage->depth];
    const uint8_t opcode = passage->call->opcode;
    struct flt_difference difference;
    flt_difference(before, passage->contract, &difference);
    flt_find_facts(before, passage->call, passage->outcome, &difference);
    for (int move = 0; move < FLT_MOVE_COUNT; move++)
        if (flt_has_move(&difference, move))
            tell(features, OF_MOVE, opcode, (uint64_t)move, 0);
    for (int rule = 1; rule < FLT_RULE_COUNT; rule++)
        if (flt_occasion_holds(rule, &difference))
            tell(features, OF_CELL, (uint64_t)rule, opcode, outcome);
}

/* ---- the state after it -------------------------------------------------------------------------
 */

static void tell_threads(struct flt_features *features, const struct flt_summary *summary,
                         uint8_t opcode) {
    for (uint64_t i = 0; i < FLT_THREAD_COUNT; i++) {
        const struct flt_thread_summary *thread = &summary->thread[i];
        const uint64_t regions = few(thread->critical) * 3 + few(thread->guarded);
        const uint64_t flags = (uint64_t)thread->user_mode * 2 + thread->has_irp;
        uint64_t hash = flt_mix_in(i, thread->irql);
        hash = flt_mix_in(hash, thread->process);
        hash = flt_mix_in(hash, few(thread->attached));
        hash = flt_mix_in(hash, regions * 4 + flags);
        tell(features, OF_THREAD, hash, opcode, 0);
    }
}

static void tell_world(struct flt_features *features, const struct flt_snapshot *now) {
    uint64_t hash = 0;
    for (int i = 0; i < FLT_FILTER_COUNT; i++)
        hash = flt_mix_in(hash, now->totals.world.filter[i] * 2u + now->summary.unloading[i]);
    for (int i = 0; i < FLT_INSTANCE_COUNT; i++)
        hash = flt_mix_in(hash, now->totals.world.instance[i].state * 256u +
                                    now->totals.world.instance[i].filter);
    for (int i = 0; i < FLT_PROCESS_COUNT; i++)
        hash = flt_mix_in(hash, now->summary.exited[i]);
    tell(features, OF_WORLD, hash, 0, 0);
}

static void tell_rows(struct flt_features *features, const struct flt_snapshot *now) {
    for (size_t i = 0; i < now->handles; i++) {
        const struct flt_handle_row *row = &now->handle[i];
        tell(features, OF_HANDLE, row->table, row->type, row->flags);
    }
    for (size_t i = 0; i < now->objects; i++) {
        const struct flt_object_row *row = &now->object[i];
        tell(features, OF_OBJECT, row->type, row->phase,
             few(row->handles) * 3 + few(row->references));
    }
    for (uint64_t i = 0; i < FLT_NAME_LIMIT; i++) {
        const struct flt_name_row *row = &now->name[i];
        const uint64_t marks = row->there * 4u + row->deleting * 2u + row->oplocked;
        const uint64_t opens = few(row->share.open) * 27 + few(row->share.readers) * 9 +
                               few(row->share.writers) * 3 + few(row->share.deleters);
        tell(features, OF_NAME, i, flt_mix_in(marks, row->attributes), opens);
    }
}

static void tell_state(struct flt_features *features, const struct flt_door_passage *passage) {
    struct flt_snapshot *now = &features->after;
    if (!flt_snapshot_take(now, passage->contract))
        abort(); /* nothing could be told from here on */
    tell_threads(features, &now->summary, passage->call->opcode);
    tell_world(features, now);
    tell_rows(features, now);
}

/* ---- looking on ---------------------------------------------------------------------------------
 */

static void before_call(void *context, const struct flt_door_passage *passage) {
    struct flt_features *features = context;
    if (!flt_snapshot_take(&features->before[passage->depth], passage->contract))
        abort();
}

static void after_call(void *context, const struct flt_door_passage *passage) {
    struct flt_features *features = context;
    const uint64_t outcome =
        (uint64_t)flt_outcome_number(passage->outcome->kind, passage->outcome->status);
    if (passage->violated)
        return; /* what a violation left behind is no state */
    tell_cells(features, passage, outcome);
    if (passage->outcome->kind != FLT_RETURNED)
        return;
    tell_moves(features, passage, outcome);
    tell_state(features, passage);
}

/* No variable leads anywhere: handles and objects count as sets, so that the states of sequences
 * that use different slots are the same. */
static bool after_step(void *context, const struct flt_runner *runner) {
    struct flt_features *features = context;
    static const struct flt_variables none;
    const struct flt_door *door = flt_runner_door(runner);
    struct flt_unnamed_objects unnamed;
    uint64_t kernel, contract;
    if (flt_kernel_state_hash(flt_door_system(door), &none, &unnamed, &kernel) &&
        flt_contract_state_hash(flt_door_contract(door), &none, &unnamed, &contract)) {
        const uint64_t state = flt_mix_in(kernel, contract);
        features->sink.state(features->sink.context, state + (state == 0));
    }
    return true;
}

struct flt_features *flt_features_new(const struct flt_feature_sink *sink) {
    struct flt_features *features = calloc(1, sizeof *features);
    if (features) {
        features->sink = *sink;
        features->observer = (struct flt_door_observer){features, before_call, after_call};
    }
    return features;
}

void flt_features_free(struct flt_features *features) {
    if (!features)
        return;
    for (int i = 0; i < FLT_DOOR_DEPTH; i++)
        flt_snapshot_free(&features->before[i]);
    flt_snapshot_free(&features->after);
    free(features);
}

bool flt_features_run(struct flt_features *features, struct flt_runner *runner,
                      const struct flt_sequence *sequence, uint64_t fill) {
    const struct flt_run_options options = {
        .fill = fill, .after_step = after_step, .context = features};
    struct flt_door *door = flt_runner_door(runner);
    flt_door_observe(door, &features->observer);
    const bool fine = flt_run(runner, sequence, &options);
    flt_door_observe(door, NULL);
    return fine;
}
