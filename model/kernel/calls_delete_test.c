/* FltSetInformationFile's deletion, FILE_DELETE_ON_CLOSE, and when a name goes. */
#include "calls_test.h"

#define MARK FILE_DISPOSITION_DELETE
#define POSIX (FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS)

/* An open with its file object. */
struct opened {
    HANDLE handle;
    PFILE_OBJECT file;
};

static struct opened open_it(const char *name, ULONG options) {
    const HANDLE handle = open_object(name, FILE_READ_DATA | DELETE, options);
    return (struct opened){handle, w.file};
}

static void close_it(const struct opened *opened) {
    assert_status(flt_close(opened->handle), STATUS_SUCCESS);
}

static void mark(const struct opened *opened, ULONG flags) {
    assert_status(set_disposition(opened->file, flags), STATUS_SUCCESS);
}

static NTSTATUS open_again(const char *name) {
    return open_with(name, 0, FILE_OPEN, 0);
}

/* ---- marks and names ---------------------------------------------------------------------------
 */

static void marked_file_goes_with_its_last_handle(void **state) {
    (void)state;
    const struct opened first = open_it("\\a", 0), other = open_it("\\a", 0);
    mark(&first, MARK);
    assert_int_equal(row_of("\\a").deleting, 1);
    assert_status(open_again("\\a"), STATUS_DELETE_PENDING);
    close_it(&first);
    assert_there("\\a", FLT_NAME_FILE);
    assert_int_equal(row_of("\\a").deleting, 1);
    assert_int_equal(row_of("\\a").share.open, 1);
    w.events = 0;
    close_it(&other); /* its references do not keep the name */
    assert_irps(IRPS(FLT_EVENT_CLEANUP), FLT_PROCESS_P1, number(other.file));
    const struct flt_name_row gone = {0}, now = row_of("\\a");
    assert_memory_equal(&now, &gone, sizeof gone);
    assert_status(open_again("\\a"), STATUS_OBJECT_NAME_NOT_FOUND);
    dereference(first.file);
    dereference(other.file);
    assert_totals(0, 0);
}

static void opens_without_access_keep_the_name_too(void **state) {
    (void)state;
    const struct opened first = open_it("\\a", 0);
    w.io_flags = IO_IGNORE_SHARE_ACCESS_CHECK;
    assert_status(open_again("\\a"), STATUS_SUCCESS);
    const HANDLE other = w.handle;
    assert_status(duplicate(FLT_PROCESS_HANDLE_CURRENT, other, FLT_PROCESS_HANDLE_P2, 0, 0, 0),
                  STATUS_SUCCESS);
    mark(&first, MARK);
    close_it(&first);
    assert_status(flt_close(other), STATUS_SUCCESS);
    assert_there("\\a", FLT_NAME_FILE);
    exit_process(FLT_PROCESS_P2); /* with its duplicate */
    assert_there("\\a", FLT_NAME_NOTHING);
}

static void mark_is_taken_away_by_anyone(void **state) {
    (void)state;
    const struct opened first = open_it("\\a", 0), other = open_it("\\a", 0);
    mark(&first, POSIX);
    mark(&other, 0);
    assert_int_equal(row_of("\\a").deleting, 0);
    assert_status(open_again("\\a"), STATUS_SUCCESS);
    close_it(&first);
    assert_there("\\a", FLT_NAME_FILE);
    mark(&other, MARK); /* does not bring back the first one's */
    close_it(&other);
    assert_there("\\a", FLT_NAME_FILE); /* opened again */
    assert_status(flt_close(w.handle), STATUS_SUCCESS);
    assert_there("\\a", FLT_NAME_NOTHING);
}

static void posix_mark_of_before_does_not_come_back(void **state) {
    (void)state;
    const struct opened first = open_it("\\a", 0), other = open_it("\\a", 0);
    mark(&first, POSIX);
    mark(&first, FILE_DISPOSITION_POSIX_SEMANTICS); /* not deleted: it is taken away */
    mark(&other, MARK);
    close_it(&first);
    assert_there("\\a", FLT_NAME_FILE);
    close_it(&other);
    assert_there("\\a", FLT_NAME_NOTHING);
    start(); /* and marking again without it loses it */
    const struct opened one = open_it("\\a", 0), two = open_it("\\a", 0);
    mark(&one, POSIX);
    mark(&one, MARK);
    close_it(&one);
    assert_there("\\a", FLT_NAME_FILE);
    close_it(&two);
    assert_there("\\a", FLT_NAME_NOTHING);
}

