/* PostCreate and CreateComplete: a file object without a handle, and what may become of it. */
#include "contract_cases.h"
#include "state.h"
#include "state_hash.h"

#define POST(path) "PostCreate path=" path " "
#define COMPLETE "CreateComplete "
#define CANCEL "FltCancelFileOpen "
#define BY_POINTER "ObOpenObjectByPointer "
#define STALE "=withheld !object-live "
#define CREATED "disposition=FILE_CREATE info:2 "
#define ON_CLOSE "access=DELETE create_options=FILE_DELETE_ON_CLOSE "
#define GONE "cleanup:o1 close:o1 "

static const struct script_case cases[] = {
    /* What the open comes to is ZwCreateFile's, but for a table */
    KEEPS(open_existing, "", POST("\\a") "#0 allows:STATUS_SUCCESS"),
    KEEPS(open_existing, "any", POST("\\a") "allows:STATUS_SUCCESS"),
    KEEPS(open_existing, "geometry=small", POST("\\a") "allows:STATUS_SUCCESS"),
    BREAKS(open_existing, "", POST("\\a") "=STATUS_ACCESS_DENIED"),
    KEEPS(open_missing, "", POST("\\missing") "=STATUS_OBJECT_NAME_NOT_FOUND"),
    BREAKS(open_missing, "", POST("\\missing")),
    KEEPS(open_creates, "", POST("\\missing") CREATED),
    BREAKS(open_creates, "", POST("\\missing") CREATED "=STATUS_ACCESS_DENIED"),
    KEEPS(open_follows_link, "", POST("\\link")),
    KEEPS(open_oplock_break, "",
          POST("\\oplocked") "create_options=FILE_COMPLETE_IF_OPLOCKED "
                             "=STATUS_OPLOCK_BREAK_IN_PROGRESS info:9"),
    KEEPS(open_pipe_client, "",
          "FltCreateNamedPipeFile k1 path=\\Device\\NamedPipe\\p disposition=FILE_CREATE "
          "share=FILE_SHARE_READ|FILE_SHARE_WRITE info:2; " POST("\\Device\\NamedPipe\\p")),
    KEEPS(share_conflict, "",
          POST("\\a") "share=0; " POST("\\a") "=STATUS_SHARING_VIOLATION; FltCreateFile path=\\a "
                                              "=STATUS_SHARING_VIOLATION"),
    BREAKS(share_conflict, "", POST("\\a") "share=0; FltCreateFile k2 path=\\a"),
    KEEPS(share_conflict, "", POST("\\a") "share=0; " COMPLETE "o1 " GONE "; " POST("\\a")),
    BREAKS(open_iosb, "", POST("\\a") "info:2"),
    BREAKS(open_failed_iosb, "", POST("\\missing") "=STATUS_OBJECT_NAME_NOT_FOUND info:1"),
    BREAKS(failed_outputs, "", POST("\\missing") "=STATUS_OBJECT_NAME_NOT_FOUND object:0"),
    /* The request comes from user mode: what may be held against it is. */
    KEEPS(open_parameters, "create_checks=asked",
          POST("\\a") "create_options=FILE_SYNCHRONOUS_IO_ALERT =STATUS_INVALID_PARAMETER "
                      "allows:STATUS_INVALID_PARAMETER"),
    KEEPS(open_parameters, "any",
          POST("\\a") "create_options=FILE_SYNCHRONOUS_IO_ALERT =STATUS_INVALID_PARAMETER "
                      "allows:STATUS_INVALID_PARAMETER"),
    BREAKS(open_parameters, "create_checks=asked", POST("\\a") ON_CLOSE "access=1"),
    /* RootDirectory */
    KEEPS(open_relative, "", "ZwCreateFile k1 path=\\d; " POST("x") "root=k1"),
    KEEPS(open_root_bad, "", POST("x") "root=k1 =STATUS_INVALID_HANDLE"),
    BREAKS(open_root_bad, "", POST("x") "root=k1"),

    /* It does nothing wrong: it is no filter's call */
    KEEPS(use_real_handle, "", POST("x") "root=k1 =STATUS_INVALID_HANDLE"),
    KEEPS(disposition_known, "", POST("\\a") "disposition=6 =STATUS_INVALID_PARAMETER"),
    KEEPS(volume_open_access, "", POST("\\??\\C:") "access=READ_CONTROL"),
    KEEPS(zw_at_passive, "verifier=on",
          "KeRaiseIrql irql=31; " POST("\\a") "; " COMPLETE "o2 "
                                              "cleanup:o2 close:o2"),
    KEEPS(no_files_while_attached, "", "KeStackAttachProcess process=p2; " POST("\\a")),
    BREAKS(output_not_null, "", POST("\\a") "null:object =withheld !output-not-null"),
    KEEPS(output_not_null, "", POST("\\a")),

    /* It fails as told, and nothing came of it */
    KEEPS(injected_failure, "",
          POST("\\a") "fail=STATUS_ACCESS_DENIED =STATUS_ACCESS_DENIED "
                      "allows:STATUS_ACCESS_DENIED"),
    BREAKS(injected_failure, "", POST("\\a") "fail=STATUS_ACCESS_DENIED"),
    KEEPS(failed_open_undone, "",
          POST("\\missing") CREATED "fail_step=2 =STATUS_INSUFFICIENT_RESOURCES info:fill; end"),
    KEEPS(failed_open_undone, "",
          POST("\\a") "fail_step=3 create:o1 " GONE "=STATUS_INSUFFICIENT_RESOURCES; end"),
    BREAKS(failed_open_undone, "",
           POST("\\a") "fail_step=2 create:o1 =STATUS_INSUFFICIENT_RESOURCES"),

    /* The object */
    KEEPS(ex_returns_object, "", POST("\\a")),
    BREAKS(ex_returns_object, "", POST("\\a") "object:0 silent"),
    BREAKS(ex_returns_object, "", POST("\\a") "object:fill"),
    KEEPS(open_new_object, "", POST("\\a") "; " POST("\\a")),
    BREAKS(open_new_object, "", POST("\\a") "; " POST("\\a") "o1 silent"),
    BREAKS(open_new_object, "", "FltCreateFile k1 path=\\a; " POST("\\a") "o1 silent"),
    BREAKS(irp_create_first, "", POST("\\a") "silent"),
    BREAKS(irp_create_first, "", POST("\\a") "; " POST("\\a") "o1"),

    /* It is as open as with a handle */
    KEEPS(use_open_file_object, "",
          POST("\\a") "; FltReadFile o1; FltWriteFile o1; FltQueryInformationFile o1"),
    KEEPS(set_disposition, "",
          POST("\\a") "access=DELETE; FltSetInformationFile o1; FltSetInformationFile o1 delete=0"),
    BREAKS(delete_needs_access, "", POST("\\a") "; FltSetInformationFile o1 !delete-needs-access"),
    KEEPS(file_object_open, "", POST("\\a") "; FltReadFile o1"),
    KEEPS(dereference_own, "", POST("\\a") "; ObReferenceObject o1; ObDereferenceObject o1"),
    BREAKS(dereference_own, "",
           POST("\\a") "#0; ObDereferenceObject #0 =withheld !dereference-own"),
    BREAKS(dereference_own, "",
           POST("\\a") "; " BY_POINTER "o1 -> k1; ObDereferenceObject o1 =withheld "
                       "!dereference-own"),
    KEEPS(reference_left, "", POST("\\a") "#0; end"),
    BREAKS(reference_left, "", POST("\\a") "#0; ObReferenceObject #0; end leak:reference-left:-:2"),
    KEEPS(reference_left_at_unload, "",
          POST("\\a") "; UnloadFilter; FltUnregisterFilter filter=f0; UnloadComplete; " COMPLETE
                      "o1 " GONE),
    KEEPS(file_object_is_file, "", POST("\\a") "; FltReadFile o1"),

    /* IRP_MJ_CLEANUP before anybody closes it */
    BREAKS(irp_cleanup_at_last_handle, "", POST("\\a") "; irps cleanup:o1"),
    BREAKS(irp_cleanup_at_last_handle, "", POST("\\a") "; FltReadFile o1 cleanup:o1"),
    BREAKS(irp_close_after_cleanup, "", POST("\\a") "; irps close:o1"),
    BREAKS(irp_cleanup_at_last_handle, "", POST("\\a") "cleanup:o1"),

    /* A handle by pointer, and its close */
    KEEPS(open_by_pointer, "", POST("\\a") "; " BY_POINTER "o1 -> k1; ZwReadFile k1"),
    KEEPS(reopen_before_cleanup, "",
          POST("\\a") "; " BY_POINTER "o1 -> k1; " BY_POINTER "o1 -> k2"),
    KEEPS(irp_cleanup_at_last_handle, "",
          POST("\\a") "; " BY_POINTER "o1 -> k1; ZwClose k1 cleanup:o1; " COMPLETE "o1 close:o1"),
    BREAKS(irp_cleanup_at_last_handle, "", POST("\\a") "; " BY_POINTER "o1 -> k1; ZwClose k1"),
    BREAKS(irp_close_at_last_reference, "",
           POST("\\a") "; " BY_POINTER "o1 -> k1; ZwClose k1 " GONE),
    BREAKS(reopen_before_cleanup, "",
           POST("\\a") "; " BY_POINTER "o1 -> k1; ZwClose k1 cleanup:o1; " BY_POINTER
                       "o1 =STATUS_FILE_CLOSED !reopen-before-cleanup"),
    BREAKS(file_object_open, "",
           POST("\\a") "; " BY_POINTER "o1 -> k1; ZwClose k1 cleanup:o1; FltReadFile o1 "
                       "=STATUS_FILE_CLOSED !file-object-open"),
    BREAKS(handle_left_open, "",
           POST("\\a") "; " BY_POINTER "o1 -> k1; end leak:handle-left-open:-:2"),
    /* Other handles keep it open. */
    KEEPS(irp_cleanup_at_last_handle, "",
          POST("\\a") "; " BY_POINTER "o1 -> k1; " COMPLETE "o1; ZwReadFile k1; ZwClose k1 " GONE),
    BREAKS(irp_cleanup_at_last_handle, "",
           POST("\\a") "; " BY_POINTER "o1 -> k1; " COMPLETE "o1 cleanup:o1"),

    /* CreateComplete: the application's handle comes and goes */
    KEEPS(irp_cleanup_at_last_handle, "", POST("\\a") "#0; " COMPLETE "#0 " GONE "; end"),
    BREAKS(irp_cleanup_at_last_handle, "", POST("\\a") "#0; " COMPLETE "#0"),
    BREAKS(irp_cleanup_once, "", POST("\\a") "#0; " COMPLETE "#0 cleanup:o1 cleanup:o1"),
    BREAKS(irp_close_after_cleanup, "", POST("\\a") "; " COMPLETE "o1 close:o1"),
    BREAKS(irp_close_at_last_reference, "", POST("\\a") "#0; " COMPLETE "#0 cleanup:o1; end"),
    KEEPS(irp_close_at_last_reference, "", POST("\\a") "; end"),
    KEEPS(irp_close_at_last_reference, "",
          POST("\\a") "; ObReferenceObject o1; " COMPLETE "o1 cleanup:o1; ObDereferenceObject o1 "
                      "close:o1; end"),
    BREAKS(irp_close_at_last_reference, "",
           POST("\\a") "; ObReferenceObject o1; " COMPLETE "o1 " GONE),
    KEEPS(irp_cleanup_in_closing_process, "",
          POST("\\a") "; KeStackAttachProcess process=p2; " COMPLETE "o1 cleanup:o1:p2 close:o1"),
    BREAKS(irp_cleanup_in_closing_process, "", POST("\\a") "; " COMPLETE "o1 cleanup:o1:System"),
    BREAKS(object_live, "", POST("\\a") "#0; " COMPLETE "#0 " GONE "; FltReadFile #0 " STALE),
    BREAKS(object_live, "", POST("\\a") "#0; " COMPLETE "#0 " GONE "{ FltReadFile #0 " STALE "}"),
    /* Of nothing, and of what has no create under way. */
    KEEPS(call_is_quiet, "", COMPLETE "NULL allows:STATUS_SUCCESS; " COMPLETE "o1"),
    KEEPS(call_is_quiet, "", POST("\\a") "#0; " COMPLETE "#0 " GONE "; " COMPLETE "#0"),
    KEEPS(irp_cleanup_at_last_handle, "",
          "FltCreateFileEx k1; " COMPLETE "o1; FltReadFile o1; ZwCreateEvent k2; "
          "ObReferenceObjectByHandle k2 o4; " COMPLETE "o4; FltClose k1 cleanup:o1; " COMPLETE
          "o1"),
    BREAKS(call_is_quiet, "", POST("\\a") "; " COMPLETE "o1 =0x18"),
    /* At the address of another by now, whose create is. */
    KEEPS(irp_cleanup_at_last_handle, "",
          POST("\\a") "#0; " COMPLETE "#0 " GONE "; " POST("\\a") "o1 #1; " COMPLETE "#0 " GONE
                                                                  "; end"),

    /* Calls within its IRPs */
    KEEPS(irp_close_once, "", POST("\\a") "; " COMPLETE "o1 " GONE "{ " COMPLETE "o1 }; end"),
    KEEPS(irp_close_once, "",
          POST("\\a") "; " COMPLETE "o1 " GONE "{ " POST("\\b") "o1 }; " COMPLETE "o1 " GONE
                                                                "; end"),
    KEEPS(irp_cleanup_once, "",
          POST("\\a") "; " COMPLETE "o1 cleanup:o1 { ObReferenceObject o1 }; ObDereferenceObject "
                      "o1 close:o1; end"),
    BREAKS(file_object_open, "",
           POST("\\a") "; " COMPLETE "o1 cleanup:o1 { FltReadFile o1 =STATUS_FILE_CLOSED "
                       "!file-object-open }"),
    KEEPS(irp_for_known_object, "",
          "FltCreateFile k1 o1 { " POST("\\a") "o2 }; " COMPLETE "o2 cleanup:o2 close:o2; FltClose "
                                               "k1 " GONE),
};

