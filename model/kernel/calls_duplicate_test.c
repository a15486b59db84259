/* ZwDuplicateObject, and who closes what it made. */
#include "calls_test.h"

#define NOBODY FLT_PROCESS_HANDLE_NULL
#define HERE FLT_PROCESS_HANDLE_CURRENT
#define SYSTEM FLT_PROCESS_HANDLE_SYSTEM
#define P1 FLT_PROCESS_HANDLE_P1
#define P2 FLT_PROCESS_HANDLE_P2

/* In the same process, as the source is. */
static HANDLE duplicate_here(HANDLE source) {
    assert_status(
        duplicate(HERE, source, HERE, 0, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_SAME_ATTRIBUTES),
        STATUS_SUCCESS);
    return w.handle;
}

static void duplicate_is_another_handle_to_the_object(void **state) {
    (void)state;
    static const enum flt_opcode openers[] = {FLT_OP_ZwCreateFile, FLT_OP_ZwCreateEvent};
    for (size_t i = 0; i < 2; i++) {
        start();
        const HANDLE source = open_by(openers[i], 0);
        const uint64_t token = token_of(FLT_PROCESS_P1, source);
        w.events = 0;
        const HANDLE copy = duplicate_here(source);
        assert_no_irps();
        assert_ptr_not_equal(copy, source);
        assert_int_equal(token_of(FLT_PROCESS_P1, copy), token);
        assert_totals(2, 1);
        assert_status(zw_close(source), STATUS_SUCCESS);
        assert_no_irps(); /* not the last handle */
        assert_status(zw_close(copy), STATUS_SUCCESS);
        assert_gone(token);
    }
}

static void target_process_chooses_the_table(void **state) {
    (void)state;
    static const struct {
        enum flt_process_handle to;
        ULONG attributes;
        uint8_t table;
    } rows[] = {{HERE, 0, FLT_PROCESS_P1},
                {P1, 0, FLT_PROCESS_P1},
                {P2, 0, FLT_PROCESS_P2},
                {SYSTEM, 0, FLT_TABLE_KERNEL},
                {SYSTEM, OBJ_KERNEL_HANDLE, FLT_TABLE_KERNEL}};
    const HANDLE source = open_by(FLT_OP_ZwCreateFile, 0);
    const uint64_t token = token_of(FLT_PROCESS_P1, source);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_status(duplicate(HERE, source, rows[i].to, 0, rows[i].attributes, 0),
                      STATUS_SUCCESS);
        assert_int_equal(token_of(rows[i].table, w.handle), token);
    }
    assert_object(token, 6, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
}

/* The same value in each of three tables. */
static void source_process_chooses_the_source(void **state) {
    (void)state;
    uint64_t token[FLT_PROCESS_COUNT];
    HANDLE plain = NULL, kernel = NULL;
    for (ULONG process = 0; process < FLT_PROCESS_COUNT; process++) {
        run_in(process);
        plain = open_by(FLT_OP_ZwCreateFile, 0);
        kernel = process ? kernel : plain;
        token[process] = token_of((uint8_t)process, plain);
    }
    run_in(FLT_PROCESS_P2);
    for (size_t i = 0; i < FLT_PROCESS_COUNT; i++) {
        const enum flt_process_handle from = (enum flt_process_handle)(SYSTEM + i);
        assert_status(duplicate(from, plain, HERE, 0, 0, 0), STATUS_SUCCESS);
        assert_int_equal(token_of(FLT_PROCESS_P2, w.handle), token[i]);
        assert_status(duplicate(from, kernel, HERE, 0, 0, 0), STATUS_SUCCESS);
        assert_int_equal(token_of(FLT_PROCESS_P2, w.handle), token[FLT_PROCESS_SYSTEM]);
    }
    assert_status(duplicate(HERE, plain, P1, 0, 0, 0), STATUS_SUCCESS);
    assert_int_equal(token_of(FLT_PROCESS_P1, w.handle), token[FLT_PROCESS_P2]);
    attach(FLT_PROCESS_P1);
    assert_status(duplicate(HERE, plain, HERE, 0, 0, 0), STATUS_SUCCESS);
    assert_int_equal(token_of(FLT_PROCESS_P1, w.handle), token[FLT_PROCESS_P1]);
}

