#include "reached.h"

#include <inttypes.h>
#include <string.h>

#include "../tools/input.h"

struct lookup {
    struct flt_explored *explored;
    struct flt_visited *seen; /* states that a sequence has led to */
    struct flt_reached *reached;
    FILE *out;
};

/* ---- slots ----------------------------------------------------------------------------------- */

/* Names of slots are the sequence's own: h17 is h0 where it is the first that is used. */
struct renaming {
    uint8_t count;
    uint8_t to[FLT_SLOT_COUNT]; /* FLT_SLOT_COUNT: not used yet */
};

static uint8_t rename_slot(struct renaming *renaming, uint64_t slot) {
    uint8_t *to = &renaming->to[slot % FLT_SLOT_COUNT];
    if (*to == FLT_SLOT_COUNT)
        *to = renaming->count++;
    return *to;
}

static void rename_slots(struct flt_sequence *sequence) {
    struct renaming handles, objects;
    memset(&handles, FLT_SLOT_COUNT, sizeof handles);
    handles.count = 0;
    objects = handles;
    for (size_t i = 0; i < sequence->count; i++) {
        struct flt_step *step = &sequence->step[i];
        const struct flt_call_info *row = &flt_calls[step->opcode];
        for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
            if (row->args & FLT_SLOT_ARGS & 1u << arg && step->form[arg] != FLT_FORM_VALUE)
                step->arg[arg] = rename_slot(
                    flt_args[arg].kind == FLT_KIND_HANDLE ? &handles : &objects, step->arg[arg]);
        for (int result = 0; result < FLT_RESULT_SLOTS; result++)
            if (row->results & FLT_SLOT_RESULTS & 1u << result &&
                step->result[result] != FLT_NO_SLOT)
                step->result[result] = (int8_t)rename_slot(
                    flt_results[result].slots == FLT_SLOTS_HANDLE ? &handles : &objects,
                    (uint64_t)step->result[result]);
    }
}

/* ---- a sequence ------------------------------------------------------------------------------ */

static size_t moves_of(const struct flt_scope *scope, const struct flt_sequence *sequence,
                       size_t room, uint8_t *move) {
    size_t count = 0;
    for (; count < sequence->count && count < room; count++) {
        const size_t found = flt_scope_find(scope, &sequence->step[count]);
        if (found == FLT_SCOPE_MOVES)
            break;
        move[count] = (uint8_t)found;
    }
    return count;
}

static void say_missing(const struct lookup *lookup, const char *path, const uint8_t *move,
                        size_t count) {
    const struct flt_scope *scope = lookup->explored->scope;
    fprintf(lookup->out, "%s: the exploration has no state after\n", path);
    for (size_t i = 0; i < count; i++) {
        char call[FLT_MAX_LINE];
        flt_text_step(&scope->text.sequence.step[move[i]], call, sizeof call);
        fprintf(lookup->out, "%s\n", call);
    }
}

static void look_up(const struct lookup *lookup, const char *path, const uint8_t *move,
                    size_t count) {
    uint64_t hash;
    for (size_t length = 0; length <= count; length++) {
        if (!flt_expansion_state(lookup->explored->expansion, move, length, &hash))
            return; /* the system stopped */
        if (flt_visited_add(lookup->seen, hash) != FLT_VISIT_NEW)
            continue;
        lookup->reached->states++;
        if (flt_visited_has(lookup->explored->visited, hash))
            continue;
        lookup->reached->missing++;
        say_missing(lookup, path, move, length);
    }
}

static bool same_switches(const struct flt_scope *scope, const struct flt_sequence *sequence) {
    struct flt_switches theirs, ours;
    flt_sequence_switches(sequence, &theirs);
    flt_sequence_switches(&scope->text.sequence, &ours);
    return memcmp(&theirs, &ours, sizeof ours) == 0;
}

static void look_at(const struct lookup *lookup, const char *path, struct flt_sequence *sequence) {
    const struct flt_explored *explored = lookup->explored;
    uint8_t move[FLT_SCOPE_LENGTH];
    lookup->reached->files++;
    if (!same_switches(explored->scope, sequence))
        return;
    const size_t room = explored->progress.length;
    size_t count = moves_of(explored->scope, sequence, room, move);
    if (count < sequence->count && count < room) {
        rename_slots(sequence);
        count = moves_of(explored->scope, sequence, room, move);
    }
    lookup->reached->usable += count > 0;
    lookup->reached->whole += count > 0 && count == sequence->count;
    look_up(lookup, path, move, count);
}

static bool look_at_all(const struct lookup *lookup, char *const *path, size_t paths) {
    struct flt_input input;
    const bool ready = flt_input_init(&input);
    for (size_t i = 0; ready && i < paths; i++) {
        if (flt_input_load(path[i], &input))
            look_at(lookup, path[i], &input.text.sequence);
        else
            lookup->reached->unreadable++;
    }
    flt_input_free(&input);
    return lookup->reached->files > 0;
}

bool flt_reached_check(const struct flt_scope *scope, const char *folder, uint64_t memory,
                       char *const *path, size_t paths, struct flt_reached *reached, FILE *out) {
    struct lookup lookup = {
        .explored = flt_explored_open(scope, folder, memory), .reached = reached, .out = out};
    if (!lookup.explored)
        return false;
    memset(reached, 0, sizeof *reached);
    reached->of = flt_visited_count(lookup.explored->visited);
    lookup.seen = flt_visited_new(memory, false);
    const bool good = lookup.seen && look_at_all(&lookup, path, paths);
    flt_visited_free(lookup.seen);
    flt_explored_close(lookup.explored);
    return good;
}

void flt_reached_print(const struct flt_scope *scope, const struct flt_reached *reached,
                       FILE *out) {
    fprintf(out,
            "Of %zu sequences (%zu more cannot be read) %zu begin with moves of scope %s (%zu have "
            "no others): they reach "
            "%" PRIu64 " of its %" PRIu64 " states, and %" PRIu64 " that it has not.\n",
            reached->files, reached->unreadable, reached->usable, scope->name, reached->whole,
            reached->states - reached->missing, reached->of, reached->missing);
}
