/* What a create's parameters must be, apart from what is there under its name. */
#ifndef FLT_CREATE_PARAMETERS_H
#define FLT_CREATE_PARAMETERS_H

#include "opens.h"

/* The disposition has what is there replaced. */
FLT_INLINE bool flt_replaces(ULONG disposition) {
    return disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE ||
           disposition == FILE_OVERWRITE_IF;
}

/* STATUS_SUCCESS or STATUS_INVALID_PARAMETER: of a file's create, a pipe's, a mailslot's. */
NTSTATUS flt_create_parameters_check(const struct flt_kernel *kernel, const struct flt_open *open);
NTSTATUS flt_pipe_parameters_check(const struct flt_open *open);
NTSTATUS flt_mailslot_parameters_check(const struct flt_open *open);

#endif
