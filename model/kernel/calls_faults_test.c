/* Calls that are told to fail: which status at which step, and that nothing is left behind. */
#include "../row_sums.h"
#include "calls_test.h"

#define FAULT STATUS_QUOTA_EXCEEDED /* no call gives it by itself */
#define BAD_HANDLE UINT64_C(0x7FFFFFFC)

/* What calls find: in p1, a file's handle and its referenced object, and an event. */
static struct {
    HANDLE handle, event;
    PFILE_OBJECT file;
} found;

static NTSTATUS open_it(enum flt_opcode call) {
    return open_name(call, "\\a", GENERIC_READ, 0, &w.file);
}

static NTSTATUS make_it(enum flt_opcode call) {
    return open_server(call, &w.file);
}

static NTSTATUS mark_it(enum flt_opcode call) {
    (void)call;
    return set_disposition(found.file, FILE_DISPOSITION_DELETE);
}

static NTSTATUS allocate_it(enum flt_opcode call) {
    (void)call;
    return allocate_list();
}

static NTSTATUS close_it(enum flt_opcode call) {
    if (call == FLT_OP_FltClose)
        return flt_close(found.handle);
    if (call == FLT_OP_ZwClose)
        return zw_close(found.handle);
    return call == FLT_OP_NtClose ? nt_close(found.handle) : ob_close(found.handle, UserMode);
}

static NTSTATUS use_it(enum flt_opcode call) {
    if (call == FLT_OP_FltReadFile)
        return flt_read(found.file);
    if (call == FLT_OP_FltWriteFile)
        return flt_write(found.file);
    if (call == FLT_OP_FltQueryInformationFile)
        return flt_query(found.file);
    return call == FLT_OP_ZwReadFile ? zw_read(found.handle) : zw_query(found.handle);
}

static NTSTATUS reference_it(enum flt_opcode call) {
    if (call == FLT_OP_ObReferenceObjectByHandle)
        return reference(found.handle);
    return open_pointer(found.file, 0);
}

static NTSTATUS duplicate_it(enum flt_opcode call) {
    (void)call;
    return duplicate(FLT_PROCESS_HANDLE_P1, found.handle, FLT_PROCESS_HANDLE_P2, 0, 0,
                     DUPLICATE_SAME_ACCESS);
}

static NTSTATUS set_it(enum flt_opcode call) {
    (void)call;
    return set_flags(found.event, TRUE, TRUE);
}

/* It makes no handle, and needs room for its object. */
static NTSTATUS begin_it(enum flt_opcode call) {
    (void)call;
    return post_create("\\a", GENERIC_READ, FILE_OPEN, 0);
}

static NTSTATUS filter_it(enum flt_opcode call) {
    return call == FLT_OP_FltRegisterFilter ? register_filter(FLT_FILTER_F1)
                                            : start_filtering(FLT_FILTER_F1);
}

