#include "expand.h"

#include <stdlib.h>

#include "../../model/kernel/object_pool.h"

/* A move that changes nothing leaves the state for the next one to be tried in, so that the prefix
 * need not be run again. Not for ever: memory of dead objects must not come back (state_hash.h). */
enum { MOVES_PER_RUN = 40 };
_Static_assert(MOVES_PER_RUN + FLT_SCOPE_LENGTH < FLT_POOL_QUARANTINE,
               "a call makes one object at most, so no more than there are calls can die");

struct flt_expansion {
    const struct flt_scope *scope;
    struct flt_runner *runner;
    struct flt_sequence sequence;
    struct flt_run_options options;
    size_t prefix;
    uint64_t hash;      /* of the state */
    size_t move;        /* the one that is tried */
    size_t runs_until;  /* the first move that is not tried in this run */
    bool checked;       /* the prefix did lead to the state */
    bool off_the_track; /* it did not */
    bool changed;       /* the last call led to `successor` */
    uint64_t successor;
    struct flt_expansion_counts counts;
};

/* After each call of a run: is this still the state that is to be expanded? */
static bool after_step(void *context, const struct flt_runner *runner) {
    struct flt_expansion *expansion = context;
    const size_t run = flt_runner_steps_run(runner);
    uint64_t hash;
    if (run < expansion->prefix || (run == expansion->prefix && expansion->checked))
        return true;
    if (!flt_scope_state(expansion->scope, runner, &hash)) {
        expansion->off_the_track = true;
        return false;
    }
    if (run == expansion->prefix) {
        expansion->checked = hash == expansion->hash;
        expansion->off_the_track = !expansion->checked;
        return expansion->checked;
    }
    expansion->counts.transitions++;
    expansion->move++;
    if (hash != expansion->hash) {
        expansion->changed = true;
        expansion->successor = hash;
        return false;
    }
    expansion->counts.loops++;
    if (expansion->move == expansion->runs_until)
        return false;
    flt_scope_append(expansion->scope, (uint8_t)expansion->move, &expansion->sequence);
    return true;
}

struct flt_expansion *flt_expansion_new(const struct flt_scope *scope) {
    struct flt_expansion *expansion = calloc(1, sizeof *expansion);
    if (!expansion)
        return NULL;
    expansion->scope = scope;
    expansion->runner = flt_runner_new();
    if (!expansion->runner || !flt_sequence_init(&expansion->sequence)) {
        flt_expansion_free(expansion);
        return NULL;
    }
    return expansion;
}

void flt_expansion_free(struct flt_expansion *expansion) {
    if (!expansion)
        return;
    flt_runner_free(expansion->runner);
    flt_sequence_free(&expansion->sequence);
    free(expansion);
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Runs the prefix, and moves after it up to the first that leads elsewhere. */
static void try_some(struct flt_expansion *expansion, const uint8_t *move,
                     const struct flt_expansion_ops *ops, void *context) {
    const struct flt_scope *scope = expansion->scope;
    flt_scope_sequence(scope, move, expansion->prefix, &expansion->sequence);
    flt_scope_append(scope, (uint8_t)expansion->move, &expansion->sequence);
    expansion->runs_until = smaller(expansion->move + MOVES_PER_RUN, scope->moves);
    expansion->changed = false;
    const size_t first = expansion->move;
    const uint64_t tried = expansion->counts.transitions;
    const bool fine = flt_run(expansion->runner, &expansion->sequence, &expansion->options);
    if (expansion->off_the_track)
        return;
    /* A call that broke a rule or stopped the system was not seen by after_step. */
    const bool cut_short = flt_door_stopped(flt_runner_door(expansion->runner)) ||
                           (!fine && flt_door_finding(flt_runner_door(expansion->runner))->step);
    if (cut_short) {
        expansion->counts.transitions++;
        expansion->counts.stops += fine;
        expansion->move++;
    }
    if (expansion->counts.transitions == tried) { /* the prefix itself ended the run */
        expansion->off_the_track = true;
        expansion->move = first;
    } else if (!fine) {
        ops->violation(context, (uint8_t)(expansion->move - 1), expansion->runner);
    } else if (expansion->changed) {
        ops->successor(context, (uint8_t)(expansion->move - 1), expansion->successor);
    }
}

static void begin(struct flt_expansion *expansion, size_t prefix, uint64_t hash) {
    expansion->options =
        (struct flt_run_options){.fill = hash, .after_step = after_step, .context = expansion};
    expansion->prefix = prefix;
    expansion->hash = hash;
    expansion->move = 0;
    expansion->checked = expansion->off_the_track = false;
    expansion->counts = (struct flt_expansion_counts){0};
}

bool flt_expand(struct flt_expansion *expansion, const uint8_t *move, size_t count, uint64_t hash,
                const struct flt_expansion_ops *ops, void *context,
                struct flt_expansion_counts *counts) {
    begin(expansion, count, hash);
    while (expansion->move < expansion->scope->moves && !expansion->off_the_track)
        try_some(expansion, move, ops, context);
    counts->transitions += expansion->counts.transitions;
    counts->loops += expansion->counts.loops;
    counts->stops += expansion->counts.stops;
    return !expansion->off_the_track;
}

struct last_state {
    const struct flt_scope *scope;
    size_t count;
    bool there;
    uint64_t hash;
};

static bool keep_last(void *context, const struct flt_runner *runner) {
    struct last_state *last = context;
    if (flt_runner_steps_run(runner) == last->count)
        last->there = flt_scope_state(last->scope, runner, &last->hash);
    return true;
}

bool flt_expansion_state(struct flt_expansion *expansion, const uint8_t *move, size_t count,
                         uint64_t *hash) {
    struct last_state last = {expansion->scope, count, false, 0};
    const struct flt_run_options options = {.after_step = keep_last, .context = &last};
    flt_scope_sequence(expansion->scope, move, count, &expansion->sequence);
    flt_run(expansion->runner, &expansion->sequence, &options);
    if (count == 0)
        last.there = flt_scope_state(expansion->scope, expansion->runner, &last.hash);
    *hash = last.hash;
    return last.there;
}
