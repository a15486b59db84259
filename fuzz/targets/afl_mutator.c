/* AFL++'s custom mutator: a shared library that afl-fuzz loads, one for each target. Needs none of
 * AFL++'s headers. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../sequence/random.h"
#include "inputs.h"

/* afl-fuzz finds these by name. */
void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *mutator, uint8_t *data, size_t size, uint8_t **out, uint8_t *add,
                       size_t add_size, size_t max_size);
void afl_custom_deinit(void *mutator);

struct afl_mutator {
    uint64_t random;
    uint8_t *out; /* grows to the engine's limit; ours until deinit */
    size_t room;
};

void *afl_custom_init(void *afl, unsigned int seed) {
    (void)afl;
    struct afl_mutator *mutator = calloc(1, sizeof *mutator);
    if (mutator)
        mutator->random = seed;
    flt_inputs_start(FLT_TARGET);
    return mutator;
}

static bool make_room(struct afl_mutator *mutator, size_t size) {
    if (size <= mutator->room)
        return true;
    uint8_t *out = realloc(mutator->out, size);
    if (!out)
        return false;
    mutator->out = out;
    mutator->room = size;
    return true;
}

/* So that the decoder sees odd bytes. */
static size_t change_bytes(uint8_t *data, size_t size, uint64_t *random) {
    for (size_t left = 1 + flt_below(random, 4); left > 0 && size > 0; left--)
        data[flt_below(random, size)] = (uint8_t)flt_random(random);
    return size;
}

/* `add` is another input of the queue, to splice with. 0: nothing is to be run. */
size_t afl_custom_fuzz(void *of, uint8_t *data, size_t size, uint8_t **out, uint8_t *add,
                       size_t add_size, size_t max_size) {
    struct afl_mutator *mutator = of;
    uint64_t *random = &mutator->random;
    if (size > max_size)
        size = max_size;
    if (!make_room(mutator, max_size)) {
        *out = NULL;
        return 0;
    }
    *out = mutator->out;
    if (add && add_size > 0 && flt_odds(random, 2))
        return flt_inputs_cross(data, size, add, add_size, mutator->out, max_size, random);
    memcpy(mutator->out, data, size);
    if (flt_odds(random, 2))
        return change_bytes(mutator->out, size, random);
    return flt_inputs_mutate(mutator->out, size, max_size, random);
}

void afl_custom_deinit(void *of) {
    struct afl_mutator *mutator = of;
    free(mutator->out);
    free(mutator);
}
