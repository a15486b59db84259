#include "perform.h"

#include "marshal.h"

/* Storage for every output that a row may have, and for the inputs that are passed by pointer. A
 * call touches only its own. */
struct marshal {
    HANDLE HANDLE_handle;
    PVOID OBJECT_object;
    PFILE_OBJECT FILE_OBJECT_object;
    IO_STATUS_BLOCK IO_STATUS_BLOCK_iosb;
    KIRQL IRQL_irql;
    PFLT_FILTER FILTER_filter;
    PECP_LIST ECP_LIST_object;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    OBJECT_HANDLE_FLAG_INFORMATION handle_flags;
    FILE_DISPOSITION_INFORMATION disposition;
    FILE_DISPOSITION_INFORMATION_EX disposition_ex;
    IO_DRIVER_CREATE_CONTEXT context;
};

#define FILL_HANDLE(to, fill) (to) = flt_pointer(fill);
#define FILL_OBJECT(to, fill) (to) = flt_pointer(fill);
#define FILL_FILE_OBJECT(to, fill) (to) = flt_pointer(fill);
#define FILL_ECP_LIST(to, fill) (to) = flt_pointer(fill);
#define FILL_FILTER(to, fill) (to) = flt_pointer(fill);
#define FILL_IRQL(to, fill) (to) = (KIRQL)(fill);
#define FILL_IO_STATUS_BLOCK(to, fill)                                                             \
    (to).Status = (NTSTATUS)(uint32_t)(fill);                                                      \
    (to).Information = (ULONG_PTR)(fill);

#define COLLECT_HANDLE(result, from) outcome->out[result] = flt_number(from);
#define COLLECT_OBJECT(result, from) outcome->out[result] = flt_number(from);
#define COLLECT_FILE_OBJECT(result, from) outcome->out[result] = flt_number(from);
#define COLLECT_ECP_LIST(result, from) outcome->out[result] = flt_number(from);
#define COLLECT_FILTER(result, from) outcome->out[result] = FLT_FROM_FILTER(system, from);
#define COLLECT_IRQL(result, from) outcome->out[result] = (from);
#define COLLECT_IO_STATUS_BLOCK(result, from)                                                      \
    outcome->iosb_status = (uint32_t)(from).Status;                                                \
    outcome->out[result] = (from).Information;

static POBJECT_ATTRIBUTES attributes(struct marshal *m, const struct flt_call *call, bool named) {
    if (named) {
        m->name.Length = (USHORT)(call->path_length * sizeof(WCHAR));
        m->name.MaximumLength = m->name.Length;
        /* The WDK's type is not const; a system only reads the name. */
        m->name.Buffer = (PWSTR)(uintptr_t)call->path;
    }
    InitializeObjectAttributes(&m->attributes, named ? &m->name : NULL,
                               (ULONG)call->arg[FLT_ARG_attributes],
                               named ? flt_pointer(call->arg[FLT_ARG_root]) : NULL, NULL);
    return &m->attributes;
}

static PVOID handle_flags(struct marshal *m, uint64_t flags) {
    m->handle_flags.Inherit = (flags & HANDLE_FLAG_INHERIT) != 0;
    m->handle_flags.ProtectFromClose = (flags & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0;
    return &m->handle_flags;
}

/* What FLT_TO_INFORMATION_CLASS says of the same value. */
static PVOID disposition(struct marshal *m, uint64_t value) {
    m->disposition.DeleteFile = (value & FILE_DISPOSITION_DELETE) != 0;
    m->disposition_ex.Flags = (ULONG)value;
    return FLT_TO_INFORMATION_CLASS(NULL, value) == FileDispositionInformation
               ? (PVOID)&m->disposition
               : &m->disposition_ex;
}

static PIO_DRIVER_CREATE_CONTEXT create_context(struct marshal *m, uint64_t ecp) {
    m->context = (IO_DRIVER_CREATE_CONTEXT){.Size = (CSHORT)sizeof m->context,
                                            .ExtraCreateParameter = flt_pointer(ecp)};
    return ecp == 0 ? NULL : &m->context;
}

static bool wanted(const struct flt_call *call, enum flt_result result) {
    return !(call->null_out & (1u << result));
}

/* What the outputs hold before the call. */
#define A(ckind, wdk, arg)
#define C(wdk, argument)
#define D(wdk, argument)
#define H(wdk, argument)
#define N()
#define X(wdk)
#define U(wdk)
#define O(ckind, wdk, result) FILL_##ckind(m->ckind##_##result, call->fill)
#define P(ckind, wdk, result) O(ckind, wdk, result)
#define S(ckind, wdk, result) O(ckind, wdk, result)
#define F(ctype, wdk, value)
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    static inline void fill_##name(struct marshal *m, const struct flt_call *call) {               \
        (void)m, (void)call;                                                                       \
        parameters                                                                                 \
    }
