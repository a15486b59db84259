/* What the calls that close a handle have in common. */
#ifndef FLT_CLOSES_H
#define FLT_CLOSES_H

#include "handles.h"

/* Closes what ZwClose and NtClose close: any live handle that the mode may name. */
NTSTATUS flt_close_any(struct flt_kernel *kernel, HANDLE handle, KPROCESSOR_MODE mode);
/* Closes what a strict FltClose closes: only what an Flt open made. */
NTSTATUS flt_close_own(struct flt_kernel *kernel, HANDLE handle);
/* Closes a live handle whatever protects it; IRPs are sent in that process. */
void flt_close_found(struct flt_kernel *kernel, const struct flt_found *found,
                     enum flt_process process);

#endif
