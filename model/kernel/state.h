/* What the kernel holds, for the files of this folder. */
#ifndef FLT_KERNEL_STATE_H
#define FLT_KERNEL_STATE_H

#include "../system.h"
#include "filters.h"
#include "handle_table.h"
#include "object_type.h"
#include "objects.h"

/* What drivers see as opaque. */
struct _FLT_FILTER {
    uint8_t number;
};
struct _FLT_INSTANCE {
    uint8_t number;
};
struct _DRIVER_OBJECT {
    uint8_t filter; /* the one that it registers */
};

struct _KPROCESS {
    uint8_t number; /* enum flt_process */
    bool exited;
};

enum { FLT_ATTACH_DEPTH = 8 };

struct flt_thread {
    enum flt_process process; /* its own */
    enum flt_process attached[FLT_ATTACH_DEPTH];
    uint8_t attachments; /* the last of them is whose context it runs in */
    KIRQL irql;
    KPROCESSOR_MODE previous_mode;
    uint32_t critical, guarded; /* regions entered and not left */
    PIRP top_level_irp;
};

struct flt_kernel {
    struct flt_system system; /* first: the kernel is found from it */
    struct flt_switches switches;
    struct flt_thread thread[FLT_THREAD_COUNT];
    struct flt_handle_table table[FLT_TABLE_COUNT];
    struct flt_objects objects;
    struct flt_object *untaken_buffer; /* of the last open that stopped on a link; NULL: none */
    struct flt_filters filters;
    struct _FLT_FILTER filter[FLT_FILTER_COUNT];
    struct _DRIVER_OBJECT driver[FLT_FILTER_COUNT];
    struct _FLT_INSTANCE instance[FLT_INSTANCE_COUNT];
    struct _KPROCESS process[FLT_PROCESS_COUNT];
    OBJECT_TYPE type[FLT_TYPE_COUNT]; /* what ObjectType parameters point to */
};

FLT_INLINE struct flt_kernel *flt_kernel_of(struct flt_system *system) {
    return (struct flt_kernel *)(void *)system;
}

/* The thread that makes the call. */
FLT_INLINE struct flt_thread *flt_kernel_thread(struct flt_kernel *kernel) {
    return &kernel->thread[kernel->system.thread % FLT_THREAD_COUNT];
}

/* In whose context the call runs: the process attached to, else the thread's own. */
static inline enum flt_process flt_kernel_process(struct flt_kernel *kernel) {
    const struct flt_thread *thread = flt_kernel_thread(kernel);
    return thread->attachments ? thread->attached[thread->attachments - 1] : thread->process;
}

FLT_INLINE enum flt_filter flt_filter_number(const struct _FLT_FILTER *filter) {
    return filter ? (enum flt_filter)filter->number : FLT_FILTER_NULL;
}

FLT_INLINE enum flt_instance flt_instance_number(const struct _FLT_INSTANCE *instance) {
    return instance ? (enum flt_instance)instance->number : FLT_INSTANCE_NULL;
}

/* The first thing that a call does, the verifier's check: does not come back when the verifier is
 * on and the call is not allowed at the current IRQL. */
FLT_INLINE struct flt_kernel *flt_kernel_enter(struct flt_system *system, enum flt_opcode call) {
    struct flt_kernel *kernel = flt_kernel_of(system);
    const KIRQL irql = flt_kernel_thread(kernel)->irql;
    if (flt_chosen(&kernel->switches, verifier, on) && irql > flt_calls[call].max_irql)
        flt_system_bugcheck(system, FLT_STOP_DRIVER_VERIFIER_DETECTED_VIOLATION, 0, irql, 0, 0);
    return kernel;
}

#endif