#include "calls.def"

/* What they hold afterwards. */
#define A(ckind, wdk, arg)
#define C(wdk, argument)
#define D(wdk, argument)
#define H(wdk, argument)
#define N()
#define X(wdk)
#define U(wdk)
#define O(ckind, wdk, result) COLLECT_##ckind(FLT_RESULT_##result, m->ckind##_##result)
#define P(ckind, wdk, result) O(ckind, wdk, result)
#define S(ckind, wdk, result) O(ckind, wdk, result)
#define F(ctype, wdk, value)
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    static inline void collect_##name(const struct flt_system *system, const struct marshal *m,    \
                                      struct flt_outcome *outcome) {                               \
        (void)system, (void)m, (void)outcome;                                                      \
        parameters                                                                                 \
    }
#include "calls.def"

/* The call itself. */
#define STATUS_OF_NTSTATUS(result) (uint32_t)(result)
#define STATUS_OF_VOID(nothing) ((nothing), 0u)
#define A(ckind, wdk, argument) , FLT_TO_##ckind(system, call->arg[FLT_ARG_##argument])
#define C(wdk, argument) , create_context(m, call->arg[FLT_ARG_##argument])
#define D(wdk, argument) , disposition(m, call->arg[FLT_ARG_##argument])
#define H(wdk, argument) , handle_flags(m, call->arg[FLT_ARG_##argument])
#define N()
#define X(wdk) , attributes(m, call, true)
#define U(wdk) , attributes(m, call, false)
#define O(ckind, wdk, result) , wanted(call, FLT_RESULT_##result) ? &m->ckind##_##result : NULL
#define P(ckind, wdk, result) O(ckind, wdk, result)
#define S(ckind, wdk, result) O(ckind, wdk, result)
#define F(ctype, wdk, value) , value
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    static inline uint32_t invoke_##name(struct flt_system *system, const struct flt_call *call,   \
                                         struct marshal *m) {                                      \
        (void)m, (void)call;                                                                       \
        if (!system->ops->name)                                                                    \
            return (uint32_t)STATUS_NOT_IMPLEMENTED;                                               \
        return STATUS_OF_##type(system->ops->name(system parameters));                             \
    }
#include "calls.def"

void flt_perform(struct flt_system *system, const struct flt_call *call,
                 struct flt_outcome *outcome) {
    struct marshal m;
    const struct flt_fault around = system->fault; /* of the call that this one is made within */
    system->fault =
        (struct flt_fault){flt_asked_failure(call), (uint32_t)call->arg[FLT_ARG_fail_step]};
    switch (call->opcode) {
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    case opcode:                                                                                   \
        fill_##name(&m, call);                                                                     \
        outcome->status = invoke_##name(system, call, &m);                                         \
        collect_##name(system, &m, outcome);                                                       \
        break;
#include "calls.def"
    default:
        outcome->status = (uint32_t)STATUS_NOT_IMPLEMENTED;
    }
    system->fault = around;
    outcome->kind = FLT_RETURNED;
}
