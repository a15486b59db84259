#include "plain.h"

#include "call_classes.h"
#include "sequence/text.h"

/* Calls that may stand for each other. */
static const uint64_t kinds[] = {
    FLT_CALLS_OPENS_FILE | FLT_CALLS_OPENS_OTHER,
    FLT_CALLS_PLAIN_CLOSES,
    FLT_CALLS_REFERENCES,
    FLT_CALLS_ENTERS,
    FLT_CALLS_LEAVES,
};

static bool stand_for_each_other(uint8_t a, uint8_t b) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (flt_call_classes(a) & kinds[i] && flt_call_classes(b) & kinds[i])
            return true;
    return false;
}

/* The same handles in and out, and of the other arguments those that both calls have. */
static void as_another_call(const struct flt_step *from, uint8_t opcode, struct flt_step *to) {
    flt_step_init(to, opcode);
    to->thread = from->thread;
    for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
        if (from->present & 1u << arg || flt_arg_is_subject(arg))
            flt_step_set(to, arg, from->form[arg], from->arg[arg]);
    for (int result = 0; result < FLT_RESULT_LIMIT; result++)
        if (from->result[result] != FLT_NO_SLOT)
            flt_step_keep(to, result, from->result[result]);
}

static bool replace(struct flt_runner *runner, struct flt_sequence *sequence, struct flt_step *step,
                    const struct flt_kept *kept, size_t *runs) {
    const struct flt_step before = *step;
    for (uint8_t opcode = 0; opcode < before.opcode; opcode++) {
        if (!flt_calls[opcode].name || !stand_for_each_other(opcode, before.opcode))
            continue;
        as_another_call(&before, opcode, step);
        ++*runs;
        if (flt_minimise_still(runner, sequence, kept))
            return true;
    }
    *step = before;
    return false;
}

size_t flt_make_plain(struct flt_runner *runner, struct flt_sequence *sequence,
                      const struct flt_kept *kept) {
    size_t runs = flt_minimise(runner, sequence, kept);
    bool changed;
    do { /* opcodes only fall: this ends */
        changed = false;
        for (size_t i = 0; i < sequence->count; i++)
            changed |= replace(runner, sequence, &sequence->step[i], kept, &runs);
        runs += flt_minimise(runner, sequence, kept);
    } while (changed);
    return runs;
}

void flt_plain_shape(const struct flt_runner *runner, const struct flt_kept *kept, FILE *out) {
    const struct flt_sequence *sequence = flt_runner_sequence(runner);
    const struct flt_finding *finding = flt_door_finding(flt_runner_door(runner));
    fprintf(out, "%s", flt_rules[kept->rule].id);
    if (kept->as != FLT_KEEP_FINDING || finding->step == 0) {
        fputs(" end", out);
    } else {
        char came_back[64];
        flt_text_outcome(finding->outcome.kind, finding->outcome.status, came_back,
                         sizeof came_back);
        fprintf(out, " %s = %s", flt_calls[sequence->step[finding->step - 1].opcode].name,
                came_back);
    }
    if (sequence->profile_given)
        fprintf(out, ", profile %s", flt_profile_name(sequence->profile));
    for (int which = 0; which < FLT_SWITCH_COUNT; which++)
        if (sequence->overridden[which] != FLT_SWITCH_ANY)
            fprintf(out, ", %s=%s", flt_switch_name((enum flt_switch)which),
                    flt_choice_name((enum flt_switch)which, sequence->overridden[which]));
    fputc('\n', out);
}