static void posix_delete_takes_the_name_at_once(void **state) {
    (void)state;
    const struct opened deleter = open_it("\\a", 0), other = open_it("\\a", 0);
    mark(&deleter, POSIX);
    assert_there("\\a", FLT_NAME_FILE); /* until it closes */
    close_it(&deleter);
    assert_there("\\a", FLT_NAME_NOTHING);
    assert_status(flt_read(other.file), STATUS_SUCCESS);
    assert_status(set_disposition(other.file, MARK), STATUS_FILE_DELETED);
    assert_status(set_disposition(other.file, 0), STATUS_FILE_DELETED);
    /* A new file has nothing to do with the old one. */
    w.share = 0;
    w.file_attributes = FILE_ATTRIBUTE_HIDDEN;
    assert_status(open_with("\\a", FILE_WRITE_DATA, FILE_CREATE, 0), STATUS_SUCCESS);
    const struct flt_name_row before = row_of("\\a");
    assert_int_equal(before.share.open, 1);
    assert_int_equal(before.attributes, FILE_ATTRIBUTE_HIDDEN);
    close_it(&other);
    const struct flt_name_row after = row_of("\\a");
    assert_memory_equal(&after, &before, sizeof after);
}

static void nameless_open_to_be_deleted_marks_nothing(void **state) {
    (void)state;
    const struct opened other = open_it("\\a", FILE_DELETE_ON_CLOSE), deleter = open_it("\\a", 0);
    mark(&deleter, POSIX);
    close_it(&deleter);
    assert_status(open_with("\\a", 0, FILE_CREATE, 0), STATUS_SUCCESS);
    close_it(&other);
    assert_there("\\a", FLT_NAME_FILE);
    assert_int_equal(row_of("\\a").deleting, 0);
}

/* ---- FILE_DELETE_ON_CLOSE ----------------------------------------------------------------------
 */

static void delete_on_close_marks_when_it_closes(void **state) {
    (void)state;
    const struct opened deleter = open_it("\\a", FILE_DELETE_ON_CLOSE), other = open_it("\\a", 0);
    assert_int_equal(row_of("\\a").deleting, 0);
    assert_status(
        duplicate(FLT_PROCESS_HANDLE_CURRENT, deleter.handle, FLT_PROCESS_HANDLE_CURRENT, 0, 0, 0),
        STATUS_SUCCESS);
    const HANDLE last = w.handle;
    close_it(&deleter);
    assert_int_equal(row_of("\\a").deleting, 0); /* the duplicate is left */
    assert_status(zw_close(last), STATUS_SUCCESS);
    assert_int_equal(row_of("\\a").deleting, 1);
    assert_status(open_again("\\a"), STATUS_DELETE_PENDING);
    mark(&other, 0); /* it can still be saved */
    close_it(&other);
    assert_there("\\a", FLT_NAME_FILE);
}

static void delete_on_close_is_not_taken_back(void **state) {
    (void)state;
    const struct opened deleter = open_it("\\missing", FILE_DELETE_ON_CLOSE);
    mark(&deleter, 0);
    close_it(&deleter);
    assert_there("\\missing", FLT_NAME_NOTHING);
}

static void directory_with_names_in_it_stays(void **state) {
    (void)state;
    const struct opened d = open_it("\\d", FILE_DELETE_ON_CLOSE), e = open_it("\\e", 0x1001);
    close_it(&d);
    assert_there("\\d", FLT_NAME_DIRECTORY);
    assert_int_equal(row_of("\\d").deleting, 0);
    close_it(&e); /* it is empty */
    assert_there("\\e", FLT_NAME_NOTHING);
    const struct opened x = open_it("\\d\\x", FILE_DELETE_ON_CLOSE), empty = open_it("\\d", 0x1000);
    close_it(&x);
    close_it(&empty);
    assert_there("\\d", FLT_NAME_NOTHING);
    assert_status(open_again("\\d\\x"), STATUS_OBJECT_PATH_NOT_FOUND);
}

static void nothing_opens_in_a_directory_that_goes(void **state) {
    (void)state;
    const struct opened e = open_it("\\e", 0);
    mark(&e, MARK);
    assert_status(open_with("\\e\\y", 0, FILE_CREATE, 0), STATUS_DELETE_PENDING);
    assert_status(open_with("\\e\\other", 0, FILE_OPEN, 0), STATUS_DELETE_PENDING);
    close_it(&e);
    assert_status(open_with("\\e\\y", 0, FILE_CREATE, 0), STATUS_OBJECT_PATH_NOT_FOUND);
}

/* ---- what is refused ---------------------------------------------------------------------------
 */

