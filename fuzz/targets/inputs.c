/* Inputs in, inputs out, on calls instead of bytes; the bounds and habits that all engines share.
 */
#include "inputs.h"

#include <stdlib.h>

#include "../sequence/binary.h"
#include "../sequence/mutate.h"
#include "../sequence/random.h"
#include "../sequence/text.h"
#include "raises.h"

size_t flt_inputs_fixed_steps = 0;

/* Made once and kept: a mutation allocates nothing. Reachable, so no leak. */
static struct {
    bool made;
    struct flt_text text;
    struct flt_sequence a, b, out;
    struct flt_weights weights;
} scratch;

void flt_inputs_start(const char *target) {
    if (scratch.made)
        return;
    if (!flt_text_init(&scratch.text) || !flt_sequence_init(&scratch.a) ||
        !flt_sequence_init(&scratch.b) || !flt_sequence_init(&scratch.out) ||
        !flt_weights_init(&scratch.weights, flt_raises_of(target)))
        abort(); /* before the first run: there is nothing to fuzz with */
    scratch.made = true;
}

/* Seeds are text, what the mutator writes is binary. */
static void read_input(const uint8_t *data, size_t size, struct flt_sequence *sequence) {
    struct flt_text_error error;
    if (flt_text_is_text(data, size) &&
        flt_text_parse((const char *)data, size, &scratch.text, &error))
        flt_sequence_copy(sequence, &scratch.text.sequence);
    else
        flt_binary_decode(data, size, sequence);
}

static size_t write_output(struct flt_sequence *sequence, uint8_t *data, size_t max_size,
                           uint64_t *random) {
    const size_t steps = flt_inputs_fixed_steps;
    if (steps != 0)
        flt_extend(sequence, steps, random);
    size_t size = flt_binary_encode(sequence, data, max_size);
    if (size > max_size) { /* the calls that were added are too many: bytes win */
        flt_mutate(sequence, &scratch.weights, steps != 0 ? steps : FLT_MAX_STEPS, max_size,
                   random);
        size = flt_binary_encode(sequence, data, max_size);
    }
    return size;
}

/* Most bugs need few calls, and a short sequence costs little: half of the inputs stay within 32
 * calls, one in eight may be long. */
static size_t bounded_steps(uint64_t *random) {
    static const size_t bounds[8] = {16, 16, 32, 32, 64, 64, 128, 512};
    if (flt_inputs_fixed_steps != 0)
        return flt_inputs_fixed_steps;
    return bounds[flt_below(random, 8)];
}

size_t flt_inputs_mutate(uint8_t *data, size_t size, size_t max_size, uint64_t *random) {
    read_input(data, size, &scratch.a);
    flt_mutate(&scratch.a, &scratch.weights, bounded_steps(random), max_size, random);
    return write_output(&scratch.a, data, max_size, random);
}

size_t flt_inputs_cross(const uint8_t *data1, size_t size1, const uint8_t *data2, size_t size2,
                        uint8_t *out, size_t max_size, uint64_t *random) {
    read_input(data1, size1, &scratch.a);
    read_input(data2, size2, &scratch.b);
    flt_crossover(&scratch.a, &scratch.b, &scratch.out, max_size, random);
    const size_t bound = bounded_steps(random);
    if (scratch.out.count > bound)
        scratch.out.count = bound;
    return write_output(&scratch.out, out, max_size, random);
}
