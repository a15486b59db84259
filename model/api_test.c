/* The WDK's names, as a driver calls them: through the door, with the kernel behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api.h"
#include "kernel/kernel.h"

static struct flt_system *kernel;
static struct flt_door *door;

static int start(void **state) {
    (void)state;
    struct flt_switches switches;
    flt_switches_from_profile(&switches, FLT_PROFILE_documented);
    kernel = flt_kernel_new();
    door = kernel ? flt_door_new(kernel) : NULL;
    if (!door)
        return -1;
    flt_door_open(door, &switches, &switches);
    flt_api_use(door);
    return 0;
}

static int stop(void **state) {
    (void)state;
    flt_api_use(NULL);
    flt_door_free(door);
    flt_kernel_free(kernel);
    return 0;
}

static NTSTATUS open_by_name(const WCHAR *name, USHORT bytes, PHANDLE handle, PFILE_OBJECT *object,
                             PIO_STATUS_BLOCK iosb) {
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING string = {bytes, bytes, (PWSTR)(uintptr_t)name};
    InitializeObjectAttributes(&attributes, &string, OBJ_KERNEL_HANDLE, NULL, NULL);
    return FltCreateFileEx(kernel->world.filter[1], NULL, handle, object, FILE_GENERIC_READ,
                           &attributes, iosb, NULL, FILE_ATTRIBUTE_NORMAL,
                           FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OPEN, 0,
                           NULL, 0, 0);
}

static const WCHAR there[] = {'\\', 'a'};
static const WCHAR missing[] = {'\\', 'm', 'i', 's', 's', 'i', 'n', 'g'};

static void the_life_of_a_handle(void **state) {
    (void)state;
    HANDLE handle = NULL;
    PFILE_OBJECT object = NULL;
    PVOID again = NULL;
    IO_STATUS_BLOCK iosb = {0};
    assert_int_equal(open_by_name(there, sizeof there, &handle, &object, &iosb), STATUS_SUCCESS);
    assert_non_null(object);
    assert_int_equal(iosb.Information, FILE_OPENED);
    assert_int_equal(ObReferenceObjectByHandle(handle, FILE_READ_DATA,
                                               kernel->world.type[FLT_TYPE_FILE], KernelMode,
                                               &again, NULL),
                     STATUS_SUCCESS);
    assert_ptr_equal(again, object);
    ObDereferenceObject(again);
    assert_int_equal(FltClose(handle), STATUS_SUCCESS);
    ObDereferenceObject(object);
    assert_int_equal(FltClose(handle), STATUS_INVALID_HANDLE);
    size_t breaches;
    const enum flt_rule *breach = flt_door_breaches(door, &breaches);
    assert_int_equal(breaches, 1);
    assert_int_equal(breach[0],
                     FLT_RULE_close_once); /* seen without a slot: the value is retired */
    assert_true(flt_door_end_of_run(door));
}

static void a_failed_open_leaves_the_outputs(void **state) {
    (void)state;
    HANDLE handle = (HANDLE)(uintptr_t)0x77;
    PFILE_OBJECT object = NULL;
    IO_STATUS_BLOCK iosb = {.Information = 5};
    assert_int_equal(open_by_name(missing, sizeof missing, &handle, &object, &iosb),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal((uintptr_t)handle, 0x77);
    assert_null(object);
    assert_int_equal(iosb.Information, 5);
}

static void a_withheld_call_changes_nothing(void **state) {
    (void)state;
    ObDereferenceObject(NULL);
    assert_int_equal(flt_door_counts(door)->withheld, 1);
    assert_int_equal(open_by_name(there, sizeof there, NULL, NULL, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(flt_door_counts(door)->withheld, 2);
}

static void irql_comes_back(void **state) {
    (void)state;
    KIRQL old = 9;
    KeRaiseIrql(APC_LEVEL, &old);
    assert_int_equal(old, PASSIVE_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    assert_int_equal(old, APC_LEVEL);
    KeLowerIrql(PASSIVE_LEVEL);
}

static void without_a_door_nothing_happens(void **state) {
    (void)state;
    flt_api_use(NULL);
    assert_int_equal(FltClose((HANDLE)(uintptr_t)4), STATUS_UNSUCCESSFUL);
    assert_int_equal(flt_door_counts(door)->calls, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_life_of_a_handle, start, stop),
        cmocka_unit_test_setup_teardown(a_failed_open_leaves_the_outputs, start, stop),
        cmocka_unit_test_setup_teardown(a_withheld_call_changes_nothing, start, stop),
        cmocka_unit_test_setup_teardown(irql_comes_back, start, stop),
        cmocka_unit_test_setup_teardown(without_a_door_nothing_happens, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
