/* Inside the mutator: random calls that look like a driver's, chosen knowing which slots hold
 * something at that place. */
#ifndef FLT_CHOOSE_H
#define FLT_CHOOSE_H

#include "random.h"
#include "sequence.h"
#include "weights.h"

/* What the calls so far leave behind, as far as their rows tell. A bit per slot; per enum
 * flt_slots. */
struct flt_slots_seen {
    uint64_t live[FLT_SLOTS_OBJECT + 1];  /* holds something open */
    uint64_t stale[FLT_SLOTS_OBJECT + 1]; /* once did */
    uint64_t protected_handles;           /* of the live handles: those that do not close */
    uint64_t directories;                 /* of the handles: those to one */
    uint64_t in_table[FLT_TABLE_COUNT];   /* of the handles: whose table has them */
    uint8_t opener[FLT_SLOTS_OBJECT + 1][FLT_SLOT_COUNT]; /* opcodes; of used slots only */
    uint8_t maker[FLT_SLOTS_OBJECT + 1][FLT_SLOT_COUNT];  /* of what is behind it, as opener is */
    uint8_t path; /* of the last open of a whole name: a row of names.def; 0: there was none */
    bool stopped; /* an open did on a link, and the buffer of it was not taken */
    uint8_t filters, instances; /* a bit for each that is there */
    uint32_t irql;
    uint8_t process, home; /* whose context calls are in now, and after a detach */
};

void flt_seen_start(struct flt_slots_seen *seen);
void flt_seen_step(struct flt_slots_seen *seen, const struct flt_step *step);
/* After the first `count` calls. */
void flt_seen_upto(struct flt_slots_seen *seen, const struct flt_sequence *sequence, size_t count);

/* A whole call: opcode as the swarm picks, then results and arguments. `left` is how many calls
 * will follow; towards the end what is open is closed. */
void flt_choose_step(const struct flt_slots_seen *seen, const struct flt_swarm *swarm, size_t left,
                     struct flt_step *step, uint64_t *random);
/* Only one argument of a call, or only where its results go. */
void flt_choose_arg(const struct flt_slots_seen *seen, struct flt_step *step, int arg,
                    uint64_t *random);
void flt_choose_results(const struct flt_slots_seen *seen, struct flt_step *step, uint64_t *random);
/* A random argument of the call; 0 when it has none. */
int flt_choose_which_arg(const struct flt_step *step, uint64_t *random);

#endif
