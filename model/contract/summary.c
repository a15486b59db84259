#include "summary.h"

#include <string.h>

#include "state.h"

static struct flt_thread_summary summary_of(const struct flt_thread *thread) {
    return (struct flt_thread_summary){.irql = thread->irql,
                                       .process = thread->process,
                                       .attached = thread->attach_depth,
                                       .user_mode = thread->user_mode,
                                       .has_irp = thread->has_irp,
                                       .critical = thread->critical.depth,
                                       .guarded = thread->guarded.depth};
}

void flt_contract_summary(const struct flt_contract *contract, struct flt_summary *summary) {
    for (int i = 0; i < FLT_THREAD_COUNT; i++)
        summary->thread[i] = summary_of(&contract->thread[i]);
    memcpy(summary->exited, contract->exited, sizeof summary->exited);
    for (int i = 0; i < FLT_FILTER_COUNT; i++)
        summary->unloading[i] = contract->unloading[i] != FLT_NOT_UNLOADING;
}
