/* Mutation, crossover, generation: bounds, determinism, and that what comes out is worth running.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "binary.h"
#include "choose.h"
#include "mutate.h"

static struct flt_sequence a, b, c;
static uint8_t bytes[1 << 20];

static int make(void **state) {
    (void)state;
    return flt_sequence_init(&a) && flt_sequence_init(&b) && flt_sequence_init(&c) ? 0 : -1;
}

static int drop(void **state) {
    (void)state;
    flt_sequence_free(&a);
    flt_sequence_free(&b);
    flt_sequence_free(&c);
    return 0;
}

/* What a mutator makes, the decoder must give back. */
static void assert_decodes_to_itself(const struct flt_sequence *sequence) {
    const size_t size = flt_binary_encode(sequence, bytes, sizeof bytes);
    assert_in_range(size, 0, sizeof bytes);
    flt_binary_decode(bytes, size, &c);
    assert_true(flt_sequence_equal(sequence, &c));
}

static void generate_makes_exactly_that_many(void **state) {
    (void)state;
    static const size_t steps[] = {0, 1, 2, 16, 64, 1000, FLT_MAX_STEPS};
    uint64_t random = 1;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        flt_generate(&a, steps[i], &random);
        assert_int_equal(a.count, steps[i]);
        assert_decodes_to_itself(&a);
    }
    flt_generate(&a, FLT_MAX_STEPS + 1, &random);
    assert_int_equal(a.count, FLT_MAX_STEPS);
}

static void extend_keeps_what_is_there(void **state) {
    (void)state;
    uint64_t random = 3;
    flt_generate(&a, 10, &random);
    assert_true(flt_sequence_copy(&b, &a));
    flt_extend(&a, 25, &random);
    assert_int_equal(a.count, 25);
    a.count = 10;
    assert_true(flt_sequence_equal(&a, &b));
    flt_extend(&a, 5, &random); /* never shortens */
    assert_int_equal(a.count, 10);
}

static void generate_reaches_every_call_form_and_result(void **state) {
    (void)state;
    unsigned calls[FLT_OP_LIMIT] = {0}, forms[FLT_FORM_COUNT] = {0}, written[FLT_ARG_LIMIT] = {0};
    unsigned kept[FLT_RESULT_LIMIT] = {0}, left_out[FLT_RESULT_LIMIT] = {0}, headers = 0;
    uint64_t random = 1;
    for (int run = 0; run < 2000; run++) {
        flt_generate(&a, 16, &random);
        headers += a.profile_given;
        for (size_t i = 0; i < a.count; i++) {
            const struct flt_step *step = &a.step[i];
            calls[step->opcode]++;
            for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
                if (step->present >> arg & 1) {
                    written[arg]++;
                    if (arg == FLT_ARG_handle)
                        forms[step->form[arg]]++;
                }
            for (int result = 0; result < FLT_RESULT_LIMIT; result++)
                (step->result[result] != FLT_NO_SLOT ? kept : left_out)[result]++;
        }
    }
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++)
        assert_true(calls[*op] > 0);
    for (int form = 0; form < FLT_FORM_COUNT; form++)
        assert_true(forms[form] > 0);
    for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
        if (flt_args[arg].name)
            assert_true(written[arg] > 0);
    for (int result = 0; result < FLT_RESULT_LIMIT; result++)
        if (flt_results[result].slots != FLT_SLOTS_NO_SLOT)
            assert_true(kept[result] > 0 && left_out[result] > 0);
    assert_true(headers > 0);
}

