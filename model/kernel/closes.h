/* What the calls that close a handle have in common. */
#ifndef FLT_CLOSES_H
#define FLT_CLOSES_H

#include "handles.h"

/* Closes what ZwClose closes: any live handle. */
NTSTATUS flt_close_any(struct flt_kernel *kernel, HANDLE handle);
/* Closes what a strict FltClose closes: only what an Flt open made. */
NTSTATUS flt_close_own(struct flt_kernel *kernel, HANDLE handle);

#endif
