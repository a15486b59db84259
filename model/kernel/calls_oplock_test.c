/* Opens of a file that an application holds an oplock on, and FILE_RESERVE_OPFILTER. */
#include "calls_test.h"

#define FILE_NAME "\\oplocked"

static void assert_oplocked(bool expected) {
    assert_int_equal(row_of(FILE_NAME).oplocked, expected);
}

static const struct oplock_row {
    ACCESS_MASK access;
    ULONG disposition, options;
    NTSTATUS status;
    ULONG information;
    bool kept;
} rows[] = {
    {FILE_READ_DATA, FILE_OPEN, 0, STATUS_SUCCESS, FILE_OPENED, false},
    {READ_CONTROL, FILE_OPEN, 0, STATUS_SUCCESS, FILE_OPENED, false},
    {0, FILE_OPEN, 0, STATUS_SUCCESS, FILE_OPENED, true},
    {FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, FILE_OPEN_IF, 0, STATUS_SUCCESS,
     FILE_OPENED, true},
    {FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_COMPLETE_IF_OPLOCKED, STATUS_SUCCESS, FILE_OPENED, true},
    {MAXIMUM_ALLOWED, FILE_OPEN, 0, STATUS_SUCCESS, FILE_OPENED, false},
    {FILE_READ_ATTRIBUTES, FILE_OVERWRITE, 0, STATUS_SUCCESS, FILE_OVERWRITTEN, false},
    {0, FILE_SUPERSEDE, 0, STATUS_SUCCESS, FILE_SUPERSEDED, false},
    {FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_RESERVE_OPFILTER, STATUS_SUCCESS, FILE_OPENED, false},
    {GENERIC_READ, FILE_OPEN, FILE_COMPLETE_IF_OPLOCKED, STATUS_OPLOCK_BREAK_IN_PROGRESS,
     FILE_OPBATCH_BREAK_UNDERWAY, true},
    {0, FILE_OVERWRITE_IF, FILE_COMPLETE_IF_OPLOCKED, STATUS_OPLOCK_BREAK_IN_PROGRESS,
     FILE_OPBATCH_BREAK_UNDERWAY, true},
    {GENERIC_READ, FILE_OPEN, FILE_OPEN_REQUIRING_OPLOCK, STATUS_CANNOT_BREAK_OPLOCK, 0, true},
    {0, FILE_OPEN, FILE_OPEN_REQUIRING_OPLOCK, STATUS_CANNOT_BREAK_OPLOCK, 0, true},
    {GENERIC_READ, FILE_OPEN, FILE_OPEN_REQUIRING_OPLOCK | FILE_COMPLETE_IF_OPLOCKED,
     STATUS_CANNOT_BREAK_OPLOCK, 0, true},
    {GENERIC_READ, FILE_CREATE, 0, STATUS_OBJECT_NAME_COLLISION, 0, true},
    {GENERIC_READ, FILE_OPEN, FILE_DIRECTORY_FILE, STATUS_NOT_A_DIRECTORY, 0, true},
};

static void oplock_breaks_or_stays(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        assert_oplocked(true);
        const NTSTATUS status = rows[i].status;
        assert_status(open_with(FILE_NAME, rows[i].access, rows[i].disposition, rows[i].options),
                      status);
        assert_oplocked(rows[i].kept);
        assert_totals(NT_SUCCESS(status), NT_SUCCESS(status));
        if (!NT_SUCCESS(status))
            continue;
        assert_status(w.iosb.Status, status);
        assert_int_equal(w.iosb.Information, rows[i].information);
        assert_status(flt_close(w.handle), STATUS_SUCCESS);
        assert_oplocked(rows[i].kept); /* it is the application's */
    }
}

