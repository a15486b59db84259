/* How the calls leave the thread, and how it is put back. */
#include "function.h"

void flt_note_thread(struct flt_emitter *emitter) {
    const struct flt_step *step = emitter->step;
    if (step->opcode == FLT_OP_KeRaiseIrql || step->opcode == FLT_OP_KeLowerIrql)
        emitter->irql = (unsigned)step->arg[FLT_ARG_irql];
    emitter->critical += step->opcode == FLT_OP_KeEnterCriticalRegion;
    emitter->critical -= step->opcode == FLT_OP_KeLeaveCriticalRegion && emitter->critical > 0;
    emitter->guarded += step->opcode == FLT_OP_KeEnterGuardedRegion;
    emitter->guarded -= step->opcode == FLT_OP_KeLeaveGuardedRegion && emitter->guarded > 0;
    emitter->attached += step->opcode == FLT_OP_KeStackAttachProcess;
    if (emitter->attached > emitter->deepest)
        emitter->deepest = emitter->attached;
    if (step->opcode == FLT_OP_IoSetTopLevelIrp)
        emitter->top_level_irp = step->arg[FLT_ARG_irp] != 0;
}

void flt_put_thread_back(struct flt_emitter *emitter, FILE *out) {
    if (emitter->irql + emitter->critical + emitter->guarded + emitter->attached +
            emitter->top_level_irp ==
        0)
        return;
    fputs("    // Not of the sequence: the thread is put back as it was.\n", out);
    if (emitter->irql > 0)
        fputs("    KeLowerIrql(PASSIVE_LEVEL);\n", out);
    while (emitter->attached > 0)
        fprintf(out, "    KeUnstackDetachProcess(&apcState[%u]);\n", --emitter->attached);
    for (; emitter->guarded > 0; emitter->guarded--)
        fputs("    KeLeaveGuardedRegion();\n", out);
    for (; emitter->critical > 0; emitter->critical--)
        fputs("    KeLeaveCriticalRegion();\n", out);
    if (emitter->top_level_irp)
        fputs("    IoSetTopLevelIrp(NULL);\n", out);
    fputc('\n', out);
}
