/* The calls that open a file by name. */
#include "calls.h"
#include "opens.h"

/* What they have in common: in all of them these parameters have these names. */
#define CREATE(call)                                                                               \
    .opener = FLT_OP_##call, .type = FLT_TYPE_FILE, .creates = FLT_CREATES_FILE,                   \
    .access = DesiredAccess, .share = ShareAccess, .disposition = CreateDisposition,               \
    .create_options = CreateOptions, .file_attributes = FileAttributes,                            \
    .attributes = ObjectAttributes, .handle = FileHandle, .iosb = IoStatusBlock
/* And in those of the filter manager. */
#define FLT_CREATE(call)                                                                           \
    CREATE(call), .filter = flt_filter_number(Filter), .instance = flt_instance_number(Instance),  \
                  .flags = Flags
#define IGNORED() ((void)AllocationSize, (void)EaBuffer, (void)EaLength)

NTSTATUS flt_kernel_FltCreateFile(struct flt_system *system, PFLT_FILTER Filter,
                                  PFLT_INSTANCE Instance, PHANDLE FileHandle,
                                  ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                  PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
                                  ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition,
                                  ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                                  ULONG Flags) {
    IGNORED();
    return flt_open(flt_kernel_enter(system, FLT_OP_FltCreateFile),
                    &(struct flt_open){FLT_CREATE(FltCreateFile)});
}

NTSTATUS flt_kernel_FltCreateFileEx(struct flt_system *system, PFLT_FILTER Filter,
                                    PFLT_INSTANCE Instance, PHANDLE FileHandle,
                                    PFILE_OBJECT *FileObject, ACCESS_MASK DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes,
                                    PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
                                    ULONG FileAttributes, ULONG ShareAccess,
                                    ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                                    ULONG EaLength, ULONG Flags) {
    IGNORED();
    return flt_open(flt_kernel_enter(system, FLT_OP_FltCreateFileEx),
                    &(struct flt_open){FLT_CREATE(FltCreateFileEx), .object = FileObject});
}

NTSTATUS
flt_kernel_FltCreateFileEx2(struct flt_system *system, PFLT_FILTER Filter, PFLT_INSTANCE Instance,
                            PHANDLE FileHandle, PFILE_OBJECT *FileObject, ACCESS_MASK DesiredAccess,
                            POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                            PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                            ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                            ULONG EaLength, ULONG Flags, PIO_DRIVER_CREATE_CONTEXT DriverContext) {
    IGNORED();
    return flt_open(flt_kernel_enter(system, FLT_OP_FltCreateFileEx2),
                    &(struct flt_open){FLT_CREATE(FltCreateFileEx2), .object = FileObject,
                                       .context = DriverContext});
}

NTSTATUS flt_kernel_ZwCreateFile(struct flt_system *system, PHANDLE FileHandle,
                                 ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                 PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
                                 ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition,
                                 ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength) {
    IGNORED();
    return flt_open(flt_kernel_enter(system, FLT_OP_ZwCreateFile),
                    &(struct flt_open){CREATE(ZwCreateFile)});
}
