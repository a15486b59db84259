/* What calls do to files whose create is under way, and to the buffers of stopped opens: the
 * contract is told what a system would do, call by call. */
#include "../model/contract/contract_cases.h"
#include "call_classes.h"
#include "moves.h"
#include "occasions.h"

#define POST "PostCreate path=\\a #0"
#define POST_HELD POST "; ObReferenceObject #0"
#define POST_OPENED POST "; ObOpenObjectByPointer #0 -> k1"
#define POST_CANCELLED POST "; FltCancelFileOpen #0 cleanup:o1"
#define STOP                                                                                       \
    "FltCreateFile path=\\link flags=IO_STOP_ON_SYMLINK =STATUS_STOPPED_ON_SYMLINK "               \
    "iosb:0x8000002D info:o1"

static const struct {
    const char *before, *call;
    enum flt_move move;
    enum flt_rule tried; /* FLT_RULE_NONE: any */
} moves[] = {
    {"", POST, FLT_MOVE_file_being_created, FLT_RULE_ex_returns_object},
    {POST, "ObReferenceObject #0", FLT_MOVE_file_more_references, FLT_RULE_reference_count_exact},
    {POST_HELD, "ObDereferenceObject #0", FLT_MOVE_file_fewer_references,
     FLT_RULE_reference_count_exact},
    {POST, "ObOpenObjectByPointer #0 -> k1", FLT_MOVE_file_first_handle, FLT_RULE_NONE},
    {POST_OPENED, "ObOpenObjectByPointer #0 -> k2", FLT_MOVE_file_second_handle, FLT_RULE_NONE},
    {POST_OPENED, "ZwClose k1 cleanup:o1", FLT_MOVE_file_cleaned_while_held,
     FLT_RULE_irp_cleanup_at_last_handle},
    {POST, "FltCancelFileOpen #0 cleanup:o1", FLT_MOVE_file_cancelled, FLT_RULE_cancel_open_closes},
    {POST_HELD, "FltCancelFileOpen #0 cleanup:o1", FLT_MOVE_file_cancelled,
     FLT_RULE_irp_cleanup_once},
    {POST, "CreateComplete #0 cleanup:o1 close:o1", FLT_MOVE_file_gone_with_create,
     FLT_RULE_object_gone_at_end},
    {POST_HELD, "CreateComplete #0 cleanup:o1", FLT_MOVE_file_completed_while_held,
     FLT_RULE_object_phase},
    {POST_OPENED, "CreateComplete #0", FLT_MOVE_file_last_reference,
     FLT_RULE_reference_count_exact},
    {POST_OPENED "; ObReferenceObject #0", "CreateComplete #0", FLT_MOVE_file_fewer_references,
     FLT_RULE_NONE},
    {POST_CANCELLED, "CreateComplete #0 close:o1", FLT_MOVE_file_gone_with_reference,
     FLT_RULE_irp_close_once},
    {POST_CANCELLED "; ObReferenceObject #0", "CreateComplete #0",
     FLT_MOVE_file_fewer_references_after_cleanup, FLT_RULE_NONE},
    {POST_CANCELLED, "ObReferenceObject #0", FLT_MOVE_file_more_references_after_cleanup,
     FLT_RULE_NONE},
    {"", "CreateComplete NULL", FLT_MOVE_nothing, FLT_RULE_NONE},
    {"", STOP, FLT_MOVE_buffer_left, FLT_RULE_open_stops_on_symlink},
    {STOP, "TakeReparseBuffer o1", FLT_MOVE_nothing, FLT_RULE_NONE},
    {STOP, "ExFreePool o1", FLT_MOVE_buffer_gone, FLT_RULE_object_gone_at_end},
};

static uint8_t opcode_of(const char *call) {
    return (uint8_t)flt_opcode_by_name(call, strcspn(call, " "));
}

/* The move is seen, and none that the table of moves says the call cannot do. */
static void expect_move(struct flt_contract *contract, size_t i) {
    struct flt_snapshot before = {0};
    struct flt_difference seen, expected = {0};
    struct script s;
    char call[256];
    run_clean(&s, contract, moves[i].before);
    assert_true(flt_snapshot_take(&before, contract));
    snprintf(call, sizeof call, "%s", moves[i].call);
    script_step(&s, call, NULL);
    flt_contract_settle(contract, false, &s.violation);
    assert_int_equal(s.violation.rule, FLT_RULE_NONE);
    flt_difference(&before, contract, &seen);
    flt_snapshot_free(&before);
    flt_add_move(&expected, moves[i].move);
    if (!flt_has_move(&seen, (int)moves[i].move))
        fail_msg("%s; %s: not seen: %s", moves[i].before, moves[i].call,
                 flt_moves[moves[i].move].words);
    for (int move = 0; move < FLT_MOVE_COUNT; move++)
        if (flt_has_move(&seen, move) &&
            !(flt_moves[move].calls & flt_call_classes(opcode_of(moves[i].call))))
            fail_msg("%s; %s: cannot be: %s", moves[i].before, moves[i].call,
                     flt_moves[move].words);
    if (moves[i].tried != FLT_RULE_NONE) {
        assert_true(flt_occasion_holds((int)moves[i].tried, &expected));
        assert_true(flt_rule_may_have_occasion((int)moves[i].tried, opcode_of(moves[i].call)));
    }
}

static void test_moves(void **state) {
    for (size_t i = 0; i < ENTRIES(moves); i++)
        expect_move(*state, i);
}

/* Which rules a call may try follows from what it can do. */
static void test_occasions(void **state) {
    (void)state;
    assert_true(flt_rule_may_have_occasion(FLT_RULE_reparse_buffer_left, FLT_OP_FltCreateFileEx));
    assert_false(flt_rule_may_have_occasion(FLT_RULE_reparse_buffer_left, FLT_OP_ZwCreateFile));
    assert_true(
        flt_rule_may_have_occasion(FLT_RULE_open_stops_on_symlink, FLT_OP_TakeReparseBuffer));
    assert_false(flt_rule_may_have_occasion(FLT_RULE_open_stops_on_symlink, FLT_OP_PostCreate));
    assert_false(flt_rule_may_have_occasion(FLT_RULE_handle_value_form, FLT_OP_PostCreate));
    assert_true(flt_rule_may_have_occasion(FLT_RULE_open_iosb, FLT_OP_PostCreate));
    assert_false(
        flt_rule_may_have_occasion(FLT_RULE_irp_cleanup_at_last_handle, FLT_OP_FltCancelFileOpen));
}

static bool tries_stop(uint64_t taken) {
    static const struct flt_snapshot none;
    struct flt_outcome outcome = {.kind = FLT_RETURNED};
    struct flt_difference difference = {0};
    struct flt_call call;
    flt_call_init(&call, FLT_OP_TakeReparseBuffer);
    outcome.out[FLT_RESULT_object] = taken;
    flt_find_facts(&none, &call, &outcome, &difference);
    return flt_occasion_holds(FLT_RULE_open_stops_on_symlink, &difference);
}

static void test_taking_a_buffer(void **state) {
    (void)state;
    assert_true(tries_stop(script_object(1)));
    assert_false(tries_stop(0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_moves),
        TEST(test_occasions),
        TEST(test_taking_a_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
