#include "handle_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WINDOWS_ROOM = (1 << 24) - (1 << 16), SMALL_ROOM = 12, MILLION = 1000000 };

static struct flt_object *const thing = (struct flt_object *)(uintptr_t)0x1000; /* never read */

static const struct flt_switches windows_reuse = {{0}};

static struct flt_switches switches(uint8_t geometry, uint8_t reuse) {
    struct flt_switches made = {{0}};
    made.value[FLT_SWITCH_geometry] = geometry;
    made.value[FLT_SWITCH_reuse] = reuse;
    return made;
}

#define SMALL FLT_CHOICE(geometry, small)
#define WINDOWS FLT_CHOICE(geometry, windows)
#define AGAIN FLT_CHOICE(reuse, immediate)
#define NEVER FLT_CHOICE(reuse, never)

static struct flt_handle_table new_table(uint8_t geometry, uint8_t reuse) {
    struct flt_handle_table table = {0};
    const struct flt_switches s = switches(geometry, reuse);
    flt_handle_table_reset(&table, &s);
    return table;
}

static uint32_t add(struct flt_handle_table *table) {
    const uint32_t index = flt_handle_table_reserve(table);
    if (index)
        flt_handle_table_enter(table, index, &(struct flt_handle_entry){.object = thing});
    return index;
}

/* The places of the live ones hold each live index once. */
static void assert_consistent(const struct flt_handle_table *table) {
    uint32_t sum = 0, found = 0;
    for (uint32_t place = 0; place < table->live; place++) {
        const uint32_t index = flt_handle_table_at(table, place);
        const struct flt_handle_entry *entry = flt_handle_table_find(table, index);
        assert_non_null(entry);
        assert_int_equal(entry->link, place);
        sum++;
    }
    for (uint32_t index = 0; index < table->fresh; index++)
        found += flt_handle_table_find(table, index) != NULL;
    assert_int_equal(sum, found);
}

static void first_value_is_four(void **state) {
    (void)state;
    struct flt_handle_table table = new_table(WINDOWS, AGAIN);
    assert_int_equal(add(&table), 1);
    assert_int_equal(add(&table), 2);
    flt_handle_table_free(&table);
}

static void entry_is_kept(void **state) {
    (void)state;
    struct flt_handle_table table = new_table(WINDOWS, AGAIN);
    const uint32_t index = flt_handle_table_reserve(&table);
    assert_null(flt_handle_table_find(&table, index)); /* reserved is not live */
    assert_int_equal(table.live, 0);
    flt_handle_table_enter(
        &table, index,
        &(struct flt_handle_entry){.object = thing, .access = 0x1234, .flags = 1, .opener = 0x21});
    const struct flt_handle_entry *entry = flt_handle_table_find(&table, index);
    assert_ptr_equal(entry->object, thing);
    assert_int_equal(entry->access, 0x1234);
    assert_int_equal(entry->flags, 1);
    assert_int_equal(entry->opener, 0x21);
    assert_int_equal(table.live, 1);
    flt_handle_table_remove(&table, index);
    assert_null(flt_handle_table_find(&table, index));
    assert_int_equal(table.live, 0);
    flt_handle_table_free(&table);
}

static void any_number_may_be_looked_up(void **state) {
    (void)state;
    struct flt_handle_table table = {0};
    assert_null(flt_handle_table_find(&table, 0));
    flt_handle_table_reset(&table, &windows_reuse);
    assert_null(flt_handle_table_find(&table, 0));
    assert_null(flt_handle_table_find(&table, 1));
    assert_int_equal(add(&table), 1);
    assert_non_null(flt_handle_table_find(&table, 1));
    const uint64_t wrong[] = {0,
                              2,
                              255,
                              256,
                              257,
                              UINT32_MAX,
                              UINT64_MAX,
                              UINT64_C(1) << 24,
                              UINT64_C(1) << 32,
                              (UINT64_C(1) << 32) + 1};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_null(flt_handle_table_find(&table, wrong[i]));
    flt_handle_table_free(&table);
}

static void windows_page_edge_is_skipped(void **state) {
    (void)state;
    struct flt_handle_table table = new_table(WINDOWS, AGAIN);
    for (uint32_t i = 1; i <= 255; i++)
        assert_int_equal(add(&table), i);
    assert_int_equal(table.pages, 1); /* memory came with the need for it */
    assert_int_equal(add(&table), 257);
    assert_int_equal(table.pages, 2);
    assert_null(flt_handle_table_find(&table, 256));
    assert_consistent(&table);
    flt_handle_table_free(&table);
}

