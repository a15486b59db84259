/* The thread's own state: its IRQL, and whose context it runs in. */
#include "calls.h"
#include "state.h"

VOID flt_kernel_KeRaiseIrql(struct flt_system *system, KIRQL NewIrql, PKIRQL OldIrql) {
    struct flt_thread *thread = flt_kernel_thread(flt_kernel_of(system));
    if (NewIrql < thread->irql)
        flt_system_bugcheck(system, FLT_STOP_IRQL_NOT_GREATER_OR_EQUAL, NewIrql, thread->irql, 0,
                            0);
    *OldIrql = thread->irql;
    thread->irql = NewIrql;
}

VOID flt_kernel_KeLowerIrql(struct flt_system *system, KIRQL NewIrql) {
    struct flt_thread *thread = flt_kernel_thread(flt_kernel_of(system));
    if (NewIrql > thread->irql)
        flt_system_bugcheck(system, FLT_STOP_IRQL_NOT_LESS_OR_EQUAL, NewIrql, thread->irql, 0, 0);
    thread->irql = NewIrql;
}

/* Not a Windows call: the sequence says where the driver's code runs next. */
VOID flt_kernel_RunIn(struct flt_system *system, ULONG Process) {
    if (Process < FLT_PROCESS_COUNT)
        flt_kernel_thread(flt_kernel_of(system))->process = (enum flt_process)Process;
}