/* Every call that returns a status. */
static const struct told_call {
    enum flt_opcode call;
    NTSTATUS (*make)(enum flt_opcode call);
    uint32_t steps;
    bool changes_nothing; /* when it succeeds */
} calls[] = {
    {FLT_OP_FltCreateFile, open_it, 4, false},
    {FLT_OP_FltCreateFileEx, open_it, 4, false},
    {FLT_OP_FltCreateFileEx2, open_it, 4, false},
    {FLT_OP_FltCreateNamedPipeFile, make_it, 4, false},
    {FLT_OP_FltCreateMailslotFile, make_it, 4, false},
    {FLT_OP_FltOpenVolume, open_it, 4, false},
    {FLT_OP_ZwCreateFile, open_it, 4, false},
    {FLT_OP_PostCreate, begin_it, 2, false},
    {FLT_OP_ZwCreateEvent, open_it, 3, false},
    {FLT_OP_ZwCreateSection, open_it, 3, false},
    {FLT_OP_ZwOpenKey, open_it, 3, false},
    {FLT_OP_FltClose, close_it, 1, false},
    {FLT_OP_ZwClose, close_it, 1, false},
    {FLT_OP_NtClose, close_it, 1, false},
    {FLT_OP_ObCloseHandle, close_it, 1, false},
    {FLT_OP_FltReadFile, use_it, 1, true},
    {FLT_OP_FltWriteFile, use_it, 1, true},
    {FLT_OP_FltQueryInformationFile, use_it, 1, true},
    {FLT_OP_FltSetInformationFile, mark_it, 1, false},
    {FLT_OP_FltAllocateExtraCreateParameterList, allocate_it, 1, false},
    {FLT_OP_ZwReadFile, use_it, 1, true},
    {FLT_OP_ZwQueryInformationFile, use_it, 1, true},
    {FLT_OP_ObReferenceObjectByHandle, reference_it, 1, false},
    {FLT_OP_ObOpenObjectByPointer, reference_it, 2, false},
    {FLT_OP_ZwDuplicateObject, duplicate_it, 2, false},
    {FLT_OP_ZwSetInformationObject, set_it, 1, false},
    {FLT_OP_FltRegisterFilter, filter_it, 1, false},
    {FLT_OP_FltStartFiltering, filter_it, 1, false},
};
enum { CALLS = sizeof calls / sizeof calls[0], FILE_STEPS = 4 };

static bool sends_create(const struct told_call *told_call) {
    return told_call->steps == FILE_STEPS;
}

static void prepare(const struct told_call *told_call) {
    start();
    found.handle = open_by(FLT_OP_FltCreateFileEx, 0);
    found.file = w.file;
    found.event = open_by(FLT_OP_ZwCreateEvent, 0);
    if (told_call->call == FLT_OP_FltStartFiltering)
        register_filter(FLT_FILTER_F1);
    fill_open_outputs();
    w.object = handle_of(FILL);
    w.registered = (PFLT_FILTER)handle_of(FILL);
    w.allocated = (PECP_LIST)handle_of(FILL);
    w.events = 0;
}

struct rows {
    struct flt_sums sums;
    struct flt_name_row name[FLT_NAME_LIMIT];
};

static struct rows all_rows(void) {
    struct rows rows;
    flt_walk_sums(&w.system->view, &rows.sums);
    memcpy(rows.name, w.system->view.ops->names(w.system->view.self), sizeof rows.name);
    return rows;
}

static bool same_rows(const struct rows *before) {
    const struct rows now = all_rows();
    return now.sums.handles == before->sums.handles && now.sums.objects == before->sums.objects &&
           now.sums.rows == before->sums.rows && now.sums.filters == before->sums.filters &&
           memcmp(now.name, before->name, sizeof now.name) == 0;
}

static void every_call_is_told(void **state) {
    (void)state;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        size_t i = 0;
        while (i < CALLS && calls[i].call != (enum flt_opcode) * op)
            i++;
        assert_int_equal(i < CALLS, flt_calls[*op].returns_status);
    }
}

/* A file whose open fails when its driver has it already is cleaned up and closed. */
static void assert_irps_of_failure(const struct told_call *told_call, uint32_t step) {
    if (!sends_create(told_call) || step != FILE_STEPS) {
        assert_no_irps();
        return;
    }
    const uint64_t token = w.event[0].token;
    assert_int_not_equal(token, number(found.file));
    assert_irps(IRPS(FLT_EVENT_CREATE, FLT_EVENT_CLEANUP, FLT_EVENT_CLOSE), FLT_PROCESS_P1, token);
    assert_gone(token);
}

/* The output that the object of the call goes to. */
static PVOID object_output(enum flt_opcode call) {
    if (call == FLT_OP_ObReferenceObjectByHandle)
        return w.object;
    return call == FLT_OP_FltAllocateExtraCreateParameterList ? (PVOID)w.allocated : (PVOID)w.file;
}

