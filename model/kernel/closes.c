#include "closes.h"

#define MINUS_ONE UINT64_MAX

enum { REASON_BAD_HANDLE = 1 }; /* of INVALID_KERNEL_HANDLE */

/* Returns unless a bad kernel handle stops the system. */
static NTSTATUS close_bad(struct flt_kernel *kernel, HANDLE handle) {
    const uint64_t value = flt_handle_number(handle);
    const bool is_kernel = (value & FLT_KERNEL_HANDLE_BITS) == FLT_KERNEL_HANDLE_BITS;
    const bool exempt = value == MINUS_ONE || value == FLT_KERNEL_HANDLE_BITS;
    if (is_kernel && !exempt && flt_chosen(&kernel->switches, bad_close, bugcheck))
        flt_system_bugcheck(&kernel->system, FLT_STOP_INVALID_KERNEL_HANDLE, value,
                            REASON_BAD_HANDLE, 0, 0);
    return STATUS_INVALID_HANDLE;
}

static NTSTATUS close_live(struct flt_kernel *kernel, const struct flt_found *found) {
    struct flt_object *object = found->entry->object;
    /* 1. The handle is gone before anyone hears of it. */
    flt_handle_table_remove(found->table, found->index);
    /* 2. The object: IRP_MJ_CLEANUP after the last handle, IRP_MJ_CLOSE when nothing is left. */
    flt_object_drop_handle(&kernel->objects, object, flt_kernel_thread(kernel)->process);
    return STATUS_SUCCESS;
}

NTSTATUS flt_close_any(struct flt_kernel *kernel, HANDLE handle) {
    struct flt_found found;
    if (flt_handle_number(handle) == MINUS_ONE && flt_chosen(&kernel->switches, minus_one, success))
        return STATUS_SUCCESS;
    if (!flt_handle_resolve(kernel, handle, KernelMode, &found))
        return close_bad(kernel, handle);
    return close_live(kernel, &found);
}

NTSTATUS flt_close_own(struct flt_kernel *kernel, HANDLE handle) {
    struct flt_found found;
    if (!flt_handle_resolve(kernel, handle, KernelMode, &found))
        return close_bad(kernel, handle);
    const uint8_t opener = found.entry->opener;
    if (opener != FLT_OP_FltCreateFile && opener != FLT_OP_FltCreateFileEx)
        return STATUS_INVALID_HANDLE; /* live, so not a bad handle: never a bug check */
    return close_live(kernel, &found);
}
