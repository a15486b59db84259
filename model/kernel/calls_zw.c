/* The Zw calls but for ZwCreateFile, and NtClose. */
#include "calls.h"
#include "closes.h"
#include "duplicates.h"
#include "faults.h"
#include "handles.h"
#include "opens.h"

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

NTSTATUS flt_kernel_ZwCreateSection(struct flt_system *system, PHANDLE SectionHandle,
                                    ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                    PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection,
                                    ULONG AllocationAttributes, HANDLE FileHandle) {
    (void)MaximumSize, (void)SectionPageProtection, (void)AllocationAttributes;
    (void)FileHandle; /* nothing is mapped */
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_ZwCreateSection);
    return flt_open(kernel, &(struct flt_open){.opener = FLT_OP_ZwCreateSection,
                                               .type = FLT_TYPE_SECTION,
                                               .access = DesiredAccess,
                                               .attributes = ObjectAttributes,
                                               .handle = SectionHandle});
}

NTSTATUS flt_kernel_ZwOpenKey(struct flt_system *system, PHANDLE KeyHandle,
                              ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_ZwOpenKey);
    return flt_open(kernel, &(struct flt_open){.opener = FLT_OP_ZwOpenKey,
                                               .type = FLT_TYPE_KEY,
                                               .access = DesiredAccess,
                                               .attributes = ObjectAttributes,
                                               .handle = KeyHandle});
}

NTSTATUS flt_kernel_ZwClose(struct flt_system *system, HANDLE Handle) {
    return flt_close_any(flt_kernel_enter(system, FLT_OP_ZwClose), Handle, KernelMode);
}

/* The only call here that asks for the previous mode: Zw calls are made with KernelMode. */
NTSTATUS flt_kernel_NtClose(struct flt_system *system, HANDLE Handle) {
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_NtClose);
    return flt_close_any(kernel, Handle, flt_kernel_thread(kernel)->previous_mode);
}

NTSTATUS flt_kernel_ZwDuplicateObject(struct flt_system *system, HANDLE SourceProcessHandle,
                                      HANDLE SourceHandle, HANDLE TargetProcessHandle,
                                      PHANDLE TargetHandle, ACCESS_MASK DesiredAccess,
                                      ULONG HandleAttributes, ULONG Options) {
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_ZwDuplicateObject);
    return flt_duplicate(kernel, &(struct flt_duplicate){.from = SourceProcessHandle,
                                                         .source = SourceHandle,
                                                         .to = TargetProcessHandle,
                                                         .handle = TargetHandle,
                                                         .access = DesiredAccess,
                                                         .attributes = HandleAttributes,
                                                         .options = Options});
}

NTSTATUS flt_kernel_ZwSetInformationObject(struct flt_system *system, HANDLE Handle,
                                           OBJECT_INFORMATION_CLASS ObjectInformationClass,
                                           PVOID ObjectInformation, ULONG ObjectInformationLength) {
    (void)ObjectInformationClass, (void)ObjectInformationLength; /* there is but one class */
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_ZwSetInformationObject);
    const OBJECT_HANDLE_FLAG_INFORMATION *flags = ObjectInformation;
    struct flt_found found;
    if (!flt_handle_resolve(kernel, Handle, KernelMode, &found))
        return STATUS_INVALID_HANDLE;
    const NTSTATUS status = flt_fault_at_first(kernel);
    if (NT_SUCCESS(status))
        flt_handle_table_set_flags(found.table, found.index,
                                   (uint8_t)((flags->Inherit ? FLT_HANDLE_INHERIT : 0) |
                                             (flags->ProtectFromClose ? FLT_HANDLE_PROTECT : 0)));
    return status;
}

/* What the calls that use a file have in common. What they transfer does not matter here. */
static NTSTATUS use_file(struct flt_kernel *kernel, HANDLE handle) {
    struct flt_found found;
    if (!flt_handle_resolve(kernel, handle, KernelMode, &found))
        return STATUS_INVALID_HANDLE;
    return found.entry->object->type == FLT_TYPE_FILE ? flt_fault_at_first(kernel)
                                                      : STATUS_OBJECT_TYPE_MISMATCH;
}

NTSTATUS flt_kernel_ZwReadFile(struct flt_system *system, HANDLE FileHandle, HANDLE Event,
                               PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                               PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                               PLARGE_INTEGER ByteOffset, PULONG Key) {
    (void)Event, (void)ApcRoutine, (void)ApcContext, (void)IoStatusBlock;
    (void)Buffer, (void)Length, (void)ByteOffset, (void)Key;
    return use_file(flt_kernel_enter(system, FLT_OP_ZwReadFile), FileHandle);
}

NTSTATUS flt_kernel_ZwQueryInformationFile(struct flt_system *system, HANDLE FileHandle,
                                           PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                           ULONG Length,
                                           FILE_INFORMATION_CLASS FileInformationClass) {
    (void)IoStatusBlock, (void)FileInformation, (void)Length, (void)FileInformationClass;
    return use_file(flt_kernel_enter(system, FLT_OP_ZwQueryInformationFile), FileHandle);
}
