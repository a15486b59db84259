/* Processes: how handles name them, and what becomes of their handles. */
#ifndef FLT_PROCESSES_H
#define FLT_PROCESSES_H

#include "state.h"

/* The process that a process handle names; false when it names none, or one that has exited. */
bool flt_process_by_handle(struct flt_kernel *kernel, HANDLE handle, enum flt_process *process);

/* Neither does anything to System, nor starting to a process that runs. */
void flt_process_start(struct flt_kernel *kernel, enum flt_process process);
/* Closes every handle of its table, protected or not, by value. Objects that other handles or
 * references keep live on. */
void flt_process_exit(struct flt_kernel *kernel, enum flt_process process);

#endif
