/* The whole name that an open spells, with RootDirectory or without, or by a file id. */
#include "../include/wdm.h"
#include "predict.h"

enum { LONGEST_NAME = 64, FILE_ID_UNITS = 4 };

static struct flt_spelled nothing(enum flt_rule rule, NTSTATUS status) {
    return (struct flt_spelled){.rule = rule, .status = (uint32_t)status};
}

/* ---- rows of whole names --------------------------------------------------------------------- */

static bool is_whole(const struct flt_name *name) {
    return name->there != FLT_NAME_ID && name->there != FLT_NAME_BAD;
}

/* What is spelled after the name of a directory, or from the start; 0 when no row has it. */
static uint8_t find_name(const struct flt_name *in, const uint16_t *path, uint16_t length) {
    uint16_t units[LONGEST_NAME];
    size_t count = 0;
    if (length == 0)
        return in ? in->id : 0;
    if ((in ? in->length : 0u) + 1u + length > LONGEST_NAME)
        return 0;
    for (; in && count < in->length; count++)
        units[count] = in->units[count];
    if (in && units[count - 1] != u'\\')
        units[count++] = u'\\';
    for (uint16_t i = 0; i < length; i++)
        units[count++] = path[i];
    const struct flt_name *name = flt_name_by_units(units, count);
    return name && is_whole(name) ? name->id : 0;
}

/* Of a name that has no row: what stands before its last backslash. */
static uint8_t find_directory(const struct flt_name *in, const uint16_t *path, uint16_t length) {
    while (length > 0 && path[length - 1] != u'\\')
        length--;
    if (length == 0)
        return in ? in->id : 0; /* it has no backslash of its own */
    if (length == 1 && !in)
        return FLT_NAME_ID_ROOT;
    return find_name(in, path, (uint16_t)(length - 1));
}

static struct flt_spelled spell(const struct flt_call *call, const struct flt_name *in) {
    struct flt_spelled spelled = {.relative = in != NULL};
    uint16_t length = call->path_length;
    const bool root_itself = !in && length == 1;
    if (!flt_makes_pipe(call->opcode) && length > 0 && call->path[length - 1] == u'\\' &&
        !root_itself) {
        spelled.trailing = true;
        length--;
    }
    spelled.name = find_name(in, call->path, length);
    spelled.directory = spelled.name ? flt_name_by_id(spelled.name)->parent
                                     : find_directory(in, call->path, length);
    return spelled;
}

/* ---- by file id ------------------------------------------------------------------------------ */

static bool opens_by_id(const struct flt_call *call) {
    return !flt_makes_pipe(call->opcode) && call->arg[FLT_ARG_root] != 0 &&
           call->arg[FLT_ARG_create_options] & FILE_OPEN_BY_FILE_ID;
}

static struct flt_spelled spell_by_id(const struct flt_contract *contract,
                                      const struct flt_call *call, const struct flt_node *root) {
    const struct flt_name *id = NULL;
    if (call->path_length == FILE_ID_UNITS && flt_volume_of(root->name) == FLT_VOLUME_V0)
        id = flt_name_by_units(call->path, call->path_length);
    if (!id || id->there != FLT_NAME_ID || !flt_node_under(contract, id->parent)->original)
        return nothing(FLT_RULE_open_by_id, STATUS_INVALID_PARAMETER);
    return (struct flt_spelled){
        .by_id = true, .name = id->parent, .directory = flt_name_by_id(id->parent)->parent};
}

/* ---- with RootDirectory ---------------------------------------------------------------------- */

static struct flt_spelled spell_in(const struct flt_call *call, const struct flt_node *root) {
    if (call->path_length > 0 && call->path[0] == u'\\')
        return nothing(FLT_RULE_open_relative_syntax, STATUS_OBJECT_NAME_INVALID);
    if (root->kind != FLT_NAME_DIRECTORY)
        return nothing(FLT_RULE_open_root_kind, STATUS_OBJECT_PATH_NOT_FOUND);
    if (root->deleting || !root->named)
        return nothing(FLT_RULE_open_delete_pending, STATUS_DELETE_PENDING);
    return spell(call, flt_name_by_id(root->name));
}

static struct flt_spelled spell_with_root(const struct flt_contract *contract,
                                          const struct flt_call *call) {
    const struct flt_named root = flt_resolve(contract, call, call->arg[FLT_ARG_root]);
    if (root.handle == FLT_NOWHERE)
        return nothing(FLT_RULE_open_root_bad, STATUS_INVALID_HANDLE);
    const uint32_t object = contract->handle[root.handle].object;
    struct flt_spelled spelled;
    if (contract->object[object].type != FLT_TYPE_FILE)
        spelled = nothing(FLT_RULE_open_root_bad, STATUS_OBJECT_TYPE_MISMATCH);
    else if (opens_by_id(call))
        spelled = spell_by_id(contract, call, flt_node_of(contract, object));
    else
        spelled = spell_in(call, flt_node_of(contract, object));
    spelled.root_may_be_bad = root.may_be_bad;
    return spelled;
}

struct flt_spelled flt_spell(const struct flt_contract *contract, const struct flt_call *call) {
    if (call->arg[FLT_ARG_root] != 0)
        return spell_with_root(contract, call);
    if (call->path_length == 0 || call->path[0] != u'\\')
        return nothing(FLT_RULE_open_name_syntax, STATUS_OBJECT_PATH_SYNTAX_BAD);
    return spell(call, NULL);
}

/* ---- what is wrong with RootDirectory -------------------------------------------------------- */

static bool is_root_for(const struct flt_contract *contract, const struct flt_call *call,
                        uint32_t object) {
    if (contract->object[object].type != FLT_TYPE_FILE)
        return false;
    const struct flt_node *node = flt_node_of(contract, object);
    return opens_by_id(call) ? flt_volume_of(node->name) == FLT_VOLUME_V0
                             : node->kind == FLT_NAME_DIRECTORY;
}

void flt_find_root_breaches(const struct flt_contract *contract, const struct flt_call *call,
                            struct flt_prediction *prediction) {
    if (call->arg[FLT_ARG_root] == 0)
        return;
    const uint8_t process = flt_process_of(flt_thread_of(contract, call));
    const struct flt_named root = flt_resolve(contract, call, call->arg[FLT_ARG_root]);
    if (root.handle != FLT_NOWHERE &&
        !is_root_for(contract, call, contract->handle[root.handle].object))
        flt_breach(prediction, FLT_RULE_root_is_directory);
    flt_find_use_breaches(contract, call, FLT_ARG_root, process, &root, prediction);
}
