/* ZwDuplicateObject. */
#ifndef FLT_DUPLICATES_H
#define FLT_DUPLICATES_H

#include "state.h"

struct flt_duplicate {
    HANDLE from; /* the source process */
    HANDLE source;
    HANDLE to;      /* the target process; NULL: nothing is made */
    PHANDLE handle; /* NULL: the handle is made, and nobody learns its value */
    ACCESS_MASK access;
    ULONG attributes;
    ULONG options;
};

NTSTATUS flt_duplicate(struct flt_kernel *kernel, const struct flt_duplicate *duplicate);

#endif
