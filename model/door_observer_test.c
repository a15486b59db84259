/* Who looks on is told of each call: before it is made, when it is back, within another, withheld,
 * and where a bug check or a violation ends the run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scripted_system_fixture.h"

enum { SEEN = 8 };

/* What the observer was told, in order. */
struct told {
    size_t count;
    struct {
        uint8_t opcode;
        bool back, violated;
        size_t depth;
        uint8_t clauses, breaches, kind;
        uint64_t handles; /* of the abstract state at that moment */
    } at[SEEN];
};

struct fixture {
    struct flt_scripted scripted;
    struct flt_door *door;
    struct told told;
    struct flt_door_observer observer;
};

static void note(void *context, const struct flt_door_passage *passage) {
    struct told *told = context;
    struct flt_totals totals;
    const struct flt_view view = flt_contract_view(passage->contract);
    view.ops->totals(view.self, &totals);
    assert_true(told->count < SEEN);
    const size_t i = told->count++;
    told->at[i].opcode = passage->call->opcode;
    told->at[i].back = passage->outcome != NULL;
    told->at[i].kind = passage->outcome ? passage->outcome->kind : 0;
    told->at[i].violated = passage->violated;
    told->at[i].depth = passage->depth;
    told->at[i].clauses = passage->prediction->clauses;
    told->at[i].breaches = passage->prediction->breaches;
    told->at[i].handles = totals.handles;
}

static struct fixture *with_observer(void) {
    static struct fixture fixture;
    struct flt_switches switches;
    flt_scripted_init(&fixture.scripted, FLT_VIEW_FULL);
    fixture.door = flt_door_new(&fixture.scripted.system);
    assert_non_null(fixture.door);
    fixture.scripted.truth = flt_contract_view(flt_door_contract(fixture.door));
    fixture.told.count = 0;
    fixture.observer = (struct flt_door_observer){&fixture.told, note, note};
    flt_door_observe(fixture.door, &fixture.observer);
    flt_switches_from_profile(&switches, FLT_PROFILE_documented);
    flt_door_open(fixture.door, &switches, &switches);
    return &fixture;
}

static bool make(struct fixture *fixture, uint8_t opcode, int arg, uint64_t value) {
    struct flt_call call;
    struct flt_outcome outcome;
    flt_call_init(&call, opcode);
    call.step = (uint32_t)fixture->told.count + 1;
    call.fill = UINT64_C(0x4000000000001111);
    if (arg)
        call.arg[arg] = value;
    if (opcode == FLT_OP_FltCreateFile)
        call.result_slot[FLT_RESULT_handle] = 0;
    return flt_door_call(fixture->door, &call, &outcome);
}

static void is_told_before_and_after(void **state) {
    (void)state;
    struct fixture *fixture = with_observer();
    struct flt_answer *answer = flt_scripted_answer(&fixture->scripted, 0);
    answer->writes = 1u << FLT_RESULT_handle | 1u << FLT_RESULT_iosb;
    answer->out[FLT_RESULT_handle] = FLT_KERNEL_HANDLE_BITS | 4;
    answer->out[FLT_RESULT_iosb] = FILE_OPENED;
    answer->events = 1;
    answer->event[0] = (struct flt_event){FLT_EVENT_CREATE, FLT_PROCESS_P1, 0x1000};
    assert_true(make(fixture, FLT_OP_FltCreateFile, 0, 0));
    const struct told *told = &fixture->told;
    assert_int_equal(told->count, 2);
    assert_int_equal(told->at[0].opcode, FLT_OP_FltCreateFile);
    assert_false(told->at[0].back);
    assert_int_equal(told->at[0].clauses, 2);
    assert_int_equal(told->at[0].handles, 0);
    assert_true(told->at[1].back);
    assert_int_equal(told->at[1].kind, FLT_RETURNED);
    assert_int_equal(told->at[1].handles, 1);
    flt_door_free(fixture->door);
}

static void is_told_of_what_is_withheld(void **state) {
    (void)state;
    struct fixture *fixture = with_observer();
    assert_true(make(fixture, FLT_OP_ObReferenceObject, 0, 0));
    assert_int_equal(fixture->told.at[1].kind, FLT_WITHHELD);
    assert_int_equal(fixture->told.at[1].breaches, 1);
    assert_int_equal(fixture->told.at[1].clauses, 0);
    flt_door_free(fixture->door);
}

static void call_within(void *context) {
    assert_true(make(context, FLT_OP_KeEnterCriticalRegion, 0, 0));
}

static void knows_calls_within_calls(void **state) {
    (void)state;
    struct fixture *fixture = with_observer();
    struct flt_answer *answer = flt_scripted_answer(&fixture->scripted, 0);
    answer->during = call_within;
    answer->context = fixture;
    flt_scripted_answer(&fixture->scripted, 0);
    assert_true(make(fixture, FLT_OP_KeEnterGuardedRegion, 0, 0));
    static const size_t depths[] = {0, 1, 1, 0};
    static const bool back[] = {false, false, true, true};
    assert_int_equal(fixture->told.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(fixture->told.at[i].depth, depths[i]);
        assert_int_equal(fixture->told.at[i].back, back[i]);
    }
    flt_door_free(fixture->door);
}

static void is_told_of_a_bug_check_and_of_a_violation(void **state) {
    (void)state;
    struct fixture *fixture = with_observer();
    struct flt_answer *answer = flt_scripted_answer(&fixture->scripted, 0x1234);
    answer->kind = FLT_BUGCHECK;
    assert_false(make(fixture, FLT_OP_KeEnterCriticalRegion, 0, 0));
    assert_int_equal(fixture->told.count, 2);
    assert_int_equal(fixture->told.at[1].kind, FLT_BUGCHECK);
    assert_true(fixture->told.at[1].violated); /* it has no reason to stop */
    flt_door_free(fixture->door);
}

static void nobody_looks_on(void **state) {
    (void)state;
    struct fixture *fixture = with_observer();
    flt_door_observe(fixture->door, NULL);
    flt_scripted_answer(&fixture->scripted, 0);
    assert_true(make(fixture, FLT_OP_KeEnterCriticalRegion, 0, 0));
    assert_int_equal(fixture->told.count, 0);
    flt_door_free(fixture->door);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_told_before_and_after),
        cmocka_unit_test(is_told_of_what_is_withheld),
        cmocka_unit_test(knows_calls_within_calls),
        cmocka_unit_test(is_told_of_a_bug_check_and_of_a_violation),
        cmocka_unit_test(nobody_looks_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
