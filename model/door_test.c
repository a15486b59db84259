/* The door, tried with a system that answers anything: what is compared, what is named, nesting,
 * bug checks, withheld calls, the digest. No kernel is linked here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scripted_system_fixture.h"

#define K(index) (FLT_KERNEL_HANDLE_BITS | (uint64_t)(index)*4)

static const uint64_t fill = UINT64_C(0x4000000000001111);

struct fixture {
    struct flt_scripted scripted;
    struct flt_door *door;
};

static struct fixture *with_view(enum flt_view_level level) {
    static struct fixture fixture;
    flt_scripted_init(&fixture.scripted, level);
    fixture.door = flt_door_new(&fixture.scripted.system);
    assert_non_null(fixture.door);
    fixture.scripted.truth = flt_contract_view(flt_door_contract(fixture.door));
    struct flt_switches switches;
    flt_switches_from_profile(&switches, FLT_PROFILE_documented);
    flt_door_keep_trace(fixture.door, true);
    flt_door_open(fixture.door, &switches, &switches);
    return &fixture;
}

static void done(struct fixture *fixture) {
    flt_door_free(fixture->door);
}

static void make(struct flt_call *call, uint8_t opcode) {
    static uint32_t step;
    flt_call_init(call, opcode);
    call->step = ++step;
    call->fill = fill;
}

/* An answer that a right FltCreateFile gives. */
static void will_open(struct fixture *fixture, uint64_t handle, uint64_t token) {
    struct flt_answer *answer = flt_scripted_answer(&fixture->scripted, 0);
    answer->writes = 1u << FLT_RESULT_handle | 1u << FLT_RESULT_iosb;
    answer->out[FLT_RESULT_handle] = handle;
    answer->out[FLT_RESULT_iosb] = FILE_OPENED;
    answer->events = 1;
    answer->event[0] = (struct flt_event){FLT_EVENT_CREATE, FLT_PROCESS_P1, token};
}

static void will_close(struct fixture *fixture, uint64_t token) {
    struct flt_answer *answer = flt_scripted_answer(&fixture->scripted, 0);
    answer->events = 2;
    answer->event[0] = (struct flt_event){FLT_EVENT_CLEANUP, FLT_PROCESS_P1, token};
    answer->event[1] = (struct flt_event){FLT_EVENT_CLOSE, FLT_PROCESS_P1, token};
}

static bool call_open(struct fixture *fixture, int8_t slot) {
    struct flt_call call;
    struct flt_outcome outcome;
    make(&call, FLT_OP_FltCreateFile);
    call.result_slot[FLT_RESULT_handle] = slot;
    return flt_door_call(fixture->door, &call, &outcome);
}

static bool call_close(struct fixture *fixture, uint64_t handle) {
    struct flt_call call;
    struct flt_outcome outcome;
    make(&call, FLT_OP_FltClose);
    call.arg[FLT_ARG_handle] = handle;
    return flt_door_call(fixture->door, &call, &outcome);
}

static enum flt_rule found(const struct fixture *fixture) {
    return flt_door_finding(fixture->door)->violation.rule;
}

static void assert_rule(enum flt_rule got, enum flt_rule wanted) {
    assert_string_equal(flt_rules[got].id, flt_rules[wanted].id);
}

/* ---- a right system -------------------------------------------------------------------------- */

static void a_right_system_passes(void **state) {
    (void)state;
    static const enum flt_view_level levels[] = {FLT_VIEW_NONE, FLT_VIEW_COUNTS, FLT_VIEW_FULL};
    for (size_t i = 0; i < 3; i++) {
        struct fixture *fixture = with_view(levels[i]);
        will_open(fixture, K(1), 0x1000);
        will_close(fixture, 0x1000);
        assert_true(call_open(fixture, 0));
        assert_true(call_close(fixture, K(1)));
        assert_true(flt_door_end_of_run(fixture->door));
        const struct flt_door_counts *counts = flt_door_counts(fixture->door);
        assert_int_equal(counts->calls, 2);
        assert_int_equal(counts->views_unchecked, levels[i] == FLT_VIEW_NONE ? 3 : 0);
        assert_int_equal(counts->views_compared, levels[i] == FLT_VIEW_NONE ? 0 : 3);
        done(fixture);
    }
}

