/* FltClose, ZwClose, NtClose, ObCloseHandle, and the protection from them. */
#include "calls_test.h"

enum { INVALID_KERNEL_HANDLE = 0x93 };

#define MINUS_ONE UINT64_MAX
#define KERNEL(offset) (FLT_KERNEL_HANDLE_BITS | (offset))

static NTSTATUS ob_close_as_kernel(HANDLE handle) {
    return ob_close(handle, KernelMode);
}

static NTSTATUS ob_close_as_user(HANDLE handle) {
    return ob_close(handle, UserMode);
}

static NTSTATUS nt_close_as_user(HANDLE handle) {
    set_previous_mode(UserMode);
    return nt_close(handle);
}

/* From kernel mode; the first is the filter manager's. */
static NTSTATUS (*const closers[])(HANDLE) = {flt_close, zw_close, nt_close, ob_close_as_kernel};
static NTSTATUS (*const user_closers[])(HANDLE) = {nt_close_as_user, ob_close_as_user};
enum { CLOSERS = 4, USER_CLOSERS = 2 };

static void close_ends_handle_and_object(void **state) {
    (void)state;
    for (size_t i = 0; i < CLOSERS; i++) {
        start();
        const HANDLE handle = open_kernel();
        const uint64_t token = token_of(FLT_TABLE_KERNEL, handle);
        struct flt_handle_row row;
        w.events = 0;
        run_in(FLT_PROCESS_P2);
        assert_status(closers[i](handle), STATUS_SUCCESS);
        assert_irps(IRPS(FLT_EVENT_CLEANUP, FLT_EVENT_CLOSE), FLT_PROCESS_P2, token);
        assert_false(has_handle(FLT_TABLE_KERNEL, handle, &row));
        assert_gone(token);
        assert_totals(0, 0);
    }
}

static void referenced_object_outlives_its_handle(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_FltCreateFileEx, OBJ_KERNEL_HANDLE);
    const PFILE_OBJECT file = w.file;
    w.events = 0;
    assert_status(flt_close(handle), STATUS_SUCCESS);
    assert_irps(IRPS(FLT_EVENT_CLEANUP), FLT_PROCESS_P1, number(file));
    assert_object(number(file), 0, 1, FLT_TYPE_FILE, FLT_PHASE_CLEANED);
    assert_totals(0, 1);
    dereference(file);
    assert_irps(IRPS(FLT_EVENT_CLOSE), FLT_PROCESS_P1, number(file));
    assert_gone(number(file));
    assert_totals(0, 0);
}

static void second_close_fails_and_changes_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < CLOSERS; i++) {
        start();
        const HANDLE handle = open_kernel(), other = open_kernel();
        assert_status(closers[i](handle), STATUS_SUCCESS);
        w.events = 0;
        assert_status(closers[i](handle), STATUS_INVALID_HANDLE);
        assert_no_irps();
        assert_totals(1, 1);
        assert_object(token_of(FLT_TABLE_KERNEL, other), 1, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    }
}

static void own_leaves_foreign_handles_alone(void **state) {
    (void)state;
    static const enum flt_opcode foreign[] = {FLT_OP_ZwCreateFile, FLT_OP_ZwCreateEvent,
                                              FLT_OP_ZwCreateSection, FLT_OP_ZwOpenKey};
    start_with(bad_close, bugcheck); /* a foreign handle is not a bad one */
    for (size_t i = 0; i < 4; i++) {
        start();
        const HANDLE handle = open_by(foreign[i], OBJ_KERNEL_HANDLE);
        const uint64_t token = token_of(FLT_TABLE_KERNEL, handle);
        w.events = 0;
        assert_status(flt_close(handle), STATUS_INVALID_HANDLE);
        assert_no_irps();
        assert_int_equal(token_of(FLT_TABLE_KERNEL, handle), token);
        assert_totals(1, 1);
        assert_status(zw_close(handle), STATUS_SUCCESS);
        assert_gone(token);
    }
}

