/* FltCreateNamedPipeFile, FltCreateMailslotFile, and their clients. */
#include "calls_test.h"

#define MAKE_PIPE FLT_OP_FltCreateNamedPipeFile
#define MAKE_MAILSLOT FLT_OP_FltCreateMailslotFile
#define READ_WRITE (FILE_SHARE_READ | FILE_SHARE_WRITE)

static const enum flt_opcode makers[] = {MAKE_PIPE, MAKE_MAILSLOT};

static NTSTATUS make(enum flt_opcode maker, const char *name) {
    return open_name(maker, name, GENERIC_READ | GENERIC_WRITE, 0, &w.file);
}

/* An instance of the pipe, of so many. */
static HANDLE make_instance(ULONG most) {
    w.share = READ_WRITE;
    w.disposition = FILE_OPEN_IF;
    w.options = 0;
    w.pipe_most = most;
    assert_status(make(MAKE_PIPE, PIPE), STATUS_SUCCESS);
    return w.handle;
}

static void assert_servers(const char *name, enum flt_name_there kind, uint32_t count) {
    const struct flt_name_row expected = {.share = {.open = count}, .there = (uint8_t)kind};
    const struct flt_name_row row = row_of(name);
    assert_memory_equal(&row, &expected, sizeof row);
}

static void server_is_an_open_as_any(void **state) {
    (void)state;
    static const enum flt_name_there kinds[] = {FLT_NAME_PIPE, FLT_NAME_MAILSLOT};
    for (size_t i = 0; i < 2; i++) {
        start();
        const char *name = name_for(makers[i]);
        assert_status(open_server(makers[i], &w.file), STATUS_SUCCESS);
        assert_status(w.iosb.Status, STATUS_SUCCESS);
        assert_int_equal(w.iosb.Information, FILE_CREATED);
        assert_servers(name, kinds[i], 1);
        assert_irps(IRPS(FLT_EVENT_CREATE), FLT_PROCESS_P1, number(w.file));
        assert_object(number(w.file), 1, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
        assert_status(zw_query(w.handle), STATUS_SUCCESS);
        assert_status(set_disposition(w.file, FILE_DISPOSITION_DELETE), STATUS_INVALID_PARAMETER);
        assert_status(flt_close(w.handle), STATUS_SUCCESS); /* flt_close=own: it is one's own */
        assert_there(name, FLT_NAME_NOTHING);
        assert_irps(IRPS(FLT_EVENT_CLEANUP), FLT_PROCESS_P1, number(w.file));
        dereference(w.file);
        assert_totals(0, 0);
    }
}

static void generic_rights_are_less_for_servers(void **state) {
    (void)state;
    static const struct {
        ACCESS_MASK desired, granted;
    } rows[] = {{GENERIC_READ, 0x00120001},
                {GENERIC_WRITE, 0x00120006},
                {GENERIC_EXECUTE, FILE_GENERIC_EXECUTE},
                {GENERIC_ALL, FILE_ALL_ACCESS},
                {MAXIMUM_ALLOWED, FILE_ALL_ACCESS},
                {FILE_READ_DATA | DELETE, FILE_READ_DATA | DELETE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < 2; k++) {
            start();
            struct flt_handle_row row;
            w.share = READ_WRITE;
            w.disposition = FILE_CREATE;
            assert_status(
                open_name(makers[k], name_for(makers[k]), rows[i].desired, OBJ_INHERIT, NULL),
                STATUS_SUCCESS);
            assert_true(has_handle(FLT_PROCESS_P1, w.handle, &row));
            assert_int_equal(row.access, rows[i].granted);
            assert_int_equal(row.flags, FLT_HANDLE_INHERIT);
            assert_object(row.token, 1, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
        }
}

static void pipe_has_so_many_instances(void **state) {
    (void)state;
    const HANDLE first = make_instance(2), second = make_instance(FLT_PIPE_UNLIMITED);
    assert_int_equal(w.iosb.Information, FILE_OPENED);
    assert_servers(PIPE, FLT_NAME_PIPE, 2);
    assert_status(make(MAKE_PIPE, PIPE), STATUS_INSTANCE_NOT_AVAILABLE);
    assert_status(flt_close(first), STATUS_SUCCESS); /* what it said still holds */
    assert_servers(PIPE, FLT_NAME_PIPE, 1);
    const HANDLE third = make_instance(1);
    assert_status(make(MAKE_PIPE, PIPE), STATUS_INSTANCE_NOT_AVAILABLE);
    assert_status(flt_close(second), STATUS_SUCCESS);
    assert_status(flt_close(third), STATUS_SUCCESS);
    assert_servers(PIPE, FLT_NAME_NOTHING, 0);
    make_instance(FLT_PIPE_UNLIMITED);
    for (int i = 0; i < 5; i++)
        make_instance(1);
    assert_servers(PIPE, FLT_NAME_PIPE, 6);
}

static void instances_have_the_sharing_of_the_first(void **state) {
    (void)state;
    make_instance(5);
    w.share = FILE_SHARE_READ;
    assert_status(make(MAKE_PIPE, PIPE), STATUS_ACCESS_DENIED);
    w.pipe_most = 1; /* and that comes first */
    assert_status(make(MAKE_PIPE, PIPE), STATUS_ACCESS_DENIED);
    w.share = READ_WRITE;
    assert_status(make(MAKE_PIPE, PIPE), STATUS_SUCCESS);
}

static void disposition_says_which_instance(void **state) {
    (void)state;
    w.share = READ_WRITE;
    w.disposition = FILE_OPEN;
    assert_status(make(MAKE_PIPE, PIPE), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_there(PIPE, FLT_NAME_NOTHING);
    w.disposition = FILE_CREATE;
    w.pipe_most = 3;
    assert_status(make(MAKE_PIPE, PIPE), STATUS_SUCCESS);
    assert_int_equal(w.iosb.Information, FILE_CREATED);
    assert_status(make(MAKE_PIPE, PIPE), STATUS_ACCESS_DENIED);
    w.disposition = FILE_OPEN;
    assert_status(make(MAKE_PIPE, PIPE), STATUS_SUCCESS);
    assert_int_equal(w.iosb.Information, FILE_OPENED);
    w.disposition = FILE_OPEN_IF;
    assert_status(make(MAKE_PIPE, PIPE), STATUS_SUCCESS);
    assert_int_equal(w.iosb.Information, FILE_OPENED);
}

static void mailslot_is_made_once(void **state) {
    (void)state;
    assert_status(make(MAKE_MAILSLOT, MAILSLOT), STATUS_SUCCESS);
    const HANDLE handle = w.handle;
    assert_status(make(MAKE_MAILSLOT, MAILSLOT), STATUS_OBJECT_NAME_COLLISION);
    assert_servers(MAILSLOT, FLT_NAME_MAILSLOT, 1);
    assert_status(flt_close(handle), STATUS_SUCCESS);
    assert_status(make(MAKE_MAILSLOT, MAILSLOT), STATUS_SUCCESS);
}

static void parameters_are_checked_before_the_name(void **state) {
    (void)state;
    static const struct {
        ULONG share, disposition, options, type, mode, most;
    } rows[] = {
        {0, FILE_OPEN_IF, 0, 0, 0, 1},
        {FILE_SHARE_DELETE, FILE_OPEN_IF, 0, 0, 0, 1},
        {SHARE_ALL, FILE_OPEN_IF, 0, 0, 0, 1},
        {READ_WRITE | 8, FILE_OPEN_IF, 0, 0, 0, 1},
        {READ_WRITE, FILE_SUPERSEDE, 0, 0, 0, 1},
        {READ_WRITE, FILE_OVERWRITE, 0, 0, 0, 1},
        {READ_WRITE, FILE_OVERWRITE_IF, 0, 0, 0, 1},
        {READ_WRITE, 6, 0, 0, 0, 1},
        {READ_WRITE, FILE_OPEN_IF, FILE_DELETE_ON_CLOSE, 0, 0, 1},
        {READ_WRITE, FILE_OPEN_IF, FILE_DIRECTORY_FILE, 0, 0, 1},
        {READ_WRITE, FILE_OPEN_IF, 0, FILE_PIPE_BYTE_STREAM_TYPE, FILE_PIPE_MESSAGE_MODE, 1},
        {READ_WRITE, FILE_OPEN_IF, 0, 0, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        w.share = rows[i].share;
        w.disposition = rows[i].disposition;
        w.options = rows[i].options;
        w.pipe_type = rows[i].type;
        w.pipe_mode = rows[i].mode;
        w.pipe_most = rows[i].most;
        assert_status(make(MAKE_PIPE, PIPE), STATUS_INVALID_PARAMETER);
        assert_status(make(MAKE_PIPE, "a"), STATUS_INVALID_PARAMETER);
        assert_status(make(MAKE_MAILSLOT, "a"),
                      rows[i].options ? STATUS_INVALID_PARAMETER : STATUS_OBJECT_PATH_SYNTAX_BAD);
    }
    assert_totals(0, 0);
    start();
    w.share = FILE_SHARE_WRITE;
    w.disposition = FILE_CREATE;
    w.options = FILE_VALID_PIPE_OPTION_FLAGS;
    w.pipe_type = FILE_PIPE_MESSAGE_TYPE;
    w.pipe_mode = FILE_PIPE_MESSAGE_MODE;
    assert_status(make(MAKE_PIPE, PIPE), STATUS_SUCCESS);
    w.options = FILE_VALID_MAILSLOT_OPTION_FLAGS;
    assert_status(make(MAKE_MAILSLOT, MAILSLOT), STATUS_SUCCESS);
}

static void name_is_one_of_the_device(void **state) {
    (void)state;
    static const struct {
        const char *name;
        NTSTATUS status;
    } rows[] = {{"", STATUS_OBJECT_PATH_SYNTAX_BAD},
                {"a", STATUS_OBJECT_PATH_SYNTAX_BAD},
                {"\\a", STATUS_INVALID_DEVICE_REQUEST},
                {"\\", STATUS_INVALID_DEVICE_REQUEST},
                {"\\missing\\z", STATUS_INVALID_DEVICE_REQUEST},
                {"\\other", STATUS_INVALID_DEVICE_REQUEST},
                {PIPE "\\", STATUS_INVALID_DEVICE_REQUEST},
                {MAILSLOT "\\", STATUS_INVALID_DEVICE_REQUEST}};
    for (size_t i = 0; i < 2; i++) {
        start();
        w.share = READ_WRITE;
        w.disposition = FILE_OPEN_IF;
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
            assert_status(make(makers[i], rows[k].name), rows[k].status);
        assert_status(make(makers[i], name_for(makers[1 - i])), STATUS_INVALID_DEVICE_REQUEST);
        w.instance = FLT_INSTANCE_I0; /* the volume is looked at first */
        assert_status(make(makers[i], name_for(makers[i])), STATUS_MOUNT_POINT_NOT_RESOLVED);
        assert_status(make(makers[i], "\\a"), STATUS_INVALID_DEVICE_REQUEST);
        start_teardown(FLT_INSTANCE_I0);
        assert_status(make(makers[i], "a"), STATUS_FLT_DELETING_OBJECT);
        assert_totals(0, 0);
    }
}

static HANDLE root_of(const char *name) {
    w.root = NULL;
    assert_status(open_name(FLT_OP_ZwCreateFile, name, 0, 0, NULL), STATUS_SUCCESS);
    return w.handle;
}

static void root_is_as_for_files(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        start();
        w.disposition = FILE_OPEN;
        w.share = READ_WRITE;
        w.root = root_of("\\d");
        assert_status(make(makers[i], "\\x"), STATUS_OBJECT_NAME_INVALID);
        assert_status(make(makers[i], "x"), STATUS_INVALID_DEVICE_REQUEST);
        assert_status(make(makers[i], ""), STATUS_INVALID_DEVICE_REQUEST);
        w.root = root_of("\\a");
        assert_status(make(makers[i], "x"), STATUS_OBJECT_PATH_NOT_FOUND);
        w.root = handle_of(NEVER_VALID);
        assert_status(make(makers[i], name_for(makers[i])), STATUS_INVALID_HANDLE);
        w.root = open_by(FLT_OP_ZwCreateEvent, 0);
        assert_status(make(makers[i], name_for(makers[i])), STATUS_OBJECT_TYPE_MISMATCH);
    }
}

/* ---- clients -----------------------------------------------------------------------------------
 */

static void client_opens_what_is_there(void **state) {
    (void)state;
    static const struct {
        ULONG disposition, options;
        NTSTATUS status;
    } rows[] = {{FILE_OPEN, 0, STATUS_SUCCESS},
                {FILE_OPEN_IF, 0, STATUS_SUCCESS},
                {FILE_OPEN, FILE_DELETE_ON_CLOSE | FILE_RESERVE_OPFILTER, STATUS_SUCCESS},
                {FILE_CREATE, 0, STATUS_INVALID_PARAMETER},
                {FILE_SUPERSEDE, 0, STATUS_INVALID_PARAMETER},
                {FILE_OVERWRITE, 0, STATUS_INVALID_PARAMETER},
                {FILE_OPEN, FILE_DIRECTORY_FILE, STATUS_NOT_A_DIRECTORY},
                {FILE_CREATE, FILE_DIRECTORY_FILE, STATUS_NOT_A_DIRECTORY}};
    open_server(MAKE_MAILSLOT, NULL);
    make_instance(1);
    w.share = 0;
    struct flt_handle_row row;
    assert_status(open_with(PIPE, GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_true(has_handle(FLT_PROCESS_P1, w.handle, &row));
    assert_int_equal(row.access, FILE_GENERIC_READ); /* as of a file */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < 2; k++) {
            const char *name = name_for(makers[k]);
            assert_status(open_with(name, GENERIC_ALL, rows[i].disposition, rows[i].options),
                          rows[i].status);
            if (NT_SUCCESS(rows[i].status))
                assert_int_equal(w.iosb.Information, FILE_OPENED);
            assert_servers(name, k == 0 ? FLT_NAME_PIPE : FLT_NAME_MAILSLOT, 1);
        }
}

static void client_stays_when_the_server_goes(void **state) {
    (void)state;
    HANDLE server = make_instance(1);
    const HANDLE client = open_object(PIPE, GENERIC_READ, FILE_DELETE_ON_CLOSE);
    const PFILE_OBJECT file = w.file;
    assert_status(flt_close(server), STATUS_SUCCESS);
    assert_there(PIPE, FLT_NAME_NOTHING);
    assert_status(open_with(PIPE, 0, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(zw_read(client), STATUS_SUCCESS);
    assert_status(set_disposition(file, FILE_DISPOSITION_DELETE), STATUS_INVALID_PARAMETER);
    server = make_instance(1); /* another pipe */
    assert_int_equal(w.iosb.Information, FILE_CREATED);
    assert_status(flt_close(client), STATUS_SUCCESS);
    assert_servers(PIPE, FLT_NAME_PIPE, 1);
    assert_status(flt_close(server), STATUS_SUCCESS);
    assert_there(PIPE, FLT_NAME_NOTHING);
}

static void server_lasts_until_its_last_handle(void **state) {
    (void)state;
    const HANDLE server = make_instance(1);
    const PFILE_OBJECT file = w.file;
    assert_status(duplicate(FLT_PROCESS_HANDLE_CURRENT, server, FLT_PROCESS_HANDLE_P2, 0, 0, 0),
                  STATUS_SUCCESS);
    assert_status(flt_close(server), STATUS_SUCCESS);
    assert_servers(PIPE, FLT_NAME_PIPE, 1);
    exit_process(FLT_PROCESS_P2);
    assert_there(PIPE, FLT_NAME_NOTHING);
    assert_object(number(file), 0, 1, FLT_TYPE_FILE, FLT_PHASE_CLEANED);
    make_instance(1);
    start();
    assert_there(PIPE, FLT_NAME_NOTHING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(server_is_an_open_as_any),
        test(generic_rights_are_less_for_servers),
        test(pipe_has_so_many_instances),
        test(instances_have_the_sharing_of_the_first),
        test(disposition_says_which_instance),
        test(mailslot_is_made_once),
        test(parameters_are_checked_before_the_name),
        test(name_is_one_of_the_device),
        test(root_is_as_for_files),
        test(client_opens_what_is_there),
        test(client_stays_when_the_server_goes),
        test(server_lasts_until_its_last_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
