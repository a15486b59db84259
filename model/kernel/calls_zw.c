/* The Zw calls. */
#include "calls.h"
#include "closes.h"
#include "opens.h"

NTSTATUS flt_kernel_ZwCreateFile(struct flt_system *system, PHANDLE FileHandle,
                                 ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                 PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize,
                                 ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition,
                                 ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength) {
    (void)AllocationSize, (void)FileAttributes, (void)ShareAccess, (void)CreateDisposition;
    (void)CreateOptions, (void)EaBuffer, (void)EaLength;
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_ZwCreateFile);
    return flt_open(kernel, &(struct flt_open){.opener = FLT_OP_ZwCreateFile,
                                               .type = FLT_TYPE_FILE,
                                               .access = DesiredAccess,
                                               .attributes = ObjectAttributes,
                                               .handle = FileHandle,
                                               .iosb = IoStatusBlock});
}

NTSTATUS flt_kernel_ZwCreateEvent(struct flt_system *system, PHANDLE EventHandle,
                                  ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                  EVENT_TYPE EventType, BOOLEAN InitialState) {
    (void)EventType, (void)InitialState; /* nothing waits for events */
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_ZwCreateEvent);
    return flt_open(kernel, &(struct flt_open){.opener = FLT_OP_ZwCreateEvent,
                                               .type = FLT_TYPE_EVENT,
                                               .access = DesiredAccess,
                                               .attributes = ObjectAttributes,
                                               .handle = EventHandle});
}

NTSTATUS flt_kernel_ZwClose(struct flt_system *system, HANDLE Handle) {
    return flt_close_any(flt_kernel_enter(system, FLT_OP_ZwClose), Handle);
}
