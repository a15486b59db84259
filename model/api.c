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

/* Marks the outputs of a call; no handle and no object has this value (bit 62 set, bit 63 clear).
 */
static const uint64_t untouched = UINT64_C(0x4B4B4B4B4B4B4B4B);

static void take_attributes(struct flt_call *call, const OBJECT_ATTRIBUTES *attributes) {
    if (!attributes)
        return;
    call->arg[FLT_ARG_attributes] = attributes->Attributes;
    call->arg[FLT_ARG_root] = flt_number(attributes->RootDirectory);
    if (!attributes->ObjectName)
        return;
    const struct flt_name *name = flt_name_by_units(attributes->ObjectName->Buffer,
                                                    attributes->ObjectName->Length / sizeof(WCHAR));
    call->arg[FLT_ARG_path] = name ? name->id : 0;
    call->path = attributes->ObjectName->Buffer;
    call->path_length = (uint16_t)(attributes->ObjectName->Length / sizeof(WCHAR));
}

/* Every parameter that a row may have, as KIND(argument, C type). A new one is a line here, and one
 * in take_arguments where a call takes the argument in two C kinds. */
#define EACH_INPUT(INPUT)                                                                          \
    INPUT(HANDLE, HANDLE, handle)                                                                  \
    INPUT(PVOID, OBJECT, object)                                                                   \
    INPUT(PFILE_OBJECT, FILE_OBJECT, object)                                                       \
    INPUT(ULONG, PROCESS, process)                                                                 \
    INPUT(PRKPROCESS, PROCESS_OBJECT, process)                                                     \
    INPUT(KIRQL, IRQL, irql)                                                                       \
    INPUT(ACCESS_MASK, ACCESS_MASK, access)                                                        \
    INPUT(POBJECT_TYPE, OBJECT_TYPE, type)                                                         \
    INPUT(KPROCESSOR_MODE, MODE, mode)                                                             \
    INPUT(PFLT_FILTER, FILTER, filter)                                                             \
    INPUT(PDRIVER_OBJECT, DRIVER, filter)                                                          \
    INPUT(PFLT_INSTANCE, INSTANCE, instance)                                                       \
    INPUT(ULONG, ULONG, attributes)                                                                \
    INPUT(HANDLE, PROCESS_HANDLE, source)                                                          \
    INPUT(HANDLE, PROCESS_HANDLE, target)                                                          \
    INPUT(ULONG, ULONG, options)                                                                   \
    INPUT(ULONG, ULONG, unload)                                                                    \
    INPUT(ULONG, ULONG, share)                                                                     \
    INPUT(ULONG, ULONG, flags)                                                                     \
    INPUT(ULONG, ULONG, disposition)                                                               \
    INPUT(ULONG, ULONG, create_options)                                                            \
    INPUT(ULONG, ULONG, file_attributes)                                                           \
    INPUT(PECP_LIST, ECP_LIST, object)                                                             \
    INPUT(PIO_DRIVER_CREATE_CONTEXT, CONTEXT, ecp)                                                 \
    INPUT(PVOID, DISPOSITION, delete)                                                              \
    INPUT(FILE_INFORMATION_CLASS, INFORMATION_CLASS, delete)                                       \
    INPUT(ULONG, PIPE_TYPE, pipe)                                                                  \
    INPUT(ULONG, PIPE_MODE, pipe)                                                                  \
    INPUT(ULONG, ULONG, instances)                                                                 \
    INPUT(NTSTATUS, NTSTATUS, answer)                                                              \
    INPUT(PIRP, IRP, irp)                                                                          \
    INPUT(PVOID, HANDLE_FLAGS, handle_flags)                                                       \
    INPUT(POBJECT_ATTRIBUTES, OBJECT_ATTRIBUTES, attributes)
#define EACH_OUTPUT(OUTPUT)                                                                        \
    OUTPUT(HANDLE, HANDLE_handle)                                                                  \
    OUTPUT(PVOID, OBJECT_object)                                                                   \
    OUTPUT(PFILE_OBJECT, FILE_OBJECT_object)                                                       \
    OUTPUT(IO_STATUS_BLOCK, IO_STATUS_BLOCK_iosb)                                                  \
    OUTPUT(PECP_LIST, ECP_LIST_object)                                                             \
    OUTPUT(PFLT_FILTER, FILTER_filter)                                                             \
    OUTPUT(KIRQL, IRQL_irql)

