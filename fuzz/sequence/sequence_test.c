/* Sequences as values, and what an argument may carry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sequence.h"

static struct flt_step call(uint8_t opcode) {
    struct flt_step step;
    memset(&step, 0xA5, sizeof step); /* what a step says must not hang on what was there */
    flt_step_init(&step, opcode);
    return step;
}

static void append(struct flt_sequence *sequence, uint8_t opcode) {
    const struct flt_step step = call(opcode);
    flt_sequence_insert(sequence, sequence->count, &step);
}

static void a_new_step_has_every_default(void **state) {
    (void)state;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        const struct flt_step step = call(*op);
        assert_int_equal(step.opcode, *op);
        assert_int_equal(step.present, 0);
        assert_int_equal(step.thread, 0);
        for (int result = 0; result < FLT_RESULT_LIMIT; result++)
            assert_int_equal(step.result[result], FLT_NO_SLOT);
        for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
            if (flt_calls[*op].args >> arg & 1) {
                assert_int_equal(step.arg[arg], flt_args[arg].absent);
                assert_int_equal(step.form[arg], FLT_FORM_VALUE);
            }
    }
}

static void every_default_fits(void **state) {
    (void)state;
    for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
        if (flt_args[arg].name)
            assert_true(flt_arg_fits(arg, FLT_FORM_VALUE, flt_args[arg].absent));
}

/* The text form gives each slot to the first result of its kind: a second one of the kind in one
 * call could not be told from the first when the first is left out. */
static void no_call_hands_out_two_results_of_a_kind(void **state) {
    (void)state;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        int count[FLT_SLOTS_OBJECT + 1] = {0};
        for (int result = 0; result < FLT_RESULT_LIMIT; result++)
            if (flt_calls[*op].results >> result & 1)
                count[flt_results[result].slots]++;
        assert_in_range(count[FLT_SLOTS_HANDLE], 0, 1);
        assert_in_range(count[FLT_SLOTS_OBJECT], 0, 1);
    }
}

static void handles_take_every_form_and_number(void **state) {
    (void)state;
    assert_true(flt_arg_fits(FLT_ARG_handle, FLT_FORM_VALUE, UINT64_MAX));
    for (uint8_t form = FLT_FORM_SLOT; form < FLT_FORM_COUNT; form++) {
        assert_true(flt_arg_fits(FLT_ARG_handle, form, 63));
        assert_false(flt_arg_fits(FLT_ARG_handle, form, 64));
        assert_false(flt_arg_fits(FLT_ARG_handle, form, UINT64_C(1) << 32));
    }
    assert_false(flt_arg_fits(FLT_ARG_handle, FLT_FORM_COUNT, 0));
    assert_false(flt_arg_fits(FLT_ARG_handle, 255, 0));
}

static void objects_are_slots_or_null(void **state) {
    (void)state;
    assert_true(flt_arg_fits(FLT_ARG_object, FLT_FORM_VALUE, 0));
    assert_false(flt_arg_fits(FLT_ARG_object, FLT_FORM_VALUE, 8));
    assert_true(flt_arg_fits(FLT_ARG_object, FLT_FORM_SLOT, 63));
    assert_false(flt_arg_fits(FLT_ARG_object, FLT_FORM_SLOT, 64));
    for (uint8_t form = FLT_FORM_SLOT_TAG_1; form < FLT_FORM_COUNT; form++)
        assert_false(flt_arg_fits(FLT_ARG_object, form, 0));
}

