/* What a failed call leaves in its outputs, by switch. NULL outputs are left alone. */
#ifndef FLT_OUTPUTS_H
#define FLT_OUTPUTS_H

#include "state.h"

void flt_fail_handle(const struct flt_kernel *kernel, PHANDLE handle);
void flt_fail_object(const struct flt_kernel *kernel, PVOID *object);
void flt_fail_file_object(const struct flt_kernel *kernel, PFILE_OBJECT *object);
void flt_fail_iosb(const struct flt_kernel *kernel, PIO_STATUS_BLOCK iosb, NTSTATUS status);

#endif