struct shim {
#define INPUT(type, kind, argument) type kind##_##argument##_in;
    EACH_INPUT(INPUT)
#undef INPUT
#define OUTPUT(type, name) type *name;
    EACH_OUTPUT(OUTPUT)
#undef OUTPUT
};

static uint64_t handle_flags_of(const OBJECT_HANDLE_FLAG_INFORMATION *flags) {
    if (!flags)
        return 0;
    return (flags->Inherit ? HANDLE_FLAG_INHERIT : 0u) |
           (flags->ProtectFromClose ? HANDLE_FLAG_PROTECT_FROM_CLOSE : 0u);
}

/* Of a class that is no disposition: bits that none has. */
static uint64_t disposition_of(const struct shim *p) {
    if (!p->DISPOSITION_delete_in)
        return 0;
    if (p->INFORMATION_CLASS_delete_in == FileDispositionInformationEx)
        return ((const FILE_DISPOSITION_INFORMATION_EX *)p->DISPOSITION_delete_in)->Flags;
    if (p->INFORMATION_CLASS_delete_in != FileDispositionInformation)
        return UINT32_MAX;
    return ((const FILE_DISPOSITION_INFORMATION *)p->DISPOSITION_delete_in)->DeleteFile != 0
               ? FILE_DISPOSITION_DELETE
               : 0;
}

/* The pointer among those that a row may take the object by. */
static uint64_t object_of(const struct shim *p) {
    if (p->FILE_OBJECT_object_in)
        return flt_number(p->FILE_OBJECT_object_in);
    return flt_number(p->ECP_LIST_object_in ? (const void *)p->ECP_LIST_object_in
                                            : p->OBJECT_object_in);
}

/* The row's arguments; the others are not looked at. */
static void take_arguments(struct flt_call *call, const struct flt_system *system,
                           const struct shim *p) {
    uint64_t *arg = call->arg;
    arg[FLT_ARG_handle] = FLT_FROM_HANDLE(system, p->HANDLE_handle_in);
    arg[FLT_ARG_object] = object_of(p);
    arg[FLT_ARG_process] = p->PROCESS_OBJECT_process_in
                               ? FLT_FROM_PROCESS_OBJECT(system, p->PROCESS_OBJECT_process_in)
                               : FLT_FROM_PROCESS(system, p->PROCESS_process_in);
    arg[FLT_ARG_irql] = FLT_FROM_IRQL(system, p->IRQL_irql_in);
    arg[FLT_ARG_access] = FLT_FROM_ACCESS_MASK(system, p->ACCESS_MASK_access_in);
    arg[FLT_ARG_type] = FLT_FROM_OBJECT_TYPE(system, p->OBJECT_TYPE_type_in);
    arg[FLT_ARG_mode] = FLT_FROM_MODE(system, p->MODE_mode_in);
    arg[FLT_ARG_filter] = p->DRIVER_filter_in ? FLT_FROM_DRIVER(system, p->DRIVER_filter_in)
                                              : FLT_FROM_FILTER(system, p->FILTER_filter_in);
    arg[FLT_ARG_instance] = FLT_FROM_INSTANCE(system, p->INSTANCE_instance_in);
    arg[FLT_ARG_attributes] = FLT_FROM_ULONG(system, p->ULONG_attributes_in);
    arg[FLT_ARG_source] = FLT_FROM_PROCESS_HANDLE(system, p->PROCESS_HANDLE_source_in);
    arg[FLT_ARG_target] = FLT_FROM_PROCESS_HANDLE(system, p->PROCESS_HANDLE_target_in);
    arg[FLT_ARG_options] = FLT_FROM_ULONG(system, p->ULONG_options_in);
    arg[FLT_ARG_handle_flags] = handle_flags_of(p->HANDLE_FLAGS_handle_flags_in);
    arg[FLT_ARG_unload] = FLT_FROM_ULONG(system, p->ULONG_unload_in);
    arg[FLT_ARG_share] = FLT_FROM_ULONG(system, p->ULONG_share_in);
    arg[FLT_ARG_flags] = FLT_FROM_ULONG(system, p->ULONG_flags_in);
    arg[FLT_ARG_disposition] = FLT_FROM_ULONG(system, p->ULONG_disposition_in);
    arg[FLT_ARG_create_options] = FLT_FROM_ULONG(system, p->ULONG_create_options_in);
    arg[FLT_ARG_file_attributes] = FLT_FROM_ULONG(system, p->ULONG_file_attributes_in);
    arg[FLT_ARG_ecp] = p->CONTEXT_ecp_in ? flt_number(p->CONTEXT_ecp_in->ExtraCreateParameter) : 0;
    arg[FLT_ARG_delete] = disposition_of(p);
    arg[FLT_ARG_pipe] = FLT_FROM_PIPE_TYPE(system, p->PIPE_TYPE_pipe_in) |
                        FLT_FROM_PIPE_MODE(system, p->PIPE_MODE_pipe_in);
    arg[FLT_ARG_instances] = FLT_FROM_ULONG(system, p->ULONG_instances_in);
    arg[FLT_ARG_answer] = FLT_FROM_NTSTATUS(system, p->NTSTATUS_answer_in);
    arg[FLT_ARG_irp] = FLT_FROM_IRP(system, p->IRP_irp_in);
    take_attributes(call, p->OBJECT_ATTRIBUTES_attributes_in);
    const uint32_t results = flt_calls[call->opcode].results;
    if (results & 1u << FLT_RESULT_handle && !p->HANDLE_handle)
        call->null_out |= 1u << FLT_RESULT_handle;
    if (results & 1u << FLT_RESULT_object && !p->OBJECT_object && !p->FILE_OBJECT_object &&
        !p->ECP_LIST_object)
        call->null_out |= 1u << FLT_RESULT_object;
}

