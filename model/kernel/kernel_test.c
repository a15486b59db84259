/* The system as a whole: its world, its view, its reset. */
#include "../row_sums.h"
#include "calls_test.h"

enum { MANY = 1000 };

static void every_call_is_there(void **state) {
    (void)state;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++)
        assert_true(flt_system_can(w.system, *op));
    assert_false(flt_system_can(w.system, FLT_OP_NONE));
}

static void world_is_complete_and_null_at_zero(void **state) {
    (void)state;
    const struct flt_world *world = &w.system->world;
    assert_null(world->filter[0]);
    assert_null(world->driver[0]);
    assert_null(world->instance[0]);
    assert_null(world->type[FLT_TYPE_NONE]);
    for (size_t i = 1; i < FLT_FILTER_COUNT; i++) {
        assert_non_null(world->filter[i]);
        assert_non_null(world->driver[i]);
        assert_ptr_not_equal(world->filter[i], world->filter[i - 1]);
        assert_ptr_not_equal(world->driver[i], world->driver[i - 1]);
    }
    for (size_t i = 1; i < FLT_INSTANCE_COUNT; i++) {
        assert_non_null(world->instance[i]);
        assert_ptr_not_equal(world->instance[i], world->instance[i - 1]);
    }
    assert_non_null(world->type[FLT_TYPE_FILE]);
    assert_non_null(world->type[FLT_TYPE_EVENT]);
    assert_ptr_not_equal(world->type[FLT_TYPE_FILE], world->type[FLT_TYPE_EVENT]);
    assert_non_null(world->type[FLT_TYPE_SECTION]);
    assert_non_null(world->type[FLT_TYPE_KEY]);
    assert_ptr_not_equal(world->type[FLT_TYPE_SECTION], world->type[FLT_TYPE_KEY]);
}

static void world_names_each_process_apart(void **state) {
    (void)state;
    const struct flt_world *world = &w.system->world;
    assert_null(world->process_handle[FLT_PROCESS_HANDLE_NULL]);
    assert_int_equal(number(world->process_handle[FLT_PROCESS_HANDLE_CURRENT]), UINT64_MAX);
    for (size_t i = 0; i < FLT_PROCESS_COUNT; i++) {
        assert_non_null(world->process[i]);
        const HANDLE handle = world->process_handle[FLT_PROCESS_HANDLE_SYSTEM + i];
        const uint64_t bits = number(handle) & FLT_KERNEL_HANDLE_BITS;
        assert_int_not_equal(bits, 0); /* in no table */
        assert_int_not_equal(bits, FLT_KERNEL_HANDLE_BITS);
        assert_status(zw_close(handle), STATUS_INVALID_HANDLE);
        for (size_t k = 0; k < i; k++) {
            assert_ptr_not_equal(world->process[i], world->process[k]);
            assert_ptr_not_equal(handle, world->process_handle[FLT_PROCESS_HANDLE_SYSTEM + k]);
        }
    }
}

/* Opens MANY in turn in each table, and closes some of them. */
static void open_many(void) {
    static const ULONG process[] = {FLT_PROCESS_P1, FLT_PROCESS_P2, FLT_PROCESS_SYSTEM};
    w.system->host.event = NULL; /* nothing listens */
    for (unsigned i = 0; i < MANY; i++) {
        run_in(process[i % 3]);
        const HANDLE handle = open_by(i % 2 ? FLT_OP_ZwCreateFile : FLT_OP_FltCreateFileEx, 0);
        if (i % 5 == 0)
            assert_status(zw_close(handle), STATUS_SUCCESS);
    }
    w.system->host.event = on_event;
}

static size_t count_handles(size_t room) {
    const struct flt_view *view = &w.system->view;
    struct flt_handle_row rows[7], found;
    size_t cursor = 0, count, total = 0;
    uint64_t values = 0;
    while ((count = view->ops->handles(view->self, &cursor, rows, room)) > 0) {
        assert_in_range(count, 1, room);
        for (size_t i = 0; i < count; i++) {
            assert_true(view->ops->find_handle(view->self, rows[i].table, rows[i].value, &found));
            assert_int_equal(found.token, rows[i].token);
            struct flt_object_row object;
            assert_true(has_object(rows[i].token, &object));
            assert_int_equal(object.handles, 1);
            values += rows[i].value * 4 + rows[i].table;
        }
        total += count;
    }
    /* A row given twice, in place of another, would show in the sum. */
    static uint64_t expected;
    if (room == 1)
        expected = values;
    assert_int_equal(values, expected);
    return total;
}

