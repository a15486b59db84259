#include "library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../model/call.h"
#include "../../model/include/ntstatus.h"

static uint32_t status;
static uint64_t out[FLT_RESULT_LIMIT];

static int call1(unsigned opcode, uint8_t id, uint64_t value) {
    return flt_peers_call(opcode, 1, &id, &value, &status, out);
}

static void begin(enum flt_profile profile) {
    uint8_t choices[FLT_SWITCH_COUNT];
    memset(choices, FLT_SWITCH_ANY, sizeof choices);
    assert_true(flt_peers_begin((unsigned)profile, choices));
}

static uint64_t open_file(void) {
    assert_int_equal(flt_peers_call(FLT_OP_FltCreateFile, 0, NULL, NULL, &status, out),
                     FLT_PEERS_RETURNED);
    assert_int_equal(status, (uint32_t)STATUS_SUCCESS);
    return out[FLT_RESULT_handle];
}

static void test_a_second_close_is_a_breach_and_fails(void **state) {
    (void)state;
    begin(FLT_PROFILE_documented);
    const uint64_t handle = open_file();
    assert_int_equal(call1(FLT_OP_FltClose, FLT_ARG_handle, handle), FLT_PEERS_RETURNED);
    assert_int_equal(status, (uint32_t)STATUS_SUCCESS);
    assert_string_equal(flt_peers_last_breach(), "");
    assert_int_equal(call1(FLT_OP_FltClose, FLT_ARG_handle, handle), FLT_PEERS_RETURNED);
    assert_int_equal(status, (uint32_t)STATUS_INVALID_HANDLE);
    assert_string_equal(flt_peers_last_breach(), "close-once");
    assert_int_equal(flt_peers_end(), FLT_PEERS_OVER);
    assert_string_equal(flt_peers_rule(), "");
}

static void test_a_bug_check_ends_the_run_and_no_other(void **state) {
    (void)state;
    begin(FLT_PROFILE_strict);
    const uint64_t handle = open_file();
    call1(FLT_OP_FltClose, FLT_ARG_handle, handle);
    assert_int_equal(call1(FLT_OP_ZwClose, FLT_ARG_handle, handle), FLT_PEERS_OVER);
    assert_int_equal(status, FLT_STOP_INVALID_KERNEL_HANDLE);
    assert_int_equal(call1(FLT_OP_KeRaiseIrql, FLT_ARG_irql, 1), FLT_PEERS_OVER);
    assert_int_equal(flt_peers_end(), FLT_PEERS_OVER);
    begin(FLT_PROFILE_documented);
    open_file();
}

static void test_what_a_call_does_not_take_is_refused(void **state) {
    (void)state;
    begin(FLT_PROFILE_documented);
    const uint64_t before = flt_peers_calls();
    assert_int_equal(call1(0xFF, FLT_ARG_handle, 4), FLT_PEERS_WRONG);
    assert_int_equal(call1(FLT_OP_FltClose, FLT_ARG_path, 1), FLT_PEERS_WRONG);
    assert_int_equal(call1(FLT_OP_FltClose, FLT_ARG_LIMIT, 1), FLT_PEERS_WRONG);
    assert_int_equal(call1(FLT_OP_FltCreateFile, FLT_ARG_path, FLT_NAME_LIMIT), FLT_PEERS_WRONG);
    assert_int_equal(call1(FLT_OP_FltClose, FLT_ARG_fail, (uint32_t)STATUS_SHARING_VIOLATION),
                     FLT_PEERS_WRONG);
    assert_int_equal(flt_peers_calls(), before);
    open_file();
    assert_int_equal(flt_peers_calls(), before + 1);
    uint8_t choices[FLT_SWITCH_COUNT];
    memset(choices, 0xFE, sizeof choices);
    assert_false(flt_peers_begin(FLT_PROFILE_documented, choices));
    assert_false(flt_peers_begin(FLT_PROFILE_COUNT, choices));
}

static void test_the_table_names_every_call(void **state) {
    (void)state;
    const char *table = flt_peers_table();
    assert_non_null(table);
    for (const uint8_t *opcode = flt_opcodes; *opcode != FLT_OP_NONE; opcode++) {
        char quoted[80] = "\"";
        strcat(strcat(quoted, flt_calls[*opcode].name), "\"");
        assert_non_null(strstr(table, quoted));
    }
    assert_ptr_equal(flt_peers_table(), table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_second_close_is_a_breach_and_fails),
        cmocka_unit_test(test_a_bug_check_ends_the_run_and_no_other),
        cmocka_unit_test(test_what_a_call_does_not_take_is_refused),
        cmocka_unit_test(test_the_table_names_every_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
