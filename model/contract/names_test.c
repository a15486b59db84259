/* What stands under each name over time, as the view shows it, and by which rule it is so. */
#include "contract_cases.h"
#include "state.h"

#define GONE(o) "cleanup:" #o " close:" #o " "
#define CREATE "disposition=FILE_CREATE info:2 "
#define SUPERSEDE "disposition=FILE_SUPERSEDE info:0 "
#define OVERWRITE "disposition=FILE_OVERWRITE info:3 "
#define ON_CLOSE "access=DELETE create_options=FILE_DELETE_ON_CLOSE "
#define PIPE "FltCreateNamedPipeFile path=\\Device\\NamedPipe\\p share=3 "
#define CLIENT "FltCreateFile path=\\Device\\NamedPipe\\p "
#define COMPLETE "create_options=FILE_COMPLETE_IF_OPLOCKED =STATUS_OPLOCK_BREAK_IN_PROGRESS info:9 "
#define MARK "FltSetInformationFile "
#define UNDONE(o) "create:" #o " " GONE(o)
#define FULL "=STATUS_INSUFFICIENT_RESOURCES "

/* After the script, the name's row ("-" or the kind, attributes, D and O, the share row) and the
 * rule by which it is so. */
static const struct {
    const char *script, *name, *row;
    enum flt_rule rule;
} rows[] = {
    /* The start */
    {"", "\\a", "f 0x0 0:000/000", FLT_RULE_names_as_made},
    {"", "\\readonly", "f 0x1 0:000/000", FLT_RULE_names_as_made},
    {"", "\\system", "f 0x4 0:000/000", FLT_RULE_names_as_made},
    {"", "\\d", "d 0x0 0:000/000", FLT_RULE_names_as_made},
    {"", "\\link", "l 0x0 0:000/000", FLT_RULE_names_as_made},
    {"", "\\oplocked", "f 0x0 O 0:000/000", FLT_RULE_names_as_made},
    {"", "\\??\\C:", "v 0x0 0:000/000", FLT_RULE_names_as_made},
    {"", "\\??\\W:\\a", "f 0x0 0:000/000", FLT_RULE_names_as_made},
    {"", "\\missing", "-", FLT_RULE_names_as_made},
    {"", "\\Device\\NamedPipe\\p", "-", FLT_RULE_names_as_made},
    {"", "a", "-", FLT_RULE_names_as_made},
    {"", "\\d\\", "-", FLT_RULE_names_as_made},
    {"", "id:1", "-", FLT_RULE_names_as_made},

    /* Opens */
    {"FltCreateFile k1 access=1 share=3", "\\a", "f 0x0 1:100/110", FLT_RULE_names_as_made},
    {"FltCreateFile k1 access=1 share=4", "\\a", "f 0x0 1:100/001", FLT_RULE_names_as_made},
    {"FltCreateFile k1 access=GENERIC_ALL", "\\a", "f 0x0 1:111/111", FLT_RULE_names_as_made},
    {"FltCreateFile k1 access=2; FltCreateFile k2 access=DELETE; FltClose k1 " GONE(o1), "\\a",
     "f 0x0 1:001/111", FLT_RULE_names_as_made},
    {"FltCreateFile k1 path=\\readonly access=MAXIMUM_ALLOWED", "\\readonly", "f 0x1 1:101/111",
     FLT_RULE_names_as_made},
    {"FltCreateFile k1 path=\\link", "\\link", "l 0x0 0:000/000", FLT_RULE_names_as_made},
    {"FltCreateFile k1 path=\\link", "\\a", "f 0x0 1:100/111", FLT_RULE_names_as_made},
    {"FltCreateFile k1 path=\\d; FltCreateFile k2 root=k1 path=x", "\\d\\x", "f 0x0 1:100/111",
     FLT_RULE_names_as_made},
    {"FltCreateFile k1 path=\\d\\x flags=IO_OPEN_TARGET_DIRECTORY info:4", "\\d", "d 0x0 1:100/111",
     FLT_RULE_names_as_made},
    {"FltOpenVolume k1 instance=i0", "\\??\\C:", "v 0x0 0:000/000", FLT_RULE_names_as_made},
    {"FltCreateFile k1 path=\\??\\C:", "\\??\\C:", "v 0x0 1:100/111", FLT_RULE_names_as_made},

    /* What they make and replace */
    {"FltCreateFile k1 path=\\missing " CREATE "file_attributes=0x7FB7", "\\missing",
     "f 0x27 1:100/111", FLT_RULE_open_creates},
    {"FltCreateFile k1 path=\\missing " CREATE "create_options=FILE_DIRECTORY_FILE", "\\missing",
     "d 0x0 1:100/111", FLT_RULE_open_creates},
    {"FltCreateFile k1 path=\\missing " CREATE "; ZwCreateEvent k2", "\\missing", "f 0x0 1:100/111",
     FLT_RULE_names_as_made},
    {"FltCreateFile path=\\missing disposition=FILE_CREATE fail_step=4 " FULL UNDONE(o1),
     "\\missing", "f 0x0 0:000/000", FLT_RULE_open_creates},
    {"FltCreateFile path=\\missing disposition=FILE_CREATE fail_step=2 " FULL, "\\missing", "-",
     FLT_RULE_names_as_made},
    {"FltCreateFile path=\\missing disposition=FILE_CREATE fail_step=4 " ON_CLOSE FULL UNDONE(o1),
     "\\missing", "-", FLT_RULE_deleted_at_last_handle},
    {"FltCreateFile k1 path=\\hidden " SUPERSEDE "file_attributes=0x22", "\\hidden",
     "f 0x22 1:100/111", FLT_RULE_attributes_as_made},
    {"FltCreateFile k1 path=\\a " OVERWRITE
     "file_attributes=0x20; FltCreateFile k2 path=\\a " OVERWRITE "file_attributes=0x2",
     "\\a", "f 0x22 2:200/222", FLT_RULE_attributes_as_made},
    {"FltCreateFile k1 path=\\a " OVERWRITE "file_attributes=0x21; FltClose k1 " GONE(o1), "\\a",
     "f 0x21 0:000/000", FLT_RULE_names_as_made},
    {"FltCreateFile k1 path=\\a " OVERWRITE
     "file_attributes=0x20; FltCreateFile k2 path=\\a " SUPERSEDE,
     "\\a", "f 0x0 2:200/222", FLT_RULE_attributes_as_made},
    {"FltCreateFile path=\\a disposition=FILE_OVERWRITE file_attributes=0x20 fail_step=4 " FULL
         UNDONE(o1),
     "\\a", "f 0x20 0:000/000", FLT_RULE_attributes_as_made},
    {"FltCreateFile k1 path=\\link create_options=FILE_OPEN_REPARSE_POINT " SUPERSEDE
     "file_attributes=0x20",
     "\\link", "l 0x20 1:100/111", FLT_RULE_attributes_as_made},

    /* Oplocks */
    {"FltCreateFile k1 path=\\oplocked", "\\oplocked", "f 0x0 1:100/111",
     FLT_RULE_open_oplock_break},
    {"FltCreateFile k1 path=\\oplocked " COMPLETE, "\\oplocked", "f 0x0 O 1:100/111",
     FLT_RULE_open_oplock_break},
    {"FltCreateFile k1 path=\\oplocked access=FILE_READ_ATTRIBUTES", "\\oplocked",
     "f 0x0 O 0:000/000", FLT_RULE_open_oplock_break},
    {"FltCreateFile k1 path=\\oplocked access=FILE_READ_ATTRIBUTES " OVERWRITE, "\\oplocked",
     "f 0x0 0:000/000", FLT_RULE_open_oplock_break},
    {"FltCreateFile k1 path=\\oplocked file_attributes=0x20 disposition=FILE_OVERWRITE " COMPLETE,
     "\\oplocked", "f 0x20 O 1:100/111", FLT_RULE_open_oplock_break},
    {"FltCreateFile path=\\oplocked fail_step=4 " FULL UNDONE(o1), "\\oplocked", "f 0x0 0:000/000",
     FLT_RULE_open_oplock_break},
    {"FltCreateFile path=\\oplocked create_options=FILE_OPEN_REQUIRING_OPLOCK "
     "=STATUS_CANNOT_BREAK_OPLOCK",
     "\\oplocked", "f 0x0 O 0:000/000", FLT_RULE_names_as_made},

    /* Deletion */
    {"FltCreateFileEx k1 access=DELETE; " MARK "o1", "\\a", "f 0x0 D 1:001/111",
     FLT_RULE_set_disposition},
    {"FltCreateFileEx k1 access=DELETE; " MARK "o1; " MARK "delete=0 o1", "\\a", "f 0x0 1:001/111",
     FLT_RULE_set_disposition},
    {"FltCreateFileEx k1 access=DELETE; FltCreateFile k2; " MARK "o1; FltClose k1 cleanup:o1",
     "\\a", "f 0x0 D 1:100/111", FLT_RULE_deleted_at_last_handle},
    {"FltCreateFileEx k1 access=DELETE; FltCreateFile k2; " MARK
     "o1; FltClose k1 cleanup:o1; FltClose k2 " GONE(o2),
     "\\a", "-", FLT_RULE_deleted_at_last_handle},
    {"FltCreateFileEx k1 access=DELETE; FltCreateFile k2; " MARK
     "delete=3 o1; FltClose k1 cleanup:o1",
     "\\a", "-", FLT_RULE_posix_delete},
    {"FltCreateFileEx k1 access=DELETE; FltCreateFile k2; " MARK
     "delete=3 o1; FltClose k1 cleanup:o1; FltCreateFile k3 " CREATE "; FltClose k2 " GONE(o2),
     "\\a", "f 0x0 1:100/111", FLT_RULE_names_as_made},
    {"FltCreateFile k1 " ON_CLOSE "; FltCreateFile k2; FltClose k1 " GONE(o1), "\\a",
     "f 0x0 D 1:100/111", FLT_RULE_delete_on_close_marks},
    {"FltCreateFile k1 " ON_CLOSE "; FltClose k1 " GONE(o1), "\\a", "-",
     FLT_RULE_deleted_at_last_handle},
    {"FltCreateFile k1 path=\\d " ON_CLOSE "; FltClose k1 " GONE(o1), "\\d", "d 0x0 0:000/000",
     FLT_RULE_names_as_made},
    {"FltCreateFile u1 attributes=0 " ON_CLOSE "!kernel-handle-outside-system; ExitProcess "
     "process=p1 " GONE(o1),
     "\\a", "-", FLT_RULE_deleted_at_last_handle},
    {"FltCreateFile k1 " ON_CLOSE "; ZwDuplicateObject k1 -> k2 target=System; FltClose k1", "\\a",
     "f 0x0 1:001/111", FLT_RULE_names_as_made},
    /* What the file was, its successor is not. */
    {"FltCreateFile k1 path=\\readonly; FltCreateFileEx k2 path=\\readonly access=DELETE; " MARK
     "delete=0x13 o2; FltClose k2 cleanup:o2; FltCreateFile k2 path=\\readonly " CREATE,
     "\\readonly", "f 0x0 1:100/111", FLT_RULE_open_creates},
    {"FltCreateFile k1 path=\\oplocked " ON_CLOSE
     "; FltClose k1 " GONE(o1) "; FltCreateFile k1 path=\\oplocked " CREATE,
     "\\oplocked", "f 0x0 1:100/111", FLT_RULE_open_creates},

    /* Pipes and mailslots */
    {PIPE CREATE "instances=2 k1; " CLIENT "k3; " PIPE "k2", "\\Device\\NamedPipe\\p",
     "p 0x0 2:000/000", FLT_RULE_names_as_made},
    {PIPE CREATE "k1", "\\Device\\NamedPipe\\p", "p 0x0 1:000/000", FLT_RULE_pipe_create},
    {PIPE CREATE "instances=2 k1; " PIPE "k2; FltClose k1 cleanup:o1", "\\Device\\NamedPipe\\p",
     "p 0x0 1:000/000", FLT_RULE_names_as_made},
    {PIPE CREATE "k1; " CLIENT "k2; FltClose k1 cleanup:o1", "\\Device\\NamedPipe\\p", "-",
     FLT_RULE_deleted_at_last_handle},
    {PIPE CREATE "k1; " CLIENT "k2; FltClose k1 cleanup:o1; " PIPE CREATE
                 "k3; FltClose k2 " GONE(o2),
     "\\Device\\NamedPipe\\p", "p 0x0 1:000/000", FLT_RULE_names_as_made},
    {"FltCreateMailslotFile path=\\Device\\Mailslot\\m info:2 k1", "\\Device\\Mailslot\\m",
     "m 0x0 1:000/000", FLT_RULE_mailslot_create},
};