static void own_closes_what_flt_opened(void **state) {
    (void)state;
    assert_status(flt_close(open_by(FLT_OP_FltCreateFile, 0)), STATUS_SUCCESS);
    assert_status(flt_close(open_by(FLT_OP_FltCreateFileEx, 0)), STATUS_SUCCESS);
    assert_status(flt_close(open_by(FLT_OP_FltCreateFileEx2, 0)), STATUS_SUCCESS);
    assert_status(flt_close(open_by(FLT_OP_FltOpenVolume, 0)), STATUS_SUCCESS);
    assert_totals(0, 3); /* the objects that were handed out, referenced */
}

static const enum flt_opcode all_openers[] = {FLT_OP_FltCreateFile, FLT_OP_ZwCreateFile,
                                              FLT_OP_ZwCreateEvent, FLT_OP_ZwCreateSection,
                                              FLT_OP_ZwOpenKey};
enum { ALL_OPENERS = sizeof all_openers / sizeof all_openers[0] };

static void forward_closes_everything(void **state) {
    (void)state;
    start_with(flt_close, forward);
    for (size_t i = 0; i < ALL_OPENERS; i++)
        assert_status(flt_close(open_by(all_openers[i], OBJ_KERNEL_HANDLE)), STATUS_SUCCESS);
    assert_totals(0, 0);
}

static void other_closes_close_everything(void **state) {
    (void)state;
    for (size_t i = 0; i < ALL_OPENERS; i++) {
        for (size_t k = 1; k < CLOSERS; k++)
            assert_status(closers[k](open_by(all_openers[i], OBJ_KERNEL_HANDLE)), STATUS_SUCCESS);
        for (size_t k = 0; k < USER_CLOSERS; k++) {
            assert_status(user_closers[k](open_by(all_openers[i], 0)), STATUS_SUCCESS);
            set_previous_mode(KernelMode);
        }
    }
    assert_totals(0, 0);
}

static void event_closes_without_irps(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_ZwCreateEvent, 0);
    const uint64_t token = token_of(FLT_PROCESS_P1, handle);
    assert_status(zw_close(handle), STATUS_SUCCESS);
    assert_no_irps();
    assert_gone(token);
}

/* Bad handles where index 1 is live in the kernel table and in the process's. */
static const uint64_t bad_values[] = {0,
                                      8,
                                      0x7FFFFFFC,
                                      UINT64_C(0x80000004), /* cut to 32 bits */
                                      UINT64_C(0xFFFFFFFF00000004),
                                      UINT64_C(0x7FFFFFFF80000004),
                                      UINT64_C(0x100000004),
                                      NEVER_VALID};
/* These are kernel handles by their bits. */
static const uint64_t bad_kernel_values[] = {KERNEL(8), KERNEL(1024), KERNEL(0x7FFFFFFC), KERNEL(3),
                                             KERNEL(0x7FFFFFFE)};
enum {
    BAD = sizeof bad_values / sizeof bad_values[0],
    BAD_KERNEL = sizeof bad_kernel_values / sizeof bad_kernel_values[0]
};

static void open_index_one(void) {
    open_kernel();
    open_by(FLT_OP_FltCreateFile, 0);
}

static void bad_handles_give_a_status(void **state) {
    (void)state;
    open_index_one();
    w.events = 0;
    for (size_t i = 0; i < CLOSERS; i++) {
        for (size_t k = 0; k < BAD; k++)
            assert_status(closers[i](handle_of(bad_values[k])), STATUS_INVALID_HANDLE);
        for (size_t k = 0; k < BAD_KERNEL; k++)
            assert_status(closers[i](handle_of(bad_kernel_values[k])), STATUS_INVALID_HANDLE);
        assert_status(closers[i](handle_of(MINUS_ONE)), STATUS_INVALID_HANDLE);
        assert_status(closers[i](handle_of(FLT_KERNEL_HANDLE_BITS)), STATUS_INVALID_HANDLE);
    }
    assert_no_irps();
    assert_totals(2, 2);
}

static void assert_close_stops(NTSTATUS (*close)(HANDLE), uint64_t value) {
    assert_stops(close(handle_of(value)), INVALID_KERNEL_HANDLE, value, 1);
}

