#include "moves.h"

#include <string.h>

#include "call_classes.h"

const struct flt_move_info flt_moves[FLT_MOVE_COUNT] = {
#define MOVE(name, calls, words) {#name, words, FLT_CALLS_##calls},
#include "moves.def"
};

const struct flt_move_info flt_facts[FLT_FACT_COUNT] = {
#define FACT(name, calls, words) {#name, words, FLT_CALLS_##calls},
#include "occasions.def"
};

/* ---- objects --------------------------------------------------------------------------------- */

/* The moves of files and those of other objects, side by side. */
struct object_moves {
    enum flt_move made, made_referenced, handle_again, second, more, fewer, back_to_one,
        all_at_once;
    enum flt_move gone_with_handle, while_held, first_reference, more_references, fewer_references;
    enum flt_move last_reference, more_after, fewer_after, gone_with_reference;
};

static const struct object_moves of_files = {
    .made = FLT_MOVE_file_made,
    .made_referenced = FLT_MOVE_file_made_referenced,
    .handle_again = FLT_MOVE_file_first_handle, /* of one that is being created */
    .second = FLT_MOVE_file_second_handle,
    .more = FLT_MOVE_file_more_handles,
    .fewer = FLT_MOVE_file_fewer_handles,
    .back_to_one = FLT_MOVE_file_back_to_one_handle,
    .all_at_once = FLT_MOVE_file_all_handles_at_once,
    .gone_with_handle = FLT_MOVE_file_gone_with_handle,
    .while_held = FLT_MOVE_file_cleaned_while_held,
    .first_reference = FLT_MOVE_file_first_reference,
    .more_references = FLT_MOVE_file_more_references,
    .fewer_references = FLT_MOVE_file_fewer_references,
    .last_reference = FLT_MOVE_file_last_reference,
    .more_after = FLT_MOVE_file_more_references_after_cleanup,
    .fewer_after = FLT_MOVE_file_fewer_references_after_cleanup,
    .gone_with_reference = FLT_MOVE_file_gone_with_reference,
};

static const struct object_moves of_others = {
    .made = FLT_MOVE_other_made,
    .made_referenced = FLT_MOVE_other_made, /* no call hands out both */
    .handle_again = FLT_MOVE_other_handle_again,
    .second = FLT_MOVE_other_second_handle,
    .more = FLT_MOVE_other_more_handles,
    .fewer = FLT_MOVE_other_fewer_handles,
    .back_to_one = FLT_MOVE_other_back_to_one_handle,
    .all_at_once = FLT_MOVE_other_all_handles_at_once,
    .gone_with_handle = FLT_MOVE_other_gone_with_handle,
    .while_held = FLT_MOVE_other_without_handle_while_held,
    .first_reference = FLT_MOVE_other_first_reference,
    .more_references = FLT_MOVE_other_more_references,
    .fewer_references = FLT_MOVE_other_fewer_references,
    .last_reference = FLT_MOVE_other_last_reference,
    .more_after = FLT_MOVE_other_more_references_without_handle,
    .fewer_after = FLT_MOVE_other_fewer_references_without_handle,
    .gone_with_reference = FLT_MOVE_other_gone_with_reference,
};

static enum flt_move of_handles(const struct object_moves *moves, uint32_t before, uint32_t after,
                                bool held) {
    if (before == 0)
        return moves->handle_again;
    if (after == 0 && before > 1)
        return moves->all_at_once;
    if (after == 0)
        return held ? moves->while_held : moves->gone_with_handle;
    if (after > before)
        return before == 1 ? moves->second : moves->more;
    return after == 1 ? moves->back_to_one : moves->fewer;
}

static enum flt_move of_references(const struct object_moves *moves, uint32_t before,
                                   uint32_t after, bool open) {
    if (after == 0)
        return open ? moves->last_reference : moves->gone_with_reference;
    if (before == 0)
        return moves->first_reference;
    if (after > before)
        return open ? moves->more_references : moves->more_after;
    return open ? moves->fewer_references : moves->fewer_after;
}

static bool is_there(const struct flt_object_row *row) {
    return row->handles + row->references > 0;
}