static void write_row(const struct flt_name_row *row, char text[40]) {
    const struct flt_share_row *share = &row->share;
    if (row->there == FLT_NAME_NOTHING)
        snprintf(text, 40, "-");
    else
        snprintf(text, 40, "%c 0x%x %s%s%u:%u%u%u/%u%u%u", "-fdlvpm"[row->there], row -> attributes,
                 row -> deleting ? "D " : "", row->oplocked ? "O " : "", share->open,
                 share->readers, share->writers, share->deleters, share->shared_read,
                 share->shared_write, share->shared_delete);
}

static void get_names(const struct flt_contract *contract,
                      struct flt_name_row names[FLT_NAME_LIMIT]) {
    const struct flt_view view = flt_contract_view(contract);
    memcpy(names, view.ops->names(view.self), FLT_NAME_LIMIT * sizeof *names);
}

static void test_rows(void **state) {
    static const struct flt_name_row nothing;
    struct flt_contract *contract = *state;
    for (size_t i = 0; i < ENTRIES(rows); i++) {
        struct script s;
        struct flt_name_row names[FLT_NAME_LIMIT];
        char text[40];
        const uint8_t id = flt_name_by_text(rows[i].name, strlen(rows[i].name))->id;
        run_clean(&s, contract, rows[i].script);
        get_names(contract, names);
        write_row(&names[id], text);
        if (strcmp(text, rows[i].row) != 0)
            script_fail(&s, "%s is %s, expected: %s", rows[i].name, text, rows[i].row);
        const enum flt_rule rule = flt_contract_name_rule(contract, id);
        if (rule != rows[i].rule)
            script_fail(&s, "%s is so by %s, expected: %s", rows[i].name, flt_rules[rule].id,
                        flt_rules[rows[i].rule].id);
        if (text[0] == '-' && memcmp(&names[id], &nothing, sizeof nothing) != 0)
            script_fail(&s, "the row of %s is not all 0", rows[i].name);
        assert_int_equal(names[id].unused, 0);
        assert_memory_equal(&names[0], &nothing, sizeof nothing);
    }
}

