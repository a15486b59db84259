/* FltSetInformationFile: a name is marked for deletion, or not any more. It goes with the last
 * close of an open of it (opened.c). */
#include "../include/wdm.h"
#include "predict.h"

static bool asks_to_delete(const struct flt_call *call) {
    return call->arg[FLT_ARG_delete] & FILE_DISPOSITION_DELETE;
}

/* What stands against marking the node. */
static NTSTATUS refusal_to_delete(const struct flt_contract *contract, const struct flt_call *call,
                                  const struct flt_node *node) {
    const bool ignores = call->arg[FLT_ARG_delete] & FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE;
    if (flt_volume_of(node->name) == FLT_VOLUME_W0)
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (node->name == FLT_NAME_ID_ROOT)
        return STATUS_CANNOT_DELETE;
    if (node->attributes & FILE_ATTRIBUTE_READONLY && !ignores)
        return STATUS_CANNOT_DELETE;
    return flt_has_names_in_it(contract, node) ? STATUS_DIRECTORY_NOT_EMPTY : STATUS_SUCCESS;
}

static NTSTATUS refusal_to_set(const struct flt_contract *contract, const struct flt_call *call,
                               const struct flt_node *node) {
    const uint32_t known = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS |
                           FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK |
                           FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE;
    if ((uint32_t)call->arg[FLT_ARG_delete] & ~known || node->kind == FLT_NAME_VOLUME ||
        flt_is_served(node))
        return STATUS_INVALID_PARAMETER;
    if (!node->named)
        return STATUS_FILE_DELETED;
    return asks_to_delete(call) ? refusal_to_delete(contract, call, node) : STATUS_SUCCESS;
}

static void find_breaches(const struct flt_contract *contract, const struct flt_call *call,
                          uint32_t object, struct flt_prediction *prediction) {
    if (flt_is_past_cleanup(&contract->object[object]))
        flt_breach(prediction, FLT_RULE_file_object_open);
    if (!asks_to_delete(call))
        return;
    if (flt_has_marked(contract, object))
        flt_breach(prediction, FLT_RULE_marked_only_closed);
    if (!(contract->object[object].opened.access & DELETE))
        flt_breach(prediction, FLT_RULE_delete_needs_access);
}

FLT_PREDICT(FltSetInformationFile) {
    const uint32_t at = flt_find_held_object(contract, call, prediction);
    if (at == FLT_NOWHERE)
        return;
    const struct flt_object_record *object = &contract->object[at];
    if (object->type != FLT_TYPE_FILE) {
        flt_breach(prediction, FLT_RULE_file_object_is_file);
        return;
    }
    find_breaches(contract, call, at, prediction);
    const NTSTATUS refusal = refusal_to_set(contract, call, flt_node_of(contract, at));
    if (flt_is_past_cleanup(object)) {
        flt_expect(prediction, FLT_RULE_use_open_file_object, (uint32_t)STATUS_FILE_CLOSED);
    } else if (refusal != STATUS_SUCCESS) {
        flt_expect(prediction, FLT_RULE_set_disposition_refused, (uint32_t)refusal);
    } else {
        struct flt_allowed *allowed =
            flt_expect(prediction, FLT_RULE_set_disposition, STATUS_SUCCESS);
        if (asks_to_delete(call) && !(object->opened.access & DELETE))
            flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_ACCESS_DENIED);
    }
}

static void mark(struct flt_node *node, struct flt_opened *opened, bool posix) {
    node->deleting = true;
    opened->marked = node->marking;
    opened->posix = posix ? node->marking : 0;
}

static void take_mark_away(struct flt_node *node) {
    node->deleting = false;
    node->marking++;
}

FLT_OBSERVE(FltSetInformationFile) {
    (void)violation;
    const uint32_t object = flt_find_object(contract, call->arg[FLT_ARG_object]);
    if (!flt_success(outcome->status) || object == FLT_NOWHERE)
        return;
    struct flt_opened *opened = &contract->object[object].opened;
    struct flt_node *node = &contract->names.node[opened->node];
    if (asks_to_delete(call))
        mark(node, opened, call->arg[FLT_ARG_delete] & FILE_DISPOSITION_POSIX_SEMANTICS);
    else
        take_mark_away(node);
    flt_show_node(contract, opened->node, FLT_RULE_set_disposition);
}
