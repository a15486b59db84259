/* What an open does to the node that it is of, when it begins and when it ends, and whose it is. */
#include "../include/wdm.h"
#include "state.h"

/* ---- it begins ------------------------------------------------------------------------------- */

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

/* ---- its mark, and its end ------------------------------------------------------------------- */

static bool has_mark(uint32_t mark, const struct flt_node *node) {
    return mark != 0 && mark == node->marking;
}

bool flt_has_marked(const struct flt_contract *contract, uint32_t object) {
    return has_mark(contract->object[object].opened.marked, flt_node_of(contract, object));
}

/* The open is over: what that does to a name that stands. */
static void end_on_name(struct flt_contract *contract, const struct flt_opened *opened) {
    struct flt_node *node = &contract->names.node[opened->node];
    const bool marks = opened->delete_on_close && !flt_has_names_in_it(contract, node);
    node->deleting |= marks;
    if (node->deleting && has_mark(opened->posix, node))
        flt_take_name_away(contract, opened->node, FLT_RULE_posix_delete);
    else if (node->deleting && node->opens == 0)
        flt_take_name_away(contract, opened->node, FLT_RULE_deleted_at_last_handle);
    else if (marks)
        flt_show_node(contract, opened->node, FLT_RULE_delete_on_close_marks);
    else /* what is marked stays until the last of them closes */
        flt_show_node(contract, opened->node,
                      node->deleting ? FLT_RULE_deleted_at_last_handle : FLT_RULE_NONE);
}

static void end_on_server(struct flt_contract *contract, const struct flt_opened *opened) {
    if (opened->counted && contract->names.node[opened->node].opens == 0)
        flt_take_name_away(contract, opened->node, FLT_RULE_deleted_at_last_handle);
    else
        flt_show_node(contract, opened->node, FLT_RULE_NONE);
}

void flt_end_open(struct flt_contract *contract, uint32_t object) {
    struct flt_opened *opened = &contract->object[object].opened;
    struct flt_node *node = &contract->names.node[opened->node];
    if (!opened->is_open)
        return;
    opened->is_open = false;
    flt_end_share(contract, object);
    node->opens -= opened->counted;
    if (!node->named)
        return;
    if (flt_is_served(node))
        end_on_server(contract, opened);
    else
        end_on_name(contract, opened);
}
