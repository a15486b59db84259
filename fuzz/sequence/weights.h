/* How often the mutator picks each call: the table's weights, raised for a target, and within one
 * mutation a random part of them (a swarm). */
#ifndef FLT_WEIGHTS_H
#define FLT_WEIGHTS_H

#include "../../model/call.h"

/* A target's wish: this call so many times as often. A list ends with FLT_OP_NONE. */
struct flt_raise {
    uint8_t opcode;
    uint8_t factor;
};

enum { FLT_WEIGHT_ROOM = 4096 };
struct flt_weights {
    size_t total;
    uint8_t call[FLT_WEIGHT_ROOM]; /* an opcode for each unit of weight: a pick is one lookup */
};

/* The table's weights with the raises (NULL: none); false when they are more than there is room
 * for.
 */
bool flt_weights_init(struct flt_weights *weights, const struct flt_raise *raises);
/* The table's weights as they are. */
const struct flt_weights *flt_weights_plain(void);

/* What one mutation picks from. Mixes with few kinds of calls reach states that an even mix of all
 * hardly ever does: no close, say, and the table fills up. */
struct flt_swarm {
    const struct flt_weights *weights;
    uint32_t number; /* 0: all calls; any other leaves some out and makes some rarer */
};

/* A quarter of the swarms leave nothing out. NULL for the table's weights. */
struct flt_swarm flt_swarm_draw(const struct flt_weights *weights, uint64_t *random);
/* One in five: calls are told to fail often. In the others they seldom are. */
bool flt_swarm_fails(const struct flt_swarm *swarm);
/* One in four: arguments are written out more often, so that calls differ in what they ask for. */
/* Half of the swarms have a focus: of the names, and of the constants of each group, they use a
 * quarter, so that calls have to do with each other. */
bool flt_swarm_has(const struct flt_swarm *swarm, uint32_t group, uint64_t value);
bool flt_swarm_writes(const struct flt_swarm *swarm);
uint8_t flt_swarm_pick(const struct flt_swarm *swarm, uint64_t *random);

#endif
