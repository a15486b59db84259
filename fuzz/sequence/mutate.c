/* Mutation, crossover and generation. What calls look like is choose.h's business; this file
 * decides what happens to the list of them. */
#include "mutate.h"

#include <string.h>

#include "binary.h"
#include "choose.h"

/* ---- growing --------------------------------------------------------------------------------- */

static void grow(struct flt_sequence *sequence, const struct flt_swarm *swarm, size_t steps,
                 uint64_t *random) {
    struct flt_slots_seen seen;
    if (steps > sequence->room || steps > FLT_MAX_STEPS)
        steps = sequence->room < FLT_MAX_STEPS ? sequence->room : FLT_MAX_STEPS;
    flt_seen_upto(&seen, sequence, sequence->count);
    while (sequence->count < steps) {
        struct flt_step *step = &sequence->step[sequence->count++];
        flt_choose_step(&seen, swarm, steps - sequence->count, step, random);
        flt_seen_step(&seen, step);
    }
}

void flt_extend(struct flt_sequence *sequence, size_t steps, uint64_t *random) {
    const struct flt_swarm all = {flt_weights_plain(), 0};
    grow(sequence, &all, steps, random);
}

static void change_header(struct flt_sequence *sequence, uint64_t *random) {
    const size_t which = flt_below(random, FLT_SWITCH_COUNT + 2);
    if (which == FLT_SWITCH_COUNT) {
        sequence->profile = (enum flt_profile)flt_below(random, FLT_PROFILE_COUNT);
        sequence->profile_given = true;
    } else if (which > FLT_SWITCH_COUNT) {
        sequence->profile = FLT_PROFILE_documented;
        sequence->profile_given = false;
    } else if (sequence->overridden[which] != FLT_SWITCH_ANY && flt_odds(random, 8)) {
        sequence->overridden[which] = FLT_SWITCH_ANY;
    } else {
        uint8_t choices = 0;
        while (flt_choice_name((enum flt_switch)which, choices))
            choices++;
        sequence->overridden[which] = (uint8_t)flt_below(random, choices);
    }
}

void flt_generate(struct flt_sequence *sequence, size_t steps, uint64_t *random) {
    flt_sequence_clear(sequence);
    if (flt_odds(random, 1))
        change_header(sequence, random);
    flt_extend(sequence, steps, random);
}

/* ---- edits ----------------------------------------------------------------------------------- */

/* A place to insert at, the end more often than any other. */
static size_t insertion_point(const struct flt_sequence *sequence, uint64_t *random) {
    if (flt_odds(random, 4))
        return sequence->count;
    return flt_below(random, sequence->count + 1);
}

static void insert_call(struct flt_sequence *sequence, const struct flt_swarm *swarm,
                        uint64_t *random) {
    struct flt_slots_seen seen;
    struct flt_step step;
    const size_t at = insertion_point(sequence, random);
    flt_seen_upto(&seen, sequence, at);
    /* With at least one call to come, nothing urges it to close what later calls may use. */
    flt_choose_step(&seen, swarm, at == sequence->count ? 2 : FLT_MAX_STEPS, &step, random);
    flt_sequence_insert(sequence, at, &step);
}

/* A few in a row, that have to do with each other. */
static void insert_calls(struct flt_sequence *sequence, const struct flt_swarm *swarm, size_t most,
                         uint64_t *random) {
    struct flt_slots_seen seen;
    struct flt_step step;
    size_t at = insertion_point(sequence, random);
    flt_seen_upto(&seen, sequence, at);
    for (size_t left = 2 + flt_below(random, 5); left > 0 && sequence->count < most; left--) {
        flt_choose_step(&seen, swarm, FLT_MAX_STEPS, &step, random);
        flt_seen_step(&seen, &step);
        flt_sequence_insert(sequence, at++, &step);
    }
}

static void replace_call(struct flt_sequence *sequence, const struct flt_swarm *swarm,
                         uint64_t *random) {
    struct flt_slots_seen seen;
    const size_t at = flt_below(random, sequence->count);
    flt_seen_upto(&seen, sequence, at);
    flt_choose_step(&seen, swarm, FLT_MAX_STEPS, &sequence->step[at], random);
}

/* The length of a run from `at`: mostly short. */
static size_t run_length(const struct flt_sequence *sequence, size_t at, uint64_t *random) {
    const size_t most = sequence->count - at;
    return 1 + flt_below(random, flt_odds(random, 14) && most > 4 ? 4 : most);
}

static void remove_calls(struct flt_sequence *sequence, uint64_t *random) {
    const size_t at = flt_below(random, sequence->count);
    flt_sequence_remove(sequence, at, flt_odds(random, 12) ? 1 : run_length(sequence, at, random));
}

