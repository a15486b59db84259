/* The thread's IRQL, regions and top-level IRP, and the verifier's look at the IRQL of every call.
 */
#include "calls_test.h"

#include "state.h"

enum { NOT_GREATER = 0x09, NOT_LESS = 0x0A, VERIFIER = 0xC4 };

static void raise_hands_out_the_old_irql(void **state) {
    (void)state;
    raise_irql(APC_LEVEL);
    assert_int_equal(w.irql, PASSIVE_LEVEL);
    raise_irql(APC_LEVEL); /* equal is no lower */
    assert_int_equal(w.irql, APC_LEVEL);
    raise_irql(HIGH_LEVEL);
    assert_int_equal(w.irql, APC_LEVEL);
    lower_irql(DISPATCH_LEVEL);
    lower_irql(DISPATCH_LEVEL);
    raise_irql(3);
    assert_int_equal(w.irql, DISPATCH_LEVEL);
}

static void wrong_way_stops_the_system(void **state) {
    (void)state;
    raise_irql(DISPATCH_LEVEL);
    assert_stops(raise_irql(APC_LEVEL), NOT_GREATER, APC_LEVEL, DISPATCH_LEVEL);
    assert_stops(lower_irql(HIGH_LEVEL), NOT_LESS, HIGH_LEVEL, DISPATCH_LEVEL);
}

static void reset_goes_back_to_passive_in_p1(void **state) {
    (void)state;
    raise_irql(DISPATCH_LEVEL);
    run_in(FLT_PROCESS_P2);
    start();
    raise_irql(APC_LEVEL);
    assert_int_equal(w.irql, PASSIVE_LEVEL);
    struct flt_handle_row row;
    assert_true(has_handle(FLT_PROCESS_P1, open_by(FLT_OP_ZwCreateFile, 0), &row));
}

static void no_such_process_is_no_change(void **state) {
    (void)state;
    run_in(FLT_PROCESS_P2);
    run_in(FLT_PROCESS_COUNT);
    run_in(UINT32_MAX);
    struct flt_handle_row row;
    assert_true(has_handle(FLT_PROCESS_P2, open_by(FLT_OP_ZwCreateFile, 0), &row));
}

static void without_the_verifier_irql_stops_nothing(void **state) {
    (void)state;
    raise_irql(HIGH_LEVEL);
    const HANDLE flt = open_by(FLT_OP_FltCreateFileEx, 0);
    dereference(w.file);
    const HANDLE zw = open_by(FLT_OP_ZwCreateFile, 0);
    const HANDLE event = open_by(FLT_OP_ZwCreateEvent, 0);
    assert_status(reference(event), STATUS_SUCCESS);
    dereference(w.object);
    assert_status(flt_close(flt), STATUS_SUCCESS);
    assert_status(zw_close(zw), STATUS_SUCCESS);
    assert_status(zw_close(event), STATUS_SUCCESS);
    assert_totals(0, 0);
}

static void assert_open_stops(enum flt_opcode opener) {
    assert_stops(open_name(opener, "\\a", GENERIC_READ, OBJ_KERNEL_HANDLE, &w.file), VERIFIER, 0,
                 APC_LEVEL);
}

static void verifier_stops_above_passive(void **state) {
    (void)state;
    static const enum flt_opcode openers[] = {
        FLT_OP_FltCreateFile, FLT_OP_FltCreateFileEx, FLT_OP_FltCreateFileEx2, FLT_OP_FltOpenVolume,
        FLT_OP_ZwCreateFile,  FLT_OP_ZwCreateEvent,   FLT_OP_ZwCreateSection,  FLT_OP_ZwOpenKey};
    start_with(verifier, on);
    const HANDLE handle = open_kernel();
    w.events = 0;
    raise_irql(APC_LEVEL);
    for (size_t i = 0; i < sizeof openers / sizeof openers[0]; i++)
        assert_open_stops(openers[i]);
    assert_stops(flt_close(handle), VERIFIER, 0, APC_LEVEL);
    assert_stops(zw_close(handle), VERIFIER, 0, APC_LEVEL);
    assert_stops(reference(handle), VERIFIER, 0, APC_LEVEL);
    assert_stops(nt_close(handle), VERIFIER, 0, APC_LEVEL);
    assert_stops(ob_close(handle, KernelMode), VERIFIER, 0, APC_LEVEL);
    assert_stops(set_flags(handle, TRUE, TRUE), VERIFIER, 0, APC_LEVEL);
    assert_stops(duplicate(FLT_PROCESS_HANDLE_CURRENT, handle, FLT_PROCESS_HANDLE_CURRENT, 0, 0,
                           DUPLICATE_CLOSE_SOURCE),
                 VERIFIER, 0, APC_LEVEL);
    assert_no_irps(); /* nothing was done before the check */
    assert_totals(1, 1);
    lower_irql(PASSIVE_LEVEL);
    assert_status(flt_close(handle), STATUS_SUCCESS);
}

static int enter_critical(void) {
    w.system->ops->KeEnterCriticalRegion(w.system);
    return 0;
}

static int leave_critical(void) {
    w.system->ops->KeLeaveCriticalRegion(w.system);
    return 0;
}

static int enter_guarded(void) {
    w.system->ops->KeEnterGuardedRegion(w.system);
    return 0;
}

static int leave_guarded(void) {
    w.system->ops->KeLeaveGuardedRegion(w.system);
    return 0;
}

static int set_top_level(void *irp) {
    w.system->ops->IoSetTopLevelIrp(w.system, irp);
    return 0;
}

