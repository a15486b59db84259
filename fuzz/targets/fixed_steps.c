/* FLTFUZZ_STEPS=N in the environment: the mutator makes sequences of N calls. For `fltfuzz bench`;
 * a run of an input does not depend on it. */
#include <stdlib.h>

#include "inputs.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    const char *steps = getenv("FLTFUZZ_STEPS");
    if (steps)
        flt_inputs_fixed_steps = strtoul(steps, NULL, 10);
    return 0;
}
