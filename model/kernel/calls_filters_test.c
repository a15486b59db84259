/* Filters and instances: how they come and go, and what opens take notice of. */
#include "calls_test.h"

#define F0 FLT_FILTER_F0
#define F1 FLT_FILTER_F1
#define I0 FLT_INSTANCE_I0
#define I1 FLT_INSTANCE_I1
#define I2 FLT_INSTANCE_I2
#define GONE FLT_FILTER_GONE
#define REGISTERED FLT_FILTER_REGISTERED
#define STARTED FLT_FILTER_STARTED

static void assert_filter(enum flt_filter filter, enum flt_filter_state expected) {
    assert_int_equal(filter_rows().filter[filter], expected);
}

static void assert_attached(enum flt_instance instance, enum flt_filter filter) {
    assert_int_equal(filter_rows().instance[instance].state, FLT_INSTANCE_ATTACHED);
    assert_int_equal(filter_rows().instance[instance].filter, filter);
}

static void assert_tearing_down(enum flt_instance instance, enum flt_filter filter) {
    assert_int_equal(filter_rows().instance[instance].state, FLT_INSTANCE_TEARING_DOWN);
    assert_int_equal(filter_rows().instance[instance].filter, filter);
}

static void assert_detached(enum flt_instance instance) {
    assert_int_equal(filter_rows().instance[instance].state, FLT_INSTANCE_GONE);
    assert_int_equal(filter_rows().instance[instance].filter, FLT_FILTER_NULL);
}

static void assert_start_world(void) {
    assert_filter(FLT_FILTER_NULL, GONE);
    assert_filter(F0, STARTED);
    assert_filter(F1, GONE);
    assert_detached(FLT_INSTANCE_NULL);
    assert_attached(I0, F0);
    assert_detached(I1);
    assert_detached(I2);
}

static NTSTATUS open_file(void) {
    return open_name(FLT_OP_FltCreateFile, "\\a", GENERIC_READ, 0, NULL);
}

/* The filter as that state has it; it is unloaded by nobody. */
static void bring_to(enum flt_filter filter, enum flt_filter_state state) {
    unregister_filter(filter);
    if (state != GONE)
        assert_status(register_filter(filter), STATUS_SUCCESS);
    if (state == STARTED)
        assert_status(start_filtering(filter), STATUS_SUCCESS);
    assert_filter(filter, state);
}

/* ---- registered, started, unregistered --------------------------------------------------------
 */

static void run_starts_with_one_filter_and_one_instance(void **state) {
    (void)state;
    assert_start_world();
}

static void reset_goes_back_to_the_start_world(void **state) {
    (void)state;
    bring_to(F1, STARTED);
    attach_instance(I1, F1);
    attach_instance(I2, F0);
    start_teardown(I0);
    unload_filter(F0, FLT_UNLOAD_MANDATORY);
    unload_filter(F1, FLT_UNLOAD_OPTIONAL);
    start();
    assert_start_world();
    assert_status(open_file(), STATUS_SUCCESS); /* not unloading */
    complete_unload(F0, STATUS_SUCCESS);
    assert_start_world();
    bring_to(F1, STARTED);
    attach_instance(I1, F1);
    assert_attached(I1, F1); /* neither is f1 */
}

static void filter_registers_when_gone(void **state) {
    (void)state;
    static const enum flt_filter filters[] = {F0, F1};
    for (size_t i = 0; i < 2; i++) {
        unregister_filter(filters[i]);
        assert_status(register_filter(filters[i]), STATUS_SUCCESS);
        assert_ptr_equal(w.registered, w.system->world.filter[filters[i]]);
        assert_filter(filters[i], REGISTERED);
    }
    assert_detached(I0); /* the new registration has no instances */
}

static void filter_registers_once(void **state) {
    (void)state;
    static const uint8_t outputs[] = {FLT_CHOICE(failed_outputs, untouched),
                                      FLT_CHOICE(failed_outputs, zero),
                                      FLT_CHOICE(failed_outputs, pattern)};
    for (size_t i = 0; i < 3; i++) {
        w.switches.value[FLT_SWITCH_failed_outputs] = outputs[i];
        start();
        assert_status(register_filter(F0), STATUS_OBJECT_NAME_COLLISION);
        assert_int_equal(number(w.registered), FILL);
        bring_to(F1, REGISTERED);
        assert_status(register_filter(F1), STATUS_OBJECT_NAME_COLLISION);
        assert_int_equal(number(w.registered), FILL);
        assert_filter(F0, STARTED);
        assert_filter(F1, REGISTERED);
        assert_attached(I0, F0);
    }
}

