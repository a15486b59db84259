/* Each part of the kernel's state has a say of its own in its hash. Parts are changed where they
 * are kept, a bit at a time: a call would move several at once, and the contract's hash, which the
 * explorer adds, would hide what this one forgets. */
#include "state_hash_test.h"

static void each_bit_counts(const char *what, void *at, unsigned bits) {
    for (unsigned bit = 0; bit < bits; bit++) {
        uint8_t *byte = (uint8_t *)at + bit / 8;
        *byte ^= (uint8_t)(1u << bit % 8);
        assert_new(what);
        *byte ^= (uint8_t)(1u << bit % 8);
    }
}

/* Of numbers every bit, but of long ones not the two highest: no count reaches them, and a row's
 * hash takes those of two words for the same. Of enumerations the bits in use. */
#define number_counts(part)                                                                        \
    each_bit_counts(#part, &(part), 8 * (unsigned)sizeof(part) - (sizeof(part) > 1 ? 2 : 0))
#define kind_counts(part) each_bit_counts(#part, &(part), 2)
#define truth_counts(part) each_bit_counts(#part, &(part), 1)

static void object_counts(const void *token) {
    struct flt_object *object = (struct flt_object *)(uintptr_t)token;
    number_counts(object->handles);
    number_counts(object->references);
    number_counts(object->opener);
    truth_counts(object->phase);
    kind_counts(object->type);
    struct flt_file *file = &object->file;
    number_counts(file->kind);
    kind_counts(file->name);
    truth_counts(file->life); /* it has lost its name */
    truth_counts(file->delete_on_close);
    truth_counts(file->is_server);
    struct flt_sharing *sharing = &file->sharing;
    truth_counts(sharing->reads);
    truth_counts(sharing->writes);
    truth_counts(sharing->deletes);
    truth_counts(sharing->shares_read);
    truth_counts(sharing->shares_write);
    truth_counts(sharing->shares_delete);
    file->mark = flt_nodes_at(&kernel()->objects.nodes, file->name)->mark;
    assert_new("a mark that stands");
    file->mark = 0;
}

static void entry_counts(uint8_t table, HANDLE handle) {
    const uint32_t index = flt_handle_unspell(table, number(handle));
    struct flt_handle_entry *entry = &kernel()->table[table].page[0]->entry[index];
    number_counts(entry->access);
    number_counts(entry->flags);
    number_counts(entry->opener);
}

static void objects_and_handles_count(void **nothing) {
    (void)nothing;
    begin();
    seen_count = 0;
    const HANDLE named = open_file("\\a");
    const PFILE_OBJECT named_object = w.file;
    const HANDLE nameless = open_file("\\b");
    const PFILE_OBJECT nameless_object = w.file;
    assert_status(open_pointer(named_object, OBJ_KERNEL_HANDLE), STATUS_SUCCESS);
    const HANDLE lost = w.handle;
    const HANDLE first = open_in_process(FLT_PROCESS_P1), second = open_in_process(FLT_PROCESS_P2);
    hold(named);
    hold(first); /* the same value as `second` */
    hold_object(named_object);
    assert_int_equal(number(first), number(second));
    assert_new("before");
    object_counts(named_object);
    object_counts(nameless_object);
    entry_counts(FLT_TABLE_KERNEL, named);
    entry_counts(FLT_TABLE_KERNEL, nameless);
    entry_counts(FLT_TABLE_KERNEL, lost);
    entry_counts(FLT_PROCESS_P1, first);
    entry_counts(FLT_PROCESS_P2, second);
    variables.handles--; /* the processes' handles are told apart though no variable holds them */
    assert_new("without a variable");
    entry_counts(FLT_PROCESS_P1, first);
    entry_counts(FLT_PROCESS_P2, second);
}

static void name_counts(uint8_t name) {
    struct flt_nodes *nodes = &kernel()->objects.nodes;
    nodes->touched |= 1u << name;
    struct flt_name_row *row = &nodes->row[name];
    number_counts(row->attributes);
    number_counts(row->there);
    truth_counts(row->deleting);
    truth_counts(row->oplocked);
    struct flt_share_row *share = &row->share;
    number_counts(share->open);
    number_counts(share->readers);
    number_counts(share->writers);
    number_counts(share->deleters);
    number_counts(share->shared_read);
    number_counts(share->shared_write);
    number_counts(share->shared_delete);
    struct flt_node *node = &nodes->node[name];
    number_counts(node->opens);
    number_counts(node->pipe.share);
    number_counts(node->pipe.most);
    truth_counts(node->is_original);
}

static void names_count(void **nothing) {
    (void)nothing;
    begin();
    seen_count = 0;
    assert_new("before");
    name_counts(1);
    name_counts(31); /* with the other touched, and as it was */
}

static void the_world_counts(void **nothing) {
    (void)nothing;
    begin();
    seen_count = 0;
    struct flt_kernel *system = kernel();
    struct flt_thread *thread = &system->thread[0];
    assert_new("before");
    kind_counts(thread->process);
    kind_counts(thread->attachments);
    number_counts(thread->irql);
    number_counts(thread->previous_mode);
    number_counts(thread->critical);
    number_counts(thread->guarded);
    number_counts(thread->top_level_irp);
    for (size_t i = 1; i < FLT_FILTER_COUNT; i++) {
        kind_counts(system->filters.unloading[i]);
        kind_counts(system->filters.row.filter[i]);
    }
    for (size_t i = 1; i < FLT_INSTANCE_COUNT; i++) {
        kind_counts(system->filters.row.instance[i].state);
        kind_counts(system->filters.row.instance[i].filter);
    }
    for (size_t i = 0; i < FLT_PROCESS_COUNT; i++)
        truth_counts(system->process[i].exited);
    thread->attachments = FLT_ATTACH_DEPTH;
    assert_new("attached");
    for (size_t i = 0; i < FLT_ATTACH_DEPTH; i++)
        kind_counts(thread->attached[i]);
}

/* ---- what it cannot number --------------------------------------------------------------------
 */

static void numbered_objects_are_limited(void **nothing) {
    (void)nothing;
    begin();
    for (unsigned i = 0; i < FLT_STATE_OBJECTS; i++)
        open_in_process(FLT_PROCESS_P1);
    (void)state();
    assert_int_equal(unnamed.count, 0);
    open_in_process(FLT_PROCESS_P1);
    assert_true(is_too_large());
}

static void unnamed_objects_are_limited(void **nothing) {
    (void)nothing;
    begin();
    seen_count = 0;
    for (unsigned i = 0; i < FLT_STATE_OBJECTS; i++) {
        const HANDLE handle = open_event();
        assert_new("one more that is lost");
        assert_int_equal(unnamed.count, i + 1);
        assert_int_equal(unnamed.object[i].token, token_of(FLT_TABLE_KERNEL, handle));
        assert_int_equal(unnamed.object[i].hash, unnamed.object[0].hash);
    }
    const HANDLE last = open_event();
    assert_true(is_too_large());
    hold(last);
    (void)state();
    assert_int_equal(unnamed.count, FLT_STATE_OBJECTS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(objects_and_handles_count),
        test(names_count),
        test(the_world_counts),
        test(numbered_objects_are_limited),
        test(unnamed_objects_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
