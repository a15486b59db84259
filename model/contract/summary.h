/* What the contract knows of a thread and of the processes, for those who count states: the view
 * has rows for handles, objects, names and filters, and none for these. */
#ifndef FLT_CONTRACT_SUMMARY_H
#define FLT_CONTRACT_SUMMARY_H

#include "contract.h"

struct flt_thread_summary {
    uint8_t irql;
    uint8_t process;            /* enum flt_process: its own */
    uint8_t attached;           /* processes that it is attached to, one within the other */
    bool user_mode;             /* its previous mode */
    bool has_irp;               /* its top-level IRP is not NULL */
    uint32_t critical, guarded; /* regions that it is in, one within the other */
};

struct flt_summary {
    struct flt_thread_summary thread[FLT_THREAD_COUNT];
    bool exited[FLT_PROCESS_COUNT];
    bool unloading[FLT_FILTER_COUNT];
};

void flt_contract_summary(const struct flt_contract *contract, struct flt_summary *summary);

#endif
