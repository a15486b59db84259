/* The abstract state as rows. */
#include "../row_sums.h"
#include "state.h"

/* An object without handles, references and a close that is yet to come has no record, so every
 * live one is a row. */
static void totals(const void *self, struct flt_totals *totals) {
    const struct flt_contract *contract = self;
    totals->handles = contract->live_handles.count;
    totals->objects = contract->live_objects.count;
    totals->shows_filters = true;
    totals->world = contract->world;
}

FLT_INLINE void handle_row(const struct flt_contract *contract, uint32_t at,
                           struct flt_handle_row *row) {
    const struct flt_handle_record *handle = &contract->handle[at];
    const struct flt_object_record *object = &contract->object[handle->object];
    row->value = handle->value;
    row->token = object->token;
    row->access = handle->access;
    row->table = handle->table;
    row->type = object->type;
    row->flags = handle->flags;
}

/* The phase follows from the calls, never from the IRPs that the system chose to send. */
FLT_INLINE void object_row(const struct flt_contract *contract, uint32_t at,
                           struct flt_object_row *row) {
    const struct flt_object_record *object = &contract->object[at];
    row->token = object->token;
    row->handles = object->handles;
    row->references = object->references + object->creating;
    row->type = object->type;
    row->phase = flt_is_past_cleanup(object) ? FLT_PHASE_CLEANED : FLT_PHASE_IN_USE;
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

/* ---- the sums of all rows, kept up to date --------------------------------------------------- */

void flt_sum_object(struct flt_contract *contract, uint32_t object) {
    struct flt_object_record *record = &contract->object[object];
    struct flt_object_row row;
    uint64_t hash = 0;
    if (record->state == FLT_OBJECT_LIVE) {
        object_row(contract, object, &row);
        hash = flt_object_row_hash(&row);
    }
    contract->sums.objects += hash - record->summed;
    record->summed = hash;
}

void flt_sum_handle(struct flt_contract *contract, uint32_t handle) {
    struct flt_handle_record *record = &contract->handle[handle];
    struct flt_handle_row row;
    uint64_t hash = 0;
    if (record->live) {
        handle_row(contract, handle, &row);
        hash = flt_handle_row_hash(&row);
    }
    contract->sums.handles += hash - record->summed;
    record->summed = hash;
}

void flt_sum_handles(struct flt_contract *contract) {
    const struct flt_positions *stale =
        contract->unsummed ? &contract->live_handles : &contract->changed;
    for (uint32_t i = 0; i < stale->count; i++)
        flt_sum_handle(contract, stale->at[i]);
    contract->changed.count = 0;
    contract->unsummed = false;
}

static void sums(const void *self, struct flt_sums *sums) {
    const struct flt_contract *contract = self;
    if (contract->touched.count > 0 || contract->changed.count > 0 || contract->unsummed) {
        const struct flt_view view = flt_contract_view(contract);
        flt_walk_sums(&view, sums);
        return;
    }
    sums->handles = contract->sums.handles;
    sums->objects = contract->sums.objects;
    sums->rows = (uint64_t)contract->live_handles.count + contract->live_objects.count;
    sums->filters = flt_filters_sum(&contract->world);
}

static const struct flt_name_row *names(const void *self) {
    return ((const struct flt_contract *)self)->names.row;
}

struct flt_view flt_contract_view(const struct flt_contract *contract) {
    static const struct flt_view_ops ops = {.level = FLT_VIEW_FULL,
                                            .totals = totals,
                                            .handles = handles,
                                            .objects = objects,
                                            .find_handle = find_handle,
                                            .find_object = find_object,
                                            .names = names,
                                            .sums = sums};
    return (struct flt_view){.ops = &ops, .self = contract};
}
