#include "objects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct flt_event event[16];
static size_t events;

static void record(void *context, const struct flt_event *sent) {
    (void)context;
    assert_in_range(events, 0, 15);
    event[events++] = *sent;
}

static struct flt_system recorder;
static struct flt_objects objects;

static int set_up(void **state) {
    (void)state;
    recorder = (struct flt_system){.host = {.event = record}};
    objects = (struct flt_objects){.system = &recorder};
    events = 0;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    flt_object_pool_free(&objects.pool);
    return 0;
}

static void assert_event(size_t i, enum flt_event_kind kind, enum flt_process process,
                         uint64_t token) {
    assert_in_range(i, 0, events - 1);
    assert_int_equal(event[i].kind, kind);
    assert_int_equal(event[i].process, process);
    assert_int_equal(event[i].token, token);
}

static struct flt_object *open_object(enum flt_type type) {
    struct flt_object *object = flt_object_new(&objects, type, FLT_OP_ZwCreateFile);
    flt_object_open(&objects, object, FLT_PROCESS_P1);
    flt_object_add_handle(object);
    return object;
}

static bool is_gone(uint64_t token) {
    return !flt_object_pool_find(&objects.pool, token);
}

static void new_object_has_nothing(void **state) {
    (void)state;
    struct flt_object *object = flt_object_new(&objects, FLT_TYPE_FILE, FLT_OP_FltOpenVolume);
    assert_int_equal(object->type, FLT_TYPE_FILE);
    assert_int_equal(object->phase, FLT_PHASE_IN_USE);
    assert_int_equal(object->opener, FLT_OP_FltOpenVolume);
    assert_int_equal(object->handles, 0);
    assert_int_equal(object->references, 0);
    assert_int_equal(events, 0);
}

static void discarded_object_sends_nothing(void **state) {
    (void)state;
    struct flt_object *object = flt_object_new(&objects, FLT_TYPE_FILE, FLT_OP_FltOpenVolume);
    flt_object_discard(&objects, object);
    assert_int_equal(events, 0);
    assert_true(is_gone((uint64_t)(uintptr_t)object));
}

/* What an open has made when its handle fails. */
static uint64_t undo_open_of(enum flt_type type) {
    struct flt_object *object = flt_object_new(&objects, type, FLT_OP_ZwCreateFile);
    flt_object_open(&objects, object, FLT_PROCESS_P1);
    flt_object_undo_open(&objects, object, FLT_PROCESS_P2);
    assert_true(is_gone((uint64_t)(uintptr_t)object));
    return (uint64_t)(uintptr_t)object;
}

static void undone_open_sends_what_ends_a_file(void **state) {
    (void)state;
    const uint64_t token = undo_open_of(FLT_TYPE_FILE);
    assert_int_equal(events, 3);
    assert_event(0, FLT_EVENT_CREATE, FLT_PROCESS_P1, token);
    assert_event(1, FLT_EVENT_CLEANUP, FLT_PROCESS_P2, token);
    assert_event(2, FLT_EVENT_CLOSE, FLT_PROCESS_P2, token);
    undo_open_of(FLT_TYPE_EVENT);
    assert_int_equal(events, 3); /* no IRPs, as ever */
}

static void last_handle_ends_it(void **state) {
    (void)state;
    struct flt_object *object = open_object(FLT_TYPE_FILE);
    const uint64_t token = (uint64_t)(uintptr_t)object;
    assert_int_equal(events, 1);
    flt_object_drop_handle(&objects, object, FLT_PROCESS_P2);
    assert_int_equal(events, 3);
    assert_event(0, FLT_EVENT_CREATE, FLT_PROCESS_P1, token);
    assert_event(1, FLT_EVENT_CLEANUP, FLT_PROCESS_P2, token);
    assert_event(2, FLT_EVENT_CLOSE, FLT_PROCESS_P2, token);
    assert_true(is_gone(token));
}

static void cleanup_waits_for_every_handle(void **state) {
    (void)state;
    struct flt_object *object = open_object(FLT_TYPE_FILE);
    flt_object_add_handle(object);
    flt_object_drop_handle(&objects, object, FLT_PROCESS_P1);
    assert_int_equal(events, 1); /* CREATE alone */
    assert_int_equal(object->handles, 1);
    assert_int_equal(object->phase, FLT_PHASE_IN_USE);
    flt_object_drop_handle(&objects, object, FLT_PROCESS_P1);
    assert_int_equal(events, 3);
}

static void reference_puts_close_off(void **state) {
    (void)state;
    struct flt_object *object = open_object(FLT_TYPE_FILE);
    const uint64_t token = (uint64_t)(uintptr_t)object;
    flt_object_add_reference(object);
    flt_object_add_reference(object);
    flt_object_drop_handle(&objects, object, FLT_PROCESS_P1);
    assert_int_equal(events, 2);
    assert_event(1, FLT_EVENT_CLEANUP, FLT_PROCESS_P1, token);
    assert_int_equal(object->phase, FLT_PHASE_CLEANED);
    flt_object_drop_reference(&objects, object, FLT_PROCESS_P1);
    assert_int_equal(events, 2);
    assert_int_equal(object->references, 1);
    flt_object_drop_reference(&objects, object, FLT_PROCESS_SYSTEM);
    assert_int_equal(events, 3);
    assert_event(2, FLT_EVENT_CLOSE, FLT_PROCESS_SYSTEM, token);
    assert_true(is_gone(token));
}

static void reference_does_not_outlast_the_handle(void **state) {
    (void)state;
    struct flt_object *object = open_object(FLT_TYPE_FILE);
    flt_object_add_reference(object);
    flt_object_drop_reference(&objects, object, FLT_PROCESS_P1);
    assert_int_equal(events, 1); /* the handle keeps it */
    assert_int_equal(object->handles, 1);
    assert_int_equal(object->phase, FLT_PHASE_IN_USE);
}

static void events_get_no_irps(void **state) {
    (void)state;
    struct flt_object *object = open_object(FLT_TYPE_EVENT);
    flt_object_add_reference(object);
    flt_object_drop_handle(&objects, object, FLT_PROCESS_P1);
    assert_int_equal(object->phase, FLT_PHASE_IN_USE); /* until it is gone */
    flt_object_drop_reference(&objects, object, FLT_PROCESS_P1);
    assert_int_equal(events, 0);
    assert_true(is_gone((uint64_t)(uintptr_t)object));
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static bool alive_at_close;

static void look(void *context, const struct flt_event *sent) {
    (void)context;
    if (sent->kind == FLT_EVENT_CLOSE)
        alive_at_close = !is_gone(sent->token);
}

static void object_is_there_while_close_is_sent(void **state) {
    (void)state;
    recorder.host.event = look;
    alive_at_close = false;
    flt_object_drop_handle(&objects, open_object(FLT_TYPE_FILE), FLT_PROCESS_P1);
    assert_true(alive_at_close);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(new_object_has_nothing),
        test(discarded_object_sends_nothing),
        test(last_handle_ends_it),
        test(cleanup_waits_for_every_handle),
        test(reference_puts_close_off),
        test(reference_does_not_outlast_the_handle),
        test(events_get_no_irps),
        test(object_is_there_while_close_is_sent),
        test(undone_open_sends_what_ends_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