static void assert_bad_kernel_handles_stop(void) {
    for (size_t i = 0; i < CLOSERS; i++) {
        start();
        open_index_one();
        for (size_t k = 0; k < BAD_KERNEL; k++)
            assert_close_stops(closers[i], bad_kernel_values[k]);
        for (size_t k = 0; k < BAD; k++)
            assert_status(closers[i](handle_of(bad_values[k])), STATUS_INVALID_HANDLE);
        assert_status(closers[i](handle_of(MINUS_ONE)), STATUS_INVALID_HANDLE);
        assert_status(closers[i](handle_of(FLT_KERNEL_HANDLE_BITS)), STATUS_INVALID_HANDLE);
        assert_totals(2, 2);
    }
}

static void bad_kernel_handles_stop_the_system(void **state) {
    (void)state;
    start_with(bad_close, bugcheck);
    assert_bad_kernel_handles_stop();
    start_with(flt_close, forward);
    assert_bad_kernel_handles_stop();
}

static void in_system_a_plain_bad_value_gives_a_status(void **state) {
    (void)state;
    start_with(bad_close, bugcheck);
    run_in(FLT_PROCESS_SYSTEM);
    assert_status(zw_close(handle_of(4)), STATUS_INVALID_HANDLE);
}

static void minus_one_is_success_for_all_but_flt_close(void **state) {
    (void)state;
    start_with(minus_one, success);
    open_kernel();
    w.events = 0;
    for (size_t i = 1; i < CLOSERS; i++) {
        assert_status(closers[i](handle_of(MINUS_ONE)), STATUS_SUCCESS);
        assert_status(closers[i](handle_of(MINUS_ONE - 1)),
                      STATUS_INVALID_HANDLE); /* that value only */
    }
    for (size_t i = 0; i < USER_CLOSERS; i++)
        assert_status(user_closers[i](handle_of(MINUS_ONE)), STATUS_SUCCESS);
    assert_status(flt_close(handle_of(MINUS_ONE)), STATUS_INVALID_HANDLE);
    assert_no_irps();
    assert_totals(1, 1);
    start_with(flt_close, forward);
    assert_status(flt_close(handle_of(MINUS_ONE)), STATUS_SUCCESS);
    start_with(tag_bits, significant); /* looked at first */
    assert_status(zw_close(handle_of(MINUS_ONE)), STATUS_SUCCESS);
}

static void tag_bits_are_as_the_switch_says(void **state) {
    (void)state;
    for (uint64_t tag = 1; tag <= 3; tag++)
        for (size_t i = 0; i < CLOSERS; i++) {
            start_with(tag_bits, ignored);
            HANDLE handle = open_kernel();
            assert_status(closers[i](handle_of(number(handle) | tag)), STATUS_SUCCESS);
            handle = open_by(FLT_OP_FltCreateFile, 0);
            assert_status(closers[i](handle_of(number(handle) | tag)), STATUS_SUCCESS);
            assert_totals(0, 0);
            start_with(tag_bits, significant);
            handle = open_kernel();
            assert_status(closers[i](handle_of(number(handle) | tag)), STATUS_INVALID_HANDLE);
            assert_totals(1, 1);
            assert_status(closers[i](handle), STATUS_SUCCESS);
        }
}

static void process_handles_are_of_their_process(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_FltCreateFile, 0);
    run_in(FLT_PROCESS_P2);
    assert_status(flt_close(handle), STATUS_INVALID_HANDLE);
    run_in(FLT_PROCESS_SYSTEM);
    assert_status(flt_close(handle), STATUS_INVALID_HANDLE);
    assert_totals(1, 1);
    run_in(FLT_PROCESS_P1);
    assert_status(flt_close(handle), STATUS_SUCCESS);
    assert_totals(0, 0);
}

static void same_value_in_two_processes(void **state) {
    (void)state;
    const HANDLE first = open_by(FLT_OP_FltCreateFile, 0);
    const uint64_t token = token_of(FLT_PROCESS_P1, first);
    run_in(FLT_PROCESS_P2);
    const HANDLE second = open_by(FLT_OP_FltCreateFile, 0);
    assert_ptr_equal(first, second);
    assert_status(flt_close(second), STATUS_SUCCESS);
    assert_int_equal(token_of(FLT_PROCESS_P1, first), token);
    assert_totals(1, 1);
}