static void filter_registers_with_its_driver(void **state) {
    (void)state;
    assert_status(register_filter(FLT_FILTER_NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(number(w.registered), FILL);
    assert_start_world();
}

static void filter_starts_once(void **state) {
    (void)state;
    assert_status(start_filtering(F1), STATUS_INVALID_PARAMETER);
    assert_status(start_filtering(FLT_FILTER_NULL), STATUS_INVALID_PARAMETER);
    assert_status(start_filtering(F0), STATUS_INVALID_PARAMETER);
    assert_start_world();
    assert_status(register_filter(F1), STATUS_SUCCESS);
    assert_status(start_filtering(F1), STATUS_SUCCESS);
    assert_filter(F1, STARTED);
    assert_status(start_filtering(F1), STATUS_INVALID_PARAMETER);
    assert_filter(F1, STARTED);
}

static void unregistering_takes_the_instances_along(void **state) {
    (void)state;
    bring_to(F1, STARTED);
    attach_instance(I1, F1);
    attach_instance(I2, F0);
    start_teardown(I2);
    unregister_filter(F0);
    assert_filter(F0, GONE);
    assert_detached(I0);
    assert_detached(I2);
    assert_filter(F1, STARTED);
    assert_attached(I1, F1);
    unregister_filter(F1);
    assert_filter(F1, GONE);
    assert_detached(I1);
}

static void unregistering_what_is_gone_changes_nothing(void **state) {
    (void)state;
    unregister_filter(F1);
    unregister_filter(FLT_FILTER_NULL);
    assert_start_world();
}

static void files_outlive_their_filter(void **state) {
    (void)state;
    const HANDLE handle = open_kernel();
    unregister_filter(F0);
    assert_totals(1, 1);
    assert_status(flt_close(handle), STATUS_SUCCESS);
}

static int start_f1(void) {
    return start_filtering(F1);
}

static int register_f1(void) {
    return register_filter(F1);
}

static int unregister_f0(void) {
    return unregister_filter(F0);
}

static void verifier_stops_them_above_apc_level(void **state) {
    (void)state;
    static int (*const calls[])(void) = {register_f1, start_f1, unregister_f0};
    start_with(verifier, on);
    raise_irql(DISPATCH_LEVEL);
    assert_stops(calls[0](), 0xC4, 0, DISPATCH_LEVEL);
    assert_stops(calls[1](), 0xC4, 0, DISPATCH_LEVEL);
    assert_stops(calls[2](), 0xC4, 0, DISPATCH_LEVEL);
    assert_start_world();
    lower_irql(APC_LEVEL);
    for (size_t i = 0; i < 3; i++)
        calls[i]();
    assert_filter(F1, STARTED);
    assert_filter(F0, GONE);
}

/* ---- attached, torn down ----------------------------------------------------------------------
 */

static void instance_attaches_to_a_started_filter(void **state) {
    (void)state;
    attach_instance(I2, F0);
    assert_attached(I2, F0);
    static const enum flt_filter_state refused[] = {GONE, REGISTERED};
    for (size_t i = 0; i < 2; i++) {
        bring_to(F1, refused[i]);
        attach_instance(I1, F1);
        assert_detached(I1);
    }
    assert_status(start_filtering(F1), STATUS_SUCCESS);
    attach_instance(I1, F1);
    assert_attached(I1, F1);
}

static void instance_needs_a_filter_and_the_other_way_round(void **state) {
    (void)state;
    attach_instance(I1, FLT_FILTER_NULL);
    attach_instance(FLT_INSTANCE_NULL, F0);
    attach_instance(FLT_INSTANCE_NULL, FLT_FILTER_NULL);
    assert_start_world();
}

static void instance_attaches_when_gone(void **state) {
    (void)state;
    bring_to(F1, STARTED);
    attach_instance(I0, F1);
    assert_attached(I0, F0);
    start_teardown(I0);
    attach_instance(I0, F1);
    assert_tearing_down(I0, F0);
    complete_teardown(I0);
    attach_instance(I0, F1);
    assert_attached(I0, F1);
}

static void nothing_attaches_to_a_filter_that_unloads(void **state) {
    (void)state;
    static const enum flt_unload kinds[] = {FLT_UNLOAD_OPTIONAL, FLT_UNLOAD_MANDATORY};
    for (size_t i = 0; i < 2; i++) {
        start();
        unload_filter(F0, kinds[i]);
        attach_instance(I1, F0);
        assert_detached(I1);
        bring_to(F1, STARTED);
        attach_instance(I1, F1); /* but to the other */
        assert_attached(I1, F1);
    }
}

static void teardown_has_two_ends(void **state) {
    (void)state;
    complete_teardown(I0); /* not begun */
    assert_attached(I0, F0);
    start_teardown(I0);
    assert_tearing_down(I0, F0);
    start_teardown(I0);
    assert_tearing_down(I0, F0);
    complete_teardown(I0);
    assert_detached(I0);
    complete_teardown(I0);
    start_teardown(I0); /* gone: there is nothing to tear down */
    assert_detached(I0);
    start_teardown(FLT_INSTANCE_NULL);
    complete_teardown(FLT_INSTANCE_NULL);
    assert_detached(FLT_INSTANCE_NULL);
    assert_filter(F0, STARTED);
}

/* ---- unloaded ---------------------------------------------------------------------------------
 */

/* Opens are refused while it unloads. */
static void assert_unloading(enum flt_filter filter, bool expected) {
    w.filter = filter;
    assert_status(open_file(), expected ? STATUS_FLT_DELETING_OBJECT : STATUS_SUCCESS);
    w.filter = F0;
}

static void unload_takes_the_filter(void **state) {
    (void)state;
    static const struct {
        enum flt_unload kind;
        NTSTATUS answer;
        enum flt_filter_state left;
    } rows[] = {{FLT_UNLOAD_OPTIONAL, STATUS_SUCCESS, GONE},
                {FLT_UNLOAD_OPTIONAL, 0x00000103, GONE}, /* any success */
                {FLT_UNLOAD_OPTIONAL, STATUS_FLT_DO_NOT_DETACH, STARTED},
                {FLT_UNLOAD_OPTIONAL, STATUS_UNSUCCESSFUL, STARTED},
                {FLT_UNLOAD_MANDATORY, STATUS_SUCCESS, GONE},
                {FLT_UNLOAD_MANDATORY, STATUS_FLT_DO_NOT_DETACH, GONE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        unload_filter(F0, rows[i].kind);
        start_teardown(I0);
        assert_filter(F0, STARTED); /* until its callback is through */
        assert_unloading(F0, true);
        complete_unload(F0, rows[i].answer);
        assert_filter(F0, rows[i].left);
        assert_unloading(F0, false);
        if (rows[i].left == GONE)
            assert_detached(I0);
        else
            assert_tearing_down(I0, F0); /* that is not taken back */
    }
}

static void unload_is_of_that_filter(void **state) {
    (void)state;
    bring_to(F1, REGISTERED);
    unload_filter(F1, FLT_UNLOAD_OPTIONAL);
    assert_unloading(F0, false);
    assert_unloading(F1, true);
    complete_unload(F0, STATUS_SUCCESS); /* it is not unloading */
    assert_filter(F0, STARTED);
    assert_unloading(F1, true);
    complete_unload(F1, STATUS_SUCCESS);
    assert_filter(F1, GONE);
    assert_filter(F0, STARTED);
    assert_attached(I0, F0);
}

static void what_is_gone_is_not_unloaded(void **state) {
    (void)state;
    unload_filter(F1, FLT_UNLOAD_MANDATORY);
    unload_filter(FLT_FILTER_NULL, FLT_UNLOAD_MANDATORY);
    complete_unload(FLT_FILTER_NULL, STATUS_SUCCESS);
    bring_to(F1, STARTED);
    assert_unloading(F1, false);
    complete_unload(F1, STATUS_SUCCESS);
    assert_filter(F1, STARTED);
}

static void second_unload_does_not_change_the_first(void **state) {
    (void)state;
    unload_filter(F0, FLT_UNLOAD_OPTIONAL);
    unload_filter(F0, FLT_UNLOAD_MANDATORY);
    complete_unload(F0, STATUS_FLT_DO_NOT_DETACH);
    assert_filter(F0, STARTED);
    unload_filter(F0, FLT_UNLOAD_MANDATORY);
    unload_filter(F0, FLT_UNLOAD_OPTIONAL);
    complete_unload(F0, STATUS_FLT_DO_NOT_DETACH);
    assert_filter(F0, GONE);
}

static void unregistering_does_not_end_the_unload(void **state) {
    (void)state;
    unload_filter(F0, FLT_UNLOAD_OPTIONAL);
    unregister_filter(F0);
    assert_unloading(F0, true);
    complete_unload(F0, STATUS_SUCCESS);
    assert_filter(F0, GONE);
    assert_unloading(F0, false);
    /* Nor does an unregistered filter come back by refusing. */
    bring_to(F0, STARTED);
    unload_filter(F0, FLT_UNLOAD_OPTIONAL);
    unregister_filter(F0);
    complete_unload(F0, STATUS_FLT_DO_NOT_DETACH);
    assert_filter(F0, GONE);
    assert_unloading(F0, false);
}

static void registering_does_not_end_the_unload(void **state) {
    (void)state;
    unload_filter(F0, FLT_UNLOAD_OPTIONAL);
    bring_to(F0, STARTED);
    assert_unloading(F0, true);
    attach_instance(I0, F0);
    assert_detached(I0);
    complete_unload(F0, STATUS_SUCCESS);
    assert_filter(F0, GONE); /* the new registration goes too */
}

static void environment_is_at_any_irql(void **state) {
    (void)state;
    start_with(verifier, on);
    raise_irql(HIGH_LEVEL);
    attach_instance(I1, F0);
    start_teardown(I0);
    complete_teardown(I0);
    unload_filter(F0, FLT_UNLOAD_OPTIONAL);
    assert_attached(I1, F0);
    assert_detached(I0);
    complete_unload(F0, STATUS_SUCCESS);
    assert_filter(F0, GONE);
}

/* ---- opens by what goes away ------------------------------------------------------------------
 */

static const enum flt_opcode creates[] = {FLT_OP_FltCreateFile, FLT_OP_FltCreateFileEx,
                                          FLT_OP_FltCreateFileEx2};

/* In a world where f0 unloads, f1 does not, i0 is f0's, i1 is f1's and torn down. */
static void let_some_go(void) {
    start();
    bring_to(F1, STARTED);
    attach_instance(I1, F1);
    start_teardown(I1);
    attach_instance(I2, F1);
    unload_filter(F0, FLT_UNLOAD_OPTIONAL);
}

static NTSTATUS open_for(enum flt_opcode opener, enum flt_filter filter, enum flt_instance instance,
                         const char *name) {
    w.filter = filter;
    w.instance = instance;
    return open_name(opener, name, GENERIC_READ, 0, &w.file);
}

static const struct {
    enum flt_filter filter;
    enum flt_instance instance;
    bool goes;
    NTSTATUS allowed; /* what the open gives when that is looked over */
} pairs[] = {{F0, FLT_INSTANCE_NULL, true, STATUS_SUCCESS},
             {F0, I0, true, STATUS_SUCCESS},
             {F0, I2, true, STATUS_MOUNT_POINT_NOT_RESOLVED}, /* the filter is the one that opens */
             {F1, FLT_INSTANCE_NULL, false, STATUS_SUCCESS},
             {F1, I1, true, STATUS_SUCCESS},
             {F1, I2, false, STATUS_MOUNT_POINT_NOT_RESOLVED}, /* no name is on its volume */
             {F1, I0, false, STATUS_SUCCESS},                  /* not the instance's */
             {FLT_FILTER_NULL, FLT_INSTANCE_NULL, false, STATUS_SUCCESS}};
enum { PAIRS = sizeof pairs / sizeof pairs[0] };

static void opens_of_what_goes_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < PAIRS * 3; i++) {
        const enum flt_opcode opener = creates[i / PAIRS];
        let_some_go();
        const NTSTATUS expected =
            pairs[i % PAIRS].goes ? STATUS_FLT_DELETING_OBJECT : pairs[i % PAIRS].allowed;
        assert_status(open_for(opener, pairs[i % PAIRS].filter, pairs[i % PAIRS].instance, "\\a"),
                      expected);
        if (!NT_SUCCESS(expected))
            assert_no_irps();
        assert_totals(NT_SUCCESS(expected), NT_SUCCESS(expected));
    }
}

static void or_allowed(void **state) {
    (void)state;
    start_with(deleting, allowed);
    for (size_t i = 0; i < PAIRS * 3; i++) {
        let_some_go();
        assert_status(
            open_for(creates[i / PAIRS], pairs[i % PAIRS].filter, pairs[i % PAIRS].instance, "\\a"),
            pairs[i % PAIRS].allowed);
        assert_status(
            open_for(creates[i / PAIRS], pairs[i % PAIRS].filter, pairs[i % PAIRS].instance, "a"),
            STATUS_OBJECT_PATH_SYNTAX_BAD);
    }
}

static void what_goes_is_looked_at_before_the_name(void **state) {
    (void)state;
    start_with(failed_outputs, zero);
    start_with(failed_iosb, written);
    for (size_t i = 0; i < 3; i++) {
        let_some_go();
        assert_status(open_for(creates[i], F0, FLT_INSTANCE_NULL, "a"), STATUS_FLT_DELETING_OBJECT);
        assert_int_equal(number(w.handle), 0);
        assert_int_equal(number(w.file), hands_out_object(creates[i]) ? 0 : FILL);
        assert_status(w.iosb.Status, STATUS_FLT_DELETING_OBJECT);
    }
}

static void other_calls_take_no_notice(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_FltCreateFileEx, OBJ_KERNEL_HANDLE);
    const PFILE_OBJECT file = w.file;
    unload_filter(F0, FLT_UNLOAD_MANDATORY);
    start_teardown(I0);
    for (int i = 0; i < 2; i++) {
        assert_status(flt_read(file), STATUS_SUCCESS);
        assert_status(flt_write(file), STATUS_SUCCESS);
        assert_status(flt_query(file), STATUS_SUCCESS);
        assert_status(zw_close(open_by(FLT_OP_ZwCreateFile, 0)), STATUS_SUCCESS);
        unregister_filter(F0); /* and once more when they are gone */
    }
    assert_status(flt_close(handle), STATUS_SUCCESS);
}