static void test_rules(void **state) {
    run_cases(*state, cases, ENTRIES(cases));
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void expect_file(struct flt_contract *contract, const char *text, uint32_t handles,
                        uint32_t references, enum flt_phase phase) {
    struct script s;
    run_clean(&s, contract, text);
    expect_object(contract, (struct flt_object_row){.token = script_object(1),
                                                    .handles = handles,
                                                    .references = references,
                                                    .type = FLT_TYPE_FILE,
                                                    .phase = (uint8_t)phase});
}

/* The create's reference is in the row, until the create is complete. */
static void test_rows(void **state) {
    expect_file(*state, POST("\\a"), 0, 1, FLT_PHASE_IN_USE);
    expect_file(*state, POST("\\a") "; ObReferenceObject o1", 0, 2, FLT_PHASE_IN_USE);
    expect_file(*state, POST("\\a") "; " BY_POINTER "o1 -> k1", 1, 1, FLT_PHASE_IN_USE);
    expect_file(*state, POST("\\a") "; " BY_POINTER "o1 -> k1; ZwClose k1 cleanup:o1", 0, 1,
                FLT_PHASE_CLEANED);
    expect_file(*state, POST("\\a") "; " BY_POINTER "o1 -> k1; " COMPLETE "o1", 1, 0,
                FLT_PHASE_IN_USE);
    expect_file(*state, POST("\\a") "; " CANCEL "o1 cleanup:o1", 0, 1, FLT_PHASE_CLEANED);
    expect_file(*state, POST("\\a") "; ObReferenceObject o1; " COMPLETE "o1 cleanup:o1", 0, 1,
                FLT_PHASE_CLEANED);
}

static void test_all_of_it_goes(void **state) {
    const struct flt_contract *contract = *state;
    struct script s;
    char text[2048] = "";
    for (int i = 0; i < 4; i++)
        strcat(text, POST("\\a") "o1 #0; " COMPLETE "#0 " GONE "; " POST(
                         "\\a") "o1 #0; " CANCEL "#0 cleanup:o1; " COMPLETE "#0 close:o1; ");
    run_clean(&s, *state, text);
    assert_int_equal(contract->objects, 1);
    assert_int_equal(contract->takes, 0);
    assert_int_equal(contract->token_index.count, 0);
    assert_int_equal(contract->acts->count, 0);
    assert_int_equal(totals_of(contract).objects, 0);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void expect_name(struct flt_contract *contract, const char *text, const char *name,
                        enum flt_name_there there, bool deleting, enum flt_rule rule) {
    struct script s;
    run_clean(&s, contract, text);
    const struct flt_view view = flt_contract_view(contract);
    const uint8_t id = flt_name_by_text(name, strlen(name))->id;
    const struct flt_name_row *row = &view.ops->names(view.self)[id];
    assert_int_equal(row->there, there);
    assert_int_equal(row->deleting, deleting);
    assert_int_equal(flt_contract_name_rule(contract, id), rule);
}

static void test_names(void **state) {
    expect_name(*state, POST("\\missing") CREATED, "\\missing", FLT_NAME_FILE, false,
                FLT_RULE_open_creates);
    expect_name(*state, POST("\\missing") CREATED "; " CANCEL "o1 cleanup:o1", "\\missing",
                FLT_NAME_FILE, false, FLT_RULE_names_as_made);
    expect_name(*state, POST("\\missing") CREATED ON_CLOSE "; " CANCEL "o1 cleanup:o1", "\\missing",
                FLT_NAME_NOTHING, false, FLT_RULE_deleted_at_last_handle);
    expect_name(*state, POST("\\a") ON_CLOSE "; " COMPLETE "o1 " GONE, "\\a", FLT_NAME_NOTHING,
                false, FLT_RULE_deleted_at_last_handle);
    expect_name(*state, POST("\\a") ON_CLOSE "; " POST("\\a") "; " COMPLETE "o1 " GONE, "\\a",
                FLT_NAME_FILE, true, FLT_RULE_delete_on_close_marks);
    /* While the filter's own handle keeps it open. */
    expect_name(*state, POST("\\a") ON_CLOSE "; " BY_POINTER "o1 -> k1; " COMPLETE "o1", "\\a",
                FLT_NAME_FILE, false, FLT_RULE_names_as_made);
    expect_name(*state,
                POST("\\a") "access=DELETE; FltSetInformationFile o1 "
                            "delete=FILE_DISPOSITION_DELETE|FILE_DISPOSITION_POSIX_SEMANTICS; "
                            "FltCreateFile =STATUS_DELETE_PENDING; " COMPLETE "o1 " GONE,
                "\\a", FLT_NAME_NOTHING, false, FLT_RULE_posix_delete);
}

/* ---- the state as a number ------------------------------------------------------------------- */

static uint64_t hash_after(struct flt_contract *contract, const char *text) {
    static const struct flt_unnamed_objects none;
    static struct flt_variables variables;
    struct script s;
    uint64_t hash;
    run_clean(&s, contract, text);
    variables.objects = 1;
    variables.object[0] = (struct flt_variable){s.object_slot[0], 0};
    assert_true(flt_contract_state_hash(contract, &variables, &none, &hash));
    return hash;
}

static void test_state_hash(void **state) {
    static const char *const texts[] = {
        "",
        POST("\\a") "#0",
        POST("\\a") "#0; ObReferenceObject #0",
        POST("\\a") "#0; " CANCEL "#0 cleanup:o1",
        POST("\\a") "#0; " BY_POINTER "#0 -> k1; ZwClose k1 cleanup:o1",
        POST("\\a") "#0; ObReferenceObject #0; " COMPLETE "#0 cleanup:o1",
        POST("\\a") "#0; ObReferenceObject #0; " CANCEL "#0 cleanup:o1; " COMPLETE "#0",
        POST("\\a") "#0; " COMPLETE "#0 " GONE,
    };
    uint64_t hash[ENTRIES(texts)];
    for (size_t i = 0; i < ENTRIES(texts); i++) {
        hash[i] = hash_after(*state, texts[i]);
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(hash[i], hash[k]);
    }
    assert_int_equal(hash[1],
                     hash_after(*state, "ZwCreateEvent k1; ZwClose k1; " POST("\\a") "#0"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_rules), TEST(test_rows),       TEST(test_all_of_it_goes),
        TEST(test_names), TEST(test_state_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
