/* The text form: each piece of syntax, and each error with its line and words. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "choose.h"
#include "mutate.h"
#include "text.h"

static struct flt_text text, again;
static struct flt_text_error error;

static int make(void **state) {
    (void)state;
    return flt_text_init(&text) && flt_text_init(&again) ? 0 : -1;
}

static int drop(void **state) {
    (void)state;
    flt_text_free(&text);
    flt_text_free(&again);
    return 0;
}

/* Parses from a buffer of exactly that size, so that ASan sees a read past it. */
static bool parse_bytes(const char *data, size_t size) {
    char *exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    memcpy(exact, data, size);
    const bool parsed = flt_text_parse(exact, size, &text, &error);
    free(exact);
    return parsed;
}

static void parse(const char *data) {
    if (!parse_bytes(data, strlen(data)))
        fail_msg("line %u: %s", (unsigned)error.line, error.what);
}

static void refuse(const char *data, uint32_t line, const char *what) {
    assert_false(parse_bytes(data, strlen(data)));
    assert_string_equal(error.what, what);
    assert_int_equal(error.line, line);
}

/* As refuse, for messages that list a table, which may grow: only how they begin, and no overrun.
 */
static void refuse_like(const char *data, uint32_t line, const char *begins) {
    assert_false(parse_bytes(data, strlen(data)));
    if (strncmp(error.what, begins, strlen(begins)) != 0)
        assert_string_equal(error.what, begins);
    assert_int_equal(error.line, line);
    assert_in_range(strlen(error.what), strlen(begins), sizeof error.what - 1);
}

/* One line in, the same call out, in its normal spelling. */
static void prints_as(const char *data, const char *printed) {
    char line[FLT_MAX_LINE];
    parse(data);
    assert_int_equal(text.sequence.count, 1);
    assert_int_equal(flt_text_step(&text.sequence.step[0], line, sizeof line), strlen(printed));
    assert_string_equal(line, printed);
}

static void prints_as_written(const char *line) {
    prints_as(line, line);
}

