/* The binary form: cells of 8 bytes. */
#include "binary.h"

#include <string.h>

#include "../../model/inline.h"

enum {
    CELL = 8,
    CELL_CALL = 0x80,
    CELL_PROFILE = 0x82,
    CELL_SWITCH = 0x83,
    CELL_HIGH = 0x40, /* added to an argument's id: its high half */
};
/* 0x81, the version, says nothing yet that a decoder of version 1 needs: it is skipped. */

/* A copy, not a pointer into the input: the compiler turns it into one load, and so do sanitizers.
 */
struct cell {
    uint8_t byte[CELL];
};

FLT_INLINE struct cell load(const uint8_t *at) {
    struct cell cell;
    memcpy(cell.byte, at, CELL);
    return cell;
}

FLT_INLINE uint32_t value_of(struct cell cell) {
    return (uint32_t)cell.byte[4] | (uint32_t)cell.byte[5] << 8 | (uint32_t)cell.byte[6] << 16 |
           (uint32_t)cell.byte[7] << 24;
}

FLT_INLINE void store32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* ---- decode ---------------------------------------------------------------------------------- */

static void decode_profile(struct cell cell, struct flt_sequence *sequence) {
    if (cell.byte[4] >= FLT_PROFILE_COUNT)
        return;
    sequence->profile = (enum flt_profile)cell.byte[4];
    sequence->profile_given = true;
}

static void decode_switch(struct cell cell, struct flt_sequence *sequence) {
    const unsigned which = cell.byte[1] - 1u;
    if (which < FLT_SWITCH_COUNT && flt_choice_name((enum flt_switch)which, cell.byte[4]))
        sequence->overridden[which] = cell.byte[4];
}

static void decode_call(struct cell cell, struct flt_step *step) {
    flt_step_init(step, cell.byte[1]);
    step->thread = cell.byte[2] < FLT_THREAD_COUNT ? cell.byte[2] : 0;
    for (uint32_t slots = value_of(cell), result = 0; slots != 0; slots >>= 8, result++)
        if ((slots & 0xFF) != 0)
            flt_step_keep(step, (int)result, (int)(slots & 0xFF) - 1);
}

/* The high half of a number, where the low half came before it. */
static void decode_high(struct cell cell, struct flt_step *step) {
    const int arg = cell.byte[0] - CELL_HIGH;
    if (arg >= FLT_ARG_LIMIT || !(step->present >> arg & 1))
        return;
    const uint64_t low = step->arg[arg] & UINT32_MAX;
    flt_step_set(step, arg, step->form[arg], (uint64_t)value_of(cell) << 32 | low);
}

static void decode_argument(struct cell cell, struct flt_step *step) {
    const int arg = cell.byte[0];
    if (arg >= FLT_ARG_LIMIT)
        return;
    const bool has_form = flt_arg_slots(arg) != FLT_SLOTS_NO_SLOT;
    flt_step_set(step, arg, has_form ? cell.byte[1] : FLT_FORM_VALUE, value_of(cell));
}

void flt_binary_decode(const uint8_t *data, size_t size, struct flt_sequence *sequence) {
    flt_sequence_clear(sequence);
    const size_t room = sequence->room < FLT_MAX_STEPS ? sequence->room : FLT_MAX_STEPS;
    struct flt_step *step =
        NULL; /* the call that arguments belong to; NULL: to none that we have */
    for (bool header = true; size >= CELL; data += CELL, size -= CELL) {
        const struct cell cell = load(data);
        const uint8_t head = cell.byte[0];
        if (head == CELL_CALL) {
            header = false;
            step = NULL;
            if (!flt_calls[cell.byte[1]].name)
                continue;
            if (sequence->count == room)
                return;
            step = &sequence->step[sequence->count++];
            decode_call(cell, step);
        } else if (step && head < CELL_HIGH) {
            decode_argument(cell, step);
        } else if (step && head < CELL_CALL) {
            decode_high(cell, step);
        } else if (header && head == CELL_PROFILE) {
            decode_profile(cell, sequence);
        } else if (header && head == CELL_SWITCH) {
            decode_switch(cell, sequence);
        }
    }
}

/* ---- encode ---------------------------------------------------------------------------------- */

/* Writes cells while there is room, and counts them all. */
struct cells {
    uint8_t *at;
    size_t size;
};

static void put(struct cells *out, unsigned head, unsigned byte1, unsigned byte2, uint32_t value) {
    if (out->at) {
        struct cell cell = {{(uint8_t)head, (uint8_t)byte1, (uint8_t)byte2, 0}};
        store32(cell.byte + 4, value);
        memcpy(out->at + out->size, cell.byte, CELL);
    }
    out->size += CELL;
}

static void put_step(struct cells *out, const struct flt_step *step) {
    uint32_t slots = 0;
    for (int result = 0; result < FLT_RESULT_SLOTS; result++)
        slots |= (uint32_t)(step->result[result] + 1) << (8 * result);
    put(out, CELL_CALL, step->opcode, step->thread, slots);
    for (uint32_t present = step->present; present != 0; present &= present - 1) {
        const unsigned arg = (unsigned)__builtin_ctz(present);
        const uint64_t value = step->arg[arg];
        put(out, arg, step->form[arg], 0, (uint32_t)value);
        if (value >> 32 != 0)
            put(out, arg + CELL_HIGH, 0, 0, (uint32_t)(value >> 32));
    }
}

static size_t put_sequence(uint8_t *data, const struct flt_sequence *sequence) {
    struct cells out = {data, 0};
    if (sequence->profile_given)
        put(&out, CELL_PROFILE, 0, 0, (uint32_t)sequence->profile);
    for (unsigned which = 0; which < FLT_SWITCH_COUNT; which++)
        if (sequence->overridden[which] != FLT_SWITCH_ANY)
            put(&out, CELL_SWITCH, which + 1, 0, sequence->overridden[which]);
    for (size_t i = 0; i < sequence->count; i++)
        put_step(&out, &sequence->step[i]);
    return out.size;
}

size_t flt_binary_encode(const struct flt_sequence *sequence, uint8_t *data, size_t room) {
    const size_t size = put_sequence(NULL, sequence);
    if (data && size <= room)
        put_sequence(data, sequence);
    return size;
}

size_t flt_binary_step_size(const struct flt_step *step) {
    struct cells out = {NULL, 0};
    put_step(&out, step);
    return out.size;
}