/* The same story told with other handle values and other addresses has the same digest; another
 * story has not. */
static uint64_t digest_of(uint64_t handle, uint64_t token, bool closes) {
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    will_open(fixture, handle, token);
    will_close(fixture, token);
    assert_true(call_open(fixture, 0));
    if (closes)
        assert_true(call_close(fixture, handle));
    assert_true(flt_door_end_of_run(fixture->door));
    const uint64_t digest = flt_door_digest(fixture->door);
    done(fixture);
    return digest;
}

static void the_digest_knows_no_addresses(void **state) {
    (void)state;
    assert_true(digest_of(K(1), 0x1000, true) == digest_of(K(7), 0x2000, true));
    assert_true(digest_of(K(1), 0x1000, true) != digest_of(K(1), 0x1000, false));
}

/* ---- a view that lies ------------------------------------------------------------------------ */

struct lie {
    enum flt_lie lie;
    bool about_object;
    enum flt_rule rule;
};

static const struct lie lies[] = {
    {FLT_LIE_HIDE_HANDLE, false, FLT_RULE_open_handle_stays},
    {FLT_LIE_EXTRA_HANDLE, false, FLT_RULE_closed_handle_gone},
    {FLT_LIE_ACCESS, false, FLT_RULE_handle_as_granted},
    {FLT_LIE_TWICE, false, FLT_RULE_closed_handle_gone},
    {FLT_LIE_HIDE_OBJECT, true, FLT_RULE_object_outlives_handle},
    {FLT_LIE_EXTRA_OBJECT, true, FLT_RULE_object_gone_at_end},
    {FLT_LIE_HANDLE_COUNT, true, FLT_RULE_handle_count_exact},
    {FLT_LIE_REFERENCE_COUNT, true, FLT_RULE_reference_count_exact},
    {FLT_LIE_PHASE, true, FLT_RULE_object_phase},
    {FLT_LIE_SHARE, false, FLT_RULE_share_counts},
    {FLT_LIE_NAME, false, FLT_RULE_names_as_made},
    {FLT_LIE_ATTRIBUTES, false, FLT_RULE_names_as_made},
    {FLT_LIE_MARK, false, FLT_RULE_names_as_made},
    {FLT_LIE_OPLOCK, false, FLT_RULE_names_as_made},
    {FLT_LIE_FILTER, false, FLT_RULE_filter_state},
    {FLT_LIE_INSTANCE, false, FLT_RULE_filter_state},
};

static uint64_t subject_of(const struct lie *lie) {
    if (lie->lie >= FLT_LIE_SHARE && lie->lie <= FLT_LIE_OPLOCK)
        return 1;
    if (lie->lie == FLT_LIE_EXTRA_HANDLE)
        return K(9);
    if (lie->lie == FLT_LIE_EXTRA_OBJECT)
        return 0x9000;
    return lie->about_object ? 0x1000 : K(1);
}

/* The lie is told while a second handle is opened, in the same table and successfully. */
static void each_wrong_row_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct fixture *fixture = with_view(FLT_VIEW_FULL);
        will_open(fixture, K(1), 0x1000);
        will_open(fixture, K(2), 0x2000);
        assert_true(call_open(fixture, 0));
        fixture->scripted.lie = lies[i].lie;
        fixture->scripted.key = subject_of(&lies[i]);
        fixture->scripted.table = FLT_TABLE_KERNEL;
        assert_false(call_open(fixture, 1));
        assert_rule(found(fixture), lies[i].rule);
        assert_int_equal(flt_door_finding(fixture->door)->allowed.count, 0);
        assert_false(call_open(fixture, 2)); /* the run is over */
        assert_false(flt_door_end_of_run(fixture->door));
        done(fixture);
    }
}

static void a_failed_call_changes_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct fixture *fixture = with_view(FLT_VIEW_FULL);
        will_open(fixture, K(1), 0x1000);
        flt_scripted_answer(&fixture->scripted, (uint32_t)STATUS_INVALID_HANDLE);
        assert_true(call_open(fixture, 0));
        fixture->scripted.lie = lies[i].lie;
        fixture->scripted.key = subject_of(&lies[i]);
        fixture->scripted.table = FLT_TABLE_KERNEL;
        assert_false(call_close(fixture, K(5)));
        assert_rule(found(fixture), FLT_RULE_failed_call_changes_nothing);
        done(fixture);
    }
}

