#include "minimise.h"

#include <string.h>

/* ---- does it still show it? ------------------------------------------------------------------ */

static bool breached(const struct flt_runner *runner, enum flt_rule rule) {
    for (size_t i = 0; i < flt_runner_steps_run(runner); i++) {
        const struct flt_step_result *result = flt_runner_result(runner, i);
        for (size_t k = 0; result && k < result->breaches; k++)
            if (result->breach[k] == rule)
                return true;
    }
    return false;
}

static bool leaked(const struct flt_runner *runner, enum flt_rule rule) {
    struct flt_leak leak;
    for (size_t k = 0; flt_door_leak(flt_runner_door(runner), k, &leak); k++)
        if (leak.rule == rule)
            return true;
    return false;
}

bool flt_minimise_what(const struct flt_runner *runner, enum flt_rule rule, struct flt_kept *kept) {
    const enum flt_rule found = flt_door_finding(flt_runner_door(runner))->violation.rule;
    kept->rule = rule != FLT_RULE_NONE ? rule : found;
    kept->as = FLT_KEEP_FINDING;
    if (found == kept->rule)
        return found != FLT_RULE_NONE;
    kept->as = breached(runner, rule) ? FLT_KEEP_BREACH : FLT_KEEP_LEAK;
    return kept->as == FLT_KEEP_BREACH || leaked(runner, rule);
}

struct search {
    struct flt_runner *runner;
    struct flt_sequence *sequence;
    const struct flt_kept *kept;
    size_t runs;
};

bool flt_minimise_still(struct flt_runner *runner, const struct flt_sequence *sequence,
                        const struct flt_kept *kept) {
    const struct flt_run_options options = {.keep = kept->as != FLT_KEEP_FINDING};
    flt_run(runner, sequence, &options);
    switch (kept->as) {
    case FLT_KEEP_FINDING:
        return flt_door_finding(flt_runner_door(runner))->violation.rule == kept->rule;
    case FLT_KEEP_BREACH:
        return breached(runner, kept->rule);
    case FLT_KEEP_LEAK:
        return leaked(runner, kept->rule);
    }
    return false;
}

static bool still(struct search *search) {
    search->runs++;
    return flt_minimise_still(search->runner, search->sequence, search->kept);
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* Drops the calls [at, at + count) when the rule survives it. */
static bool drop(struct search *search, size_t at, size_t count) {
    struct flt_sequence *sequence = search->sequence;
    struct flt_step kept[64];
    if (count > sizeof kept / sizeof *kept)
        count = sizeof kept / sizeof *kept;
    memcpy(kept, &sequence->step[at], count * sizeof *kept);
    flt_sequence_remove(sequence, at, count);
    if (still(search))
        return true;
    for (size_t i = 0; i < count; i++)
        flt_sequence_insert(sequence, at + i, &kept[i]);
    return false;
}

/* From the end: later calls depend on earlier ones. */
static bool drop_calls(struct search *search) {
    bool changed = false;
    for (size_t size = 64; size > 0; size /= 2)
        for (size_t end = search->sequence->count; end >= size;) {
            changed |= drop(search, end - size, size);
            end -= size;
        }
    return changed;
}

/* ---- arguments, results, header -------------------------------------------------------------- */

static bool simplify_argument(struct search *search, struct flt_step *step, int arg) {
    const struct flt_step before = *step;
    if (!(step->present & 1u << arg) || flt_arg_is_subject(arg))
        return false;
    step->present &= ~(1u << arg);
    step->arg[arg] = flt_args[arg].absent;
    step->form[arg] = FLT_FORM_VALUE;
    if (still(search))
        return true;
    *step = before;
    return false;
}

static bool simplify_arguments(struct search *search) {
    bool changed = false;
    for (size_t i = 0; i < search->sequence->count; i++)
        for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
            changed |= simplify_argument(search, &search->sequence->step[i], arg);
    return changed;
}

/* An optional output that nobody needs. */
static bool drop_results(struct search *search) {
    bool changed = false;
    for (size_t i = 0; i < search->sequence->count; i++) {
        struct flt_step *step = &search->sequence->step[i];
        for (int result = 0; result < FLT_RESULT_LIMIT; result++) {
            const int8_t slot = step->result[result];
            if (slot == FLT_NO_SLOT || !(flt_calls[step->opcode].optional & 1u << result))
                continue;
            step->result[result] = FLT_NO_SLOT;
            if (still(search))
                changed = true;
            else
                step->result[result] = slot;
        }
    }
    return changed;
}

static bool simplify_header(struct search *search) {
    struct flt_sequence *sequence = search->sequence;
    bool changed = false;
    for (size_t i = 0; i < FLT_SWITCH_COUNT; i++) {
        const uint8_t value = sequence->overridden[i];
        if (value == FLT_SWITCH_ANY)
            continue;
        sequence->overridden[i] = FLT_SWITCH_ANY;
        if (still(search))
            changed = true;
        else
            sequence->overridden[i] = value;
    }
    const enum flt_profile profile = sequence->profile;
    sequence->profile = FLT_PROFILE_documented;
    if (profile != FLT_PROFILE_documented && still(search))
        changed = true;
    else
        sequence->profile = profile;
    sequence->profile_given = sequence->profile != FLT_PROFILE_documented;
    return changed;
}

/* ---- slots: numbered as they come ------------------------------------------------------------ */

struct renumbering {
    int8_t to[FLT_SLOT_COUNT];
    int8_t next;
};

static int8_t renumber(struct renumbering *renumbering, uint64_t slot) {
    int8_t *to = &renumbering->to[slot % FLT_SLOT_COUNT];
    if (*to == FLT_NO_SLOT)
        *to = renumbering->next++;
    return *to;
}

static void renumber_slots(struct flt_sequence *sequence) {
    struct renumbering of[FLT_SLOTS_OBJECT + 1];
    memset(of, FLT_NO_SLOT, sizeof of);
    of[FLT_SLOTS_HANDLE].next = of[FLT_SLOTS_OBJECT].next = 0;
    for (size_t i = 0; i < sequence->count; i++) {
        struct flt_step *step = &sequence->step[i];
        for (int arg = 1; arg < FLT_ARG_LIMIT; arg++) {
            const uint8_t kind = flt_args[arg].kind;
            if (!(flt_calls[step->opcode].args & 1u << arg) ||
                (kind != FLT_KIND_HANDLE && kind != FLT_KIND_OBJECT) ||
                step->form[arg] == FLT_FORM_VALUE)
                continue;
            step->arg[arg] = (uint64_t)renumber(
                &of[kind == FLT_KIND_HANDLE ? FLT_SLOTS_HANDLE : FLT_SLOTS_OBJECT], step->arg[arg]);
        }
        for (int result = 0; result < FLT_RESULT_LIMIT; result++)
            if (step->result[result] != FLT_NO_SLOT)
                step->result[result] =
                    renumber(&of[flt_results[result].slots], (uint64_t)step->result[result]);
    }
}

size_t flt_minimise(struct flt_runner *runner, struct flt_sequence *sequence,
                    const struct flt_kept *kept) {
    struct search search = {runner, sequence, kept, 0};
    bool changed;
    do { /* a simpler argument may make a call needless, and the other way round */
        changed = drop_calls(&search);
        changed |= simplify_arguments(&search);
        changed |= drop_results(&search);
        changed |= simplify_header(&search);
    } while (changed);
    renumber_slots(sequence);
    still(&search); /* leaves the runner with the run of the result */
    return search.runs;
}
