#include "pipes.h"

#include "create_parameters.h"
#include "paths.h"

/* The name must be one of that device; it is left in the target. */
static NTSTATUS find(struct flt_kernel *kernel, const struct flt_open *open,
                     enum flt_name_there device, struct flt_target *target) {
    struct flt_path path;
    NTSTATUS status = flt_path_find(kernel, open, &path);
    if (NT_SUCCESS(status))
        status = flt_path_check_instance(&path, open->instance);
    if (!NT_SUCCESS(status))
        return status;
    const struct flt_name *name = flt_name_by_id(path.name);
    if (!name || name->there != device)
        return STATUS_INVALID_DEVICE_REQUEST;
    target->file.name = path.name;
    target->file.is_server = true;
    target->granted = flt_access_granted_pipe(open->access);
    return STATUS_SUCCESS;
}

/* One more instance of a pipe that is there. */
static NTSTATUS check_instance(const struct flt_nodes *nodes, const struct flt_open *open,
                               uint8_t name) {
    const struct flt_pipe *pipe = &flt_nodes_at(nodes, name)->pipe;
    if (open->disposition == FILE_CREATE || open->share != pipe->share)
        return STATUS_ACCESS_DENIED;
    return flt_nodes_row(nodes, name)->share.open >= pipe->most ? STATUS_INSTANCE_NOT_AVAILABLE
                                                                : STATUS_SUCCESS;
}

NTSTATUS flt_pipe_check(struct flt_kernel *kernel, const struct flt_open *open,
                        struct flt_target *target) {
    const struct flt_nodes *nodes = &kernel->objects.nodes;
    NTSTATUS status = flt_pipe_parameters_check(open);
    if (NT_SUCCESS(status))
        status = find(kernel, open, FLT_NAME_PIPE, target);
    if (!NT_SUCCESS(status))
        return status;
    if (flt_nodes_row(nodes, target->file.name)->there != FLT_NAME_NOTHING) {
        target->information = FILE_OPENED;
        return check_instance(nodes, open, target->file.name);
    }
    target->makes = FLT_NAME_PIPE;
    target->pipe = (struct flt_pipe){.share = open->share, .most = open->pipe_most};
    target->information = FILE_CREATED;
    return open->disposition == FILE_OPEN ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

NTSTATUS flt_mailslot_check(struct flt_kernel *kernel, const struct flt_open *open,
                            struct flt_target *target) {
    NTSTATUS status = flt_mailslot_parameters_check(open);
    if (NT_SUCCESS(status))
        status = find(kernel, open, FLT_NAME_MAILSLOT, target);
    if (!NT_SUCCESS(status))
        return status;
    target->makes = FLT_NAME_MAILSLOT;
    target->information = FILE_CREATED;
    return flt_nodes_row(&kernel->objects.nodes, target->file.name)->there == FLT_NAME_NOTHING
               ? STATUS_SUCCESS
               : STATUS_OBJECT_NAME_COLLISION;
}