static void another_table_is_named(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    will_open(fixture, K(1), 0x1000);
    fixture->scripted.lie = FLT_LIE_EXTRA_HANDLE;
    fixture->scripted.key = 4;
    fixture->scripted.table = FLT_PROCESS_P2;
    assert_false(call_open(fixture, 0));
    assert_rule(found(fixture), FLT_RULE_tables_apart);
    done(fixture);
}

static void totals_alone_are_compared_where_there_is_no_more(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture *fixture = with_view(FLT_VIEW_COUNTS);
        will_open(fixture, K(1), 0x1000);
        fixture->scripted.lie = i == 0 ? FLT_LIE_HIDE_HANDLE : FLT_LIE_EXTRA_OBJECT;
        assert_false(call_open(fixture, 0));
        assert_rule(found(fixture),
                    i == 0 ? FLT_RULE_open_handle_stays : FLT_RULE_object_gone_at_end);
        done(fixture);
    }
}

/* Past 256 calls a lie about a row that no call names is seen at the next full comparison, which
 * comes after as many calls as there are rows, and 256 at the most here. */
static void long_runs_compare_everything_now_and_then(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    will_open(fixture, K(1), 0x1000);
    assert_true(call_open(fixture, 0));
    struct flt_call call;
    struct flt_outcome outcome;
    make(&call, FLT_OP_RunIn);
    call.arg[FLT_ARG_process] = FLT_PROCESS_P1;
    struct flt_answer *ever = flt_scripted_answer(&fixture->scripted, 0);
    (void)ever;
    size_t seen_after = 0;
    for (size_t i = 0; i < 1000 && seen_after == 0; i++) {
        fixture->scripted.played = 1; /* the same answer again */
        if (i == 300)
            fixture->scripted.lie = FLT_LIE_ACCESS, fixture->scripted.key = K(1);
        if (!flt_door_call(fixture->door, &call, &outcome))
            seen_after = i;
    }
    assert_rule(found(fixture), FLT_RULE_handle_as_granted);
    assert_in_range(seen_after, 301, 300 + 256);
    done(fixture);
}

/* ---- calls that close handles though they are no closes -------------------------------------- */

/* A duplication of the kernel handle K(1) within the kernel table, where the script has its answer.
 */
static void make_duplication(struct flt_call *call, uint64_t options) {
    make(call, FLT_OP_ZwDuplicateObject);
    call->arg[FLT_ARG_handle] = K(1);
    call->arg[FLT_ARG_target] = FLT_PROCESS_HANDLE_SYSTEM;
    call->arg[FLT_ARG_options] = options;
}

static bool make_it(struct fixture *fixture, const struct flt_call *call) {
    struct flt_outcome outcome;
    return flt_door_call(fixture->door, call, &outcome);
}

static void protect(struct fixture *fixture, uint64_t handle) {
    struct flt_call call;
    make(&call, FLT_OP_ZwSetInformationObject);
    call.arg[FLT_ARG_handle] = handle;
    call.arg[FLT_ARG_handle_flags] = HANDLE_FLAG_PROTECT_FROM_CLOSE;
    flt_scripted_answer(&fixture->scripted, 0);
    assert_true(make_it(fixture, &call));
}

static void tell(struct fixture *fixture, enum flt_lie lie, uint8_t table, uint64_t key) {
    fixture->scripted.lie = lie;
    fixture->scripted.table = table;
    fixture->scripted.key = key;
}

struct left_over {
    uint8_t table;
    uint64_t key;
    enum flt_rule rule;
};

