/* The thread's own state: its IRQL, its regions, its top-level IRP, and whom it is attached to. */
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

/* What was never entered is not left. */
static void leave(uint32_t *depth) {
    if (*depth)
        --*depth;
}

VOID flt_kernel_KeEnterCriticalRegion(struct flt_system *system) {
    flt_kernel_thread(flt_kernel_enter(system, FLT_OP_KeEnterCriticalRegion))->critical++;
}

VOID flt_kernel_KeLeaveCriticalRegion(struct flt_system *system) {
    leave(&flt_kernel_thread(flt_kernel_enter(system, FLT_OP_KeLeaveCriticalRegion))->critical);
}

VOID flt_kernel_KeEnterGuardedRegion(struct flt_system *system) {
    flt_kernel_thread(flt_kernel_enter(system, FLT_OP_KeEnterGuardedRegion))->guarded++;
}

VOID flt_kernel_KeLeaveGuardedRegion(struct flt_system *system) {
    leave(&flt_kernel_thread(flt_kernel_enter(system, FLT_OP_KeLeaveGuardedRegion))->guarded);
}

VOID flt_kernel_IoSetTopLevelIrp(struct flt_system *system, PIRP Irp) {
    flt_kernel_thread(flt_kernel_enter(system, FLT_OP_IoSetTopLevelIrp))->top_level_irp = Irp;
}

/* The thread keeps the stack of attachments that a driver's KAPC_STATEs make up; deeper than it has
 * room for is no change. */
VOID flt_kernel_KeStackAttachProcess(struct flt_system *system, PRKPROCESS Process,
                                     PRKAPC_STATE ApcState) {
    (void)ApcState;
    struct flt_thread *thread =
        flt_kernel_thread(flt_kernel_enter(system, FLT_OP_KeStackAttachProcess));
    if (thread->attachments < FLT_ATTACH_DEPTH)
        thread->attached[thread->attachments++] = (enum flt_process)Process->number;
}

VOID flt_kernel_KeUnstackDetachProcess(struct flt_system *system, PRKAPC_STATE ApcState) {
    (void)ApcState;
    struct flt_thread *thread =
        flt_kernel_thread(flt_kernel_enter(system, FLT_OP_KeUnstackDetachProcess));
    if (thread->attachments)
        thread->attachments--;
}
