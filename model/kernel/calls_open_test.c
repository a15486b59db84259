/* The Flt opens, ZwCreateFile, ZwCreateEvent, ZwCreateSection and ZwOpenKey. */
#include "calls_test.h"

static const enum flt_opcode openers[] = {
    FLT_OP_FltCreateFile, FLT_OP_FltCreateFileEx, FLT_OP_FltCreateFileEx2, FLT_OP_ZwCreateFile,
    FLT_OP_ZwCreateEvent, FLT_OP_ZwCreateSection, FLT_OP_ZwOpenKey};
enum { FILES = 4, OPENERS = 7 }; /* the first four open files by name */

static const enum flt_type types[OPENERS] = {FLT_TYPE_FILE, FLT_TYPE_FILE,  FLT_TYPE_FILE,
                                             FLT_TYPE_FILE, FLT_TYPE_EVENT, FLT_TYPE_SECTION,
                                             FLT_TYPE_KEY};
/* What GENERIC_READ grants. */
static const ACCESS_MASK readable[FLT_TYPE_COUNT] = {0, FILE_GENERIC_READ, 0x00020001, 0x00020005,
                                                     0x00020019};

static void open_makes_a_handle_and_an_object(void **state) {
    (void)state;
    for (size_t i = 0; i < OPENERS; i++) {
        start();
        const HANDLE handle = open_by(openers[i], OBJ_KERNEL_HANDLE);
        assert_int_equal(number(handle), FLT_KERNEL_HANDLE_BITS | 4);
        struct flt_handle_row row;
        assert_true(has_handle(FLT_TABLE_KERNEL, handle, &row));
        assert_int_equal(row.value, number(handle));
        assert_int_equal(row.table, FLT_TABLE_KERNEL);
        assert_int_equal(row.type, types[i]);
        assert_int_equal(row.access, readable[types[i]]);
        assert_int_equal(row.flags, 0);
        assert_object(row.token, 1, hands_out_object(openers[i]), types[i], FLT_PHASE_IN_USE);
        assert_totals(1, 1);
        if (i < FILES)
            assert_irps(IRPS(FLT_EVENT_CREATE), FLT_PROCESS_P1, row.token);
        else
            assert_no_irps();
    }
}

static void open_fills_the_status_block(void **state) {
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        open_by(openers[i], OBJ_KERNEL_HANDLE);
        assert_status(w.iosb.Status, STATUS_SUCCESS);
        assert_int_equal(w.iosb.Information, FILE_OPENED);
    }
}

static const enum flt_opcode with_object[] = {FLT_OP_FltCreateFileEx, FLT_OP_FltCreateFileEx2,
                                              FLT_OP_FltOpenVolume};

static void object_is_handed_out_with_a_reference(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const HANDLE handle = open_by(with_object[i], OBJ_KERNEL_HANDLE);
        assert_int_equal(number(w.file), token_of(FLT_TABLE_KERNEL, handle));
        assert_object(number(w.file), 1, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    }
}

static void object_not_wanted_takes_no_reference(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_status(open_name(with_object[i], "\\b", GENERIC_READ, OBJ_KERNEL_HANDLE, NULL),
                      STATUS_SUCCESS);
        assert_object(token_of(FLT_TABLE_KERNEL, w.handle), 1, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    }
}

static void volume_opens_as_a_kernel_handle(void **state) {
    (void)state;
    for (ULONG process = 0; process < FLT_PROCESS_COUNT; process++) {
        run_in(process);
        struct flt_handle_row row;
        assert_true(has_handle(FLT_TABLE_KERNEL, open_by(FLT_OP_FltOpenVolume, 0), &row));
        assert_int_equal(row.access, 0x00100080);
        assert_int_equal(row.type, FLT_TYPE_FILE);
        assert_int_equal(row.flags, 0);
        assert_irps(IRPS(FLT_EVENT_CREATE), (enum flt_process)process, row.token);
    }
}

