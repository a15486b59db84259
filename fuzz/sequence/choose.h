/* Inside the mutator: random calls that look like a driver's, chosen knowing which slots hold
 * something at that place. */
#ifndef FLT_CHOOSE_H
#define FLT_CHOOSE_H

#include "sequence.h"

uint64_t flt_random(uint64_t *random);                         /* splitmix64 */
size_t flt_below(uint64_t *random, size_t limit);              /* 0 to limit - 1; 0 for limit 0 */
static inline bool flt_odds(uint64_t *random, unsigned in16) { /* true in16 times of 16 */
    return (flt_random(random) & 15) < in16;
}

/* What the calls so far leave behind, as far as their rows tell: which slots hold something open,
 * which once did, who filled them, and the IRQL. A bit per slot; per enum flt_slots. */
struct flt_slots_seen {
    uint64_t live[FLT_SLOTS_OBJECT + 1];
    uint64_t stale[FLT_SLOTS_OBJECT + 1];
    uint8_t opener[FLT_SLOTS_OBJECT + 1][FLT_SLOT_COUNT]; /* opcodes; of used slots only */
    uint32_t irql;
};

void flt_seen_start(struct flt_slots_seen *seen);
void flt_seen_step(struct flt_slots_seen *seen, const struct flt_step *step);
/* After the first `count` calls. */
void flt_seen_upto(struct flt_slots_seen *seen, const struct flt_sequence *sequence, size_t count);

/* A whole call: opcode by weight, then results and arguments. `left` is how many calls will follow;
 * towards the end what is open is closed. */
void flt_choose_step(const struct flt_slots_seen *seen, size_t left, struct flt_step *step,
                     uint64_t *random);
/* Only one argument of a call, or only where its results go. */
void flt_choose_arg(const struct flt_slots_seen *seen, struct flt_step *step, int arg,
                    uint64_t *random);
void flt_choose_results(const struct flt_slots_seen *seen, struct flt_step *step, uint64_t *random);
/* A random argument of the call; 0 when it has none. */
int flt_choose_which_arg(const struct flt_step *step, uint64_t *random);

#endif
