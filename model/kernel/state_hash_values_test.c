/* What the caller cannot tell apart has no say in the hash of the kernel's state: above all, which
 * value a handle has. When a dead value comes back has. */
#include "state_hash_test.h"

/* ---- what cannot be told apart ----------------------------------------------------------------
 */

static void numbers_of_marks_and_lives_have_no_say(void **nothing) {
    (void)nothing;
    begin();
    open_file("\\a");
    hold_object(w.file);
    struct flt_file *file = &((struct flt_object *)(void *)w.file)->file;
    struct flt_node *node = &kernel()->objects.nodes.node[file->name];
    const uint64_t before = state();
    node->life++;
    const uint64_t nameless = state();
    assert_int_not_equal(nameless, before);
    file->mark = node->mark; /* of a node that it no longer has */
    assert_int_equal(state(), nameless);
    file->life = node->life;
    const uint64_t marked = state();
    assert_int_not_equal(marked, before);
    node->mark++;
    assert_int_equal(state(), before);
    file->mark = node->mark;
    assert_int_equal(state(), marked);
}

static void values_of_the_kernel_table_have_no_say(void **nothing) {
    (void)nothing;
    begin();
    hold(open_file("\\a"));
    hold(open_event());
    const uint64_t before = state();
    begin();
    const HANDLE event = open_event();
    hold(open_file("\\a"));
    hold(event);
    assert_int_equal(state(), before);
    variables.handle[0].value = number(event);
    assert_int_not_equal(state(), before);
    variables.handles = 0;
    const uint64_t lost = state();
    begin();
    open_file("\\a");
    open_event();
    assert_int_equal(state(), lost); /* in no order */
}

static void values_that_no_table_has_are_one(void **nothing) {
    (void)nothing;
    begin();
    const uint64_t one = state_with_value(FILL);
    assert_int_equal(state_with_value(NEVER_VALID), one);
    assert_int_equal(state_with_value(UINT64_C(1) << 63), one);
    assert_int_equal(state_with_value(UINT64_C(1) << 31), one);
    assert_int_not_equal(state_with_value(0), one);
    assert_int_not_equal(state_with_value(4), one);
    assert_int_not_equal(state_with_value(4), state_with_value(8));
    assert_int_not_equal(state_with_value(4), state_with_value(0));
    /* Of the kernel table: the first that is given out, and what none ever is. */
    const uint64_t never = state_with_value(FLT_KERNEL_HANDLE_BITS);
    assert_int_equal(state_with_value(FLT_KERNEL_HANDLE_BITS | 5), never);
    assert_int_not_equal(state_with_value(FLT_KERNEL_HANDLE_BITS | 4), never);
    assert_int_not_equal(never, one);
}

static void variables_of_one_value_are_told_from_two(void **nothing) {
    (void)nothing;
    begin();
    const uint64_t value = FLT_KERNEL_HANDLE_BITS | 5; /* both are never given out */
    hold_value(value);
    hold_value(FLT_KERNEL_HANDLE_BITS | 6);
    const uint64_t two = state();
    variables.handle[1].value = value;
    assert_int_not_equal(state(), two);
}

/* Two objects, alike but for who leads to them. */
static void variables_of_one_object_are_told_from_two(void **nothing) {
    (void)nothing;
    begin();
    HANDLE handle[4] = {open_event(), open_event(), NULL, NULL};
    for (size_t i = 0; i < 2; i++) {
        assert_status(duplicate(FLT_PROCESS_HANDLE_CURRENT, handle[i], FLT_PROCESS_HANDLE_SYSTEM, 0,
                                OBJ_KERNEL_HANDLE, DUPLICATE_SAME_ACCESS),
                      STATUS_SUCCESS);
        handle[2 + i] = w.handle;
    }
    for (size_t i = 0; i < 4; i++)
        hold(handle[i]);
    const uint64_t in_turn = state();
    variables.handle[2].value = number(handle[3]);
    variables.handle[3].value = number(handle[2]);
    assert_int_not_equal(state(), in_turn);
}