static void volume_needs_an_instance_then_room(void **state) {
    (void)state;
    start_with(failed_outputs, zero);
    start_with(geometry, small);
    for (int k = 0; k < 12; k++)
        open_kernel();
    w.events = 0;
    fill_open_outputs();
    assert_status(w.system->ops->FltOpenVolume(w.system, NULL, &w.handle, &w.file),
                  STATUS_INVALID_PARAMETER);
    assert_int_equal(number(w.handle) | number(w.file), 0);
    assert_status(open_name(FLT_OP_FltOpenVolume, "", 0, 0, &w.file),
                  STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(number(w.handle) | number(w.file), 0);
    assert_status(w.system->ops->FltOpenVolume(w.system, NULL, &w.handle, NULL),
                  STATUS_INVALID_PARAMETER); /* and NULL is left alone */
    assert_no_irps();
    assert_totals(12, 12);
}

static void each_open_has_its_own_object(void **state) {
    (void)state;
    const uint64_t first = token_of(FLT_TABLE_KERNEL, open_kernel());
    const uint64_t second = token_of(FLT_TABLE_KERNEL, open_kernel());
    assert_int_not_equal(first, second);
    assert_totals(2, 2);
}

static void attributes_and_process_choose_the_table(void **state) {
    (void)state;
    static const struct {
        ULONG process, attributes;
        uint8_t table;
    } rows[] = {{FLT_PROCESS_P1, 0, FLT_PROCESS_P1},
                {FLT_PROCESS_P2, 0, FLT_PROCESS_P2},
                {FLT_PROCESS_SYSTEM, 0, FLT_TABLE_KERNEL},
                {FLT_PROCESS_P1, OBJ_KERNEL_HANDLE, FLT_TABLE_KERNEL},
                {FLT_PROCESS_SYSTEM, OBJ_KERNEL_HANDLE, FLT_TABLE_KERNEL}};
    for (size_t opener = 0; opener < OPENERS; opener++) {
        start();
        uint64_t next[FLT_TABLE_COUNT] = {FLT_KERNEL_HANDLE_BITS | 4, 4, 4}; /* each its own */
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            run_in(rows[i].process);
            const HANDLE handle = open_by(openers[opener], rows[i].attributes);
            assert_int_equal(number(handle), next[rows[i].table]);
            next[rows[i].table] += 4;
            struct flt_handle_row row;
            assert_true(has_handle(rows[i].table, handle, &row));
            assert_int_equal(row.table, rows[i].table);
        }
        assert_totals(5, 5);
    }
}

static void create_is_sent_in_the_current_process(void **state) {
    (void)state;
    run_in(FLT_PROCESS_P2);
    const HANDLE handle = open_kernel();
    assert_irps(IRPS(FLT_EVENT_CREATE), FLT_PROCESS_P2, token_of(FLT_TABLE_KERNEL, handle));
}

static void inherit_is_kept(void **state) {
    (void)state;
    for (size_t i = 0; i < OPENERS; i++) {
        struct flt_handle_row row;
        assert_true(has_handle(FLT_PROCESS_P1, open_by(openers[i], OBJ_INHERIT), &row));
        assert_int_equal(row.flags, FLT_HANDLE_INHERIT);
    }
}

