/* The binary form, cell by cell, and every byte string there is (a sample of them). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "binary.h"
#include "choose.h"

static struct flt_sequence sequence, again;

static int make(void **state) {
    (void)state;
    return flt_sequence_init(&sequence) && flt_sequence_init(&again) ? 0 : -1;
}

static int drop(void **state) {
    (void)state;
    flt_sequence_free(&sequence);
    flt_sequence_free(&again);
    return 0;
}

/* Decodes from a buffer of exactly that size, so that ASan sees a read past it. */
static void decode(const uint8_t *bytes, size_t size) {
    uint8_t *exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    if (size > 0)
        memcpy(exact, bytes, size);
    flt_binary_decode(exact, size, &sequence);
    free(exact);
}

#define DECODE(...) decode((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define CALL_CELL(opcode, s0, s1) 0x80, opcode, 0, 0, s0, s1, 0, 0
#define ARG_CELL(arg, form, b0, b1, b2, b3) arg, form, 0, 0, b0, b1, b2, b3
#define EX FLT_OP_FltCreateFileEx
#define CLOSE FLT_OP_FltClose

static void a_call_with_its_slots(void **state) {
    (void)state;
    DECODE(CALL_CELL(EX, 1, 64), ARG_CELL(FLT_ARG_path, 0, 2, 0, 0, 0));
    assert_int_equal(sequence.count, 1);
    assert_int_equal(sequence.step[0].opcode, EX);
    assert_int_equal(sequence.step[0].result[FLT_RESULT_handle], 0);
    assert_int_equal(sequence.step[0].result[FLT_RESULT_object], 63);
    assert_int_equal(sequence.step[0].arg[FLT_ARG_path], 2);
    assert_int_equal(sequence.step[0].present, 1u << FLT_ARG_path);
    assert_int_equal(sequence.step[0].arg[FLT_ARG_access], flt_args[FLT_ARG_access].absent);
}

static void slots_that_the_call_lacks_are_none(void **state) {
    (void)state;
    DECODE(CALL_CELL(FLT_OP_FltCreateFile, 65, 1), CALL_CELL(CLOSE, 1, 1), 0x80, EX, 0, 0, 0, 0, 5,
           5);
    assert_int_equal(sequence.count, 3);
    for (size_t i = 0; i < 3; i++)
        for (int result = 0; result < FLT_RESULT_LIMIT; result++)
            assert_int_equal(sequence.step[i].result[result], FLT_NO_SLOT);
}

static void a_raw_handle_takes_two_cells(void **state) {
    (void)state;
    DECODE(CALL_CELL(CLOSE, 0, 0), ARG_CELL(FLT_ARG_handle, 0, 4, 0, 0, 0x80),
           ARG_CELL(0x40 + FLT_ARG_handle, 0, 0xFF, 0xFF, 0xFF, 0xFE));
    assert_int_equal(sequence.step[0].form[FLT_ARG_handle], FLT_FORM_VALUE);
    assert_true(sequence.step[0].arg[FLT_ARG_handle] == UINT64_C(0xFEFFFFFF80000004));
    DECODE(CALL_CELL(CLOSE, 0, 0), ARG_CELL(0x40 + FLT_ARG_handle, 0, 1, 0, 0, 0));
    assert_int_equal(sequence.step[0].arg[FLT_ARG_handle], 0); /* no low half before it */
    DECODE(CALL_CELL(CLOSE, 0, 0), ARG_CELL(FLT_ARG_handle, FLT_FORM_SLOT, 3, 0, 0, 0),
           ARG_CELL(0x40 + FLT_ARG_handle, 0, 1, 0, 0, 0));
    assert_int_equal(sequence.step[0].arg[FLT_ARG_handle], 3); /* a slot has no high half */
}

