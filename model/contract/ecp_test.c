/* Lists of extra create parameters: handed out, carried by creates, taken back, left behind. */
#include "contract_cases.h"
#include "state.h"

#define ALLOCATE "FltAllocateExtraCreateParameterList "
#define FREE "FltFreeExtraCreateParameterList "
#define PIPE "FltCreateNamedPipeFile path=\\Device\\NamedPipe\\p "
#define MAILSLOT                                                                                   \
    "FltCreateMailslotFile path=\\Device\\Mailslot\\m create_options=FILE_DIRECTORY_FILE "
/* What the two above come to: they are refused for their parameters. */
#define REFUSED "=STATUS_INVALID_PARAMETER !pipe-parameters "
#define NO_MEMORY "=STATUS_INSUFFICIENT_RESOURCES "
#define SHORT NO_MEMORY "object:0 "
#define STALE "=withheld !object-live "
#define NO_LIST "=withheld !ecp-list-is-list "
#define NO_FILTER "=withheld !filter-live "
#define CLEANED "FltCreateFileEx k1; FltClose k1 cleanup:o1; ObDereferenceObject o1; "

static const struct script_case cases[] = {
    /* FltAllocateExtraCreateParameterList */
    KEEPS(ecp_allocate, "", ALLOCATE "o1 allows:STATUS_SUCCESS"),
    KEEPS(ecp_allocate, "any", ALLOCATE "o1 allows:STATUS_SUCCESS; " ALLOCATE "o2"),
    KEEPS(ecp_allocate, "", "UnloadFilter; " ALLOCATE "o1"),
    KEEPS(ecp_allocate, "", "FltRegisterFilter filter=f1; " ALLOCATE "o1 filter=f1"),
    /* An address that is free again. */
    KEEPS(ecp_allocate, "", ALLOCATE "o1; " FREE "o1; " ALLOCATE "o1"),
    KEEPS(ecp_allocate, "",
          "FltCreateFile k1; FltClose k1 cleanup:o1 close:o1 { " ALLOCATE "o1 }; " FREE "o1"),
    BREAKS(ecp_allocate, "", ALLOCATE SHORT),
    BREAKS(ecp_allocate, "any", ALLOCATE "=STATUS_OPLOCK_BREAK_IN_PROGRESS o1"),
    BREAKS(ecp_allocate, "", ALLOCATE "object:0"),
    BREAKS(ecp_allocate, "", ALLOCATE "object:fill"),
    BREAKS(ecp_allocate, "", ALLOCATE "o1; " ALLOCATE "o1"),
    BREAKS(ecp_allocate, "", "FltCreateFile k1; " ALLOCATE "o1"),
    BREAKS(ecp_allocate, "",
           "FltCreateFileEx k1 silent create:o1 { " ALLOCATE "o1 }"), /* not taken over yet */
    KEEPS(output_not_null, "", ALLOCATE "o1"),
    BREAKS(output_not_null, "", ALLOCATE "null:object =withheld !output-not-null"),

    /* It fails as told. */
    KEEPS(injected_failure, "",
          ALLOCATE
          "fail=STATUS_INSUFFICIENT_RESOURCES allows:STATUS_INSUFFICIENT_RESOURCES " SHORT),
    BREAKS(injected_failure, "", ALLOCATE "o1 fail=STATUS_INSUFFICIENT_RESOURCES"),
    KEEPS(injected_failure, "", ALLOCATE "fail_step=1 " SHORT "; end"),
    KEEPS(injected_failure, "",
          ALLOCATE "o1 fail_step=1 allows:STATUS_SUCCESS|STATUS_INSUFFICIENT_RESOURCES; " FREE
                   "o1; end"),
    /* It leaves NULL behind, under every switch. */
    KEEPS(ecp_allocate, "", ALLOCATE "fail_step=1 " SHORT),
    KEEPS(ecp_allocate, "failed_outputs=pattern", ALLOCATE "fail_step=1 " SHORT),
    BREAKS(ecp_allocate, "", ALLOCATE "fail_step=1 object:fill " NO_MEMORY),
    BREAKS(ecp_allocate, "", ALLOCATE "fail_step=1 object:o1 " NO_MEMORY),
    BREAKS(ecp_allocate, "any", ALLOCATE "o1; " ALLOCATE "fail_step=1 object:o1 " NO_MEMORY),

    /* FltFreeExtraCreateParameterList */
    KEEPS(call_is_quiet, "", ALLOCATE "o1; " FREE "o1 allows:STATUS_SUCCESS"),
    BREAKS(call_is_quiet, "", ALLOCATE "o1; " FREE "o1 =0x18"),
    BREAKS(call_is_quiet, "", ALLOCATE "=0x18"),
    KEEPS(object_not_null, "", ALLOCATE "o1; " FREE "o1"),
    BREAKS(object_not_null, "", FREE "NULL =withheld !object-not-null"),
    BREAKS(object_not_null, "", FREE "=withheld !object-not-null"),
    KEEPS(object_live, "", ALLOCATE "o1 #0; " FREE "#0; " ALLOCATE "o1 #1; " FREE "#1; end"),
    BREAKS(object_live, "", FREE "o1 " STALE),
    BREAKS(object_live, "", ALLOCATE "o1 #0; " FREE "#0; " FREE "#0 " STALE),
    /* The address is another's by now. */
    BREAKS(object_live, "",
           ALLOCATE "o1 #0; " FREE "#0; " ALLOCATE "o1 #1; " FREE "#0 " STALE "; " FREE "#1; end"),
    BREAKS(object_live, "", CLEANED FREE "o1 " STALE),
    BREAKS(output_used_after_failure, "",
           ALLOCATE "#0 fail_step=1 " SHORT "; " FREE
                    "#0 =withheld !output-used-after-failure !object-not-null"),
    KEEPS(output_used_after_failure, "",
          ALLOCATE "#0 fail_step=1 " SHORT "; " ALLOCATE "#0 o1; " FREE "#0"),
    KEEPS(ecp_list_is_list, "", ALLOCATE "o1; " FREE "o1"),
    BREAKS(ecp_list_is_list, "", "FltCreateFileEx k1; " FREE "o1 " NO_LIST),
    BREAKS(ecp_list_is_list, "", "FltCreateFileEx k1; FltClose k1 cleanup:o1; " FREE "o1 " NO_LIST),
    BREAKS(ecp_list_is_list, "",
           "ZwCreateEvent k1; ObReferenceObjectByHandle k1 o1; " FREE "o1 " NO_LIST),

    /* Calls within the free: it takes what it was let through for, and nothing else. */
    KEEPS(ecp_list_left, "", ALLOCATE "o1; " FREE "o1 { " FREE "o1 }; end"),
    KEEPS(ecp_list_left, "", ALLOCATE "o1; " ALLOCATE "o2; " FREE "o1 { " FREE "o2 }; end"),
    KEEPS(ecp_list_left, "",
          ALLOCATE "o1; " FREE "o1 { " FREE "o1, " ALLOCATE "o2 }; " FREE "o2; end"),

    /* The filter */
    KEEPS(filter_live, "", ALLOCATE "o1; " FREE "o1"),
    BREAKS(filter_live, "", ALLOCATE "filter=NULL " NO_FILTER),
    BREAKS(filter_live, "", ALLOCATE "filter=f1 " NO_FILTER),
    BREAKS(filter_live, "",
           ALLOCATE "o1; FltUnregisterFilter filter=f0; " FREE "o1 " NO_FILTER
                    "; end leak:ecp-list-left:-:1"),
    KEEPS(filter_live, "",
          ALLOCATE "o1; FltUnregisterFilter filter=f0; FltRegisterFilter filter=f1; " FREE
                   "o1 filter=f1; end"),

    /* The IRQL */
    KEEPS(filter_call_irql, "", "KeRaiseIrql irql=APC_LEVEL; " ALLOCATE "o1; " FREE "o1"),
    BREAKS(filter_call_irql, "", "KeRaiseIrql irql=2; " ALLOCATE "o1 !filter-call-irql"),
    BREAKS(filter_call_irql, "", ALLOCATE "o1; KeRaiseIrql irql=2; " FREE "o1 !filter-call-irql"),
    KEEPS(verifier_irql_stops, "verifier=on",
          ALLOCATE "o1; KeRaiseIrql irql=2; " FREE "o1 =0xC4:0:2 !filter-call-irql allows:0xC4"),
    BREAKS(verifier_irql_stops, "verifier=on",
           "KeRaiseIrql irql=2; " ALLOCATE "o1 !filter-call-irql"),

    /* What a create carries */
    KEEPS(ecp_list_is_list, "", "FltCreateFileEx2 k1 ecp=NULL"),
    KEEPS(ecp_list_is_list, "",
          ALLOCATE "o1 #0; FltCreateFileEx2 k1 ecp=#0; FltCreateFileEx2 k2 ecp=#0; " FREE "#0"),
    KEEPS(ecp_list_is_list, "", ALLOCATE "o1; " PIPE REFUSED "ecp=o1; " MAILSLOT REFUSED "ecp=o1"),
    BREAKS(ecp_list_is_list, "", "FltCreateFileEx k1; FltCreateFileEx2 ecp=o1 " NO_LIST),
    BREAKS(ecp_list_is_list, "", "FltCreateFileEx k1; " PIPE "ecp=o1 " NO_LIST "!pipe-parameters"),
    BREAKS(ecp_list_is_list, "",
           "FltCreateFileEx k1; " MAILSLOT "ecp=o1 " NO_LIST "!pipe-parameters"),
    KEEPS(object_live, "", "FltCreateFileEx2 k1; " PIPE REFUSED "; " MAILSLOT REFUSED),
    BREAKS(object_live, "", "FltCreateFileEx2 ecp=o1 " STALE),
    BREAKS(object_live, "", ALLOCATE "o1 #0; " FREE "#0; FltCreateFileEx2 ecp=#0 " STALE),
    BREAKS(object_live, "",
           ALLOCATE "o1 #0; " FREE "#0; " ALLOCATE "o1 #1; FltCreateFileEx2 ecp=#0 " STALE
                    "; FltCreateFileEx2 k1 ecp=#1"),
    BREAKS(object_live, "", PIPE "ecp=o1 " STALE "!pipe-parameters"),
    BREAKS(object_live, "", MAILSLOT "ecp=o1 " STALE "!pipe-parameters"),
    BREAKS(object_live, "", CLEANED "FltCreateFileEx2 ecp=o1 " STALE),
    KEEPS(output_used_after_failure, "", ALLOCATE "o1 #0; FltCreateFileEx2 k1 ecp=#0"),
    /* It is NULL, so that the create has no list: what was not looked at is the failure. */
    BREAKS(output_used_after_failure, "",
           ALLOCATE "#0 fail_step=1 " SHORT
                    "; FltCreateFileEx2 k1 ecp=#0 !output-used-after-failure"),

    /* A list is no other call's object */
    BREAKS(ecp_list_is_list, "", ALLOCATE "o1; ObReferenceObject o1 " NO_LIST),
    BREAKS(ecp_list_is_list, "", ALLOCATE "o1; ObDereferenceObject o1 " NO_LIST),
    BREAKS(ecp_list_is_list, "", ALLOCATE "o1; ObOpenObjectByPointer o1 " NO_LIST),
    BREAKS(ecp_list_is_list, "", ALLOCATE "o1; FltReadFile o1 " NO_LIST),
    BREAKS(ecp_list_is_list, "", ALLOCATE "o1; FltWriteFile o1 " NO_LIST),
    BREAKS(ecp_list_is_list, "", ALLOCATE "o1; FltQueryInformationFile o1 " NO_LIST),
    BREAKS(ecp_list_is_list, "", ALLOCATE "o1; FltSetInformationFile o1 " NO_LIST),
    BREAKS(ecp_list_is_list, "", ALLOCATE "o1; FltCancelFileOpen o1 " NO_LIST),
    KEEPS(file_object_is_file, "", ALLOCATE "o1; FltWriteFile o1 " NO_LIST),
    KEEPS(dereference_own, "", ALLOCATE "o1; ObDereferenceObject o1 " NO_LIST),

    /* It has no IRPs */
    BREAKS(irp_for_known_object, "", ALLOCATE "o1; irps create:o1"),
    BREAKS(irp_for_known_object, "", ALLOCATE "o1; irps cleanup:o1"),
    BREAKS(irp_for_known_object, "", ALLOCATE "o1; " FREE "o1 close:o1"),
    KEEPS(irp_for_known_object, "", ALLOCATE "o1; " FREE "o1; FltCreateFile k1 o1"),
    KEEPS(irp_close_at_last_reference, "", ALLOCATE "o1; " FREE "o1; end"),

    /* What is left */
    KEEPS(ecp_list_left, "",
          ALLOCATE "o1 #0; FltCreateFileEx2 k1 null:object ecp=#0; FltClose k1 cleanup:o2 "
                   "close:o2; " FREE "#0; end"),
    KEEPS(ecp_list_left, "",
          "ZwCreateEvent k1; ObReferenceObjectByHandle k1 o1; ZwClose k1; end "
          "leak:reference-left:-:2"),
    BREAKS(ecp_list_left, "", ALLOCATE "o1 #3; end leak:ecp-list-left:o3:1"),
    BREAKS(ecp_list_left, "",
           ALLOCATE "o1; " ALLOCATE "o2 #0; " ALLOCATE "o3 #1; " FREE "#0; end "
                    "leak:ecp-list-left:-:1 leak:ecp-list-left:o1:3"),
    BREAKS(ecp_list_left, "",
           ALLOCATE "o1 #0; FltCreateFileEx2 k1 o2 @0 #1 ecp=#0 -> ; end leak:ecp-list-left:o0:1 "
                    "leak:handle-left-open:h0:2 leak:reference-left:o1:2"),
    KEEPS(reference_left, "", ALLOCATE "o1; end leak:ecp-list-left:-:1"),

    /* Owners, teardown and unload do not look at it */
    KEEPS(reference_left_at_teardown, "",
          ALLOCATE "o1; TeardownStart instance=i0; TeardownComplete instance=i0; " FREE "o1"),
    KEEPS(reference_left_at_unload, "",
          ALLOCATE "o1; UnloadFilter; FltUnregisterFilter filter=f0; UnloadComplete; "
                   "FltRegisterFilter filter=f1; " FREE "o1 filter=f1; end"),
};