static void access_and_flags_are_asked_for_or_the_sources(void **state) {
    (void)state;
    static const struct {
        ULONG options;
        ACCESS_MASK access;
        uint8_t flags;
    } rows[] = {
        {0, FILE_GENERIC_WRITE, FLT_HANDLE_INHERIT},
        {DUPLICATE_SAME_ACCESS, FILE_GENERIC_READ, FLT_HANDLE_INHERIT},
        {DUPLICATE_SAME_ATTRIBUTES, FILE_GENERIC_WRITE, FLT_HANDLE_PROTECT},
        {DUPLICATE_SAME_ACCESS | DUPLICATE_SAME_ATTRIBUTES, FILE_GENERIC_READ, FLT_HANDLE_PROTECT}};
    const HANDLE source = open_by(FLT_OP_ZwCreateFile, 0);
    assert_status(set_flags(source, FALSE, TRUE), STATUS_SUCCESS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct flt_handle_row row;
        assert_status(duplicate(HERE, source, HERE, GENERIC_WRITE, OBJ_INHERIT, rows[i].options),
                      STATUS_SUCCESS);
        assert_true(has_handle(FLT_PROCESS_P1, w.handle, &row));
        assert_int_equal(row.access, rows[i].access);
        assert_int_equal(row.flags, rows[i].flags);
    }
    assert_status(duplicate(HERE, source, HERE, 0, 0, 0), STATUS_SUCCESS);
    struct flt_handle_row row;
    assert_true(has_handle(FLT_PROCESS_P1, w.handle, &row));
    assert_int_equal(row.access | row.flags, 0);
}