static void in_system_a_plain_value_names_a_kernel_handle(void **state) {
    (void)state;
    const HANDLE handle = open_kernel();
    run_in(FLT_PROCESS_SYSTEM);
    assert_status(flt_close(handle_of(number(handle) & ~FLT_KERNEL_HANDLE_BITS)), STATUS_SUCCESS);
    assert_totals(0, 0);
}

static void kernel_handles_close_in_every_process(void **state) {
    (void)state;
    for (ULONG process = 0; process < FLT_PROCESS_COUNT; process++) {
        run_in(FLT_PROCESS_P1);
        const HANDLE handle = open_kernel();
        run_in(process);
        assert_status(flt_close(handle), STATUS_SUCCESS);
    }
    assert_totals(0, 0);
}

static void closed_value_comes_back_or_not(void **state) {
    (void)state;
    HANDLE handle = open_kernel();
    assert_status(flt_close(handle), STATUS_SUCCESS);
    assert_ptr_equal(open_kernel(), handle);
    start_with(reuse, never);
    handle = open_kernel();
    assert_status(flt_close(handle), STATUS_SUCCESS);
    assert_int_equal(number(open_kernel()), number(handle) + 4);
    assert_status(flt_close(handle), STATUS_INVALID_HANDLE); /* retired */
}

/* ---- from user mode -------------------------------------------------------------------------- */

static void user_mode_closes_no_kernel_handle(void **state) {
    (void)state;
    start_with(bad_close, bugcheck); /* user mode stops nothing */
    start_with(protected_close, bugcheck);
    const HANDLE handle = open_kernel();
    const HANDLE plain = handle_of(number(handle) & ~FLT_KERNEL_HANDLE_BITS);
    assert_status(set_flags(handle, FALSE, TRUE), STATUS_SUCCESS); /* nor does it get that far */
    w.events = 0;
    for (ULONG process = 0; process < FLT_PROCESS_COUNT; process++)
        for (size_t i = 0; i < USER_CLOSERS; i++) {
            run_in(process);
            assert_status(user_closers[i](handle), STATUS_INVALID_HANDLE);
            assert_status(user_closers[i](plain), STATUS_INVALID_HANDLE);
        }
    assert_no_irps();
    assert_totals(1, 1);
}

static void user_mode_closes_handles_of_the_process(void **state) {
    (void)state;
    for (size_t i = 0; i < USER_CLOSERS; i++) {
        start();
        const HANDLE handle = open_by(FLT_OP_ZwCreateFile, 0);
        const uint64_t token = token_of(FLT_PROCESS_P1, handle);
        w.events = 0;
        assert_status(user_closers[i](handle_of(number(handle) | 3)), STATUS_SUCCESS);
        assert_irps(IRPS(FLT_EVENT_CLEANUP, FLT_EVENT_CLOSE), FLT_PROCESS_P1, token);
        assert_totals(0, 0);
        assert_status(user_closers[i](handle), STATUS_INVALID_HANDLE);
    }
}

static void bad_handles_from_user_mode_give_a_status(void **state) {
    (void)state;
    start_with(bad_close, bugcheck);
    for (size_t i = 0; i < USER_CLOSERS; i++) {
        for (size_t k = 0; k < BAD; k++)
            assert_status(user_closers[i](handle_of(bad_values[k])), STATUS_INVALID_HANDLE);
        for (size_t k = 0; k < BAD_KERNEL; k++)
            assert_status(user_closers[i](handle_of(bad_kernel_values[k])), STATUS_INVALID_HANDLE);
        assert_status(user_closers[i](handle_of(MINUS_ONE)), STATUS_INVALID_HANDLE);
    }
}

static void previous_mode_is_nt_closes_alone(void **state) {
    (void)state;
    set_previous_mode(UserMode);
    const HANDLE handle = open_kernel();
    assert_status(reference(handle), STATUS_SUCCESS); /* goes by its own argument */
    dereference(w.object);
    assert_status(nt_close(handle), STATUS_INVALID_HANDLE);
    assert_status(flt_close(handle), STATUS_SUCCESS);
    assert_status(zw_close(open_kernel()), STATUS_SUCCESS);
    assert_status(ob_close_as_kernel(open_kernel()), STATUS_SUCCESS);
    set_previous_mode(KernelMode);
    assert_status(nt_close(open_kernel()), STATUS_SUCCESS);
    set_previous_mode(UserMode);
    start();
    assert_status(nt_close(open_kernel()), STATUS_SUCCESS); /* KernelMode to begin with */
}

