/* Buffers of opens that stop on a link: left by the open, taken, freed, left behind. */
#include "contract_cases.h"
#include "state.h"
#include "state_hash.h"

#define STOP "FltCreateFile path=\\link flags=IO_STOP_ON_SYMLINK "
#define STOP_EX "FltCreateFileEx path=\\link flags=IO_STOP_ON_SYMLINK "
#define STOPPED "=STATUS_STOPPED_ON_SYMLINK iosb:0x8000002D "
#define LEAVES(object) STOP STOPPED "info:" object "; "
#define TAKE "TakeReparseBuffer "
#define FREE "ExFreePool "
#define STALE "=withheld !object-live "
#define NO_BUFFER "=withheld !reparse-buffer-is-buffer "
#define NO_LIST "=withheld !ecp-list-is-list "

static const struct script_case cases[] = {
    /* What the open leaves */
    KEEPS(open_stops_on_symlink, "", LEAVES("o1") "FltCreateFile k1 o2"),
    KEEPS(open_stops_on_symlink, "any", LEAVES("o1") LEAVES("o2")),
    KEEPS(open_stops_on_symlink, "", LEAVES("o1") FREE "o1; " LEAVES("o1") FREE "o1; end"),
    BREAKS(open_stops_on_symlink, "", LEAVES("0")),
    BREAKS(open_stops_on_symlink, "", LEAVES("fill")),
    BREAKS(open_stops_on_symlink, "", STOP "=STATUS_STOPPED_ON_SYMLINK info:o1 iosb:0"),
    BREAKS(open_stops_on_symlink, "", LEAVES("o1") LEAVES("o1")),
    BREAKS(open_stops_on_symlink, "", "FltCreateFile k1; " LEAVES("o1")),
    BREAKS(open_stops_on_symlink, "",
           "FltAllocateExtraCreateParameterList o1; " LEAVES("o1")), /* what else is there */
    BREAKS(open_new_object, "", LEAVES("o1") "FltCreateFile k1 row:o1 silent"),
    BREAKS(ecp_allocate, "", LEAVES("o1") "FltAllocateExtraCreateParameterList o1"),

    /* TakeReparseBuffer */
    KEEPS(open_stops_on_symlink, "", LEAVES("o1") TAKE "#0 o1 allows:STATUS_SUCCESS; " FREE "#0"),
    KEEPS(open_stops_on_symlink, "", TAKE "#0 NULL; " LEAVES("o2") TAKE "#0 o2"),
    KEEPS(open_stops_on_symlink, "", LEAVES("o1") TAKE "o1; " TAKE "NULL"),
    KEEPS(open_stops_on_symlink, "", LEAVES("o1") LEAVES("o2") TAKE "o2; " TAKE "NULL"),
    /* It is gone already: who made the open has the pointer from the open. */
    KEEPS(open_stops_on_symlink, "", LEAVES("o1") FREE "o1; " TAKE "NULL"),
    KEEPS(open_stops_on_symlink, "",
          LEAVES("o1") FREE "o1; FltAllocateExtraCreateParameterList o1; " TAKE "NULL"),
    KEEPS(open_stops_on_symlink, "", "KeRaiseIrql irql=31; " TAKE "NULL"),
    BREAKS(open_stops_on_symlink, "", TAKE "o1"),
    BREAKS(open_stops_on_symlink, "", TAKE "fill"),
    BREAKS(open_stops_on_symlink, "", LEAVES("o1") TAKE "NULL"),
    BREAKS(open_stops_on_symlink, "", LEAVES("o1") TAKE "o2"),
    BREAKS(open_stops_on_symlink, "", LEAVES("o1") TAKE "o1; " TAKE "o1"),
    BREAKS(open_stops_on_symlink, "", LEAVES("o1") LEAVES("o2") TAKE "o1"),
    BREAKS(open_stops_on_symlink, "", LEAVES("o1") LEAVES("o2") TAKE "o2; " TAKE "o1"),
    KEEPS(call_is_quiet, "", TAKE "NULL allows:STATUS_SUCCESS"),
    BREAKS(call_is_quiet, "", TAKE "NULL =0x18"),
    BREAKS(output_not_null, "", TAKE "null:object =withheld !output-not-null"),
    KEEPS(output_not_null, "", TAKE "NULL"),

    /* ExFreePool */
    KEEPS(call_is_quiet, "", LEAVES("o1") TAKE "#0 o1; " FREE "#0 allows:STATUS_SUCCESS; end"),
    BREAKS(call_is_quiet, "", LEAVES("o1") FREE "o1 =0xC2"),
    KEEPS(object_not_null, "", LEAVES("o1") FREE "o1"),
    BREAKS(object_not_null, "", FREE "NULL =withheld !object-not-null"),
    /* A NULL that was handed out is no leftover of a failure. */
    BREAKS(object_not_null, "", TAKE "#0 NULL; " FREE "#0 =withheld !object-not-null"),
    BREAKS(object_not_null, "",
           LEAVES("o1") TAKE "#0 o1; " TAKE "#0 NULL; " FREE "#0 =withheld !object-not-null"),
    KEEPS(output_used_after_failure, "",
          "FltAllocateExtraCreateParameterList #0 object:0 fail_step=1 "
          "=STATUS_INSUFFICIENT_RESOURCES; " TAKE "#0 NULL; " FREE "#0 =withheld !object-not-null"),
    BREAKS(output_used_after_failure, "",
           "FltAllocateExtraCreateParameterList #0 object:0 fail_step=1 "
           "=STATUS_INSUFFICIENT_RESOURCES; " FREE
           "#0 =withheld !output-used-after-failure !object-not-null"),
    KEEPS(object_live, "", LEAVES("o1") FREE "o1"),
    BREAKS(object_live, "", FREE "o1 " STALE),
    BREAKS(object_live, "", LEAVES("o1") TAKE "#0 o1; " FREE "#0; " FREE "#0 " STALE),
    /* The address is another's by now. */
    BREAKS(object_live, "",
           LEAVES("o1") TAKE "#0 o1; " FREE "#0; " LEAVES("o1") FREE "#0 " STALE "; " TAKE
                                                                     "#1 o1; " FREE "#1; end"),
    BREAKS(object_live, "",
           "FltCreateFileEx k1; FltClose k1 cleanup:o1; ObDereferenceObject o1; " FREE "o1 " STALE),
    KEEPS(reparse_buffer_is_buffer, "", LEAVES("o1") TAKE "#0 o1; " FREE "#0"),
    BREAKS(reparse_buffer_is_buffer, "", "FltCreateFileEx k1; " FREE "o1 " NO_BUFFER),
    BREAKS(reparse_buffer_is_buffer, "",
           "ZwCreateEvent k1; ObReferenceObjectByHandle k1 o1; " FREE "o1 " NO_BUFFER),
    BREAKS(reparse_buffer_is_buffer, "",
           "FltAllocateExtraCreateParameterList o1; " FREE "o1 " NO_BUFFER),
    BREAKS(reparse_buffer_is_buffer, "", "PostCreate o1; " FREE "o1 " NO_BUFFER),

    /* A buffer is no other call's object */
    BREAKS(reparse_buffer_is_buffer, "", LEAVES("o1") "ObReferenceObject o1 " NO_BUFFER),
    BREAKS(reparse_buffer_is_buffer, "", LEAVES("o1") "ObDereferenceObject o1 " NO_BUFFER),
    BREAKS(reparse_buffer_is_buffer, "", LEAVES("o1") "ObOpenObjectByPointer o1 " NO_BUFFER),
    BREAKS(reparse_buffer_is_buffer, "", LEAVES("o1") "FltReadFile o1 " NO_BUFFER),
    BREAKS(reparse_buffer_is_buffer, "", LEAVES("o1") "FltWriteFile o1 " NO_BUFFER),
    BREAKS(reparse_buffer_is_buffer, "", LEAVES("o1") "FltQueryInformationFile o1 " NO_BUFFER),
    BREAKS(reparse_buffer_is_buffer, "", LEAVES("o1") "FltSetInformationFile o1 " NO_BUFFER),
    BREAKS(reparse_buffer_is_buffer, "", LEAVES("o1") "FltCancelFileOpen o1 " NO_BUFFER),
    KEEPS(reparse_buffer_is_buffer, "", LEAVES("o1") "CreateComplete o1"),
    BREAKS(ecp_list_is_list, "", LEAVES("o1") "FltFreeExtraCreateParameterList o1 " NO_LIST),
    BREAKS(ecp_list_is_list, "", LEAVES("o1") "FltCreateFileEx2 ecp=o1 " NO_LIST),
    KEEPS(reparse_buffer_is_buffer, "", LEAVES("o1") "FltCreateFileEx2 ecp=o1 " NO_LIST),

    /* The IRQL */
    KEEPS(pool_at_dispatch, "", LEAVES("o1") "KeRaiseIrql irql=2; " FREE "o1"),
    BREAKS(pool_at_dispatch, "", LEAVES("o1") "KeRaiseIrql irql=3; " FREE "o1 !pool-at-dispatch"),
    KEEPS(verifier_irql_stops, "verifier=on",
          LEAVES("o1") "KeRaiseIrql irql=3; " FREE "o1 =0xC4:0:3 !pool-at-dispatch allows:0xC4"),
    BREAKS(verifier_irql_stops, "verifier=on",
           LEAVES("o1") "KeRaiseIrql irql=3; " FREE "o1 !pool-at-dispatch"),

    /* It has no IRPs */
    BREAKS(irp_for_known_object, "", LEAVES("o1") "irps create:o1"),
    BREAKS(irp_for_known_object, "", LEAVES("o1") FREE "o1 cleanup:o1"),
    BREAKS(irp_for_known_object, "", LEAVES("o1") FREE "o1 close:o1"),
    KEEPS(irp_close_at_last_reference, "", LEAVES("o1") FREE "o1; end"),

    /* What is left: by the open, and in the slot that took it */
    BREAKS(reparse_buffer_left, "", LEAVES("o1") "end leak:reparse-buffer-left:-:1"),
    BREAKS(reparse_buffer_left, "", LEAVES("o1") TAKE "#3 o1; end leak:reparse-buffer-left:o3:1"),
    /* It went to no slot of the open's. */
    BREAKS(reparse_buffer_left, "",
           STOP_EX "@0 #0 " STOPPED "info:o1; " TAKE "#3 o1; end leak:reparse-buffer-left:o3:1"),
    BREAKS(reparse_buffer_left, "",
           STOP_EX "#0 " STOPPED "info:o1; end leak:reparse-buffer-left:-:1"),
    BREAKS(reparse_buffer_left, "",
           LEAVES("o1") LEAVES("o2") TAKE "#1 o2; " FREE "#1; end leak:reparse-buffer-left:-:1"),
    KEEPS(reparse_buffer_left, "", LEAVES("o1") TAKE "#0 o1; " FREE "#0; end"),
    KEEPS(reparse_buffer_left, "", LEAVES("o1") FREE "o1; " TAKE "#0 NULL; end"),
    KEEPS(reference_left, "", LEAVES("o1") "end leak:reparse-buffer-left:-:1"),

    /* Calls within the free: it takes what it was let through for, and nothing else. */
    KEEPS(reparse_buffer_left, "", LEAVES("o1") FREE "o1 { " FREE "o1 }; end"),
    KEEPS(reparse_buffer_left, "", LEAVES("o1") LEAVES("o2") FREE "o1 { " FREE "o2 }; end"),

    /* Owners, teardown, unload and exits do not look at it */
    KEEPS(reference_left_at_teardown, "",
          STOP "instance=i0 " STOPPED "info:o1; TeardownStart instance=i0; TeardownComplete "
               "instance=i0; " FREE "o1; end"),
    KEEPS(reference_left_at_unload, "",
          LEAVES("o1") "UnloadFilter; FltUnregisterFilter filter=f0; UnloadComplete; ExitProcess "
                       "process=p1; " FREE "o1; end"),
};

