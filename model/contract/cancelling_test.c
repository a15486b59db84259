/* FltCancelFileOpen, which always comes too late. */
#include "contract_cases.h"

#define CANCEL "FltCancelFileOpen "
#define LATE "!cancel-open-in-time "
#define STOPS "=0xF5:0x6A:o1 " LATE
#define STALE "=withheld !object-live "

static const struct script_case cases[] = {
    KEEPS(cancel_open_stops, "", "FltCreateFileEx k1; " CANCEL "o1 " STOPS "allows:0xF5"),
    KEEPS(cancel_open_stops, "any", "FltCreateFileEx k1; " CANCEL "o1 " STOPS "allows:0xF5"),
    KEEPS(cancel_open_stops, "",
          "ZwCreateFile k1; ObReferenceObjectByHandle k1 o1; " CANCEL "o1 instance=i0 " STOPS),
    KEEPS(cancel_open_stops, "", "FltOpenVolume k1 instance=i0; " CANCEL "o1 " STOPS),
    /* Past cleanup, while a reference keeps it. */
    KEEPS(cancel_open_stops, "", "FltCreateFileEx k1; FltClose k1 cleanup:o1; " CANCEL "o1 " STOPS),
    /* What the second parameter is, is the system's. */
    KEEPS(cancel_open_stops, "", "FltCreateFileEx k1; " CANCEL "o1 =0xF5:0x6A:7 " LATE),
    BREAKS(cancel_open_stops, "", "FltCreateFileEx k1; " CANCEL "o1 " LATE),
    BREAKS(cancel_open_stops, "any", "FltCreateFileEx k1; " CANCEL "o1 =0xE8 " LATE),
    BREAKS(cancel_open_stops, "", "FltCreateFileEx k1; " CANCEL "o1 =0xF5:0x66:o1 " LATE),
    BREAKS(cancel_open_stops, "any", "FltCreateFileEx k1; " CANCEL "o1 =0xF5:0:0x6A " LATE),

    BREAKS(cancel_open_in_time, "", "FltCreateFileEx k1; " CANCEL "o1 " STOPS),
    KEEPS(cancel_open_in_time, "", CANCEL "NULL =withheld !object-not-null"),
    BREAKS(object_not_null, "", CANCEL "NULL =withheld !object-not-null"),
    KEEPS(object_not_null, "", "FltCreateFileEx k1; " CANCEL "o1 " STOPS),
    BREAKS(object_live, "", CANCEL "o1 " STALE),
    BREAKS(object_live, "",
           "FltCreateFileEx k1; FltClose k1 cleanup:o1; ObDereferenceObject o1; " CANCEL
           "o1 " STALE),
    KEEPS(object_live, "", "FltCreateFileEx k1; " CANCEL "o1 " STOPS),
    KEEPS(file_object_open, "", "FltCreateFileEx k1; FltClose k1 cleanup:o1; " CANCEL "o1 " STOPS),
    BREAKS(file_object_is_file, "",
           "ZwCreateEvent k1; ObReferenceObjectByHandle k1 o1; " CANCEL
           "o1 =withheld !file-object-is-file"),
    KEEPS(file_object_is_file, "", "FltCreateFileEx k1; " CANCEL "o1 " STOPS),
    BREAKS(instance_live, "",
           "FltCreateFileEx k1; " CANCEL "o1 instance=i1 =withheld !instance-live " LATE),
    KEEPS(instance_live, "", "FltCreateFileEx k1; " CANCEL "o1 instance=i0 " STOPS),

    BREAKS(flt_at_passive, "",
           "FltCreateFileEx k1; KeRaiseIrql irql=APC_LEVEL; " CANCEL "o1 !flt-at-passive " STOPS),
    KEEPS(flt_at_passive, "", "FltCreateFileEx k1; " CANCEL "o1 " STOPS),
    KEEPS(verifier_irql_stops, "verifier=on",
          "FltCreateFileEx k1; KeRaiseIrql irql=APC_LEVEL; " CANCEL
          "o1 !flt-at-passive =0xC4:0:1 allows:0xC4 " LATE),
    BREAKS(verifier_irql_stops, "verifier=on",
           "FltCreateFileEx k1; KeRaiseIrql irql=APC_LEVEL; " CANCEL "o1 !flt-at-passive " STOPS),
    KEEPS(verifier_irql_stops, "verifier=any",
          "FltCreateFileEx k1; KeRaiseIrql irql=APC_LEVEL; " CANCEL
          "o1 !flt-at-passive allows:0xC4|0xF5 " STOPS),
};

static void test_rules(void **state) {
    run_cases(*state, cases, COUNT(cases));
}

static void test_every_rule_has_its_cases(void **state) {
    (void)state;
    check_have_cases(rules_of_cancelling_test, COUNT(rules_of_cancelling_test), cases,
                     COUNT(cases));
}

static void test_violations_in_words(void **state) {
    struct script s;
    script_run(&s, *state, "", "FltCreateFileEx k1; " CANCEL "o1 " LATE);
    assert_string_equal(s.violation.what, "FltCancelFileOpen(object 1) = STATUS_SUCCESS, allowed: "
                                          "bugcheck FLTMGR_FILE_SYSTEM");
    script_run(&s, *state, "", "FltCreateFileEx k1; " CANCEL "o1 =0xF5:0x66:7 " LATE);
    assert_string_equal(s.violation.what,
                        "FltCancelFileOpen stopped the system with 0xf5 (0x66, 0x7), allowed: "
                        "(0x6a, 0x7)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_rules),
        TEST(test_every_rule_has_its_cases),
        TEST(test_violations_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
