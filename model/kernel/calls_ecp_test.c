/* Lists of extra create parameters. */
#include "calls_test.h"

static PECP_LIST make_list(void) {
    assert_status(allocate_list(), STATUS_SUCCESS);
    return w.allocated;
}

static void list_is_an_object_of_its_own(void **state) {
    (void)state;
    const PECP_LIST first = make_list(), second = make_list();
    assert_ptr_not_equal(first, second);
    assert_object(number(first), 0, 1, FLT_TYPE_ECP_LIST, FLT_PHASE_IN_USE);
    assert_object(number(second), 0, 1, FLT_TYPE_ECP_LIST, FLT_PHASE_IN_USE);
    assert_totals(0, 2);
    free_list(first);
    assert_gone(number(first));
    assert_totals(0, 1);
    free_list(second);
    assert_totals(0, 0);
    assert_no_irps();
}

static void creates_leave_the_list_alone(void **state) {
    (void)state;
    static const enum flt_opcode creates[] = {
        FLT_OP_FltCreateFileEx2, FLT_OP_FltCreateNamedPipeFile, FLT_OP_FltCreateMailslotFile};
    w.list = make_list();
    for (size_t i = 0; i < 3; i++) {
        assert_status(open_server(creates[i], NULL), STATUS_SUCCESS);
        assert_status(open_name(creates[i], "a", 0, 0, NULL), STATUS_OBJECT_PATH_SYNTAX_BAD);
        assert_status(told(STATUS_INSUFFICIENT_RESOURCES, 4, open_server(creates[i], NULL)),
                      creates[i] == FLT_OP_FltCreateFileEx2         ? STATUS_INSUFFICIENT_RESOURCES
                      : creates[i] == FLT_OP_FltCreateNamedPipeFile ? STATUS_INSTANCE_NOT_AVAILABLE
                                                                    : STATUS_OBJECT_NAME_COLLISION);
        assert_object(number(w.list), 0, 1, FLT_TYPE_ECP_LIST, FLT_PHASE_IN_USE);
    }
    free_list(w.list);
    assert_totals(3, 3);
}

static void list_is_looked_at(void **state) {
    (void)state;
    w.list = (PECP_LIST)handle_of(NEVER_VALID);
    assert_stops(open_server(FLT_OP_FltCreateFileEx2, NULL), 0x18, 0, NEVER_VALID);
    assert_stops(open_server(FLT_OP_FltCreateMailslotFile, NULL), 0x18, 0, NEVER_VALID);
    assert_status(open_server(FLT_OP_FltCreateFile, NULL), STATUS_SUCCESS); /* takes none */
}

static void lists_do_not_depend_on_filters(void **state) {
    (void)state;
    const PECP_LIST list = make_list();
    unload_filter(FLT_FILTER_F0, FLT_UNLOAD_MANDATORY);
    make_list(); /* no open: going away is nothing to it */
    start_teardown(FLT_INSTANCE_I0);
    complete_teardown(FLT_INSTANCE_I0);
    complete_unload(FLT_FILTER_F0, STATUS_SUCCESS);
    assert_totals(0, 2);
    free_list(list);
    assert_totals(0, 1);
}

static void no_call_but_its_own_frees_a_list(void **state) {
    (void)state;
    const HANDLE handle = open_by(FLT_OP_FltCreateFileEx, 0);
    const PFILE_OBJECT file = w.file;
    assert_stops(free_list((PECP_LIST)(void *)file), 0x18, 0, number(file));
    assert_stops(free_list(NULL), 0x18, 0, 0);
    assert_status(flt_close(handle), STATUS_SUCCESS);
    const PECP_LIST list = make_list();
    assert_status(flt_read((PFILE_OBJECT)(void *)list), STATUS_OBJECT_TYPE_MISMATCH);
    assert_status(set_disposition((PFILE_OBJECT)(void *)list, 1), STATUS_OBJECT_TYPE_MISMATCH);
    assert_object(number(list), 0, 1, FLT_TYPE_ECP_LIST, FLT_PHASE_IN_USE);
}

static void verifier_stops_them_above_apc_level(void **state) {
    (void)state;
    start_with(verifier, on);
    raise_irql(APC_LEVEL);
    const PECP_LIST list = make_list();
    raise_irql(DISPATCH_LEVEL);
    assert_stops(allocate_list(), 0xC4, 0, DISPATCH_LEVEL);
    assert_stops(free_list(list), 0xC4, 0, DISPATCH_LEVEL);
    lower_irql(APC_LEVEL);
    free_list(list);
    assert_totals(0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(list_is_an_object_of_its_own),
        test(creates_leave_the_list_alone),
        test(list_is_looked_at),
        test(lists_do_not_depend_on_filters),
        test(no_call_but_its_own_frees_a_list),
        test(verifier_stops_them_above_apc_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