static void the_last_of_two_cells_counts(void **state) {
    (void)state;
    DECODE(CALL_CELL(CLOSE, 0, 0), ARG_CELL(FLT_ARG_handle, 0, 4, 0, 0, 0),
           ARG_CELL(0x40 + FLT_ARG_handle, 0, 9, 0, 0, 0), ARG_CELL(FLT_ARG_handle, 0, 8, 0, 0, 0));
    assert_true(sequence.step[0].arg[FLT_ARG_handle] == 8); /* and the high half is gone with it */
}

static void what_names_nothing_is_skipped(void **state) {
    (void)state;
    DECODE(ARG_CELL(FLT_ARG_handle, 0, 1, 0, 0, 0), /* no call yet */
           CALL_CELL(CLOSE, 0, 0),
           ARG_CELL(FLT_ARG_handle, FLT_FORM_SLOT, 64, 0, 0, 0),      /* no such slot */
           ARG_CELL(FLT_ARG_handle, FLT_FORM_COUNT, 0, 0, 0, 0),      /* no such form */
           ARG_CELL(FLT_ARG_path, 0, 1, 0, 0, 0),                     /* not of this call */
           ARG_CELL(0, 0, 1, 0, 0, 0), ARG_CELL(0x3D, 0, 1, 0, 0, 0), /* no such argument */
           ARG_CELL(0x40, 0, 1, 0, 0, 0), ARG_CELL(0x7D, 0, 1, 0, 0, 0),
           ARG_CELL(0xFF, 1, 1, 1, 1, 1), ARG_CELL(0x3E, 0, 1, 0, 0, 0));
    assert_int_equal(sequence.count, 1);
    assert_int_equal(sequence.step[0].present, 0);
    DECODE(CALL_CELL(FLT_OP_RunIn, 0, 0), ARG_CELL(FLT_ARG_process, 0, FLT_PROCESS_COUNT, 0, 0, 0));
    assert_int_equal(sequence.step[0].present, 0);
    assert_int_equal(sequence.step[0].arg[FLT_ARG_process], flt_args[FLT_ARG_process].absent);
}

static void an_unknown_call_takes_its_arguments_along(void **state) {
    (void)state;
    DECODE(CALL_CELL(CLOSE, 0, 0), CALL_CELL(0, 0, 0), ARG_CELL(FLT_ARG_handle, 0, 4, 0, 0, 0),
           CALL_CELL(0xFF, 0, 0), ARG_CELL(FLT_ARG_handle, 0, 8, 0, 0, 0));
    assert_int_equal(sequence.count, 1);
    assert_int_equal(sequence.step[0].present, 0);
}

static void bytes_without_a_meaning_are_ignored(void **state) {
    (void)state;
    /* The thread is 0 for now; byte 1 of a number that has no form; bytes 2 and 3. */
    DECODE(0x80, FLT_OP_RunIn, 9, 9, 0, 0, 0, 0, FLT_ARG_process, 7, 7, 7, 2, 0, 0, 0);
    assert_int_equal(sequence.count, 1);
    assert_int_equal(sequence.step[0].thread, 0);
    assert_int_equal(sequence.step[0].arg[FLT_ARG_process], 2);
    assert_int_equal(sequence.step[0].form[FLT_ARG_process], FLT_FORM_VALUE);
}

static void the_header_stands_first(void **state) {
    (void)state;
    const uint8_t reuse = FLT_SWITCH_reuse + 1, never = FLT_CHOICE(reuse, never);
    DECODE(ARG_CELL(0x81, 0, 1, 0, 0, 0), ARG_CELL(0x82, 0, FLT_PROFILE_strict, 0, 0, 0),
           ARG_CELL(0x83, reuse, never, 0, 0, 0), CALL_CELL(CLOSE, 0, 0));
    assert_true(sequence.profile_given);
    assert_int_equal(sequence.profile, FLT_PROFILE_strict);
    assert_int_equal(sequence.overridden[FLT_SWITCH_reuse], never);
    DECODE(CALL_CELL(CLOSE, 0, 0), ARG_CELL(0x82, 0, FLT_PROFILE_strict, 0, 0, 0),
           ARG_CELL(0x83, reuse, never, 0, 0, 0));
    assert_false(sequence.profile_given);
    assert_int_equal(sequence.overridden[FLT_SWITCH_reuse], FLT_SWITCH_ANY);
}

