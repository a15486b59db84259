/* A sequence: a bounded list of calls with handle data-flow, as a value. No files, no text, no
 * engine: those are binary.h, text.h, mutate.h. */
#ifndef FLT_SEQUENCE_H
#define FLT_SEQUENCE_H

#include "../../model/call.h"

enum { FLT_MAX_STEPS = 4096 };

/* How a HANDLE or OBJECT argument says its value. */
enum flt_form {
    FLT_FORM_VALUE,      /* arg[] is the value: a raw handle, or 0 (NULL) for an object */
    FLT_FORM_SLOT,       /* arg[] is the slot, 0 to 63 */
    FLT_FORM_SLOT_TAG_1, /* the slot's value | 1; handles only, as the next three */
    FLT_FORM_SLOT_TAG_2,
    FLT_FORM_SLOT_TAG_3,
    FLT_FORM_SLOT_LOW32, /* the low 32 bits of the slot's value, zero-extended */
    FLT_FORM_COUNT
};

struct flt_step {
    uint8_t opcode;                  /* a row of calls.def, always */
    uint8_t thread;                  /* 0 for now */
    int8_t result[FLT_RESULT_LIMIT]; /* a slot, or FLT_NO_SLOT: NULL for that output */
    uint32_t present;            /* bit per argument id: written out; the others have defaults */
    uint8_t form[FLT_ARG_LIMIT]; /* of HANDLE and OBJECT arguments: enum flt_form */
    uint64_t arg[FLT_ARG_LIMIT]; /* every argument of the row, defaults filled in */
};

struct flt_sequence {
    enum flt_profile profile;
    bool profile_given;                   /* written in the header */
    uint8_t overridden[FLT_SWITCH_COUNT]; /* the switch's value, or FLT_SWITCH_ANY: as the profile
                                             has it */
    size_t count;                         /* steps, FLT_MAX_STEPS at most */
    size_t room;                          /* steps allocated */
    struct flt_step *step;
};

/* An empty sequence with room for FLT_MAX_STEPS; false when memory is short. */
bool flt_sequence_init(struct flt_sequence *sequence);
void flt_sequence_free(struct flt_sequence *sequence);
void flt_sequence_clear(struct flt_sequence *sequence);
bool flt_sequence_copy(struct flt_sequence *to, const struct flt_sequence *from);
/* Same header and same calls (arguments compared by value, not by whether they were written). */
bool flt_sequence_equal(const struct flt_sequence *a, const struct flt_sequence *b);

/* A call with defaults for every argument of its row and no results; no subject means handle 0 or
 * object 0. What the row lacks is left as it was. */
void flt_step_init(struct flt_step *step, uint8_t opcode);
/* What any form may carry in an argument: slots below FLT_SLOT_COUNT, ids that names.def has, flags
 * of 32 bits, numbers that the group names or counts; so that no system sees an index out of its
 * world. */
bool flt_arg_fits(int arg, uint8_t form, uint64_t value);
/* Which slots an argument's value may come from: HANDLE, OBJECT, or NO_SLOT for other kinds. */
enum flt_slots flt_arg_slots(int arg);
/* A group that counts (IRQL, STEP) takes every number up to this; 0: it takes only those it names.
 */
uint32_t flt_group_limit(uint8_t group);
/* Writes an argument out; false, and nothing happens, when the row lacks it, it does not fit, or
 * the call does not fail that way. */
bool flt_step_set(struct flt_step *step, int arg, uint8_t form, uint64_t value);
/* Sends a result to a slot (FLT_NO_SLOT: NULL for that output); false, and nothing happens, when
 * the row has no such result, or none that goes to slots, or there is no such slot. */
bool flt_step_keep(struct flt_step *step, int result, int slot);
/* Inserts a copy at `at` (count appends), or does nothing when the sequence is full. */
void flt_sequence_insert(struct flt_sequence *sequence, size_t at, const struct flt_step *step);
void flt_sequence_remove(struct flt_sequence *sequence, size_t at, size_t count);

/* What the header leaves open becomes what the header `defaults` says: its profile, and each of its
 * switches that the sequence does not set itself. A header that names a profile leaves nothing
 * open. True: it did, and now it names all that holds. */
bool flt_sequence_complete(struct flt_sequence *sequence, const struct flt_sequence *defaults);
/* The switches that the header asks for. */
void flt_sequence_switches(const struct flt_sequence *sequence, struct flt_switches *switches);

#endif
