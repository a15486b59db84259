/* The object manager's calls. */
#include "calls.h"
#include "closes.h"
#include "faults.h"
#include "handles.h"
#include "outputs.h"
#include "pointers.h"

static NTSTATUS check_reference(struct flt_kernel *kernel, HANDLE handle, ACCESS_MASK access,
                                const OBJECT_TYPE *type, KPROCESSOR_MODE mode,
                                struct flt_object **object) {
    struct flt_found found;
    if (!flt_handle_resolve(kernel, handle, mode, &found))
        return STATUS_INVALID_HANDLE;
    const enum flt_type actual = (enum flt_type)found.entry->object->type;
    if (type && type != &kernel->type[actual])
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (mode == UserMode && flt_access_needed(actual, access) & ~found.entry->access)
        return STATUS_ACCESS_DENIED;
    *object = found.entry->object;
    return STATUS_SUCCESS;
}

NTSTATUS flt_kernel_ObReferenceObjectByHandle(struct flt_system *system, HANDLE Handle,
                                              ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                              KPROCESSOR_MODE AccessMode, PVOID *Object,
                                              POBJECT_HANDLE_INFORMATION HandleInformation) {
    (void)HandleInformation;
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_ObReferenceObjectByHandle);
    struct flt_object *object;
    NTSTATUS status =
        check_reference(kernel, Handle, DesiredAccess, ObjectType, AccessMode, &object);
    if (NT_SUCCESS(status))
        status = flt_fault_at_first(kernel);
    if (!NT_SUCCESS(status)) {
        flt_fail_object(kernel, Object);
        return status;
    }
    flt_object_add_reference(object);
    *Object = object;
    return STATUS_SUCCESS;
}

VOID flt_kernel_ObDereferenceObject(struct flt_system *system, PVOID Object) {
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_ObDereferenceObject);
    struct flt_object *object = flt_pointed_object(kernel, Object);
    if (object->references == 0)
        flt_stop_bad_reference(kernel, kernel->system.world.type[object->type], Object);
    flt_object_drop_reference(&kernel->objects, object, flt_kernel_process(kernel));
}

VOID flt_kernel_ObReferenceObject(struct flt_system *system, PVOID Object) {
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_ObReferenceObject);
    flt_object_add_reference(flt_pointed_object(kernel, Object));
}

static NTSTATUS check_open(const struct flt_kernel *kernel, const struct flt_object *object,
                           const OBJECT_TYPE *type) {
    if (type && type != &kernel->type[object->type])
        return STATUS_OBJECT_TYPE_MISMATCH;
    /* Past cleanup a file object is on its way out. Objects without IRPs never are. */
    return object->phase == FLT_PHASE_CLEANED ? STATUS_FILE_CLOSED : STATUS_SUCCESS;
}

static NTSTATUS open_object(struct flt_kernel *kernel, struct flt_object *object, ULONG attributes,
                            ACCESS_MASK access, PHANDLE handle) {
    const struct flt_handle_entry entry = {
        .object = object,
        .access = flt_access_granted((enum flt_type)object->type, access),
        .flags = flt_handle_flags(attributes),
        .opener = FLT_OP_ObOpenObjectByPointer};
    return flt_handle_add(kernel, flt_handle_table_for(kernel, attributes), &entry, handle);
}

NTSTATUS flt_kernel_ObOpenObjectByPointer(struct flt_system *system, PVOID Object,
                                          ULONG HandleAttributes, PACCESS_STATE PassedAccessState,
                                          ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                          KPROCESSOR_MODE AccessMode, PHANDLE Handle) {
    (void)PassedAccessState, (void)AccessMode; /* objects carry no security to check */
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_ObOpenObjectByPointer);
    struct flt_object *object = flt_pointed_object(kernel, Object);
    NTSTATUS status = check_open(kernel, object, ObjectType);
    if (NT_SUCCESS(status))
        status = open_object(kernel, object, HandleAttributes, DesiredAccess, Handle);
    if (!NT_SUCCESS(status))
        flt_fail_handle(kernel, Handle);
    return status;
}

NTSTATUS flt_kernel_ObCloseHandle(struct flt_system *system, HANDLE Handle,
                                  KPROCESSOR_MODE PreviousMode) {
    return flt_close_any(flt_kernel_enter(system, FLT_OP_ObCloseHandle), Handle, PreviousMode);
}
