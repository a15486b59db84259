/* What is counted of small sequences: rules with calls and outcomes, moves, what predictions leave
 * open, and what a script answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../model/include/ntstatus.h"
#include "coverage.h"
#include "occasions.h"
#include "run.h"
#include "sequence/text.h"

struct fixture {
    struct flt_runner *runner;
    struct flt_coverage *coverage;
    struct flt_text text;
};

static int set_up(void **state) {
    static struct fixture fixture;
    fixture.runner = flt_runner_new();
    fixture.coverage = flt_coverage_new();
    *state = &fixture;
    return fixture.runner && fixture.coverage && flt_text_init(&fixture.text) ? 0 : -1;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    flt_runner_free(fixture->runner);
    flt_coverage_free(fixture->coverage);
    flt_text_free(&fixture->text);
    return 0;
}

static uint8_t opcode_of_step(const void *run, uint32_t step) {
    return ((const struct flt_sequence *)run)->step[step - 1].opcode;
}

static bool run(struct fixture *fixture, const char *text, const struct flt_run_options *options) {
    struct flt_text_error error;
    struct flt_door *door = flt_runner_door(fixture->runner);
    if (!flt_text_parse(text, strlen(text), &fixture->text, &error))
        fail_msg("line %u: %s", error.line, error.what);
    flt_door_observe(door, flt_coverage_observer(fixture->coverage));
    const bool fine = flt_run(fixture->runner, &fixture->text.sequence, options);
    flt_coverage_end_of_run(fixture->coverage, door, opcode_of_step, &fixture->text.sequence);
    return fine;
}

static void run_plain(struct fixture *fixture, const char *text) {
    const struct flt_run_options options = {.fill = 1};
    assert_true(run(fixture, text, &options));
}

static const struct flt_cell *cell(const struct fixture *fixture, enum flt_rule rule,
                                   uint8_t opcode, enum flt_outcome_number outcome) {
    return flt_coverage_cell(fixture->coverage, (int)rule, opcode, (int)outcome);
}

/* ---- outcomes -------------------------------------------------------------------------------- */