static void what_an_exit_leaves_is_named(void **state) {
    (void)state;
    static const struct left_over cases[] = {
        {FLT_PROCESS_P2, 4, FLT_RULE_process_exit_closes},
        {FLT_PROCESS_P2, 8, FLT_RULE_process_exit_closes},
        {FLT_PROCESS_P1, 4, FLT_RULE_tables_apart},
        {FLT_TABLE_KERNEL, K(1), FLT_RULE_tables_apart},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture *fixture = with_view(FLT_VIEW_FULL);
        struct flt_call call;
        flt_scripted_answer(&fixture->scripted, 0);
        make(&call, FLT_OP_ExitProcess);
        call.arg[FLT_ARG_process] = FLT_PROCESS_P2;
        tell(fixture, FLT_LIE_EXTRA_HANDLE, cases[i].table, cases[i].key);
        assert_false(make_it(fixture, &call));
        assert_rule(found(fixture), cases[i].rule);
        done(fixture);
    }
}

static void an_exit_of_system_closes_nothing(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    struct flt_call call;
    flt_scripted_answer(&fixture->scripted, 0);
    make(&call, FLT_OP_ExitProcess);
    call.arg[FLT_ARG_process] = FLT_PROCESS_SYSTEM;
    tell(fixture, FLT_LIE_EXTRA_HANDLE, FLT_TABLE_KERNEL, K(1));
    assert_false(make_it(fixture, &call));
    assert_rule(found(fixture), FLT_RULE_closed_handle_gone);
    done(fixture);
}

/* Where the system shows totals and no more, one handle too many is enough. */
static void totals_after_an_exit_are_compared(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_COUNTS);
    struct flt_call call;
    flt_scripted_answer(&fixture->scripted, 0);
    make(&call, FLT_OP_ExitProcess);
    call.arg[FLT_ARG_process] = FLT_PROCESS_P1;
    tell(fixture, FLT_LIE_EXTRA_HANDLE, FLT_PROCESS_P1, 4);
    assert_false(make_it(fixture, &call));
    assert_rule(found(fixture), FLT_RULE_process_exit_closes);
    done(fixture);
}

static const struct source_case {
    uint64_t options;
    uint32_t status; /* or success, and K(2) */
    bool protected;
    enum flt_lie lie;
    uint8_t table;
    uint64_t key;
    enum flt_rule rule;
} source_cases[] = {
    {DUPLICATE_CLOSE_SOURCE, 0, false, FLT_LIE_EXTRA_HANDLE, 0, K(1),
     FLT_RULE_duplicate_closes_source},
    {DUPLICATE_CLOSE_SOURCE, 0, false, FLT_LIE_EXTRA_HANDLE, 0, K(3), FLT_RULE_closed_handle_gone},
    {DUPLICATE_CLOSE_SOURCE, 0, false, FLT_LIE_EXTRA_HANDLE, FLT_PROCESS_P2, 4,
     FLT_RULE_closed_handle_gone},
    {DUPLICATE_CLOSE_SOURCE, 0, false, FLT_LIE_HIDE_HANDLE, 0, K(2), FLT_RULE_open_handle_stays},
    {DUPLICATE_CLOSE_SOURCE, 0, true, FLT_LIE_HIDE_HANDLE, 0, K(1),
     FLT_RULE_duplicate_closes_source},
    {DUPLICATE_CLOSE_SOURCE, (uint32_t)STATUS_INVALID_PARAMETER, false, FLT_LIE_EXTRA_HANDLE, 0,
     K(1), FLT_RULE_duplicate_closes_source},
    {DUPLICATE_CLOSE_SOURCE, (uint32_t)STATUS_INVALID_PARAMETER, true, FLT_LIE_HIDE_HANDLE, 0, K(1),
     FLT_RULE_duplicate_closes_source},
    {DUPLICATE_CLOSE_SOURCE, (uint32_t)STATUS_INVALID_PARAMETER, true, FLT_LIE_ACCESS, 0, K(1),
     FLT_RULE_handle_as_granted},
    {0, (uint32_t)STATUS_INVALID_PARAMETER, false, FLT_LIE_HIDE_HANDLE, 0, K(1),
     FLT_RULE_failed_call_changes_nothing},
    {0, 0, false, FLT_LIE_HIDE_HANDLE, 0, K(1), FLT_RULE_open_handle_stays},
};

