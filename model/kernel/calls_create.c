/* The calls that open a file by name, and FltCancelFileOpen. */
#include "calls.h"
#include "opens.h"
#include "pointers.h"

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

enum { REASON_CANCEL_AFTER_HANDLE = 0x6A }; /* of FLTMGR_FILE_SYSTEM */

/* It is for files that have no handle yet. A file object that a caller of ours can name has one, or
 * had. */
VOID flt_kernel_FltCancelFileOpen(struct flt_system *system, PFLT_INSTANCE Instance,
                                  PFILE_OBJECT FileObject) {
    (void)Instance;
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_FltCancelFileOpen);
    const struct flt_object *object = flt_pointed_object(kernel, FileObject);
    flt_system_bugcheck(system, FLT_STOP_FLTMGR_FILE_SYSTEM, REASON_CANCEL_AFTER_HANDLE,
                        (uint64_t)(uintptr_t)object, 0, 0);
}
