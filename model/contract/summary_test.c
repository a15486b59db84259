/* The summary says what the calls made of the thread, the processes and the filters. */
#include "contract_script.h"
#include "summary.h"

static struct flt_summary after(const char *text) {
    struct script script;
    struct flt_summary summary;
    struct flt_contract *contract = flt_contract_new();
    assert_non_null(contract);
    script_run(&script, contract, "documented", text);
    assert_int_equal(script.violation.rule, FLT_RULE_NONE);
    flt_contract_summary(contract, &summary);
    flt_contract_free(contract);
    return summary;
}

static void the_start(void **state) {
    (void)state;
    const struct flt_summary summary = after("KeRaiseIrql irql=0");
    const struct flt_thread_summary *thread = &summary.thread[0];
    assert_int_equal(thread->process, FLT_PROCESS_P1);
    assert_int_equal(thread->irql + thread->attached + thread->user_mode + thread->has_irp, 0);
    assert_int_equal(thread->critical + thread->guarded, 0);
    assert_false(summary.exited[FLT_PROCESS_P2] || summary.unloading[FLT_FILTER_F0]);
}

static void the_thread(void **state) {
    (void)state;
    assert_int_equal(after("KeRaiseIrql irql=1").thread[0].irql, 1);
    assert_int_equal(after("KeEnterCriticalRegion; KeEnterCriticalRegion").thread[0].critical, 2);
    assert_int_equal(after("KeEnterGuardedRegion").thread[0].guarded, 1);
    assert_int_equal(after("KeStackAttachProcess process=2").thread[0].attached, 1);
    assert_true(after("SetPreviousMode mode=1").thread[0].user_mode);
    assert_true(after("IoSetTopLevelIrp irp=1 !no-top-level-irp").thread[0].has_irp);
    assert_int_equal(after("RunIn process=2").thread[0].process, FLT_PROCESS_P2);
}

static void the_processes_and_filters(void **state) {
    (void)state;
    assert_true(after("ExitProcess process=2").exited[FLT_PROCESS_P2]);
    assert_false(after("ExitProcess process=2; StartProcess process=2").exited[FLT_PROCESS_P2]);
    assert_true(after("UnloadFilter filter=1").unloading[FLT_FILTER_F0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_start),
        cmocka_unit_test(the_thread),
        cmocka_unit_test(the_processes_and_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
