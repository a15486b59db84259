/* What the calls that make a handle have in common. */
#ifndef FLT_OPENS_H
#define FLT_OPENS_H

#include "state.h"

struct flt_open {
    enum flt_opcode opener;
    enum flt_type type;
    /* For whom, in the filter manager's opens. */
    enum flt_filter filter;
    enum flt_instance instance;
    bool named; /* files are opened by the name in attributes */
    ACCESS_MASK access;
    ULONG share;
    ULONG flags; /* IO_IGNORE_SHARE_ACCESS_CHECK; the others change nothing here */
    POBJECT_ATTRIBUTES attributes;
    PHANDLE handle;
    PFILE_OBJECT *object;  /* NULL: the caller wants no object, and gets no reference */
    PIO_STATUS_BLOCK iosb; /* NULL: this call has none */
};

NTSTATUS flt_open(struct flt_kernel *kernel, const struct flt_open *open);
/* Leaves behind what a failed open leaves; returns the status. */
NTSTATUS flt_open_failed(const struct flt_kernel *kernel, const struct flt_open *open,
                         NTSTATUS status);

#endif
