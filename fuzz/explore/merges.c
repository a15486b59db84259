#include "merges.h"

#include <inttypes.h>
#include <string.h>

#include "../../model/mix.h"
#include "../sequence/random.h"
#include "explored.h"

enum { TRIES_PER_PAIR = 10000 };

/* ---- all that a run shows of its last calls ---------------------------------------------------
 */

struct shown {
    const struct flt_scope *scope;
    size_t prefix;
    size_t count; /* of the calls after the prefix that came back */
    uint64_t state[FLT_MERGE_EXTENSION];
    uint64_t digest[FLT_MERGE_EXTENSION + 1]; /* of each of them, and of the end */
};

static bool keep_state(void *context, const struct flt_runner *runner) {
    struct shown *shown = context;
    const size_t run = flt_runner_steps_run(runner);
    if (run > shown->prefix && flt_scope_state(shown->scope, runner, &shown->state[shown->count]))
        shown->count++;
    return true;
}

/* Handles and objects are told by the state; an output that was not written differs by run. */
static uint64_t digest_outcome(const struct flt_runner *runner, size_t step) {
    const struct flt_step_result *result = flt_runner_result(runner, step);
    const struct flt_outcome *outcome = &result->outcome;
    const uint32_t results = flt_calls[flt_runner_sequence(runner)->step[step].opcode].results;
    uint64_t digest = (uint64_t)outcome->kind << 32 | outcome->status;
    for (size_t i = 0; i < result->breaches; i++)
        digest = flt_mix_in(digest, result->breach[i]);
    if (outcome->kind != FLT_RETURNED || !flt_success(outcome->status))
        return digest;
    if (results & 1u << FLT_RESULT_iosb)
        digest = flt_mix_in(digest, outcome->iosb_status ^ outcome->out[FLT_RESULT_iosb] << 32);
    if (results & 1u << FLT_RESULT_irql)
        digest = flt_mix_in(digest, outcome->out[FLT_RESULT_irql]);
    if (results & 1u << FLT_RESULT_filter)
        digest = flt_mix_in(digest, outcome->out[FLT_RESULT_filter]);
    return digest;
}

static uint64_t digest_irps(const struct flt_runner *runner, size_t step) {
    const struct flt_trace *trace = flt_door_trace(flt_runner_door(runner));
    const size_t from = step ? trace->entry[step - 1].irps : 0, to = trace->entry[step].irps;
    uint64_t digest = to - from;
    for (size_t i = from; i < to; i++)
        digest = flt_mix_in(digest, (uint64_t)trace->irp[i].kind << 8 | trace->irp[i].process);
    return digest;
}

/* What is left behind: by which calls is the history, which differs. */
static uint64_t digest_leaks(const struct flt_runner *runner) {
    struct flt_leak leak;
    uint64_t sum = 0;
    for (size_t k = 0; flt_door_leak(flt_runner_door(runner), k, &leak); k++)
        sum += flt_mix((uint64_t)leak.rule << 8 | leak.slots) * leak.count;
    return sum;
}

static void run(struct flt_runner *runner, struct flt_sequence *sequence, struct shown *shown) {
    const struct flt_run_options options = {
        .fill = sequence->count, .keep = true, .after_step = keep_state, .context = shown};
    shown->count = 0;
    memset(shown->state, 0, sizeof shown->state);
    memset(shown->digest, 0, sizeof shown->digest);
    const bool fine = flt_run(runner, sequence, &options);
    const size_t run = flt_runner_steps_run(runner);
    for (size_t i = shown->prefix; i < run; i++) {
        uint64_t digest = digest_outcome(runner, i);
        digest = flt_mix_in(digest, digest_irps(runner, i));
        shown->digest[i - shown->prefix] = flt_mix_in(digest, shown->state[i - shown->prefix]);
    }
    shown->digest[FLT_MERGE_EXTENSION] = flt_mix_in(digest_leaks(runner), fine);
}

/* ---- pairs ----------------------------------------------------------------------------------- */

struct check {
    struct flt_explored *explored;
    struct flt_merges *merges;
    struct flt_sequence sequence;
    uint64_t random;
};

/* The first moves are the second with some left out. */
static bool is_part(const uint8_t *part, size_t count, const uint8_t *whole, size_t length) {
    size_t found = 0;
    for (size_t i = 0; i < length && found < count; i++)
        found += part[found] == whole[i];
    return found == count;
}

static void show(struct check *check, size_t which, const uint8_t *extension, struct shown *shown) {
    const struct flt_scope *scope = check->explored->scope;
    flt_scope_sequence(scope, check->merges->move[which], check->merges->count[which],
                       &check->sequence);
    for (size_t i = 0; i < FLT_MERGE_EXTENSION; i++)
        flt_scope_append(scope, extension[i], &check->sequence);
    shown->scope = scope;
    shown->prefix = check->merges->count[which];
    run(check->explored->runner, &check->sequence, shown);
}