static void objects_that_are_gone_are_one(void **nothing) {
    (void)nothing;
    begin();
    PVOID object[2];
    for (size_t i = 0; i < 2; i++) {
        const HANDLE handle = open_event();
        assert_status(reference(handle), STATUS_SUCCESS);
        object[i] = w.object;
        assert_status(zw_close(handle), STATUS_SUCCESS);
    }
    const uint64_t one = state_with_object(object[0]);
    assert_int_equal(unnamed.count, 1);
    assert_int_equal(unnamed.object[0].token, number(object[1]));
    assert_int_equal(state_with_object(object[1]), one);
    assert_int_equal(unnamed.object[0].token, number(object[0]));
    dereference(object[0]);
    dereference(object[1]);
    const uint64_t gone = state_with_object(object[0]);
    assert_int_equal(unnamed.count, 0);
    assert_int_equal(state_with_object(object[1]), gone);
    assert_int_not_equal(gone, one);
    const uint64_t foreign = state_with_object(handle_of(FILL));
    assert_int_not_equal(foreign, gone);
    assert_int_not_equal(state_with_object(NULL), gone);
    assert_int_not_equal(state_with_object(NULL), foreign);
}

/* ---- when a dead value comes back -------------------------------------------------------------
 */

static void start_geometry(uint8_t geometry, uint8_t reuse) {
    w.switches.value[FLT_SWITCH_geometry] = geometry;
    w.switches.value[FLT_SWITCH_reuse] = reuse;
    begin();
}

enum { VALUES = 600 };

/* What the next opens hand out. */
static void read_values(uint64_t value[VALUES], unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        value[i] = number(open_event());
        assert_status(zw_close(handle_of(value[i])), STATUS_SUCCESS);
    }
}

/* Nothing but the number of handles until then. */
static void values_to_come(void **nothing) {
    (void)nothing;
    static uint64_t value[VALUES];
    static const unsigned passed[] = {0, 1, 200, 253, 254, 255, 256, 300};
    static const unsigned away[] = {0, 1, 2, 100, 254, 255, 256, 257, 299};
    start_geometry(FLT_CHOICE(geometry, windows), FLT_CHOICE(reuse, never));
    read_values(value, VALUES);
    uint64_t expected[sizeof away / sizeof away[0]];
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
        begin();
        open_and_close(passed[i]);
        const uint64_t never = state_with_value(FLT_KERNEL_HANDLE_BITS);
        assert_int_equal(state_with_value(FLT_KERNEL_HANDLE_BITS | 256 * FLT_HANDLE_STEP), never);
        assert_int_equal(state_with_value(FLT_KERNEL_HANDLE_BITS | (1 << 24) * FLT_HANDLE_STEP),
                         never);
        if (passed[i] > 0)
            assert_int_equal(state_with_value(value[passed[i] - 1]), never);
        seen_count = 0;
        for (size_t k = 0; k < sizeof away / sizeof away[0]; k++) {
            const uint64_t hash = state_with_value(value[passed[i] + away[k]]);
            assert_int_not_equal(hash, never);
            assert_new("further away");
            if (i == 0)
                expected[k] = hash;
            assert_int_equal(hash, expected[k]);
        }
    }
}

static void small_tables_end(void **nothing) {
    (void)nothing;
    static uint64_t value[VALUES];
    start_geometry(FLT_CHOICE(geometry, small), FLT_CHOICE(reuse, never));
    read_values(value, 12);
    assert_int_not_equal(open_name(FLT_OP_ZwCreateEvent, "", 0, OBJ_KERNEL_HANDLE, NULL),
                         STATUS_SUCCESS);
    begin();
    seen_count = 0;
    for (unsigned i = 0; i < 12; i++) {
        state_with_value(value[i]);
        assert_new("a value of a small table");
    }
    const uint64_t never = state_with_value(FLT_KERNEL_HANDLE_BITS | 16 * FLT_HANDLE_STEP);
    assert_new("the first past its end");
    assert_int_equal(state_with_value(FLT_KERNEL_HANDLE_BITS | 17 * FLT_HANDLE_STEP), never);
    variables.handles = 0;
    for (unsigned i = 0; i < 12; i++, open_and_close(1))
        assert_new("room that is left");
}

