/* FltCancelFileOpen: in time, too late, once too often. */
#include "contract_cases.h"

#define CANCEL "FltCancelFileOpen "
#define LATE "!cancel-open-in-time "
#define STOPS "=0xF5:0x6A:o1 " LATE
#define STALE "=withheld !object-live "
#define ONCE "=withheld !cancel-open-once "
#define POST "PostCreate path=\\a #0; "
#define COMPLETE "CreateComplete "
#define BY_POINTER "ObOpenObjectByPointer "
#define SHORT "=STATUS_INSUFFICIENT_RESOURCES "
/* The open is cancelled in time. */
#define CANCELLED POST CANCEL "#0 cleanup:o1; "

static const struct script_case cases[] = {
    /* In time: there was no handle yet */
    KEEPS(cancel_open_in_time, "", POST CANCEL "o1 cleanup:o1 allows:STATUS_SUCCESS"),
    KEEPS(cancel_open_in_time, "any", POST CANCEL "o1 cleanup:o1 allows:STATUS_SUCCESS"),
    KEEPS(cancel_open_in_time, "",
          POST "ObReferenceObject #0; FltReadFile #0; " CANCEL "#0 cleanup:o1"),
    KEEPS(cancel_open_in_time, "",
          POST BY_POINTER "#0 " SHORT "fail=STATUS_INSUFFICIENT_RESOURCES; " CANCEL
                          "#0 cleanup:o1"),
    KEEPS(cancel_open_closes, "", POST CANCEL "#0 cleanup:o1 instance=i0"),
    BREAKS(cancel_open_closes, "", POST CANCEL "#0"),
    BREAKS(cancel_open_closes, "any", POST "ObReferenceObject #0; " CANCEL "#0"),
    BREAKS(irp_cleanup_once, "", POST CANCEL "#0 cleanup:o1 cleanup:o1"),
    BREAKS(irp_cleanup_once, "", CANCELLED COMPLETE "#0 cleanup:o1"),
    BREAKS(irp_cleanup_in_closing_process, "", POST CANCEL "#0 cleanup:o1:System"),
    BREAKS(irp_close_at_last_reference, "", POST CANCEL "#0 cleanup:o1 close:o1"),
    BREAKS(call_is_quiet, "", POST CANCEL "#0 =0xF5:0x6A:o1"),
    BREAKS(call_is_quiet, "", POST CANCEL "#0 =0xF5:0x6A:o1 cleanup:o1 { ZwCreateEvent k1 }"),
    KEEPS(call_is_quiet, "", CANCELLED),
    /* What holds it: the create, then whoever has a reference. */
    KEEPS(irp_close_at_last_reference, "", CANCELLED COMPLETE "#0 close:o1; end"),
    KEEPS(irp_close_at_last_reference, "", CANCELLED "end"),
    BREAKS(irp_close_at_last_reference, "", CANCELLED COMPLETE "#0; end"),
    KEEPS(irp_close_at_last_reference, "",
          POST "ObReferenceObject #0; " CANCEL "#0 cleanup:o1; " COMPLETE
               "#0; ObDereferenceObject #0 close:o1; end"),
    KEEPS(irp_close_at_last_reference, "",
          POST "ObReferenceObject #0; " CANCEL "#0 cleanup:o1; ObDereferenceObject #0; " COMPLETE
               "#0 close:o1; end"),
    BREAKS(irp_close_at_last_reference, "",
           POST "ObReferenceObject #0; " CANCEL "#0 cleanup:o1; ObDereferenceObject #0 close:o1"),
    BREAKS(object_live, "", CANCELLED COMPLETE "#0 close:o1; " CANCEL "#0 " STALE),
    /* It is past its cleanup, as any. */
    BREAKS(file_object_open, "", CANCELLED "FltReadFile #0 =STATUS_FILE_CLOSED !file-object-open"),
    BREAKS(reopen_before_cleanup, "",
           CANCELLED BY_POINTER "#0 =STATUS_FILE_CLOSED !reopen-before-cleanup"),
    KEEPS(
        share_conflict, "",
        "PostCreate path=\\a share=0 #0; FltCreateFile path=\\a =STATUS_SHARING_VIOLATION; " CANCEL
        "#0 cleanup:o1; FltCreateFile path=\\a k1"),

    /* Once */
    BREAKS(cancel_open_once, "", CANCELLED CANCEL "#0 " ONCE),
    BREAKS(cancel_open_once, "",
           POST "ObReferenceObject #0; " CANCEL "#0 cleanup:o1; " COMPLETE "#0; " CANCEL
                "#0 " ONCE),
    BREAKS(cancel_open_once, "", POST CANCEL "#0 cleanup:o1 { " CANCEL "#0 " ONCE "}"),
    KEEPS(cancel_open_once, "", CANCELLED),
    KEEPS(cancel_open_once, "",
          POST "PostCreate path=\\b #1; " CANCEL "#0 cleanup:o1; " CANCEL "#1 cleanup:o2"),
    KEEPS(cancel_open_once, "",
          CANCELLED COMPLETE "#0 close:o1; PostCreate o1; " CANCEL "o1 cleanup:o1"),

    /* Calls within it */
    KEEPS(cancel_open_closes, "", POST CANCEL "#0 cleanup:o1 { " COMPLETE "#0 close:o1 }; end"),
    KEEPS(cancel_open_closes, "",
          POST CANCEL "#0 cleanup:o1 { " COMPLETE "#0 close:o1, PostCreate o1 }; FltReadFile o1"),
    KEEPS(cancel_open_closes, "",
          POST CANCEL "#0 cleanup:o1 { ObReferenceObject #0 }; " COMPLETE
                      "#0; ObDereferenceObject #0 close:o1; end"),

    /* Too late: a handle was made since, or the application had its own */
    BREAKS(cancel_open_in_time, "", POST BY_POINTER "#0 -> k1; " CANCEL "#0 " STOPS "allows:0xF5"),
    BREAKS(cancel_open_in_time, "",
           POST BY_POINTER "#0 -> k1; ZwClose k1 cleanup:o1; " CANCEL "#0 " STOPS),
    BREAKS(cancel_open_in_time, "",
           POST BY_POINTER "#0 -> k1; " COMPLETE "#0; " CANCEL "#0 " STOPS),
    BREAKS(cancel_open_in_time, "",
           POST "ObReferenceObject #0; " COMPLETE "#0 cleanup:o1; " CANCEL "#0 " STOPS),
    BREAKS(cancel_open_stops, "", POST BY_POINTER "#0 -> k1; " CANCEL "#0 " LATE),

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
    run_cases(*state, cases, ENTRIES(cases));
}

static void test_every_rule_has_its_cases(void **state) {
    (void)state;
    check_have_cases(rules_of_cancelling_test, ENTRIES(rules_of_cancelling_test), cases,
                     ENTRIES(cases));
}

static void test_violations_in_words(void **state) {
    struct script s;
    script_run(&s, *state, "", "FltCreateFileEx k1; " CANCEL "o1 " LATE);
    assert_string_equal(s.violation.what, "FltCancelFileOpen(object 1) = STATUS_SUCCESS, allowed: "
                                          "bugcheck FLTMGR_FILE_SYSTEM");
    script_run(&s, *state, "", POST CANCEL "#0");
    assert_string_equal(s.violation.what, "no IRP_MJ_CLEANUP for object 1, its open was cancelled");
    script_run(&s, *state, "", POST "irps cleanup:o1");
    assert_string_equal(s.violation.what,
                        "IRP_MJ_CLEANUP for object 1, which is still being opened");
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