/* Most uses aim at something open, some do not; most of what is opened is closed. */
static void generate_looks_like_a_driver(void **state) {
    (void)state;
    size_t uses = 0, live_uses = 0, opened = 0, left_open = 0;
    uint64_t random = 5;
    for (int run = 0; run < 500; run++) {
        struct flt_slots_seen seen;
        flt_seen_start(&seen);
        flt_generate(&a, 32, &random);
        for (size_t i = 0; i < a.count; i++) {
            const struct flt_step *step = &a.step[i];
            if (step->present >> FLT_ARG_handle & 1) {
                uses++;
                live_uses += step->form[FLT_ARG_handle] == FLT_FORM_SLOT &&
                             (seen.live[FLT_SLOTS_HANDLE] >> step->arg[FLT_ARG_handle] & 1);
            }
            opened += step->result[FLT_RESULT_handle] != FLT_NO_SLOT;
            flt_seen_step(&seen, step);
        }
        for (uint64_t live = seen.live[FLT_SLOTS_HANDLE]; live != 0; live &= live - 1)
            left_open++;
    }
    assert_in_range(100 * live_uses / uses, 60, 97);
    assert_in_range(100 * left_open / opened, 1, 40);
}

/* Zw handles go to ZwClose and Flt handles to FltClose more often than chance would have it. */
static void closes_go_with_their_opens(void **state) {
    (void)state;
    size_t closed = 0, by_family = 0;
    uint64_t random = 6;
    for (int run = 0; run < 2000; run++) {
        struct flt_slots_seen seen;
        flt_seen_start(&seen);
        flt_generate(&a, 32, &random);
        for (size_t i = 0; i < a.count; i++) {
            const struct flt_step *step = &a.step[i];
            const uint64_t slot = step->arg[FLT_ARG_handle];
            if (step->opcode == FLT_OP_ZwClose && step->form[FLT_ARG_handle] == FLT_FORM_SLOT &&
                (seen.live[FLT_SLOTS_HANDLE] >> slot & 1)) {
                const uint8_t opener = seen.opener[FLT_SLOTS_HANDLE][slot];
                closed++;
                by_family += strncmp(flt_calls[opener].name, "Zw", 2) == 0;
            }
            flt_seen_step(&seen, step);
        }
    }
    assert_in_range(100 * by_family / closed, 45, 95);
}

static void mutate_keeps_its_bounds(void **state) {
    (void)state;
    static const struct {
        size_t steps, size;
    } bounds[] = {{0, 4096}, {1, 4096}, {16, 4096}, {FLT_MAX_STEPS, 0},  {64, 7},
                  {64, 8},   {64, 16},  {64, 100},  {FLT_MAX_STEPS, 512}};
    uint64_t random = 7;
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        for (int run = 0; run < 500; run++) {
            flt_generate(&a, flt_below(&random, 40), &random);
            flt_mutate(&a, NULL, bounds[i].steps, bounds[i].size, &random);
            assert_in_range(a.count, 0, bounds[i].steps);
            assert_in_range(flt_binary_encode(&a, NULL, 0), 0, bounds[i].size);
            assert_decodes_to_itself(&a);
        }
}

/* Any call may go, the last no sooner than the others: in -minimize_crash the limit is a byte
 * short. */
static void any_call_is_dropped_to_fit(void **state) {
    (void)state;
    size_t kept_last = 0, kept_first = 0;
    struct flt_step step;
    uint64_t random = 11;
    for (int run = 0; run < 400; run++) {
        flt_sequence_clear(&b);
        flt_sequence_clear(&a);
        flt_step_init(&step, FLT_OP_FltClose);
        for (uint64_t i = 0; i < 8; i++) {
            assert_true(flt_step_set(&step, FLT_ARG_handle, FLT_FORM_SLOT, i));
            flt_sequence_insert(&b, b.count, &step);
        }
        flt_crossover(&b, &a, &c, flt_binary_encode(&b, NULL, 0) - 1, &random);
        if (c.count != 7) /* only a prefix, or nothing had to go */
            continue;
        kept_first += c.step[0].arg[FLT_ARG_handle] == 0;
        kept_last += c.step[6].arg[FLT_ARG_handle] == 7;
    }
    assert_true(kept_first > 50);
    assert_true(kept_last > 50);
}

