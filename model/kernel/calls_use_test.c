/* The calls that use a file, by handle and by object, and ZwSetInformationObject. */
#include "calls_test.h"

static NTSTATUS (*const by_handle[])(HANDLE) = {zw_read, zw_query};
static NTSTATUS (*const by_object[])(PFILE_OBJECT) = {flt_read, flt_write, flt_query};
enum { BY_HANDLE = 2, BY_OBJECT = 3 };

static void handle_of_a_file_is_used(void **state) {
    (void)state;
    static const enum flt_opcode openers[] = {FLT_OP_FltCreateFile, FLT_OP_ZwCreateFile,
                                              FLT_OP_FltOpenVolume};
    for (size_t i = 0; i < BY_HANDLE; i++)
        for (size_t k = 0; k < 3; k++) {
            const HANDLE handle = open_by(openers[k], 0);
            const uint64_t handles = i * 3 + k + 1;
            w.events = 0;
            assert_status(by_handle[i](handle), STATUS_SUCCESS);
            assert_status(by_handle[i](handle_of(number(handle) | 1)), STATUS_SUCCESS);
            assert_no_irps();
            assert_totals(handles, handles);
        }
}

static void handle_of_something_else_is_not(void **state) {
    (void)state;
    static const enum flt_opcode openers[] = {FLT_OP_ZwCreateEvent, FLT_OP_ZwCreateSection,
                                              FLT_OP_ZwOpenKey};
    for (size_t i = 0; i < BY_HANDLE; i++)
        for (size_t k = 0; k < 3; k++)
            assert_status(by_handle[i](open_by(openers[k], 0)), STATUS_OBJECT_TYPE_MISMATCH);
}

/* In p2, where index 1 is live in p1's table and in the kernel's. */
static void assert_refuses_bad_handles(NTSTATUS (*use)(HANDLE)) {
    const uint64_t bad[] = {
        0, 4, FLT_KERNEL_HANDLE_BITS, FLT_KERNEL_HANDLE_BITS | 8, UINT64_MAX, NEVER_VALID};
    start_with(bad_close, bugcheck); /* only closes stop the system */
    start_with(minus_one, success);  /* only closes know -1 */
    open_by(FLT_OP_ZwCreateFile, 0);
    const HANDLE kernel = open_kernel();
    run_in(FLT_PROCESS_P2);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_status(use(handle_of(bad[i])), STATUS_INVALID_HANDLE);
    assert_status(use(kernel), STATUS_SUCCESS);
    start_with(tag_bits, significant);
    assert_status(use(handle_of(number(open_kernel()) | 1)), STATUS_INVALID_HANDLE);
}

static NTSTATUS set_no_flags(HANDLE handle) {
    return set_flags(handle, FALSE, FALSE);
}

static void bad_handle_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < BY_HANDLE; i++)
        assert_refuses_bad_handles(by_handle[i]);
    assert_refuses_bad_handles(set_no_flags);
}

static void object_is_used_until_cleanup(void **state) {
    (void)state;
    const HANDLE first = open_by(FLT_OP_FltCreateFileEx, OBJ_KERNEL_HANDLE);
    const PFILE_OBJECT file = w.file;
    assert_status(open_pointer(file, OBJ_KERNEL_HANDLE), STATUS_SUCCESS);
    assert_status(flt_close(first), STATUS_SUCCESS); /* one handle is left */
    w.events = 0;
    for (size_t i = 0; i < BY_OBJECT; i++)
        assert_status(by_object[i](file), STATUS_SUCCESS);
    assert_no_irps();
    assert_status(zw_close(w.handle), STATUS_SUCCESS);
    for (size_t i = 0; i < BY_OBJECT; i++)
        assert_status(by_object[i](file), STATUS_FILE_CLOSED);
    assert_object(number(file), 0, 1, FLT_TYPE_FILE, FLT_PHASE_CLEANED);
}

static void object_that_is_no_file_is_refused(void **state) {
    (void)state;
    const uint64_t token = token_of(FLT_PROCESS_P1, open_by(FLT_OP_ZwCreateEvent, 0));
    for (size_t i = 0; i < BY_OBJECT; i++)
        assert_status(by_object[i]((PFILE_OBJECT)handle_of(token)), STATUS_OBJECT_TYPE_MISMATCH);
}

static void assert_flags(HANDLE handle, uint8_t flags) {
    struct flt_handle_row row;
    assert_true(has_handle(FLT_TABLE_KERNEL, handle, &row));
    assert_int_equal(row.flags, flags);
}

static void both_flags_are_written_together(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_ZwCreateFile, OBJ_KERNEL_HANDLE | OBJ_INHERIT);
    const HANDLE other = open_kernel();
    assert_flags(handle, FLT_HANDLE_INHERIT);
    assert_status(set_flags(handle, FALSE, TRUE), STATUS_SUCCESS);
    assert_flags(handle, FLT_HANDLE_PROTECT);
    assert_status(set_flags(handle, TRUE, TRUE), STATUS_SUCCESS);
    assert_flags(handle, FLT_HANDLE_INHERIT | FLT_HANDLE_PROTECT);
    assert_status(set_flags(handle, TRUE, FALSE), STATUS_SUCCESS);
    assert_flags(handle, FLT_HANDLE_INHERIT);
    assert_status(set_flags(handle, FALSE, FALSE), STATUS_SUCCESS);
    assert_flags(handle, 0);
    assert_flags(other, 0);
}

static void reused_value_has_flags_of_its_own(void **state) {
    (void)state;
    const HANDLE handle = open_kernel();
    assert_status(set_flags(handle, TRUE, FALSE), STATUS_SUCCESS);
    assert_status(flt_close(handle), STATUS_SUCCESS);
    assert_ptr_equal(open_kernel(), handle);
    assert_flags(handle, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(handle_of_a_file_is_used),
        test(handle_of_something_else_is_not),
        test(bad_handle_is_refused),
        test(object_is_used_until_cleanup),
        test(object_that_is_no_file_is_refused),
        test(both_flags_are_written_together),
        test(reused_value_has_flags_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