/* A right answer: the object of the source goes with it where nothing else is left of it. */
static void will_duplicate(struct fixture *fixture, const struct source_case *one) {
    const bool closes = one->status != 0 && one->options != 0 && !one->protected;
    if (closes)
        will_close(fixture, 0x1000);
    else
        flt_scripted_answer(&fixture->scripted, 0);
    struct flt_answer *answer = &fixture->scripted.answer[fixture->scripted.answers - 1];
    answer->status = one->status;
    answer->writes = one->status == 0 ? 1u << FLT_RESULT_handle : 0;
    answer->out[FLT_RESULT_handle] = K(2);
}

/* The source closes even when the duplication fails, and only then may a failed call change a
 * thing. */
static void what_a_duplication_does_to_its_source_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof source_cases / sizeof *source_cases; i++) {
        const struct source_case *one = &source_cases[i];
        struct fixture *fixture = with_view(FLT_VIEW_FULL);
        struct flt_call call;
        will_open(fixture, K(1), 0x1000);
        assert_true(call_open(fixture, 0));
        if (one->protected)
            protect(fixture, K(1));
        make_duplication(&call, one->options);
        will_duplicate(fixture, one);
        if (one->status != 0)
            call.arg[FLT_ARG_target] = FLT_PROCESS_HANDLE_P2; /* with OBJ_KERNEL_HANDLE */
        tell(fixture, one->lie, one->table, one->key);
        assert_false(make_it(fixture, &call));
        assert_rule(found(fixture), one->rule);
        done(fixture);
    }
}

/* The source is looked for in the process that the call names. */
static void a_source_of_another_process_is_named(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    struct flt_call call;
    make(&call, FLT_OP_ZwDuplicateObject);
    call.arg[FLT_ARG_handle] = 8;
    call.arg[FLT_ARG_source] = FLT_PROCESS_HANDLE_P2;
    call.arg[FLT_ARG_options] = DUPLICATE_CLOSE_SOURCE;
    flt_scripted_answer(&fixture->scripted, (uint32_t)STATUS_INVALID_HANDLE);
    tell(fixture, FLT_LIE_EXTRA_HANDLE, FLT_PROCESS_P2, 8);
    assert_false(make_it(fixture, &call));
    assert_rule(found(fixture), FLT_RULE_duplicate_closes_source);
    done(fixture);
}

/* A duplicate that the caller wants no handle of is found in the system's table. */
static void a_handle_that_no_output_shows_is_adopted(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture *fixture = with_view(FLT_VIEW_FULL);
        struct flt_call call;
        will_open(fixture, K(1), 0x1000);
        assert_true(call_open(fixture, 0));
        make_duplication(&call, 0);
        call.null_out = 1u << FLT_RESULT_handle;
        flt_scripted_answer(&fixture->scripted, 0);
        tell(fixture, i == 0 ? FLT_TELL_VALUE : FLT_LIE_HIDE_HANDLE, 0, i == 0 ? K(2) : 0);
        assert_int_equal(make_it(fixture, &call), i == 0);
        if (i == 0) {
            struct flt_handle_row row;
            const struct flt_view view = flt_contract_view(flt_door_contract(fixture->door));
            assert_true(view.ops->find_handle(view.self, FLT_TABLE_KERNEL, K(2), &row));
            assert_int_equal(row.token, 0x1000);
            fixture->scripted.lie = FLT_NO_LIE;
            assert_true(flt_door_end_of_run(fixture->door));
        } else {
            assert_rule(found(fixture), FLT_RULE_open_handle_stays);
        }
        done(fixture);
    }
}

/* FltOpenVolume is not asked for a table, and works on the kernel's. */
static void the_table_of_a_volume_is_the_kernels(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture *fixture = with_view(FLT_VIEW_FULL);
        struct flt_call call;
        make(&call, FLT_OP_FltOpenVolume);
        call.arg[FLT_ARG_instance] = 1;
        call.arg[FLT_ARG_attributes] = 0;
        call.null_out = 1u << FLT_RESULT_object;
        will_open(fixture, K(1), 0x1000);
        tell(fixture, FLT_LIE_EXTRA_HANDLE, i == 0 ? FLT_TABLE_KERNEL : FLT_PROCESS_P1,
             i == 0 ? K(9) : 4);
        assert_false(make_it(fixture, &call));
        assert_rule(found(fixture), i == 0 ? FLT_RULE_closed_handle_gone : FLT_RULE_tables_apart);
        done(fixture);
    }
}

