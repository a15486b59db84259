/* Lists of extra create parameters: objects in the pool, with the caller's reference and no handle.
 * What is in them does not matter here. */
#include "calls.h"
#include "faults.h"
#include "pointers.h"

/* 1. The list. */
static NTSTATUS make_list(struct flt_kernel *kernel, struct flt_object **list) {
    const NTSTATUS status = flt_fault_at_first(kernel);
    if (!NT_SUCCESS(status))
        return status;
    *list = flt_object_new(&kernel->objects, FLT_TYPE_ECP_LIST,
                           FLT_OP_FltAllocateExtraCreateParameterList);
    return *list ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS flt_kernel_FltAllocateExtraCreateParameterList(struct flt_system *system,
                                                        PFLT_FILTER Filter,
                                                        FSRTL_ALLOCATE_ECPLIST_FLAGS Flags,
                                                        PECP_LIST *EcpList) {
    (void)Filter, (void)Flags;
    struct flt_kernel *kernel =
        flt_kernel_enter(system, FLT_OP_FltAllocateExtraCreateParameterList);
    struct flt_object *list;
    const NTSTATUS status = make_list(kernel, &list);
    if (!NT_SUCCESS(status)) {
        *EcpList = NULL; /* the page says so, as few others do */
        return status;
    }
    flt_object_add_reference(list);
    *EcpList = (PECP_LIST)(void *)list;
    return STATUS_SUCCESS;
}

VOID flt_kernel_FltFreeExtraCreateParameterList(struct flt_system *system, PFLT_FILTER Filter,
                                                PECP_LIST EcpList) {
    (void)Filter;
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_FltFreeExtraCreateParameterList);
    struct flt_object *list = flt_pointed_object(kernel, EcpList);
    if (list->type != FLT_TYPE_ECP_LIST)
        flt_stop_bad_reference(kernel, NULL, EcpList);
    flt_object_drop_reference(&kernel->objects, list, flt_kernel_process(kernel));
}
