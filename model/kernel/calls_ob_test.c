/* ObReferenceObjectByHandle, ObReferenceObject, ObDereferenceObject and ObOpenObjectByPointer. */
#include "calls_test.h"

#include "poison.h"

enum { REFERENCE_BY_POINTER = 0x18 };

static void reference_hands_out_the_object(void **state) {
    (void)state;
    const HANDLE handle = open_kernel();
    const uint64_t token = token_of(FLT_TABLE_KERNEL, handle);
    w.events = 0;
    assert_status(reference(handle), STATUS_SUCCESS);
    assert_int_equal(number(w.object), token);
    assert_object(token, 1, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    assert_status(reference(handle), STATUS_SUCCESS);
    assert_object(token, 1, 2, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    dereference(w.object);
    assert_object(token, 1, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    assert_no_irps();
    assert_totals(1, 1);
}

static void type_must_be_the_objects(void **state) {
    (void)state;
    static const enum flt_opcode openers[] = {FLT_OP_FltCreateFile, FLT_OP_ZwCreateEvent};
    static const enum flt_type right[] = {FLT_TYPE_FILE, FLT_TYPE_EVENT};
    for (size_t i = 0; i < 2; i++) {
        const HANDLE handle = open_by(openers[i], OBJ_KERNEL_HANDLE);
        const uint64_t token = token_of(FLT_TABLE_KERNEL, handle);
        assert_status(reference_as(handle, 0, right[1 - i], KernelMode),
                      STATUS_OBJECT_TYPE_MISMATCH);
        assert_object(token, 1, 0, right[i], FLT_PHASE_IN_USE);
        assert_status(reference_as(handle, 0, right[i], KernelMode), STATUS_SUCCESS);
        assert_status(reference_as(handle, 0, FLT_TYPE_NONE, KernelMode), STATUS_SUCCESS);
        assert_object(token, 1, 2, right[i], FLT_PHASE_IN_USE);
    }
}

static void user_mode_needs_granted_access(void **state) {
    (void)state;
    static const struct {
        ACCESS_MASK access;
        NTSTATUS status; /* of a handle that was opened for GENERIC_READ */
    } rows[] = {{0, STATUS_SUCCESS},
                {GENERIC_READ, STATUS_SUCCESS},
                {FILE_READ_DATA, STATUS_SUCCESS},
                {MAXIMUM_ALLOWED, STATUS_SUCCESS},
                {MAXIMUM_ALLOWED | GENERIC_READ, STATUS_SUCCESS},
                {MAXIMUM_ALLOWED | FILE_WRITE_DATA, STATUS_ACCESS_DENIED},
                {GENERIC_WRITE, STATUS_ACCESS_DENIED},
                {GENERIC_EXECUTE, STATUS_ACCESS_DENIED},
                {GENERIC_ALL, STATUS_ACCESS_DENIED},
                {DELETE, STATUS_ACCESS_DENIED},
                {GENERIC_READ | FILE_WRITE_DATA, STATUS_ACCESS_DENIED}};
    const HANDLE handle = open_by(FLT_OP_FltCreateFile, 0);
    const uint64_t token = token_of(FLT_PROCESS_P1, handle);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_status(reference_as(handle, rows[i].access, FLT_TYPE_FILE, UserMode),
                      rows[i].status);
        if (NT_SUCCESS(rows[i].status))
            dereference(w.object);
        assert_object(token, 1, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
        /* KernelMode is not checked. */
        assert_status(reference_as(handle, rows[i].access, FLT_TYPE_FILE, KernelMode),
                      STATUS_SUCCESS);
        dereference(w.object);
    }
}

static void access_is_mapped_by_the_objects_type(void **state) {
    (void)state;
    assert_status(open_name(FLT_OP_ZwCreateEvent, "", EVENT_QUERY_STATE, 0, NULL), STATUS_SUCCESS);
    assert_status(reference_as(w.handle, EVENT_QUERY_STATE, FLT_TYPE_EVENT, UserMode),
                  STATUS_SUCCESS);
    assert_status(reference_as(w.handle, GENERIC_READ, FLT_TYPE_EVENT, UserMode),
                  STATUS_ACCESS_DENIED); /* READ_CONTROL was not granted */
    const HANDLE readable = open_by(FLT_OP_ZwCreateEvent, 0);
    assert_status(reference_as(readable, GENERIC_READ, FLT_TYPE_EVENT, UserMode), STATUS_SUCCESS);
}

static void type_is_looked_at_before_access(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_FltCreateFile, 0);
    assert_status(reference_as(handle, GENERIC_ALL, FLT_TYPE_EVENT, UserMode),
                  STATUS_OBJECT_TYPE_MISMATCH);
}

static void user_mode_has_no_kernel_handles(void **state) {
    (void)state;
    const HANDLE handle = open_kernel();
    const HANDLE plain = handle_of(number(handle) & ~FLT_KERNEL_HANDLE_BITS);
    for (ULONG process = 0; process < FLT_PROCESS_COUNT; process++) {
        run_in(process);
        assert_status(reference_as(handle, 0, FLT_TYPE_NONE, UserMode), STATUS_INVALID_HANDLE);
        assert_status(reference_as(plain, 0, FLT_TYPE_NONE, UserMode), STATUS_INVALID_HANDLE);
        assert_status(reference_as(handle, 0, FLT_TYPE_NONE, KernelMode), STATUS_SUCCESS);
        dereference(w.object);
    }
    run_in(FLT_PROCESS_SYSTEM);
    assert_status(reference(plain), STATUS_SUCCESS);
}

static void bad_handles_give_no_object(void **state) {
    (void)state;
    const HANDLE closed = open_kernel();
    assert_status(flt_close(closed), STATUS_SUCCESS);
    const uint64_t bad[] = {0, 4, number(closed), FLT_KERNEL_HANDLE_BITS, UINT64_MAX, NEVER_VALID};
    start_with(bad_close, bugcheck); /* only closes stop the system */
    start_with(minus_one, success);  /* only ZwClose knows -1 */
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_status(reference(handle_of(bad[i])), STATUS_INVALID_HANDLE);
        assert_int_equal(number(w.object), FILL);
    }
    assert_totals(0, 0);
}

static void tag_bits_are_as_the_switch_says(void **state) {
    (void)state;
    const HANDLE handle = open_kernel();
    assert_status(reference(handle_of(number(handle) | 3)), STATUS_SUCCESS);
    start_with(tag_bits, significant);
    open_kernel();
    assert_status(reference(handle_of(number(handle) | 1)), STATUS_INVALID_HANDLE);
    assert_status(reference(handle), STATUS_SUCCESS);
}

static void assert_left_behind(uint64_t expected) {
    const HANDLE handle = open_by(FLT_OP_FltCreateFile, 0);
    assert_status(reference(NULL), STATUS_INVALID_HANDLE);
    assert_int_equal(number(w.object), expected);
    assert_status(reference_as(handle, 0, FLT_TYPE_EVENT, KernelMode), STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(number(w.object), expected);
    assert_status(reference_as(handle, DELETE, FLT_TYPE_FILE, UserMode), STATUS_ACCESS_DENIED);
    assert_int_equal(number(w.object), expected);
}

static void failed_outputs_are_as_the_switch_says(void **state) {
    (void)state;
    assert_left_behind(FILL);
    start_with(failed_outputs, zero);
    assert_left_behind(0);
    start_with(failed_outputs, pattern);
    assert_left_behind(NEVER_VALID);
}

static void last_reference_closes_in_the_current_process(void **state) {
    (void)state;
    const HANDLE handle = open_kernel();
    assert_status(reference(handle), STATUS_SUCCESS);
    const uint64_t token = number(w.object);
    assert_status(flt_close(handle), STATUS_SUCCESS);
    w.events = 0;
    run_in(FLT_PROCESS_SYSTEM);
    dereference(w.object);
    assert_irps(IRPS(FLT_EVENT_CLOSE), FLT_PROCESS_SYSTEM, token);
    assert_gone(token);
    assert_totals(0, 0);
}

static void event_object_goes_without_irps(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_ZwCreateEvent, 0);
    assert_status(reference(handle), STATUS_SUCCESS);
    const uint64_t token = number(w.object);
    assert_status(zw_close(handle), STATUS_SUCCESS);
    assert_object(token, 0, 1, FLT_TYPE_EVENT, FLT_PHASE_IN_USE);
    dereference(w.object);
    assert_gone(token);
    assert_no_irps();
}

static void one_dereference_too_many_stops_the_system(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_FltCreateFileEx, OBJ_KERNEL_HANDLE);
    const PFILE_OBJECT file = w.file;
    dereference(file);
    assert_object(number(file), 1, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    const uint64_t type = number(w.system->world.type[FLT_TYPE_FILE]);
    assert_stops(dereference(file), REFERENCE_BY_POINTER, type, number(file));
    assert_object(token_of(FLT_TABLE_KERNEL, handle), 1, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
}

static void assert_pointer_stops(void *pointer) {
    assert_stops(dereference(pointer), REFERENCE_BY_POINTER, 0, number(pointer));
    assert_stops(reference_pointer(pointer), REFERENCE_BY_POINTER, 0, number(pointer));
    assert_stops(open_pointer(pointer, 0), REFERENCE_BY_POINTER, 0, number(pointer));
    assert_stops(flt_read(pointer), REFERENCE_BY_POINTER, 0, number(pointer));
}

static void what_is_no_object_stops_the_system(void **state) {
    (void)state;
    open_kernel();
    const uint64_t wrong[] = {0, FILL, NEVER_VALID, number(w.system),
                              token_of(FLT_TABLE_KERNEL, w.handle) + 8};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_pointer_stops(handle_of(wrong[i]));
    assert_totals(1, 1);
}

#if !defined(FLT_HAS_ASAN) && !defined(FLT_HAS_MSAN)
/* With a sanitizer it is the sanitizer that stops here. */
static void stale_object_stops_the_system(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_FltCreateFileEx, OBJ_KERNEL_HANDLE);
    const PFILE_OBJECT file = w.file;
    assert_status(flt_close(handle), STATUS_SUCCESS);
    dereference(file);
    assert_pointer_stops(file);
}
#endif

/* ---- ObReferenceObject --------------------------------------------------------------------------
 */

static void pointer_reference_is_one_more(void **state) {
    (void)state;
    const HANDLE handle = open_kernel();
    const uint64_t token = token_of(FLT_TABLE_KERNEL, handle);
    reference_pointer(handle_of(token)); /* the handle alone keeps the object */
    assert_object(token, 1, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    assert_status(flt_close(handle), STATUS_SUCCESS);
    reference_pointer(handle_of(token)); /* the reference alone does */
    assert_object(token, 0, 2, FLT_TYPE_FILE, FLT_PHASE_CLEANED);
    dereference(handle_of(token));
    w.events = 0;
    dereference(handle_of(token));
    assert_irps(IRPS(FLT_EVENT_CLOSE), FLT_PROCESS_P1, token);
    assert_totals(0, 0);
}

/* ---- ObOpenObjectByPointer ------------------------------------------------------------------- */

static PFILE_OBJECT open_file_object(void) {
    open_by(FLT_OP_FltCreateFileEx, OBJ_KERNEL_HANDLE);
    w.events = 0;
    return w.file;
}

static void pointer_opens_another_handle(void **state) {
    (void)state;
    const PFILE_OBJECT file = open_file_object();
    const HANDLE first = w.handle;
    struct flt_handle_row row;
    assert_status(open_pointer_as(file, OBJ_KERNEL_HANDLE, GENERIC_WRITE, FLT_TYPE_FILE, UserMode),
                  STATUS_SUCCESS);
    assert_no_irps(); /* no other IRP_MJ_CREATE */
    assert_ptr_not_equal(w.handle, first);
    assert_true(has_handle(FLT_TABLE_KERNEL, w.handle, &row));
    assert_int_equal(row.token, number(file));
    assert_int_equal(row.access, FILE_GENERIC_WRITE); /* not what the first was granted */
    assert_int_equal(row.flags, 0);
    assert_object(row.token, 2, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    assert_status(flt_close(first), STATUS_SUCCESS);
    assert_no_irps(); /* not the last handle */
    assert_status(zw_close(w.handle), STATUS_SUCCESS);
    assert_irps(IRPS(FLT_EVENT_CLEANUP), FLT_PROCESS_P1, number(file));
}

static void pointer_opens_in_the_table_of_an_open(void **state) {
    (void)state;
    const PFILE_OBJECT file = open_file_object();
    struct flt_handle_row row;
    assert_status(open_pointer(file, OBJ_INHERIT), STATUS_SUCCESS);
    assert_true(has_handle(FLT_PROCESS_P1, w.handle, &row));
    assert_int_equal(row.flags, FLT_HANDLE_INHERIT);
    run_in(FLT_PROCESS_P2);
    assert_status(open_pointer(file, 0), STATUS_SUCCESS);
    assert_true(has_handle(FLT_PROCESS_P2, w.handle, &row));
    run_in(FLT_PROCESS_SYSTEM);
    assert_status(open_pointer(file, 0), STATUS_SUCCESS);
    assert_true(has_handle(FLT_TABLE_KERNEL, w.handle, &row));
    assert_object(number(file), 4, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
}

static void pointer_open_maps_access_by_type(void **state) {
    (void)state;
    struct flt_handle_row row;
    const uint64_t token = token_of(FLT_PROCESS_P1, open_by(FLT_OP_ZwOpenKey, 0));
    assert_status(open_pointer_as(handle_of(token), 0, MAXIMUM_ALLOWED, FLT_TYPE_KEY, KernelMode),
                  STATUS_SUCCESS);
    assert_true(has_handle(FLT_PROCESS_P1, w.handle, &row));
    assert_int_equal(row.access, 0x000F003F);
    assert_int_equal(row.type, FLT_TYPE_KEY);
}

static void pointer_past_cleanup_opens_nothing(void **state) {
    (void)state;
    const PFILE_OBJECT file = open_file_object();
    assert_status(flt_close(w.handle), STATUS_SUCCESS);
    w.events = 0;
    assert_status(open_pointer(file, OBJ_KERNEL_HANDLE), STATUS_FILE_CLOSED);
    assert_no_irps();
    assert_object(number(file), 0, 1, FLT_TYPE_FILE, FLT_PHASE_CLEANED);
}

static void pointer_to_what_gets_no_irps_opens_again(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_ZwCreateSection, 0);
    const uint64_t token = token_of(FLT_PROCESS_P1, handle);
    reference_pointer(handle_of(token));
    assert_status(zw_close(handle), STATUS_SUCCESS);
    assert_object(token, 0, 1, FLT_TYPE_SECTION, FLT_PHASE_IN_USE);
    assert_status(open_pointer(handle_of(token), 0), STATUS_SUCCESS);
    assert_object(token, 1, 1, FLT_TYPE_SECTION, FLT_PHASE_IN_USE);
}

static void assert_pointer_open_fails(PFILE_OBJECT file, enum flt_type type, NTSTATUS status) {
    assert_status(open_pointer_as(file, 0, GENERIC_READ, type, KernelMode), status);
    assert_int_equal(number(w.handle), 0); /* as the switch says */
}

/* The type, then the object's phase, then room. */
static void pointer_open_checks_in_order(void **state) {
    (void)state;
    start_with(geometry, small);
    start_with(failed_outputs, zero);
    const PFILE_OBJECT closed = open_file_object();
    assert_status(flt_close(w.handle), STATUS_SUCCESS);
    const PFILE_OBJECT file = open_file_object();
    for (int k = 0; k < 12; k++)
        open_by(FLT_OP_ZwCreateEvent, 0);
    assert_pointer_open_fails(closed, FLT_TYPE_EVENT, STATUS_OBJECT_TYPE_MISMATCH);
    assert_pointer_open_fails(file, FLT_TYPE_SECTION, STATUS_OBJECT_TYPE_MISMATCH);
    assert_pointer_open_fails(closed, FLT_TYPE_FILE, STATUS_FILE_CLOSED);
    assert_pointer_open_fails(closed, FLT_TYPE_NONE, STATUS_FILE_CLOSED);
    assert_pointer_open_fails(file, FLT_TYPE_FILE, STATUS_INSUFFICIENT_RESOURCES);
    assert_object(number(file), 1, 1, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    assert_status(open_pointer(file, OBJ_KERNEL_HANDLE), STATUS_SUCCESS); /* there is room there */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(reference_hands_out_the_object),
        test(type_must_be_the_objects),
        test(user_mode_needs_granted_access),
        test(access_is_mapped_by_the_objects_type),
        test(type_is_looked_at_before_access),
        test(user_mode_has_no_kernel_handles),
        test(bad_handles_give_no_object),
        test(tag_bits_are_as_the_switch_says),
        test(failed_outputs_are_as_the_switch_says),
        test(last_reference_closes_in_the_current_process),
        test(event_object_goes_without_irps),
        test(one_dereference_too_many_stops_the_system),
        test(what_is_no_object_stops_the_system),
#if !defined(FLT_HAS_ASAN) && !defined(FLT_HAS_MSAN)
        test(stale_object_stops_the_system),
#endif
        test(pointer_reference_is_one_more),
        test(pointer_opens_another_handle),
        test(pointer_opens_in_the_table_of_an_open),
        test(pointer_open_maps_access_by_type),
        test(pointer_past_cleanup_opens_nothing),
        test(pointer_to_what_gets_no_irps_opens_again),
        test(pointer_open_checks_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