/* ---- answers that are not allowed ------------------------------------------------------------ */

static void a_wrong_outcome_names_rule_and_allowed_set(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    flt_scripted_answer(&fixture->scripted, 0);
    assert_false(call_close(fixture, K(5)));
    const struct flt_finding *finding = flt_door_finding(fixture->door);
    assert_rule(finding->violation.rule, FLT_RULE_close_bad_handle);
    assert_int_equal(finding->call.opcode, FLT_OP_FltClose);
    assert_int_equal(finding->outcome.status, 0);
    assert_int_equal(finding->allowed.count, 1);
    assert_int_equal(finding->allowed.code[0], (uint32_t)STATUS_INVALID_HANDLE);
    done(fixture);
}

static void an_irp_too_many_is_named(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_NONE);
    will_open(fixture, K(1), 0x1000);
    will_close(fixture, 0x1000);
    fixture->scripted.answer[1].events = 3;
    fixture->scripted.answer[1].event[2] =
        (struct flt_event){FLT_EVENT_CLOSE, FLT_PROCESS_P1, 0x1000};
    assert_true(call_open(fixture, 0));
    assert_false(call_close(fixture, K(1)));
    assert_rule(found(fixture), FLT_RULE_irp_close_once);
    done(fixture);
}

/* ---- withheld calls, bug checks -------------------------------------------------------------- */

static void a_withheld_call_is_not_made(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    struct flt_call call;
    struct flt_outcome outcome;
    make(&call, FLT_OP_ObDereferenceObject); /* of NULL */
    assert_true(flt_door_call(fixture->door, &call, &outcome));
    assert_int_equal(outcome.kind, FLT_WITHHELD);
    assert_int_equal(fixture->scripted.calls, 0);
    size_t breaches;
    const enum flt_rule *breach = flt_door_breaches(fixture->door, &breaches);
    assert_int_equal(breaches, 1);
    assert_rule(breach[0], FLT_RULE_object_not_null);
    assert_int_equal(flt_door_counts(fixture->door)->withheld, 1);
    done(fixture);
}

/* A system may lack calls: they are not made, and that is counted, not held against it. */
static void a_call_that_the_system_lacks_is_not_made(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    flt_door_free(fixture->door);
    struct flt_ops without = *fixture->scripted.system.ops;
    without.FltClose = NULL;
    fixture->scripted.system.ops = &without;
    assert_false(flt_system_can(&fixture->scripted.system, FLT_OP_FltClose));
    assert_true(flt_system_can(&fixture->scripted.system, FLT_OP_ZwClose));
    fixture->door = flt_door_new(&fixture->scripted.system);
    fixture->scripted.truth = flt_contract_view(flt_door_contract(fixture->door));
    struct flt_switches switches;
    flt_switches_from_profile(&switches, FLT_PROFILE_documented);
    flt_door_open(fixture->door, &switches, &switches);
    will_open(fixture, K(1), 0x1000);
    assert_true(call_open(fixture, 0));
    assert_true(call_close(fixture, K(1)));
    assert_true(call_close(fixture, K(5))); /* no breach either: nothing was done */
    assert_int_equal(fixture->scripted.calls, 1);
    const struct flt_door_counts *counts = flt_door_counts(fixture->door);
    assert_int_equal(counts->lacking, 2);
    assert_int_equal(counts->withheld, 2);
    assert_true(flt_door_end_of_run(fixture->door));
    struct flt_leak leak;
    assert_true(flt_door_leak(fixture->door, 0, &leak)); /* the handle is open: it was not closed */
    done(fixture);
}

