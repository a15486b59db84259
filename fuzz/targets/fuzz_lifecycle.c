/* Any sequence of calls, every check on, as fuzz_close; but what starts, ends and changes whose
 * calls they are comes more often (raises.c), and the seeds are about that. */
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    flt_target_run(FLT_TARGET_PROFILE, data, size);
    return 0;
}
