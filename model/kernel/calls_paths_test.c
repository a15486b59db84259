/* How a name is found: relative to a root directory, by file id, through a link, with a backslash
 * at the end, and as the target whose directory is wanted. */
#include "calls_test.h"

static HANDLE root_of(const char *name) {
    w.root = NULL;
    assert_status(open_with(name, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    return w.handle;
}

/* Whose share is counted is what was opened. */
static void assert_opens(const char *expected, const char *spelled, ULONG options) {
    const uint32_t before = row_of(expected).share.open;
    assert_status(open_with(spelled, FILE_READ_DATA, FILE_OPEN, options), STATUS_SUCCESS);
    assert_int_equal(row_of(expected).share.open, before + 1);
}

static void root_directory_is_what_names_are_relative_to(void **state) {
    (void)state;
    const HANDLE d = root_of("\\d"), top = root_of("\\");
    w.root = d;
    assert_opens("\\d\\x", "x", 0);
    assert_opens("\\d", "", 0);
    assert_status(open_with("new", 0, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(open_with("new\\z", 0, FILE_OPEN, 0), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_status(open_with("other", 0, FILE_CREATE, 0), STATUS_DISK_FULL);
    assert_status(open_with("other\\z", 0, FILE_CREATE, 0), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_status(open_with("new", 0, FILE_CREATE, 0), STATUS_SUCCESS);
    assert_there("\\d\\new", FLT_NAME_FILE);
    w.root = top;
    assert_opens("\\a", "a", 0);
    assert_opens("\\d\\x", "d\\x", 0);
    assert_opens("\\", "", 0);
    assert_opens("\\", "", FILE_DIRECTORY_FILE);
    assert_status(open_with("other", 0, FILE_OPEN_IF, 0), STATUS_DISK_FULL);
    w.root = handle_of(number(top) | 1); /* tag_bits=ignored */
    assert_opens("\\a", "a", 0);
}

static void long_names_are_not_listed(void **state) {
    (void)state;
    w.root = root_of("\\d");
    assert_status(open_with("a-name-that-is-longer-than-any-that-there-is", 0, FILE_CREATE, 0),
                  STATUS_DISK_FULL);
    assert_status(
        open_with("a-directory-that-is-longer-than-any\\that-there-is", 0, FILE_CREATE, 0),
        STATUS_OBJECT_PATH_NOT_FOUND);
    w.root = NULL;
    assert_status(open_with("\\a-name-that-is-longer-than-any-that-there-is", 0, FILE_CREATE, 0),
                  STATUS_DISK_FULL);
}

static void name_of_no_whole_path_is_none(void **state) {
    (void)state;
    w.root = root_of("\\d");
    assert_status(open_with("\\x", 0, FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    assert_status(open_with("\\", 0, FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    w.root = root_of("\\a"); /* before the kind of the root */
    assert_status(open_with("\\x", 0, FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    w.root = NULL;
    assert_status(open_with("id:1", 0, FILE_OPEN, FILE_OPEN_BY_FILE_ID),
                  STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_opens("\\a", "\\a", FILE_OPEN_BY_FILE_ID); /* without a root it says nothing */
}

static void root_must_be_a_handle_to_a_file(void **state) {
    (void)state;
    static const uint64_t bad[] = {4, FLT_KERNEL_HANDLE_BITS | 1024, UINT64_MAX, NEVER_VALID};
    for (size_t i = 0; i < 4; i++) {
        w.root = handle_of(bad[i]);
        assert_status(open_with("x", 0, FILE_OPEN, 0), STATUS_INVALID_HANDLE);
        assert_status(open_with("\\a", 0, FILE_OPEN, 0), STATUS_INVALID_HANDLE);
        assert_status(open_with("", 0, 6, 0), STATUS_INVALID_PARAMETER); /* which is first */
    }
    w.root = open_by(FLT_OP_ZwCreateEvent, 0);
    assert_status(open_with("x", 0, FILE_OPEN, 0), STATUS_OBJECT_TYPE_MISMATCH);
    w.root = root_of("\\d");
    run_in(FLT_PROCESS_P2); /* where it is no handle */
    assert_status(open_with("x", 0, FILE_OPEN, 0), STATUS_INVALID_HANDLE);
    run_in(FLT_PROCESS_P1);
    const HANDLE altered = handle_of(number(w.root) | 1);
    start_with(tag_bits, significant);
    root_of("\\d");
    w.root = altered;
    assert_status(open_with("x", 0, FILE_OPEN, 0), STATUS_INVALID_HANDLE);
}

static void root_must_be_a_directory_that_stays(void **state) {
    (void)state;
    static const char *const files[] = {"\\a", "\\??\\C:", "\\??\\W:\\a"};
    for (size_t i = 0; i < 3; i++) {
        w.root = root_of(files[i]);
        assert_status(open_with("x", 0, FILE_OPEN, 0), STATUS_OBJECT_PATH_NOT_FOUND);
        assert_status(open_with("", 0, FILE_OPEN, 0), STATUS_OBJECT_PATH_NOT_FOUND);
    }
    w.root = NULL;
    const HANDLE e = open_object("\\e", DELETE, 0);
    const PFILE_OBJECT marked = w.file;
    const HANDLE other = open_object("\\e", 0, 0);
    assert_status(set_disposition(marked, 3), STATUS_SUCCESS);
    w.root = other;
    assert_status(open_with("y", 0, FILE_OPEN_IF, 0), STATUS_DELETE_PENDING);
    assert_status(open_with("", 0, FILE_OPEN, 0), STATUS_DELETE_PENDING);
    assert_status(flt_close(e), STATUS_SUCCESS);
    assert_there("\\e", FLT_NAME_NOTHING);
    assert_status(open_with("y", 0, FILE_OPEN_IF, 0), STATUS_DELETE_PENDING); /* it is nameless */
    w.root = NULL;
    assert_status(open_with("\\e", 0, FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    w.root = other; /* is no handle to the new one */
    assert_status(open_with("y", 0, FILE_OPEN_IF, 0), STATUS_DELETE_PENDING);
}

/* ---- file ids ----------------------------------------------------------------------------------
 */

static NTSTATUS open_id(const char *id) {
    return open_with(id, FILE_READ_DATA, FILE_OPEN, FILE_OPEN_BY_FILE_ID);
}

static void file_id_opens_the_file_that_has_it(void **state) {
    (void)state;
    static const char *const roots[] = {"\\a", "\\d", "\\", "\\??\\C:", "\\oplocked"};
    for (size_t i = 0; i < 5; i++) {
        w.root = root_of(roots[i]);
        assert_opens("\\a", "id:1", FILE_OPEN_BY_FILE_ID);
        assert_opens("\\d", "id:2", FILE_OPEN_BY_FILE_ID);
        assert_status(open_id("id:9"), STATUS_INVALID_PARAMETER);
        assert_status(open_id("\\a\\x"), STATUS_INVALID_PARAMETER); /* four units, and no id */
        assert_status(open_id("a"), STATUS_INVALID_PARAMETER);
        assert_status(open_id(""), STATUS_INVALID_PARAMETER);
        assert_status(open_id("id:11"), STATUS_INVALID_PARAMETER);
    }
    w.root = root_of("\\??\\W:\\a");
    assert_status(open_id("id:1"), STATUS_INVALID_PARAMETER); /* another volume's */
    w.root = root_of("\\d");
    assert_status(open_with("id:1", 0, FILE_CREATE, FILE_OPEN_BY_FILE_ID),
                  STATUS_OBJECT_NAME_COLLISION);
    w.io_flags = IO_OPEN_TARGET_DIRECTORY;
    assert_status(open_id("id:1"), STATUS_INVALID_PARAMETER);
}

static void new_file_has_another_id(void **state) {
    (void)state;
    open_with("\\a", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE);
    assert_status(flt_close(w.handle), STATUS_SUCCESS);
    w.root = root_of("\\");
    assert_status(open_id("id:1"), STATUS_INVALID_PARAMETER);
    w.root = NULL;
    assert_status(open_with("\\a", 0, FILE_CREATE, 0), STATUS_SUCCESS);
    w.root = root_of("\\");
    assert_status(open_id("id:1"), STATUS_INVALID_PARAMETER);
    w.root = NULL; /* what is replaced keeps its id */
    start();
    assert_status(open_with("\\a", 0, FILE_SUPERSEDE, 0), STATUS_SUCCESS);
    w.root = root_of("\\");
    assert_status(open_id("id:1"), STATUS_SUCCESS);
}

static void nameless_root_knows_its_volume(void **state) {
    (void)state;
    const HANDLE deleter = open_object("\\b", DELETE, 0);
    assert_status(set_disposition(w.file, 3), STATUS_SUCCESS);
    assert_status(open_with("\\b", 0, FILE_OPEN, 0), STATUS_DELETE_PENDING);
    assert_status(flt_close(deleter), STATUS_SUCCESS);
    open_with("\\b", 0, FILE_CREATE, 0);
    const HANDLE other = w.handle;
    open_object("\\b", DELETE, 0);
    assert_status(set_disposition(w.file, 3), STATUS_SUCCESS);
    assert_status(flt_close(w.handle), STATUS_SUCCESS);
    assert_there("\\b", FLT_NAME_NOTHING);
    w.root = other;
    assert_opens("\\a", "id:1", FILE_OPEN_BY_FILE_ID);
}

/* ---- links -------------------------------------------------------------------------------------
 */

static void link_leads_to_its_file(void **state) {
    (void)state;
    assert_opens("\\a", "\\link", 0);
    assert_opens("\\link", "\\link", FILE_OPEN_REPARSE_POINT);
    assert_status(open_with("\\link", 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_COLLISION);
    assert_status(open_with("\\link", 0, FILE_OPEN, FILE_DIRECTORY_FILE), STATUS_NOT_A_DIRECTORY);
    assert_status(open_with("\\link\\", 0, FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    w.file_attributes = FILE_ATTRIBUTE_HIDDEN;
    assert_status(open_with("\\link", 0, FILE_SUPERSEDE, 0), STATUS_SUCCESS);
    assert_int_equal(row_of("\\a").attributes, FILE_ATTRIBUTE_HIDDEN);
    assert_int_equal(row_of("\\link").attributes, 0);
    assert_status(open_with("\\link", 0, FILE_OVERWRITE, FILE_OPEN_REPARSE_POINT), STATUS_SUCCESS);
    assert_int_equal(row_of("\\link").attributes, FILE_ATTRIBUTE_HIDDEN);
    assert_there("\\link", FLT_NAME_LINK);
}

static void link_to_nothing_makes_its_file(void **state) {
    (void)state;
    open_with("\\link", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE);
    assert_status(flt_close(w.handle), STATUS_SUCCESS);
    assert_there("\\a", FLT_NAME_NOTHING);
    assert_there("\\link", FLT_NAME_LINK);
    assert_status(open_with("\\link", 0, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(open_with("\\link\\", 0, FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    assert_there("\\a", FLT_NAME_DIRECTORY);
    open_with("\\link", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE | FILE_OPEN_REPARSE_POINT);
    const HANDLE link = w.handle;
    assert_status(flt_close(link), STATUS_SUCCESS);
    assert_there("\\link", FLT_NAME_NOTHING);
    assert_there("\\a", FLT_NAME_DIRECTORY);
    assert_status(open_with("\\link", 0, FILE_CREATE, 0), STATUS_SUCCESS); /* no link now */
    assert_there("\\link", FLT_NAME_FILE);
}

static void link_that_goes_is_not_followed(void **state) {
    (void)state;
    open_object("\\link", DELETE, FILE_OPEN_REPARSE_POINT);
    assert_status(set_disposition(w.file, FILE_DISPOSITION_DELETE), STATUS_SUCCESS);
    assert_status(open_with("\\link", 0, FILE_OPEN, 0), STATUS_DELETE_PENDING);
    w.io_flags = IO_STOP_ON_SYMLINK;
    assert_status(open_with("\\link", 0, FILE_OPEN, 0), STATUS_DELETE_PENDING);
    assert_status(open_with("\\link", 0, FILE_OPEN, FILE_OPEN_REPARSE_POINT),
                  STATUS_DELETE_PENDING);
}

static void stopped_open_says_where_the_link_leads(void **state) {
    (void)state;
    static const uint8_t choices[] = {FLT_CHOICE(failed_iosb, untouched),
                                      FLT_CHOICE(failed_iosb, written)};
    for (size_t i = 0; i < 2; i++) {
        w.switches.value[FLT_SWITCH_failed_iosb] = choices[i];
        start();
        w.io_flags = IO_STOP_ON_SYMLINK;
        assert_status(open_with("\\link", 0, FILE_OPEN, 0), STATUS_STOPPED_ON_SYMLINK);
        assert_status(w.iosb.Status, STATUS_STOPPED_ON_SYMLINK);
        assert_int_not_equal(w.iosb.Information, 0);
        assert_int_not_equal(w.iosb.Information, FILL);
        assert_int_equal(number(w.handle), FILL);
        assert_totals(0, 1); /* the buffer */
        assert_no_irps();
        assert_opens("\\link", "\\link", FILE_OPEN_REPARSE_POINT);
        assert_opens("\\a", "\\a", 0);
    }
}

/* ---- the backslash at the end ------------------------------------------------------------------
 */

static void backslash_at_the_end_is_of_directories(void **state) {
    (void)state;
    assert_opens("\\d", "\\d\\", 0);
    assert_opens("\\d", "\\d\\", FILE_DIRECTORY_FILE);
    assert_status(open_with("\\d\\", 0, FILE_OPEN, FILE_NON_DIRECTORY_FILE),
                  STATUS_OBJECT_NAME_INVALID);
    assert_status(open_with("\\a\\", 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_INVALID);
    assert_status(open_with("\\missing\\", 0, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(open_with("\\missing\\", 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_INVALID);
    assert_status(open_with("\\other\\", 0, FILE_CREATE, 0), STATUS_OBJECT_NAME_INVALID);
    assert_status(open_with("\\other\\", 0, FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_DISK_FULL);
    assert_status(open_with("\\missing\\", 0, FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    assert_there("\\missing", FLT_NAME_DIRECTORY);
    assert_status(open_with("\\a\\\\", 0, FILE_OPEN, 0), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_status(open_with("\\d\\\\", 0, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    w.root = root_of("\\d");
    assert_status(open_with("x\\", 0, FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    assert_status(open_with("new\\", 0, FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    assert_there("\\d\\new", FLT_NAME_DIRECTORY);
}

/* ---- the target's directory --------------------------------------------------------------------
 */

static void assert_directory_opened(const char *directory, const char *target, ULONG information) {
    assert_opens(directory, target, 0);
    assert_int_equal(w.iosb.Information, information);
}

static void target_directory_is_opened(void **state) {
    (void)state;
    w.io_flags = IO_OPEN_TARGET_DIRECTORY;
    assert_directory_opened("\\", "\\a", FILE_EXISTS);
    assert_directory_opened("\\", "\\a\\", FILE_EXISTS);
    assert_directory_opened("\\", "\\missing", FILE_DOES_NOT_EXIST);
    assert_directory_opened("\\", "\\link", FILE_EXISTS);
    assert_directory_opened("\\", "\\other", FILE_DOES_NOT_EXIST);
    assert_directory_opened("\\d", "\\d\\x", FILE_EXISTS);
    assert_directory_opened("\\d", "\\d\\new", FILE_DOES_NOT_EXIST);
    assert_directory_opened("\\e", "\\e\\other", FILE_DOES_NOT_EXIST);
    static const char *const without[] = {"\\", "\\??\\C:", "\\??\\W:\\a", PIPE};
    for (size_t i = 0; i < 4; i++)
        assert_status(open_with(without[i], 0, FILE_OPEN, 0), STATUS_INVALID_PARAMETER);
    assert_status(open_with("\\missing\\z", 0, FILE_OPEN, 0), STATUS_OBJECT_PATH_NOT_FOUND);
}

static void target_itself_is_left_alone(void **state) {
    (void)state;
    const struct all_names before = all_names();
    static const ULONG dispositions[] = {FILE_SUPERSEDE, FILE_CREATE, FILE_OVERWRITE};
    w.io_flags = IO_OPEN_TARGET_DIRECTORY;
    w.file_attributes = FILE_ATTRIBUTE_HIDDEN;
    for (size_t i = 0; i < 3; i++) {
        assert_status(open_with("\\e\\y", DELETE, dispositions[i],
                                FILE_DELETE_ON_CLOSE | FILE_NON_DIRECTORY_FILE),
                      STATUS_SUCCESS);
        assert_int_equal(w.iosb.Information, FILE_DOES_NOT_EXIST);
        assert_status(flt_close(w.handle), STATUS_SUCCESS);
        assert_names(&before);
    }
    w.share = 0;
    assert_status(open_with("\\d", FILE_READ_DATA, FILE_OPEN, 0), STATUS_SUCCESS);
    w.io_flags = 0;
    w.share = SHARE_ALL;
    assert_status(open_with("\\", FILE_READ_DATA, FILE_OPEN, 0), STATUS_SHARING_VIOLATION);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(root_directory_is_what_names_are_relative_to),
        test(long_names_are_not_listed),
        test(name_of_no_whole_path_is_none),
        test(root_must_be_a_handle_to_a_file),
        test(root_must_be_a_directory_that_stays),
        test(file_id_opens_the_file_that_has_it),
        test(new_file_has_another_id),
        test(nameless_root_knows_its_volume),
        test(link_leads_to_its_file),
        test(link_to_nothing_makes_its_file),
        test(link_that_goes_is_not_followed),
        test(stopped_open_says_where_the_link_leads),
        test(backslash_at_the_end_is_of_directories),
        test(target_directory_is_opened),
        test(target_itself_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
