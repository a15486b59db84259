/* libFuzzer's mutator and crossover. Linked into its binaries only, once for each target. */
#include "inputs.h"

/* libFuzzer finds these by name; it provides the last. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    uint64_t random = seed;
    flt_inputs_start(FLT_TARGET);
    if (flt_inputs_fixed_steps == 0 && size > 0 && seed % 8 == 0)
        return LLVMFuzzerMutate(data, size, max_size); /* so that the decoder sees odd bytes */
    return flt_inputs_mutate(data, size, max_size, &random);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_size, unsigned int seed) {
    uint64_t random = seed;
    flt_inputs_start(FLT_TARGET);
    return flt_inputs_cross(data1, size1, data2, size2, out, max_size, &random);
}
