/* The filter manager's calls but for those that create. */
#include "calls.h"
#include "closes.h"
#include "deletion.h"
#include "faults.h"
#include "opens.h"
#include "pointers.h"

/* What only FltOpenVolume looks at, before what every Flt open does. */
static NTSTATUS check_volume(const struct flt_kernel *kernel, enum flt_instance instance) {
    if (instance == FLT_INSTANCE_NULL || flt_is_on_network(instance))
        return STATUS_INVALID_PARAMETER;
    return flt_filters_is_tearing_down(&kernel->filters, instance) ? STATUS_FLT_DELETING_OBJECT
                                                                   : STATUS_SUCCESS;
}

NTSTATUS flt_kernel_FltOpenVolume(struct flt_system *system, PFLT_INSTANCE Instance,
                                  PHANDLE VolumeHandle, PFILE_OBJECT *VolumeFileObject) {
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_FltOpenVolume);
    const enum flt_instance instance = flt_instance_number(Instance);
    OBJECT_ATTRIBUTES attributes; /* none to choose */
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    const struct flt_open open = {.opener = FLT_OP_FltOpenVolume,
                                  .type = FLT_TYPE_FILE,
                                  .filter = flt_filters_of(&kernel->filters, instance),
                                  .instance = instance,
                                  .access = FILE_READ_ATTRIBUTES | SYNCHRONIZE,
                                  .attributes = &attributes,
                                  .handle = VolumeHandle,
                                  .object = VolumeFileObject};
    const NTSTATUS status = check_volume(kernel, instance);
    return NT_SUCCESS(status) ? flt_open(kernel, &open) : flt_open_failed(kernel, &open, status);
}

NTSTATUS flt_kernel_FltClose(struct flt_system *system, HANDLE FileHandle) {
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_FltClose);
    return flt_chosen(&kernel->switches, flt_close, own)
               ? flt_close_own(kernel, FileHandle)
               : flt_close_any(kernel, FileHandle, KernelMode);
}

/* What the calls that use a file object have in common. */
static NTSTATUS check_file(const struct flt_object *object) {
    if (object->type != FLT_TYPE_FILE)
        return STATUS_OBJECT_TYPE_MISMATCH;
    return object->phase == FLT_PHASE_CLEANED ? STATUS_FILE_CLOSED : STATUS_SUCCESS;
}

/* What they transfer does not matter here. */
static NTSTATUS use_file(struct flt_kernel *kernel, PFILE_OBJECT file) {
    const NTSTATUS status = check_file(flt_pointed_object(kernel, file));
    return NT_SUCCESS(status) ? flt_fault_at_first(kernel) : status;
}

NTSTATUS flt_kernel_FltReadFile(struct flt_system *system, PFLT_INSTANCE InitiatingInstance,
                                PFILE_OBJECT FileObject, PLARGE_INTEGER ByteOffset, ULONG Length,
                                PVOID Buffer, FLT_IO_OPERATION_FLAGS Flags, PULONG BytesRead,
                                PFLT_COMPLETED_ASYNC_IO_CALLBACK CallbackRoutine,
                                PVOID CallbackContext) {
    (void)InitiatingInstance, (void)ByteOffset, (void)Length, (void)Buffer, (void)Flags;
    (void)BytesRead, (void)CallbackRoutine, (void)CallbackContext;
    return use_file(flt_kernel_enter(system, FLT_OP_FltReadFile), FileObject);
}

NTSTATUS flt_kernel_FltWriteFile(struct flt_system *system, PFLT_INSTANCE InitiatingInstance,
                                 PFILE_OBJECT FileObject, PLARGE_INTEGER ByteOffset, ULONG Length,
                                 PVOID Buffer, FLT_IO_OPERATION_FLAGS Flags, PULONG BytesWritten,
                                 PFLT_COMPLETED_ASYNC_IO_CALLBACK CallbackRoutine,
                                 PVOID CallbackContext) {
    (void)InitiatingInstance, (void)ByteOffset, (void)Length, (void)Buffer, (void)Flags;
    (void)BytesWritten, (void)CallbackRoutine, (void)CallbackContext;
    return use_file(flt_kernel_enter(system, FLT_OP_FltWriteFile), FileObject);
}