static const struct flt_step *step(size_t i) {
    assert_true(i < text.sequence.count);
    return &text.sequence.step[i];
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void handles(void **state) {
    (void)state;
    prints_as_written("FltClose(h0)");
    prints_as_written("FltClose(h63)");
    prints_as_written("FltClose(h7|1)");
    prints_as_written("FltClose(h7|2)");
    prints_as_written("FltClose(h7|3)");
    prints_as_written("FltClose(low32(h7))");
    prints_as_written("FltClose(NULL)");
    prints_as_written("FltClose(-1)");
    prints_as_written("FltClose(0xffffffff80000004)");
    prints_as("FltClose(0)", "FltClose(NULL)");
    prints_as("FltClose(18446744073709551615)", "FltClose(-1)");
    prints_as("FltClose(-2)", "FltClose(0xfffffffffffffffe)");
    prints_as("FltClose(12)", "FltClose(0xc)");
    prints_as("FltClose(0XAbC)", "FltClose(0xabc)");
    prints_as("FltClose(-9223372036854775808)", "FltClose(0x8000000000000000)");
    parse("FltClose(h7|3)");
    assert_int_equal(step(0)->form[FLT_ARG_handle], FLT_FORM_SLOT_TAG_3);
    assert_int_equal(step(0)->arg[FLT_ARG_handle], 7);
    parse("FltClose(-2)");
    assert_true(step(0)->arg[FLT_ARG_handle] == UINT64_MAX - 1);
}

static void results(void **state) {
    (void)state;
    prints_as_written("h0 = FltCreateFile()");
    prints_as_written("FltCreateFile()");
    prints_as_written("h1, o63 = FltCreateFileEx()");
    prints_as_written("h63 = FltCreateFileEx()");
    prints_as_written("o0 = FltCreateFileEx()");
    parse("o5 = FltCreateFileEx()");
    assert_int_equal(step(0)->result[FLT_RESULT_handle], FLT_NO_SLOT);
    assert_int_equal(step(0)->result[FLT_RESULT_object], 5);
}

static void arguments(void **state) {
    (void)state;
    prints_as_written("h0 = FltCreateFile(path=\"\\missing\", access=GENERIC_READ|SYNCHRONIZE, "
                      "attributes=OBJ_INHERIT|OBJ_KERNEL_HANDLE, filter=f0, instance=i0)");
    prints_as("h0 = FltCreateFile(instance=NULL, path=\"a\")",
              "h0 = FltCreateFile(path=\"a\", instance=NULL)"); /* in the order of ids */
    prints_as_written("h0 = FltCreateFile(path=\"\")");
    prints_as_written("o0 = ObReferenceObjectByHandle(h0, access=0, type=IoFileObjectType, "
                      "mode=UserMode)");
    prints_as_written("o0 = ObReferenceObjectByHandle(h0, type=NULL, mode=KernelMode)");
    prints_as_written("ObDereferenceObject(o3)");
    prints_as_written("ObDereferenceObject(NULL)");
    prints_as_written("RunIn(System)");
    prints_as("RunIn(2)", "RunIn(p2)");
    prints_as_written("KeRaiseIrql(DISPATCH_LEVEL)");
    prints_as_written("KeRaiseIrql(7)");
    prints_as_written("FltClose(h0, fail=STATUS_INVALID_HANDLE)");
    prints_as_written("h0 = FltCreateFile(fail=STATUS_SHARING_VIOLATION, fail_step=3)");
    prints_as_written("FltRegisterFilter(filter=f1, fail_step=1)");
    prints_as_written("AttachInstance(filter=f1, instance=i2)");
    prints_as_written("UnloadFilter(filter=f0, unload=mandatory)");
    prints_as_written("UnloadComplete(filter=f0, answer=STATUS_FLT_DO_NOT_DETACH)");
    prints_as("KeRaiseIrql(0xf)", "KeRaiseIrql(HIGH_LEVEL)");
    parse("h0 = FltCreateFile(path=\"\\b\")");
    assert_int_equal(step(0)->present, 1u << FLT_ARG_path);
    assert_int_equal(step(0)->arg[FLT_ARG_path], 2);
    assert_int_equal(step(0)->arg[FLT_ARG_attributes], flt_args[FLT_ARG_attributes].absent);
}

static void flags(void **state) {
    (void)state;
    prints_as("ZwCreateEvent(access=DELETE|GENERIC_READ|DELETE)",
              "ZwCreateEvent(access=GENERIC_READ|DELETE)"); /* in the order of the table */
    prints_as("ZwCreateEvent(access=0x80040201)",
              "ZwCreateEvent(access=GENERIC_READ|WRITE_DAC|FILE_READ_DATA|0x200)");
    prints_as("ZwCreateEvent(access=512)", "ZwCreateEvent(access=0x200)");
    prints_as("ZwCreateEvent(access=0x0)", "ZwCreateEvent(access=0)");
    prints_as("ZwCreateEvent(access=0|DELETE)", "ZwCreateEvent(access=DELETE)");
    parse("ZwCreateEvent(access=0xffffffff)");
    assert_true(step(0)->arg[FLT_ARG_access] == UINT32_MAX);
}

static void layout(void **state) {
    (void)state;
    const char *printed = "h0, o1 = FltCreateFileEx(path=\"\\a\", access=GENERIC_READ|DELETE)";
    prints_as("h0,o1=FltCreateFileEx(path=\"\\a\",access=GENERIC_READ|DELETE)", printed);
    prints_as(
        "\n\t h0\t, o1 =  FltCreateFileEx ( path = \"\\a\" ,access =GENERIC_READ | DELETE ) \t\n"
        "   \n# end\n",
        printed);
    prints_as("FltClose( h0 | 1 )# breach handle-unaltered", "FltClose(h0|1)");
    prints_as("FltClose(low32 ( h0 ) )\r\n", "FltClose(low32(h0))");
    prints_as("\r\n# one\r\nFltClose(h0)\r", "FltClose(h0)");
    parse("");
    assert_int_equal(text.sequence.count, 0);
}

static void lines_are_counted(void **state) {
    (void)state;
    parse("# title\n\nFltClose(h0)\r\n  # comment\nFltClose(h1)");
    assert_int_equal(text.sequence.count, 2);
    assert_int_equal(text.line[0], 3);
    assert_int_equal(text.line[1], 5);
}

/* ---- the header ------------------------------------------------------------------------------ */

static void header(void **state) {
    (void)state;
    char *printed = NULL;
    size_t length = 0;
    parse("switch reuse = never # why\nprofile strict\nswitch geometry=small\nFltClose(h0)\n");
    assert_true(text.sequence.profile_given);
    assert_int_equal(text.sequence.profile, FLT_PROFILE_strict);
    assert_int_equal(text.sequence.overridden[FLT_SWITCH_reuse], FLT_CHOICE(reuse, never));
    FILE *out = open_memstream(&printed, &length);
    assert_non_null(out);
    flt_text_print(&text.sequence, out);
    fclose(out);
    assert_string_equal(printed, "profile strict\nswitch reuse=never\nswitch geometry=small\n"
                                 "FltClose(h0)\n");
    free(printed);
}

static bool parse_header(const char *data) {
    return flt_text_parse_header(data, strlen(data), &text, &error);
}

static void a_header_alone(void **state) {
    (void)state;
    assert_true(parse_header("# My Windows.\n\nprofile strict\r\nswitch reuse=never # a remark\n"));
    assert_int_equal(text.sequence.profile, FLT_PROFILE_strict);
    assert_int_equal(text.sequence.overridden[FLT_SWITCH_reuse], FLT_CHOICE(reuse, never));
    assert_true(parse_header("# says nothing"));
    assert_false(text.sequence.profile_given);

    assert_false(parse_header("profile strict\nFltClose(h0)\n"));
    assert_int_equal(error.line, 2);
    assert_string_equal(error.what,
                        "expected profile NAME, switch NAME=CHOICE or # COMMENT, found 'FltClose'");
    assert_false(parse_header("profile strict\nswitch reuse=nver\n"));
    assert_int_equal(error.line, 2);
    assert_false(parse_header("switch reuse=never\n\nswitch reuse=never\n"));
    assert_int_equal(error.line, 3);
    assert_string_equal(error.what, "switch reuse is set twice");
}

static void nothing_stays_from_the_text_before(void **state) {
    (void)state;
    parse("# title\nprofile strict\nswitch reuse=never\nFltClose(h0) # withheld breach close-once\n"
          "# end: leak handle-left-open h3");
    assert_true(text.end_given);
    parse("FltClose(h0)");
    assert_false(text.sequence.profile_given);
    assert_int_equal(text.sequence.profile, FLT_PROFILE_documented);
    assert_int_equal(text.sequence.overridden[FLT_SWITCH_reuse], FLT_SWITCH_ANY);
    assert_int_equal(text.expected[0].kind, FLT_RETURNED);
    assert_int_equal(text.expected[0].breaches, 0);
    assert_int_equal(text.leaks, 0);
    assert_false(text.end_given);
    assert_string_equal(text.title, "");
}

/* ---- comments -------------------------------------------------------------------------------- */

static void expects(const char *comment, uint8_t kind, uint32_t code, int rule1, int rule2) {
    char line[256];
    snprintf(line, sizeof line, "FltClose(h0) %s", comment);
    parse(line);
    const struct flt_expected *expected = &text.expected[0];
    assert_int_equal(expected->kind, kind);
    assert_int_equal(expected->code, code);
    assert_int_equal(expected->breaches, (rule1 != 0) + (rule2 != 0));
    if (rule1 != 0)
        assert_int_equal(expected->breach[0], rule1);
    if (rule2 != 0)
        assert_int_equal(expected->breach[1], rule2);
}

static void expectations(void **state) {
    (void)state;
    expects("", FLT_RETURNED, 0, 0, 0);
    expects("#", FLT_RETURNED, 0, 0, 0);
    expects("# STATUS_SUCCESS", FLT_RETURNED, 0, 0, 0);
    expects("# STATUS_INVALID_HANDLE", FLT_RETURNED, 0xC0000008, 0, 0);
    expects("#0xC0001234", FLT_RETURNED, 0xC0001234, 0, 0);
    expects("# breach close-once", FLT_RETURNED, 0, FLT_RULE_close_once, 0);
    expects("# STATUS_INVALID_HANDLE breach close-once breach flt-at-passive", FLT_RETURNED,
            0xC0000008, FLT_RULE_close_once, FLT_RULE_flt_at_passive);
    expects("# bugcheck INVALID_KERNEL_HANDLE", FLT_BUGCHECK, 0x93, 0, 0);
    expects("# bugcheck 0x93 breach close-real-handle", FLT_BUGCHECK, 0x93,
            FLT_RULE_close_real_handle, 0);
    expects("# withheld", FLT_WITHHELD, 0, 0, 0);
    expects("# withheld breach object-live", FLT_WITHHELD, 0, FLT_RULE_object_live, 0);
}

static void outcomes_print_as_they_parse(void **state) {
    (void)state;
    static const char *const outcomes[] = {"STATUS_SUCCESS",      "STATUS_INVALID_HANDLE",
                                           "0xC0001234",          "bugcheck INVALID_KERNEL_HANDLE",
                                           "bugcheck 0x000000EE", "withheld"};
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        char line[128], printed[64];
        snprintf(line, sizeof line, "FltClose(h0)  # %s", outcomes[i]);
        parse(line);
        assert_int_equal(
            flt_text_outcome(text.expected[0].kind, text.expected[0].code, printed, sizeof printed),
            strlen(outcomes[i]));
        assert_string_equal(printed, outcomes[i]);
    }
}

