/* Sequences as values: made, copied, compared, edited. And what an argument may be, once for all.
 */
#include "sequence.h"

#include <stdlib.h>
#include <string.h>

#include "../../model/include/fltKernel.h"
#include "../../model/inline.h"

/* ---- sequences ------------------------------------------------------------------------------- */

bool flt_sequence_init(struct flt_sequence *sequence) {
    sequence->step = calloc(FLT_MAX_STEPS, sizeof *sequence->step);
    sequence->room = sequence->step ? FLT_MAX_STEPS : 0;
    flt_sequence_clear(sequence);
    return sequence->step != NULL;
}

void flt_sequence_free(struct flt_sequence *sequence) {
    free(sequence->step);
    sequence->step = NULL;
    sequence->room = sequence->count = 0;
}

void flt_sequence_clear(struct flt_sequence *sequence) {
    sequence->profile = FLT_PROFILE_documented;
    sequence->profile_given = false;
    memset(sequence->overridden, FLT_SWITCH_ANY, sizeof sequence->overridden);
    sequence->count = 0;
}

bool flt_sequence_copy(struct flt_sequence *to, const struct flt_sequence *from) {
    if (to == from)
        return true;
    if (to->room < from->count) {
        struct flt_step *step = realloc(to->step, from->count * sizeof *step);
        if (!step)
            return false;
        to->step = step;
        to->room = from->count;
    }
    to->profile = from->profile;
    to->profile_given = from->profile_given;
    memcpy(to->overridden, from->overridden, sizeof to->overridden);
    to->count = from->count;
    if (from->count > 0)
        memcpy(to->step, from->step, from->count * sizeof *to->step);
    return true;
}

static bool step_equal(const struct flt_step *a, const struct flt_step *b) {
    if (a->opcode != b->opcode || a->thread != b->thread ||
        memcmp(a->result, b->result, sizeof a->result) != 0)
        return false;
    for (uint32_t args = flt_calls[a->opcode].args; args != 0; args &= args - 1) {
        const int arg = __builtin_ctz(args);
        if (a->form[arg] != b->form[arg] || a->arg[arg] != b->arg[arg])
            return false;
    }
    return true;
}

bool flt_sequence_equal(const struct flt_sequence *a, const struct flt_sequence *b) {
    if (a->profile != b->profile || a->profile_given != b->profile_given || a->count != b->count ||
        memcmp(a->overridden, b->overridden, sizeof a->overridden) != 0)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!step_equal(&a->step[i], &b->step[i]))
            return false;
    return true;
}

void flt_sequence_insert(struct flt_sequence *sequence, size_t at, const struct flt_step *step) {
    if (sequence->count >= sequence->room || sequence->count >= FLT_MAX_STEPS)
        return;
    const struct flt_step copy = *step; /* which may lie in the part that moves */
    if (at > sequence->count)
        at = sequence->count;
    memmove(sequence->step + at + 1, sequence->step + at,
            (sequence->count - at) * sizeof *sequence->step);
    sequence->step[at] = copy;
    sequence->count++;
}

void flt_sequence_remove(struct flt_sequence *sequence, size_t at, size_t count) {
    if (at >= sequence->count)
        return;
    if (count > sequence->count - at)
        count = sequence->count - at;
    memmove(sequence->step + at, sequence->step + at + count,
            (sequence->count - at - count) * sizeof *sequence->step);
    sequence->count -= count;
}

bool flt_sequence_complete(struct flt_sequence *sequence, const struct flt_sequence *defaults) {
    if (sequence->profile_given)
        return false;
    sequence->profile = defaults->profile;
    sequence->profile_given = true;
    for (int which = 0; which < FLT_SWITCH_COUNT; which++)
        if (sequence->overridden[which] == FLT_SWITCH_ANY)
            sequence->overridden[which] = defaults->overridden[which];
    return true;
}