static NTSTATUS open_volume(enum flt_instance instance) {
    fill_open_outputs();
    return w.system->ops->FltOpenVolume(w.system, w.system->world.instance[instance], &w.handle,
                                        &w.file);
}

/* In the world of let_some_go. */
static void assert_volumes(NTSTATUS of_unloading) {
    let_some_go();
    assert_status(open_volume(FLT_INSTANCE_NULL), STATUS_INVALID_PARAMETER);
    assert_status(open_volume(I2), STATUS_INVALID_PARAMETER);
    assert_status(open_volume(I1), STATUS_FLT_DELETING_OBJECT);
    assert_totals(0, 0);
    assert_no_irps();
    assert_status(open_volume(I0), of_unloading);
    assert_int_equal(w.events, NT_SUCCESS(of_unloading));
    complete_teardown(I1);
    attach_instance(I1, F1);
    assert_status(open_volume(I1), STATUS_SUCCESS);
}

static void volume_needs_an_instance_that_stays(void **state) {
    (void)state;
    assert_volumes(STATUS_FLT_DELETING_OBJECT);
    start_with(deleting, allowed);
    assert_volumes(STATUS_SUCCESS);
}

static void network_comes_before_teardown(void **state) {
    (void)state;
    attach_instance(I2, F0);
    start_teardown(I2);
    unload_filter(F0, FLT_UNLOAD_OPTIONAL);
    assert_status(open_volume(I2), STATUS_INVALID_PARAMETER);
}

