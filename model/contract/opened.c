/* What an open does to the node that it is of, and whose it is. */
#include "../include/wdm.h"
#include "state.h"

/* A superseded file has the attributes that are given now, an overwritten one its own as well. */
static void replace(struct flt_contract *contract, const struct flt_call *call, uint32_t at) {
    const uint32_t given = (uint32_t)call->arg[FLT_ARG_file_attributes];
    const uint32_t old = contract->names.node[at].attributes;
    const bool supersedes = (uint32_t)call->arg[FLT_ARG_disposition] == FILE_SUPERSEDE;
    flt_set_attributes(contract, at, supersedes ? given : old | given, FLT_RULE_attributes_as_made);
}

static uint32_t make(struct flt_contract *contract, const struct flt_call *call,
                     const struct flt_target *target) {
    const uint32_t attributes = (uint32_t)flt_given(call, FLT_ARG_file_attributes);
    const enum flt_rule rule = flt_makes_pipe(call->opcode) ? target->rule : FLT_RULE_open_creates;
    const uint32_t at =
        flt_make_node(contract, target->name, (enum flt_name_there)target->makes, attributes, rule);
    struct flt_node *node = &contract->names.node[at];
    node->pipe_share = (uint32_t)call->arg[FLT_ARG_share];
    node->pipe_instances = (uint32_t)call->arg[FLT_ARG_instances];
    return at;
}

static uint32_t find_or_make(struct flt_contract *contract, const struct flt_call *call,
                             const struct flt_target *target) {
    if (target->makes != FLT_NAME_NOTHING)
        return make(contract, call, target);
    const uint32_t at = contract->names.standing[target->name];
    if (target->replaces)
        replace(contract, call, at);
    if (target->ends_oplock)
        contract->names.node[at].oplocked = false;
    if (target->ends_oplock || target->rule == FLT_RULE_open_oplock_break)
        flt_show_node(contract, at, FLT_RULE_open_oplock_break);
    return at;
}

void flt_begin_open(struct flt_contract *contract, const struct flt_call *call, uint32_t object,
                    const struct flt_target *target) {
    const uint32_t at = find_or_make(contract, call, target);
    struct flt_opened *opened = &contract->object[object].opened;
    flt_join_node(contract, object, at);
    opened->access = target->granted;
    opened->is_open = true;
    opened->counted = target->counted;
    opened->delete_on_close = target->delete_on_close;
    contract->names.node[at].opens += target->counted;
    if (target->shares)
        flt_share(contract, call, object);
    flt_show_node(contract, at, FLT_RULE_NONE);
}

void flt_move_open(struct flt_contract *contract, uint32_t from, uint32_t to) {
    contract->object[to].opened = contract->object[from].opened;
    contract->object[from].opened = (struct flt_opened){.node = 0};
}
