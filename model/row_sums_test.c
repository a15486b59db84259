/* What sums of rows tell apart: every field, rows that exchange fields, and how many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "row_sums.h"

enum { ROWS = 200 }; /* more than are walked at once */

static struct flt_handle_row handle[ROWS];
static struct flt_object_row object[ROWS];

static size_t handles(const void *self, size_t *cursor, struct flt_handle_row *rows, size_t room) {
    (void)self;
    size_t count = 0;
    while (count < room && *cursor < ROWS)
        rows[count++] = handle[(*cursor)++];
    return count;
}

static size_t objects(const void *self, size_t *cursor, struct flt_object_row *rows, size_t room) {
    (void)self;
    size_t count = 0;
    while (count < room && *cursor < ROWS)
        rows[count++] = object[(*cursor)++];
    return count;
}

static struct flt_totals all;

static void totals(const void *self, struct flt_totals *totals) {
    (void)self;
    *totals = all;
}

static struct flt_sums walk(void) {
    static const struct flt_view_ops ops = {
        .level = FLT_VIEW_FULL, .totals = totals, .handles = handles, .objects = objects};
    const struct flt_view view = {&ops, NULL};
    struct flt_sums sums;
    flt_walk_sums(&view, &sums);
    return sums;
}

static int set_up(void **state) {
    (void)state;
    for (uint32_t i = 0; i < ROWS; i++) {
        handle[i] = (struct flt_handle_row){.value = FLT_KERNEL_HANDLE_BITS | 4 * (i + 1),
                                            .token = 0x1000 + 32 * i,
                                            .access = i % 7,
                                            .table = (uint8_t)(i % 3),
                                            .type = (uint8_t)(1 + i % 2),
                                            .flags = (uint8_t)(i % 4)};
        object[i] = (struct flt_object_row){.token = 0x1000 + 32 * i,
                                            .handles = i % 5,
                                            .references = i % 3,
                                            .type = (uint8_t)(1 + i % 2),
                                            .phase = (uint8_t)(i / 2 % 2)};
    }
    return 0;
}

static void every_row_is_counted(void **state) {
    (void)state;
    assert_int_equal(walk().rows, 2 * ROWS);
}

static void order_does_not_matter(void **state) {
    (void)state;
    const struct flt_sums before = walk();
    const struct flt_handle_row one = handle[3];
    const struct flt_object_row other = object[5];
    handle[3] = handle[ROWS - 1];
    handle[ROWS - 1] = one;
    object[5] = object[ROWS - 1];
    object[ROWS - 1] = other;
    assert_int_equal(walk().handles, before.handles);
    assert_int_equal(walk().objects, before.objects);
}

/* The sum with one field of the last row moved, and back. */
#define assert_field_counts(rows, sum, field)                                                      \
    do {                                                                                           \
        const uint64_t before = walk().sum;                                                        \
        rows[ROWS - 1].field ^= 1;                                                                 \
        assert_int_not_equal(walk().sum, before);                                                  \
        rows[ROWS - 1].field ^= 1;                                                                 \
    } while (0)

static void every_field_counts(void **state) {
    (void)state;
    assert_field_counts(handle, handles, value);
    assert_field_counts(handle, handles, token);
    assert_field_counts(handle, handles, access);
    assert_field_counts(handle, handles, table);
    assert_field_counts(handle, handles, type);
    assert_field_counts(handle, handles, flags);
    assert_field_counts(object, objects, token);
    assert_field_counts(object, objects, handles);
    assert_field_counts(object, objects, references);
    assert_field_counts(object, objects, type);
    assert_field_counts(object, objects, phase);
}

/* Each state of each filter and instance has a sum of its own; a system that shows none has 0. */
static void filters_count(void **state) {
    (void)state;
    all = (struct flt_totals){.shows_filters = true};
    const uint64_t nothing = walk().filters;
    assert_int_not_equal(nothing, 0);
    uint64_t seen[64];
    size_t count = 0;
    for (int i = 0; i < FLT_FILTER_COUNT + 2 * FLT_INSTANCE_COUNT; i++)
        for (uint8_t value = 1; value < 3; value++) {
            all.world = (struct flt_filter_rows){{0}, {{0, 0}}};
            const int instance = (i - FLT_FILTER_COUNT) / 2;
            *(i < FLT_FILTER_COUNT              ? &all.world.filter[i]
              : (i - FLT_FILTER_COUNT) % 2 == 0 ? &all.world.instance[instance].state
                                                : &all.world.instance[instance].filter) = value;
            seen[count++] = walk().filters;
        }
    for (size_t i = 0; i < count; i++) {
        assert_int_not_equal(seen[i], nothing);
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(seen[i], seen[k]);
    }
    all.shows_filters = false;
    assert_int_equal(walk().filters, 0);
}

/* Two rows exchange a field: the sum of that field over all rows stays what it was. */
#define assert_exchange_counts(rows, sum, field, type_of)                                          \
    do {                                                                                           \
        const uint64_t before = walk().sum;                                                        \
        const type_of first = rows[0].field;                                                       \
        assert_int_not_equal(first, rows[3].field);                                                \
        rows[0].field = rows[3].field;                                                             \
        rows[3].field = first;                                                                     \
        assert_int_not_equal(walk().sum, before);                                                  \
    } while (0)

static void exchanged_fields_count(void **state) {
    (void)state;
    assert_exchange_counts(handle, handles, token, uint64_t);
    assert_exchange_counts(handle, handles, access, uint32_t);
    assert_exchange_counts(handle, handles, type, uint8_t);
    assert_exchange_counts(handle, handles, flags, uint8_t);
    assert_exchange_counts(object, objects, handles, uint32_t);
    assert_exchange_counts(object, objects, phase, uint8_t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_row_is_counted, set_up),
        cmocka_unit_test_setup(order_does_not_matter, set_up),
        cmocka_unit_test_setup(every_field_counts, set_up),
        cmocka_unit_test_setup(filters_count, set_up),
        cmocka_unit_test_setup(exchanged_fields_count, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
