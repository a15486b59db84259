/* The buffer of an open that stopped on a link. */
#include "calls_test.h"

static uint64_t stop_on_link(void) {
    w.io_flags = IO_STOP_ON_SYMLINK;
    assert_status(open_with("\\link", 0, FILE_OPEN, 0), STATUS_STOPPED_ON_SYMLINK);
    return (uint64_t)w.iosb.Information;
}

static void buffer_is_the_callers_to_free(void **state) {
    (void)state;
    const uint64_t token = stop_on_link();
    assert_object(token, 0, 1, FLT_TYPE_REPARSE_BUFFER, FLT_PHASE_IN_USE);
    assert_ptr_equal(take_buffer(), handle_of(token));
    assert_object(token, 0, 1, FLT_TYPE_REPARSE_BUFFER, FLT_PHASE_IN_USE);
    free_pool(handle_of(token));
    assert_gone(token);
    assert_totals(0, 0);
    assert_no_irps();
}

static void buffer_is_taken_once(void **state) {
    (void)state;
    assert_null(take_buffer());
    const uint64_t token = stop_on_link();
    assert_ptr_equal(take_buffer(), handle_of(token));
    assert_null(take_buffer());
}

static void newest_buffer_is_taken(void **state) {
    (void)state;
    const uint64_t first = stop_on_link(), second = stop_on_link();
    assert_int_not_equal(first, second);
    assert_ptr_equal(take_buffer(), handle_of(second));
    assert_null(take_buffer());
    assert_object(first, 0, 1, FLT_TYPE_REPARSE_BUFFER, FLT_PHASE_IN_USE);
}

/* As a driver does that reads IoStatusBlock itself. */
static void untaken_buffer_is_freed(void **state) {
    (void)state;
    const uint64_t token = stop_on_link();
    free_pool(handle_of(token));
    assert_gone(token);
    assert_null(take_buffer());
}

static void reset_forgets_the_buffer(void **state) {
    (void)state;
    stop_on_link();
    start();
    assert_null(take_buffer());
    assert_totals(0, 0);
}

static void other_failures_leave_no_buffer(void **state) {
    (void)state;
    w.io_flags = IO_STOP_ON_SYMLINK;
    assert_status(open_with("\\missing", 0, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_null(take_buffer());
    assert_totals(0, 0);
}

static void only_buffers_are_freed(void **state) {
    (void)state;
    open_object("\\a", GENERIC_READ, 0);
    assert_stops(free_pool(w.file), 0x18, 0, number(w.file));
    assert_stops(free_pool(NULL), 0x18, 0, 0);
    assert_status(allocate_list(), STATUS_SUCCESS);
    assert_stops(free_pool(w.allocated), 0x18, 0, number(w.allocated));
}

static void verifier_looks_at_the_irql(void **state) {
    (void)state;
    start_with(verifier, on);
    stop_on_link();
    PVOID const buffer = take_buffer();
    raise_irql(DISPATCH_LEVEL);
    free_pool(buffer);
    start();
    stop_on_link();
    PVOID const another = take_buffer();
    raise_irql(HIGH_LEVEL);
    assert_stops(free_pool(another), 0xC4, 0, HIGH_LEVEL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(buffer_is_the_callers_to_free), test(buffer_is_taken_once),
        test(newest_buffer_is_taken),        test(untaken_buffer_is_freed),
        test(reset_forgets_the_buffer),      test(other_failures_leave_no_buffer),
        test(only_buffers_are_freed),        test(verifier_looks_at_the_irql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
