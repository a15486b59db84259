/* The plain form: many ways to one cause become one; what matters stays. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plain.h"
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

static void make_plain(const char *source, enum flt_rule rule, struct flt_kept *kept) {
    struct flt_text_error error;
    const struct flt_run_options options = {.keep = true};
    if (!flt_text_parse(source, strlen(source), &text, &error))
        fail_msg("line %u: %s", (unsigned)error.line, error.what);
    flt_run(runner, &text.sequence, &options);
    assert_true(flt_minimise_what(runner, rule, kept));
    assert_true(flt_make_plain(runner, &text.sequence, kept) > 0);
    assert_true(flt_minimise_still(runner, &text.sequence, kept));
}

static void assert_plain(const char *source, enum flt_rule rule, const char *wanted) {
    struct flt_kept kept;
    char *printed = NULL;
    size_t size = 0;
    make_plain(source, rule, &kept);
    FILE *out = open_memstream(&printed, &size);
    flt_text_print(&text.sequence, out);
    fclose(out);
    assert_string_equal(printed, wanted);
    free(printed);
}

static void ways_to_one_cause_become_one(void **state) {
    (void)state;
    static const char *const ways[] = {
        "h0 = ZwCreateEvent()\nNtClose(h0)\nNtClose(h0)\n",
        "h0 = FltCreateFileEx2(path=\"\\b\")\nh4 = ZwOpenKey()\nFltClose(h0)\nZwClose(h0)\n",
        "h3 = FltCreateFileEx()\nObCloseHandle(h3)\nObCloseHandle(h3)\n",
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        assert_plain(ways[i], FLT_RULE_close_once,
                     "h0 = FltCreateFile()\nFltClose(h0)\nFltClose(h0)\n");
}

static void what_the_rule_needs_stays(void **state) {
    (void)state;
    assert_plain("h0 = FltCreateFile()\nh1 = ZwCreateSection()\nZwClose(h0)\n",
                 FLT_RULE_zw_close_for_other_handles, "h0 = FltCreateFile()\nZwClose(h0)\n");
    assert_plain("h0 = ZwCreateEvent()\nFltClose(h0)\n", FLT_RULE_flt_close_for_flt_handles,
                 "h0 = ZwCreateFile()\nFltClose(h0)\n");
}

static void a_shape_is_one_line(void **state) {
    (void)state;
    struct flt_kept kept;
    char *printed = NULL;
    size_t size = 0;
    make_plain("h0 = ZwCreateEvent()\nNtClose(h0)\nNtClose(h0)\n", FLT_RULE_close_once, &kept);
    FILE *out = open_memstream(&printed, &size);
    flt_plain_shape(runner, &kept, out);
    fclose(out);
    assert_string_equal(printed, "close-once end\n"); /* a breach: no call came back wrong */
    free(printed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways_to_one_cause_become_one),
        cmocka_unit_test(what_the_rule_needs_stays),
        cmocka_unit_test(a_shape_is_one_line),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
