/* The main target: any sequence of calls, every check on. */
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    flt_target_run(FLT_TARGET_PROFILE, data, size);
    return 0;
}