static void a_huge_sequence_is_cut_at_once(void **state) {
    (void)state;
    uint64_t random = 13;
    flt_generate(&a, FLT_MAX_STEPS, &random);
    flt_mutate(&a, NULL, FLT_MAX_STEPS, 1024, &random);
    assert_in_range(flt_binary_encode(&a, NULL, 0), 900, 1024); /* no more is lost than must be */
    size_t kept = 0;
    for (int run = 0; run < 32; run++) { /* and a full one stays within its room */
        flt_generate(&a, FLT_MAX_STEPS, &random);
        flt_mutate(&a, NULL, FLT_MAX_STEPS + 100, sizeof bytes, &random);
        assert_in_range(a.count, 1, FLT_MAX_STEPS);
        kept += a.count > FLT_MAX_STEPS / 8;
    }
    assert_in_range(kept, 16, 31); /* now and then a fresh one takes its place */
}

static void a_header_too_long_goes_too(void **state) {
    (void)state;
    uint64_t random = 1;
    flt_sequence_clear(&a);
    a.profile_given = true;
    for (size_t i = 0; i < FLT_SWITCH_COUNT; i++)
        a.overridden[i] = 0;
    flt_mutate(&a, NULL, 16, 8, &random);
    assert_in_range(flt_binary_encode(&a, NULL, 0), 0, 8);
}

static void the_same_seed_gives_the_same(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        uint64_t one = seed, two = seed;
        flt_generate(&a, 20, &one);
        flt_generate(&b, 20, &two);
        for (int i = 0; i < 10; i++) {
            flt_mutate(&a, NULL, 32, 2000, &one);
            flt_mutate(&b, NULL, 32, 2000, &two);
        }
        assert_true(flt_sequence_equal(&a, &b));
        assert_true(one == two);
    }
}

static void mutations_change_something(void **state) {
    (void)state;
    size_t same = 0, grown = 0, shrunk = 0, header = 0;
    uint64_t random = 17;
    for (int run = 0; run < 3200; run++) {
        flt_generate(&a, 16, &random);
        assert_true(flt_sequence_copy(&b, &a));
        flt_mutate(&a, NULL, 64, 4096, &random);
        same += flt_sequence_equal(&a, &b);
        grown += a.count > b.count;
        shrunk += a.count < b.count;
        header += a.profile_given != b.profile_given || a.profile != b.profile ||
                  memcmp(a.overridden, b.overridden, sizeof a.overridden) != 0;
    }
    assert_in_range(same, 0, 3200 / 5);
    assert_in_range(grown, 3200 / 5, 3200 * 3 / 4);
    assert_in_range(shrunk, 3200 / 50, 3200 / 3);
    assert_in_range(header, 3200 / 64, 3200 / 6); /* rare */
}

static void from_nothing_comes_something(void **state) {
    (void)state;
    uint64_t random = 19;
    size_t long_enough = 0; /* now and then it starts anew */
    flt_sequence_clear(&a);
    for (int run = 0; run < 200; run++) {
        flt_mutate(&a, NULL, 64, 4096, &random);
        long_enough += a.count >= 5;
    }
    assert_in_range(long_enough, 100, 200);
}

/* Calls in what comes from nothing, by opcode. */
static void count_calls(const struct flt_weights *weights, unsigned calls[FLT_OP_LIMIT]) {
    uint64_t random = 21;
    memset(calls, 0, FLT_OP_LIMIT * sizeof *calls);
    for (int run = 0; run < 3000; run++) {
        flt_sequence_clear(&a);
        flt_mutate(&a, weights, 64, 4096, &random);
        for (size_t i = 0; i < a.count; i++)
            calls[a.step[i].opcode]++;
    }
}

static void mutations_reach_every_call_and_more_of_the_raised(void **state) {
    (void)state;
    static struct flt_weights raised;
    const struct flt_raise raises[] = {{FLT_OP_StartProcess, 12}, {FLT_OP_NONE, 0}};
    unsigned plain_calls[FLT_OP_LIMIT], raised_calls[FLT_OP_LIMIT];
    assert_true(flt_weights_init(&raised, raises));
    count_calls(NULL, plain_calls);
    count_calls(&raised, raised_calls);
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++)
        assert_true(plain_calls[*op] > 0 && raised_calls[*op] > 0);
    assert_true(raised_calls[FLT_OP_StartProcess] > 6 * plain_calls[FLT_OP_StartProcess]);
    assert_true(raised_calls[FLT_OP_FltClose] > plain_calls[FLT_OP_FltClose] / 2);
}

