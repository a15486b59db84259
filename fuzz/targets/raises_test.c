/* What each target raises, and that it shows in what is generated for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "raises.h"

static struct flt_weights weights;

static size_t weight_of(uint8_t opcode) {
    size_t weight = 0;
    for (size_t i = 0; i < weights.total; i++)
        weight += weights.call[i] == opcode;
    return weight;
}

static void other_targets_raise_nothing(void **state) {
    (void)state;
    assert_int_equal(flt_raises_of("fuzz_close")->opcode, FLT_OP_NONE);
    assert_int_equal(flt_raises_of("fuzz_empty")->opcode, FLT_OP_NONE);
}

/* How many of 100 calls are those that the target raises. */
static size_t raised_for(const char *target) {
    size_t raised = 0;
    const struct flt_raise *raises = flt_raises_of(target);
    assert_true(flt_weights_init(&weights, raises));
    for (; raises->opcode != FLT_OP_NONE; raises++) {
        const size_t weight = weight_of(raises->opcode);
        assert_int_equal(weight, (size_t)raises->factor * flt_calls[raises->opcode].weight);
        assert_true(raises->factor > 1);
        raised += weight;
    }
    return 100 * raised / weights.total;
}

/* A third of the calls or more are about lifetimes, and as much is left for handles. */
static void the_lifecycle_is_weighted_up(void **state) {
    (void)state;
    assert_in_range(raised_for("fuzz_lifecycle"), 30, 65);
    assert_in_range(weight_of(FLT_OP_ExitProcess), 5, weights.total / 8);
}

/* Most calls are about names, and enough is left to duplicate, reference and dereference. */
static void names_are_weighted_up(void **state) {
    (void)state;
    assert_in_range(raised_for("fuzz_names"), 50, 75);
    assert_true(weight_of(FLT_OP_ObDereferenceObject) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_targets_raise_nothing),
        cmocka_unit_test(the_lifecycle_is_weighted_up),
        cmocka_unit_test(names_are_weighted_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
