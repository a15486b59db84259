/* The abstract state as rows. */
#include "state.h"

/* An object without handles, references and a close that is yet to come has no record, so every live
 * one is a row. */
static void totals(const void *self, struct flt_totals *totals) {
    const struct flt_contract *contract = self;
    totals->handles = contract->live_handles.count;
    totals->objects = contract->live_objects.count;
}

static void handle_row(const struct flt_contract *contract, uint32_t at,
                       struct flt_handle_row *row) {
    const struct flt_handle_record *handle = &contract->handle[at];
    const struct flt_object_record *object = &contract->object[handle->object];
    *row = (struct flt_handle_row){.value = handle->value,
                                   .token = object->token,
                                   .access = handle->access,
                                   .table = handle->table,
                                   .type = object->type,
                                   .flags = handle->flags};
}

/* The phase follows from the handles, never from the IRPs that the system chose to send. */
static void object_row(const struct flt_contract *contract, uint32_t at,
                       struct flt_object_row *row) {
    const struct flt_object_record *object = &contract->object[at];
    const bool cleaned = object->type == FLT_TYPE_FILE && object->handles == 0;
    *row = (struct flt_object_row){.token = object->token,
                                   .handles = object->handles,
                                   .references = object->references,
                                   .type = object->type,
                                   .phase = cleaned ? FLT_PHASE_CLEANED : FLT_PHASE_IN_USE};
}

static size_t handles(const void *self, size_t *cursor, struct flt_handle_row *rows, size_t room) {
    const struct flt_contract *contract = self;
    size_t count = 0;
    while (count < room && *cursor < contract->live_handles.count)
        handle_row(contract, contract->live_handles.at[(*cursor)++], &rows[count++]);
    return count;
}

static size_t objects(const void *self, size_t *cursor, struct flt_object_row *rows, size_t room) {
    const struct flt_contract *contract = self;
    size_t count = 0;
    while (count < room && *cursor < contract->live_objects.count)
        object_row(contract, contract->live_objects.at[(*cursor)++], &rows[count++]);
    return count;
}

static bool find_handle(const void *self, uint8_t table, uint64_t value,
                        struct flt_handle_row *row) {
    const struct flt_contract *contract = self;
    const uint32_t at = flt_find_handle(contract, table, value);
    if (at == FLT_NOWHERE || !contract->handle[at].live)
        return false;
    handle_row(contract, at, row);
    return true;
}

static bool find_object(const void *self, uint64_t token, struct flt_object_row *row) {
    const struct flt_contract *contract = self;
    const uint32_t at = flt_find_object(contract, token);
    if (at == FLT_NOWHERE || contract->object[at].state != FLT_OBJECT_LIVE)
        return false;
    object_row(contract, at, row);
    return true;
}

struct flt_view flt_contract_view(const struct flt_contract *contract) {
    static const struct flt_view_ops ops = {.level = FLT_VIEW_FULL,
                                            .totals = totals,
                                            .handles = handles,
                                            .objects = objects,
                                            .find_handle = find_handle,
                                            .find_object = find_object};
    return (struct flt_view){.ops = &ops, .self = contract};
}