/* A system that cannot make calls fail is not asked to. */
static void a_failure_is_asked_of_systems_that_inject(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture *fixture = with_view(FLT_VIEW_FULL);
        struct flt_call call;
        struct flt_outcome outcome;
        fixture->scripted.system.injects = i == 1;
        flt_scripted_answer(&fixture->scripted, (uint32_t)STATUS_SHARING_VIOLATION);
        make(&call, FLT_OP_FltCreateFile);
        call.arg[FLT_ARG_fail] = (uint32_t)STATUS_SHARING_VIOLATION;
        call.arg[FLT_ARG_fail_step] = 3;
        assert_true(flt_door_call(fixture->door, &call, &outcome));
        assert_int_equal(outcome.kind, i == 0 ? FLT_WITHHELD : FLT_RETURNED);
        assert_int_equal(fixture->scripted.calls, i);
        assert_int_equal(flt_door_counts(fixture->door)->lacking, 1 - i);
        if (i == 1) {
            assert_int_equal(fixture->scripted.fault.status, (uint32_t)STATUS_SHARING_VIOLATION);
            assert_int_equal(fixture->scripted.fault.step, 3);
        }
        assert_int_equal(fixture->scripted.system.fault.status, 0); /* only for the call */
        assert_true(flt_door_end_of_run(fixture->door));
        done(fixture);
    }
}

/* What a system does not show of filters is not held against it. */
static void filters_may_be_hidden(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    fixture->scripted.lie = FLT_HIDE_FILTERS;
    will_open(fixture, K(1), 0x1000);
    will_close(fixture, 0x1000);
    assert_true(call_open(fixture, 0));
    assert_true(call_close(fixture, K(1)));
    assert_true(flt_door_end_of_run(fixture->door));
    done(fixture);
}

static void a_bug_check_ends_the_run(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    struct flt_answer *answer = flt_scripted_answer(&fixture->scripted, 0x0A);
    answer->kind = FLT_BUGCHECK;
    answer->out[0] = DISPATCH_LEVEL; /* the new IRQL; the second parameter is the old one, 0 */
    struct flt_call call;
    struct flt_outcome outcome;
    make(&call, FLT_OP_KeLowerIrql);
    call.arg[FLT_ARG_irql] = DISPATCH_LEVEL;
    assert_false(flt_door_call(fixture->door, &call, &outcome));
    assert_int_equal(outcome.kind, FLT_BUGCHECK);
    assert_int_equal(outcome.status, 0x0A);
    assert_true(flt_door_stopped(fixture->door));
    assert_true(flt_door_end_of_run(fixture->door)); /* it was the documented outcome */
    struct flt_leak leak;
    assert_false(flt_door_leak(fixture->door, 0, &leak));
    done(fixture);
}

static void a_bug_check_that_no_page_allows_is_a_finding(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    struct flt_answer *answer = flt_scripted_answer(&fixture->scripted, 0x18);
    answer->kind = FLT_BUGCHECK;
    assert_false(call_open(fixture, 0));
    assert_int_not_equal(found(fixture), FLT_RULE_NONE);
    assert_int_equal(flt_door_finding(fixture->door)->outcome.status, 0x18);
    done(fixture);
}

/* ---- calls within calls ---------------------------------------------------------------------- */

struct nested {
    struct fixture *fixture;
    uint64_t handle;
    bool good;
};

static void close_within(void *context) {
    struct nested *nested = context;
    nested->good = call_close(nested->fixture, nested->handle);
}

/* While FltClose(h) is under way a callback closes h: the inner call succeeds, and the outer one
 * must come back with what is true then. */
static void what_must_come_back_is_predicted_again(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture *fixture = with_view(FLT_VIEW_FULL);
        struct nested nested = {fixture, K(1), false};
        will_open(fixture, K(1), 0x1000);
        struct flt_answer *outer =
            flt_scripted_answer(&fixture->scripted, i == 0 ? (uint32_t)STATUS_INVALID_HANDLE : 0);
        outer->during = close_within;
        outer->context = &nested;
        will_close(fixture, 0x1000);
        assert_true(call_open(fixture, 0));
        assert_int_equal(call_close(fixture, K(1)), i == 0);
        assert_true(nested.good);
        if (i == 1)
            assert_rule(found(fixture), FLT_RULE_close_bad_handle);
        const struct flt_trace *trace = flt_door_trace(fixture->door);
        assert_int_equal(trace->count, 3);
        assert_int_equal(trace->entry[1].depth, 0);
        assert_int_equal(trace->entry[2].depth, 1);
        done(fixture);
    }
}

/* While an open is under way a callback opens and closes another file: views are compared when the
 * outermost call is back, not in between. */