/* Swarms: some mutations of many make no FltClose, the commonest of all calls. */
static void each_mutation_has_a_mix_of_its_own(void **state) {
    (void)state;
    unsigned long_ones = 0, without = 0;
    uint64_t random = 22;
    for (int run = 0; run < 3000; run++) {
        unsigned closes = 0;
        flt_sequence_clear(&a);
        flt_mutate(&a, NULL, 64, 4096, &random);
        for (size_t i = 0; i < a.count; i++)
            closes += a.step[i].opcode == FLT_OP_FltClose;
        long_ones += a.count >= 15;
        without += a.count >= 15 && closes == 0;
    }
    assert_true(long_ones > 200);
    assert_in_range(100 * without / long_ones, 25, 50); /* 3/4 of 3/8, and some by chance */
}

static void crossover_mixes_both(void **state) {
    (void)state;
    size_t from_both = 0;
    uint64_t random = 23;
    for (int run = 0; run < 300; run++) {
        static struct flt_step events[16];
        flt_sequence_clear(&a);
        flt_sequence_clear(&b);
        for (int i = 0; i < 16; i++) {
            flt_step_init(&events[i], i % 2 ? FLT_OP_ZwCreateEvent : FLT_OP_ObDereferenceObject);
            flt_sequence_insert(i % 2 ? &a : &b, SIZE_MAX, &events[i]);
        }
        a.overridden[FLT_SWITCH_reuse] = 0;
        struct flt_sequence *out = &c;
        flt_crossover(&a, &b, out, 100, &random);
        assert_in_range(flt_binary_encode(out, NULL, 0), 0, 100);
        size_t of_a = 0;
        for (size_t i = 0; i < out->count; i++)
            of_a += out->step[i].opcode == FLT_OP_ZwCreateEvent;
        from_both += of_a > 0 && of_a < out->count;
    }
    assert_true(from_both > 200);
}

static void crossover_of_full_sequences_fits(void **state) {
    (void)state;
    uint64_t random = 29;
    flt_generate(&a, FLT_MAX_STEPS, &random);
    flt_generate(&b, FLT_MAX_STEPS, &random);
    for (int run = 0; run < 20; run++) {
        flt_crossover(&a, &b, &c, sizeof bytes, &random);
        assert_in_range(c.count, 0, FLT_MAX_STEPS);
    }
}

static void crossed_sequences_decode_to_themselves(void **state) {
    (void)state;
    struct flt_sequence out;
    uint64_t random = 31;
    assert_true(flt_sequence_init(&out));
    for (int run = 0; run < 1000; run++) {
        flt_generate(&a, flt_below(&random, 20), &random);
        flt_generate(&b, flt_below(&random, 20), &random);
        flt_crossover(&a, &b, &out, 4096, &random);
        assert_decodes_to_itself(&out);
    }
    flt_sequence_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generate_makes_exactly_that_many),
        cmocka_unit_test(extend_keeps_what_is_there),
        cmocka_unit_test(generate_reaches_every_call_form_and_result),
        cmocka_unit_test(generate_looks_like_a_driver),
        cmocka_unit_test(closes_go_with_their_opens),
        cmocka_unit_test(mutate_keeps_its_bounds),
        cmocka_unit_test(any_call_is_dropped_to_fit),
        cmocka_unit_test(a_huge_sequence_is_cut_at_once),
        cmocka_unit_test(a_header_too_long_goes_too),
        cmocka_unit_test(the_same_seed_gives_the_same),
        cmocka_unit_test(mutations_change_something),
        cmocka_unit_test(from_nothing_comes_something),
        cmocka_unit_test(mutations_reach_every_call_and_more_of_the_raised),
        cmocka_unit_test(each_mutation_has_a_mix_of_its_own),
        cmocka_unit_test(crossover_mixes_both),
        cmocka_unit_test(crossover_of_full_sequences_fits),
        cmocka_unit_test(crossed_sequences_decode_to_themselves),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