static void small_has_twelve(void **state) {
    (void)state;
    static const uint32_t expected[SMALL_ROOM] = {1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15};
    struct flt_handle_table table = new_table(SMALL, AGAIN);
    for (size_t i = 0; i < SMALL_ROOM; i++)
        assert_int_equal(add(&table), expected[i]);
    assert_int_equal(add(&table), 0);
    assert_int_equal(add(&table), 0); /* and stays full */
    assert_int_equal(table.live, SMALL_ROOM);
    flt_handle_table_remove(&table, 7);
    assert_int_equal(add(&table), 7);
    assert_int_equal(add(&table), 0);
    assert_consistent(&table);
    flt_handle_table_free(&table);
}

static void windows_is_full_at_its_end(void **state) {
    (void)state;
    struct flt_handle_table table = new_table(WINDOWS, AGAIN);
    uint32_t count = 0, last = 0, index;
    /* Reserving is enough: entering would only take longer. */
    while ((index = flt_handle_table_reserve(&table)) != 0) {
        last = index;
        count++;
    }
    assert_int_equal(count, WINDOWS_ROOM);
    assert_int_equal(last, (1 << 24) - 1);
    assert_int_equal(table.pages, 1 << 16);
    flt_handle_table_enter(&table, last, &(struct flt_handle_entry){.object = thing});
    assert_non_null(flt_handle_table_find(&table, last));
    flt_handle_table_remove(&table, last);
    assert_int_equal(add(&table), last);
    assert_int_equal(add(&table), 0);
    flt_handle_table_free(&table);
}

static void last_freed_is_first_reused(void **state) {
    (void)state;
    struct flt_handle_table table = new_table(WINDOWS, AGAIN);
    for (int i = 0; i < 5; i++)
        add(&table);
    flt_handle_table_remove(&table, 2);
    flt_handle_table_remove(&table, 5);
    flt_handle_table_remove(&table, 1);
    assert_int_equal(add(&table), 1);
    assert_int_equal(add(&table), 5);
    assert_int_equal(add(&table), 2);
    assert_int_equal(add(&table), 6);
    assert_consistent(&table);
    flt_handle_table_free(&table);
}

static void never_reused_runs_out(void **state) {
    (void)state;
    struct flt_handle_table table = new_table(SMALL, NEVER);
    uint32_t before = 0;
    for (int i = 0; i < SMALL_ROOM; i++) {
        const uint32_t index = add(&table);
        assert_true(index > before);
        before = index;
        flt_handle_table_remove(&table, index);
    }
    assert_int_equal(table.live, 0);
    assert_int_equal(add(&table), 0); /* nothing is live, everything was issued */
    flt_handle_table_free(&table);
}

static void released_comes_back_even_where_nothing_is_reused(void **state) {
    (void)state;
    struct flt_handle_table table = new_table(SMALL, NEVER);
    assert_int_equal(add(&table), 1);
    const uint32_t index = flt_handle_table_reserve(&table);
    assert_int_equal(index, 2);
    flt_handle_table_release(&table, index);
    assert_null(flt_handle_table_find(&table, index));
    assert_int_equal(add(&table), 2);
    flt_handle_table_free(&table);
}

static void removal_keeps_the_others(void **state) {
    (void)state;
    struct flt_handle_table table = new_table(WINDOWS, AGAIN);
    for (int i = 0; i < 600; i++)
        add(&table);
    const uint32_t victims[] = {1, 600, 257, 300, 2, 599}; /* first, last and between */
    for (size_t i = 0; i < sizeof victims / sizeof victims[0]; i++) {
        flt_handle_table_remove(&table, victims[i]);
        assert_consistent(&table);
        assert_null(flt_handle_table_find(&table, victims[i]));
    }
    assert_int_equal(table.live, 594);
    flt_handle_table_free(&table);
}

static void million_values_are_distinct(void **state) {
    (void)state;
    struct flt_handle_table table = new_table(WINDOWS, AGAIN);
    uint8_t *seen = calloc(1u << 24, 1);
    assert_non_null(seen);
    for (uint32_t i = 0; i < MILLION; i++) {
        const uint32_t index = add(&table);
        assert_true(index > 0 && index % 256 != 0);
        assert_false(seen[index]++);
    }
    assert_int_equal(table.live, MILLION);
    /* Pages for what is there, and no more: 255 values each. */
    assert_int_equal(table.pages, (MILLION + 254) / 255);
    assert_consistent(&table);
    for (uint32_t place = MILLION; place-- > 0;) /* and all go again, in another order */
        flt_handle_table_remove(&table, flt_handle_table_at(&table, place / 2));
    assert_int_equal(table.live, 0);
    assert_consistent(&table);
    free(seen);
    flt_handle_table_free(&table);
}

