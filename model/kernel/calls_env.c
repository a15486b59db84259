/* Not Windows calls: what happens around the driver. A process that there is not is no change. */
#include "calls.h"
#include "processes.h"

/* The sequence says where the driver's code runs next. An attached thread stays attached. */
VOID flt_kernel_RunIn(struct flt_system *system, ULONG Process) {
    if (Process < FLT_PROCESS_COUNT)
        flt_kernel_thread(flt_kernel_of(system))->process = (enum flt_process)Process;
}

VOID flt_kernel_StartProcess(struct flt_system *system, ULONG Process) {
    if (Process < FLT_PROCESS_COUNT)
        flt_process_start(flt_kernel_of(system), (enum flt_process)Process);
}

VOID flt_kernel_ExitProcess(struct flt_system *system, ULONG Process) {
    if (Process < FLT_PROCESS_COUNT)
        flt_process_exit(flt_kernel_of(system), (enum flt_process)Process);
}

VOID flt_kernel_SetPreviousMode(struct flt_system *system, KPROCESSOR_MODE Mode) {
    flt_kernel_thread(flt_kernel_of(system))->previous_mode = Mode;
}
