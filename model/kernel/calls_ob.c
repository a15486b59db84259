/* The object manager's calls. */
#include "calls.h"
#include "handles.h"
#include "outputs.h"

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
    const NTSTATUS status =
        check_reference(kernel, Handle, DesiredAccess, ObjectType, AccessMode, &object);
    if (!NT_SUCCESS(status)) {
        flt_fail_object(kernel, Object);
        return status;
    }
    flt_object_add_reference(object);
    *Object = object;
    return STATUS_SUCCESS;
}

static _Noreturn void stop_over_dereference(struct flt_kernel *kernel, const void *type,
                                            const void *object) {
    flt_system_bugcheck(&kernel->system, FLT_STOP_REFERENCE_BY_POINTER, (uint64_t)(uintptr_t)type,
                        (uint64_t)(uintptr_t)object, 0, 0);
}

VOID flt_kernel_ObDereferenceObject(struct flt_system *system, PVOID Object) {
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_ObDereferenceObject);
    if (!flt_object_pool_owns(&kernel->objects.pool, (uint64_t)(uintptr_t)Object))
        stop_over_dereference(kernel, NULL, Object);
    /* A stale object is read here, for the sanitizers to see; it has no references left. */
    struct flt_object *object = Object;
    if (object->references == 0)
        stop_over_dereference(kernel, kernel->system.world.type[object->type], Object);
    flt_object_drop_reference(&kernel->objects, object, flt_kernel_thread(kernel)->process);
}