/* Opens a gap at `to` and fills it with a copy of the calls at `from`, as many as fit. */
static void duplicate_calls(struct flt_sequence *sequence, size_t most, uint64_t *random) {
    const size_t from = flt_below(random, sequence->count);
    size_t length = flt_odds(random, 8) ? 1 : run_length(sequence, from, random);
    const size_t to = insertion_point(sequence, random);
    if (length > most - sequence->count)
        length = most - sequence->count;
    memmove(sequence->step + to + length, sequence->step + to,
            (sequence->count - to) * sizeof *sequence->step);
    sequence->count += length;
    for (size_t i = 0; i < length; i++) {
        const size_t source = from + i < to ? from + i : from + i + length;
        sequence->step[to + i] = sequence->step[source];
    }
}

static void move_call(struct flt_sequence *sequence, uint64_t *random) {
    const size_t from = flt_below(random, sequence->count);
    const struct flt_step step = sequence->step[from];
    flt_sequence_remove(sequence, from, 1);
    flt_sequence_insert(sequence, flt_below(random, sequence->count + 1), &step);
}

static void change_argument(struct flt_sequence *sequence, uint64_t *random) {
    struct flt_slots_seen seen;
    const size_t at = flt_below(random, sequence->count);
    struct flt_step *step = &sequence->step[at];
    const int arg = flt_choose_which_arg(step, random);
    if (arg == 0)
        return;
    if (!flt_arg_is_subject(arg) && flt_odds(random, 3)) { /* back to the default */
        step->present &= ~(1u << arg);
        step->form[arg] = FLT_FORM_VALUE;
        step->arg[arg] = flt_args[arg].absent;
        return;
    }
    flt_seen_upto(&seen, sequence, at);
    flt_choose_arg(&seen, step, arg, random);
}

/* The first argument that takes a slot, and is about it or written out; 0 when the call has none.
 */
static int slot_arg(const struct flt_step *step) {
    const uint32_t args = flt_calls[step->opcode].args & (uint32_t)FLT_SLOT_ARGS &
                          (step->present | (uint32_t)FLT_SUBJECT_ARGS);
    return args == 0 ? 0 : __builtin_ctz(args);
}

/* Aims a use at another handle or object: of the calls from a random one on, the first that has
 * one. */
static void retarget(struct flt_sequence *sequence, uint64_t *random) {
    struct flt_slots_seen seen;
    size_t at = flt_below(random, sequence->count);
    while (at < sequence->count && slot_arg(&sequence->step[at]) == 0)
        at++;
    if (at == sequence->count)
        return;
    flt_seen_upto(&seen, sequence, at);
    flt_choose_arg(&seen, &sequence->step[at], slot_arg(&sequence->step[at]), random);
}

static void change_results(struct flt_sequence *sequence, uint64_t *random) {
    struct flt_slots_seen seen;
    const size_t at = flt_below(random, sequence->count);
    flt_seen_upto(&seen, sequence, at);
    flt_choose_results(&seen, &sequence->step[at], random);
}

static void edit(struct flt_sequence *sequence, const struct flt_swarm *swarm, size_t most,
                 uint64_t *random) {
    const size_t luck = flt_below(random, 64);
    const bool full = sequence->count >= most;
    if (luck < 4) {
        change_header(sequence, random);
    } else if (sequence->count == 0 || (luck < 22 && !full)) {
        if (!full && luck < 17)
            insert_call(sequence, swarm, random);
        else if (!full)
            insert_calls(sequence, swarm, most, random);
    } else if (luck < 28 && !full) {
        duplicate_calls(sequence, most, random);
    } else if (luck < 34) {
        remove_calls(sequence, random);
    } else if (luck < 39) {
        move_call(sequence, random);
    } else if (luck < 44) {
        replace_call(sequence, swarm, random);
    } else if (luck < 52) {
        change_argument(sequence, random);
    } else if (luck < 61) {
        retarget(sequence, random);
    } else {
        change_results(sequence, random);
    }
}

/* ---- fitting --------------------------------------------------------------------------------- */

/* Calls to be dropped, a bit each: removed in one pass, or dropping thousands would cost seconds.
 */
struct dropped {
    uint64_t bits[FLT_MAX_STEPS / 64];
};

static bool is_dropped(const struct dropped *dropped, size_t i) {
    return dropped->bits[i / 64] >> (i % 64) & 1;
}

