/* What FltCreateNamedPipeFile and FltCreateMailslotFile come to: the server's end of a pipe or a
 * mailslot. Clients open them by name (targets.c). */
#include "../include/wdm.h"
#include "predict.h"

static bool is_of_kind(uint8_t name, enum flt_name_there kind) {
    const struct flt_name *row = flt_name_by_id(name);
    return row && row->there == kind;
}

/* One more end of a pipe that is there. */
static void find_next_end(const struct flt_call *call, const struct flt_node *pipe,
                          struct flt_target *target) {
    const uint32_t share = (uint32_t)call->arg[FLT_ARG_share];
    if ((uint32_t)call->arg[FLT_ARG_disposition] == FILE_CREATE) {
        flt_refuse(target, FLT_RULE_pipe_create, (uint32_t)STATUS_ACCESS_DENIED);
        target->or_status = (uint32_t)STATUS_OBJECT_NAME_COLLISION;
    } else if (share != pipe->pipe_share) {
        flt_refuse(target, FLT_RULE_pipe_instances, (uint32_t)STATUS_ACCESS_DENIED);
    } else if (pipe->opens >= pipe->pipe_instances) {
        flt_refuse(target, FLT_RULE_pipe_instances, (uint32_t)STATUS_INSTANCE_NOT_AVAILABLE);
    } else {
        target->rule = FLT_RULE_pipe_create;
        target->information = FILE_OPENED;
    }
}

static void find_pipe(const struct flt_contract *contract, const struct flt_call *call,
                      struct flt_target *target) {
    const struct flt_node *pipe = flt_node_under(contract, target->name);
    if (!is_of_kind(target->name, FLT_NAME_PIPE)) {
        flt_refuse(target, FLT_RULE_pipe_device, (uint32_t)STATUS_INVALID_DEVICE_REQUEST);
    } else if (pipe->kind != FLT_NAME_NOTHING) {
        find_next_end(call, pipe, target);
    } else if ((uint32_t)call->arg[FLT_ARG_disposition] == FILE_OPEN) {
        flt_refuse(target, FLT_RULE_pipe_create, (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
    } else {
        target->rule = FLT_RULE_pipe_create;
        target->makes = FLT_NAME_PIPE;
        target->information = FILE_CREATED;
    }
}

static void find_mailslot(const struct flt_contract *contract, struct flt_target *target) {
    if (!is_of_kind(target->name, FLT_NAME_MAILSLOT)) {
        flt_refuse(target, FLT_RULE_pipe_device, (uint32_t)STATUS_INVALID_DEVICE_REQUEST);
    } else if (flt_node_under(contract, target->name)->kind != FLT_NAME_NOTHING) {
        flt_refuse(target, FLT_RULE_mailslot_create, (uint32_t)STATUS_OBJECT_NAME_COLLISION);
    } else {
        target->rule = FLT_RULE_mailslot_create;
        target->makes = FLT_NAME_MAILSLOT;
        target->information = FILE_CREATED;
    }
}

struct flt_target flt_find_pipe_target(const struct flt_contract *contract,
                                       const struct flt_call *call) {
    const struct flt_spelled spelled = flt_spell(contract, call);
    struct flt_target target = {
        .counted = true, .granted = flt_granted_pipe_access((uint32_t)call->arg[FLT_ARG_access])};
    if (flt_pipe_parameters_bad(call)) {
        flt_refuse(&target, FLT_RULE_pipe_parameters_checked, (uint32_t)STATUS_INVALID_PARAMETER);
        return target;
    }
    target.root_may_be_bad = spelled.root_may_be_bad;
    target.name = spelled.name;
    if (spelled.rule != FLT_RULE_NONE) {
        flt_refuse(&target, spelled.rule, spelled.status);
    } else if (flt_is_on_wrong_instance(call, target.name)) {
        flt_refuse(&target, FLT_RULE_open_wrong_volume, (uint32_t)STATUS_MOUNT_POINT_NOT_RESOLVED);
        target.or_status = (uint32_t)STATUS_INVALID_DEVICE_OBJECT_PARAMETER;
    } else if (call->opcode == FLT_OP_FltCreateNamedPipeFile) {
        find_pipe(contract, call, &target);
    } else {
        find_mailslot(contract, &target);
    }
    return target;
}
