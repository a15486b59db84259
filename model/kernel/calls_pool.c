/* What callers do with the buffer of an open that stopped on a link. */
#include "calls.h"
#include "pointers.h"
#include "reparse_buffers.h"

VOID flt_kernel_TakeReparseBuffer(struct flt_system *system, PVOID *Buffer) {
    *Buffer = flt_reparse_buffer_take(flt_kernel_of(system));
}

VOID flt_kernel_ExFreePool(struct flt_system *system, PVOID P) {
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_ExFreePool);
    struct flt_object *buffer = flt_pointed_object(kernel, P);
    if (buffer->type != FLT_TYPE_REPARSE_BUFFER)
        flt_stop_bad_reference(kernel, NULL, P);
    flt_reparse_buffer_free(kernel, buffer);
}