static void access_is_mapped(void **state) {
    (void)state;
    static const struct {
        ACCESS_MASK desired, granted[FLT_TYPE_COUNT];
    } rows[] = {
        {0, {0, 0, 0, 0, 0}},
        {GENERIC_READ, {0, 0x00120089, 0x00020001, 0x00020005, 0x00020019}},
        {GENERIC_WRITE, {0, 0x00120116, 0x00020002, 0x00020002, 0x00020006}},
        {GENERIC_EXECUTE, {0, 0x001200A0, 0x00120000, 0x00020008, 0x00020019}},
        {GENERIC_ALL, {0, 0x001F01FF, 0x001F0003, 0x000F001F, 0x000F003F}},
        {MAXIMUM_ALLOWED, {0, 0x001F01FF, 0x001F0003, 0x000F001F, 0x000F003F}},
        {MAXIMUM_ALLOWED | GENERIC_READ, {0, 0x001F01FF, 0x001F0003, 0x000F001F, 0x000F003F}},
        {GENERIC_READ | GENERIC_WRITE, {0, 0x0012019F, 0x00020003, 0x00020007, 0x0002001F}},
        {DELETE, {0, DELETE, DELETE, DELETE, DELETE}},
        {GENERIC_READ | DELETE, {0, 0x00130089, 0x00030001, 0x00030005, 0x00030019}}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t opener = 0; opener < OPENERS; opener++) {
            struct flt_handle_row row;
            assert_status(open_name(openers[opener], "\\a", rows[i].desired, 0, NULL),
                          STATUS_SUCCESS);
            assert_true(has_handle(FLT_PROCESS_P1, w.handle, &row));
            assert_int_equal(row.access, rows[i].granted[types[opener]]);
        }
}

static void wrong_names_open_nothing(void **state) {
    (void)state;
    static const struct {
        const char *name;
        NTSTATUS status;
    } rows[] = {{"\\missing", STATUS_OBJECT_NAME_NOT_FOUND},
                {"\\other", STATUS_OBJECT_NAME_NOT_FOUND},
                {"\\missing\\z", STATUS_OBJECT_PATH_NOT_FOUND},
                {"\\a\\", STATUS_OBJECT_NAME_INVALID},
                {"", STATUS_OBJECT_PATH_SYNTAX_BAD},
                {"a", STATUS_OBJECT_PATH_SYNTAX_BAD},
                {"other", STATUS_OBJECT_PATH_SYNTAX_BAD},
                {"a\\b", STATUS_OBJECT_PATH_SYNTAX_BAD}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t opener = 0; opener < FILES; opener++)
            assert_status(
                open_name(openers[opener], rows[i].name, GENERIC_READ, OBJ_KERNEL_HANDLE, &w.file),
                rows[i].status);
    assert_totals(0, 0);
    assert_no_irps();
    assert_int_equal(number(open_kernel()), FLT_KERNEL_HANDLE_BITS | 4); /* no value was spent */
}

static void file_open_without_attributes_has_no_name(void **state) {
    (void)state;
    assert_status(w.system->ops->ZwCreateFile(w.system, &w.handle, GENERIC_READ, NULL, &w.iosb,
                                              NULL, FILE_ATTRIBUTE_NORMAL, SHARE_ALL, FILE_OPEN, 0,
                                              NULL, 0),
                  STATUS_OBJECT_PATH_SYNTAX_BAD);
}

static void event_without_attributes_goes_to_the_process(void **state) {
    (void)state;
    struct flt_handle_row row;
    assert_status(w.system->ops->ZwCreateEvent(w.system, &w.handle, EVENT_ALL_ACCESS, NULL,
                                               NotificationEvent, FALSE),
                  STATUS_SUCCESS);
    assert_true(has_handle(FLT_PROCESS_P1, w.handle, &row));
}

static void full_table_refuses(void **state) {
    (void)state;
    start_with(geometry, small);
    for (size_t i = 0; i < OPENERS; i++) {
        start();
        HANDLE last = NULL;
        for (int k = 0; k < 12; k++)
            last = open_by(openers[i], OBJ_KERNEL_HANDLE);
        w.events = 0;
        assert_status(open_name(openers[i], "\\a", GENERIC_READ, OBJ_KERNEL_HANDLE, &w.file),
                      STATUS_INSUFFICIENT_RESOURCES);
        assert_no_irps();
        assert_int_equal(number(w.handle), FILL);
        assert_totals(12, 12);
        open_by(openers[i], 0); /* another table has room */
        assert_status(zw_close(last), STATUS_SUCCESS);
        assert_ptr_equal(open_by(openers[i], OBJ_KERNEL_HANDLE), last);
    }
}