/* The outputs that the call has, all of which prepare() filled. */
static void assert_outputs(enum flt_opcode call, uint64_t left_behind, bool iosb_written) {
    const uint32_t has = flt_calls[call].results;
    assert_int_equal(number(w.handle), has & 1u << FLT_RESULT_handle ? left_behind : FILL);
    const bool clears = call == FLT_OP_FltAllocateExtraCreateParameterList; /* as its page says */
    assert_int_equal(number(object_output(call)), clears                          ? 0
                                                  : has & 1u << FLT_RESULT_object ? left_behind
                                                                                  : FILL);
    assert_int_equal(number(w.registered), FILL);
    const bool written = iosb_written && has & 1u << FLT_RESULT_iosb;
    assert_int_equal((uint32_t)w.iosb.Status, written ? (uint32_t)FAULT : (uint32_t)FILL);
    assert_int_equal(w.iosb.Information, written ? 0 : FILL);
}

static void assert_failure_changes_nothing(uint64_t left_behind, bool iosb_written) {
    for (size_t i = 0; i < CALLS; i++)
        for (uint32_t step = 0; step <= calls[i].steps; step++) {
            prepare(&calls[i]);
            const struct rows before = all_rows();
            assert_status(told(FAULT, step, calls[i].make(calls[i].call)), FAULT);
            assert_true(same_rows(&before));
            assert_irps_of_failure(&calls[i], step);
            assert_outputs(calls[i].call, left_behind, iosb_written);
        }
}

static void each_step_of_each_call_fails_and_changes_nothing(void **state) {
    (void)state;
    assert_failure_changes_nothing(FILL, false);
    w.switches.value[FLT_SWITCH_failed_iosb] = FLT_CHOICE(failed_iosb, written);
    assert_failure_changes_nothing(FILL, true);
    w.switches.value[FLT_SWITCH_failed_outputs] = FLT_CHOICE(failed_outputs, zero);
    assert_failure_changes_nothing(0, true);
    w.switches.value[FLT_SWITCH_failed_outputs] = FLT_CHOICE(failed_outputs, pattern);
    assert_failure_changes_nothing(NEVER_VALID, true);
}

static void without_an_object_output_the_same_fails(void **state) {
    (void)state;
    for (size_t i = 0; i < CALLS; i++)
        for (uint32_t step = 0; hands_out_object(calls[i].call) && step <= FILE_STEPS; step++) {
            if (calls[i].make != open_it && calls[i].make != make_it)
                continue;
            start_with(failed_outputs, zero);
            const bool makes = calls[i].make == make_it;
            assert_status(told(FAULT, step,
                               makes ? open_server(calls[i].call, NULL)
                                     : open_name(calls[i].call, "\\a", GENERIC_READ, 0, NULL)),
                          FAULT);
            assert_int_equal(number(w.handle), 0);
            assert_totals(0, 0);
        }
}

/* What the call hands out, in whatever output. */
static HANDLE made_by(const struct told_call *told_call) {
    assert_status(told_call->make(told_call->call), STATUS_SUCCESS);
    return w.handle;
}

/* After the failures the call goes as if there had been none: it gets the same handle. */
static void assert_same_handle_after_failures(void) {
    for (size_t i = 0; i < CALLS; i++) {
        prepare(&calls[i]);
        const HANDLE expected = made_by(&calls[i]);
        prepare(&calls[i]);
        for (uint32_t step = 0; step <= calls[i].steps; step++)
            assert_status(told(FAULT, step, calls[i].make(calls[i].call)), FAULT);
        assert_ptr_equal(made_by(&calls[i]), expected);
    }
}

/* How many handles a table still takes. */
static unsigned room_in(enum flt_process process, ULONG attributes) {
    unsigned count = 0;
    run_in(process);
    while (NT_SUCCESS(open_name(FLT_OP_ZwCreateEvent, "", 0, attributes, NULL)))
        count++;
    return count;
}