/* ---- protection -------------------------------------------------------------------------------
 */

static HANDLE open_protected(enum flt_opcode opener, ULONG attributes) {
    const HANDLE handle = open_by(opener, attributes);
    assert_status(set_flags(handle, FALSE, TRUE), STATUS_SUCCESS);
    w.events = 0;
    return handle;
}

static void protected_handle_does_not_close(void **state) {
    (void)state;
    const HANDLE handle = open_protected(FLT_OP_FltCreateFile, OBJ_KERNEL_HANDLE);
    struct flt_handle_row row;
    for (size_t i = 0; i < CLOSERS; i++)
        assert_status(closers[i](handle), STATUS_HANDLE_NOT_CLOSABLE);
    assert_no_irps();
    assert_true(has_handle(FLT_TABLE_KERNEL, handle, &row));
    assert_int_equal(row.flags, FLT_HANDLE_PROTECT);
    assert_object(row.token, 1, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    assert_status(set_flags(handle, FALSE, FALSE), STATUS_SUCCESS);
    assert_status(flt_close(handle), STATUS_SUCCESS);
    assert_totals(0, 0);
}

static void assert_protected_stops(NTSTATUS (*close)(HANDLE), HANDLE handle) {
    assert_stops(close(handle), INVALID_KERNEL_HANDLE, number(handle), 0);
}

static void protected_handle_stops_the_system_by_switch(void **state) {
    (void)state;
    start_with(protected_close, bugcheck);
    const HANDLE kernel = open_protected(FLT_OP_FltCreateFile, OBJ_KERNEL_HANDLE);
    const HANDLE plain = open_protected(FLT_OP_FltCreateFile, 0);
    for (size_t i = 0; i < CLOSERS; i++) {
        assert_protected_stops(closers[i], kernel);
        assert_protected_stops(closers[i], plain);
        assert_protected_stops(closers[i], handle_of(number(plain) | 1)); /* as it was passed */
    }
    for (size_t i = 0; i < USER_CLOSERS; i++) /* user mode never does */
        assert_status(user_closers[i](plain), STATUS_HANDLE_NOT_CLOSABLE);
    assert_no_irps();
    assert_totals(2, 2);
}

static void forwarded_close_of_a_protected_handle(void **state) {
    (void)state;
    start_with(flt_close, forward);
    assert_status(flt_close(open_protected(FLT_OP_ZwCreateFile, 0)), STATUS_HANDLE_NOT_CLOSABLE);
    start_with(protected_close, bugcheck);
    assert_protected_stops(flt_close, open_protected(FLT_OP_ZwCreateFile, 0));
}

static void foreign_comes_before_protected(void **state) {
    (void)state;
    start_with(protected_close, bugcheck);
    assert_status(flt_close(open_protected(FLT_OP_ZwCreateFile, 0)), STATUS_INVALID_HANDLE);
    assert_totals(1, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(close_ends_handle_and_object),
        test(referenced_object_outlives_its_handle),
        test(second_close_fails_and_changes_nothing),
        test(own_leaves_foreign_handles_alone),
        test(own_closes_what_flt_opened),
        test(forward_closes_everything),
        test(other_closes_close_everything),
        test(event_closes_without_irps),
        test(bad_handles_give_a_status),
        test(bad_kernel_handles_stop_the_system),
        test(in_system_a_plain_bad_value_gives_a_status),
        test(minus_one_is_success_for_all_but_flt_close),
        test(tag_bits_are_as_the_switch_says),
        test(process_handles_are_of_their_process),
        test(same_value_in_two_processes),
        test(in_system_a_plain_value_names_a_kernel_handle),
        test(kernel_handles_close_in_every_process),
        test(closed_value_comes_back_or_not),
        test(user_mode_closes_no_kernel_handle),
        test(user_mode_closes_handles_of_the_process),
        test(bad_handles_from_user_mode_give_a_status),
        test(previous_mode_is_nt_closes_alone),
        test(protected_handle_does_not_close),
        test(protected_handle_stops_the_system_by_switch),
        test(forwarded_close_of_a_protected_handle),
        test(foreign_comes_before_protected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