static void test_rules(void **state) {
    run_cases(*state, cases, ENTRIES(cases));
}

static void test_every_rule_has_its_cases(void **state) {
    (void)state;
    check_have_cases(rules_of_ecp_test, ENTRIES(rules_of_ecp_test), cases, ENTRIES(cases));
}

/* ---- what a violation says ------------------------------------------------------------------- */

static void test_violations_in_words(void **state) {
    static const struct {
        const char *script, *what;
    } texts[] = {
        {ALLOCATE "object:0",
         "FltAllocateExtraCreateParameterList succeeded and handed out no list"},
        {ALLOCATE "o1; " ALLOCATE "o1", "FltAllocateExtraCreateParameterList handed out object 1, "
                                        "which was there before"},
        {ALLOCATE "o1; " FREE "o1 =0x50",
         "FltFreeExtraCreateParameterList(object 1) = bugcheck 0x00000050, allowed: "
         "STATUS_SUCCESS"},
        {ALLOCATE "o1; irps close:o1", "IRP_MJ_CLOSE for an object that is no file object"},
    };
    for (size_t i = 0; i < ENTRIES(texts); i++) {
        struct script s;
        script_run(&s, *state, "", texts[i].script);
        assert_string_equal(s.violation.what, texts[i].what);
    }
}