static void open_within(void *context) {
    struct nested *nested = context;
    nested->good = call_open(nested->fixture, 1) && call_close(nested->fixture, nested->handle);
}

static void calls_within_an_open_are_judged(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    struct nested nested = {fixture, K(2), false};
    will_open(fixture, K(1), 0x1000);
    fixture->scripted.answer[0].during = open_within;
    fixture->scripted.answer[0].context = &nested;
    will_open(fixture, K(2), 0x2000);
    will_close(fixture, 0x2000);
    assert_true(call_open(fixture, 0));
    assert_true(nested.good);
    assert_int_equal(flt_door_counts(fixture->door)->views_compared, 1);
    assert_true(flt_door_end_of_run(fixture->door));
    done(fixture);
}

static void a_bug_check_within_a_call_unwinds_both(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_FULL);
    struct nested nested = {fixture, K(9), false};
    will_open(fixture, K(1), 0x1000);
    fixture->scripted.answer[0].during = close_within;
    fixture->scripted.answer[0].context = &nested;
    struct flt_answer *inner = flt_scripted_answer(&fixture->scripted, 0x93);
    inner->kind = FLT_BUGCHECK;
    assert_false(call_open(fixture, 0));
    assert_false(nested.good);
    assert_true(flt_door_stopped(fixture->door));
    assert_int_equal(flt_door_finding(fixture->door)->call.opcode, FLT_OP_FltClose);
    const struct flt_trace *trace = flt_door_trace(fixture->door);
    assert_false(trace->entry[0].ended);
    assert_true(trace->entry[1].ended);
    done(fixture);
}

static void dive(void *context) {
    struct nested *nested = context;
    nested->good = call_close(nested->fixture, nested->handle);
}

static void nesting_has_a_limit(void **state) {
    (void)state;
    struct fixture *fixture = with_view(FLT_VIEW_NONE);
    struct nested nested = {fixture, K(9), true};
    for (size_t i = 0; i < FLT_DOOR_DEPTH + 4; i++) {
        struct flt_answer *answer =
            flt_scripted_answer(&fixture->scripted, (uint32_t)STATUS_INVALID_HANDLE);
        answer->during = dive;
        answer->context = &nested;
    }
    assert_true(call_close(fixture, K(9)));
    assert_int_equal(fixture->scripted.calls, FLT_DOOR_DEPTH);
    done(fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_system_passes),
        cmocka_unit_test(the_digest_knows_no_addresses),
        cmocka_unit_test(each_wrong_row_is_named),
        cmocka_unit_test(a_failed_call_changes_nothing),
        cmocka_unit_test(another_table_is_named),
        cmocka_unit_test(totals_alone_are_compared_where_there_is_no_more),
        cmocka_unit_test(long_runs_compare_everything_now_and_then),
        cmocka_unit_test(what_an_exit_leaves_is_named),
        cmocka_unit_test(an_exit_of_system_closes_nothing),
        cmocka_unit_test(totals_after_an_exit_are_compared),
        cmocka_unit_test(what_a_duplication_does_to_its_source_is_named),
        cmocka_unit_test(a_source_of_another_process_is_named),
        cmocka_unit_test(a_handle_that_no_output_shows_is_adopted),
        cmocka_unit_test(the_table_of_a_volume_is_the_kernels),
        cmocka_unit_test(a_wrong_outcome_names_rule_and_allowed_set),
        cmocka_unit_test(an_irp_too_many_is_named),
        cmocka_unit_test(a_withheld_call_is_not_made),
        cmocka_unit_test(a_call_that_the_system_lacks_is_not_made),
        cmocka_unit_test(a_failure_is_asked_of_systems_that_inject),
        cmocka_unit_test(filters_may_be_hidden),
        cmocka_unit_test(a_bug_check_ends_the_run),
        cmocka_unit_test(a_bug_check_that_no_page_allows_is_a_finding),
        cmocka_unit_test(what_must_come_back_is_predicted_again),
        cmocka_unit_test(calls_within_an_open_are_judged),
        cmocka_unit_test(a_bug_check_within_a_call_unwinds_both),
        cmocka_unit_test(nesting_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