static void a_header_that_names_nothing_is_skipped(void **state) {
    (void)state;
    DECODE(ARG_CELL(0x82, 0, FLT_PROFILE_COUNT, 0, 0, 0), ARG_CELL(0x83, 0, 0, 0, 0, 0),
           ARG_CELL(0x83, FLT_SWITCH_COUNT + 1, 0, 0, 0, 0),
           ARG_CELL(0x83, FLT_SWITCH_reuse + 1, 2, 0, 0, 0),
           ARG_CELL(0x83, FLT_SWITCH_reuse + 1, FLT_SWITCH_ANY, 0, 0, 0));
    assert_false(sequence.profile_given);
    for (size_t i = 0; i < FLT_SWITCH_COUNT; i++)
        assert_int_equal(sequence.overridden[i], FLT_SWITCH_ANY);
}

static void a_short_tail_is_ignored(void **state) {
    (void)state;
    const uint8_t bytes[] = {CALL_CELL(CLOSE, 0, 0), ARG_CELL(FLT_ARG_handle, 0, 4, 0, 0, 0)};
    for (size_t size = 0; size <= sizeof bytes; size++) {
        decode(bytes, size);
        assert_int_equal(sequence.count, size >= 8);
        if (size >= 8)
            assert_int_equal(sequence.step[0].arg[FLT_ARG_handle], size == 16 ? 4 : 0);
    }
}

static void calls_past_the_limit_are_dropped(void **state) {
    (void)state;
    static uint8_t bytes[8 * (FLT_MAX_STEPS + 2)];
    for (size_t i = 0; i < sizeof bytes; i += 8) {
        bytes[i] = 0x80;
        bytes[i + 1] = CLOSE;
    }
    bytes[8 * FLT_MAX_STEPS + 8] =
        FLT_ARG_handle; /* an argument of the dropped call, not of the last */
    bytes[8 * FLT_MAX_STEPS + 12] = 4;
    flt_binary_decode(bytes, sizeof bytes, &sequence);
    assert_int_equal(sequence.count, FLT_MAX_STEPS);
    assert_int_equal(sequence.step[FLT_MAX_STEPS - 1].present, 0);
}