static void assert_no_place_is_lost(void) {
    for (size_t i = 0; i < CALLS; i++) {
        prepare(&calls[i]);
        for (uint32_t step = 0; step <= calls[i].steps; step++)
            assert_status(told(FAULT, step, calls[i].make(calls[i].call)), FAULT);
        assert_int_equal(room_in(FLT_PROCESS_P1, 0), 10); /* two are taken */
        assert_int_equal(room_in(FLT_PROCESS_P2, 0), 12);
        assert_int_equal(room_in(FLT_PROCESS_P1, OBJ_KERNEL_HANDLE), 12);
    }
}

static void failure_spends_no_value(void **state) {
    (void)state;
    w.switches.value[FLT_SWITCH_geometry] = FLT_CHOICE(geometry, small);
    assert_same_handle_after_failures();
    assert_no_place_is_lost();
    w.switches.value[FLT_SWITCH_reuse] = FLT_CHOICE(reuse, never);
    assert_same_handle_after_failures();
    assert_no_place_is_lost();
}

/* An open may fail in the last free place, where values came back and where they did not. */
static void last_place_is_given_back(void **state) {
    (void)state;
    start_with(geometry, small);
    HANDLE handle = NULL;
    for (int i = 0; i < 12; i++)
        handle = open_by(FLT_OP_ZwCreateFile, 0);
    assert_status(zw_close(handle), STATUS_SUCCESS);
    for (uint32_t step = 0; step <= FILE_STEPS; step++)
        assert_status(told(FAULT, step, open_it(FLT_OP_ZwCreateFile)), FAULT);
    assert_ptr_equal(open_by(FLT_OP_ZwCreateFile, 0), handle);
}

static void step_that_a_call_lacks_fails_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < CALLS; i++)
        for (uint32_t step = calls[i].steps + 1; step <= FLT_FAIL_STEPS; step++) {
            prepare(&calls[i]);
            const struct rows before = all_rows();
            assert_status(told(FAULT, step, calls[i].make(calls[i].call)), STATUS_SUCCESS);
            assert_int_equal(same_rows(&before), calls[i].changes_nothing);
        }
}

static void step_without_a_status_fails_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < CALLS; i++) {
        prepare(&calls[i]);
        assert_status(told(STATUS_SUCCESS, 1, calls[i].make(calls[i].call)), STATUS_SUCCESS);
    }
}

static void undone_open_is_of_the_process_that_asked(void **state) {
    (void)state;
    run_in(FLT_PROCESS_P2);
    assert_status(told(FAULT, 4, open_it(FLT_OP_FltCreateFile)), FAULT);
    assert_irps(IRPS(FLT_EVENT_CREATE, FLT_EVENT_CLEANUP, FLT_EVENT_CLOSE), FLT_PROCESS_P2,
                w.event[0].token);
    attach(FLT_PROCESS_SYSTEM);
    assert_status(told(FAULT, 4, open_it(FLT_OP_FltCreateFile)), FAULT);
    assert_irps(IRPS(FLT_EVENT_CREATE, FLT_EVENT_CLEANUP, FLT_EVENT_CLOSE), FLT_PROCESS_SYSTEM,
                w.event[0].token);
}

/* ---- what would fail by itself, told to fail at every step ------------------------------------
 */

static void assert_own_reason(NTSTATUS (*call)(void), NTSTATUS expected) {
    for (uint32_t step = 0; step <= FLT_FAIL_STEPS; step++)
        assert_status(told(FAULT, step, call()), expected);
}

static enum flt_opcode opener;
static const char *name;
static NTSTATUS open_by_name(void) {
    return open_name(opener, name, GENERIC_READ, 0, &w.file);
}

static void bad_names_and_full_tables_come_first(void **state) {
    (void)state;
    start_with(geometry, small);
    for (size_t i = 0; i < CALLS; i++) {
        if (calls[i].make != open_it)
            continue;
        start();
        for (int k = 0; k < 12; k++) {
            open_by(FLT_OP_ZwCreateEvent, 0);
            open_by(FLT_OP_ZwCreateEvent, OBJ_KERNEL_HANDLE);
        }
        opener = calls[i].call;
        name = "\\a";
        assert_own_reason(open_by_name, STATUS_INSUFFICIENT_RESOURCES);
        if (!sends_create(&calls[i]) || opener == FLT_OP_FltOpenVolume)
            continue; /* it has no name */
        name = "a";
        assert_own_reason(open_by_name, STATUS_OBJECT_PATH_SYNTAX_BAD);
        name = "\\missing";
        assert_own_reason(open_by_name, STATUS_OBJECT_NAME_NOT_FOUND);
        assert_no_irps();
    }
}