static const struct flt_thread *thread(void) {
    return flt_kernel_thread(flt_kernel_of(w.system));
}

static void regions_are_counted_apart(void **state) {
    (void)state;
    enter_critical();
    enter_critical();
    enter_guarded();
    assert_int_equal(thread()->critical, 2);
    assert_int_equal(thread()->guarded, 1);
    leave_critical();
    assert_int_equal(thread()->critical, 1);
    leave_guarded();
    leave_guarded(); /* what was never entered is not left */
    assert_int_equal(thread()->guarded, 0);
    assert_int_equal(thread()->critical, 1);
    leave_critical();
    leave_critical();
    assert_int_equal(thread()->critical, 0);
    enter_guarded();
    enter_critical();
    start();
    assert_int_equal(thread()->critical + thread()->guarded, 0);
}

static void top_level_irp_is_kept(void **state) {
    (void)state;
    assert_null(thread()->top_level_irp);
    set_top_level(handle_of(1));
    assert_ptr_equal(thread()->top_level_irp, handle_of(1));
    set_top_level(NULL);
    assert_null(thread()->top_level_irp);
    set_top_level(handle_of(1));
    start();
    assert_null(thread()->top_level_irp);
}

static void regions_and_irp_stop_no_call(void **state) {
    (void)state;
    enter_critical();
    enter_guarded();
    set_top_level(handle_of(1));
    assert_status(flt_close(open_kernel()), STATUS_SUCCESS);
    assert_status(zw_close(open_by(FLT_OP_ZwCreateFile, 0)), STATUS_SUCCESS);
}

static void verifier_stops_thread_calls_above_their_level(void **state) {
    (void)state;
    start_with(verifier, on);
    open_by(FLT_OP_FltCreateFileEx, OBJ_KERNEL_HANDLE);
    const PFILE_OBJECT file = w.file;
    raise_irql(APC_LEVEL); /* here they may be called */
    enter_critical();
    leave_critical();
    enter_guarded();
    leave_guarded();
    attach(FLT_PROCESS_P2);
    detach();
    assert_status(open_pointer(file, OBJ_KERNEL_HANDLE), STATUS_SUCCESS);
    raise_irql(DISPATCH_LEVEL);
    set_top_level(NULL);
    reference_pointer(file);
    dereference(file);
    assert_stops(enter_critical(), VERIFIER, 0, DISPATCH_LEVEL);
    assert_stops(leave_critical(), VERIFIER, 0, DISPATCH_LEVEL);
    assert_stops(enter_guarded(), VERIFIER, 0, DISPATCH_LEVEL);
    assert_stops(leave_guarded(), VERIFIER, 0, DISPATCH_LEVEL);
    assert_stops(attach(FLT_PROCESS_P2), VERIFIER, 0, DISPATCH_LEVEL);
    assert_stops(detach(), VERIFIER, 0, DISPATCH_LEVEL);
    assert_stops(open_pointer(file, OBJ_KERNEL_HANDLE), VERIFIER, 0, DISPATCH_LEVEL);
    assert_int_equal(thread()->critical + thread()->guarded + thread()->attachments, 0);
    raise_irql(3);
    assert_stops(set_top_level(handle_of(1)), VERIFIER, 0, 3);
    assert_stops(reference_pointer(file), VERIFIER, 0, 3);
    assert_null(thread()->top_level_irp);
    assert_object(number(file), 2, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
}

static void verifier_comes_before_other_stops(void **state) {
    (void)state;
    start_with(verifier, on);
    start_with(bad_close, bugcheck);
    raise_irql(DISPATCH_LEVEL);
    assert_stops(zw_close(handle_of(FLT_KERNEL_HANDLE_BITS | 4)), VERIFIER, 0, DISPATCH_LEVEL);
}

static void verifier_lets_dereference_go_up_to_dispatch(void **state) {
    (void)state;
    start_with(verifier, on);
    open_by(FLT_OP_FltCreateFileEx, OBJ_KERNEL_HANDLE);
    const PFILE_OBJECT file = w.file;
    assert_status(reference(w.handle), STATUS_SUCCESS);
    raise_irql(DISPATCH_LEVEL);
    dereference(file);
    assert_object(number(file), 1, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    raise_irql(3);
    assert_stops(dereference(file), VERIFIER, 0, 3);
    assert_object(number(file), 1, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
}

static void verifier_leaves_irql_calls_and_the_environment_alone(void **state) {
    (void)state;
    start_with(verifier, on);
    raise_irql(HIGH_LEVEL);
    raise_irql(HIGH_LEVEL);
    run_in(FLT_PROCESS_P2);
    exit_process(FLT_PROCESS_P1);
    start_process(FLT_PROCESS_P1);
    set_previous_mode(UserMode);
    lower_irql(PASSIVE_LEVEL);
    struct flt_handle_row row;
    assert_true(has_handle(FLT_PROCESS_P2, open_by(FLT_OP_ZwCreateFile, 0), &row));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(raise_hands_out_the_old_irql),
        test(wrong_way_stops_the_system),
        test(reset_goes_back_to_passive_in_p1),
        test(no_such_process_is_no_change),
        test(without_the_verifier_irql_stops_nothing),
        test(regions_are_counted_apart),
        test(top_level_irp_is_kept),
        test(regions_and_irp_stop_no_call),
        test(verifier_stops_above_passive),
        test(verifier_stops_thread_calls_above_their_level),
        test(verifier_comes_before_other_stops),
        test(verifier_lets_dereference_go_up_to_dispatch),
        test(verifier_leaves_irql_calls_and_the_environment_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