static void ends(void **state) {
    (void)state;
    parse("FltClose(h0)");
    assert_false(text.end_given);
    parse("FltClose(h0)\n# end: no leak\n");
    assert_true(text.end_given);
    assert_int_equal(text.leaks, 0);
    parse("FltClose(h0)\n# end: leak handle-left-open h1\n#end : leak reference-left o63\n"
          "# end: leak irql-left-raised\n# and a comment");
    assert_true(text.end_given);
    assert_int_equal(text.leaks, 3);
    assert_int_equal(text.leak[0].rule, FLT_RULE_handle_left_open);
    assert_int_equal(text.leak[0].slots, FLT_SLOTS_HANDLE);
    assert_int_equal(text.leak[0].slot, 1);
    assert_int_equal(text.leak[1].rule, FLT_RULE_reference_left);
    assert_int_equal(text.leak[1].slots, FLT_SLOTS_OBJECT);
    assert_int_equal(text.leak[1].slot, 63);
    assert_int_equal(text.leak[2].rule, FLT_RULE_irql_left_raised);
    assert_int_equal(text.leak[2].slots, FLT_SLOTS_NO_SLOT);
    assert_int_equal(text.leak[2].slot, FLT_NO_SLOT);
}

static void titles(void **state) {
    (void)state;
    char comment[400];
    parse("\n#\n#  The title, ends.\n# not this\n");
    assert_string_equal(text.title, "The title, ends.");
    parse("# end of the story\n");
    assert_string_equal(text.title, "end of the story");
    memset(comment, 'x', sizeof comment - 1);
    comment[0] = '#';
    comment[sizeof comment - 1] = '\0';
    parse(comment);
    assert_int_equal(strlen(text.title), sizeof text.title - 1);
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void unknown_words(void **state) {
    (void)state;
    refuse("\nFltClos(h0)", 2, "unknown call FltClos; did you mean FltClose?");
    refuse("\n\nfltclose(h0)", 3, "unknown call fltclose; did you mean FltClose?");
    refuse("FltCreateFile(paths=\"\\a\")", 1, "unknown argument paths; did you mean path?");
    refuse("ZwCreateEvent(path=\"\\a\")", 1,
           "unknown argument path; allowed: access, attributes, fail, fail_step");
    refuse("KeLowerIrql(1, path=\"\\a\")", 1, "KeLowerIrql takes no argument path");
    refuse("KeLowerIrql(1, )", 1, "KeLowerIrql takes no more arguments");
    refuse("FltClose(h0, path=\"\\a\")", 1, "unknown argument path; allowed: fail, fail_step");
    refuse("FltClose(h0, fail=STATUS_SHARING_VIOLATION)", 1,
           "unknown failure of FltClose STATUS_SHARING_VIOLATION; allowed: STATUS_INVALID_HANDLE");
    refuse_like("FltClose(h0, fail=STATUS_NOT_A_DIRECTORY)", 1,
                "unknown fail STATUS_NOT_A_DIRECTORY; allowed: STATUS_SUCCESS, ");
    refuse("FltCreateFile(path=\"\\mising\")", 1,
           "unknown name \"\\mising\"; did you mean \"\\missing\"?");
    refuse_like("FltCreateFile(path=\"C:\\Windows\")", 1,
                "unknown name \"C:\\Windows\"; allowed: \"\\a\", \"\\b\"");
    refuse("FltCreateFile(access=GENERIC_REED)", 1,
           "unknown access GENERIC_REED; did you mean GENERIC_READ?");
    refuse_like("RunIn(explorer)", 1, "unknown process explorer; allowed: System, p1");
    refuse_like("RunIn(99)", 1, "unknown process 99; allowed: System, p1");
    refuse_like("FltCreateFile(filter=99)", 1, "unknown filter 99; allowed: NULL, f0, f1");
    refuse_like("profile nightly", 1, "unknown profile nightly; allowed: documented, forwarding");
    refuse("profile documente", 1, "unknown profile documente; did you mean documented?");
    refuse("switch reus=never", 1, "unknown switch reus; did you mean reuse?");
    refuse_like("switch reuse=always", 1, "unknown choice always; allowed: immediate, never");
    refuse("FltClose(h0) # STATUS_INVALID_HANDEL", 1,
           "unknown outcome STATUS_INVALID_HANDEL; did you mean STATUS_INVALID_HANDLE?");
    refuse_like("FltClose(h0) # bugcheck FOO", 1, "unknown bugcheck FOO; allowed: ");
    refuse("FltClose(h0) # breach close-twice", 1,
           "unknown rule close-twice; did you mean close-once?");
    refuse_like("FltClose(h0)\n# end: leak handle-open", 2,
                "unknown rule handle-open; allowed: handle-left-open, ");
}

static void a_long_list_is_cut(void **state) {
    (void)state;
    refuse_like("Q()", 1, "unknown call Q; allowed: ");
    refuse_like("FltClose(h0) # here it fails", 1,
                "unknown outcome here; allowed: bugcheck, withheld, breach, STATUS_SUCCESS, ");
    assert_string_equal(error.what + strlen(error.what) - 4, " ...");
    assert_in_range(strlen(error.what), 1, sizeof error.what - 1);
}

static void a_long_word_is_shortened(void **state) {
    (void)state;
    char data[600];
    memset(data, 'q', sizeof data);
    assert_false(parse_bytes(data, sizeof data));
    assert_memory_equal(error.what, "unknown call qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq; a", 54);
}

static void out_of_range(void **state) {
    (void)state;
    refuse("FltClose(h64)", 1, "slot h64 is out of range; allowed: h0 to h63");
    refuse("FltClose(h99999999999999999999)", 1,
           "slot h99999999999999999999 is out of range; allowed: h0 to h63");
    refuse("FltClose(low32(h64))", 1, "slot h64 is out of range; allowed: h0 to h63");
    refuse("ObDereferenceObject(o64)", 1, "slot o64 is out of range; allowed: o0 to o63");
    refuse("h64 = FltCreateFile()", 1,
           "'h64' is no slot; allowed: h0 to h63 for handles, o0 to o63 for objects");
    refuse("FltClose(0x10000000000000000)", 1,
           "number out of range: 0x10000000000000000; a handle has 64 bits");
    refuse("FltClose(18446744073709551616)", 1,
           "number out of range: 18446744073709551616; a handle has 64 bits");
    refuse("FltClose(-9223372036854775809)", 1,
           "number out of range: -9223372036854775809; a handle has 64 bits");
    refuse("KeRaiseIrql(16)", 1, "number out of range: 16; irql goes from 0 to 15");
    refuse("KeRaiseIrql(-1)", 1, "number out of range: -1; irql goes from 0 to 15");
    refuse("ZwCreateEvent(access=DELETE|0x100000000)", 1,
           "number out of range: 0x100000000; access has 32 bits");
    refuse("ZwCreateEvent(attributes=-1)", 1, "number out of range: -1; attributes has 32 bits");
    refuse("FltClose(h0) # 0x1C0000008", 1,
           "number out of range: 0x1C0000008; a status or code has 32 bits");
    refuse("FltClose(h0) # bugcheck 0x100000000", 1,
           "number out of range: 0x100000000; a status or code has 32 bits");
    refuse("# end: leak handle-left-open h64", 1,
           "h64 is no slot; allowed: h0 to h63, o0 to o63, or nothing");
}

static void wrong_values(void **state) {
    (void)state;
    const char *allowed = "allowed: h0 to h63, h0|1 to h0|3, low32(h0), NULL, a number of 64 bits";
    char what[240];
    snprintf(what, sizeof what, "'x' is no handle; %s", allowed);
    refuse("FltClose(x)", 1, what);
    snprintf(what, sizeof what, "'\"' is no handle; %s", allowed);
    refuse("FltClose(\"\\a\")", 1, what);
    snprintf(what, sizeof what, "the byte 0xc3 is no handle; %s", allowed);
    refuse("FltClose(\xc3\xa9)", 1, what);
    snprintf(what, sizeof what, "'0x' is no handle; %s", allowed);
    refuse("FltClose(0x)", 1, what);
    snprintf(what, sizeof what, "'12a' is no handle; %s", allowed);
    refuse("FltClose(12a)", 1, what);
    refuse("FltClose(o0)", 1, "o0 is a slot of another kind; allowed: h0 to h63");
    refuse("FltClose(h0|4)", 1, "expected a tag after |, 1 to 3, found '4'");
    refuse("FltClose(h0|)", 1, "expected a tag after |, 1 to 3, found ')'");
    refuse("FltClose(low32(3))", 1, "expected a slot, h0 to h63, found 3");
    refuse("FltClose(low32 h0)", 1, "expected '(' after low32, found 'h0'");
    refuse("FltClose(low32(h0|1))", 1, "expected ')' after low32(h0, found '|'");
    refuse("ObDereferenceObject(h0)", 1, "h0 is a slot of another kind; allowed: o0 to o63");
    refuse("ObDereferenceObject(0x10)", 1, "'0x10' is no object; allowed: o0 to o63, NULL");
    refuse("FltCreateFile(path=a)", 1, "expected a name in \"quotes\", found 'a'");
    refuse("FltCreateFile(path=\"\\a)", 1, "a name that does not end: the closing \" is missing");
    refuse_like("ZwCreateEvent(access=)", 1, "missing access, found ')'; allowed: GENERIC_READ, ");
    assert_string_equal(error.what + strlen(error.what) - 4, " ...");
    refuse("RunIn(p1|p2)", 1, "expected ',' or ')', found '|'");
}

static void wrong_shapes(void **state) {
    (void)state;
    refuse("FltClose", 1, "expected '(' after FltClose, found the end of the line");
    refuse("FltClose(", 1, "FltClose needs its handle, found the end of the line");
    refuse("FltClose()", 1, "FltClose needs its handle, found ')'");
    refuse("FltClose(h0", 1, "expected ',' or ')', found the end of the line");
    refuse("FltClose(handle=h0)", 1, "the handle of FltClose comes first and without its name");
    refuse("FltClose(h0, handle=h1)", 1, "the handle of FltClose comes first and without its name");
    refuse("FltClose(h0) FltClose(h0)", 1,
           "expected # or the end of the line after the call, found 'FltClose'");
    refuse("FltCreateFile(path=\"\\a\" access=0)", 1, "expected ',' or ')', found 'access'");
    refuse("FltCreateFile(path \"\\a\")", 1, "expected '=' after path, found '\"'");
    refuse("FltCreateFile(path=\"\\a\", path=\"\\b\")", 1, "path is given twice");
    refuse_like("ZwCreateEvent(access=0,)", 1, "missing argument, found ')'; allowed: access, ");
    refuse_like("(h0)", 1, "missing call, found '('; allowed: ");
    refuse("switch reuse", 1, "expected '=' after switch reuse, found the end of the line");
    refuse("switch reuse=never reuse=never", 1, "expected the end of the line, found 'reuse'");
    refuse("switch reuse=never\nswitch reuse=never", 2, "switch reuse is set twice");
    refuse_like("profile", 1, "missing profile, found the end of the line; allowed: documented, ");
    refuse("profile strict\nprofile strict", 2, "a second profile");
    refuse("FltClose(h0)\nswitch reuse=never", 2,
           "switch after a call: it belongs before the first");
    refuse("FltClose(h0)\nprofile strict", 2, "profile after a call: it belongs before the first");
}

static void wrong_results(void **state) {
    (void)state;
    refuse("x = FltCreateFile()", 1,
           "'x' is no slot; allowed: h0 to h63 for handles, o0 to o63 for objects");
    refuse("= FltCreateFile()", 1,
           "'' is no slot; allowed: h0 to h63 for handles, o0 to o63 for objects");
    refuse("h0 = FltClose(h0)", 1,
           "FltClose has no result for h0 there; handles come before objects, each once");
    refuse("o0, h0 = FltCreateFileEx()", 1,
           "FltCreateFileEx has no result for h0 there; handles come before objects, each once");
    refuse("h0, h1 = FltCreateFileEx()", 1,
           "FltCreateFileEx has no result for h1 there; handles come before objects, each once");
    refuse("h0, FltCreateFile()", 1, "expected '=' after the results, found 'FltCreateFile'");
    refuse("h0, h1, h2, h3, h4 = FltCreateFile()", 1, "more than 4 results");
}

static void wrong_comments(void **state) {
    (void)state;
    refuse("FltClose(h0) # STATUS_SUCCESS STATUS_SUCCESS", 1,
           "an expectation is an outcome, then breach RULE as often as needed; other comments have "
           "a line of their own");
    refuse("FltClose(h0) # (this fails)", 1,
           "an expectation is an outcome, then breach RULE as often as needed; other comments have "
           "a line of their own");
    refuse("FltClose(h0) # breach close-bad-handle", 1,
           "rule close-bad-handle is kept by the system: no caller can breach it");
    refuse("FltClose(h0) # breach handle-left-open", 1,
           "rule handle-left-open is judged at the end: # end: leak handle-left-open");
    refuse("# end: leak close-once", 1,
           "rule close-once is judged at its call: # ... breach close-once");
    refuse("# end:", 1, "an end is: # end: leak RULE [slot], or # end: no leak");
    refuse("# end: no leaks", 1, "an end is: # end: leak RULE [slot], or # end: no leak");
    refuse("# end: no leak at all", 1, "expected the end of the line, found 'at'");
    refuse("# end: leak handle-left-open h0 h1", 1, "expected the end of the line, found 'h1'");
    refuse("# end: leak handle-left-open x", 1,
           "x is no slot; allowed: h0 to h63, o0 to o63, or nothing");
    refuse("# end: no leak\n# end: leak handle-left-open", 2, "a leak after # end: no leak");
    refuse("# end: leak handle-left-open\n# end: no leak", 2,
           "# end: no leak after another # end:");
    refuse("# end: no leak\nFltClose(h0)", 2, "a call after # end:");
}

static void repeat(char *data, size_t room, const char *piece, int times) {
    data[0] = '\0';
    for (int i = 0; i < times; i++)
        strncat(data, piece, room - strlen(data) - 1);
}

static void too_much(void **state) {
    (void)state;
    static char data[FLT_MAX_STEPS * 16];
    for (size_t i = 0; i <= FLT_MAX_STEPS; i++)
        memcpy(data + i * 12, "ZwClose(h0)\n", 12);
    assert_true(parse_bytes(data, 12 * FLT_MAX_STEPS));
    assert_int_equal(text.sequence.count, FLT_MAX_STEPS);
    assert_false(parse_bytes(data, 12 * (FLT_MAX_STEPS + 1)));
    assert_string_equal(error.what, "more than 4096 calls");
    assert_int_equal(error.line, FLT_MAX_STEPS + 1);

    memset(data, '#', FLT_MAX_LINE + 1);
    assert_true(parse_bytes(data, FLT_MAX_LINE));
    assert_false(parse_bytes(data, FLT_MAX_LINE + 1));
    assert_string_equal(error.what, "a line of 4097 characters; allowed: 4096");

    char line[1024] = "FltClose(h0) #";
    repeat(line + 14, 900, " breach close-once", FLT_MAX_EXPECTED_BREACHES);
    parse(line);
    assert_int_equal(text.expected[0].breaches, FLT_MAX_EXPECTED_BREACHES);
    strcat(line, " breach close-once");
    refuse(line, 1, "more than 8 breaches");
    repeat(data, sizeof data, "# end: leak irql-left-raised\n", FLT_MAX_EXPECTED_LEAKS);
    parse(data);
    assert_int_equal(text.leaks, FLT_MAX_EXPECTED_LEAKS);
    strcat(data, "# end: leak irql-left-raised\n");
    refuse(data, FLT_MAX_EXPECTED_LEAKS + 1, "more than 64 leaks");
}

static void nul_bytes(void **state) {
    (void)state;
    assert_false(parse_bytes("ZwClose(h0)\n# a\0b\n", 18));
    assert_string_equal(error.what, "a NUL byte; the text form has none");
    assert_int_equal(error.line, 2);
}

/* ---- text or binary -------------------------------------------------------------------------- */

static void telling_text_from_binary(void **state) {
    (void)state;
    static uint8_t data[5000];
    assert_false(flt_text_is_text(data, 0));
    assert_true(flt_text_is_text((const uint8_t *)"# \xc3\xa9\t\r\n", 7));
    assert_false(flt_text_is_text((const uint8_t *)"\x80\x18\0\0\0\0\0\0", 8));
    memset(data, 'a', sizeof data);
    data[4095] = 0x1F;
    assert_false(flt_text_is_text(data, sizeof data));
    data[4095] = 'a';
    data[4096] = 0; /* past what is looked at */
    assert_true(flt_text_is_text(data, sizeof data));
}

/* ---- round trips ----------------------------------------------------------------------------- */

static void what_is_generated_survives(void **state) {
    (void)state;
    struct flt_sequence sequence;
    uint64_t random = 1;
    assert_true(flt_sequence_init(&sequence));
    for (int run = 0; run < 500; run++) {
        char *printed = NULL;
        size_t length = 0;
        flt_generate(&sequence, 16, &random);
        FILE *out = open_memstream(&printed, &length);
        assert_non_null(out);
        flt_text_print(&sequence, out);
        fclose(out);
        if (!flt_text_parse(printed, length, &again, &error))
            fail_msg("line %u: %s\n%s", (unsigned)error.line, error.what, printed);
        assert_true(flt_sequence_equal(&sequence, &again.sequence));
        free(printed);
    }
    flt_sequence_free(&sequence);
}

/* The longest call of the table, with every flag and a remainder, fits a line. */
static void the_longest_call_fits_a_line(void **state) {
    (void)state;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        struct flt_step longest;
        char line[FLT_MAX_LINE];
        flt_step_init(&longest, *op);
        for (int result = 0; result < FLT_RESULT_LIMIT; result++)
            flt_step_keep(&longest, result, 63);
        for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
            if (!flt_step_set(&longest, arg, FLT_FORM_SLOT_LOW32, 63) &&
                !flt_step_set(&longest, arg, FLT_FORM_SLOT, 63) &&
                !flt_step_set(&longest, arg, FLT_FORM_VALUE, UINT32_MAX))
                for (uint64_t value = 0; value < 256; value++)
                    flt_step_set(&longest, arg, FLT_FORM_VALUE, value);
        const int length = flt_text_step(&longest, line, sizeof line);
        assert_in_range(length, 1, FLT_MAX_LINE / 2); /* the other half is for the expectation */
    }
}

