#include "compare.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "row_sums.h"

FLT_INLINE void sums_of(const struct flt_view *view, struct flt_sums *sums) {
    if (view->ops->sums)
        view->ops->sums(view->self, sums);
    else
        flt_walk_sums(view, sums);
}

_Static_assert(sizeof(struct flt_name_row) == 9 * sizeof(uint32_t),
               "bytes without gaps, which memcmp may compare");

static bool same_name_rows(const struct flt_view *system, const struct flt_view *contract) {
    return !system->ops->names ||
           memcmp(system->ops->names(system->self), contract->ops->names(contract->self),
                  FLT_NAME_LIMIT * sizeof(struct flt_name_row)) == 0;
}

bool flt_same_rows(const struct flt_view *system, const struct flt_view *contract, uint64_t *rows) {
    struct flt_sums theirs, ours;
    sums_of(system, &theirs);
    sums_of(contract, &ours);
    *rows += theirs.rows;
    return theirs.handles == ours.handles && theirs.objects == ours.objects &&
           theirs.rows == ours.rows && (theirs.filters == 0 || theirs.filters == ours.filters) &&
           same_name_rows(system, contract);
}

/* ---- naming a difference --------------------------------------------------------------------- */

static bool blame(enum flt_rule rule, const struct flt_compare_context *context,
                  struct flt_violation *violation, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A failed call may change nothing at all, so that rule comes before the one for the row. */
static bool blame(enum flt_rule rule, const struct flt_compare_context *context,
                  struct flt_violation *violation, const char *format, ...) {
    violation->rule = context->failed ? FLT_RULE_failed_call_changes_nothing : rule;
    va_list list;
    va_start(list, format);
    vsnprintf(violation->what, sizeof violation->what, format, list);
    va_end(list);
    return false;
}

static enum flt_rule of_table(enum flt_rule rule, const struct flt_compare_context *context,
                              uint8_t table) {
    return context->names_a_table && context->table != table ? FLT_RULE_tables_apart : rule;
}

/* The row is of a handle that the last call must have closed, or kept though it closes such ones.
 */
static enum flt_rule of_closes(enum flt_rule rule, const struct flt_compare_context *context,
                               const struct flt_handle_row *row) {
    const bool meant = context->closes != FLT_RULE_NONE && context->closes_in == row->table &&
                       (context->closes_all || context->closes_value == row->value);
    return meant ? context->closes : of_table(rule, context, row->table);
}

static const char *table_name(uint8_t table) {
    return table == FLT_TABLE_KERNEL ? "the kernel table"
                                     : flt_constant_name(FLT_GROUP_PROCESS, table);
}

static bool same_handle(const struct flt_handle_row *system, const struct flt_handle_row *contract,
                        const struct flt_compare_context *context,
                        struct flt_violation *violation) {
    if (flt_handle_row_hash(system) == flt_handle_row_hash(contract))
        return true;
    return blame(
        of_table(FLT_RULE_handle_as_granted, context, system->table), context, violation,
        "handle 0x%" PRIx64 " in %s: object %" PRIu32 ", type %u, access 0x%" PRIx32
        ", flags %u; it must be: object %" PRIu32 ", type %u, access 0x%" PRIx32 ", flags %u",
        system->value, table_name(system->table),
        flt_contract_object_number(context->contract, system->token), system->type, system->access,
        system->flags, flt_contract_object_number(context->contract, contract->token),
        contract->type, contract->access, contract->flags);
}

static bool handle_missing(const struct flt_handle_row *row,
                           const struct flt_compare_context *context,
                           struct flt_violation *violation) {
    return blame(of_closes(FLT_RULE_open_handle_stays, context, row), context, violation,
                 "handle 0x%" PRIx64 " is no longer in %s, and nobody closed it", row->value,
                 table_name(row->table));
}

static bool handle_extra(const struct flt_handle_row *row,
                         const struct flt_compare_context *context,
                         struct flt_violation *violation) {
    return blame(of_closes(FLT_RULE_closed_handle_gone, context, row), context, violation,
                 "handle 0x%" PRIx64 " is in %s: it was closed, or no call opened it", row->value,
                 table_name(row->table));
}

static bool same_object(const struct flt_object_row *system, const struct flt_object_row *contract,
                        const struct flt_compare_context *context,
                        struct flt_violation *violation) {
    if (flt_object_row_hash(system) == flt_object_row_hash(contract))
        return true;
    const uint32_t number = flt_contract_object_number(context->contract, system->token);
    if (system->handles != contract->handles)
        return blame(FLT_RULE_handle_count_exact, context, violation,
                     "object %" PRIu32 " counts %" PRIu32 " handles, there are %" PRIu32, number,
                     system->handles, contract->handles);
    if (system->references != contract->references)
        return blame(FLT_RULE_reference_count_exact, context, violation,
                     "object %" PRIu32 " counts %" PRIu32 " references, callers hold %" PRIu32,
                     number, system->references, contract->references);
    if (system->phase != contract->phase)
        return blame(FLT_RULE_object_phase, context, violation, "object %" PRIu32 " is %s cleanup",
                     number, system->phase == FLT_PHASE_CLEANED ? "past" : "not past");
    return blame(FLT_RULE_handle_as_granted, context, violation,
                 "object %" PRIu32 " has type %u, it was opened as type %u", number, system->type,
                 contract->type);
}

static enum flt_rule rule_of_missing(uint8_t type) {
    if (type == FLT_TYPE_ECP_LIST)
        return FLT_RULE_ecp_list_kept;
    return type == FLT_TYPE_REPARSE_BUFFER ? FLT_RULE_open_stops_on_symlink
                                           : FLT_RULE_object_outlives_handle;
}

static bool object_missing(const struct flt_object_row *row,
                           const struct flt_compare_context *context,
                           struct flt_violation *violation) {
    return blame(
        rule_of_missing(row->type), context, violation,
        "object %" PRIu32 " is gone with %" PRIu32 " handles and %" PRIu32 " references left",
        flt_contract_object_number(context->contract, row->token), row->handles, row->references);
}

static bool object_extra(const struct flt_object_row *row,
                         const struct flt_compare_context *context,
                         struct flt_violation *violation) {
    return blame(FLT_RULE_object_gone_at_end, context, violation,
                 "an object of type %u is still there with %" PRIu32 " handles and %" PRIu32
                 " references; no handle or reference of a caller is left, or none was given",
                 row->type, row->handles, row->references);
}

/* ---- filters and instances ------------------------------------------------------------------- */

static bool same_filters(const struct flt_filter_rows *system,
                         const struct flt_filter_rows *contract,
                         const struct flt_compare_context *context,
                         struct flt_violation *violation) {
    static const char *const states[] = {"not registered", "registered", "started"};
    for (uint8_t i = 0; i < FLT_FILTER_COUNT; i++)
        if (system->filter[i] != contract->filter[i])
            return blame(FLT_RULE_filter_state, context, violation, "%s is %s, it must be %s",
                         flt_constant_name(FLT_GROUP_FILTER, i), states[system->filter[i] % 3],
                         states[contract->filter[i] % 3]);
    return true;
}

static bool same_instances(const struct flt_filter_rows *system,
                           const struct flt_filter_rows *contract,
                           const struct flt_compare_context *context,
                           struct flt_violation *violation) {
    static const char *const states[] = {"not attached", "attached to", "being torn down for"};
    for (uint8_t i = 0; i < FLT_INSTANCE_COUNT; i++) {
        const struct flt_instance_row *theirs = &system->instance[i],
                                      *ours = &contract->instance[i];
        if (theirs->state == ours->state && theirs->filter == ours->filter)
            continue;
        return blame(FLT_RULE_filter_state, context, violation, "%s is %s %s, it must be %s %s",
                     flt_constant_name(FLT_GROUP_INSTANCE, i), states[theirs->state % 3],
                     flt_constant_name(FLT_GROUP_FILTER, theirs->filter % FLT_FILTER_COUNT),
                     states[ours->state % 3],
                     flt_constant_name(FLT_GROUP_FILTER, ours->filter % FLT_FILTER_COUNT));
    }
    return true;
}

_Static_assert(sizeof(struct flt_filter_rows) == FLT_FILTER_COUNT + 2 * FLT_INSTANCE_COUNT,
               "bytes without gaps, which memcmp may compare");

static bool same_world(const struct flt_totals *system, const struct flt_totals *contract,
                       const struct flt_compare_context *context, struct flt_violation *violation) {
    if (!system->shows_filters ||
        memcmp(&system->world, &contract->world, sizeof system->world) == 0)
        return true;
    return same_filters(&system->world, &contract->world, context, violation) &&
           same_instances(&system->world, &contract->world, context, violation);
}

static bool compare_filters(const struct flt_view *system, const struct flt_view *contract,
                            const struct flt_compare_context *context,
                            struct flt_violation *violation) {
    struct flt_totals theirs, ours;
    system->ops->totals(system->self, &theirs);
    contract->ops->totals(contract->self, &ours);
    return same_world(&theirs, &ours, context, violation);
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool same_share(const char *name, const struct flt_share_row *a,
                       const struct flt_share_row *b, const struct flt_compare_context *context,
                       struct flt_violation *violation) {
    if (memcmp(a, b, sizeof *a) == 0)
        return true;
    return blame(FLT_RULE_share_counts, context, violation,
                 "%s: %" PRIu32 " opens read %" PRIu32 " write %" PRIu32 " delete %" PRIu32
                 ", share %" PRIu32 " %" PRIu32 " %" PRIu32 "; it must be: %" PRIu32
                 " opens read %" PRIu32 " write %" PRIu32 " delete %" PRIu32 ", share %" PRIu32
                 " %" PRIu32 " %" PRIu32,
                 name, a->open, a->readers, a->writers, a->deleters, a->shared_read,
                 a->shared_write, a->shared_delete, b->open, b->readers, b->writers, b->deleters,
                 b->shared_read, b->shared_write, b->shared_delete);
}

static const char *describe_name(const struct flt_name_row *row, char *room, size_t size) {
    static const char *const kinds[] = {"nothing",  "a file", "a directory", "a link",
                                        "a volume", "a pipe", "a mailslot"};
    if (row->there >= sizeof kinds / sizeof *kinds)
        return "of no kind";
    snprintf(room, size, "%s%s%s, attributes 0x%" PRIx32, kinds[row->there],
             row->deleting ? ", marked for deletion" : "", row->oplocked ? ", oplocked" : "",
             row->attributes);
    return row->there == FLT_NAME_NOTHING ? kinds[0] : room;
}

/* By which rule a row came to be what the contract says is for the contract to tell. */
static bool same_name(uint8_t name, const struct flt_name_row *a, const struct flt_name_row *b,
                      const struct flt_compare_context *context, struct flt_violation *violation) {
    const struct flt_name *text = flt_name_by_id(name);
    char theirs[96], ours[96];
    if (a->there == b->there && a->attributes == b->attributes && a->deleting == b->deleting &&
        a->oplocked == b->oplocked)
        return same_share(text ? text->text : "no name", &a->share, &b->share, context, violation);
    return blame(flt_contract_name_rule(context->contract, name), context, violation,
                 "%s is %s; it must be %s", text ? text->text : "no name",
                 describe_name(a, theirs, sizeof theirs), describe_name(b, ours, sizeof ours));
}

static bool same_names(const struct flt_view *system, const struct flt_view *contract,
                       const struct flt_compare_context *context, struct flt_violation *violation) {
    if (same_name_rows(system, contract))
        return true;
    const struct flt_name_row *theirs = system->ops->names(system->self);
    const struct flt_name_row *ours = contract->ops->names(contract->self);
    for (uint8_t i = 0; i < FLT_NAME_LIMIT; i++)
        if (!same_name(i, &theirs[i], &ours[i], context, violation))
            return false;
    return true;
}

/* ---- the joins ------------------------------------------------------------------------------- */

static bool join_handles(const struct flt_view *system, const struct flt_view *contract,
                         const struct flt_compare_context *context,
                         struct flt_violation *violation) {
    struct flt_handle_row row, other;
    size_t cursor = 0;
    while (contract->ops->handles(contract->self, &cursor, &row, 1) > 0)
        if (!system->ops->find_handle(system->self, row.table, row.value, &other))
            return handle_missing(&row, context, violation);
    cursor = 0;
    while (system->ops->handles(system->self, &cursor, &row, 1) > 0) {
        if (!contract->ops->find_handle(contract->self, row.table, row.value, &other))
            return handle_extra(&row, context, violation);
        if (!same_handle(&row, &other, context, violation))
            return false;
    }
    return true;
}

static bool join_objects(const struct flt_view *system, const struct flt_view *contract,
                         const struct flt_compare_context *context,
                         struct flt_violation *violation) {
    struct flt_object_row row, other;
    size_t cursor = 0;
    while (contract->ops->objects(contract->self, &cursor, &row, 1) > 0) {
        if (!system->ops->find_object(system->self, row.token, &other))
            return object_missing(&row, context, violation);
        if (!same_object(&other, &row, context, violation))
            return false;
    }
    cursor = 0;
    while (system->ops->objects(system->self, &cursor, &row, 1) > 0)
        if (!contract->ops->find_object(contract->self, row.token, &other))
            return object_extra(&row, context, violation);
    return true;
}

void flt_name_difference(const struct flt_view *system, const struct flt_view *contract,
                         const struct flt_compare_context *context,
                         struct flt_violation *violation) {
    struct flt_sums theirs, ours;
    if (!compare_filters(system, contract, context, violation) ||
        !join_handles(system, contract, context, violation) ||
        !join_objects(system, contract, context, violation) ||
        !same_names(system, contract, context, violation))
        return;
    /* Every row has its partner and the sums still differ: a row was given twice. */
    sums_of(system, &theirs);
    sums_of(contract, &ours);
    blame(FLT_RULE_closed_handle_gone, context, violation,
          "the system shows %" PRIu64 " rows, there are %" PRIu64 " handles and objects",
          theirs.rows, ours.rows);
}

bool flt_compare_totals(const struct flt_view *system, const struct flt_view *contract,
                        const struct flt_compare_context *context,
                        struct flt_violation *violation) {
    struct flt_totals theirs, ours;
    system->ops->totals(system->self, &theirs);
    contract->ops->totals(contract->self, &ours);
    const enum flt_rule too_many =
        context->closes != FLT_RULE_NONE ? context->closes : FLT_RULE_closed_handle_gone;
    if (theirs.handles != ours.handles)
        return blame(theirs.handles < ours.handles ? FLT_RULE_open_handle_stays : too_many, context,
                     violation, "the system has %" PRIu64 " handles, %" PRIu64 " are open",
                     theirs.handles, ours.handles);
    if (theirs.objects != ours.objects)
        return blame(theirs.objects < ours.objects ? FLT_RULE_object_outlives_handle
                                                   : FLT_RULE_object_gone_at_end,
                     context, violation,
                     "the system has %" PRIu64 " objects, %" PRIu64 " are in use", theirs.objects,
                     ours.objects);
    return same_world(&theirs, &ours, context, violation) &&
           same_names(system, contract, context, violation);
}

bool flt_compare_object(const struct flt_view *system, const struct flt_view *contract,
                        const struct flt_compare_context *context, uint64_t token, uint64_t *rows,
                        struct flt_violation *violation) {
    struct flt_object_row theirs, ours;
    const bool there = system->ops->find_object(system->self, token, &theirs);
    const bool here = contract->ops->find_object(contract->self, token, &ours);
    *rows += 1;
    if (there && here)
        return same_object(&theirs, &ours, context, violation);
    if (there)
        return object_extra(&theirs, context, violation);
    return here ? object_missing(&ours, context, violation) : true;
}

bool flt_compare_handle(const struct flt_view *system, const struct flt_view *contract,
                        const struct flt_compare_context *context, uint64_t value, uint64_t *rows,
                        struct flt_violation *violation) {
    for (uint8_t table = 0; table < FLT_TABLE_COUNT; table++) {
        const uint64_t plain = value & ~FLT_HANDLE_TAG_BITS;
        const uint64_t key = table == FLT_TABLE_KERNEL ? plain | FLT_KERNEL_HANDLE_BITS
                                                       : plain & ~FLT_KERNEL_HANDLE_BITS;
        struct flt_handle_row theirs, ours;
        const bool there = system->ops->find_handle(system->self, table, key, &theirs);
        const bool here = contract->ops->find_handle(contract->self, table, key, &ours);
        *rows += 1;
        if (there && !here)
            return handle_extra(&theirs, context, violation);
        if (here && !there)
            return handle_missing(&ours, context, violation);
        if (here && (!same_handle(&theirs, &ours, context, violation) ||
                     !flt_compare_object(system, contract, context, ours.token, rows, violation)))
            return false;
    }
    return true;
}