static void test_only_names_have_rules(void **state) {
    struct flt_contract *contract = *state;
    struct script s;
    run_clean(&s, contract, "FltCreateFile k1 path=\\missing " CREATE);
    for (uint8_t name = 0; name < UINT8_MAX; name++)
        assert_int_equal(flt_contract_name_rule(contract, name),
                         name == 3 ? FLT_RULE_open_creates : FLT_RULE_names_as_made);
}

/* The first steps of whoever comes after a reset, from the names of the start. */
static void test_reset_brings_names_back(void **state) {
    struct flt_contract *contract = *state;
    struct flt_name_row start[FLT_NAME_LIMIT], after[FLT_NAME_LIMIT];
    get_names(contract, start);
    for (size_t i = 0; i < ENTRIES(rows); i++) {
        struct script s;
        run_clean(&s, contract, rows[i].script);
        run_clean(&s, contract, "");
        get_names(contract, after);
        assert_memory_equal(after, start, sizeof start);
        for (uint8_t name = 0; name < FLT_NAME_LIMIT; name++)
            assert_int_equal(flt_contract_name_rule(contract, name), FLT_RULE_names_as_made);
        /* Nothing of the opens is left either. */
        run_clean(&s, contract,
                  "FltCreateFile k1 access=FILE_READ_ATTRIBUTES "
                  "create_options=FILE_RESERVE_OPFILTER; FltCreateFile k2 path=\\oplocked "
                  "access=FILE_READ_ATTRIBUTES create_options=FILE_RESERVE_OPFILTER; "
                  "FltCreateFile k3 path=\\??\\C: create_options=FILE_RESERVE_OPFILTER "
                  "access=FILE_READ_ATTRIBUTES !volume-open-access");
    }
}

