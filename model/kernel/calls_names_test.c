/* What opens find and make under a name: dispositions, kinds, attributes, sharing, volumes. */
#include "calls_test.h"

#define R FILE_ATTRIBUTE_READONLY
#define H FILE_ATTRIBUTE_HIDDEN
#define S FILE_ATTRIBUTE_SYSTEM
#define A FILE_ATTRIBUTE_ARCHIVE

static const enum flt_opcode openers[] = {FLT_OP_FltCreateFile, FLT_OP_FltCreateFileEx,
                                          FLT_OP_FltCreateFileEx2, FLT_OP_ZwCreateFile};
enum { OPENERS = 4, DISPOSITIONS = 6 };

static void start_is_as_the_table_says(void **state) {
    (void)state;
    const struct all_names now = all_names();
    const struct flt_name *name = NULL;
    while ((name = flt_name_next(name)) != NULL) {
        struct flt_name_row expected = {0};
        const bool is_there = name->there >= FLT_NAME_FILE && name->there <= FLT_NAME_VOLUME;
        if (is_there) {
            expected.there = name->there;
            expected.attributes = name->attributes;
            expected.oplocked = strcmp(name->text, "\\oplocked") == 0;
        }
        assert_memory_equal(&now.row[name->id], &expected, sizeof expected);
    }
    assert_int_equal(now.row[0].there, 0);
    assert_there("\\a", FLT_NAME_FILE);
    assert_there("\\", FLT_NAME_DIRECTORY);
    assert_there("\\link", FLT_NAME_LINK);
    assert_there("\\??\\C:", FLT_NAME_VOLUME);
    assert_there(PIPE, FLT_NAME_NOTHING);
}

/* ---- disposition by existence ------------------------------------------------------------------
 */

#define OK(information)                                                                            \
    { STATUS_SUCCESS, information }
#define NO(status)                                                                                 \
    { status, 0 }
#define SIX(status)                                                                                \
    { NO(status), NO(status), NO(status), NO(status), NO(status), NO(status) }
#define COLLIDES NO(STATUS_OBJECT_NAME_COLLISION)
#define DENIED NO(STATUS_ACCESS_DENIED)
#define MISSING NO(STATUS_OBJECT_NAME_NOT_FOUND)
#define WRONG NO(STATUS_INVALID_PARAMETER)
#define NO_DIRECTORY NO(STATUS_NOT_A_DIRECTORY)
#define OPENED OK(FILE_OPENED)
#define CREATED OK(FILE_CREATED)
#define OVERWRITTEN OK(FILE_OVERWRITTEN)