static void no_number_leaves_the_world(void **state) {
    (void)state;
    static const struct {
        int arg;
        uint64_t inside, outside;
    } edges[] = {{FLT_ARG_process, FLT_PROCESS_COUNT - 1, FLT_PROCESS_COUNT},
                 {FLT_ARG_type, FLT_TYPE_KEY, FLT_TYPE_ECP_LIST},
                 {FLT_ARG_filter, FLT_FILTER_COUNT - 1, FLT_FILTER_COUNT},
                 {FLT_ARG_instance, FLT_INSTANCE_COUNT - 1, FLT_INSTANCE_COUNT},
                 {FLT_ARG_mode, 1, 2},
                 {FLT_ARG_irql, 15, 16},
                 {FLT_ARG_irql, 7, 256},
                 {FLT_ARG_path, 1, 0},
                 {FLT_ARG_path, 5, 255},
                 {FLT_ARG_access, UINT32_MAX, UINT64_C(1) << 32},
                 {FLT_ARG_attributes, UINT32_MAX, UINT64_MAX}};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        assert_true(flt_arg_fits(edges[i].arg, FLT_FORM_VALUE, edges[i].inside));
        assert_false(flt_arg_fits(edges[i].arg, FLT_FORM_VALUE, edges[i].outside));
        assert_false(
            flt_arg_fits(edges[i].arg, FLT_FORM_VALUE, edges[i].inside | UINT64_C(1) << 32));
        assert_false(flt_arg_fits(edges[i].arg, FLT_FORM_SLOT, edges[i].inside));
    }
}

static void set_keeps_to_the_row(void **state) {
    (void)state;
    struct flt_step step = call(FLT_OP_FltClose);
    assert_false(flt_step_set(&step, FLT_ARG_path, FLT_FORM_VALUE, 1));
    assert_false(flt_step_set(&step, 0, FLT_FORM_VALUE, 0));
    assert_false(flt_step_set(&step, FLT_ARG_LIMIT, FLT_FORM_VALUE, 0));
    assert_false(flt_step_set(&step, -1, FLT_FORM_VALUE, 0));
    assert_false(flt_step_set(&step, FLT_ARG_handle, FLT_FORM_SLOT, 64));
    assert_int_equal(step.present, 0);
    assert_true(flt_step_set(&step, FLT_ARG_handle, FLT_FORM_SLOT, 5));
    assert_int_equal(step.present, 1u << FLT_ARG_handle);
    assert_int_equal(step.arg[FLT_ARG_handle], 5);
    assert_int_equal(step.form[FLT_ARG_handle], FLT_FORM_SLOT);
}

static void keep_keeps_to_the_row(void **state) {
    (void)state;
    struct flt_step step = call(FLT_OP_FltCreateFile);
    assert_false(flt_step_keep(&step, FLT_RESULT_object, 0)); /* only FltCreateFileEx has it */
    assert_false(flt_step_keep(&step, FLT_RESULT_iosb, 0));   /* goes to no slot */
    assert_false(flt_step_keep(&step, FLT_RESULT_handle, 64));
    assert_false(flt_step_keep(&step, FLT_RESULT_handle, -2));
    assert_false(flt_step_keep(&step, FLT_RESULT_LIMIT, 0));
    assert_false(flt_step_keep(&step, -1, 0));
    assert_int_equal(step.result[FLT_RESULT_handle], FLT_NO_SLOT);
    assert_true(flt_step_keep(&step, FLT_RESULT_handle, 63));
    assert_int_equal(step.result[FLT_RESULT_handle], 63);
    assert_true(flt_step_keep(&step, FLT_RESULT_handle, FLT_NO_SLOT));
    assert_int_equal(step.result[FLT_RESULT_handle], FLT_NO_SLOT);
}