/* Nodes are as many as there ever were at a time, however many names come and go. */
static void test_nodes_are_used_again(void **state) {
    struct flt_contract *contract = *state;
    struct script s;
    char text[2000] = "";
    for (int i = 0; i < 10; i++) {
        const size_t length = strlen(text);
        snprintf(text + length, sizeof text - length,
                 "FltCreateFile k%d o%d path=\\missing " CREATE ON_CLOSE "; FltClose k%d "
                 "cleanup:o%d close:o%d; ",
                 i % 3 + 1, i + 1, i % 3 + 1, i + 1, i + 1);
    }
    run_clean(&s, contract, text);
    assert_int_equal(contract->names.nodes, FLT_NAME_LIMIT + 1);
    /* One without a name is kept while an object of it is there. */
    run_clean(&s, contract,
              "FltCreateFileEx k1 path=\\missing " CREATE ON_CLOSE "; FltClose k1 cleanup:o1; "
              "FltCreateFile k2 path=\\missing " CREATE);
    assert_int_equal(contract->names.nodes, FLT_NAME_LIMIT + 2);
}

/* Only an open that did something before it failed. */
static void test_failed_opens_may_change_names(void **state) {
    static const struct {
        const char *script;
        bool may;
    } opens[] = {
        {"FltCreateFile path=\\missing disposition=FILE_CREATE fail_step=4 " FULL UNDONE(o1), true},
        {"FltCreateFile path=\\oplocked fail_step=4 " FULL UNDONE(o1), true},
        {"FltCreateFile fail_step=4 " ON_CLOSE FULL UNDONE(o1), true},
        {"FltCreateFile fail_step=4 " FULL UNDONE(o1), false},
        {"FltCreateFile path=\\missing disposition=FILE_CREATE fail_step=2 " FULL, false},
        {"FltCreateFile path=\\missing " CREATE "k1; FltCreateFile path=\\missing "
         "disposition=FILE_CREATE =STATUS_OBJECT_NAME_COLLISION",
         false},
    };
    struct flt_contract *contract = *state;
    for (size_t i = 0; i < ENTRIES(opens); i++) {
        struct flt_call call;
        struct script s;
        run_clean(&s, contract, opens[i].script);
        flt_call_init(&call, FLT_OP_FltCreateFile);
        if (flt_contract_failure_may_change(contract, &call) != opens[i].may)
            script_fail(&s, "it may %schange names", opens[i].may ? "not " : "");
        flt_call_init(&call, FLT_OP_FltClose);
        assert_false(flt_contract_failure_may_change(contract, &call));
    }
}