/* Marks a random call that is not yet marked; there is one. */
static size_t drop_one(struct dropped *dropped, size_t count, uint64_t *random) {
    size_t i = flt_below(random, count);
    while (is_dropped(dropped, i))
        i = i + 1 < count ? i + 1 : 0;
    dropped->bits[i / 64] |= UINT64_C(1) << (i % 64);
    return i;
}

/* Drops random calls until what is left keeps both bounds; where even the header is too long, that.
 */
static void fit(struct flt_sequence *sequence, size_t most, size_t max_bytes, uint64_t *random) {
    struct dropped dropped;
    size_t size = flt_binary_encode(sequence, NULL, 0);
    size_t left = sequence->count;
    if (left <= most && size <= max_bytes)
        return;
    memset(&dropped, 0, sizeof dropped);
    while (left > 0 && (left > most || size > max_bytes)) {
        const size_t i = drop_one(&dropped, sequence->count, random);
        size -= flt_binary_step_size(&sequence->step[i]);
        left--;
    }
    size_t kept = 0;
    for (size_t i = 0; i < sequence->count; i++)
        if (!is_dropped(&dropped, i))
            sequence->step[kept++] = sequence->step[i];
    sequence->count = kept;
    if (size > max_bytes)
        flt_sequence_clear(sequence);
}

enum { FRESH_STEPS = 16 /* at most, where there was none */ };

void flt_mutate(struct flt_sequence *sequence, const struct flt_weights *weights, size_t max_steps,
                size_t max_bytes, uint64_t *random) {
    const size_t room = sequence->room < FLT_MAX_STEPS ? sequence->room : FLT_MAX_STEPS;
    const size_t most = max_steps < room ? max_steps : room;
    const struct flt_swarm swarm = flt_swarm_draw(weights, random);
    size_t edits = 1;
    if (flt_odds(random, 3)) /* what was learnt is in the way of some mixes */
        flt_sequence_clear(sequence);
    if (sequence->count == 0 && most > 0)
        grow(sequence, &swarm, 1 + flt_below(random, FRESH_STEPS), random);
    while (edits < 8 && flt_odds(random, 6))
        edits++;
    for (; edits > 0; edits--)
        edit(sequence, &swarm, most, random);
    fit(sequence, most, max_bytes, random);
}

/* ---- crossover ------------------------------------------------------------------------------- */

static void append(struct flt_sequence *out, const struct flt_sequence *from, size_t at,
                   size_t count) {
    const size_t room = (out->room < FLT_MAX_STEPS ? out->room : FLT_MAX_STEPS) - out->count;
    if (count > room)
        count = room;
    if (count > 0)
        memcpy(out->step + out->count, from->step + at, count * sizeof *out->step);
    out->count += count;
}

/* Moves the slots of a call to the other half, so that two mixed sequences keep their data-flow. */
static void use_other_slots(struct flt_step *step) {
    for (int result = 0; result < FLT_RESULT_LIMIT; result++)
        if (step->result[result] != FLT_NO_SLOT)
            step->result[result] ^= FLT_SLOT_COUNT / 2;
    for (uint32_t args = flt_calls[step->opcode].args; args != 0; args &= args - 1) {
        const int arg = __builtin_ctz(args);
        if (step->form[arg] != FLT_FORM_VALUE)
            step->arg[arg] ^= FLT_SLOT_COUNT / 2;
    }
}

static void interleave(const struct flt_sequence *a, const struct flt_sequence *b,
                       struct flt_sequence *out, uint64_t *random) {
    const bool apart = flt_odds(random, 8);
    size_t in_a = 0, in_b = 0;
    while ((in_a < a->count || in_b < b->count) && out->count < out->room &&
           out->count < FLT_MAX_STEPS) {
        const bool from_a = in_b == b->count || (in_a < a->count && flt_odds(random, 8));
        append(out, from_a ? a : b, from_a ? in_a++ : in_b++, 1);
        if (apart && !from_a)
            use_other_slots(&out->step[out->count - 1]);
    }
}

void flt_crossover(const struct flt_sequence *a, const struct flt_sequence *b,
                   struct flt_sequence *out, size_t max_bytes, uint64_t *random) {
    const struct flt_sequence *header = flt_odds(random, 8) ? a : b;
    flt_sequence_clear(out);
    out->profile = header->profile;
    out->profile_given = header->profile_given;
    memcpy(out->overridden, header->overridden, sizeof out->overridden);
    if (flt_odds(random, 8)) {
        interleave(a, b, out, random);
    } else {
        const size_t suffix = flt_below(random, b->count + 1);
        append(out, a, 0, flt_below(random, a->count + 1));
        append(out, b, suffix, b->count - suffix);
    }
    fit(out, FLT_MAX_STEPS, max_bytes, random);
}