static void insert_and_remove(void **state) {
    (void)state;
    struct flt_sequence sequence;
    assert_true(flt_sequence_init(&sequence));
    append(&sequence, FLT_OP_FltCreateFile);
    append(&sequence, FLT_OP_ZwClose);
    flt_sequence_insert(&sequence, 1, &sequence.step[0]); /* from the part that moves, too */
    flt_sequence_insert(&sequence, 0, &sequence.step[2]);
    flt_sequence_insert(&sequence, 99, &sequence.step[1]);
    static const uint8_t expected[] = {FLT_OP_ZwClose, FLT_OP_FltCreateFile, FLT_OP_FltCreateFile,
                                       FLT_OP_ZwClose, FLT_OP_FltCreateFile};
    assert_int_equal(sequence.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(sequence.step[i].opcode, expected[i]);
    flt_sequence_remove(&sequence, 1, 2);
    assert_int_equal(sequence.count, 3);
    assert_int_equal(sequence.step[1].opcode, FLT_OP_ZwClose);
    flt_sequence_remove(&sequence, 3, 1); /* nothing there */
    assert_int_equal(sequence.count, 3);
    flt_sequence_remove(&sequence, 1, SIZE_MAX);
    assert_int_equal(sequence.count, 1);
    flt_sequence_free(&sequence);
}

static void a_full_sequence_takes_no_more(void **state) {
    (void)state;
    struct flt_sequence sequence;
    assert_true(flt_sequence_init(&sequence));
    for (size_t i = 0; i < FLT_MAX_STEPS; i++)
        append(&sequence, FLT_OP_FltClose);
    append(&sequence, FLT_OP_ZwClose);
    assert_int_equal(sequence.count, FLT_MAX_STEPS);
    assert_int_equal(sequence.step[FLT_MAX_STEPS - 1].opcode, FLT_OP_FltClose);
    flt_sequence_free(&sequence);
}

static void copies_are_equal_until_changed(void **state) {
    (void)state;
    struct flt_sequence a, b;
    assert_true(flt_sequence_init(&a) && flt_sequence_init(&b));
    append(&a, FLT_OP_FltCreateFile);
    append(&a, FLT_OP_FltClose);
    a.overridden[FLT_SWITCH_reuse] = FLT_CHOICE(reuse, never);
    assert_true(flt_sequence_copy(&b, &a));
    assert_true(flt_sequence_equal(&a, &b));

    b.overridden[FLT_SWITCH_reuse] = FLT_SWITCH_ANY;
    assert_false(flt_sequence_equal(&a, &b));
    assert_true(flt_sequence_copy(&b, &a));
    b.profile_given = true;
    assert_false(flt_sequence_equal(&a, &b));
    assert_true(flt_sequence_copy(&b, &a));
    b.count--;
    assert_false(flt_sequence_equal(&a, &b));
    assert_true(flt_sequence_copy(&b, &a));
    assert_true(flt_step_keep(&b.step[0], FLT_RESULT_handle, 0));
    assert_false(flt_sequence_equal(&a, &b));
    assert_true(flt_sequence_copy(&b, &a));
    assert_true(
        flt_step_set(&b.step[1], FLT_ARG_handle, FLT_FORM_SLOT, 0)); /* a form, same number */
    assert_false(flt_sequence_equal(&a, &b));
    assert_true(flt_sequence_copy(&b, &a));
    b.step[1].opcode = FLT_OP_ZwClose;
    assert_false(flt_sequence_equal(&a, &b));
    flt_sequence_free(&a);
    flt_sequence_free(&b);
}

static void a_default_written_out_is_equal(void **state) {
    (void)state;
    struct flt_sequence a, b;
    assert_true(flt_sequence_init(&a) && flt_sequence_init(&b));
    append(&a, FLT_OP_FltCreateFile);
    assert_true(flt_sequence_copy(&b, &a));
    assert_true(flt_step_set(&b.step[0], FLT_ARG_path, FLT_FORM_VALUE, 1));
    assert_true(flt_sequence_equal(&a, &b));
    assert_true(flt_step_set(&b.step[0], FLT_ARG_path, FLT_FORM_VALUE, 2));
    assert_false(flt_sequence_equal(&a, &b));
    flt_sequence_free(&a);
    flt_sequence_free(&b);
}

static void a_copy_grows_its_room(void **state) {
    (void)state;
    struct flt_sequence a, small = {.room = 0, .step = NULL};
    assert_true(flt_sequence_init(&a));
    assert_true(flt_sequence_copy(&small, &a)); /* nothing to copy, no room needed */
    append(&a, FLT_OP_FltClose);
    assert_true(flt_sequence_copy(&small, &a));
    assert_true(flt_sequence_equal(&a, &small));
    flt_sequence_free(&a);
    flt_sequence_free(&small);
}

static void the_header_makes_the_switches(void **state) {
    (void)state;
    struct flt_sequence sequence;
    struct flt_switches switches, expected;
    assert_true(flt_sequence_init(&sequence));
    flt_sequence_switches(&sequence, &switches);
    flt_switches_from_profile(&expected, FLT_PROFILE_documented);
    assert_memory_equal(&switches, &expected, sizeof switches);

    sequence.profile = FLT_PROFILE_strict;
    sequence.overridden[FLT_SWITCH_tag_bits] = FLT_CHOICE(tag_bits, ignored);
    flt_sequence_switches(&sequence, &switches);
    flt_switches_from_profile(&expected, FLT_PROFILE_strict);
    assert_false(flt_chosen(&expected, tag_bits, ignored));
    expected.value[FLT_SWITCH_tag_bits] = FLT_CHOICE(tag_bits, ignored);
    assert_memory_equal(&switches, &expected, sizeof switches);
    flt_sequence_free(&sequence);
}

/* "My Windows": strict, with a switch of its own. */
static struct flt_sequence strict_but(enum flt_switch which, uint8_t value) {
    struct flt_sequence defaults = {0};
    flt_sequence_clear(&defaults);
    defaults.profile = FLT_PROFILE_strict;
    defaults.profile_given = true;
    defaults.overridden[which] = value;
    return defaults;
}

static void what_a_header_leaves_open_is_filled_in(void **state) {
    (void)state;
    struct flt_sequence sequence;
    struct flt_sequence defaults =
        strict_but(FLT_SWITCH_reuse, (uint8_t)FLT_CHOICE(reuse, immediate));
    defaults.overridden[FLT_SWITCH_minus_one] = (uint8_t)FLT_CHOICE(minus_one, success);
    assert_true(flt_sequence_init(&sequence));
    sequence.overridden[FLT_SWITCH_minus_one] = (uint8_t)FLT_CHOICE(minus_one, status);

    assert_true(flt_sequence_complete(&sequence, &defaults));
    assert_true(sequence.profile_given);
    assert_int_equal(sequence.profile, FLT_PROFILE_strict);
    assert_int_equal(sequence.overridden[FLT_SWITCH_reuse], FLT_CHOICE(reuse, immediate));
    assert_int_equal(sequence.overridden[FLT_SWITCH_minus_one], FLT_CHOICE(minus_one, status));
    assert_int_equal(sequence.overridden[FLT_SWITCH_verifier], FLT_SWITCH_ANY);

    /* Complete now: nothing more is taken, from the same file or another. */
    assert_false(flt_sequence_complete(&sequence, &defaults));
    flt_sequence_free(&sequence);
}

static void a_header_with_a_profile_takes_nothing(void **state) {
    (void)state;
    struct flt_sequence sequence;
    const struct flt_sequence defaults =
        strict_but(FLT_SWITCH_reuse, (uint8_t)FLT_CHOICE(reuse, never));
    assert_true(flt_sequence_init(&sequence));
    sequence.profile_given = true; /* documented, as if left out */
    assert_false(flt_sequence_complete(&sequence, &defaults));
    assert_int_equal(sequence.profile, FLT_PROFILE_documented);
    assert_int_equal(sequence.overridden[FLT_SWITCH_reuse], FLT_SWITCH_ANY);
    flt_sequence_free(&sequence);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_step_has_every_default),
        cmocka_unit_test(every_default_fits),
        cmocka_unit_test(no_call_hands_out_two_results_of_a_kind),
        cmocka_unit_test(handles_take_every_form_and_number),
        cmocka_unit_test(objects_are_slots_or_null),
        cmocka_unit_test(no_number_leaves_the_world),
        cmocka_unit_test(set_keeps_to_the_row),
        cmocka_unit_test(keep_keeps_to_the_row),
        cmocka_unit_test(insert_and_remove),
        cmocka_unit_test(a_full_sequence_takes_no_more),
        cmocka_unit_test(copies_are_equal_until_changed),
        cmocka_unit_test(a_default_written_out_is_equal),
        cmocka_unit_test(a_copy_grows_its_room),
        cmocka_unit_test(the_header_makes_the_switches),
        cmocka_unit_test(what_a_header_leaves_open_is_filled_in),
        cmocka_unit_test(a_header_with_a_profile_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
