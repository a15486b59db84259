/* Weights are laid out unit by unit, swarms are a hash: a pick costs a lookup and a multiplication,
 * and a swarm has no table of its own to fill for each mutation. */
#include "weights.h"

#include <string.h>

#include "random.h"

static size_t raised(uint8_t opcode, const struct flt_raise *raises) {
    size_t weight = flt_calls[opcode].weight;
    for (; raises && raises->opcode != FLT_OP_NONE; raises++)
        if (raises->opcode == opcode)
            weight *= raises->factor;
    return weight;
}

bool flt_weights_init(struct flt_weights *weights, const struct flt_raise *raises) {
    weights->total = 0;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        const size_t weight = raised(*op, raises);
        if (weight > FLT_WEIGHT_ROOM - weights->total)
            return false;
        memset(weights->call + weights->total, *op, weight);
        weights->total += weight;
    }
    return weights->total > 0;
}

const struct flt_weights *flt_weights_plain(void) {
    static struct flt_weights plain;
    if (plain.total == 0)
        flt_weights_init(&plain, NULL); /* fits: the room is many times what the table adds up to */
    return &plain;
}

struct flt_swarm flt_swarm_draw(const struct flt_weights *weights, uint64_t *random) {
    const uint64_t luck = flt_random(random);
    const struct flt_swarm swarm = {weights ? weights : flt_weights_plain(),
                                    (luck & 3) == 0 ? 0 : (uint32_t)(luck >> 32)};
    return swarm;
}

bool flt_swarm_fails(const struct flt_swarm *swarm) {
    return swarm->number != 0 && swarm->number % 4 == 0;
}

bool flt_swarm_writes(const struct flt_swarm *swarm) {
    return swarm->number != 0 && swarm->number / 4 % 3 == 0;
}

static uint32_t hash_of(uint32_t number, uint32_t what) {
    const uint32_t hash = (number ^ what * UINT32_C(0x9E3779B1)) * UINT32_C(0x85EBCA6B);
    return (hash ^ hash >> 15) * UINT32_C(0xC2B2AE35);
}

bool flt_swarm_has(const struct flt_swarm *swarm, uint32_t group, uint64_t value) {
    if (swarm->number == 0 || (swarm->number >> 16 & 1))
        return true;
    return hash_of(swarm->number, (group << 8) + (uint32_t)(value ^ value >> 32)) >> 30 == 0;
}

/* Of eight calls a swarm leaves three out and takes two only every fourth time. */
static bool takes(uint32_t number, uint8_t opcode, uint64_t luck) {
    const uint32_t eighth = hash_of(number, opcode) >> 29;
    return eighth > 4 || (eighth > 2 && (luck & 3) == 0);
}

/* The first call from there on that the swarm takes; where it takes none, the one that is there. */
static uint8_t taken_from(const struct flt_swarm *swarm, size_t at) {
    const struct flt_weights *weights = swarm->weights;
    for (size_t i = 0; i < weights->total; i++) {
        const uint8_t opcode = weights->call[(at + i) % weights->total];
        if (takes(swarm->number, opcode, 0))
            return opcode;
    }
    return weights->call[at];
}

/* A draw or a few: where a swarm leaves out what weighs most, a search is quicker. */
uint8_t flt_swarm_pick(const struct flt_swarm *swarm, uint64_t *random) {
    const struct flt_weights *weights = swarm->weights;
    for (int tries = 0; tries < 16; tries++) {
        const uint64_t luck = flt_random(random);
        const uint8_t opcode = weights->call[flt_scaled(luck, weights->total)];
        if (swarm->number == 0 || takes(swarm->number, opcode, luck))
            return opcode;
    }
    return taken_from(swarm, flt_below(random, weights->total));
}
