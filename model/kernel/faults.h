/* Calls that are told to fail. Each call asks where it could: once its checks are through, so that
 * what would make it fail by itself comes first, and at each of its numbered steps. What it has
 * done by then it takes back. */
#ifndef FLT_FAULTS_H
#define FLT_FAULTS_H

#include "state.h"

/* The status that the call is told to fail with at that step, or STATUS_SUCCESS. A call is never
 * told a success. */
FLT_INLINE NTSTATUS flt_fault_at(const struct flt_kernel *kernel, uint32_t step) {
    const struct flt_fault fault = kernel->system.fault;
    return fault.step == step ? (NTSTATUS)fault.status : STATUS_SUCCESS;
}

/* The same at step 0, when the checks are through, and at step 1: nothing is done by either. */
FLT_INLINE NTSTATUS flt_fault_at_first(const struct flt_kernel *kernel) {
    const struct flt_fault fault = kernel->system.fault;
    return fault.step <= 1 ? (NTSTATUS)fault.status : STATUS_SUCCESS;
}

#endif