/* The one freed last comes back first, and those never taken after all that were freed. */
static void values_freed(void **nothing) {
    (void)nothing;
    static const uint8_t orders[2][3] = {{0, 1, 2}, {2, 1, 0}};
    uint64_t hash[2][5], value[5];
    for (size_t order = 0; order < 2; order++) {
        start_geometry(FLT_CHOICE(geometry, windows), FLT_CHOICE(reuse, immediate));
        for (size_t i = 0; i < 3; i++)
            value[i] = number(open_event());
        value[3] = value[2] + FLT_HANDLE_STEP;
        value[4] = value[3] + FLT_HANDLE_STEP;
        for (size_t i = 0; i < 3; i++)
            assert_status(zw_close(handle_of(value[orders[order][i]])), STATUS_SUCCESS);
        seen_count = 0;
        for (size_t i = 0; i < 5; i++) {
            hash[order][i] = state_with_value(value[i]);
            assert_new("another place");
        }
    }
    assert_int_equal(hash[0][0], hash[1][2]);
    assert_int_equal(hash[0][1], hash[1][1]);
    assert_int_equal(hash[0][2], hash[1][0]);
    assert_int_equal(hash[0][3], hash[1][3]);
    begin();
    open_and_close(1); /* one is freed, and two are fresh before it */
    assert_int_equal(state_with_value(value[3]), hash[0][3]);
    begin();
    assert_int_equal(state_with_value(value[4]), hash[0][4]);
    variables.handles = 0;
    const uint64_t before = state();
    open_and_close(5);
    assert_int_equal(state(), before);
}

static uint64_t state_with_room(uint8_t table, uint32_t room) {
    kernel()->table[table].limit = 1 + room; /* on its first page all but 0 are used */
    return state();
}

static void room_counts_when_it_is_short(void **nothing) {
    (void)nothing;
    begin();
    const HANDLE kept = open_event();
    open_in_process(FLT_PROCESS_P1);
    open_in_process(FLT_PROCESS_P2);
    for (uint8_t table = 0; table < FLT_TABLE_COUNT; table++) {
        const uint32_t limit = kernel()->table[table].limit;
        const uint64_t roomy = state();
        assert_int_equal(state_with_room(table, 1 + 65), roomy);
        assert_int_equal(state_with_room(table, 1 + 64), roomy);
        seen_count = 0;
        for (uint32_t room = 1; room <= 64; room++) {
            (void)state_with_room(table, room);
            assert_new("less room");
        }
        kernel()->table[table].limit = limit;
    }
    const uint64_t before = state_with_room(FLT_TABLE_KERNEL, 10);
    open_and_close(3); /* freed ones are room too */
    assert_int_equal(state(), before);
    const HANDLE more = open_event();
    assert_int_not_equal(state(), before);
    assert_status(zw_close(more), STATUS_SUCCESS);
    assert_status(zw_close(kept), STATUS_SUCCESS);
    assert_int_not_equal(state(), before);
}

static void values_of_processes_count(void **nothing) {
    (void)nothing;
    begin();
    seen_count = 0;
    const HANDLE first = open_in_process(FLT_PROCESS_P1);
    assert_new("the first");
    const HANDLE second = open_in_process(FLT_PROCESS_P1);
    assert_new("two");
    assert_status(zw_close(first), STATUS_SUCCESS);
    assert_new("the second");
    hold(second);
    assert_new("the second, held");
    variables.handle[0].value = number(first);
    assert_new("the first is dead, and held");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(numbers_of_marks_and_lives_have_no_say),
        test(values_of_the_kernel_table_have_no_say),
        test(values_that_no_table_has_are_one),
        test(variables_of_one_value_are_told_from_two),
        test(variables_of_one_object_are_told_from_two),
        test(objects_that_are_gone_are_one),
        test(values_to_come),
        test(small_tables_end),
        test(values_freed),
        test(room_counts_when_it_is_short),
        test(values_of_processes_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
