#include "object_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "poison.h"

enum { MANY = 100000 };

static uint64_t token_of(const struct flt_object *object) {
    return (uint64_t)(uintptr_t)object;
}

static void taken_is_found_and_zero(void **state) {
    (void)state;
    struct flt_object_pool pool = {0};
    struct flt_object *object = flt_object_pool_take(&pool);
    assert_int_equal(object->handles + object->references + object->type + object->phase, 0);
    assert_ptr_equal(flt_object_pool_find(&pool, token_of(object)), object);
    assert_int_equal(pool.live_count, 1);
    object->references = 7;
    flt_object_pool_give(&pool, object);
    assert_null(flt_object_pool_find(&pool, token_of(object)));
    assert_true(flt_object_pool_owns(&pool, token_of(object)));
    assert_int_equal(pool.live_count, 0);
    flt_object_pool_free(&pool);
}

static void other_numbers_are_no_objects(void **state) {
    (void)state;
    struct flt_object_pool pool = {0};
    assert_null(flt_object_pool_find(&pool, 0));
    const uint64_t token = token_of(flt_object_pool_take(&pool));
    const uint64_t wrong[] = {
        0, 1, token + 1, token + 8, token - 8, token ^ UINT64_C(1) << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_null(flt_object_pool_find(&pool, wrong[i]));
        assert_false(flt_object_pool_owns(&pool, wrong[i]));
    }
    flt_object_pool_free(&pool);
}

static void just_freed_is_not_next(void **state) {
    (void)state;
    struct flt_object_pool pool = {0};
    struct flt_object *const first = flt_object_pool_take(&pool);
    flt_object_pool_give(&pool, first);
    for (int i = 0; i < FLT_POOL_QUARANTINE; i++) {
        struct flt_object *object = flt_object_pool_take(&pool);
        assert_ptr_not_equal(object, first);
        flt_object_pool_give(&pool, object);
    }
    /* The quarantine is full and one more: the oldest comes back. */
    assert_ptr_equal(flt_object_pool_take(&pool), first);
    flt_object_pool_free(&pool);
}

static void memory_is_bounded(void **state) {
    (void)state;
    struct flt_object_pool pool = {0};
    for (int i = 0; i < MANY; i++)
        flt_object_pool_give(&pool, flt_object_pool_take(&pool));
    /* One alive at once, and the quarantine: two segments. */
    assert_int_equal(pool.segments, 2);
    assert_int_equal(pool.freed, FLT_POOL_QUARANTINE + 1);
    flt_object_pool_free(&pool);
}

static void many_are_found(void **state) {
    (void)state;
    struct flt_object_pool pool = {0};
    for (uint32_t i = 0; i < MANY; i++)
        flt_object_pool_take(&pool)->handles = i;
    assert_int_equal(pool.live_count, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        const struct flt_object *object = flt_object_pool_at(&pool, i);
        assert_int_equal(object->handles, i); /* nobody got another's memory */
        assert_ptr_equal(flt_object_pool_find(&pool, token_of(object)), object);
    }
    flt_object_pool_free(&pool);
}

static void removal_keeps_the_others(void **state) {
    (void)state;
    struct flt_object_pool pool = {0};
    struct flt_object *object[5];
    for (uint32_t i = 0; i < 5; i++)
        object[i] = flt_object_pool_take(&pool);
    flt_object_pool_give(&pool, object[1]);
    flt_object_pool_give(&pool, object[4]);
    assert_int_equal(pool.live_count, 3);
    unsigned seen = 0;
    for (size_t place = 0; place < pool.live_count; place++)
        for (unsigned i = 0; i < 5; i++)
            if (flt_object_pool_at(&pool, place) == object[i])
                seen |= 1u << i;
    assert_int_equal(seen, 0x0D);
    flt_object_pool_free(&pool);
}

static void reset_repeats_the_addresses(void **state) {
    (void)state;
    struct flt_object_pool pool = {0};
    struct flt_object *first[200];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 200; i++) {
            struct flt_object *object = flt_object_pool_take(&pool);
            if (round == 0)
                first[i] = object;
            assert_ptr_equal(object, first[i]);
            assert_int_equal(object->handles, 0);
            object->handles = 1;
            if (i % 3 == 0)
                flt_object_pool_give(&pool, object);
        }
        flt_object_pool_reset(&pool);
        assert_int_equal(pool.live_count, 0);
        for (size_t i = 0; i < 200; i++)
            assert_null(flt_object_pool_find(&pool, token_of(first[i])));
    }
    flt_object_pool_free(&pool);
}

#ifdef FLT_HAS_ASAN
static void stale_objects_are_poisoned(void **state) {
    (void)state;
    struct flt_object_pool pool = {0};
    struct flt_object *given = flt_object_pool_take(&pool), *left = flt_object_pool_take(&pool);
    assert_null(__asan_region_is_poisoned(given, sizeof *given));
    flt_object_pool_give(&pool, given);
    assert_ptr_equal(__asan_region_is_poisoned(given, sizeof *given), given);
    assert_null(__asan_region_is_poisoned(left, sizeof *left));
    flt_object_pool_reset(&pool);
    assert_ptr_equal(__asan_region_is_poisoned(left, sizeof *left), left);
    flt_object_pool_free(&pool);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taken_is_found_and_zero),
        cmocka_unit_test(other_numbers_are_no_objects),
        cmocka_unit_test(just_freed_is_not_next),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(many_are_found),
        cmocka_unit_test(removal_keeps_the_others),
        cmocka_unit_test(reset_repeats_the_addresses),
#ifdef FLT_HAS_ASAN
        cmocka_unit_test(stale_objects_are_poisoned),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