/* ---- the list as a view ---------------------------------------------------------------------- */

static bool is_shown(const struct flt_contract *contract, uint64_t number) {
    const struct flt_view view = flt_contract_view(contract);
    struct flt_object_row row;
    return view.ops->find_object(view.self, script_object(number), &row);
}

static void expect_list(const struct flt_contract *contract, uint64_t number) {
    expect_object(contract, (struct flt_object_row){.token = script_object(number),
                                                    .references = 1,
                                                    .type = FLT_TYPE_ECP_LIST,
                                                    .phase = FLT_PHASE_IN_USE});
}

static void test_view(void **state) {
    const struct flt_contract *contract = *state;
    struct script s;
    run_clean(&s, *state, ALLOCATE "o1");
    expect_list(contract, 1);
    assert_int_equal(totals_of(contract).objects, 1);
    assert_int_equal(totals_of(contract).handles, 0);
    run_clean(&s, *state, ALLOCATE "o1; " FREE "o1");
    assert_false(is_shown(contract, 1));
    assert_int_equal(totals_of(contract).objects, 0);
    run_clean(&s, *state, ALLOCATE "o1; " ALLOCATE "o2; " FREE "o1");
    assert_false(is_shown(contract, 1));
    expect_list(contract, 2);
}

/* Whatever comes of a create, the list that it carried is there as it was. */
static void test_creates_leave_the_list_alone(void **state) {
    static const char *const scripts[] = {
        ALLOCATE "o1; FltCreateFileEx2 k1 o2 ecp=o1 ->",
        ALLOCATE "o1; FltCreateFileEx2 k1 null:object ecp=o1; FltClose k1 cleanup:o2 close:o2",
        ALLOCATE "o1; FltCreateFileEx2 path=\\missing =STATUS_OBJECT_NAME_NOT_FOUND ecp=o1",
        ALLOCATE "o1; FltCreateFileEx2 fail_step=1 create:o2 cleanup:o2 close:o2 " NO_MEMORY
                 "ecp=o1",
        ALLOCATE "o1; " PIPE REFUSED "ecp=o1",
        ALLOCATE "o1; " MAILSLOT REFUSED "ecp=o1",
        ALLOCATE "o1; FltReadFile o1 " NO_LIST,
        ALLOCATE "o1; " FREE "o1 filter=NULL " NO_FILTER,
    };
    for (size_t i = 0; i < ENTRIES(scripts); i++) {
        struct script s;
        run_clean(&s, *state, scripts[i]);
        expect_list(*state, 1);
    }
}

/* The same few records and addresses serve lists and other objects in turn. */
static void test_records_are_used_again(void **state) {
    const struct flt_contract *contract = *state;
    struct script s;
    char text[2048] = "";
    for (int i = 0; i < 8; i++)
        strcat(text, ALLOCATE "o1 #0; " FREE "#0; ZwCreateEvent k1 row:o1; ZwClose k1; ");
    run_clean(&s, *state, text);
    assert_int_equal(contract->objects, 1);
    assert_int_equal(contract->takes, 1);
    assert_int_equal(contract->token_index.count, 0);
    assert_int_equal(contract->acts->count, 0);
    assert_int_equal(totals_of(contract).objects, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_rules),
        TEST(test_every_rule_has_its_cases),
        TEST(test_violations_in_words),
        TEST(test_view),
        TEST(test_creates_leave_the_list_alone),
        TEST(test_records_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
