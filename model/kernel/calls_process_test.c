/* KeStackAttachProcess, KeUnstackDetachProcess, StartProcess and ExitProcess. */
#include "calls_test.h"

/* Whose table a new handle goes to says which process is the current one. */
static void assert_current(enum flt_process process) {
    struct flt_handle_row row;
    const HANDLE handle = open_by(FLT_OP_ZwCreateFile, 0);
    assert_true(has_handle((uint8_t)process, handle, &row));
    w.events = 0;
    assert_status(zw_close(handle), STATUS_SUCCESS);
    assert_irps(IRPS(FLT_EVENT_CLEANUP, FLT_EVENT_CLOSE), process, row.token);
}

static void attached_thread_is_in_that_process(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_ZwCreateFile, 0);
    attach(FLT_PROCESS_P2);
    assert_current(FLT_PROCESS_P2);
    assert_status(zw_close(handle), STATUS_INVALID_HANDLE); /* p1's */
    attach(FLT_PROCESS_SYSTEM);
    assert_current(FLT_PROCESS_SYSTEM);
    attach(FLT_PROCESS_P1);
    assert_status(reference(handle), STATUS_SUCCESS);
    dereference(w.object);
    detach();
    assert_current(FLT_PROCESS_SYSTEM);
    detach();
    assert_current(FLT_PROCESS_P2);
    detach();
    assert_status(zw_close(handle), STATUS_SUCCESS);
}

static void last_reference_goes_in_the_attached_process(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_FltCreateFileEx, OBJ_KERNEL_HANDLE);
    assert_status(flt_close(handle), STATUS_SUCCESS);
    w.events = 0;
    attach(FLT_PROCESS_P2);
    const uint64_t token = number(w.file);
    dereference(w.file);
    assert_irps(IRPS(FLT_EVENT_CLOSE), FLT_PROCESS_P2, token);
}

static void attached_thread_stays_attached_wherever_it_runs(void **state) {
    (void)state;
    attach(FLT_PROCESS_P2);
    run_in(FLT_PROCESS_SYSTEM);
    assert_current(FLT_PROCESS_P2);
    detach();
    assert_current(FLT_PROCESS_SYSTEM);
}

static void eight_attachments_nest(void **state) {
    (void)state;
    for (int i = 0; i < 8; i++)
        attach(i % 2 ? FLT_PROCESS_SYSTEM : FLT_PROCESS_P2);
    attach(FLT_PROCESS_P1); /* no room: no change */
    assert_current(FLT_PROCESS_SYSTEM);
    for (int i = 0; i < 7; i++) {
        detach();
        assert_current(i % 2 ? FLT_PROCESS_SYSTEM : FLT_PROCESS_P2);
    }
    detach();
    assert_current(FLT_PROCESS_P1);
    detach(); /* not attached: no change */
    assert_current(FLT_PROCESS_P1);
    attach(FLT_PROCESS_P2);
    start();
    assert_current(FLT_PROCESS_P1);
}

static void exit_closes_every_handle_in_order(void **state) {
    (void)state;
    uint64_t token[3];
    HANDLE handle[3];
    run_in(FLT_PROCESS_P2);
    for (int i = 0; i < 3; i++) /* 12, then 4 and 8 */
        handle[i] = open_by(FLT_OP_ZwCreateFile, 0);
    assert_status(zw_close(handle[1]), STATUS_SUCCESS);
    assert_status(zw_close(handle[0]), STATUS_SUCCESS);
    for (int i = 0; i < 2; i++)
        handle[i] = open_by(FLT_OP_ZwCreateFile, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(number(handle[i]), 4 * (i + 1));
        token[i] = token_of(FLT_PROCESS_P2, handle[i]);
    }
    assert_status(set_flags(handle[1], FALSE, TRUE), STATUS_SUCCESS); /* no help */
    run_in(FLT_PROCESS_P1);
    w.events = 0;
    exit_process(FLT_PROCESS_P2);
    assert_int_equal(w.events, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(w.event[i].kind, i % 2 ? FLT_EVENT_CLOSE : FLT_EVENT_CLEANUP);
        assert_int_equal(w.event[i].process, FLT_PROCESS_P2);
        assert_int_equal(w.event[i].token, token[i / 2]);
    }
    assert_totals(0, 0);
}

static void exit_leaves_other_tables_alone(void **state) {
    (void)state;
    const HANDLE plain = open_by(FLT_OP_ZwCreateFile, 0), kernel = open_kernel();
    run_in(FLT_PROCESS_P2);
    open_by(FLT_OP_ZwCreateFile, 0);
    exit_process(FLT_PROCESS_P2);
    struct flt_handle_row row;
    assert_true(has_handle(FLT_PROCESS_P1, plain, &row));
    assert_true(has_handle(FLT_TABLE_KERNEL, kernel, &row));
    assert_totals(2, 2);
}

