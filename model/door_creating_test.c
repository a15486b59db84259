/* The door with a scripted system: opens that stop on a link, and an application's create. What is
 * blamed when the system's view does not show what the contract says is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scripted_system_fixture.h"

#define TOKEN UINT64_C(0x7F0000001000)

struct fixture {
    struct flt_scripted scripted;
    struct flt_door *door;
    uint32_t step;
};

static int set_up(void **state) {
    static struct fixture fixture;
    struct flt_switches switches;
    flt_scripted_init(&fixture.scripted, FLT_VIEW_FULL);
    fixture.step = 0;
    fixture.door = flt_door_new(&fixture.scripted.system);
    if (!fixture.door)
        return -1;
    fixture.scripted.truth = flt_contract_view(flt_door_contract(fixture.door));
    fixture.scripted.key = TOKEN;
    flt_switches_from_profile(&switches, FLT_PROFILE_documented);
    flt_door_open(fixture.door, &switches, &switches);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state) {
    flt_door_free(((struct fixture *)*state)->door);
    return 0;
}

static struct flt_call next_call(struct fixture *fixture, uint8_t opcode) {
    struct flt_call call;
    flt_call_init(&call, opcode);
    call.step = ++fixture->step;
    call.fill = UINT64_C(0x4000000000001111);
    return call;
}

/* The rule that is violated by then. */
static enum flt_rule pass(struct fixture *fixture, const struct flt_call *call) {
    struct flt_outcome outcome;
    flt_door_call(fixture->door, call, &outcome);
    return flt_door_finding(fixture->door)->violation.rule;
}

static enum flt_rule stop_on_link(struct fixture *fixture) {
    struct flt_answer *answer =
        flt_scripted_answer(&fixture->scripted, (uint32_t)STATUS_STOPPED_ON_SYMLINK);
    struct flt_call call = next_call(fixture, FLT_OP_FltCreateFile);
    const struct flt_name *link = flt_name_by_text("\\link", strlen("\\link"));
    call.path = link->units;
    call.path_length = link->length;
    call.arg[FLT_ARG_flags] = IO_STOP_ON_SYMLINK;
    answer->writes = 1u << FLT_RESULT_iosb;
    answer->iosb_status = answer->status;
    answer->out[FLT_RESULT_iosb] = TOKEN;
    return pass(fixture, &call);
}

static enum flt_rule post_create(struct fixture *fixture) {
    struct flt_answer *answer = flt_scripted_answer(&fixture->scripted, 0);
    struct flt_call call = next_call(fixture, FLT_OP_PostCreate);
    call.result_slot[FLT_RESULT_object] = 0;
    answer->writes = 1u << FLT_RESULT_object | 1u << FLT_RESULT_iosb;
    answer->out[FLT_RESULT_object] = TOKEN;
    answer->out[FLT_RESULT_iosb] = FILE_OPENED;
    answer->events = 1;
    answer->event[0] = (struct flt_event){FLT_EVENT_CREATE, FLT_PROCESS_P1, TOKEN};
    return pass(fixture, &call);
}

/* A VOID call on the object, with the first of the IRPs that end it. */
static enum flt_rule end_object(struct fixture *fixture, uint8_t opcode, size_t irps) {
    static const enum flt_event_kind kinds[] = {FLT_EVENT_CLEANUP, FLT_EVENT_CLOSE};
    struct flt_answer *answer = flt_scripted_answer(&fixture->scripted, 0);
    struct flt_call call = next_call(fixture, opcode);
    call.arg[FLT_ARG_object] = TOKEN;
    answer->events = irps;
    for (size_t i = 0; i < irps; i++)
        answer->event[i] = (struct flt_event){(uint8_t)kinds[i], FLT_PROCESS_P1, TOKEN};
    return pass(fixture, &call);
}

/* The open fails, and yet something is there that was not: no failed call is to blame for it. */
static void a_stopped_open_leaves_its_buffer(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(stop_on_link(fixture), FLT_RULE_NONE);
    assert_int_equal(end_object(fixture, FLT_OP_ExFreePool, 0), FLT_RULE_NONE);
    assert_int_equal(stop_on_link(fixture), FLT_RULE_NONE);
}

static void a_buffer_that_is_not_there(void **state) {
    struct fixture *fixture = *state;
    fixture->scripted.lie = FLT_LIE_HIDE_OBJECT;
    assert_int_equal(stop_on_link(fixture), FLT_RULE_open_stops_on_symlink);
}

static void a_buffer_that_stays(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(stop_on_link(fixture), FLT_RULE_NONE);
    fixture->scripted.lie = FLT_LIE_EXTRA_OBJECT;
    assert_int_equal(end_object(fixture, FLT_OP_ExFreePool, 0), FLT_RULE_object_gone_at_end);
}

static void a_create_that_completes(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(post_create(fixture), FLT_RULE_NONE);
    assert_int_equal(end_object(fixture, FLT_OP_CreateComplete, 2), FLT_RULE_NONE);
    assert_int_equal(post_create(fixture), FLT_RULE_NONE);
    assert_int_equal(end_object(fixture, FLT_OP_FltCancelFileOpen, 1), FLT_RULE_NONE);
    assert_true(flt_door_end_of_run(fixture->door));
}

static void a_create_of_which_the_reference_is_not_counted(void **state) {
    struct fixture *fixture = *state;
    fixture->scripted.lie = FLT_LIE_REFERENCE_COUNT;
    assert_int_equal(post_create(fixture), FLT_RULE_reference_count_exact);
}

static void a_cancelled_open_that_is_not_past_cleanup(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(post_create(fixture), FLT_RULE_NONE);
    fixture->scripted.lie = FLT_LIE_PHASE;
    assert_int_equal(end_object(fixture, FLT_OP_FltCancelFileOpen, 1), FLT_RULE_object_phase);
}

static void a_cancelled_open_without_cleanup(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(post_create(fixture), FLT_RULE_NONE);
    assert_int_equal(end_object(fixture, FLT_OP_FltCancelFileOpen, 0), FLT_RULE_cancel_open_closes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_stopped_open_leaves_its_buffer),
        TEST(a_buffer_that_is_not_there),
        TEST(a_buffer_that_stays),
        TEST(a_create_that_completes),
        TEST(a_create_of_which_the_reference_is_not_counted),
        TEST(a_cancelled_open_that_is_not_past_cleanup),
        TEST(a_cancelled_open_without_cleanup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
