#include "api.h"

#include "marshal.h"

static struct {
    struct flt_door *door;
    uint32_t step;
} api;

void flt_api_use(struct flt_door *door) {
    api.door = door;
    api.step = 0;
}

/* Marks the outputs of a call; no handle and no object has this value (bit 62 set, bit 63 clear). */
static const uint64_t untouched = UINT64_C(0x4B4B4B4B4B4B4B4B);

static void take_attributes(struct flt_call *call, const OBJECT_ATTRIBUTES *attributes) {
    if (!attributes)
        return;
    call->arg[FLT_ARG_attributes] = attributes->Attributes;
    if (!attributes->ObjectName)
        return;
    const struct flt_name *name = flt_name_by_units(
        attributes->ObjectName->Buffer, attributes->ObjectName->Length / sizeof(WCHAR));
    call->arg[FLT_ARG_path] = name ? name->id : 0;
    call->path = attributes->ObjectName->Buffer;
    call->path_length = (uint16_t)(attributes->ObjectName->Length / sizeof(WCHAR));
}

/* Every parameter that a row may have. A new argument or output kind is one line here and one below. */
struct shim {
    HANDLE handle;
    PVOID object;
    ULONG process;
    KIRQL irql;
    ACCESS_MASK access;
    POBJECT_TYPE type;
    KPROCESSOR_MODE mode;
    PFLT_FILTER filter;
    PFLT_INSTANCE instance;
    POBJECT_ATTRIBUTES attributes;
    HANDLE *HANDLE_handle;
    PVOID *OBJECT_object;
    PFILE_OBJECT *FILE_OBJECT_object;
    PIO_STATUS_BLOCK IO_STATUS_BLOCK_iosb;
    PKIRQL IRQL_irql;
};

static void take_arguments(struct flt_call *call, const struct flt_system *system,
                           const struct shim *p) {
    call->arg[FLT_ARG_handle] = FLT_FROM_HANDLE(system, p->handle);
    call->arg[FLT_ARG_object] = FLT_FROM_OBJECT(system, p->object);
    call->arg[FLT_ARG_process] = FLT_FROM_PROCESS(system, p->process);
    call->arg[FLT_ARG_irql] = FLT_FROM_IRQL(system, p->irql);
    call->arg[FLT_ARG_access] = FLT_FROM_ACCESS_MASK(system, p->access);
    call->arg[FLT_ARG_type] = FLT_FROM_OBJECT_TYPE(system, p->type);
    call->arg[FLT_ARG_mode] = FLT_FROM_MODE(system, p->mode);
    call->arg[FLT_ARG_filter] = FLT_FROM_FILTER(system, p->filter);
    call->arg[FLT_ARG_instance] = FLT_FROM_INSTANCE(system, p->instance);
    take_attributes(call, p->attributes);
    const uint32_t results = flt_calls[call->opcode].results;
    if (results & 1u << FLT_RESULT_handle && !p->HANDLE_handle)
        call->null_out |= 1u << FLT_RESULT_handle;
    if (results & 1u << FLT_RESULT_object && !p->OBJECT_object && !p->FILE_OBJECT_object)
        call->null_out |= 1u << FLT_RESULT_object;
}

static void give_outputs(const struct flt_outcome *outcome, const struct shim *p) {
    const uint64_t *out = outcome->out;
    if (p->HANDLE_handle && out[FLT_RESULT_handle] != untouched)
        *p->HANDLE_handle = flt_pointer(out[FLT_RESULT_handle]);
    if (p->OBJECT_object && out[FLT_RESULT_object] != untouched)
        *p->OBJECT_object = flt_pointer(out[FLT_RESULT_object]);
    if (p->FILE_OBJECT_object && out[FLT_RESULT_object] != untouched)
        *p->FILE_OBJECT_object = flt_pointer(out[FLT_RESULT_object]);
    if (p->IRQL_irql)
        *p->IRQL_irql = (KIRQL)out[FLT_RESULT_irql];
    if (p->IO_STATUS_BLOCK_iosb && out[FLT_RESULT_iosb] != untouched) {
        p->IO_STATUS_BLOCK_iosb->Status = (NTSTATUS)outcome->iosb_status;
        p->IO_STATUS_BLOCK_iosb->Information = (ULONG_PTR)out[FLT_RESULT_iosb];
    }
}

static uint32_t perform(uint8_t opcode, const struct shim *p) {
    struct flt_call call;
    struct flt_outcome outcome = {.kind = FLT_WITHHELD};
    if (!api.door)
        return (uint32_t)STATUS_UNSUCCESSFUL;
    flt_call_init(&call, opcode);
    call.step = ++api.step;
    call.fill = untouched;
    take_arguments(&call, flt_door_system(api.door), p);
    /* False ends the run, yet where the call came back its outcome is the caller's. */
    const bool on = flt_door_call(api.door, &call, &outcome);
    if (outcome.kind != FLT_RETURNED)
        return (uint32_t)(on ? STATUS_INVALID_PARAMETER : STATUS_UNSUCCESSFUL);
    give_outputs(&outcome, p);
    return outcome.status;
}

/* A shim's parameters are called by argument, kind and result; for those that a row lacks, these
 * stand in. */
static HANDLE const in_handle = NULL;
static PVOID const in_object = NULL;
static ULONG const in_process = 0;
static KIRQL const in_irql = 0;
static ACCESS_MASK const in_access = 0;
static POBJECT_TYPE const in_type = NULL;
static KPROCESSOR_MODE const in_mode = KernelMode;
static PFLT_FILTER const in_filter = NULL;
static PFLT_INSTANCE const in_instance = NULL;
static POBJECT_ATTRIBUTES const in_attributes = NULL;
static HANDLE *const HANDLE_handle = NULL;
static PVOID *const OBJECT_object = NULL;
static PFILE_OBJECT *const FILE_OBJECT_object = NULL;
static PIO_STATUS_BLOCK const IO_STATUS_BLOCK_iosb = NULL;
static PKIRQL const IRQL_irql = NULL;

#pragma GCC diagnostic ignored "-Wshadow" /* the point of the names above */
#define DROP_FIRST_(first, ...) __VA_ARGS__
#define DROP_FIRST(...) DROP_FIRST_(__VA_ARGS__)
#define RETURN_NTSTATUS return (NTSTATUS)
#define RETURN_VOID (void)
#define A(ckind, wdk, argument) , FLT_C_##ckind in_##argument
#define X(wdk) , POBJECT_ATTRIBUTES in_attributes
#define U(wdk) , POBJECT_ATTRIBUTES in_attributes
#define O(ckind, wdk, result) , FLT_C_##ckind *ckind##_##result
#define P(ckind, wdk, result) , FLT_C_##ckind *ckind##_##result
#define S(ckind, wdk, result) , FLT_C_##ckind *ckind##_##result
/* Not varied yet: see calls.def. */
#define F(ctype, wdk, value) , __attribute__((unused)) ctype wdk
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    type name(DROP_FIRST(~parameters)) {                                                           \
        const struct shim p = {in_handle,     in_object,     in_process,                     \
                                     in_irql,       in_access,     in_type,                        \
                                     in_mode,       in_filter,     in_instance,                    \
                                     in_attributes, HANDLE_handle, OBJECT_object,                  \
                                     FILE_OBJECT_object, IO_STATUS_BLOCK_iosb, IRQL_irql};         \
        RETURN_##type perform(opcode, &p);                                                         \
    }
#include "calls.def"
