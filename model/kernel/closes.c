#include "closes.h"

#include "faults.h"

#define MINUS_ONE UINT64_MAX

enum { REASON_PROTECTED = 0, REASON_BAD_HANDLE = 1 }; /* of INVALID_KERNEL_HANDLE */

static _Noreturn void stop(struct flt_kernel *kernel, HANDLE handle, uint64_t reason) {
    flt_system_bugcheck(&kernel->system, FLT_STOP_INVALID_KERNEL_HANDLE, flt_handle_number(handle),
                        reason, 0, 0);
}

/* Returns unless a bad kernel handle stops the system. User mode stops nothing. */
static NTSTATUS close_bad(struct flt_kernel *kernel, HANDLE handle, KPROCESSOR_MODE mode) {
    const uint64_t value = flt_handle_number(handle);
    const bool is_kernel = (value & FLT_KERNEL_HANDLE_BITS) == FLT_KERNEL_HANDLE_BITS;
    const bool exempt = mode == UserMode || value == MINUS_ONE || value == FLT_KERNEL_HANDLE_BITS;
    if (is_kernel && !exempt && flt_chosen(&kernel->switches, bad_close, bugcheck))
        stop(kernel, handle, REASON_BAD_HANDLE);
    return STATUS_INVALID_HANDLE;
}

static NTSTATUS close_protected(struct flt_kernel *kernel, HANDLE handle, KPROCESSOR_MODE mode) {
    if (mode != UserMode && flt_chosen(&kernel->switches, protected_close, bugcheck))
        stop(kernel, handle, REASON_PROTECTED);
    return STATUS_HANDLE_NOT_CLOSABLE;
}

void flt_close_found(struct flt_kernel *kernel, const struct flt_found *found,
                     enum flt_process process) {
    struct flt_object *object = found->entry->object;
    /* 1. The handle is gone before anyone hears of it. */
    flt_handle_table_remove(found->table, found->index);
    /* 2. The object: IRP_MJ_CLEANUP after the last handle, IRP_MJ_CLOSE when nothing is left. */
    flt_object_drop_handle(&kernel->objects, object, process);
}

static NTSTATUS close_live(struct flt_kernel *kernel, HANDLE handle, KPROCESSOR_MODE mode,
                           const struct flt_found *found) {
    if (found->entry->flags & FLT_HANDLE_PROTECT)
        return close_protected(kernel, handle, mode);
    const NTSTATUS status = flt_fault_at_first(kernel);
    if (NT_SUCCESS(status))
        flt_close_found(kernel, found, flt_kernel_process(kernel));
    return status;
}

NTSTATUS flt_close_any(struct flt_kernel *kernel, HANDLE handle, KPROCESSOR_MODE mode) {
    struct flt_found found;
    if (flt_handle_number(handle) == MINUS_ONE && flt_chosen(&kernel->switches, minus_one, success))
        return flt_fault_at(kernel, 0); /* there are no steps: nothing closes */
    if (!flt_handle_resolve(kernel, handle, mode, &found))
        return close_bad(kernel, handle, mode);
    return close_live(kernel, handle, mode, &found);
}

static bool is_flt_open(uint8_t opener) {
    return opener == FLT_OP_FltCreateFile || opener == FLT_OP_FltCreateFileEx ||
           opener == FLT_OP_FltCreateFileEx2 || opener == FLT_OP_FltOpenVolume ||
           opener == FLT_OP_FltCreateNamedPipeFile || opener == FLT_OP_FltCreateMailslotFile;
}

static bool is_duplicate(uint8_t opener) {
    return opener == FLT_OP_ZwDuplicateObject || opener == FLT_OP_ObOpenObjectByPointer;
}

/* A duplicate is made by no Flt open; whether it counts as one, as its object does, is a switch. */
static bool is_own(const struct flt_kernel *kernel, const struct flt_handle_entry *entry) {
    if (is_duplicate(entry->opener) && flt_chosen(&kernel->switches, duplicate_closer, flt))
        return is_flt_open(entry->object->opener);
    return is_flt_open(entry->opener);
}

NTSTATUS flt_close_own(struct flt_kernel *kernel, HANDLE handle) {
    struct flt_found found;
    if (!flt_handle_resolve(kernel, handle, KernelMode, &found))
        return close_bad(kernel, handle, KernelMode);
    if (!is_own(kernel, found.entry))
        return STATUS_INVALID_HANDLE; /* live, so not a bad handle: never a bug check */
    return close_live(kernel, handle, KernelMode, &found);
}