static void disposition_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *name;
        ULONG flags;
        NTSTATUS status;
    } rows[] = {
        {"\\a", FILE_DISPOSITION_ON_CLOSE, STATUS_INVALID_PARAMETER},
        {"\\a", MARK | FILE_DISPOSITION_ON_CLOSE, STATUS_INVALID_PARAMETER},
        {"\\a", 0x20, STATUS_INVALID_PARAMETER},
        {"\\??\\C:", MARK, STATUS_INVALID_PARAMETER},
        {"\\??\\C:", 0, STATUS_INVALID_PARAMETER},
        {"\\??\\W:\\a", MARK, STATUS_MEDIA_WRITE_PROTECTED},
        {"\\??\\W:\\a", 0, STATUS_SUCCESS},
        {"\\", MARK, STATUS_CANNOT_DELETE},
        {"\\", 0, STATUS_SUCCESS},
        {"\\readonly", MARK, STATUS_CANNOT_DELETE},
        {"\\readonly", POSIX, STATUS_CANNOT_DELETE},
        {"\\readonly", FILE_DISPOSITION_POSIX_SEMANTICS, STATUS_SUCCESS},
        {"\\readonly", MARK | FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE, STATUS_SUCCESS},
        {"\\d", MARK, STATUS_DIRECTORY_NOT_EMPTY},
        {"\\d", 0, STATUS_SUCCESS},
        {"\\e", MARK | FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK, STATUS_SUCCESS},
        {"\\oplocked", MARK, STATUS_SUCCESS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        open_object(rows[i].name, 0, 0); /* that it has no DELETE access is the caller's */
        w.events = 0;
        assert_status(set_disposition(w.file, rows[i].flags), rows[i].status);
        assert_no_irps();
        assert_int_equal(row_of(rows[i].name).deleting,
                         rows[i].status == STATUS_SUCCESS && rows[i].flags & MARK);
    }
    open_by(FLT_OP_FltOpenVolume, 0);
    assert_status(set_disposition(w.file, MARK), STATUS_INVALID_PARAMETER);
}

static void disposition_is_of_an_open_file(void **state) {
    (void)state;
    const uint64_t event = token_of(FLT_PROCESS_P1, open_by(FLT_OP_ZwCreateEvent, 0));
    assert_status(set_disposition((PFILE_OBJECT)handle_of(event), MARK),
                  STATUS_OBJECT_TYPE_MISMATCH);
    const struct opened closed = open_it("\\a", 0);
    close_it(&closed);
    assert_status(set_disposition(closed.file, MARK), STATUS_FILE_CLOSED);
    assert_status(set_disposition(closed.file, FILE_DISPOSITION_ON_CLOSE), STATUS_FILE_CLOSED);
    assert_int_equal(row_of("\\a").deleting, 0);
}

static NTSTATUS set_plain(PFILE_OBJECT file, BOOLEAN value, FILE_INFORMATION_CLASS kind) {
    FILE_DISPOSITION_INFORMATION information = {value};
    return w.system->ops->FltSetInformationFile(w.system, NULL, file, &information,
                                                (ULONG)sizeof information, kind);
}

static void plain_class_only_marks(void **state) {
    (void)state;
    const struct opened a = open_it("\\a", 0);
    assert_status(set_plain(a.file, TRUE, FileDispositionInformation), STATUS_SUCCESS);
    assert_int_equal(row_of("\\a").deleting, 1);
    assert_status(set_plain(a.file, FALSE, FileDispositionInformation), STATUS_SUCCESS);
    assert_int_equal(row_of("\\a").deleting, 0);
    assert_status(set_plain(a.file, TRUE, FileStandardInformation), STATUS_INVALID_PARAMETER);
    assert_int_equal(row_of("\\a").deleting, 0);
}

static void reset_brings_everything_back(void **state) {
    (void)state;
    const struct all_names before = all_names();
    static const char *const names[] = {"\\a", "\\b", "\\e", "\\link", "\\oplocked", "\\d\\x"};
    for (size_t i = 0; i < 6; i++) {
        const struct opened opened =
            open_it(names[i], FILE_DELETE_ON_CLOSE | FILE_OPEN_REPARSE_POINT);
        close_it(&opened);
        assert_there(names[i], FLT_NAME_NOTHING);
    }
    open_it("\\missing", 0);
    start();
    assert_names(&before);
    const struct opened deleter = open_it("\\a", 0), other = open_it("\\a", 0);
    mark(&deleter, POSIX); /* no mark of the run before stands */
    close_it(&other);
    assert_there("\\a", FLT_NAME_FILE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(marked_file_goes_with_its_last_handle),
        test(opens_without_access_keep_the_name_too),
        test(mark_is_taken_away_by_anyone),
        test(posix_mark_of_before_does_not_come_back),
        test(posix_delete_takes_the_name_at_once),
        test(nameless_open_to_be_deleted_marks_nothing),
        test(delete_on_close_marks_when_it_closes),
        test(delete_on_close_is_not_taken_back),
        test(directory_with_names_in_it_stays),
        test(nothing_opens_in_a_directory_that_goes),
        test(disposition_is_refused),
        test(disposition_is_of_an_open_file),
        test(plain_class_only_marks),
        test(reset_brings_everything_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
