/* The index against a list that is searched from end to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "index.h"

enum { KEYS = 700, STEPS = 40000 };

struct naive {
    bool there[KEYS];
    uint32_t at[KEYS];
};

/* Few different keys and far apart, so that each comes and goes often and chains form. */
static uint64_t key_of(uint32_t i) {
    return (uint64_t)i * 64 + ((uint64_t)(i % 3) << 40);
}

static void compare(const struct flt_index *index, const struct naive *naive) {
    for (uint32_t i = 0; i < KEYS; i++)
        assert_int_equal(flt_index_find(index, key_of(i)),
                         naive->there[i] ? naive->at[i] : FLT_NOWHERE);
}

static void random_steps(struct flt_index *index, uint64_t seed) {
    struct naive naive = {0};
    for (uint32_t step = 0; step < STEPS; step++) {
        seed = flt_mix(seed + 1);
        const uint32_t i = (uint32_t)(seed % KEYS);
        if (naive.there[i]) {
            flt_index_remove(index, key_of(i));
        } else {
            flt_index_add(index, key_of(i), step);
            naive.at[i] = step;
        }
        naive.there[i] = !naive.there[i];
        if (step % 997 == 0)
            compare(index, &naive);
    }
    compare(index, &naive);
}

static void test_as_a_list(void **state) {
    (void)state;
    struct flt_index index;
    assert_true(flt_index_init(&index));
    for (uint64_t run = 0; run < 4; run++) {
        random_steps(&index, run);
        flt_index_clear(&index);
        const struct naive nothing = {0};
        compare(&index, &nothing);
    }
    flt_index_free(&index);
}

static void test_removing_what_is_not_there(void **state) {
    (void)state;
    struct flt_index index;
    assert_true(flt_index_init(&index));
    flt_index_add(&index, 1, 10);
    flt_index_remove(&index, 2);
    assert_int_equal(index.count, 1);
    assert_int_equal(flt_index_find(&index, 1), 10);
    flt_index_free(&index);
}

/* Epochs are 32 bits: when they run out, cells of an earlier round must not come back to life. */
static void test_epochs_run_out(void **state) {
    (void)state;
    struct flt_index index;
    assert_true(flt_index_init(&index));
    for (uint32_t i = 0; i < KEYS; i++)
        flt_index_add(&index, key_of(i), i);
    index.epoch = UINT32_MAX - 64;
    flt_index_clear(&index);
    assert_true(index.epoch < 64);
    const struct naive nothing = {0};
    for (int i = 0; i < 8; i++) {
        compare(&index, &nothing);
        flt_index_clear(&index);
    }
    random_steps(&index, 9);
    flt_index_free(&index);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_a_list),
        cmocka_unit_test(test_removing_what_is_not_there),
        cmocka_unit_test(test_epochs_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