static void name_is_looked_at_before_the_table(void **state) {
    (void)state;
    start_with(geometry, small);
    for (int k = 0; k < 12; k++)
        open_kernel();
    assert_status(open_name(FLT_OP_FltCreateFile, "a", GENERIC_READ, OBJ_KERNEL_HANDLE, NULL),
                  STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_status(
        open_name(FLT_OP_FltCreateFile, "\\missing", GENERIC_READ, OBJ_KERNEL_HANDLE, NULL),
        STATUS_OBJECT_NAME_NOT_FOUND);
}

static void values_that_are_never_reused_run_out(void **state) {
    (void)state;
    start_with(geometry, small);
    start_with(reuse, never);
    for (int k = 0; k < 12; k++)
        assert_status(flt_close(open_kernel()), STATUS_SUCCESS);
    assert_status(open_name(FLT_OP_FltCreateFile, "\\a", GENERIC_READ, OBJ_KERNEL_HANDLE, NULL),
                  STATUS_INSUFFICIENT_RESOURCES);
}

static void assert_left_behind(uint64_t expected) {
    for (size_t i = 0; i < FILES; i++) {
        assert_status(open_name(openers[i], "\\missing", GENERIC_READ, 0, &w.file),
                      STATUS_OBJECT_NAME_NOT_FOUND);
        assert_int_equal(number(w.handle), expected);
        assert_int_equal(number(w.file), hands_out_object(openers[i]) ? expected : FILL);
    }
    assert_status(open_name(FLT_OP_FltCreateFileEx, "\\missing", GENERIC_READ, 0, NULL),
                  STATUS_OBJECT_NAME_NOT_FOUND); /* and NULL is left alone */
}

static void failed_outputs_are_as_the_switch_says(void **state) {
    (void)state;
    assert_left_behind(FILL);
    start_with(failed_outputs, zero);
    assert_left_behind(0);
    start_with(failed_outputs, pattern);
    assert_left_behind(NEVER_VALID);
}

static void what_has_no_name_leaves_its_handle_as_the_switch_says(void **state) {
    (void)state;
    start_with(geometry, small);
    start_with(failed_outputs, zero);
    for (int k = 0; k < 12; k++)
        open_by(FLT_OP_ZwCreateEvent, 0);
    for (size_t i = FILES; i < OPENERS; i++) {
        assert_status(open_name(openers[i], "", GENERIC_READ, 0, NULL),
                      STATUS_INSUFFICIENT_RESOURCES);
        assert_int_equal(number(w.handle), 0);
    }
}

static void failed_status_block_is_as_the_switch_says(void **state) {
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        start_with(failed_iosb, untouched);
        open_name(openers[i], "\\missing", GENERIC_READ, 0, NULL);
        assert_int_equal((uint32_t)w.iosb.Status, (uint32_t)FILL);
        assert_int_equal(w.iosb.Information, FILL);
        start_with(failed_iosb, written);
        open_name(openers[i], "\\missing", GENERIC_READ, 0, NULL);
        assert_status(w.iosb.Status, STATUS_OBJECT_NAME_NOT_FOUND);
        assert_int_equal(w.iosb.Information, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(open_makes_a_handle_and_an_object),
        test(open_fills_the_status_block),
        test(object_is_handed_out_with_a_reference),
        test(object_not_wanted_takes_no_reference),
        test(volume_opens_as_a_kernel_handle),
        test(volume_needs_an_instance_then_room),
        test(each_open_has_its_own_object),
        test(attributes_and_process_choose_the_table),
        test(create_is_sent_in_the_current_process),
        test(inherit_is_kept),
        test(access_is_mapped),
        test(wrong_names_open_nothing),
        test(file_open_without_attributes_has_no_name),
        test(event_without_attributes_goes_to_the_process),
        test(full_table_refuses),
        test(name_is_looked_at_before_the_table),
        test(values_that_are_never_reused_run_out),
        test(failed_outputs_are_as_the_switch_says),
        test(what_has_no_name_leaves_its_handle_as_the_switch_says),
        test(failed_status_block_is_as_the_switch_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
