#include "processes.h"

#include "closes.h"

bool flt_process_by_handle(struct flt_kernel *kernel, HANDLE handle, enum flt_process *process) {
    const HANDLE *known = kernel->system.world.process_handle;
    if (!handle)
        return false;
    if (handle == known[FLT_PROCESS_HANDLE_CURRENT]) {
        *process = flt_kernel_process(kernel);
        return !kernel->process[*process].exited;
    }
    for (uint8_t i = 0; i < FLT_PROCESS_COUNT; i++)
        if (handle == known[FLT_PROCESS_HANDLE_SYSTEM + i]) {
            *process = (enum flt_process)i;
            return !kernel->process[i].exited;
        }
    return false;
}

void flt_process_start(struct flt_kernel *kernel, enum flt_process process) {
    kernel->process[process].exited = false; /* its exit left the table empty */
}

void flt_process_exit(struct flt_kernel *kernel, enum flt_process process) {
    if (process == FLT_PROCESS_SYSTEM)
        return;
    struct flt_found found = {.table = &kernel->table[process], .index = 1};
    for (; found.table->live; found.index++) {
        found.entry = flt_handle_table_find(found.table, found.index);
        if (found.entry)
            flt_close_found(kernel, &found, process);
    }
    flt_handle_table_renew(found.table);
    kernel->process[process].exited = true;
}
