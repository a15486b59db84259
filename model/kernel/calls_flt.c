/* The filter manager's calls. */
#include "calls.h"
#include "closes.h"
#include "opens.h"

NTSTATUS flt_kernel_FltCreateFile(struct flt_system *system, PFLT_FILTER Filter,
                                  PFLT_INSTANCE Instance, PHANDLE FileHandle,
                                  ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                  PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
                                  ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition,
                                  ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                                  ULONG Flags) {
    (void)Filter, (void)Instance, (void)AllocationSize, (void)FileAttributes, (void)ShareAccess;
    (void)CreateDisposition, (void)CreateOptions, (void)EaBuffer, (void)EaLength, (void)Flags;
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_FltCreateFile);
    return flt_open(kernel, &(struct flt_open){.opener = FLT_OP_FltCreateFile,
                                               .type = FLT_TYPE_FILE,
                                               .access = DesiredAccess,
                                               .attributes = ObjectAttributes,
                                               .handle = FileHandle,
                                               .iosb = IoStatusBlock});
}

NTSTATUS flt_kernel_FltCreateFileEx(struct flt_system *system, PFLT_FILTER Filter,
                                    PFLT_INSTANCE Instance, PHANDLE FileHandle,
                                    PFILE_OBJECT *FileObject, ACCESS_MASK DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes,
                                    PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
                                    ULONG FileAttributes, ULONG ShareAccess,
                                    ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
                                    ULONG EaLength, ULONG Flags) {
    (void)Filter, (void)Instance, (void)AllocationSize, (void)FileAttributes, (void)ShareAccess;
    (void)CreateDisposition, (void)CreateOptions, (void)EaBuffer, (void)EaLength, (void)Flags;
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_FltCreateFileEx);
    return flt_open(kernel, &(struct flt_open){.opener = FLT_OP_FltCreateFileEx,
                                               .type = FLT_TYPE_FILE,
                                               .access = DesiredAccess,
                                               .attributes = ObjectAttributes,
                                               .handle = FileHandle,
                                               .object = FileObject,
                                               .iosb = IoStatusBlock});
}

NTSTATUS flt_kernel_FltClose(struct flt_system *system, HANDLE FileHandle) {
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_FltClose);
    return flt_chosen(&kernel->switches, flt_close, own) ? flt_close_own(kernel, FileHandle)
                                                         : flt_close_any(kernel, FileHandle);
}