/* An open whose object turns out to be another takes what it did to its node along. */
static void test_opens_move_to_their_objects(void **state) {
    struct flt_contract *contract = *state;
    struct flt_name_row names[FLT_NAME_LIMIT];
    struct script s;
    char text[40];
    run_clean(
        &s, contract,
        "ZwCreateFile k1 o1 silent create:o9 create:o1 path=\\b { FltCreateFile k2 o9 "
        "access=DELETE create_options=FILE_DELETE_ON_CLOSE silent row:o9 }; FltClose k2 " GONE(o9));
    get_names(contract, names);
    assert_int_equal(names[1].there, FLT_NAME_NOTHING);
    write_row(&names[2], text);
    assert_string_equal(text, "f 0x0 1:100/111");
}

/* MAXIMUM_ALLOWED is what the file's attributes leave, as they were before the open. */
static void test_granted_access(void **state) {
    static const struct {
        const char *script;
        uint32_t access;
    } grants[] = {
        {"FltCreateFile k1 path=\\readonly access=MAXIMUM_ALLOWED", 0x001F01F9},
        {"FltCreateFile k1 path=\\readonly access=MAXIMUM_ALLOWED|GENERIC_READ", 0x001F01F9},
        {"FltCreateFile k1 path=\\a access=MAXIMUM_ALLOWED", 0x001F01FF},
        {"FltCreateFile k1 path=\\a access=MAXIMUM_ALLOWED " SUPERSEDE "file_attributes=1",
         0x001F01FF},
        {"FltCreateFile k1 path=\\missing access=MAXIMUM_ALLOWED " CREATE "file_attributes=1",
         0x001F01FF},
    };
    struct flt_contract *contract = *state;
    const struct flt_view view = flt_contract_view(contract);
    for (size_t i = 0; i < ENTRIES(grants); i++) {
        struct script s;
        struct flt_handle_row row;
        run_clean(&s, contract, grants[i].script);
        assert_true(
            view.ops->find_handle(view.self, FLT_TABLE_KERNEL, script_kernel_handle(1), &row));
        if (row.access != grants[i].access)
            script_fail(&s, "granted 0x%X, expected: 0x%X", row.access, grants[i].access);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_rows),
        TEST(test_only_names_have_rules),
        TEST(test_reset_brings_names_back),
        TEST(test_nodes_are_used_again),
        TEST(test_failed_opens_may_change_names),
        TEST(test_opens_move_to_their_objects),
        TEST(test_granted_access),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