static NTSTATUS make_by_name(void) {
    return open_server(opener, &w.file);
}

static void full_tables_come_first_for_pipes_too(void **state) {
    (void)state;
    static const enum flt_opcode makers[] = {FLT_OP_FltCreateNamedPipeFile,
                                             FLT_OP_FltCreateMailslotFile};
    for (size_t i = 0; i < 2; i++) {
        start_with(geometry, small);
        room_in(FLT_PROCESS_P1, 0);
        opener = makers[i];
        name = name_for(opener);
        assert_own_reason(make_by_name, STATUS_INSUFFICIENT_RESOURCES);
        assert_there(name, FLT_NAME_NOTHING);
        name = "\\a";
        assert_own_reason(open_by_name, STATUS_INVALID_DEVICE_REQUEST);
        assert_no_irps();
    }
}

static NTSTATUS keep_read_only(void) {
    return set_disposition(found.file, FILE_DISPOSITION_DELETE);
}
static NTSTATUS mark_as_nobody_can(void) {
    return set_disposition(found.file, FILE_DISPOSITION_ON_CLOSE);
}

static void what_is_not_marked_comes_first(void **state) {
    (void)state;
    assert_status(open_name(FLT_OP_FltCreateFileEx, "\\readonly", GENERIC_READ, 0, &found.file),
                  STATUS_SUCCESS);
    assert_own_reason(keep_read_only, STATUS_CANNOT_DELETE);
    assert_own_reason(mark_as_nobody_can, STATUS_INVALID_PARAMETER);
    assert_status(zw_close(w.handle), STATUS_SUCCESS);
    assert_own_reason(keep_read_only, STATUS_FILE_CLOSED);
}

/* What the file system did is not taken back when the open fails after it; the open is closed. */
static void what_a_failed_open_made_stays(void **state) {
    (void)state;
    for (uint32_t step = 0; step <= 3; step++) {
        w.disposition = FILE_CREATE;
        assert_status(told(FAULT, step, open_name(FLT_OP_FltCreateFile, "\\missing", 0, 0, NULL)),
                      FAULT);
        assert_there("\\missing", FLT_NAME_NOTHING);
    }
    assert_status(told(FAULT, 4, open_name(FLT_OP_FltCreateFile, "\\missing", DELETE, 0, NULL)),
                  FAULT);
    assert_there("\\missing", FLT_NAME_FILE);
    assert_int_equal(row_of("\\missing").share.open, 0);
    w.disposition = FILE_OVERWRITE;
    w.file_attributes = FILE_ATTRIBUTE_HIDDEN;
    assert_status(told(FAULT, 4, open_name(FLT_OP_FltCreateFile, "\\oplocked", DELETE, 0, NULL)),
                  FAULT);
    assert_int_equal(row_of("\\oplocked").attributes, FILE_ATTRIBUTE_HIDDEN);
    assert_int_equal(row_of("\\oplocked").oplocked, 0);
}

static void failed_open_deletes_on_close(void **state) {
    (void)state;
    w.options = FILE_DELETE_ON_CLOSE;
    for (uint32_t step = 0; step <= 3; step++) {
        assert_status(told(FAULT, step, open_name(FLT_OP_FltCreateFile, "\\a", DELETE, 0, NULL)),
                      FAULT);
        assert_there("\\a", FLT_NAME_FILE);
    }
    assert_status(told(FAULT, 4, open_name(FLT_OP_FltCreateFile, "\\a", DELETE, 0, NULL)), FAULT);
    assert_there("\\a", FLT_NAME_NOTHING);
}