static void outcomes_have_numbers_and_words(void **state) {
    (void)state;
    for (int i = 0; i < FLT_OUTCOME_COUNT; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(flt_outcome_word(i), flt_outcome_word(k));
    assert_int_equal(flt_outcome_number(FLT_RETURNED, (uint32_t)STATUS_INVALID_HANDLE),
                     FLT_OUTCOME_STATUS_INVALID_HANDLE);
    assert_int_equal(flt_outcome_number(FLT_BUGCHECK, FLT_STOP_INVALID_KERNEL_HANDLE),
                     FLT_OUTCOME_STOP_INVALID_KERNEL_HANDLE);
    assert_int_equal(flt_outcome_number(FLT_RETURNED, 0xC0FFEE), FLT_OUTCOME_OTHER);
    assert_int_equal(flt_outcome_number(FLT_WITHHELD, 0), FLT_OUTCOME_WITHHELD);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void rules_are_tried_by_calls(void **state) {
    struct fixture *fixture = *state;
    run_plain(fixture, "h0 = FltCreateFile()\nFltClose(h0)\nFltClose(h0)\n"
                       "ObReferenceObject(NULL)\nh1 = ZwCreateEvent()\n");
    const uint8_t close = FLT_OP_FltClose;
    assert_int_equal(
        cell(fixture, FLT_RULE_close_flt_created, close, FLT_OUTCOME_STATUS_SUCCESS)->tried, 1);
    assert_int_equal(
        cell(fixture, FLT_RULE_close_once, close, FLT_OUTCOME_STATUS_INVALID_HANDLE)->tried, 1);
    assert_int_equal(cell(fixture, FLT_RULE_close_once, close, FLT_OUTCOME_STATUS_SUCCESS)->tried,
                     0);
    assert_int_equal(
        cell(fixture, FLT_RULE_irp_cleanup_once, close, FLT_OUTCOME_STATUS_SUCCESS)->tried, 1);
    assert_int_equal(cell(fixture, FLT_RULE_failed_call_changes_nothing, close,
                          FLT_OUTCOME_STATUS_INVALID_HANDLE)
                         ->tried,
                     1);
    assert_int_equal(
        cell(fixture, FLT_RULE_object_not_null, FLT_OP_ObReferenceObject, FLT_OUTCOME_WITHHELD)
            ->tried,
        1);
    assert_int_equal(
        cell(fixture, FLT_RULE_handle_left_open, FLT_OP_ZwCreateEvent, FLT_OUTCOME_END_OF_RUN)
            ->tried,
        1);
}

static void new_things_are_counted_once(void **state) {
    struct fixture *fixture = *state;
    run_plain(fixture, "KeEnterCriticalRegion()\nKeLeaveCriticalRegion()\n");
    const uint64_t reached = flt_coverage_reached(fixture->coverage);
    assert_true(reached > 0);
    run_plain(fixture, "KeEnterCriticalRegion()\nKeLeaveCriticalRegion()\n");
    assert_true(flt_coverage_reached(fixture->coverage) == reached);
    run_plain(fixture, "KeEnterCriticalRegion()\nKeEnterCriticalRegion()\n");
    assert_true(flt_coverage_reached(fixture->coverage) > reached);
}

static void occasions_hold_only_where_they_may(void **state) {
    (void)state;
    assert_true(flt_rule_has_occasion(FLT_RULE_irp_close_once));
    assert_false(flt_rule_has_occasion(FLT_RULE_close_bad_handle)); /* predictions name it */
    assert_true(flt_rule_may_have_occasion(FLT_RULE_irp_close_once, FLT_OP_ObDereferenceObject));
    assert_false(flt_rule_may_have_occasion(FLT_RULE_irp_close_once, FLT_OP_KeRaiseIrql));
    assert_true(flt_rule_may_have_occasion(FLT_RULE_attach_left, FLT_OP_KeStackAttachProcess));
    assert_true(flt_rule_may_have_occasion(FLT_RULE_open_handle_stays, FLT_OP_FltReadFile));
}

/* ---- moves ----------------------------------------------------------------------------------- */

struct moving {
    const char *text;
    uint8_t opcode;
    enum flt_move move;
};

#define OPEN_EX "h0, o0 = FltCreateFileEx()\n"
#define EVENT "h0 = ZwCreateEvent()\n"
#define REFER "o1 = ObReferenceObjectByHandle(h0)\n"
#define DUPLICATE "h1 = ZwDuplicateObject(h0, attributes=0)\n"
#define DROP(o) "ObDereferenceObject(" #o ")\n"

static const struct moving moving[] = {
    {"h0 = FltCreateFile()\n", FLT_OP_FltCreateFile, FLT_MOVE_file_made},
    {OPEN_EX, FLT_OP_FltCreateFileEx, FLT_MOVE_file_made_referenced},
    {OPEN_EX "FltClose(h0)\n", FLT_OP_FltClose, FLT_MOVE_file_cleaned_while_held},
    {OPEN_EX "FltClose(h0)\n" DROP(o0), FLT_OP_ObDereferenceObject,
     FLT_MOVE_file_gone_with_reference},
    {OPEN_EX DROP(o0), FLT_OP_ObDereferenceObject, FLT_MOVE_file_last_reference},
    {OPEN_EX REFER DROP(o0), FLT_OP_ObDereferenceObject, FLT_MOVE_file_fewer_references},
    {OPEN_EX REFER, FLT_OP_ObReferenceObjectByHandle, FLT_MOVE_file_more_references},
    {"h0 = FltCreateFile()\n" REFER, FLT_OP_ObReferenceObjectByHandle,
     FLT_MOVE_file_first_reference},
    {"h0 = FltCreateFile()\nFltClose(h0)\n", FLT_OP_FltClose, FLT_MOVE_file_gone_with_handle},
    {"h0 = FltCreateFile()\n" DUPLICATE, FLT_OP_ZwDuplicateObject, FLT_MOVE_file_second_handle},
    {"h0 = FltCreateFile()\n" DUPLICATE DUPLICATE, FLT_OP_ZwDuplicateObject,
     FLT_MOVE_file_more_handles},
    {"h0 = FltCreateFile()\n" DUPLICATE "FltClose(h0)\n", FLT_OP_FltClose,
     FLT_MOVE_file_back_to_one_handle},
    {EVENT, FLT_OP_ZwCreateEvent, FLT_MOVE_other_made},
    {EVENT DUPLICATE, FLT_OP_ZwDuplicateObject, FLT_MOVE_other_second_handle},
    {EVENT "ZwClose(h0)\n", FLT_OP_ZwClose, FLT_MOVE_other_gone_with_handle},
    {EVENT REFER "ZwClose(h0)\n", FLT_OP_ZwClose, FLT_MOVE_other_without_handle_while_held},
    {"h0 = ZwCreateEvent(attributes=0)\nh1 = ZwDuplicateObject(h0, "
     "attributes=0)\nExitProcess(p1)\n",
     FLT_OP_ExitProcess, FLT_MOVE_other_all_handles_at_once},
    {"o0 = FltAllocateExtraCreateParameterList()\n", FLT_OP_FltAllocateExtraCreateParameterList,
     FLT_MOVE_list_made},
    {EVENT "ZwSetInformationObject(h0, handle_flags=HANDLE_FLAG_PROTECT_FROM_CLOSE)\n",
     FLT_OP_ZwSetInformationObject, FLT_MOVE_handle_protected},
    {"h0 = FltCreateFile(path=\"\\missing\", disposition=FILE_CREATE)\n", FLT_OP_FltCreateFile,
     FLT_MOVE_name_created},
    {"h0, o0 = FltCreateFileEx(access=DELETE)\nFltSetInformationFile(o0)\n",
     FLT_OP_FltSetInformationFile, FLT_MOVE_name_marked},
    {"h0, o0 = FltCreateFileEx(access=DELETE)\nFltSetInformationFile(o0)\nFltClose(h0)\n",
     FLT_OP_FltClose, FLT_MOVE_name_gone},
    {"h0 = FltCreateFile()\nh1 = FltCreateFile()\n", FLT_OP_FltCreateFile, FLT_MOVE_share_more},
    {"h0 = FltCreateFile()\nFltClose(h0)\n", FLT_OP_FltClose, FLT_MOVE_share_last},
    {"UnloadFilter(filter=f0)\n", FLT_OP_UnloadFilter, FLT_MOVE_filter_unloading},
    {"FltUnregisterFilter(filter=f0)\n", FLT_OP_FltUnregisterFilter, FLT_MOVE_filter_gone},
    {"TeardownStart(instance=i0)\n", FLT_OP_TeardownStart, FLT_MOVE_instance_tearing_down},
    {"KeRaiseIrql(APC_LEVEL)\n", FLT_OP_KeRaiseIrql, FLT_MOVE_irql_above_passive},
    {"KeRaiseIrql(APC_LEVEL)\nKeRaiseIrql(DISPATCH_LEVEL)\n", FLT_OP_KeRaiseIrql,
     FLT_MOVE_irql_higher},
    {"KeEnterCriticalRegion()\nKeEnterGuardedRegion()\nKeLeaveCriticalRegion()\n",
     FLT_OP_KeLeaveCriticalRegion, FLT_MOVE_region_left},
    {"KeStackAttachProcess(p2)\nKeUnstackDetachProcess()\n", FLT_OP_KeUnstackDetachProcess,
     FLT_MOVE_detached_last},
    {"RunIn(p2)\n", FLT_OP_RunIn, FLT_MOVE_other_process},
    {"ExitProcess(p2)\n", FLT_OP_ExitProcess, FLT_MOVE_process_exited},
    {"FltClose(NULL)\n", FLT_OP_FltClose, FLT_MOVE_nothing},
};

static void calls_move_the_state(void **state) {
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof moving / sizeof *moving; i++) {
        const struct moving *one = &moving[i];
        const uint64_t before = flt_coverage_move(fixture->coverage, one->opcode, (int)one->move);
        run_plain(fixture, one->text);
        if (flt_coverage_move(fixture->coverage, one->opcode, (int)one->move) == before)
            fail_msg("%s: no call of %s: %s", one->text, flt_calls[one->opcode].name,
                     flt_moves[one->move].words);
    }
}

static void a_call_that_fails_moves_nothing(void **state) {
    struct fixture *fixture = *state;
    run_plain(fixture, "h0 = FltCreateFile(path=\"\\missing\")\n");
    for (int move = 0; move < FLT_MOVE_COUNT; move++)
        assert_int_equal(flt_coverage_move(fixture->coverage, FLT_OP_FltCreateFile, move),
                         move == FLT_MOVE_nothing ? 1 : 0);
}

/* ---- tightness, and what is open ------------------------------------------------------------- */

/* The second may fail or succeed: how many steps a call has is the system's business. */
static const char one_open[] = "h0 = FltCreateFile()\nh1 = FltCreateFile(fail_step=1)\n";

static void tightness_is_of_allowed_sets(void **state) {
    struct fixture *fixture = *state;
    run_plain(fixture, one_open);
    const struct flt_tightness *tightness =
        flt_coverage_tightness(fixture->coverage, FLT_OP_FltCreateFile);
    assert_int_equal(tightness->calls, 2);
    assert_int_equal(tightness->allowed, 3);
    assert_int_equal(tightness->single, 1);
}

static void open_outcomes_are_noted_until_they_come(void **state) {
    struct fixture *fixture = *state;
    const char *text = "FltClose(h0)\nh1 = FltCreateFile(fail_step=1)\n";
    size_t count;
    flt_coverage_set_mode(fixture->coverage, FLT_COVERAGE_NOTES_OPEN, 0);
    run_plain(fixture, text);
    flt_coverage_open(fixture->coverage, &count);
    assert_int_equal(count, 3); /* nothing was counted yet */
    flt_coverage_set_mode(fixture->coverage, FLT_COVERAGE_COUNTS, 0);
    run_plain(fixture, text);
    flt_coverage_set_mode(fixture->coverage, FLT_COVERAGE_NOTES_OPEN, 0);
    run_plain(fixture, text);
    const struct flt_open_outcome *open = flt_coverage_open(fixture->coverage, &count);
    assert_int_equal(count, 1);
    assert_int_equal(open->step, 2);
    assert_int_equal(open->kind, FLT_RETURNED);
    assert_int_equal(open->code, STATUS_SUCCESS);
}

/* ---- scripted outcomes ----------------------------------------------------------------------- */

static bool answer(struct fixture *fixture, const char *text,
                   const struct flt_scripted_outcome *scripted) {
    struct flt_switches any;
    memset(any.value, FLT_SWITCH_ANY, sizeof any.value);
    const struct flt_run_options options = {.fill = 1, .contract = &any, .scripted = scripted};
    flt_coverage_set_mode(fixture->coverage, FLT_COVERAGE_ANSWERS, scripted->step);
    return run(fixture, text, &options);
}

/* The verifier may stop a call that is made too high: here no system does. */
static void a_script_answers_what_is_allowed(void **state) {
    struct fixture *fixture = *state;
    const struct flt_scripted_outcome stop = {
        2, FLT_BUGCHECK, FLT_STOP_DRIVER_VERIFIER_DETECTED_VIOLATION, {0, 1}};
    assert_true(answer(fixture, "KeRaiseIrql(APC_LEVEL)\nh0 = ZwCreateEvent()\n", &stop));
    const struct flt_cell *counted = cell(fixture, FLT_RULE_create_event, FLT_OP_ZwCreateEvent,
                                          FLT_OUTCOME_STOP_DRIVER_VERIFIER_DETECTED_VIOLATION);
    assert_int_equal(counted->answered, 1);
    assert_int_equal(counted->tried, 0);
    const struct flt_scripted_outcome fails = {
        1, FLT_RETURNED, (uint32_t)STATUS_INSUFFICIENT_RESOURCES, {0, 0}};
    assert_true(answer(fixture, "h0 = FltCreateFile(fail_step=8)\nFltClose(h0)\n", &fails));
}

static void the_contract_refuses_other_answers(void **state) {
    struct fixture *fixture = *state;
    const struct flt_scripted_outcome wrong = {
        1, FLT_RETURNED, (uint32_t)STATUS_QUOTA_EXCEEDED, {0, 0}};
    assert_false(answer(fixture, "h0 = FltCreateFile()\n", &wrong));
    assert_int_equal(flt_door_finding(flt_runner_door(fixture->runner))->violation.rule,
                     FLT_RULE_open_existing);
    const struct flt_scripted_outcome stop = {
        2, FLT_BUGCHECK, FLT_STOP_DRIVER_VERIFIER_DETECTED_VIOLATION, {0, 2}};
    assert_false(answer(fixture, "KeRaiseIrql(APC_LEVEL)\nh0 = ZwCreateEvent()\n", &stop));
    assert_int_equal(flt_door_finding(flt_runner_door(fixture->runner))->violation.rule,
                     FLT_RULE_verifier_irql_stops);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_have_numbers_and_words),
        cmocka_unit_test(occasions_hold_only_where_they_may),
        TEST(rules_are_tried_by_calls),
        TEST(new_things_are_counted_once),
        TEST(calls_move_the_state),
        TEST(a_call_that_fails_moves_nothing),
        TEST(tightness_is_of_allowed_sets),
        TEST(open_outcomes_are_noted_until_they_come),
        TEST(a_script_answers_what_is_allowed),
        TEST(the_contract_refuses_other_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
