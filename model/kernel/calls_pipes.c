/* FltCreateNamedPipeFile and FltCreateMailslotFile: Flt opens in every other respect. */
#include "calls.h"
#include "opens.h"

/* As in calls_create.c. */
#define CREATE(call)                                                                               \
    .opener = FLT_OP_##call, .type = FLT_TYPE_FILE, .filter = flt_filter_number(Filter),           \
    .instance = flt_instance_number(Instance), .access = DesiredAccess,                            \
    .create_options = CreateOptions, .attributes = ObjectAttributes, .context = DriverContext,     \
    .handle = FileHandle, .object = FileObject, .iosb = IoStatusBlock

NTSTATUS flt_kernel_FltCreateNamedPipeFile(
    struct flt_system *system, PFLT_FILTER Filter, PFLT_INSTANCE Instance, PHANDLE FileHandle,
    PFILE_OBJECT *FileObject, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
    PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions,
    ULONG NamedPipeType, ULONG ReadMode, ULONG CompletionMode, ULONG MaximumInstances,
    ULONG InboundQuota, ULONG OutboundQuota, PLARGE_INTEGER DefaultTimeout,
    PIO_DRIVER_CREATE_CONTEXT DriverContext) {
    (void)CompletionMode, (void)InboundQuota, (void)OutboundQuota, (void)DefaultTimeout;
    return flt_open(flt_kernel_enter(system, FLT_OP_FltCreateNamedPipeFile),
                    &(struct flt_open){CREATE(FltCreateNamedPipeFile), .creates = FLT_CREATES_PIPE,
                                       .share = ShareAccess, .disposition = CreateDisposition,
                                       .pipe_type = NamedPipeType, .pipe_mode = ReadMode,
                                       .pipe_most = MaximumInstances});
}

NTSTATUS flt_kernel_FltCreateMailslotFile(
    struct flt_system *system, PFLT_FILTER Filter, PFLT_INSTANCE Instance, PHANDLE FileHandle,
    PFILE_OBJECT *FileObject, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
    PIO_STATUS_BLOCK IoStatusBlock, ULONG CreateOptions, ULONG MailslotQuota,
    ULONG MaximumMessageSize, PLARGE_INTEGER ReadTimeout, PIO_DRIVER_CREATE_CONTEXT DriverContext) {
    (void)MailslotQuota, (void)MaximumMessageSize, (void)ReadTimeout;
    return flt_open(
        flt_kernel_enter(system, FLT_OP_FltCreateMailslotFile),
        &(struct flt_open){CREATE(FltCreateMailslotFile), .creates = FLT_CREATES_MAILSLOT});
}