static void filters_that_go_come_first(void **state) {
    (void)state;
    opener = FLT_OP_FltCreateFile;
    name = "\\a";
    unload_filter(FLT_FILTER_F0, FLT_UNLOAD_OPTIONAL);
    assert_own_reason(open_by_name, STATUS_FLT_DELETING_OBJECT);
    opener = FLT_OP_FltOpenVolume;
    assert_own_reason(open_by_name, STATUS_FLT_DELETING_OBJECT);
    w.instance = FLT_INSTANCE_I2;
    assert_own_reason(open_by_name, STATUS_INVALID_PARAMETER);
}

static HANDLE closed;
static NTSTATUS flt_close_it(void) {
    return flt_close(closed);
}
static NTSTATUS zw_close_it(void) {
    return zw_close(closed);
}

static void what_does_not_close_comes_first(void **state) {
    (void)state;
    closed = handle_of(BAD_HANDLE);
    assert_own_reason(flt_close_it, STATUS_INVALID_HANDLE);
    assert_own_reason(zw_close_it, STATUS_INVALID_HANDLE);
    closed = handle_of(UINT64_MAX);
    assert_own_reason(zw_close_it, STATUS_INVALID_HANDLE); /* minus_one=status */
    closed = open_by(FLT_OP_ZwCreateFile, 0);
    assert_own_reason(flt_close_it, STATUS_INVALID_HANDLE); /* foreign */
    set_flags(closed, FALSE, TRUE);
    assert_own_reason(zw_close_it, STATUS_HANDLE_NOT_CLOSABLE);
}

static void stops_come_first(void **state) {
    (void)state;
    start_with(bad_close, bugcheck);
    start_with(protected_close, bugcheck);
    const HANDLE handle = open_kernel();
    set_flags(handle, FALSE, TRUE);
    assert_stops(told(FAULT, 0, flt_close(handle)), 0x93, number(handle), 0);
    const uint64_t bad = FLT_KERNEL_HANDLE_BITS | 1024;
    assert_stops(told(FAULT, 1, zw_close(handle_of(bad))), 0x93, bad, 1);
    start_with(verifier, on);
    raise_irql(DISPATCH_LEVEL);
    assert_stops(told(FAULT, 0, zw_read(NULL)), 0xC4, 0, DISPATCH_LEVEL);
}

static NTSTATUS reference_bad(void) {
    return reference(handle_of(BAD_HANDLE));
}
static NTSTATUS reference_as_another(void) {
    return reference_as(found.handle, 0, FLT_TYPE_KEY, KernelMode);
}
static NTSTATUS reference_for_more(void) {
    return reference_as(found.handle, GENERIC_WRITE, FLT_TYPE_NONE, UserMode);
}
static NTSTATUS open_as_another(void) {
    return open_pointer_as(found.file, 0, 0, FLT_TYPE_KEY, KernelMode);
}
static NTSTATUS open_pointer_again(void) {
    return open_pointer(found.file, 0);
}
static NTSTATUS read_again(void) {
    return flt_read(found.file);
}
static NTSTATUS read_bad(void) {
    return zw_read(handle_of(BAD_HANDLE));
}
static NTSTATUS query_event(void) {
    return zw_query(found.event);
}
static NTSTATUS set_bad(void) {
    return set_flags(handle_of(BAD_HANDLE), TRUE, TRUE);
}

static void bad_handles_and_objects_come_first(void **state) {
    (void)state;
    prepare(&calls[0]);
    assert_own_reason(reference_bad, STATUS_INVALID_HANDLE);
    assert_own_reason(reference_as_another, STATUS_OBJECT_TYPE_MISMATCH);
    assert_own_reason(reference_for_more, STATUS_ACCESS_DENIED);
    assert_own_reason(open_as_another, STATUS_OBJECT_TYPE_MISMATCH);
    assert_own_reason(read_bad, STATUS_INVALID_HANDLE);
    assert_own_reason(query_event, STATUS_OBJECT_TYPE_MISMATCH);
    assert_own_reason(set_bad, STATUS_INVALID_HANDLE);
    assert_status(flt_close(found.handle), STATUS_SUCCESS);
    assert_own_reason(open_pointer_again, STATUS_FILE_CLOSED);
    assert_own_reason(read_again, STATUS_FILE_CLOSED);
}