static void output_may_be_missing(void **state) {
    (void)state;
    const HANDLE here = w.system->world.process_handle[HERE];
    const HANDLE source = open_by(FLT_OP_ZwCreateFile, 0);
    assert_status(w.system->ops->ZwDuplicateObject(w.system, here, source, here, NULL, 0, 0, 0),
                  STATUS_SUCCESS);
    assert_object(token_of(FLT_PROCESS_P1, source), 2, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    start_with(failed_outputs, zero);
    assert_status(w.system->ops->ZwDuplicateObject(w.system, here, source, here, NULL, 0, 0, 0),
                  STATUS_INVALID_HANDLE);
}

/* ---- what fails, in order -------------------------------------------------------------------- */

static void assert_fails(enum flt_process_handle from, HANDLE source, enum flt_process_handle to,
                         ULONG attributes, NTSTATUS status) {
    assert_status(duplicate(from, source, to, GENERIC_READ, attributes, 0), status);
    assert_int_equal(number(w.handle), 0); /* as the switch says */
}

static void duplicate_checks_in_order(void **state) {
    (void)state;
    start_with(geometry, small);
    start_with(failed_outputs, zero);
    start_with(bad_close, bugcheck); /* only closes stop the system */
    const HANDLE source = open_by(FLT_OP_ZwCreateFile, 0);
    const uint64_t token = token_of(FLT_PROCESS_P1, source);
    for (int k = 0; k < 11; k++)
        duplicate_here(source);
    w.events = 0;
    /* The source process, then the source. */
    assert_fails(NOBODY, source, P1, 0, STATUS_INVALID_HANDLE);
    assert_fails(P2, source, P1, 0, STATUS_INVALID_HANDLE);
    assert_fails(HERE, handle_of(UINT64_MAX), P1, 0, STATUS_INVALID_HANDLE);
    assert_fails(HERE, handle_of(FLT_KERNEL_HANDLE_BITS | 4), P2, OBJ_KERNEL_HANDLE,
                 STATUS_INVALID_HANDLE);
    /* The target process, its attributes, its room. */
    assert_fails(HERE, source, NOBODY, OBJ_KERNEL_HANDLE, STATUS_INVALID_HANDLE);
    assert_fails(HERE, source, P1, OBJ_KERNEL_HANDLE, STATUS_INVALID_PARAMETER);
    assert_fails(HERE, source, P2, OBJ_KERNEL_HANDLE, STATUS_INVALID_PARAMETER);
    assert_fails(HERE, source, P1, 0, STATUS_INSUFFICIENT_RESOURCES);
    exit_process(FLT_PROCESS_P2);
    assert_fails(HERE, source, P2, OBJ_KERNEL_HANDLE, STATUS_INVALID_HANDLE);
    assert_no_irps();
    assert_object(token, 12, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
}

static void handle_of_no_process_is_refused(void **state) {
    (void)state;
    const HANDLE *process = w.system->world.process_handle;
    const HANDLE source = open_by(FLT_OP_ZwCreateFile, 0);
    assert_status(w.system->ops->ZwDuplicateObject(w.system, source, source, process[HERE],
                                                   &w.handle, 0, 0, 0),
                  STATUS_INVALID_HANDLE);
    assert_status(w.system->ops->ZwDuplicateObject(w.system, process[HERE], source, source,
                                                   &w.handle, 0, 0, 0),
                  STATUS_INVALID_HANDLE);
    assert_totals(1, 1);
}

static void exited_process_is_no_source_and_no_target(void **state) {
    (void)state;
    const HANDLE kernel = open_by(FLT_OP_ZwCreateFile, OBJ_KERNEL_HANDLE);
    exit_process(FLT_PROCESS_P1);
    assert_status(duplicate(P1, kernel, P2, 0, 0, 0), STATUS_INVALID_HANDLE);
    assert_status(duplicate(P2, kernel, P1, 0, 0, 0), STATUS_INVALID_HANDLE);
    assert_status(duplicate(HERE, kernel, P2, 0, 0, 0), STATUS_INVALID_HANDLE); /* runs in p1 */
    assert_status(duplicate(P2, kernel, P2, 0, 0, 0), STATUS_SUCCESS);
    start_process(FLT_PROCESS_P1);
    assert_status(duplicate(HERE, kernel, P1, 0, 0, 0), STATUS_SUCCESS);
}

static void tag_bits_are_as_the_switch_says(void **state) {
    (void)state;
    HANDLE source = open_by(FLT_OP_ZwCreateFile, 0);
    assert_status(duplicate(HERE, handle_of(number(source) | 2), HERE, 0, 0, 0), STATUS_SUCCESS);
    start_with(tag_bits, significant);
    source = open_by(FLT_OP_ZwCreateFile, 0);
    assert_status(duplicate(HERE, handle_of(number(source) | 2), HERE, 0, 0, 0),
                  STATUS_INVALID_HANDLE);
}

/* ---- closing the source ---------------------------------------------------------------------- */

static void source_moves_to_the_target(void **state) {
    (void)state;
    const HANDLE source = open_by(FLT_OP_ZwCreateFile, 0);
    const uint64_t token = token_of(FLT_PROCESS_P1, source);
    w.events = 0;
    assert_status(duplicate(HERE, source, P2, 0, 0, DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS),
                  STATUS_SUCCESS);
    assert_no_irps(); /* a handle is left throughout */
    assert_int_equal(token_of(FLT_PROCESS_P2, w.handle), token);
    assert_object(token, 1, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
    assert_totals(1, 1);
    struct flt_handle_row row;
    assert_false(has_handle(FLT_PROCESS_P1, source, &row));
}

/* What is left of a source in p2 after a duplication that makes nothing. */
static void assert_source_closes(enum flt_process_handle to, ULONG attributes, NTSTATUS status) {
    run_in(FLT_PROCESS_P2);
    const HANDLE source = open_by(FLT_OP_ZwCreateFile, 0);
    const uint64_t token = token_of(FLT_PROCESS_P2, source);
    run_in(FLT_PROCESS_P1);
    w.events = 0;
    assert_status(duplicate(P2, source, to, 0, attributes, DUPLICATE_CLOSE_SOURCE), status);
    assert_int_equal(number(w.handle), FILL);
    assert_irps(IRPS(FLT_EVENT_CLEANUP, FLT_EVENT_CLOSE), FLT_PROCESS_P2, token);
    assert_gone(token);
}

static void source_closes_whatever_comes_of_the_target(void **state) {
    (void)state;
    start_with(geometry, small);
    assert_source_closes(NOBODY, 0, STATUS_SUCCESS);
    assert_source_closes(P1, OBJ_KERNEL_HANDLE, STATUS_INVALID_PARAMETER);
    for (int k = 0; k < 12; k++)
        open_by(FLT_OP_ZwCreateFile, OBJ_KERNEL_HANDLE);
    assert_source_closes(SYSTEM, 0, STATUS_INSUFFICIENT_RESOURCES);
    exit_process(FLT_PROCESS_P1);
    assert_source_closes(P1, 0, STATUS_INVALID_HANDLE);
    assert_totals(12, 12);
}

static void failure_before_the_source_closes_nothing(void **state) {
    (void)state;
    const HANDLE kernel = open_by(FLT_OP_ZwCreateFile, OBJ_KERNEL_HANDLE);
    w.events = 0;
    assert_status(duplicate(NOBODY, kernel, P1, 0, 0, DUPLICATE_CLOSE_SOURCE),
                  STATUS_INVALID_HANDLE);
    exit_process(FLT_PROCESS_P2);
    assert_status(duplicate(P2, kernel, P1, 0, 0, DUPLICATE_CLOSE_SOURCE), STATUS_INVALID_HANDLE);
    assert_no_irps();
    assert_totals(1, 1);
}

static void referenced_source_is_past_cleanup(void **state) {
    (void)state;
    const HANDLE source = open_by(FLT_OP_FltCreateFileEx, OBJ_KERNEL_HANDLE);
    w.events = 0;
    assert_status(duplicate(P2, source, NOBODY, 0, 0, DUPLICATE_CLOSE_SOURCE), STATUS_SUCCESS);
    assert_irps(IRPS(FLT_EVENT_CLEANUP), FLT_PROCESS_P2, number(w.file));
    assert_object(number(w.file), 0, 1, FLT_TYPE_FILE, FLT_PHASE_CLEANED);
}

static void protected_source_stays(void **state) {
    (void)state;
    start_with(protected_close, bugcheck); /* but nothing stops here */
    const HANDLE source = open_by(FLT_OP_ZwCreateFile, 0);
    assert_status(set_flags(source, FALSE, TRUE), STATUS_SUCCESS);
    w.events = 0;
    assert_status(duplicate(HERE, source, NOBODY, 0, 0, DUPLICATE_CLOSE_SOURCE), STATUS_SUCCESS);
    assert_status(duplicate(HERE, source, P2, 0, 0, DUPLICATE_CLOSE_SOURCE), STATUS_SUCCESS);
    assert_status(duplicate(HERE, source, P2, 0, OBJ_KERNEL_HANDLE, DUPLICATE_CLOSE_SOURCE),
                  STATUS_INVALID_PARAMETER);
    assert_no_irps();
    assert_object(token_of(FLT_PROCESS_P1, source), 2, 0, FLT_TYPE_FILE, FLT_PHASE_IN_USE);
}

/* ---- who closes a duplicate ------------------------------------------------------------------ */

/* Of an object of that open, by ZwDuplicateObject or by ObOpenObjectByPointer. */
static HANDLE made_from(enum flt_opcode opener, bool by_pointer) {
    const HANDLE source = open_by(opener, 0);
    if (!by_pointer)
        return duplicate_here(source);
    const uint8_t table = opener == FLT_OP_FltOpenVolume ? FLT_TABLE_KERNEL : FLT_PROCESS_P1;
    assert_status(open_pointer(handle_of(token_of(table, source)), 0), STATUS_SUCCESS);
    return w.handle;
}

static const enum flt_opcode flt_openers[] = {FLT_OP_FltCreateFile, FLT_OP_FltCreateFileEx,
                                              FLT_OP_FltCreateFileEx2, FLT_OP_FltOpenVolume};
static const enum flt_opcode other_openers[] = {FLT_OP_ZwCreateFile, FLT_OP_ZwCreateEvent,
                                                FLT_OP_ZwCreateSection, FLT_OP_ZwOpenKey};

static HANDLE made(const enum flt_opcode openers[4], int i) {
    start();
    /* FltOpenVolume's is duplicated as the kernel handle that it is, into p1. */
    return made_from(openers[i / 2], i % 2);
}

static void duplicate_belongs_to_zw_close(void **state) {
    (void)state;
    for (int i = 0; i < 8; i++) {
        assert_status(flt_close(made(flt_openers, i)), STATUS_INVALID_HANDLE);
        assert_totals(2, 1);
        assert_status(zw_close(w.handle), STATUS_SUCCESS);
        assert_status(flt_close(made(other_openers, i)), STATUS_INVALID_HANDLE);
        assert_totals(2, 1);
    }
}

static void duplicate_of_an_flt_handle_belongs_to_flt_close_by_switch(void **state) {
    (void)state;
    start_with(duplicate_closer, flt);
    for (int i = 0; i < 8; i++) {
        assert_status(flt_close(made(flt_openers, i)), STATUS_SUCCESS);
        assert_totals(1, 1);
        assert_status(zw_close(made(flt_openers, i)), STATUS_SUCCESS); /* to both */
        assert_status(flt_close(made(other_openers, i)), STATUS_INVALID_HANDLE);
        assert_totals(2, 1);
    }
}

static void duplicate_of_a_duplicate_is_of_the_first_open(void **state) {
    (void)state;
    start_with(duplicate_closer, flt);
    assert_status(flt_close(duplicate_here(duplicate_here(open_by(FLT_OP_FltCreateFile, 0)))),
                  STATUS_SUCCESS);
    assert_status(flt_close(duplicate_here(duplicate_here(open_by(FLT_OP_ZwCreateFile, 0)))),
                  STATUS_INVALID_HANDLE);
}

static void forwarding_closes_any_duplicate(void **state) {
    (void)state;
    start_with(flt_close, forward);
    for (int i = 0; i < 8; i++) {
        assert_status(flt_close(made(flt_openers, i)), STATUS_SUCCESS);
        assert_status(flt_close(made(other_openers, i)), STATUS_SUCCESS);
        assert_totals(1, 1);
    }
}

static void foreign_duplicate_comes_before_protected(void **state) {
    (void)state;
    start_with(protected_close, bugcheck);
    const HANDLE handle = made_from(FLT_OP_FltCreateFile, false);
    assert_status(set_flags(handle, FALSE, TRUE), STATUS_SUCCESS);
    assert_status(flt_close(handle), STATUS_INVALID_HANDLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(duplicate_is_another_handle_to_the_object),
        test(target_process_chooses_the_table),
        test(source_process_chooses_the_source),
        test(access_and_flags_are_asked_for_or_the_sources),
        test(output_may_be_missing),
        test(duplicate_checks_in_order),
        test(handle_of_no_process_is_refused),
        test(exited_process_is_no_source_and_no_target),
        test(tag_bits_are_as_the_switch_says),
        test(source_moves_to_the_target),
        test(source_closes_whatever_comes_of_the_target),
        test(failure_before_the_source_closes_nothing),
        test(referenced_source_is_past_cleanup),
        test(protected_source_stays),
        test(duplicate_belongs_to_zw_close),
        test(duplicate_of_an_flt_handle_belongs_to_flt_close_by_switch),
        test(duplicate_of_a_duplicate_is_of_the_first_open),
        test(forwarding_closes_any_duplicate),
        test(foreign_duplicate_comes_before_protected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