static void reset_starts_over(void **state) {
    (void)state;
    struct flt_handle_table table = new_table(WINDOWS, AGAIN);
    for (int i = 0; i < 1000; i++)
        add(&table);
    flt_handle_table_remove(&table, 10);
    flt_handle_table_remove(&table, 500);
    const uint32_t pages = table.pages;
    const struct flt_switches small = switches(SMALL, NEVER);
    flt_handle_table_reset(&table, &small);
    assert_int_equal(table.live, 0);
    assert_int_equal(table.pages, pages); /* kept for the next run */
    for (uint32_t index = 0; index < 1200; index++)
        assert_null(flt_handle_table_find(&table, index));
    assert_int_equal(add(&table), 1); /* not 500: what was freed is forgotten */
    const uint32_t reserved = flt_handle_table_reserve(&table);
    assert_null(flt_handle_table_find(&table, reserved)); /* nor is the old entry seen */
    while (add(&table))
        ;
    for (uint32_t index = 4; index < 16; index += 4) /* unused here, live before */
        assert_null(flt_handle_table_find(&table, index));
    flt_handle_table_reset(&table, &windows_reuse);
    for (uint32_t i = 1; i <= 255; i++)
        assert_int_equal(add(&table), i); /* the values of a run do not depend on the one before */
    for (uint32_t index = 256; index < 1200; index++)
        assert_null(flt_handle_table_find(&table, index));
    assert_consistent(&table);
    flt_handle_table_free(&table);
}

static void flags_are_written_alone(void **state) {
    (void)state;
    struct flt_handle_table table = new_table(WINDOWS, AGAIN);
    add(&table);
    const uint32_t index = flt_handle_table_reserve(&table);
    flt_handle_table_enter(
        &table, index,
        &(struct flt_handle_entry){.object = thing, .access = 7, .flags = 1, .opener = 0x21});
    flt_handle_table_set_flags(&table, index, 2);
    const struct flt_handle_entry *entry = flt_handle_table_find(&table, index);
    assert_ptr_equal(entry->object, thing);
    assert_int_equal(entry->access, 7);
    assert_int_equal(entry->flags, 2);
    assert_int_equal(entry->opener, 0x21);
    assert_int_equal(flt_handle_table_find(&table, 1)->flags, 0);
    assert_consistent(&table);
    flt_handle_table_free(&table);
}

static void renewed_table_starts_over_where_values_are_reused(void **state) {
    (void)state;
    static const uint8_t reuse[] = {AGAIN, NEVER};
    static const uint32_t next[] = {1, 4};
    for (size_t i = 0; i < 2; i++) {
        struct flt_handle_table table = new_table(WINDOWS, reuse[i]);
        for (int k = 0; k < 3; k++)
            add(&table);
        flt_handle_table_remove(&table, 1);
        flt_handle_table_remove(&table, 3);
        flt_handle_table_renew(&table); /* not empty: no change */
        assert_non_null(flt_handle_table_find(&table, 2));
        flt_handle_table_remove(&table, 2);
        flt_handle_table_renew(&table);
        assert_int_equal(add(&table), next[i]);
        assert_int_equal(add(&table), next[i] + 1);
        assert_int_equal(table.live, 2);
        assert_consistent(&table);
        flt_handle_table_free(&table);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_value_is_four),
        cmocka_unit_test(entry_is_kept),
        cmocka_unit_test(any_number_may_be_looked_up),
        cmocka_unit_test(windows_page_edge_is_skipped),
        cmocka_unit_test(small_has_twelve),
        cmocka_unit_test(windows_is_full_at_its_end),
        cmocka_unit_test(last_freed_is_first_reused),
        cmocka_unit_test(never_reused_runs_out),
        cmocka_unit_test(released_comes_back_even_where_nothing_is_reused),
        cmocka_unit_test(removal_keeps_the_others),
        cmocka_unit_test(million_values_are_distinct),
        cmocka_unit_test(reset_starts_over),
        cmocka_unit_test(flags_are_written_alone),
        cmocka_unit_test(renewed_table_starts_over_where_values_are_reused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