static size_t count_objects(size_t room) {
    const struct flt_view *view = &w.system->view;
    struct flt_object_row rows[7];
    size_t cursor = 0, count, total = 0;
    uint64_t last = 0;
    while ((count = view->ops->objects(view->self, &cursor, rows, room)) > 0) {
        assert_in_range(count, 1, room);
        for (size_t i = 0; i < count; i++) {
            assert_object(rows[i].token, rows[i].handles, rows[i].references, rows[i].type,
                          rows[i].phase);
            assert_int_not_equal(rows[i].token, last);
            last = rows[i].token;
        }
        total += count;
    }
    return total;
}

static void view_shows_each_row_once_in_any_batch(void **state) {
    (void)state;
    open_many();
    assert_totals(800, 900); /* half of the closed ones are referenced */
    for (size_t room = 1; room <= 7; room++) {
        assert_int_equal(count_handles(room), 800);
        assert_int_equal(count_objects(room), 900);
    }
}

static void handles_are_found_as_spelled_only(void **state) {
    (void)state;
    const HANDLE kernel = open_kernel(), plain = open_by(FLT_OP_ZwCreateFile, 0);
    struct flt_handle_row row;
    assert_true(has_handle(FLT_TABLE_KERNEL, kernel, &row));
    assert_true(has_handle(FLT_PROCESS_P1, plain, &row));
    assert_false(has_handle(FLT_PROCESS_P1, kernel, &row));
    assert_false(has_handle(FLT_PROCESS_P2, plain, &row));
    assert_false(has_handle(FLT_TABLE_KERNEL, plain, &row));
    assert_false(has_handle(FLT_TABLE_COUNT, plain, &row));
    assert_false(has_handle(UINT8_MAX, plain, &row));
    assert_false(has_handle(FLT_TABLE_KERNEL, handle_of(number(kernel) | 1), &row));
    assert_false(has_handle(FLT_PROCESS_P1, handle_of(number(plain) | 2), &row));
    assert_false(has_handle(FLT_TABLE_KERNEL, handle_of(UINT64_MAX - 3), &row));
    assert_false(has_handle(FLT_PROCESS_P1, NULL, &row));
}

static void reset_empties_and_repeats(void **state) {
    (void)state;
    HANDLE first[2];
    uint64_t token[2];
    for (int round = 0; round < 2; round++) {
        start();
        assert_totals(0, 0);
        assert_int_equal(count_handles(1) + count_objects(1), 0);
        first[round] = open_kernel();
        token[round] = token_of(FLT_TABLE_KERNEL, first[round]);
        open_many();
        w.events = 0;
    }
    assert_ptr_equal(first[0], first[1]);
    assert_int_equal(token[0], token[1]); /* a run does not depend on the one before */
    start();
    assert_no_irps(); /* the world is put back, nothing is closed */
    assert_gone(token[1]);
    struct flt_handle_row row;
    assert_false(has_handle(FLT_TABLE_KERNEL, first[1], &row));
    assert_status(flt_close(first[1]), STATUS_INVALID_HANDLE);
}

static void nothing_to_free_is_fine(void **state) {
    (void)state;
    flt_kernel_free(NULL);
}

static void assert_sums_are_walked(void) {
    const struct flt_view *view = &w.system->view;
    struct flt_sums said, walked;
    view->ops->sums(view->self, &said);
    flt_walk_sums(view, &walked);
    assert_int_equal(said.handles, walked.handles);
    assert_int_equal(said.objects, walked.objects);
    assert_int_equal(said.rows, walked.rows);
    assert_int_equal(said.filters, walked.filters);
}

static void sums_are_those_of_the_rows(void **state) {
    (void)state;
    assert_sums_are_walked();
    open_many(); /* entries on other pages than the ones that list them */
    assert_sums_are_walked();
    run_in(FLT_PROCESS_P1);
    open_by(FLT_OP_FltCreateFileEx, OBJ_INHERIT);
    dereference(w.file);
    assert_sums_are_walked();
    attach_instance(FLT_INSTANCE_I1, FLT_FILTER_F0);
    start_teardown(FLT_INSTANCE_I0);
    assert_sums_are_walked();
}

/* With less of it, less would be compared. */
static void view_shows_all(void **state) {
    (void)state;
    assert_int_equal(w.system->view.ops->level, FLT_VIEW_FULL);
}

static void calls_can_be_told_to_fail(void **state) {
    (void)state;
    assert_true(w.system->injects);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(every_call_is_there),
        test(world_is_complete_and_null_at_zero),
        test(world_names_each_process_apart),
        test(view_shows_each_row_once_in_any_batch),
        test(handles_are_found_as_spelled_only),
        test(sums_are_those_of_the_rows),
        test(view_shows_all),
        test(calls_can_be_told_to_fail),
        test(reset_empties_and_repeats),
        cmocka_unit_test(nothing_to_free_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
