#include "handles.h"

#include "faults.h"

/* The table, and the value without the bits that chose it; NULL when it chooses none. */
static struct flt_handle_table *table_of(struct flt_kernel *kernel, enum flt_process process,
                                         uint64_t *value, KPROCESSOR_MODE mode) {
    const uint64_t bits = *value & FLT_KERNEL_HANDLE_BITS;
    *value &= ~FLT_KERNEL_HANDLE_BITS;
    uint8_t table;
    if (bits == FLT_KERNEL_HANDLE_BITS)
        table = FLT_TABLE_KERNEL;
    else if (bits == 0)
        table = (uint8_t)process; /* System's is the kernel table */
    else
        return NULL;
    return mode == UserMode && table == FLT_TABLE_KERNEL ? NULL : &kernel->table[table];
}

bool flt_handle_resolve_in(struct flt_kernel *kernel, enum flt_process process, HANDLE handle,
                           KPROCESSOR_MODE mode, struct flt_found *found) {
    uint64_t value = flt_handle_number(handle);
    if (value & FLT_HANDLE_TAG_BITS && flt_chosen(&kernel->switches, tag_bits, significant))
        return false;
    found->table = table_of(kernel, process, &value, mode);
    if (!found->table)
        return false;
    found->entry = flt_handle_table_find(found->table, value / FLT_HANDLE_STEP);
    found->index = (uint32_t)(value / FLT_HANDLE_STEP);
    return found->entry != NULL;
}

bool flt_handle_resolve(struct flt_kernel *kernel, HANDLE handle, KPROCESSOR_MODE mode,
                        struct flt_found *found) {
    return flt_handle_resolve_in(kernel, flt_kernel_process(kernel), handle, mode, found);
}

uint8_t flt_handle_table_for(struct flt_kernel *kernel, ULONG attributes) {
    return attributes & OBJ_KERNEL_HANDLE ? FLT_TABLE_KERNEL : (uint8_t)flt_kernel_process(kernel);
}

uint8_t flt_handle_flags(ULONG attributes) {
    return attributes & OBJ_INHERIT ? FLT_HANDLE_INHERIT : 0;
}

NTSTATUS flt_handle_reserve(const struct flt_kernel *kernel, struct flt_handle_table *table,
                            uint32_t *index) {
    *index = flt_handle_table_reserve(table);
    if (!*index)
        return STATUS_INSUFFICIENT_RESOURCES;
    const NTSTATUS status = flt_fault_at_first(kernel);
    if (!NT_SUCCESS(status))
        flt_handle_table_release(table, *index);
    return status;
}

HANDLE flt_handle_make(struct flt_kernel *kernel, uint8_t table, uint32_t index,
                       const struct flt_handle_entry *entry) {
    flt_object_add_handle(entry->object);
    flt_handle_table_enter(&kernel->table[table], index, entry);
    return (HANDLE)(uintptr_t)flt_handle_spell(table, index);
}

NTSTATUS flt_handle_add(struct flt_kernel *kernel, uint8_t table,
                        const struct flt_handle_entry *entry, HANDLE *handle) {
    /* 1. A place in the table. */
    uint32_t index;
    NTSTATUS status = flt_handle_reserve(kernel, &kernel->table[table], &index);
    if (!NT_SUCCESS(status))
        return status;

    /* 2. The handle. */
    status = flt_fault_at(kernel, 2);
    if (NT_SUCCESS(status))
        *handle = flt_handle_make(kernel, table, index, entry);
    else
        flt_handle_table_release(&kernel->table[table], index); /* 1 */
    return status;
}

uint32_t flt_handle_unspell(uint8_t table, uint64_t value) {
    if ((value & FLT_KERNEL_HANDLE_BITS) != flt_handle_table_bits(table) ||
        value & FLT_HANDLE_TAG_BITS)
        return 0;
    return (uint32_t)((value & ~FLT_KERNEL_HANDLE_BITS) / FLT_HANDLE_STEP);
}