static NTSTATUS open_file_by_pointer(void) {
    return open_pointer(found.file, OBJ_KERNEL_HANDLE);
}
static NTSTATUS duplicate_to_system(void) {
    return duplicate(FLT_PROCESS_HANDLE_P1, found.handle, FLT_PROCESS_HANDLE_SYSTEM, 0, 0, 0);
}
static NTSTATUS duplicate_to_nobody(void) {
    return duplicate(FLT_PROCESS_HANDLE_P1, found.handle, FLT_PROCESS_HANDLE_NULL, 0, 0, 0);
}
static NTSTATUS duplicate_from_nobody(void) {
    return duplicate(FLT_PROCESS_HANDLE_NULL, found.handle, FLT_PROCESS_HANDLE_P1, 0, 0,
                     DUPLICATE_CLOSE_SOURCE);
}
static NTSTATUS duplicate_bad(void) {
    return duplicate(FLT_PROCESS_HANDLE_P1, handle_of(BAD_HANDLE), FLT_PROCESS_HANDLE_P1, 0, 0,
                     DUPLICATE_CLOSE_SOURCE);
}
static NTSTATUS duplicate_as_kernel(void) {
    return duplicate(FLT_PROCESS_HANDLE_P1, found.handle, FLT_PROCESS_HANDLE_P1, 0,
                     OBJ_KERNEL_HANDLE, 0);
}

