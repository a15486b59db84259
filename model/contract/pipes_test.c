/* Pipes and mailslots: the server's ends, and those who open them by name. */
#include "contract_cases.h"

#define PIPE "FltCreateNamedPipeFile path=\\Device\\NamedPipe\\p share=3 "
#define MAILSLOT "FltCreateMailslotFile path=\\Device\\Mailslot\\m "
#define CLIENT "FltCreateFile path=\\Device\\NamedPipe\\p "
#define WRITER "ZwCreateFile path=\\Device\\Mailslot\\m "
#define CREATED "info:2 "
#define CREATE "disposition=FILE_CREATE "
#define OPEN_IF "disposition=FILE_OPEN_IF "
#define GONE(o) "cleanup:" #o " close:" #o " "
#define INVALID "=STATUS_INVALID_PARAMETER "
#define NOT_FOUND "=STATUS_OBJECT_NAME_NOT_FOUND "
#define DENIED "=STATUS_ACCESS_DENIED "
#define COLLISION "=STATUS_OBJECT_NAME_COLLISION "
#define NO_DEVICE "=STATUS_INVALID_DEVICE_REQUEST "
#define NO_INSTANCE "=STATUS_INSTANCE_NOT_AVAILABLE "
#define ROOT(path) "FltCreateFile k8 @8 path=" path "; "
#define UNDONE(o) "create:" #o " " GONE(o)
#define FULL "=STATUS_INSUFFICIENT_RESOURCES "

