#include "duplicates.h"

#include "closes.h"
#include "faults.h"
#include "outputs.h"
#include "processes.h"

static struct flt_handle_entry entry_for(const struct flt_duplicate *duplicate,
                                         const struct flt_handle_entry *source) {
    const enum flt_type type = (enum flt_type)source->object->type;
    struct flt_handle_entry entry = *source;
    entry.opener = FLT_OP_ZwDuplicateObject;
    if (!(duplicate->options & DUPLICATE_SAME_ACCESS))
        entry.access = flt_access_granted(type, duplicate->access);
    if (!(duplicate->options & DUPLICATE_SAME_ATTRIBUTES))
        entry.flags = flt_handle_flags(duplicate->attributes);
    return entry;
}

static NTSTATUS make(struct flt_kernel *kernel, const struct flt_duplicate *duplicate,
                     enum flt_process target, const struct flt_handle_entry *source) {
    const struct flt_handle_entry entry = entry_for(duplicate, source);
    HANDLE handle;
    const NTSTATUS status = flt_handle_add(kernel, (uint8_t)target, &entry, &handle);
    if (NT_SUCCESS(status) && duplicate->handle)
        *duplicate->handle = handle;
    return status;
}

/* The way to close a handle of another process: there are no steps. */
static NTSTATUS make_nothing(const struct flt_kernel *kernel,
                             const struct flt_duplicate *duplicate) {
    return duplicate->options & DUPLICATE_CLOSE_SOURCE ? flt_fault_at(kernel, 0)
                                                       : STATUS_INVALID_HANDLE;
}

static NTSTATUS make_in_target(struct flt_kernel *kernel, const struct flt_duplicate *duplicate,
                               const struct flt_handle_entry *source) {
    enum flt_process target;
    if (!duplicate->to)
        return make_nothing(kernel, duplicate);
    if (!flt_process_by_handle(kernel, duplicate->to, &target))
        return STATUS_INVALID_HANDLE;
    if (duplicate->attributes & OBJ_KERNEL_HANDLE && target != FLT_PROCESS_SYSTEM)
        return STATUS_INVALID_PARAMETER;
    return make(kernel, duplicate, target, source);
}

static NTSTATUS duplicate_found(struct flt_kernel *kernel, const struct flt_duplicate *duplicate,
                                enum flt_process process, const struct flt_found *source) {
    const NTSTATUS status = make_in_target(kernel, duplicate, source->entry);
    /* The source is closed whether or not a handle was made. Protected, it stays. */
    if (duplicate->options & DUPLICATE_CLOSE_SOURCE && !(source->entry->flags & FLT_HANDLE_PROTECT))
        flt_close_found(kernel, source, process);
    return status;
}

NTSTATUS flt_duplicate(struct flt_kernel *kernel, const struct flt_duplicate *duplicate) {
    enum flt_process process;
    struct flt_found source;
    NTSTATUS status = STATUS_INVALID_HANDLE;
    if (flt_process_by_handle(kernel, duplicate->from, &process) &&
        flt_handle_resolve_in(kernel, process, duplicate->source, KernelMode, &source))
        status = duplicate_found(kernel, duplicate, process, &source);
    if (!NT_SUCCESS(status))
        flt_fail_handle(kernel, duplicate->handle);
    return status;
}