/* A file object that has no handle yet. */
static bool is_being_created(const struct flt_object_row *row) {
    return row->type == FLT_TYPE_FILE && row->phase == FLT_PHASE_IN_USE && row->handles == 0 &&
           row->references > 0;
}

static bool is_open(const struct flt_object_row *row) {
    return row->handles > 0 || is_being_created(row);
}

/* One that was being created is closed and has had no handle: its create went on, or did not. */
static enum flt_move of_closing(const struct flt_object_row *before,
                                const struct flt_object_row *after) {
    if (!is_there(after))
        return FLT_MOVE_file_gone_with_create;
    return after->references < before->references ? FLT_MOVE_file_completed_while_held
                                                  : FLT_MOVE_file_cancelled;
}

static bool is_of_pool(uint8_t type) {
    return type == FLT_TYPE_ECP_LIST || type == FLT_TYPE_REPARSE_BUFFER;
}

/* What is handed out and freed. */
static enum flt_move of_pool(uint8_t type, bool made) {
    if (type == FLT_TYPE_ECP_LIST)
        return made ? FLT_MOVE_list_made : FLT_MOVE_list_gone;
    return made ? FLT_MOVE_buffer_left : FLT_MOVE_buffer_gone;
}

static enum flt_move of_making(const struct object_moves *moves,
                               const struct flt_object_row *after) {
    if (is_being_created(after))
        return FLT_MOVE_file_being_created;
    return after->references > 0 ? moves->made_referenced : moves->made;
}

/* A row of 0 handles and 0 references stands for an object that is gone, or not there yet. */
static void move_object(uint8_t type, const struct flt_object_row *before,
                        const struct flt_object_row *after, struct flt_difference *difference) {
    const struct object_moves *moves = type == FLT_TYPE_FILE ? &of_files : &of_others;
    const bool was = is_there(before), is = is_there(after);
    if (is_of_pool(type)) {
        if (was != is)
            flt_add_move(difference, of_pool(type, is));
        return;
    }
    if (!was && is) {
        flt_add_move(difference, of_making(moves, after));
        return;
    }
    if (is_being_created(before) && !is_open(after)) {
        flt_add_move(difference, of_closing(before, after));
        return;
    }
    if (before->handles != after->handles)
        flt_add_move(difference,
                     of_handles(moves, before->handles, after->handles, after->references > 0));
    if (before->references != after->references)
        flt_add_move(difference,
                     of_references(moves, before->references, after->references, is_open(after)));
}

static void move_objects(const struct flt_snapshot *before, const struct flt_view *view,
                         struct flt_difference *difference) {
    static const struct flt_object_row none;
    struct flt_object_row row;
    for (size_t i = 0; i < before->objects; i++) {
        const struct flt_object_row *was = &before->object[i];
        const bool there = view->ops->find_object(view->self, was->token, &row);
        move_object(was->type, was, there ? &row : &none, difference);
    }
    size_t cursor = 0;
    while (view->ops->objects(view->self, &cursor, &row, 1) > 0)
        if (!flt_snapshot_has(before, row.token))
            move_object(row.type, &none, &row, difference);
}

/* ---- handles --------------------------------------------------------------------------------- */

static void move_flags(uint8_t before, uint8_t after, struct flt_difference *difference) {
    const uint8_t changed = before ^ after;
    if (changed & FLT_HANDLE_PROTECT)
        flt_add_move(difference, after & FLT_HANDLE_PROTECT ? FLT_MOVE_handle_protected
                                                            : FLT_MOVE_handle_unprotected);
    if (changed & FLT_HANDLE_INHERIT)
        flt_add_move(difference, FLT_MOVE_handle_inherit);
}