static void encode_writes_what_the_header_file_says(void **state) {
    (void)state;
    static const uint8_t expected[] = {0x82,
                                       0,
                                       0,
                                       0,
                                       FLT_PROFILE_forwarding,
                                       0,
                                       0,
                                       0,
                                       0x83,
                                       FLT_SWITCH_geometry + 1,
                                       0,
                                       0,
                                       FLT_CHOICE(geometry, small),
                                       0,
                                       0,
                                       0,
                                       CALL_CELL(EX, 3, 0),
                                       ARG_CELL(FLT_ARG_path, 0, 2, 0, 0, 0),
                                       CALL_CELL(CLOSE, 0, 0),
                                       ARG_CELL(FLT_ARG_handle, FLT_FORM_SLOT_TAG_2, 2, 0, 0, 0),
                                       CALL_CELL(CLOSE, 0, 0),
                                       ARG_CELL(FLT_ARG_handle, 0, 4, 0, 0, 0x80),
                                       ARG_CELL(0x40 + FLT_ARG_handle, 0, 0xFF, 0xFF, 0xFF, 0xFF)};
    struct flt_step step;
    uint8_t bytes[sizeof expected];
    flt_sequence_clear(&sequence);
    sequence.profile = FLT_PROFILE_forwarding;
    sequence.profile_given = true;
    sequence.overridden[FLT_SWITCH_geometry] = FLT_CHOICE(geometry, small);
    flt_step_init(&step, EX);
    assert_true(flt_step_keep(&step, FLT_RESULT_handle, 2));
    assert_true(flt_step_set(&step, FLT_ARG_path, FLT_FORM_VALUE, 2));
    flt_sequence_insert(&sequence, 0, &step);
    assert_int_equal(flt_binary_step_size(&step), 16);
    flt_step_init(&step, CLOSE);
    assert_true(flt_step_set(&step, FLT_ARG_handle, FLT_FORM_SLOT_TAG_2, 2));
    flt_sequence_insert(&sequence, 1, &step);
    assert_true(flt_step_set(&step, FLT_ARG_handle, FLT_FORM_VALUE, FLT_KERNEL_HANDLE_BITS | 4));
    flt_sequence_insert(&sequence, 2, &step);
    assert_int_equal(flt_binary_step_size(&step), 24);

    assert_int_equal(flt_binary_encode(&sequence, bytes, sizeof bytes), sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void encode_writes_nothing_without_room(void **state) {
    (void)state;
    uint8_t bytes[16];
    DECODE(CALL_CELL(CLOSE, 0, 0), ARG_CELL(FLT_ARG_handle, 0, 4, 0, 0, 0));
    memset(bytes, 0xAA, sizeof bytes);
    assert_int_equal(flt_binary_encode(&sequence, bytes, 15), 16);
    for (size_t i = 0; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], 0xAA);
    assert_int_equal(flt_binary_encode(&sequence, NULL, 0), 16);
}

/* Bytes that are often cells: heads, opcodes and ids from the tables, small numbers. */
static size_t random_bytes(uint8_t *bytes, size_t room, uint64_t *random) {
    static const uint8_t heads[] = {0x80, 0x80, 0x82, 0x83, 1,  2,  3,  4,
                                    5,    6,    7,    9,    10, 11, 12, 0x41};
    const size_t size = flt_below(random, room + 1);
    for (size_t i = 0; i < size; i++)
        bytes[i] =
            flt_odds(random, 8) ? (uint8_t)flt_below(random, 20) : (uint8_t)flt_random(random);
    for (size_t i = 0; i + 8 <= size; i += 8)
        if (flt_odds(random, 14))
            bytes[i] = heads[flt_below(random, sizeof heads)];
    return size;
}

static void every_byte_string_reaches_a_fixed_point(void **state) {
    (void)state;
    uint8_t bytes[256], first[512], second[512];
    uint64_t random = 1;
    size_t calls = 0, written = 0;
    for (int run = 0; run < 20000; run++) {
        decode(bytes, random_bytes(bytes, sizeof bytes, &random));
        const size_t size = flt_binary_encode(&sequence, first, sizeof first);
        assert_in_range(size, 0, sizeof first);
        flt_binary_decode(first, size, &again);
        assert_true(flt_sequence_equal(&sequence, &again));
        assert_int_equal(flt_binary_encode(&again, second, sizeof second), size);
        assert_memory_equal(first, second, size);
        for (size_t i = 0; i < sequence.count; i++)
            for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
                if (sequence.step[i].present >> arg & 1) {
                    written++;
                    assert_true(
                        flt_arg_fits(arg, sequence.step[i].form[arg], sequence.step[i].arg[arg]));
                }
        calls += sequence.count;
    }
    assert_true(calls > 1000 && written > 1000); /* the sample is not all rubbish */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_with_its_slots),
        cmocka_unit_test(slots_that_the_call_lacks_are_none),
        cmocka_unit_test(a_raw_handle_takes_two_cells),
        cmocka_unit_test(the_last_of_two_cells_counts),
        cmocka_unit_test(what_names_nothing_is_skipped),
        cmocka_unit_test(an_unknown_call_takes_its_arguments_along),
        cmocka_unit_test(bytes_without_a_meaning_are_ignored),
        cmocka_unit_test(the_header_stands_first),
        cmocka_unit_test(a_header_that_names_nothing_is_skipped),
        cmocka_unit_test(a_short_tail_is_ignored),
        cmocka_unit_test(calls_past_the_limit_are_dropped),
        cmocka_unit_test(encode_writes_what_the_header_file_says),
        cmocka_unit_test(encode_writes_nothing_without_room),
        cmocka_unit_test(every_byte_string_reaches_a_fixed_point),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
