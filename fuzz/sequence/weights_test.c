/* Weights and swarms: what is picked how often, with fixed seeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "weights.h"

enum { PICKS = 20000 };

static void count_picks(const struct flt_swarm *swarm, unsigned counts[FLT_OP_LIMIT],
                        uint64_t seed) {
    memset(counts, 0, FLT_OP_LIMIT * sizeof *counts);
    for (int i = 0; i < PICKS; i++)
        counts[flt_swarm_pick(swarm, &seed)]++;
}

/* The share that a call should have, in picks. */
static unsigned expected(const struct flt_weights *weights, uint8_t opcode, unsigned factor) {
    return (unsigned)(PICKS * flt_calls[opcode].weight * factor / weights->total);
}

static void plain_picks_are_as_the_table_weighs(void **state) {
    (void)state;
    const struct flt_swarm all = {flt_weights_plain(), 0};
    unsigned counts[FLT_OP_LIMIT];
    size_t sum = 0;
    count_picks(&all, counts, 1);
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        const unsigned want = expected(all.weights, *op, 1);
        sum += flt_calls[*op].weight;
        assert_in_range(counts[*op], want * 2 / 3, want * 3 / 2 + 5);
        assert_true(counts[*op] > 0);
    }
    assert_int_equal(all.weights->total, sum);
}

static void a_raise_raises_its_call_only(void **state) {
    (void)state;
    static struct flt_weights raised;
    const struct flt_raise raises[] = {
        {FLT_OP_ExitProcess, 10}, {FLT_OP_RunIn, 3}, {FLT_OP_NONE, 0}};
    unsigned counts[FLT_OP_LIMIT];
    assert_true(flt_weights_init(&raised, raises));
    assert_int_equal(raised.total, flt_weights_plain()->total +
                                       9u * flt_calls[FLT_OP_ExitProcess].weight +
                                       2u * flt_calls[FLT_OP_RunIn].weight);
    const struct flt_swarm all = {&raised, 0};
    count_picks(&all, counts, 2);
    const unsigned exits = expected(&raised, FLT_OP_ExitProcess, 10);
    const unsigned runs = expected(&raised, FLT_OP_RunIn, 3);
    const unsigned closes = expected(&raised, FLT_OP_FltClose, 1);
    assert_in_range(counts[FLT_OP_ExitProcess], exits * 3 / 4, exits * 4 / 3);
    assert_in_range(counts[FLT_OP_RunIn], runs * 3 / 4, runs * 4 / 3);
    assert_in_range(counts[FLT_OP_FltClose], closes * 3 / 4, closes * 4 / 3);
}

static void too_much_weight_is_refused(void **state) {
    (void)state;
    static struct flt_weights raised;
    const struct flt_raise raises[] = {
        {FLT_OP_FltClose, 255}, {FLT_OP_FltCreateFile, 255}, {FLT_OP_NONE, 0}};
    assert_false(flt_weights_init(&raised, raises));
}

/* How many kinds of calls a swarm picks. */
static unsigned kinds_of(const unsigned counts[FLT_OP_LIMIT]) {
    unsigned kinds = 0;
    for (size_t opcode = 0; opcode < FLT_OP_LIMIT; opcode++)
        kinds += counts[opcode] != 0;
    return kinds;
}

static void swarms_differ_and_leave_out_less_than_all(void **state) {
    (void)state;
    unsigned counts[FLT_OP_LIMIT], before[FLT_OP_LIMIT] = {0};
    unsigned picked[FLT_OP_LIMIT] = {0}, left_out[FLT_OP_LIMIT] = {0}, rows = 0;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++)
        rows++;
    for (uint32_t number = 1; number <= 100; number++) {
        const struct flt_swarm swarm = {flt_weights_plain(), number * UINT32_C(0x01234567)};
        count_picks(&swarm, counts, number);
        assert_in_range(kinds_of(counts), rows / 4, rows - 1);
        unsigned apart = 0;
        for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
            apart += (counts[*op] == 0) != (before[*op] == 0);
            picked[*op] += counts[*op] != 0;
            left_out[*op] += counts[*op] == 0;
        }
        assert_true(apart > 3);
        memcpy(before, counts, sizeof before);
    }
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        assert_in_range(picked[*op], 40, 85); /* three eighths leave it out */
        assert_in_range(left_out[*op], 15, 60);
    }
}

static void some_calls_are_only_rarer(void **state) {
    (void)state;
    unsigned all_counts[FLT_OP_LIMIT], counts[FLT_OP_LIMIT], rarer = 0;
    const struct flt_swarm all = {flt_weights_plain(), 0};
    count_picks(&all, all_counts, 3);
    for (uint32_t number = 1; number <= 50; number++) {
        const struct flt_swarm swarm = {flt_weights_plain(), number};
        count_picks(&swarm, counts, number);
        rarer += counts[FLT_OP_FltClose] != 0 &&
                 counts[FLT_OP_FltClose] < all_counts[FLT_OP_FltClose] * 2 / 3;
    }
    assert_in_range(rarer, 5, 25); /* two eighths */
}

/* Even where a swarm takes nothing of all that there is. */
static void there_is_always_a_call(void **state) {
    (void)state;
    static struct flt_weights one;
    uint64_t random = 5;
    unsigned closes = 0;
    one.total = 1;
    one.call[0] = FLT_OP_FltClose;
    for (uint32_t number = 0; number < 200; number++) {
        const struct flt_swarm swarm = {&one, number};
        closes += flt_swarm_pick(&swarm, &random) == FLT_OP_FltClose;
    }
    assert_int_equal(closes, 200);
}

static void a_quarter_of_the_swarms_leave_nothing_out(void **state) {
    (void)state;
    unsigned plain = 0;
    uint64_t random = 7;
    for (int i = 0; i < 4000; i++) {
        const struct flt_swarm swarm = flt_swarm_draw(NULL, &random);
        assert_ptr_equal(swarm.weights, flt_weights_plain());
        plain += swarm.number == 0;
    }
    assert_in_range(plain, 900, 1100);
}

static void the_same_seed_draws_and_picks_the_same(void **state) {
    (void)state;
    uint64_t one = 11, two = 11;
    const struct flt_swarm a = flt_swarm_draw(NULL, &one), b = flt_swarm_draw(NULL, &two);
    assert_int_equal(a.number, b.number);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(flt_swarm_pick(&a, &one), flt_swarm_pick(&b, &two));
    assert_true(one == two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_picks_are_as_the_table_weighs),
        cmocka_unit_test(a_raise_raises_its_call_only),
        cmocka_unit_test(too_much_weight_is_refused),
        cmocka_unit_test(swarms_differ_and_leave_out_less_than_all),
        cmocka_unit_test(some_calls_are_only_rarer),
        cmocka_unit_test(there_is_always_a_call),
        cmocka_unit_test(a_quarter_of_the_swarms_leave_nothing_out),
        cmocka_unit_test(the_same_seed_draws_and_picks_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