static void move_handles(const struct flt_snapshot *before, const struct flt_view *view,
                         const struct flt_totals *now, struct flt_difference *difference) {
    uint64_t stayed = 0;
    bool in_use[FLT_TABLE_COUNT] = {false}, closed[FLT_TABLE_COUNT] = {false};
    struct flt_handle_row row;
    for (size_t i = 0; i < before->handles; i++) {
        const struct flt_handle_row *was = &before->handle[i];
        if (view->ops->find_handle(view->self, was->table, was->value, &row)) {
            move_flags(was->flags, row.flags, difference);
            in_use[was->table] = true;
            stayed++;
        } else {
            closed[was->table] = true;
        }
    }
    const bool opens = now->handles > stayed, closes = stayed < before->handles;
    const int tables =
        (in_use[0] || closed[0]) + (in_use[1] || closed[1]) + (in_use[2] || closed[2]);
    flt_add_fact(difference, FLT_FACT_handle_stays, stayed > 0);
    flt_add_fact(difference, FLT_FACT_handle_closes, closes);
    flt_add_fact(difference, FLT_FACT_handle_opens, opens);
    flt_add_fact(difference, FLT_FACT_other_table_in_use, (opens || closes) && tables > 1);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void move_share(const struct flt_share_row *before, const struct flt_share_row *after,
                       struct flt_difference *difference) {
    if (after->open > before->open)
        flt_add_move(difference, before->open == 0 ? FLT_MOVE_share_first : FLT_MOVE_share_more);
    if (after->open < before->open)
        flt_add_move(difference, after->open == 0 ? FLT_MOVE_share_last : FLT_MOVE_share_fewer);
}

static void move_pipe(const struct flt_name_row *before, const struct flt_name_row *after,
                      struct flt_difference *difference) {
    if (before->there == FLT_NAME_NOTHING)
        flt_add_move(difference, FLT_MOVE_pipe_made);
    else if (after->there == FLT_NAME_NOTHING)
        flt_add_move(difference, FLT_MOVE_pipe_gone);
    else if (before->share.open != after->share.open)
        flt_add_move(difference, after->share.open > before->share.open ? FLT_MOVE_pipe_end_added
                                                                        : FLT_MOVE_pipe_end_gone);
}

static bool is_served(const struct flt_name_row *row) {
    return row->there == FLT_NAME_PIPE || row->there == FLT_NAME_MAILSLOT;
}

static void move_name(const struct flt_name_row *before, const struct flt_name_row *after,
                      struct flt_difference *difference) {
    if (is_served(before) || is_served(after)) {
        move_pipe(before, after, difference);
        return;
    }
    move_share(&before->share, &after->share, difference);
    if (before->there == FLT_NAME_NOTHING && after->there != FLT_NAME_NOTHING)
        flt_add_move(difference, FLT_MOVE_name_created);
    if (before->there != FLT_NAME_NOTHING && after->there == FLT_NAME_NOTHING) {
        flt_add_move(difference, FLT_MOVE_name_gone);
        return; /* its row is all 0 */
    }
    if (before->deleting != after->deleting)
        flt_add_move(difference, after->deleting ? FLT_MOVE_name_marked : FLT_MOVE_name_unmarked);
    if (before->oplocked && !after->oplocked)
        flt_add_move(difference, FLT_MOVE_name_oplock_broken);
    if (before->there == after->there && before->attributes != after->attributes)
        flt_add_move(difference, FLT_MOVE_name_attributes);
}

/* What it stands for, its attributes and marks; sharing has a rule of its own. */
static bool is_same_name(const struct flt_name_row *before, const struct flt_name_row *after) {
    return before->there == after->there && before->attributes == after->attributes &&
           before->deleting == after->deleting && before->oplocked == after->oplocked;
}

/* It is not from the start of the world. */
static bool was_made(uint8_t name, const struct flt_name_row *row) {
    const struct flt_name *start = flt_name_by_id(name);
    return row->there != FLT_NAME_NOTHING &&
           (!start || start->there != row->there || is_served(row));
}

static void move_names(const struct flt_snapshot *before, const struct flt_view *view,
                       struct flt_difference *difference) {
    const struct flt_name_row *now = view->ops->names(view->self);
    for (uint8_t i = 0; i < FLT_NAME_LIMIT; i++) {
        const bool same = is_same_name(&before->name[i], &now[i]);
        if (memcmp(&before->name[i], &now[i], sizeof now[i]) != 0)
            move_name(&before->name[i], &now[i], difference);
        if (!same)
            difference->changed_names |= UINT32_C(1) << i;
        flt_add_fact(difference, FLT_FACT_made_name_stands, same && was_made(i, &now[i]));
    }
}

/* ---- filters, the thread, processes ---------------------------------------------------------- */

static void move_filters(const struct flt_snapshot *before, const struct flt_totals *now,
                         const struct flt_summary *summary, struct flt_difference *difference) {
    for (int i = 0; i < FLT_FILTER_COUNT; i++) {
        const uint8_t was = before->totals.world.filter[i], is = now->world.filter[i];
        if (was != is)
            flt_add_move(difference, is == FLT_FILTER_GONE         ? FLT_MOVE_filter_gone
                                     : is == FLT_FILTER_REGISTERED ? FLT_MOVE_filter_registered
                                                                   : FLT_MOVE_filter_started);
        if (before->summary.unloading[i] != summary->unloading[i])
            flt_add_move(difference, summary->unloading[i] ? FLT_MOVE_filter_unloading
                                                           : FLT_MOVE_filter_not_unloading);
    }
    for (int i = 0; i < FLT_INSTANCE_COUNT; i++) {
        const uint8_t was = before->totals.world.instance[i].state,
                      is = now->world.instance[i].state;
        if (was != is)
            flt_add_move(difference, is == FLT_INSTANCE_GONE ? FLT_MOVE_instance_gone
                                     : is == FLT_INSTANCE_ATTACHED
                                         ? FLT_MOVE_instance_attached
                                         : FLT_MOVE_instance_tearing_down);
    }
}

/* A depth that went up or down by one: into the first, deeper, out and still in, out of the last.
 */
static void move_depth(uint32_t before, uint32_t after, enum flt_move first, enum flt_move deeper,
                       enum flt_move still, enum flt_move last, struct flt_difference *difference) {
    if (after > before)
        flt_add_move(difference, before == 0 ? first : deeper);
    if (after < before)
        flt_add_move(difference, after == 0 ? last : still);
}

static void move_thread(const struct flt_thread_summary *before,
                        const struct flt_thread_summary *after, struct flt_difference *difference) {
    move_depth(before->irql, after->irql, FLT_MOVE_irql_above_passive, FLT_MOVE_irql_higher,
               FLT_MOVE_irql_lower, FLT_MOVE_irql_passive, difference);
    move_depth(before->critical + before->guarded, after->critical + after->guarded,
               FLT_MOVE_region_entered, FLT_MOVE_region_deeper, FLT_MOVE_region_left,
               FLT_MOVE_region_last_left, difference);
    move_depth(before->attached, after->attached, FLT_MOVE_attached, FLT_MOVE_attached_deeper,
               FLT_MOVE_detached, FLT_MOVE_detached_last, difference);
    if (before->user_mode != after->user_mode)
        flt_add_move(difference, after->user_mode ? FLT_MOVE_user_mode : FLT_MOVE_kernel_mode);
    if (before->has_irp != after->has_irp)
        flt_add_move(difference,
                     after->has_irp ? FLT_MOVE_top_level_irp : FLT_MOVE_no_top_level_irp);
    if (before->process != after->process)
        flt_add_move(difference, FLT_MOVE_other_process);
}

static void move_processes(const struct flt_summary *before, const struct flt_summary *after,
                           struct flt_difference *difference) {
    for (int i = 0; i < FLT_PROCESS_COUNT; i++)
        if (before->exited[i] != after->exited[i])
            flt_add_move(difference,
                         after->exited[i] ? FLT_MOVE_process_exited : FLT_MOVE_process_started);
}

/* ---- all of it ------------------------------------------------------------------------------- */

void flt_difference(const struct flt_snapshot *before, const struct flt_contract *contract,
                    struct flt_difference *difference) {
    const struct flt_view view = flt_contract_view(contract);
    struct flt_totals now;
    struct flt_summary summary;
    memset(difference, 0, sizeof *difference);
    view.ops->totals(view.self, &now);
    flt_contract_summary(contract, &summary);
    move_objects(before, &view, difference);
    move_handles(before, &view, &now, difference);
    move_names(before, &view, difference);
    move_filters(before, &now, &summary, difference);
    for (int i = 0; i < FLT_THREAD_COUNT; i++)
        move_thread(&before->summary.thread[i], &summary.thread[i], difference);
    move_processes(&before->summary, &summary, difference);
    if ((difference->moves[0] | difference->moves[1]) == 0)
        flt_add_move(difference, FLT_MOVE_nothing);
}
