/* The model's kernel: a system (model/system.h) small enough to read. */
#ifndef FLT_KERNEL_H
#define FLT_KERNEL_H

#include "../system.h"

/* NULL when memory is short. The caller frees it with flt_kernel_free. The system's `reset` must be
 * called before the first call. */
struct flt_system *flt_kernel_new(void);
void flt_kernel_free(struct flt_system *system);

#endif