void flt_sequence_switches(const struct flt_sequence *sequence, struct flt_switches *switches) {
    flt_switches_from_profile(switches, sequence->profile);
    for (size_t i = 0; i < FLT_SWITCH_COUNT; i++)
        if (sequence->overridden[i] != FLT_SWITCH_ANY)
            switches->value[i] = sequence->overridden[i];
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Field by field, and of the arguments only the row's: a copy of a whole blank step would cost more
 * than the rest of decoding, as sanitizers check every byte of it. */
void flt_step_init(struct flt_step *step, uint8_t opcode) {
    step->opcode = opcode;
    step->thread = 0;
    step->present = 0;
    for (int result = 0; result < FLT_RESULT_LIMIT; result++)
        step->result[result] = FLT_NO_SLOT;
    for (uint32_t args = flt_calls[opcode].args; args != 0; args &= args - 1) {
        const int arg = __builtin_ctz(args);
        step->form[arg] = FLT_FORM_VALUE;
        step->arg[arg] = flt_args[arg].absent;
    }
}

enum flt_slots flt_arg_slots(int arg) {
    const uint8_t kind = flt_args[arg].kind;
    return kind == FLT_KIND_HANDLE   ? FLT_SLOTS_HANDLE
           : kind == FLT_KIND_OBJECT ? FLT_SLOTS_OBJECT
                                     : FLT_SLOTS_NO_SLOT;
}

uint32_t flt_group_limit(uint8_t group) {
    return group == FLT_GROUP_IRQL ? HIGH_LEVEL : group == FLT_GROUP_STEP ? FLT_FAIL_STEPS : 0;
}

/* What an argument takes, in a form that costs a lookup and no search: this is in the way of every
 * decoded cell. */
struct takes {
    uint64_t small;  /* bit per number below 64 */
    uint64_t most;   /* numbers from 64 to here, without a search */
    uint32_t forms;  /* bit per enum flt_form that names a slot */
    bool named_only; /* numbers from 64 on must be named: a search, but nothing has one yet */
};

static bool is_named(const struct flt_arg_info *info, uint64_t value) {
    return info->kind == FLT_KIND_NAME
               ? flt_name_by_id(value) != NULL
               : flt_constant_name((enum flt_group)info->group, value) != NULL;
}

static struct takes takes_of(const struct flt_arg_info *info) {
    const uint32_t limit = flt_group_limit(info->group);
    struct takes takes = {0, 0, 0, false};
    switch ((enum flt_kind)info->kind) {
    case FLT_KIND_HANDLE:
        return (struct takes){UINT64_MAX, UINT64_MAX, ((1u << FLT_FORM_COUNT) - 1) & ~1u, false};
    case FLT_KIND_OBJECT:
        return (struct takes){1, 0, 1u << FLT_FORM_SLOT, false};
    case FLT_KIND_FLAGS:
        return (struct takes){UINT64_MAX, UINT32_MAX, 0, false};
    case FLT_KIND_NAME:
    case FLT_KIND_ENUM:
        for (uint64_t value = 0; value < 64; value++)
            if (is_named(info, value) || (limit != 0 && value <= limit))
                takes.small |= UINT64_C(1) << value;
        takes.named_only = true;
    }
    return takes;
}
_Static_assert(FLT_FORM_VALUE == 0, "the bit that HANDLE's forms leave out");

static struct takes takes_table[FLT_ARG_LIMIT];
static bool takes_built;

FLT_APART void build_takes(void) {
    for (int i = 0; i < FLT_ARG_LIMIT; i++)
        takes_table[i] = takes_of(&flt_args[i]);
    takes_built = true;
}

/* Built at the first use, from the tables. */
static const struct takes *takes_at(int arg) {
    if (!takes_built)
        build_takes();
    return &takes_table[arg];
}

bool flt_arg_fits(int arg, uint8_t form, uint64_t value) {
    const struct takes *takes = takes_at(arg);
    if (form != FLT_FORM_VALUE)
        return form < FLT_FORM_COUNT && (takes->forms >> form & 1) && value < FLT_SLOT_COUNT;
    if (value < 64)
        return takes->small >> value & 1;
    return value <= takes->most || (takes->named_only && is_named(&flt_args[arg], value));
}

bool flt_step_set(struct flt_step *step, int arg, uint8_t form, uint64_t value) {
    if (arg <= 0 || arg >= FLT_ARG_LIMIT || !(flt_calls[step->opcode].args >> arg & 1) ||
        !flt_arg_fits(arg, form, value) ||
        (arg == FLT_ARG_fail && !flt_may_fail_with(step->opcode, value)))
        return false;
    step->present |= 1u << arg;
    step->form[arg] = form;
    step->arg[arg] = value;
    return true;
}

bool flt_step_keep(struct flt_step *step, int result, int slot) {
    if (result < 0 || result >= FLT_RESULT_LIMIT || slot < FLT_NO_SLOT || slot >= FLT_SLOT_COUNT ||
        !(flt_calls[step->opcode].results >> result & 1) ||
        flt_results[result].slots == FLT_SLOTS_NO_SLOT)
        return false;
    step->result[result] = (int8_t)slot;
    return true;
}