static void what_makes_no_second_handle_comes_first(void **state) {
    (void)state;
    start_with(geometry, small);
    prepare(&calls[0]);
    assert_own_reason(duplicate_to_nobody, STATUS_INVALID_HANDLE);
    assert_own_reason(duplicate_from_nobody, STATUS_INVALID_HANDLE);
    assert_own_reason(duplicate_bad, STATUS_INVALID_HANDLE);
    assert_own_reason(duplicate_as_kernel, STATUS_INVALID_PARAMETER);
    room_in(FLT_PROCESS_P1, OBJ_KERNEL_HANDLE); /* none is left */
    assert_own_reason(duplicate_to_system, STATUS_INSUFFICIENT_RESOURCES);
    assert_own_reason(open_file_by_pointer, STATUS_INSUFFICIENT_RESOURCES);
    assert_object(number(found.file), 1, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
}

static NTSTATUS register_f0(void) {
    return register_filter(FLT_FILTER_F0);
}
static NTSTATUS start_f0(void) {
    return start_filtering(FLT_FILTER_F0);
}
static NTSTATUS start_f1(void) {
    return start_filtering(FLT_FILTER_F1);
}

static void state_of_the_filter_comes_first(void **state) {
    (void)state;
    assert_own_reason(register_f0, STATUS_OBJECT_NAME_COLLISION);
    assert_own_reason(start_f0, STATUS_INVALID_PARAMETER);
    assert_own_reason(start_f1, STATUS_INVALID_PARAMETER);
}

/* ---- what a failure does not undo -------------------------------------------------------------
 */

/* Of a source in p2, told by a thread in p1. */
static NTSTATUS move_source(enum flt_process_handle to, uint32_t step) {
    run_in(FLT_PROCESS_P2);
    found.handle = open_by(FLT_OP_ZwCreateFile, 0);
    run_in(FLT_PROCESS_P1);
    w.events = 0;
    return told(FAULT, step,
                duplicate(FLT_PROCESS_HANDLE_P2, found.handle, to, 0, 0, DUPLICATE_CLOSE_SOURCE));
}

static void assert_source_closed(void) {
    assert_irps(IRPS(FLT_EVENT_CLEANUP, FLT_EVENT_CLOSE), FLT_PROCESS_P2, w.event[0].token);
    assert_totals(0, 0);
}

static void source_closes_after_an_injected_failure(void **state) {
    (void)state;
    start_with(failed_outputs, zero);
    for (uint32_t step = 0; step <= 2; step++) {
        assert_status(move_source(FLT_PROCESS_HANDLE_P1, step), FAULT);
        assert_int_equal(number(w.handle), 0);
        assert_source_closed();
    }
    assert_status(move_source(FLT_PROCESS_HANDLE_P1, 3), STATUS_SUCCESS);
    assert_no_irps();
    assert_totals(1, 1);
}

static void source_without_a_target_closes_after_an_injected_failure(void **state) {
    (void)state;
    assert_status(move_source(FLT_PROCESS_HANDLE_NULL, 0), FAULT);
    assert_source_closed();
    for (uint32_t step = 1; step <= FLT_FAIL_STEPS; step++) { /* there are no steps */
        assert_status(move_source(FLT_PROCESS_HANDLE_NULL, step), STATUS_SUCCESS);
        assert_source_closed();
    }
}

static void protected_source_stays_after_an_injected_failure(void **state) {
    (void)state;
    const HANDLE source = open_by(FLT_OP_ZwCreateFile, 0);
    set_flags(source, FALSE, TRUE);
    for (uint32_t step = 0; step <= 2; step++)
        assert_status(told(FAULT, step,
                           duplicate(FLT_PROCESS_HANDLE_P1, source, FLT_PROCESS_HANDLE_P2, 0, 0,
                                     DUPLICATE_CLOSE_SOURCE)),
                      FAULT);
    assert_object(token_of(FLT_PROCESS_P1, source), 1, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
}

/* ---- closes that close nothing ----------------------------------------------------------------
 */

static void close_of_minus_one_has_no_steps(void **state) {
    (void)state;
    const HANDLE minus_one = handle_of(UINT64_MAX);
    start_with(minus_one, success);
    start_with(flt_close, forward);
    assert_status(told(FAULT, 0, flt_close(minus_one)), FAULT);
    assert_status(told(FAULT, 0, zw_close(minus_one)), FAULT);
    assert_status(told(FAULT, 0, nt_close(minus_one)), FAULT);
    assert_status(told(FAULT, 0, ob_close(minus_one, UserMode)), FAULT);
    for (uint32_t step = 1; step <= FLT_FAIL_STEPS; step++)
        assert_status(told(FAULT, step, zw_close(minus_one)), STATUS_SUCCESS);
}

static void forwarded_close_fails_too(void **state) {
    (void)state;
    start_with(flt_close, forward);
    const HANDLE handle = open_by(FLT_OP_ZwCreateEvent, 0);
    for (uint32_t step = 0; step <= 1; step++)
        assert_status(told(FAULT, step, flt_close(handle)), FAULT);
    assert_totals(1, 1);
    assert_status(flt_close(handle), STATUS_SUCCESS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(every_call_is_told),
        test(each_step_of_each_call_fails_and_changes_nothing),
        test(without_an_object_output_the_same_fails),
        test(failure_spends_no_value),
        test(last_place_is_given_back),
        test(step_that_a_call_lacks_fails_nothing),
        test(step_without_a_status_fails_nothing),
        test(undone_open_is_of_the_process_that_asked),
        test(bad_names_and_full_tables_come_first),
        test(full_tables_come_first_for_pipes_too),
        test(what_is_not_marked_comes_first),
        test(what_a_failed_open_made_stays),
        test(failed_open_deletes_on_close),
        test(filters_that_go_come_first),
        test(what_does_not_close_comes_first),
        test(stops_come_first),
        test(bad_handles_and_objects_come_first),
        test(what_makes_no_second_handle_comes_first),
        test(state_of_the_filter_comes_first),
        test(source_closes_after_an_injected_failure),
        test(source_without_a_target_closes_after_an_injected_failure),
        test(protected_source_stays_after_an_injected_failure),
        test(close_of_minus_one_has_no_steps),
        test(forwarded_close_fails_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
