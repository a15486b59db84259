/* An application's create around the post-create callback. */
#include "calls_test.h"

#define ENDS FLT_EVENT_CLEANUP, FLT_EVENT_CLOSE

static PFILE_OBJECT begin(const char *name, ACCESS_MASK access, ULONG options) {
    assert_status(post_create(name, access, FILE_OPEN_IF, options), STATUS_SUCCESS);
    assert_irps(IRPS(FLT_EVENT_CREATE), FLT_PROCESS_P1, number(w.file));
    return w.file;
}

static void create_under_way_has_no_handle(void **state) {
    (void)state;
    const PFILE_OBJECT file = begin("\\a", GENERIC_READ, 0);
    assert_totals(0, 1);
    assert_object(number(file), 0, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    assert_int_equal(w.iosb.Information, FILE_OPENED);
    assert_int_equal(row_of("\\a").share.readers, 1);
    assert_status(flt_read(file), STATUS_SUCCESS);
    complete_create(file);
    assert_irps(IRPS(ENDS), FLT_PROCESS_P1, number(file));
    assert_totals(0, 0);
    assert_int_equal(row_of("\\a").share.open, 0);
}

static void cancelled_create_is_closed_at_once(void **state) {
    (void)state;
    const struct all_names before = all_names();
    const PFILE_OBJECT file = begin("\\a", GENERIC_READ, 0);
    cancel_open(file);
    assert_irps(IRPS(FLT_EVENT_CLEANUP), FLT_PROCESS_P1, number(file));
    assert_object(number(file), 0, 1, FLT_TYPE_FILE, FLT_PHASE_CLEANED);
    assert_names(&before);
    assert_status(flt_read(file), STATUS_FILE_CLOSED);
    complete_create(file);
    assert_irps(IRPS(FLT_EVENT_CLOSE), FLT_PROCESS_P1, number(file));
    assert_gone(number(file));
}

static void cancelled_create_is_not_undone(void **state) {
    (void)state;
    const PFILE_OBJECT file = begin("\\missing", GENERIC_READ, 0);
    assert_int_equal(w.iosb.Information, FILE_CREATED);
    cancel_open(file);
    assert_there("\\missing", FLT_NAME_FILE);
    complete_create(file);
    assert_there("\\missing", FLT_NAME_FILE);
}

static void cancelled_create_deletes_on_close(void **state) {
    (void)state;
    cancel_open(begin("\\a", DELETE, FILE_DELETE_ON_CLOSE));
    assert_there("\\a", FLT_NAME_NOTHING);
}

static void reference_outlives_the_create(void **state) {
    (void)state;
    const PFILE_OBJECT file = begin("\\a", GENERIC_READ, 0);
    reference_pointer(file);
    assert_object(number(file), 0, 2, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    complete_create(file);
    assert_irps(IRPS(FLT_EVENT_CLEANUP), FLT_PROCESS_P1, number(file));
    assert_object(number(file), 0, 1, FLT_TYPE_FILE, FLT_PHASE_CLEANED);
    assert_stops(cancel_open(file), 0xF5, 0x6A, number(file));
    dereference(file);
    assert_irps(IRPS(FLT_EVENT_CLOSE), FLT_PROCESS_P1, number(file));
}

static void handle_comes_in_between(void **state) {
    (void)state;
    const PFILE_OBJECT file = begin("\\a", GENERIC_READ, 0);
    assert_status(open_pointer(file, OBJ_KERNEL_HANDLE), STATUS_SUCCESS);
    assert_stops(cancel_open(file), 0xF5, 0x6A, number(file));
    complete_create(file);
    assert_no_irps(); /* the handle is there */
    assert_object(number(file), 1, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    assert_status(zw_close(w.handle), STATUS_SUCCESS);
    assert_irps(IRPS(ENDS), FLT_PROCESS_P1, number(file));
}

static void handle_comes_and_goes_in_between(void **state) {
    (void)state;
    const PFILE_OBJECT file = begin("\\a", GENERIC_READ, 0);
    assert_status(open_pointer(file, OBJ_KERNEL_HANDLE), STATUS_SUCCESS);
    assert_status(zw_close(w.handle), STATUS_SUCCESS);
    assert_irps(IRPS(FLT_EVENT_CLEANUP), FLT_PROCESS_P1, number(file));
    assert_stops(cancel_open(file), 0xF5, 0x6A, number(file));
    complete_create(file);
    assert_irps(IRPS(FLT_EVENT_CLOSE), FLT_PROCESS_P1, number(file));
}

/* What comes of an open by name without a create of an application's is as ever. */
static void cancel_comes_too_late(void **state) {
    (void)state;
    const HANDLE closed = open_object("\\b", GENERIC_READ, 0);
    const PFILE_OBJECT first = w.file;
    assert_status(flt_close(closed), STATUS_SUCCESS);
    open_object("\\a", GENERIC_READ, 0);
    assert_stops(cancel_open(w.file), 0xF5, 0x6A, number(w.file));
    assert_stops(cancel_open(first), 0xF5, 0x6A, number(first));
}

static void nothing_else_is_completed(void **state) {
    (void)state;
    const HANDLE handle = open_object("\\a", GENERIC_READ, 0);
    w.events = 0;
    complete_create(NULL);
    complete_create(handle);
    complete_create(w.file);
    assert_object(number(w.file), 1, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    const PFILE_OBJECT file = begin("\\b", GENERIC_READ, 0);
    complete_create(file);
    w.events = 0;
    complete_create(file);
    assert_no_irps();
    assert_gone(number(file));
}

/* The request comes from user mode: what contradicts itself is refused. */
static void every_parameter_is_checked(void **state) {
    (void)state;
    start_with(create_checks, asked);
    assert_status(post_create("\\a", GENERIC_READ, FILE_OPEN, FILE_DELETE_ON_CLOSE),
                  STATUS_INVALID_PARAMETER);
    assert_status(open_with("\\b", GENERIC_READ, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_SUCCESS);
}

static void failed_create_leaves_nothing(void **state) {
    (void)state;
    const struct all_names before = all_names();
    for (uint32_t step = 0; step <= 2; step++) {
        assert_status(told(STATUS_INSUFFICIENT_RESOURCES, step,
                           post_create("\\missing", GENERIC_READ, FILE_CREATE, 0)),
                      STATUS_INSUFFICIENT_RESOURCES);
        assert_int_equal(number(w.file), FILL);
        assert_names(&before);
        assert_totals(0, 0);
        assert_no_irps();
    }
    assert_status(told(STATUS_INSUFFICIENT_RESOURCES, 3,
                       post_create("\\missing", GENERIC_READ, FILE_CREATE, 0)),
                  STATUS_SUCCESS);
}

static void shares_with_other_opens(void **state) {
    (void)state;
    w.share = 0;
    const PFILE_OBJECT file = begin("\\a", GENERIC_READ, 0);
    assert_status(open_with("\\a", GENERIC_READ, FILE_OPEN, 0), STATUS_SHARING_VIOLATION);
    assert_status(post_create("\\a", GENERIC_READ, FILE_OPEN, 0), STATUS_SHARING_VIOLATION);
    cancel_open(file);
    assert_status(open_with("\\a", GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
}

static void irps_are_in_the_process_of_the_moment(void **state) {
    (void)state;
    const PFILE_OBJECT file = begin("\\a", GENERIC_READ, 0);
    run_in(FLT_PROCESS_P2);
    cancel_open(file);
    assert_irps(IRPS(FLT_EVENT_CLEANUP), FLT_PROCESS_P2, number(file));
    run_in(FLT_PROCESS_SYSTEM);
    complete_create(file);
    assert_irps(IRPS(FLT_EVENT_CLOSE), FLT_PROCESS_SYSTEM, number(file));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(create_under_way_has_no_handle),
        test(cancelled_create_is_closed_at_once),
        test(cancelled_create_is_not_undone),
        test(cancelled_create_deletes_on_close),
        test(reference_outlives_the_create),
        test(handle_comes_in_between),
        test(handle_comes_and_goes_in_between),
        test(cancel_comes_too_late),
        test(nothing_else_is_completed),
        test(every_parameter_is_checked),
        test(failed_create_leaves_nothing),
        test(shares_with_other_opens),
        test(irps_are_in_the_process_of_the_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
