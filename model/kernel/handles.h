/* Handle values: which table and entry they name, and how new ones are spelled. */
#ifndef FLT_HANDLES_H
#define FLT_HANDLES_H

#include "state.h"

/* A handle is a pointer by type only. It is widened with its sign, so that kernel handles keep
 * their top bits where pointers have 32 bits. */
FLT_INLINE uint64_t flt_handle_number(HANDLE handle) {
    return (uint64_t)(int64_t)(intptr_t)handle;
}

struct flt_found {
    struct flt_handle_table *table;
    uint32_t index;
    const struct flt_handle_entry *entry;
};

/* What a value names in that process; false when it is no live handle there. */
bool flt_handle_resolve_in(struct flt_kernel *kernel, enum flt_process process, HANDLE handle,
                           KPROCESSOR_MODE mode, struct flt_found *found);
/* The same in the current process. */
bool flt_handle_resolve(struct flt_kernel *kernel, HANDLE handle, KPROCESSOR_MODE mode,
                        struct flt_found *found);

/* The table that a new handle with these attributes goes to. */
uint8_t flt_handle_table_for(struct flt_kernel *kernel, ULONG attributes);
/* Their part of a new handle's flags. */
uint8_t flt_handle_flags(ULONG attributes);
/* The first step of a call that makes a handle: reserves an index for it. What finds the table full
 * fails by itself, whatever it is told. */
NTSTATUS flt_handle_reserve(const struct flt_kernel *kernel, struct flt_handle_table *table,
                            uint32_t *index);
/* Makes a reserved index a handle to the entry's object, and counts it there. */
HANDLE flt_handle_make(struct flt_kernel *kernel, uint8_t table, uint32_t index,
                       const struct flt_handle_entry *entry);
/* Both, as the two steps of a call that makes one more handle to an object. */
NTSTATUS flt_handle_add(struct flt_kernel *kernel, uint8_t table,
                        const struct flt_handle_entry *entry, HANDLE *handle);

enum { FLT_HANDLE_STEP = 4 }; /* from one value to the next: the tag bits are the caller's */

FLT_INLINE uint64_t flt_handle_table_bits(uint8_t table) {
    return table == FLT_TABLE_KERNEL ? FLT_KERNEL_HANDLE_BITS : 0;
}

/* An entry's value, as opens hand it out. */
FLT_INLINE uint64_t flt_handle_spell(uint8_t table, uint32_t index) {
    return (uint64_t)index * FLT_HANDLE_STEP | flt_handle_table_bits(table);
}
/* The index that flt_handle_spell made this value of; 0 for any other value. */
uint32_t flt_handle_unspell(uint8_t table, uint64_t value);

#endif
