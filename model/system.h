/* A system: something that performs calls. The model's kernel is one; an emulator, another kernel
 * or a test double is another. Its calls have the WDK's signatures behind a `struct flt_system *`.
 * A system knows neither the contract nor the door: it reports IRPs and bug checks to its host. */
#ifndef FLT_SYSTEM_H
#define FLT_SYSTEM_H

#include "call.h"
#include "include/fltKernel.h"
#include "view.h"

/* The C types of the parameter kinds of calls.def. */
#define FLT_C_ULONG ULONG
#define FLT_C_PROCESS ULONG
#define FLT_C_PROCESS_HANDLE HANDLE
#define FLT_C_PROCESS_OBJECT PRKPROCESS
#define FLT_C_IRP PIRP
#define FLT_C_NTSTATUS NTSTATUS
#define FLT_C_DRIVER PDRIVER_OBJECT
#define FLT_C_FILTER PFLT_FILTER
#define FLT_C_INSTANCE PFLT_INSTANCE
#define FLT_C_ACCESS_MASK ACCESS_MASK
#define FLT_C_HANDLE HANDLE
#define FLT_C_OBJECT PVOID
#define FLT_C_FILE_OBJECT PFILE_OBJECT
#define FLT_C_OBJECT_TYPE POBJECT_TYPE
#define FLT_C_MODE KPROCESSOR_MODE
#define FLT_C_IRQL KIRQL
#define FLT_C_IO_STATUS_BLOCK IO_STATUS_BLOCK
#define FLT_C_ECP_LIST PECP_LIST
#define FLT_C_PIPE_TYPE ULONG
#define FLT_C_PIPE_MODE ULONG
#define FLT_C_INFORMATION_CLASS FILE_INFORMATION_CLASS

struct flt_system;

struct flt_bugcheck {
    uint32_t code;
    uint64_t parameter[4];
};

/* What a system reports, and to whom. Set by the door before the first call. */
struct flt_host {
    void *context;
    void (*event)(void *context, const struct flt_event *event);
    /* Must not return: the sequence ends here, past every C frame of the system. */
    void (*bugcheck)(void *context, const struct flt_bugcheck *bugcheck);
};

/* One function per row of calls.def; NULL where the system lacks the call. Pointers are as in the
 * WDK: outputs are written through, inputs are only read during the call. */
struct flt_ops {
#define A(ckind, wdk, arg) , FLT_C_##ckind wdk
#define C(wdk, arg) , PIO_DRIVER_CREATE_CONTEXT wdk
#define D(wdk, arg) , PVOID wdk
#define H(wdk, arg) , PVOID wdk
#define N()
#define X(wdk) , POBJECT_ATTRIBUTES wdk
#define U(wdk) , POBJECT_ATTRIBUTES wdk
#define O(ckind, wdk, result) , FLT_C_##ckind *wdk
#define P(ckind, wdk, result) , FLT_C_##ckind *wdk
#define S(ckind, wdk, result) , FLT_C_##ckind *wdk
#define F(ctype, wdk, value) , ctype wdk
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    type (*name)(struct flt_system * system parameters);
#include "calls.def"
};

/* Pointers that stand for the things of the start world. Index 0 is NULL. The system fills them in
 * `reset`; they stay valid until the next one. */
struct flt_world {
    PFLT_FILTER filter[FLT_FILTER_COUNT];
    PDRIVER_OBJECT driver[FLT_FILTER_COUNT]; /* of each filter */
    PFLT_INSTANCE instance[FLT_INSTANCE_COUNT];
    POBJECT_TYPE type[FLT_TYPE_COUNT];
    PRKPROCESS process[FLT_PROCESS_COUNT];
    HANDLE process_handle[FLT_PROCESS_HANDLE_COUNT]; /* in no table of the view */
};

/* How the call under way is to fail. */
struct flt_fault {
    uint32_t status; /* 0: it is not to fail */
    uint32_t step;   /* 0: once its checks are through; N: at its N-th step, if it has as many */
};

struct flt_system {
    const char *name;
    const struct flt_ops *ops;
    struct flt_view view;
    struct flt_host host;
    struct flt_world world;
    uint8_t thread;         /* the thread that makes the next call; set by the door */
    struct flt_fault fault; /* set for the time of a call; a system that injects obeys it */
    bool injects; /* calls can be made to fail; where not, the door withholds such calls */
    /* Back to the start world, under these switches. Costs what the last run touched. */
    void (*reset)(struct flt_system *system, const struct flt_switches *switches);
    /* The end of the run: do what was put off (a late IRP_MJ_CLOSE). May be NULL. */
    void (*settle)(struct flt_system *system);
};

/* For systems: report to the host. */
void flt_system_event(struct flt_system *system, enum flt_event_kind kind, enum flt_process process,
                      const void *object);
_Noreturn void flt_system_bugcheck(struct flt_system *system, uint32_t code, uint64_t p1,
                                   uint64_t p2, uint64_t p3, uint64_t p4);

/* The capability bit of a call. */
bool flt_system_can(const struct flt_system *system, uint8_t opcode);

#endif