static bool same_after(struct check *check, const uint8_t *extension) {
    struct flt_merges *merges = check->merges;
    struct shown one, other;
    show(check, 0, extension, &one);
    show(check, 1, extension, &other);
    merges->extensions++;
    for (size_t i = 0; i <= FLT_MERGE_EXTENSION; i++) {
        if (one.digest[i] == other.digest[i])
            continue;
        merges->differ = true;
        merges->extension = i < FLT_MERGE_EXTENSION ? i + 1 : i;
        for (size_t which = 0; which < 2; which++)
            memcpy(merges->move[which] + merges->count[which], extension, merges->extension);
        return false;
    }
    return true;
}

static bool same_after_all(struct check *check) {
    const size_t moves = check->explored->scope->moves;
    for (size_t first = 0; first < moves; first++) {
        uint8_t extension[FLT_MERGE_EXTENSION] = {(uint8_t)first};
        for (size_t i = 1; i < FLT_MERGE_EXTENSION; i++)
            extension[i] = (uint8_t)flt_below(&check->random, moves);
        if (!same_after(check, extension))
            return false;
    }
    return true;
}

/* A random sequence and the one that the exploration keeps for its state. False: they are the same,
 * or there is no state. */
static bool find_pair(struct check *check) {
    struct flt_merges *merges = check->merges;
    struct flt_explored *explored = check->explored;
    struct flt_state kept;
    uint64_t hash;
    merges->tried++;
    merges->count[0] = 1 + flt_below(&check->random, explored->progress.length);
    for (size_t i = 0; i < merges->count[0]; i++)
        merges->move[0][i] = (uint8_t)flt_below(&check->random, explored->scope->moves);
    if (!flt_expansion_state(explored->expansion, merges->move[0], merges->count[0], &hash))
        return false; /* a stop ended it */
    merges->unknown = !flt_explored_find(explored, hash, &kept, &merges->count[1]);
    if (merges->unknown)
        return true;
    memcpy(merges->move[1], kept.move, merges->count[1]);
    return merges->count[0] != merges->count[1] ||
           memcmp(merges->move[0], merges->move[1], merges->count[0]) != 0;
}

bool flt_merges_check(const struct flt_scope *scope, const char *folder, uint64_t memory,
                      struct flt_merges *merges) {
    struct check check = {.merges = merges, .random = merges->seed};
    check.explored = flt_explored_open(scope, folder, memory);
    if (!check.explored)
        return false;
    const bool ready = flt_sequence_init(&check.sequence);
    while (ready && merges->pairs < merges->wanted &&
           merges->tried < merges->wanted * TRIES_PER_PAIR) {
        if (!find_pair(&check))
            continue;
        if (merges->unknown || !same_after_all(&check))
            break;
        merges->pairs++;
        merges->apart +=
            !is_part(merges->move[1], merges->count[1], merges->move[0], merges->count[0]);
    }
    flt_sequence_free(&check.sequence);
    flt_explored_close(check.explored);
    return ready;
}

/* ---- what came of it ------------------------------------------------------------------------- */

static void print_sequence(const struct flt_scope *scope, const struct flt_merges *merges,
                           size_t which, FILE *out) {
    flt_text_print_header(&scope->text.sequence, out);
    for (size_t i = 0; i < merges->count[which] + merges->extension; i++) {
        char call[FLT_MAX_LINE];
        flt_text_step(&scope->text.sequence.step[merges->move[which][i]], call, sizeof call);
        fprintf(out, "%s%s\n", i == merges->count[which] ? "# from here on the same moves\n" : "",
                call);
    }
}

void flt_merges_print(const struct flt_scope *scope, const struct flt_merges *merges, FILE *out) {
    fprintf(out,
            "%" PRIu64 " pairs of sequences that lead to one state (in %" PRIu64
            " neither is the other with calls left out) were extended in %" PRIu64
            " ways, by %d moves each: ",
            merges->pairs, merges->apart, merges->extensions, FLT_MERGE_EXTENSION);
    if (merges->unknown) {
        fputs("a sequence leads to a state that the exploration has not:\n", out);
        print_sequence(scope, merges, 0, out);
    } else if (merges->differ) {
        fputs("two go apart, their state is not the same:\n", out);
        print_sequence(scope, merges, 0, out);
        fputs("# and\n", out);
        print_sequence(scope, merges, 1, out);
    } else {
        fputs("no pair went apart\n", out);
    }
}