static void test_rules(void **state) {
    run_cases(*state, cases, ENTRIES(cases));
}

static void test_every_rule_has_its_cases(void **state) {
    (void)state;
    check_have_cases(rules_of_reparse_buffer_test, ENTRIES(rules_of_reparse_buffer_test), cases,
                     ENTRIES(cases));
}

static void test_violations_in_words(void **state) {
    static const struct {
        const char *script, *what;
    } texts[] = {
        {LEAVES("fill"), "FltCreateFile stopped on a link and left no buffer in IoStatusBlock"},
        {STOP "=STATUS_STOPPED_ON_SYMLINK iosb:0 info:o1",
         "FltCreateFile stopped on a link and left no status in IoStatusBlock"},
        {LEAVES("o1") LEAVES("o1"), "FltCreateFile stopped on a link and left object 1, which was "
                                    "there before, as its buffer"},
        {TAKE "o1", "TakeReparseBuffer handed out a buffer, and no open left one to take"},
        {LEAVES("o1") TAKE "NULL", "TakeReparseBuffer did not hand out object 1, the buffer of the "
                                   "last open that stopped on a link"},
    };
    for (size_t i = 0; i < ENTRIES(texts); i++) {
        struct script s;
        script_run(&s, *state, "", texts[i].script);
        assert_string_equal(s.violation.what, texts[i].what);
    }
}