/* In the order of the numbers: supersede, open, create, open if, overwrite, overwrite if. */
static const struct disposition_row {
    const char *name;
    ULONG options;
    struct {
        NTSTATUS status;
        ULONG information;
    } expected[DISPOSITIONS];
} dispositions[] = {
    {"\\a", 0, {OK(FILE_SUPERSEDED), OPENED, COLLIDES, OPENED, OVERWRITTEN, OVERWRITTEN}},
    {"\\a",
     FILE_NON_DIRECTORY_FILE,
     {OK(FILE_SUPERSEDED), OPENED, COLLIDES, OPENED, OVERWRITTEN, OVERWRITTEN}},
    {"\\a", FILE_DIRECTORY_FILE, {WRONG, NO_DIRECTORY, COLLIDES, NO_DIRECTORY, WRONG, WRONG}},
    {"\\e", 0, {COLLIDES, OPENED, COLLIDES, OPENED, COLLIDES, COLLIDES}},
    {"\\e", FILE_DIRECTORY_FILE, {WRONG, OPENED, COLLIDES, OPENED, WRONG, WRONG}},
    {"\\e", FILE_NON_DIRECTORY_FILE, SIX(STATUS_FILE_IS_A_DIRECTORY)},
    {"\\", 0, {DENIED, OPENED, DENIED, OPENED, DENIED, DENIED}},
    {"\\", FILE_DIRECTORY_FILE, {WRONG, OPENED, DENIED, OPENED, WRONG, WRONG}},
    {"\\", FILE_NON_DIRECTORY_FILE, SIX(STATUS_FILE_IS_A_DIRECTORY)},
    {"\\missing", 0, {CREATED, MISSING, CREATED, CREATED, MISSING, CREATED}},
    {"\\missing", FILE_DIRECTORY_FILE, {WRONG, MISSING, CREATED, CREATED, WRONG, WRONG}},
    {"\\missing", FILE_NON_DIRECTORY_FILE, {CREATED, MISSING, CREATED, CREATED, MISSING, CREATED}},
    {"\\d\\new", 0, {CREATED, MISSING, CREATED, CREATED, MISSING, CREATED}},
    {"\\missing\\z", 0, SIX(STATUS_OBJECT_PATH_NOT_FOUND)},
    {"\\a\\x", 0, SIX(STATUS_OBJECT_PATH_NOT_FOUND)},
    {"\\??\\C:\\x", 0, SIX(STATUS_OBJECT_PATH_NOT_FOUND)},
    {"\\??\\C:", 0, {DENIED, OPENED, DENIED, OPENED, DENIED, DENIED}},
    {"\\??\\C:",
     FILE_DIRECTORY_FILE,
     {WRONG, NO_DIRECTORY, NO_DIRECTORY, NO_DIRECTORY, WRONG, WRONG}},
    {"\\??\\W:\\a",
     0,
     {NO(STATUS_MEDIA_WRITE_PROTECTED), OPENED, NO(STATUS_MEDIA_WRITE_PROTECTED), OPENED,
      NO(STATUS_MEDIA_WRITE_PROTECTED), NO(STATUS_MEDIA_WRITE_PROTECTED)}},
    {"\\??\\W:\\new",
     0,
     {NO(STATUS_MEDIA_WRITE_PROTECTED), MISSING, NO(STATUS_MEDIA_WRITE_PROTECTED),
      NO(STATUS_MEDIA_WRITE_PROTECTED), NO(STATUS_MEDIA_WRITE_PROTECTED),
      NO(STATUS_MEDIA_WRITE_PROTECTED)}},
    {"\\other",
     0,
     {NO(STATUS_DISK_FULL), MISSING, NO(STATUS_DISK_FULL), NO(STATUS_DISK_FULL), MISSING,
      NO(STATUS_DISK_FULL)}},
    {PIPE, 0, SIX(STATUS_OBJECT_NAME_NOT_FOUND)},
    {MAILSLOT, 0, SIX(STATUS_OBJECT_NAME_NOT_FOUND)}};

static void assert_disposition(const struct disposition_row *row, ULONG disposition,
                               enum flt_opcode opener) {
    start();
    const struct all_names before = all_names();
    const NTSTATUS expected = row->expected[disposition].status;
    const ULONG information = row->expected[disposition].information;
    w.disposition = disposition;
    w.options = row->options;
    assert_status(open_name(opener, row->name, FILE_READ_ATTRIBUTES, 0, NULL), expected);
    assert_totals(NT_SUCCESS(expected), NT_SUCCESS(expected));
    if (!NT_SUCCESS(expected)) {
        assert_no_irps();
        assert_int_equal(number(w.handle), FILL);
        assert_names(&before);
        return;
    }
    assert_status(w.iosb.Status, expected);
    assert_int_equal(w.iosb.Information, information);
    if (information == FILE_CREATED)
        assert_there(row->name,
                     row->options & FILE_DIRECTORY_FILE ? FLT_NAME_DIRECTORY : FLT_NAME_FILE);
    else
        assert_names(&before); /* nothing is counted, and its attributes were 0 */
}

static void every_disposition_on_everything(void **state) {
    (void)state;
    for (size_t row = 0; row < sizeof dispositions / sizeof dispositions[0]; row++)
        for (ULONG disposition = 0; disposition < DISPOSITIONS; disposition++)
            for (size_t i = 0; i < OPENERS; i++)
                assert_disposition(&dispositions[row], disposition, openers[i]);
}