static void a_small_buffer_is_never_overrun(void **state) {
    (void)state;
    parse("h0 = FltCreateFile(path=\"\\a\", access=GENERIC_READ|DELETE)");
    char whole[FLT_MAX_LINE], part[FLT_MAX_LINE];
    const int length = flt_text_step(step(0), whole, sizeof whole);
    for (int room = 1; room <= length; room++) {
        memset(part, '!', sizeof part);
        assert_int_equal(flt_text_step(step(0), part, (size_t)room), length);
        assert_memory_equal(part, whole, (size_t)room - 1);
        assert_int_equal(part[room - 1], '\0');
        assert_int_equal(part[room], '!');
    }
    assert_int_equal(flt_text_step(step(0), NULL, 0), length);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles),
        cmocka_unit_test(results),
        cmocka_unit_test(arguments),
        cmocka_unit_test(flags),
        cmocka_unit_test(layout),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(header),
        cmocka_unit_test(a_header_alone),
        cmocka_unit_test(nothing_stays_from_the_text_before),
        cmocka_unit_test(expectations),
        cmocka_unit_test(outcomes_print_as_they_parse),
        cmocka_unit_test(ends),
        cmocka_unit_test(titles),
        cmocka_unit_test(unknown_words),
        cmocka_unit_test(a_long_list_is_cut),
        cmocka_unit_test(a_long_word_is_shortened),
        cmocka_unit_test(out_of_range),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(wrong_shapes),
        cmocka_unit_test(wrong_results),
        cmocka_unit_test(wrong_comments),
        cmocka_unit_test(too_much),
        cmocka_unit_test(nul_bytes),
        cmocka_unit_test(telling_text_from_binary),
        cmocka_unit_test(what_is_generated_survives),
        cmocka_unit_test(the_longest_call_fits_a_line),
        cmocka_unit_test(a_small_buffer_is_never_overrun),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