/* ---- the state ------------------------------------------------------------------------------- */

static void expect_buffer(const struct flt_contract *contract, uint64_t number) {
    expect_object(contract, (struct flt_object_row){.token = script_object(number),
                                                    .references = 1,
                                                    .type = FLT_TYPE_REPARSE_BUFFER,
                                                    .phase = FLT_PHASE_IN_USE});
}

static void test_view(void **state) {
    const struct flt_contract *contract = *state;
    struct script s;
    run_clean(&s, *state, LEAVES("o1"));
    expect_buffer(contract, 1);
    run_clean(&s, *state, LEAVES("o1") LEAVES("o2") TAKE "#0 o2");
    expect_buffer(contract, 1);
    expect_buffer(contract, 2);
    run_clean(&s, *state, LEAVES("o1") FREE "o1");
    assert_int_equal(totals_of(contract).objects, 0);
    assert_int_equal(contract->acts->count, 0);
}

/* The open fails, and there is one object more than before. */
static void test_stopped_open_changes_something(void **state) {
    struct flt_contract *contract = *state;
    struct script s;
    struct flt_call call;
    run_clean(&s, contract, LEAVES("o1"));
    flt_call_init(&call, FLT_OP_FltCreateFile);
    call.step = 1;
    assert_true(flt_contract_failure_may_change(contract, &call));
    call.step = 2; /* another one, which did not stop */
    assert_false(flt_contract_failure_may_change(contract, &call));
}