static void what_is_made_stays_and_has_names_in_it(void **state) {
    (void)state;
    assert_status(open_with("\\missing", 0, FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    assert_status(flt_close(w.handle), STATUS_SUCCESS);
    assert_there("\\missing", FLT_NAME_DIRECTORY);
    assert_status(open_with("\\missing\\z", 0, FILE_CREATE, 0), STATUS_SUCCESS);
    assert_there("\\missing\\z", FLT_NAME_FILE);
    assert_status(open_with("\\missing\\z", 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_COLLISION);
    start();
    assert_there("\\missing", FLT_NAME_NOTHING);
    assert_there("\\missing\\z", FLT_NAME_NOTHING);
}

/* ---- attributes --------------------------------------------------------------------------------
 */

static void attributes_are_as_given_or_added(void **state) {
    (void)state;
    static const struct {
        const char *name;
        ULONG disposition, given, kept;
    } rows[] = {{"\\missing", FILE_CREATE, R | H | S | A | FILE_ATTRIBUTE_NORMAL, R | H | S | A},
                {"\\missing", FILE_OPEN_IF, 0x4010, 0},
                {"\\a", FILE_OPEN, R | H, 0},
                {"\\a", FILE_OPEN_IF, R, 0},
                {"\\a", FILE_SUPERSEDE, A, A},
                {"\\a", FILE_OVERWRITE, A | 0x1000, A},
                {"\\hidden", FILE_SUPERSEDE, H | A, H | A},
                {"\\hidden", FILE_OVERWRITE_IF, H | S, H | S},
                {"\\system", FILE_SUPERSEDE, S, S}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        w.file_attributes = rows[i].given;
        assert_status(open_with(rows[i].name, 0, rows[i].disposition, 0), STATUS_SUCCESS);
        assert_int_equal(row_of(rows[i].name).attributes, rows[i].kept);
    }
    start(); /* overwriting keeps what was there, superseding does not */
    w.file_attributes = A;
    open_with("\\missing", 0, FILE_CREATE, 0);
    w.file_attributes = H;
    open_with("\\missing", 0, FILE_OVERWRITE, 0);
    assert_int_equal(row_of("\\missing").attributes, A | H);
    w.file_attributes = H | R;
    open_with("\\missing", 0, FILE_SUPERSEDE, 0);
    assert_int_equal(row_of("\\missing").attributes, H | R);
}

static void read_only_files_are_neither_written_nor_replaced(void **state) {
    (void)state;
    static const ACCESS_MASK writes[] = {GENERIC_WRITE, GENERIC_ALL, FILE_WRITE_DATA,
                                         FILE_APPEND_DATA};
    static const ULONG replace[] = {FILE_SUPERSEDE, FILE_OVERWRITE, FILE_OVERWRITE_IF};
    for (size_t i = 0; i < 4; i++)
        assert_status(open_with("\\readonly", writes[i], FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    for (size_t i = 0; i < 3; i++)
        assert_status(open_with("\\readonly", 0, replace[i], 0), STATUS_ACCESS_DENIED);
    assert_status(open_with("\\readonly", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE),
                  STATUS_CANNOT_DELETE);
    assert_status(open_with("\\readonly", GENERIC_READ | FILE_WRITE_ATTRIBUTES, FILE_OPEN, 0),
                  STATUS_SUCCESS);
    w.file_attributes = R; /* who makes it may write it */
    assert_status(open_with("\\missing", GENERIC_WRITE, FILE_CREATE, 0), STATUS_SUCCESS);
    assert_status(open_with("\\d\\new", DELETE, FILE_CREATE, FILE_DELETE_ON_CLOSE),
                  STATUS_CANNOT_DELETE);
    assert_status(open_with("\\d\\new", 0, FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    assert_status(open_with("\\d\\new", FILE_WRITE_DATA, FILE_OPEN, 0), STATUS_SUCCESS);
}

static void assert_granted(const char *name, ULONG disposition, ACCESS_MASK expected) {
    struct flt_handle_row row;
    assert_status(open_with(name, MAXIMUM_ALLOWED, disposition, 0), STATUS_SUCCESS);
    assert_true(has_handle(FLT_PROCESS_P1, w.handle, &row));
    assert_int_equal(row.access, expected);
}

static void maximum_is_less_for_a_read_only_file(void **state) {
    (void)state;
    assert_granted("\\readonly", FILE_OPEN, 0x001F01F9);
    assert_granted("\\a", FILE_OPEN, FILE_ALL_ACCESS);
    w.file_attributes = R;
    assert_status(open_with("\\d\\new", 0, FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    assert_granted("\\d\\new", FILE_OPEN, FILE_ALL_ACCESS);
    assert_granted("\\missing", FILE_CREATE, FILE_ALL_ACCESS);
    assert_granted("\\missing", FILE_OPEN, 0x001F01F9);
    assert_int_equal(row_of("\\missing").share.writers, 1); /* the first alone */
    assert_int_equal(row_of("\\missing").share.readers, 2);
}

static void hidden_and_system_files_are_replaced_as_such(void **state) {
    (void)state;
    static const char *const names[] = {"\\hidden", "\\system"};
    static const ULONG attribute[] = {H, S};
    static const ULONG replace[] = {FILE_SUPERSEDE, FILE_OVERWRITE, FILE_OVERWRITE_IF};
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 3; k++) {
            start();
            w.file_attributes = (H | S) & ~attribute[i];
            assert_status(open_with(names[i], 0, replace[k], 0), STATUS_ACCESS_DENIED);
            assert_status(open_with(names[i], GENERIC_WRITE, FILE_OPEN, 0), STATUS_SUCCESS);
            w.file_attributes = attribute[i];
            assert_status(open_with(names[i], 0, replace[k], 0), STATUS_SUCCESS);
        }
}

/* ---- sharing -----------------------------------------------------------------------------------
 */

static void replacing_needs_sharing_and_is_not_counted(void **state) {
    (void)state;
    static const struct {
        ULONG disposition, shared;
        NTSTATUS status;
    } rows[] = {{FILE_SUPERSEDE, FILE_SHARE_DELETE, STATUS_SUCCESS},
                {FILE_SUPERSEDE, FILE_SHARE_READ | FILE_SHARE_WRITE, STATUS_SHARING_VIOLATION},
                {FILE_OVERWRITE, FILE_SHARE_WRITE, STATUS_SUCCESS},
                {FILE_OVERWRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, STATUS_SHARING_VIOLATION},
                {FILE_OVERWRITE_IF, FILE_SHARE_WRITE, STATUS_SUCCESS},
                {FILE_OVERWRITE_IF, FILE_SHARE_READ, STATUS_SHARING_VIOLATION},
                {FILE_OPEN, 0, STATUS_SUCCESS},
                {FILE_OPEN_IF, 0, STATUS_SUCCESS}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        w.share = rows[i].shared;
        assert_status(open_with("\\a", FILE_READ_DATA, FILE_OPEN, 0), STATUS_SUCCESS);
        w.share = SHARE_ALL;
        assert_status(open_with("\\a", SYNCHRONIZE, rows[i].disposition, 0), rows[i].status);
        assert_int_equal(row_of("\\a").share.open, 1);
        w.io_flags = IO_IGNORE_SHARE_ACCESS_CHECK;
        assert_status(open_with("\\a", SYNCHRONIZE, rows[i].disposition, 0), STATUS_SUCCESS);
        assert_int_equal(row_of("\\a").share.open, 1);
    }
}

static void sharing_is_counted_by_name(void **state) {
    (void)state;
    static const char *const names[] = {"\\a", "\\d", "\\", "\\??\\C:", "\\??\\W:\\a", "\\missing"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        w.share = FILE_SHARE_READ;
        assert_status(open_with(names[i], FILE_READ_DATA | DELETE, FILE_OPEN_IF, 0),
                      STATUS_SUCCESS);
        const struct flt_share_row expected = {
            .open = 1, .readers = 1, .deleters = 1, .shared_read = 1};
        const struct flt_share_row share = row_of(names[i]).share;
        assert_memory_equal(&share, &expected, sizeof share);
        const HANDLE handle = w.handle;
        assert_status(open_with(names[i], FILE_READ_DATA, FILE_OPEN, 0), STATUS_SHARING_VIOLATION);
        assert_status(open_with(names[i], FILE_READ_ATTRIBUTES, FILE_OPEN, 0), STATUS_SUCCESS);
        assert_status(flt_close(handle), STATUS_SUCCESS);
        assert_int_equal(row_of(names[i]).share.open, 0);
    }
    open_by(FLT_OP_FltOpenVolume, 0);
    assert_int_equal(row_of("\\??\\C:").share.open, 0);
}

/* ---- instances ---------------------------------------------------------------------------------
 */

static void instance_is_of_the_volume_of_the_name(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum flt_instance instance;
        NTSTATUS status;
    } rows[] = {
        {"\\a", FLT_INSTANCE_I0, STATUS_SUCCESS},
        {"\\??\\C:", FLT_INSTANCE_I1, STATUS_SUCCESS},
        {"\\a", FLT_INSTANCE_I2, STATUS_MOUNT_POINT_NOT_RESOLVED},
        {"\\??\\W:\\a", FLT_INSTANCE_I0, STATUS_MOUNT_POINT_NOT_RESOLVED},
        {PIPE, FLT_INSTANCE_I0, STATUS_MOUNT_POINT_NOT_RESOLVED},
        {MAILSLOT, FLT_INSTANCE_I1, STATUS_MOUNT_POINT_NOT_RESOLVED},
        {"\\other", FLT_INSTANCE_I2, STATUS_MOUNT_POINT_NOT_RESOLVED},
        {"\\other", FLT_INSTANCE_I0, STATUS_OBJECT_NAME_NOT_FOUND},
        {"\\??\\W:\\other", FLT_INSTANCE_I0, STATUS_OBJECT_PATH_NOT_FOUND},
        {"a", FLT_INSTANCE_I2, STATUS_OBJECT_PATH_SYNTAX_BAD},
        {"\\??\\W:\\new", FLT_INSTANCE_I2, STATUS_MOUNT_POINT_NOT_RESOLVED},
    };
    attach_instance(FLT_INSTANCE_I1, FLT_FILTER_F0);
    attach_instance(FLT_INSTANCE_I2, FLT_FILTER_F0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        w.instance = rows[i].instance;
        assert_status(open_with(rows[i].name, 0, FILE_OPEN, 0), rows[i].status);
    }
    w.instance = FLT_INSTANCE_I2; /* before the volume's protection */
    assert_status(open_with("\\??\\W:\\new", 0, FILE_CREATE, 0), STATUS_MOUNT_POINT_NOT_RESOLVED);
}

static void deletion_needs_a_volume_that_lets_it(void **state) {
    (void)state;
    assert_status(open_with("\\??\\W:\\a", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE),
                  STATUS_MEDIA_WRITE_PROTECTED);
    assert_status(open_with("\\??\\C:", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE),
                  STATUS_CANNOT_DELETE);
    assert_status(open_with("\\", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_CANNOT_DELETE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(start_is_as_the_table_says),
        test(every_disposition_on_everything),
        test(what_is_made_stays_and_has_names_in_it),
        test(attributes_are_as_given_or_added),
        test(read_only_files_are_neither_written_nor_replaced),
        test(maximum_is_less_for_a_read_only_file),
        test(hidden_and_system_files_are_replaced_as_such),
        test(replacing_needs_sharing_and_is_not_counted),
        test(sharing_is_counted_by_name),
        test(instance_is_of_the_volume_of_the_name),
        test(deletion_needs_a_volume_that_lets_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