static void what_else_keeps_an_object_outlives_exit(void **state) {
    (void)state;
    open_by(FLT_OP_FltCreateFileEx, 0);
    const PFILE_OBJECT referenced = w.file;
    const HANDLE shared = open_by(FLT_OP_ZwCreateFile, 0);
    const uint64_t token = token_of(FLT_PROCESS_P1, shared);
    assert_status(duplicate(FLT_PROCESS_HANDLE_P1, shared, FLT_PROCESS_HANDLE_P2, 0, 0, 0),
                  STATUS_SUCCESS);
    w.events = 0;
    exit_process(FLT_PROCESS_P1);
    assert_irps(IRPS(FLT_EVENT_CLEANUP), FLT_PROCESS_P1, number(referenced));
    assert_object(number(referenced), 0, 1, FLT_TYPE_FILE, FLT_PHASE_CLEANED);
    assert_object(token, 1, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    assert_totals(1, 2);
}

static void exit_finds_handles_past_a_page(void **state) {
    (void)state;
    w.system->host.event = NULL; /* nothing listens */
    HANDLE handle[600];
    for (size_t i = 0; i < 600; i++)
        handle[i] = open_by(FLT_OP_ZwCreateFile, 0);
    for (size_t i = 0; i < 590; i++)
        assert_status(zw_close(handle[i]), STATUS_SUCCESS);
    exit_process(FLT_PROCESS_P1);
    assert_totals(0, 0);
}

static void system_never_exits(void **state) {
    (void)state;
    const HANDLE handle = open_kernel();
    exit_process(FLT_PROCESS_SYSTEM);
    exit_process(FLT_PROCESS_COUNT); /* nor what is no process */
    exit_process(UINT32_MAX);
    assert_totals(1, 1);
    assert_status(duplicate(FLT_PROCESS_HANDLE_SYSTEM, handle, FLT_PROCESS_HANDLE_SYSTEM, 0, 0, 0),
                  STATUS_SUCCESS);
}

static bool has_exited(enum flt_process_handle process) {
    const HANDLE handle = open_kernel();
    const NTSTATUS status =
        duplicate(process, handle, FLT_PROCESS_HANDLE_NULL, 0, 0, DUPLICATE_CLOSE_SOURCE);
    if (!NT_SUCCESS(status))
        assert_status(flt_close(handle), STATUS_SUCCESS);
    return !NT_SUCCESS(status);
}

static void process_is_gone_until_it_starts(void **state) {
    (void)state;
    assert_false(has_exited(FLT_PROCESS_HANDLE_P2));
    exit_process(FLT_PROCESS_P2);
    assert_true(has_exited(FLT_PROCESS_HANDLE_P2));
    assert_false(has_exited(FLT_PROCESS_HANDLE_P1));
    start_process(FLT_PROCESS_COUNT); /* no process: no change */
    assert_true(has_exited(FLT_PROCESS_HANDLE_P2));
    start_process(FLT_PROCESS_P2);
    assert_false(has_exited(FLT_PROCESS_HANDLE_P2));
    exit_process(FLT_PROCESS_P2);
    start();
    assert_false(has_exited(FLT_PROCESS_HANDLE_P2));
}

static void starting_what_runs_changes_nothing(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_ZwCreateFile, 0);
    w.events = 0;
    start_process(FLT_PROCESS_P1);
    assert_no_irps();
    assert_totals(1, 1);
    assert_status(zw_close(handle), STATUS_SUCCESS);
}

static void thread_of_an_exited_process_runs_on(void **state) {
    (void)state;
    exit_process(FLT_PROCESS_P1);
    assert_current(FLT_PROCESS_P1);
    exit_process(FLT_PROCESS_P2);
    run_in(FLT_PROCESS_P2);
    assert_current(FLT_PROCESS_P2);
    attach(FLT_PROCESS_P1);
    assert_current(FLT_PROCESS_P1);
}

/* What was opened in an exited process's table stays when the process starts, and goes when it
 * exits once more. */
static void handle_made_after_exit_stays_until_the_next(void **state) {
    (void)state;
    exit_process(FLT_PROCESS_P1);
    const HANDLE handle = open_by(FLT_OP_ZwCreateFile, 0);
    const uint64_t token = token_of(FLT_PROCESS_P1, handle);
    w.events = 0;
    start_process(FLT_PROCESS_P1);
    assert_no_irps();
    assert_int_equal(token_of(FLT_PROCESS_P1, handle), token);
    exit_process(FLT_PROCESS_P1);
    open_by(FLT_OP_ZwCreateFile, 0);
    exit_process(FLT_PROCESS_P1);
    assert_totals(0, 0);
}

static void values_start_over_or_stay_retired(void **state) {
    (void)state;
    open_by(FLT_OP_ZwCreateFile, 0);
    open_by(FLT_OP_ZwCreateFile, 0);
    exit_process(FLT_PROCESS_P1);
    start_process(FLT_PROCESS_P1);
    assert_int_equal(number(open_by(FLT_OP_ZwCreateFile, 0)), 4);
    assert_int_equal(number(open_by(FLT_OP_ZwCreateFile, 0)), 8);
    start_with(reuse, never);
    start_with(geometry, small);
    for (int i = 0; i < 11; i++)
        open_by(FLT_OP_ZwCreateFile, 0);
    exit_process(FLT_PROCESS_P1);
    start_process(FLT_PROCESS_P1);
    assert_int_equal(number(open_by(FLT_OP_ZwCreateFile, 0)), 15 * 4);
    assert_status(open_name(FLT_OP_ZwCreateFile, "\\a", 0, 0, NULL), STATUS_INSUFFICIENT_RESOURCES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(attached_thread_is_in_that_process),
        test(last_reference_goes_in_the_attached_process),
        test(attached_thread_stays_attached_wherever_it_runs),
        test(eight_attachments_nest),
        test(exit_closes_every_handle_in_order),
        test(exit_leaves_other_tables_alone),
        test(what_else_keeps_an_object_outlives_exit),
        test(exit_finds_handles_past_a_page),
        test(system_never_exits),
        test(process_is_gone_until_it_starts),
        test(starting_what_runs_changes_nothing),
        test(thread_of_an_exited_process_runs_on),
        test(handle_made_after_exit_stays_until_the_next),
        test(values_start_over_or_stay_retired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
