/* Any sequence of calls, every check on, as fuzz_close; but what opens, creates and deletes comes more
 * often (raises.c), and the seeds are about that. */
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    flt_target_run(FLT_TARGET_PROFILE, data, size);
    return 0;
}