NTSTATUS flt_kernel_FltQueryInformationFile(struct flt_system *system, PFLT_INSTANCE Instance,
                                            PFILE_OBJECT FileObject, PVOID FileInformation,
                                            ULONG Length,
                                            FILE_INFORMATION_CLASS FileInformationClass,
                                            PULONG LengthReturned) {
    (void)Instance, (void)FileInformation, (void)Length, (void)FileInformationClass;
    (void)LengthReturned;
    return use_file(flt_kernel_enter(system, FLT_OP_FltQueryInformationFile), FileObject);
}

/* The plain class sets but one of the flags. All of them stand for what is no disposition. */
static ULONG disposition_of(const void *information, FILE_INFORMATION_CLASS kind) {
    if (kind == FileDispositionInformationEx)
        return ((const FILE_DISPOSITION_INFORMATION_EX *)information)->Flags;
    if (kind != FileDispositionInformation)
        return UINT32_MAX;
    return ((const FILE_DISPOSITION_INFORMATION *)information)->DeleteFile ? FILE_DISPOSITION_DELETE
                                                                           : 0;
}

NTSTATUS flt_kernel_FltSetInformationFile(struct flt_system *system, PFLT_INSTANCE Instance,
                                          PFILE_OBJECT FileObject, PVOID FileInformation,
                                          ULONG Length,
                                          FILE_INFORMATION_CLASS FileInformationClass) {
    (void)Instance, (void)Length;
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_FltSetInformationFile);
    struct flt_nodes *nodes = &kernel->objects.nodes;
    const ULONG flags = disposition_of(FileInformation, FileInformationClass);
    struct flt_object *object = flt_pointed_object(kernel, FileObject);
    NTSTATUS status = check_file(object);
    if (NT_SUCCESS(status))
        status = flt_deletion_check(nodes, &object->file, flags);
    if (NT_SUCCESS(status))
        status = flt_fault_at_first(kernel);
    if (NT_SUCCESS(status))
        flt_deletion_set(nodes, &object->file, flags);
    return status;
}

NTSTATUS flt_kernel_FltRegisterFilter(struct flt_system *system, PDRIVER_OBJECT Driver,
                                      const FLT_REGISTRATION *Registration,
                                      PFLT_FILTER *RetFilter) {
    (void)Registration; /* nothing calls back */
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_FltRegisterFilter);
    if (!Driver)
        return STATUS_INVALID_PARAMETER;
    const enum flt_filter filter = (enum flt_filter)Driver->filter;
    if (flt_filters_state(&kernel->filters, filter) != FLT_FILTER_GONE)
        return STATUS_OBJECT_NAME_COLLISION;
    const NTSTATUS status = flt_fault_at_first(kernel);
    if (!NT_SUCCESS(status))
        return status;
    flt_filters_register(&kernel->filters, filter);
    *RetFilter = &kernel->filter[filter];
    return STATUS_SUCCESS;
}

NTSTATUS flt_kernel_FltStartFiltering(struct flt_system *system, PFLT_FILTER Filter) {
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_FltStartFiltering);
    const enum flt_filter filter = flt_filter_number(Filter);
    if (flt_filters_state(&kernel->filters, filter) != FLT_FILTER_REGISTERED)
        return STATUS_INVALID_PARAMETER;
    const NTSTATUS status = flt_fault_at_first(kernel);
    if (NT_SUCCESS(status))
        flt_filters_start(&kernel->filters, filter);
    return status;
}

VOID flt_kernel_FltUnregisterFilter(struct flt_system *system, PFLT_FILTER Filter) {
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_FltUnregisterFilter);
    flt_filters_unregister(&kernel->filters, flt_filter_number(Filter));
}