static void give_outputs(const struct flt_system *system, const struct flt_outcome *outcome,
                         const struct shim *p) {
    const uint64_t *out = outcome->out;
    if (p->FILTER_filter && out[FLT_RESULT_filter] < FLT_FILTER_COUNT)
        *p->FILTER_filter = FLT_TO_FILTER(system, out[FLT_RESULT_filter]);
    if (p->HANDLE_handle && out[FLT_RESULT_handle] != untouched)
        *p->HANDLE_handle = flt_pointer(out[FLT_RESULT_handle]);
    if (p->OBJECT_object && out[FLT_RESULT_object] != untouched)
        *p->OBJECT_object = flt_pointer(out[FLT_RESULT_object]);
    if (p->FILE_OBJECT_object && out[FLT_RESULT_object] != untouched)
        *p->FILE_OBJECT_object = flt_pointer(out[FLT_RESULT_object]);
    if (p->ECP_LIST_object && out[FLT_RESULT_object] != untouched)
        *p->ECP_LIST_object = flt_pointer(out[FLT_RESULT_object]);
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
    give_outputs(flt_door_system(api.door), &outcome, p);
    return outcome.status;
}

/* A shim's parameters are called by kind and argument, or kind and result; for those that a row
 * lacks, these stand in. */
#define INPUT(type, kind, argument) static type const kind##_##argument##_in = 0;
EACH_INPUT(INPUT)
#undef INPUT
#define OUTPUT(type, name) static type *const name = NULL;
EACH_OUTPUT(OUTPUT)
#undef OUTPUT

#pragma GCC diagnostic ignored "-Wshadow" /* the point of the names above */
#define DROP_FIRST_(first, ...) __VA_ARGS__
#define DROP_FIRST(...) DROP_FIRST_(__VA_ARGS__)
#define RETURN_NTSTATUS return (NTSTATUS)
#define RETURN_VOID (void)
#define A(ckind, wdk, argument) , FLT_C_##ckind ckind##_##argument##_in
#define C(wdk, argument) , PIO_DRIVER_CREATE_CONTEXT CONTEXT_##argument##_in
#define D(wdk, argument) , PVOID DISPOSITION_##argument##_in
#define H(wdk, argument) , PVOID HANDLE_FLAGS_##argument##_in
#define N() , void
#define X(wdk) , POBJECT_ATTRIBUTES OBJECT_ATTRIBUTES_attributes_in
#define U(wdk) , POBJECT_ATTRIBUTES OBJECT_ATTRIBUTES_attributes_in
#define O(ckind, wdk, result) , FLT_C_##ckind *ckind##_##result
#define P(ckind, wdk, result) , FLT_C_##ckind *ckind##_##result
#define S(ckind, wdk, result) , FLT_C_##ckind *ckind##_##result
/* Not varied yet: see calls.def. */
#define F(ctype, wdk, value) , __attribute__((unused)) ctype wdk
#define INPUT(type, kind, argument) kind##_##argument##_in,
#define OUTPUT(type, name) name,
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    type name(DROP_FIRST(~parameters)) {                                                           \
        const struct shim p = {EACH_INPUT(INPUT) EACH_OUTPUT(OUTPUT)};                             \
        RETURN_##type perform(opcode, &p);                                                         \
    }
#include "calls.def"
