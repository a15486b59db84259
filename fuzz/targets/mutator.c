/* libFuzzer's mutator and crossover, on calls instead of bytes. Linked into fuzzing binaries only.
 */
#include "mutator.h"

#include <stdlib.h>

#include "../sequence/binary.h"
#include "../sequence/choose.h"
#include "../sequence/mutate.h"
#include "../sequence/text.h"

size_t flt_mutator_fixed_steps = 0;

/* libFuzzer finds these by name; it provides the last. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

enum { FRESH_STEPS = 16 /* at most, in a sequence made from nothing */ };

/* Made once and kept: a mutation allocates nothing. Reachable, so no leak. */
static struct {
    bool made;
    struct flt_text text;
    struct flt_sequence a, b, out;
} scratch;

static void make_scratch(void) {
    if (scratch.made)
        return;
    if (!flt_text_init(&scratch.text) || !flt_sequence_init(&scratch.a) ||
        !flt_sequence_init(&scratch.b) || !flt_sequence_init(&scratch.out))
        abort(); /* no memory before the first run: there is nothing to fuzz with */
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
    const size_t steps = flt_mutator_fixed_steps;
    if (steps != 0)
        flt_extend(sequence, steps, random);
    size_t size = flt_binary_encode(sequence, data, max_size);
    if (size > max_size) { /* the calls that were added are too many: bytes win */
        flt_mutate(sequence, NULL, steps != 0 ? steps : FLT_MAX_STEPS, max_size, random);
        size = flt_binary_encode(sequence, data, max_size);
    }
    return size;
}

/* Most bugs need few calls, and a short sequence costs little: half of the inputs stay within 32
 * calls, one in eight may be long. */
static size_t bounded_steps(uint64_t *random) {
    static const size_t bounds[8] = {16, 16, 32, 32, 64, 64, 128, 512};
    if (flt_mutator_fixed_steps != 0)
        return flt_mutator_fixed_steps;
    return bounds[flt_below(random, 8)];
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    uint64_t random = seed;
    make_scratch();
    if (flt_mutator_fixed_steps == 0 && size > 0 && seed % 8 == 0)
        return LLVMFuzzerMutate(data, size, max_size); /* so that the decoder sees odd bytes */
    read_input(data, size, &scratch.a);
    if (scratch.a.count == 0)
        flt_generate(&scratch.a, 1 + seed % FRESH_STEPS, &random);
    flt_mutate(&scratch.a, NULL, bounded_steps(&random), max_size, &random);
    return write_output(&scratch.a, data, max_size, &random);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_size, unsigned int seed) {
    uint64_t random = seed;
    make_scratch();
    read_input(data1, size1, &scratch.a);
    read_input(data2, size2, &scratch.b);
    flt_crossover(&scratch.a, &scratch.b, &scratch.out, max_size, &random);
    const size_t bound = bounded_steps(&random);
    if (scratch.out.count > bound)
        scratch.out.count = bound;
    return write_output(&scratch.out, out, max_size, &random);
}