static const struct script_case cases[] = {
    /* Pipes */
    KEEPS(pipe_create, "", PIPE CREATE CREATED "k1 allows:STATUS_SUCCESS"),
    KEEPS(pipe_create, "",
          PIPE OPEN_IF CREATED "instances=2 k1; " PIPE OPEN_IF "k2; FltClose k1 cleanup:o1"),
    KEEPS(pipe_create, "", PIPE CREATE CREATED "instances=unlimited k1; " PIPE "k2; " PIPE "k3"),
    KEEPS(pipe_create, "", PIPE NOT_FOUND),
    KEEPS(pipe_create, "",
          PIPE CREATE CREATED "instances=2 k1; " PIPE CREATE DENIED
                              "allows:STATUS_ACCESS_DENIED|STATUS_OBJECT_NAME_COLLISION"),
    KEEPS(pipe_create, "", PIPE CREATE CREATED "instances=2 k1; " PIPE CREATE COLLISION),
    KEEPS(pipe_create, "", /* gone with its last end: a client's is none */
          PIPE CREATE CREATED "#0 k1; " CLIENT "k2; FltClose k1 cleanup:o1; " CLIENT NOT_FOUND
                              "; " PIPE CREATE CREATED "k3; " CLIENT
                              "k5; FltClose k2 " GONE(o2) "; FltClose k5 " GONE(o6)),
    KEEPS(pipe_create, "", /* nothing of an end that is undone is left */
          PIPE CREATE "fail_step=4 " FULL UNDONE(o1) "; " PIPE NOT_FOUND "; " PIPE CREATE CREATED
                                                     "k1"),
    KEEPS(pipe_create, "",
          PIPE CREATE CREATED
          "instances=1 k1 null:object; FltClose k1 " GONE(o1) "; " PIPE CREATE CREATED "k1"),
    BREAKS(pipe_create, "", PIPE "k1"),
    BREAKS(pipe_create, "", PIPE CREATE NOT_FOUND),
    BREAKS(pipe_create, "", PIPE CREATE "k1"),
    BREAKS(pipe_create, "", PIPE CREATE CREATED "instances=2 k1; " PIPE CREATED "k2"),
    BREAKS(pipe_create, "", PIPE CREATE CREATED "instances=2 k1; " PIPE CREATE "k2"),
    BREAKS(open_iosb, "", PIPE CREATE "iosb:fill info:fill k1"),
    BREAKS(ex_returns_object, "", PIPE CREATE CREATED "k1 object:NULL"),
    BREAKS(irp_create_first, "", PIPE CREATE CREATED "k1 silent"),
    KEEPS(pipe_instances, "", PIPE CREATE CREATED "k1; " PIPE NO_INSTANCE),
    KEEPS(pipe_instances, "", /* what the first asked for counts */
          PIPE CREATE CREATED "instances=2 k1; " PIPE "instances=1 k2; " PIPE
                              "instances=unlimited " NO_INSTANCE),
    KEEPS(pipe_instances, "",
          PIPE CREATE CREATED "instances=2 k1; " PIPE "share=1 " DENIED
                              "allows:STATUS_ACCESS_DENIED"),
    KEEPS(pipe_instances, "", /* sharing comes first */
          PIPE CREATE CREATED "k1; " PIPE "share=1 " DENIED),
    KEEPS(pipe_instances, "",
          PIPE CREATE CREATED "instances=2 k1 null:object; " PIPE
                              "k2; FltClose k1 " GONE(o1) "; " PIPE "k1; " PIPE NO_INSTANCE),
    BREAKS(pipe_instances, "", PIPE CREATE CREATED "k1; " PIPE "k2"),
    BREAKS(pipe_instances, "", PIPE CREATE CREATED "instances=2 k1; " PIPE "share=2 k2"),
    KEEPS(pipe_device, "", "FltCreateNamedPipeFile path=\\a share=3 " CREATE NO_DEVICE),
    KEEPS(pipe_device, "", "FltCreateNamedPipeFile path=\\Device\\NamedPipe\\q share=3 " NO_DEVICE),
    KEEPS(pipe_device, "",
          "FltCreateNamedPipeFile path=\\Device\\NamedPipe\\p\\ share=3 " NO_DEVICE),
    KEEPS(pipe_device, "", "FltCreateNamedPipeFile path=\\a share=3 instance=i0 " NO_DEVICE),
    KEEPS(pipe_device, "", "FltCreateNamedPipeFile path=\\Device\\Mailslot\\m share=3 " NO_DEVICE),
    KEEPS(pipe_device, "", "FltCreateMailslotFile path=\\Device\\NamedPipe\\p " NO_DEVICE),
    KEEPS(pipe_device, "", ROOT("\\d") "FltCreateMailslotFile root=@8 path=x " NO_DEVICE),
    BREAKS(pipe_device, "", "FltCreateNamedPipeFile path=\\b share=3 k1"),
    BREAKS(pipe_device, "", "FltCreateMailslotFile path=\\missing " CREATED "k1"),
    KEEPS(pipe_parameters_checked, "",
          PIPE "disposition=FILE_SUPERSEDE " INVALID "!pipe-parameters"),
    KEEPS(pipe_parameters_checked, "",
          MAILSLOT "create_options=FILE_DIRECTORY_FILE " INVALID "!pipe-parameters"),
    KEEPS(pipe_parameters_checked, "", /* before the name */
          "FltCreateNamedPipeFile path= share=7 " INVALID "!pipe-parameters"),
    BREAKS(pipe_parameters_checked, "", PIPE CREATE CREATED "instances=0 k1 !pipe-parameters"),
    BREAKS(pipe_parameters_checked, "",
           MAILSLOT "create_options=FILE_DELETE_ON_CLOSE " CREATED "k1 !pipe-parameters"),
    KEEPS(mailslot_create, "", MAILSLOT CREATED "k1; " MAILSLOT COLLISION),
    KEEPS(mailslot_create, "",
          MAILSLOT CREATED "k1 null:object; FltClose k1 " GONE(o1) "; " MAILSLOT CREATED "k1"),
    BREAKS(mailslot_create, "", MAILSLOT CREATED "k1; " MAILSLOT CREATED "k2"),
    BREAKS(mailslot_create, "", MAILSLOT "k1"),
    BREAKS(mailslot_create, "", MAILSLOT NOT_FOUND),

    /* As any Flt open */
    KEEPS(close_flt_created, "",
          PIPE CREATE CREATED "k1; FltClose k1 cleanup:o1 allows:STATUS_SUCCESS"),
    KEEPS(open_deleting, "", "UnloadFilter; " PIPE CREATE "=STATUS_FLT_DELETING_OBJECT"),
    KEEPS(open_deleting, "any",
          "UnloadFilter; " MAILSLOT CREATED "k1 allows:STATUS_SUCCESS|STATUS_FLT_DELETING_OBJECT"),
    BREAKS(open_deleting, "", "UnloadFilter; " MAILSLOT CREATED "k1"),
    KEEPS(injected_failure, "", PIPE CREATE "fail=STATUS_INSUFFICIENT_RESOURCES " FULL),
    KEEPS(failed_outputs, "", PIPE NOT_FOUND "; " MAILSLOT "fail_step=1 " FULL),
    BREAKS(failed_outputs, "", PIPE NOT_FOUND "object:NULL"),
    BREAKS(open_failed_iosb, "", PIPE NOT_FOUND "info:0"),
    KEEPS(open_name_syntax, "",
          "FltCreateNamedPipeFile path=p share=3 =STATUS_OBJECT_PATH_SYNTAX_BAD"),
    KEEPS(open_wrong_volume, "",
          PIPE CREATE "instance=i0 =STATUS_MOUNT_POINT_NOT_RESOLVED !instance-of-the-volume allows:"
                      "STATUS_MOUNT_POINT_NOT_RESOLVED|STATUS_INVALID_DEVICE_OBJECT_PARAMETER"),
    BREAKS(open_wrong_volume, "", MAILSLOT "instance=i0 " CREATED "k1 !instance-of-the-volume"),
    KEEPS(open_root_bad, "",
          "FltCreateMailslotFile root=k1 path=x =STATUS_INVALID_HANDLE !use-real-handle"),
    KEEPS(open_root_kind, "",
          ROOT("\\a") "FltCreateMailslotFile root=@8 path=x =STATUS_OBJECT_PATH_NOT_FOUND "
                      "!root-is-directory"),
    KEEPS(
        open_relative_syntax, "",
        ROOT("\\d") "FltCreateNamedPipeFile root=@8 share=3 path=\\x =STATUS_OBJECT_NAME_INVALID"),
    KEEPS(open_delete_pending, "",
          "FltCreateFileEx k1 path=\\e access=DELETE; FltSetInformationFile o1; "
          "FltCreateMailslotFile root=k1 path=x =STATUS_DELETE_PENDING"),

    /* Those who open them by name */
    KEEPS(open_pipe_client, "",
          CLIENT NOT_FOUND "; " CLIENT OPEN_IF NOT_FOUND "; " WRITER CREATE NOT_FOUND),
    KEEPS(open_pipe_client, "",
          PIPE CREATE CREATED "k1; " CLIENT "share=0 k2; " CLIENT OPEN_IF "share=0 k3; " CLIENT
                              "disposition=FILE_OVERWRITE " INVALID),
    KEEPS(open_pipe_client, "",
          MAILSLOT CREATED "k1; " WRITER "access=GENERIC_WRITE k2; " WRITER CREATE INVALID),
    KEEPS(open_pipe_client, "", /* to delete it on close means nothing */
          PIPE CREATE CREATED "k1; " CLIENT "access=DELETE create_options=FILE_DELETE_ON_CLOSE k2; "
                              "FltClose k2 " GONE(o2) "; " CLIENT "k2"),
    KEEPS(open_pipe_client, "", /* nor an operation filter: nothing shares it */
          PIPE CREATE CREATED "k1; " CLIENT "create_options=FILE_RESERVE_OPFILTER k2"),
    KEEPS(open_kind, "",
          PIPE CREATE CREATED "k1; " CLIENT
                              "create_options=FILE_DIRECTORY_FILE =STATUS_NOT_A_DIRECTORY"),
    KEEPS(open_root_kind, "",
          PIPE CREATE CREATED "k1; FltCreateFile root=k1 path=x =STATUS_OBJECT_PATH_NOT_FOUND "
                              "!root-is-directory"),
    KEEPS(open_by_id, "",
          PIPE CREATE CREATED "k1; FltCreateFile root=k1 path=id:1 "
                              "create_options=FILE_OPEN_BY_FILE_ID " INVALID "!root-is-directory"),
    KEEPS(open_target_directory, "",
          PIPE CREATE CREATED "k1; " CLIENT "flags=IO_OPEN_TARGET_DIRECTORY " INVALID),
    BREAKS(open_pipe_client, "", CLIENT "k1"),
    BREAKS(open_pipe_client, "", CLIENT CREATE CREATED "k1"),
    BREAKS(open_pipe_client, "", PIPE CREATE CREATED "k1; " CLIENT NOT_FOUND),
    BREAKS(open_pipe_client, "", PIPE CREATE CREATED "k1; " CLIENT CREATE COLLISION),
    BREAKS(open_iosb, "", PIPE CREATE CREATED "k1; " CLIENT CREATED "k2"),

    /* What callers do wrong */
    KEEPS(pipe_parameters, "", PIPE CREATE CREATED "k1; " MAILSLOT CREATED "k2"),
    KEEPS(pipe_parameters, "",
          PIPE CREATE CREATED "share=1 pipe=FILE_PIPE_MESSAGE_TYPE|FILE_PIPE_MESSAGE_MODE "
                              "create_options=FILE_WRITE_THROUGH k1"),
    BREAKS(pipe_parameters, "", PIPE "share=4 " INVALID "!pipe-parameters"),
    BREAKS(pipe_parameters, "", PIPE "pipe=FILE_PIPE_MESSAGE_MODE " INVALID "!pipe-parameters"),
    BREAKS(pipe_parameters, "",
           MAILSLOT "create_options=FILE_NON_DIRECTORY_FILE " INVALID "!pipe-parameters"),
    BREAKS(root_is_directory, "",
           ROOT("\\a") MAILSLOT "root=@8 =STATUS_OBJECT_NAME_INVALID !root-is-directory"),
    BREAKS(root_is_directory, "", /* nothing of the kind is opened by id */
           ROOT("\\a") MAILSLOT "root=@8 create_options=FILE_OPEN_BY_FILE_ID " INVALID
                                 "!pipe-parameters !root-is-directory"),
    BREAKS(instance_of_the_volume, "",
           PIPE "instance=i0 =STATUS_MOUNT_POINT_NOT_RESOLVED !instance-of-the-volume"),
    BREAKS(use_real_handle, "", PIPE "root=k1 =STATUS_INVALID_HANDLE !use-real-handle"),

    /* As any Flt open */
    KEEPS(zw_close_for_other_handles, "", PIPE CREATE CREATED "k1; FltClose k1 cleanup:o1"),
    BREAKS(zw_close_for_other_handles, "",
           MAILSLOT CREATED "k1; ZwClose k1 cleanup:o1 !zw-close-for-other-handles"),
    BREAKS(flt_at_passive, "", "KeRaiseIrql irql=1; " MAILSLOT CREATED "k1 !flt-at-passive"),
    BREAKS(flt_open_with_apcs, "",
           "KeEnterCriticalRegion; " PIPE CREATE CREATED "k1 !flt-open-with-apcs"),
    BREAKS(top_level_irp_null, "",
           "IoSetTopLevelIrp irp=1 !no-top-level-irp; " MAILSLOT CREATED "k1 !top-level-irp-null"),
    BREAKS(no_files_while_attached, "",
           "KeStackAttachProcess process=p2; " PIPE CREATE CREATED "k1 !no-files-while-attached"),
    BREAKS(filter_live, "", PIPE "filter=f1 =withheld !filter-live"),
    BREAKS(instance_live, "", MAILSLOT "instance=i1 =withheld !instance-live"),
    BREAKS(instance_of_its_filter, "",
           "FltRegisterFilter filter=f1; FltCreateMailslotFile filter=f1 path=\\a "
           "instance=i0 " NO_DEVICE "!instance-of-its-filter"),
    BREAKS(kernel_handle_outside_system, "",
           PIPE CREATE CREATED "u1 attributes=0 !kernel-handle-outside-system"),
    BREAKS(output_not_null, "", PIPE "null:handle =withheld !output-not-null"),
    BREAKS(handle_left_at_unload, "",
           PIPE CREATE CREATED "k1 null:object; UnloadFilter; FltUnregisterFilter; UnloadComplete "
                               "!handle-left-at-unload"),
    BREAKS(reference_left_at_unload, "",
           MAILSLOT CREATED "k1; UnloadFilter; FltClose k1 cleanup:o1; FltUnregisterFilter; "
                            "UnloadComplete !reference-left-at-unload"),
};