static void refused_volume_leaves_its_outputs_as_the_switch_says(void **state) {
    (void)state;
    start_with(failed_outputs, pattern);
    start_teardown(I0);
    assert_status(open_volume(I0), STATUS_FLT_DELETING_OBJECT);
    assert_int_equal(number(w.handle), NEVER_VALID);
    assert_int_equal(number(w.file), NEVER_VALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(run_starts_with_one_filter_and_one_instance),
        test(reset_goes_back_to_the_start_world),
        test(filter_registers_when_gone),
        test(filter_registers_once),
        test(filter_registers_with_its_driver),
        test(filter_starts_once),
        test(unregistering_takes_the_instances_along),
        test(unregistering_what_is_gone_changes_nothing),
        test(files_outlive_their_filter),
        test(verifier_stops_them_above_apc_level),
        test(instance_attaches_to_a_started_filter),
        test(instance_needs_a_filter_and_the_other_way_round),
        test(instance_attaches_when_gone),
        test(nothing_attaches_to_a_filter_that_unloads),
        test(teardown_has_two_ends),
        test(unload_takes_the_filter),
        test(unload_is_of_that_filter),
        test(what_is_gone_is_not_unloaded),
        test(second_unload_does_not_change_the_first),
        test(unregistering_does_not_end_the_unload),
        test(registering_does_not_end_the_unload),
        test(environment_is_at_any_irql),
        test(opens_of_what_goes_are_refused),
        test(or_allowed),
        test(what_goes_is_looked_at_before_the_name),
        test(other_calls_take_no_notice),
        test(volume_needs_an_instance_that_stays),
        test(network_comes_before_teardown),
        test(refused_volume_leaves_its_outputs_as_the_switch_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
