#define _POSIX_C_SOURCE 200809L
/* The minimiser: what it keeps, and that nothing more can go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "minimise.h"
#include "sequence/mutate.h"
#include "sequence/text.h"

static struct flt_runner *runner;
static struct flt_text text;

static int start(void **state) {
    (void)state;
    runner = flt_runner_new();
    return runner && flt_text_init(&text) ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    flt_text_free(&text);
    flt_runner_free(runner);
    return 0;
}

static void parse(const char *source) {
    struct flt_text_error error;
    if (!flt_text_parse(source, strlen(source), &text, &error))
        fail_msg("line %u: %s", (unsigned)error.line, error.what);
}

static void assert_prints(const char *wanted) {
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);
    flt_text_print(&text.sequence, out);
    fclose(out);
    assert_string_equal(printed, wanted);
    free(printed);
}

static void minimise(enum flt_rule rule) {
    struct flt_kept kept;
    const struct flt_run_options options = {.keep = true};
    flt_run(runner, &text.sequence, &options);
    assert_true(flt_minimise_what(runner, rule, &kept));
    flt_minimise(runner, &text.sequence, &kept);
}

static void a_breach_is_kept(void **state) {
    (void)state;
    parse("switch failed_iosb=written\n"
          "RunIn(p2)\n"
          "h7, o3 = FltCreateFileEx(path=\"\\b\", access=GENERIC_ALL)\n"
          "h8 = ZwCreateEvent()\n"
          "ObDereferenceObject(o3)\n"
          "FltClose(h7)\n"
          "ZwClose(h8)\n"
          "KeRaiseIrql(APC_LEVEL)\n"
          "KeLowerIrql(PASSIVE_LEVEL)\n"
          "FltClose(h7)\n");
    minimise(FLT_RULE_close_once);
    assert_prints("h0 = FltCreateFileEx()\n"
                  "FltClose(h0)\n"
                  "FltClose(h0)\n");
}

static void a_leak_is_kept(void **state) {
    (void)state;
    parse("h0, o0 = FltCreateFileEx(path=\"\\a\")\n"
          "h1 = FltCreateFile(path=\"\\b\")\n"
          "FltClose(h1)\n"
          "FltClose(h0)\n");
    minimise(FLT_RULE_reference_left);
    assert_int_equal(text.sequence.count, 1);
    assert_prints("h0, o0 = FltCreateFileEx()\n");
}

static void a_profile_is_kept_where_it_matters(void **state) {
    (void)state;
    parse("profile strict\n"
          "switch verifier=on\n"
          "KeRaiseIrql(HIGH_LEVEL)\n"
          "FltClose(0x44)\n");
    minimise(FLT_RULE_flt_at_passive);
    assert_prints("KeRaiseIrql(HIGH_LEVEL)\nFltClose(0x44)\n");
}

static void nothing_to_keep_is_said(void **state) {
    (void)state;
    struct flt_kept kept;
    const struct flt_run_options options = {.keep = true};
    parse("h0 = FltCreateFile()\nFltClose(h0)\n");
    flt_run(runner, &text.sequence, &options);
    assert_false(flt_minimise_what(runner, FLT_RULE_NONE, &kept));
    assert_false(flt_minimise_what(runner, FLT_RULE_close_once, &kept));
}

static bool shows(const struct flt_sequence *sequence, enum flt_rule rule) {
    struct flt_kept kept;
    const struct flt_run_options options = {.keep = true};
    flt_run(runner, sequence, &options);
    return flt_minimise_what(runner, rule, &kept);
}

/* Random long sequences: whatever is left, no single call of it can go. */
static void the_result_is_1_minimal(void **state) {
    (void)state;
    static const enum flt_rule rules[] = {FLT_RULE_close_once, FLT_RULE_handle_in_its_process,
                                          FLT_RULE_dereference_own, FLT_RULE_reference_left};
    uint64_t random = 7;
    size_t tried = 0;
    for (size_t i = 0; i < 40; i++) {
        flt_generate(&text.sequence, 60, &random);
        const enum flt_rule rule = rules[i % 4];
        if (!shows(&text.sequence, rule))
            continue;
        tried++;
        minimise(rule);
        assert_true(shows(&text.sequence, rule));
        for (size_t at = 0; at < text.sequence.count; at++) {
            const struct flt_step step = text.sequence.step[at];
            flt_sequence_remove(&text.sequence, at, 1);
            assert_false(shows(&text.sequence, rule));
            flt_sequence_insert(&text.sequence, at, &step);
        }
    }
    assert_true(tried >= 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_breach_is_kept),
        cmocka_unit_test(a_leak_is_kept),
        cmocka_unit_test(a_profile_is_kept_where_it_matters),
        cmocka_unit_test(nothing_to_keep_is_said),
        cmocka_unit_test(the_result_is_1_minimal),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