static uint64_t hash_after(struct flt_contract *contract, const char *text) {
    static const struct flt_unnamed_objects none;
    static struct flt_variables variables;
    struct script s;
    uint64_t hash;
    run_clean(&s, contract, text);
    variables.objects = 2;
    for (int i = 0; i < 2; i++)
        variables.object[i] = (struct flt_variable){s.object_slot[i], (int8_t)i};
    assert_true(flt_contract_state_hash(contract, &variables, &none, &hash));
    return hash;
}

static void test_state_hash(void **state) {
    const uint64_t untaken = hash_after(*state, LEAVES("o1"));
    const uint64_t lost = hash_after(*state, LEAVES("o1") LEAVES("o2") TAKE "#0 o2; " FREE "#0");
    assert_int_equal(untaken, hash_after(*state, "ZwCreateEvent k1; ZwClose k1; " LEAVES("o7")));
    assert_int_not_equal(untaken, hash_after(*state, ""));
    assert_int_not_equal(untaken, hash_after(*state, LEAVES("o1") TAKE "#0 o1"));
    assert_int_not_equal(untaken, lost);
    /* Of two, the first or the second can be taken no more. */
    assert_int_not_equal(hash_after(*state, LEAVES("o1") TAKE "#0 o1; " LEAVES("o2")),
                         hash_after(*state, LEAVES("o1") LEAVES("o2") TAKE "#0 o2"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_rules), TEST(test_every_rule_has_its_cases),       TEST(test_violations_in_words),
        TEST(test_view),  TEST(test_stopped_open_changes_something), TEST(test_state_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