static void open_under_a_break_is_complete(void **state) {
    (void)state;
    w.file_attributes = FILE_ATTRIBUTE_ARCHIVE;
    assert_status(open_with(FILE_NAME, FILE_READ_DATA | DELETE, FILE_OVERWRITE,
                            FILE_COMPLETE_IF_OPLOCKED | FILE_DELETE_ON_CLOSE),
                  STATUS_OPLOCK_BREAK_IN_PROGRESS);
    assert_int_equal(row_of(FILE_NAME).attributes, FILE_ATTRIBUTE_ARCHIVE);
    assert_int_equal(row_of(FILE_NAME).share.deleters, 1);
    assert_oplocked(true);
    assert_status(flt_close(w.handle), STATUS_SUCCESS);
    assert_there(FILE_NAME, FLT_NAME_NOTHING);
    assert_status(open_with(FILE_NAME, 0, FILE_CREATE, 0), STATUS_SUCCESS);
    assert_oplocked(false); /* nobody has one on the new file */
    assert_status(open_with(FILE_NAME, FILE_READ_DATA, FILE_OPEN, FILE_OPEN_REQUIRING_OPLOCK),
                  STATUS_SUCCESS);
}

static void sharing_comes_before_the_oplock(void **state) {
    (void)state;
    w.share = 0; /* under a break, which leaves it */
    assert_status(open_with(FILE_NAME, FILE_READ_DATA, FILE_OPEN, FILE_COMPLETE_IF_OPLOCKED),
                  STATUS_OPLOCK_BREAK_IN_PROGRESS);
    assert_status(open_with(FILE_NAME, FILE_READ_DATA, FILE_OPEN, 0), STATUS_SHARING_VIOLATION);
    assert_status(open_with(FILE_NAME, FILE_READ_DATA, FILE_OPEN, FILE_OPEN_REQUIRING_OPLOCK),
                  STATUS_SHARING_VIOLATION);
    assert_oplocked(true);
}

static void reserve_needs_an_unopened_file(void **state) {
    (void)state;
    static const struct {
        ACCESS_MASK access;
        ULONG share;
        NTSTATUS status;
    } asked[] = {
        {FILE_READ_ATTRIBUTES, SHARE_ALL, STATUS_SUCCESS},
        {FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE, STATUS_OPLOCK_NOT_GRANTED},
        {FILE_READ_ATTRIBUTES, 0, STATUS_OPLOCK_NOT_GRANTED},
        {0, SHARE_ALL, STATUS_OPLOCK_NOT_GRANTED},
        {GENERIC_READ, SHARE_ALL, STATUS_OPLOCK_NOT_GRANTED},
        {FILE_READ_ATTRIBUTES | SYNCHRONIZE, SHARE_ALL, STATUS_OPLOCK_NOT_GRANTED}};
    static const char *const names[] = {"\\a", "\\e", "\\missing", "\\??\\C:"};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        for (size_t k = 0; k < 4; k++) {
            start();
            w.share = asked[i].share;
            assert_status(open_with(names[k], asked[i].access, FILE_OPEN_IF, FILE_RESERVE_OPFILTER),
                          asked[i].status);
            if (!NT_SUCCESS(asked[i].status))
                continue;
            const HANDLE first = w.handle; /* one handle to the file, which is too many */
            assert_status(open_with(names[k], asked[i].access, FILE_OPEN, FILE_RESERVE_OPFILTER),
                          STATUS_OPLOCK_NOT_GRANTED);
            assert_status(flt_close(first), STATUS_SUCCESS);
            assert_status(open_with(names[k], asked[i].access, FILE_OPEN, FILE_RESERVE_OPFILTER),
                          STATUS_SUCCESS);
        }
    start();
    open_by(FLT_OP_FltOpenVolume, 0); /* is an open of the volume by name */
    assert_status(open_with("\\??\\C:", FILE_READ_ATTRIBUTES, FILE_OPEN, FILE_RESERVE_OPFILTER),
                  STATUS_OPLOCK_NOT_GRANTED);
    assert_status(open_with("\\other", 0, FILE_CREATE, FILE_RESERVE_OPFILTER), STATUS_DISK_FULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(oplock_breaks_or_stays),
        test(open_under_a_break_is_complete),
        test(sharing_comes_before_the_oplock),
        test(reserve_needs_an_unopened_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
