#include "duplicates.h"

#include "closes.h"
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
                     const struct flt_handle_entry *source) {
    enum flt_process target;
    if (!duplicate->to) /* the way to close a handle of another process */
        return duplicate->options & DUPLICATE_CLOSE_SOURCE ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    if (!flt_process_by_handle(kernel, duplicate->to, &target))
        return STATUS_INVALID_HANDLE;
    if (duplicate->attributes & OBJ_KERNEL_HANDLE && target != FLT_PROCESS_SYSTEM)
        return STATUS_INVALID_PARAMETER;
    const uint32_t index = flt_handle_table_reserve(&kernel->table[target]);
    if (!index)
        return STATUS_INSUFFICIENT_RESOURCES;
    const struct flt_handle_entry entry = entry_for(duplicate, source);
    const HANDLE handle = flt_handle_make(kernel, (uint8_t)target, index, &entry);
    if (duplicate->handle)
        *duplicate->handle = handle;
    return STATUS_SUCCESS;
}

static NTSTATUS duplicate_found(struct flt_kernel *kernel, const struct flt_duplicate *duplicate,
                                enum flt_process process, const struct flt_found *source) {
    const NTSTATUS status = make(kernel, duplicate, source->entry);
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