static void test_rules(void **state) {
    run_cases(*state, cases, ENTRIES(cases));
}

static void test_every_rule_has_its_cases(void **state) {
    (void)state;
    check_have_cases(rules_of_pipes_test, ENTRIES(rules_of_pipes_test), cases, ENTRIES(cases));
}

/* Generic rights mean less than of a file. */
static void test_granted_access(void **state) {
    static const struct {
        const char *script;
        uint32_t access;
    } rows[] = {
        {PIPE CREATE CREATED "k1 access=GENERIC_READ", 0x00120001},
        {PIPE CREATE CREATED "k1 access=GENERIC_WRITE", 0x00120006},
        {MAILSLOT CREATED "k1 access=GENERIC_READ|GENERIC_WRITE|FILE_READ_ATTRIBUTES", 0x00120087},
        {MAILSLOT CREATED "k1 access=GENERIC_EXECUTE", 0x001200A0},
        {PIPE CREATE CREATED "k1 access=MAXIMUM_ALLOWED", 0x001F01FF},
        {PIPE CREATE CREATED "k2; " CLIENT "k1 access=GENERIC_READ", 0x00120089},
    };
    struct flt_contract *contract = *state;
    const struct flt_view view = flt_contract_view(contract);
    for (size_t i = 0; i < ENTRIES(rows); i++) {
        struct script s;
        struct flt_handle_row row;
        run_clean(&s, contract, rows[i].script);
        assert_true(
            view.ops->find_handle(view.self, FLT_TABLE_KERNEL, script_kernel_handle(1), &row));
        if (row.access != rows[i].access)
            script_fail(&s, "granted 0x%X, expected: 0x%X", row.access, rows[i].access);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_rules),
        TEST(test_every_rule_has_its_cases),
        TEST(test_granted_access),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
