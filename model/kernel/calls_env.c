/* Not Windows calls: what happens around the driver. What cannot happen is no change. */
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

VOID flt_kernel_AttachInstance(struct flt_system *system, PFLT_INSTANCE Instance,
                               PFLT_FILTER Filter) {
    flt_filters_attach(&flt_kernel_of(system)->filters, flt_instance_number(Instance),
                       flt_filter_number(Filter));
}

VOID flt_kernel_TeardownStart(struct flt_system *system, PFLT_INSTANCE Instance) {
    flt_filters_start_teardown(&flt_kernel_of(system)->filters, flt_instance_number(Instance));
}

VOID flt_kernel_TeardownComplete(struct flt_system *system, PFLT_INSTANCE Instance) {
    flt_filters_complete_teardown(&flt_kernel_of(system)->filters, flt_instance_number(Instance));
}

VOID flt_kernel_UnloadFilter(struct flt_system *system, PFLT_FILTER Filter, ULONG Kind) {
    flt_filters_unload(&flt_kernel_of(system)->filters, flt_filter_number(Filter),
                       Kind == FLT_UNLOAD_MANDATORY);
}

VOID flt_kernel_UnloadComplete(struct flt_system *system, PFLT_FILTER Filter, NTSTATUS Answer) {
    flt_filters_complete_unload(&flt_kernel_of(system)->filters, flt_filter_number(Filter),
                                !NT_SUCCESS(Answer));
}
