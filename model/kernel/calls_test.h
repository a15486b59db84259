/* A kernel with a host that records, and short spellings of its calls, for the tests of the calls.
 * Each test starts in the start world under the documented profile. */
#ifndef FLT_CALLS_TEST_H
#define FLT_CALLS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel.h"

#define FILL UINT64_C(0x1122334455667788)
#define NEVER_VALID UINT64_C(0x5A5A5A5ADEADBEE0)

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static struct {
    struct flt_system *system;
    struct flt_switches switches;
    /* For whom the filter manager's opens are. FltOpenVolume opens i0's volume for want of one. */
    enum flt_filter filter;
    enum flt_instance instance;
    struct flt_event event[64];
    size_t events;
    struct flt_bugcheck bugcheck;
    bool expects_stop;
    jmp_buf unwind;
    /* The outputs of the last call. */
    HANDLE handle;
    PVOID object;
    PFILE_OBJECT file;
    IO_STATUS_BLOCK iosb;
    KIRQL irql;
    PFLT_FILTER registered;
    NTSTATUS told;
} w;

static inline void on_event(void *context, const struct flt_event *event) {
    (void)context;
    assert_in_range(w.events, 0, 63);
    w.event[w.events++] = *event;
}

static inline void on_bugcheck(void *context, const struct flt_bugcheck *bugcheck) {
    (void)context;
    if (!w.expects_stop)
        fail_msg("bug check 0x%x", (unsigned)bugcheck->code);
    w.expects_stop = false;
    w.bugcheck = *bugcheck;
    longjmp(w.unwind, 1);
}

static inline void start(void) {
    w.events = 0;
    w.expects_stop = false;
    w.filter = FLT_FILTER_F0;
    w.instance = FLT_INSTANCE_NULL;
    w.system->fault = (struct flt_fault){0, 0};
    w.system->reset(w.system, &w.switches);
}

static inline int set_up(void **state) {
    (void)state;
    w.system = flt_kernel_new();
    if (!w.system)
        return 1;
    w.system->host = (struct flt_host){NULL, on_event, on_bugcheck};
    flt_switches_from_profile(&w.switches, FLT_PROFILE_documented);
    start();
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    flt_kernel_free(w.system);
    return 0;
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Starts again with one switch set otherwise. */
#define start_with(name, choice)                                                                   \
    (w.switches.value[FLT_SWITCH_##name] = FLT_CHOICE(name, choice), start())

#define assert_status(call, expected) assert_int_equal((uint32_t)(call), (uint32_t)(expected))

/* The call, told to fail at that step with that status. */
#define told(failure, at_step, call)                                                               \
    (w.system->fault = (struct flt_fault){(uint32_t)(failure), (at_step)}, w.told = (call),        \
     w.system->fault = (struct flt_fault){0, 0}, w.told)

/* The call stops the system, with these first two parameters and zeros after them. Not within a
 * loop: compilers fear for its counter across setjmp. */
#define assert_stops(call, stop, p1, p2)                                                           \
    do {                                                                                           \
        w.expects_stop = true;                                                                     \
        if (setjmp(w.unwind) == 0) {                                                               \
            (void)(call);                                                                          \
            fail_msg("%s came back", #call);                                                       \
        }                                                                                          \
        assert_int_equal(w.bugcheck.code, (stop));                                                 \
        assert_int_equal(w.bugcheck.parameter[0], (p1));                                           \
        assert_int_equal(w.bugcheck.parameter[1], (p2));                                           \
        assert_int_equal(w.bugcheck.parameter[2] | w.bugcheck.parameter[3], 0);                    \
    } while (0)

/* ---- calls -------------------------------------------------------------------------------------
 */

static inline uint64_t number(const void *pointer) {
    return (uint64_t)(uintptr_t)pointer;
}

static inline HANDLE handle_of(uint64_t value) {
    return (HANDLE)(uintptr_t)value;
}

static inline void fill_open_outputs(void) {
    w.handle = handle_of(FILL);
    w.file = (PFILE_OBJECT)handle_of(FILL);
    w.iosb.Status = (NTSTATUS)(uint32_t)FILL;
    w.iosb.Information = (ULONG_PTR)FILL;
}

static inline bool hands_out_object(enum flt_opcode opener) {
    return flt_calls[opener].results & 1u << FLT_RESULT_object;
}

/* Opens by name with the call of that opcode; the outputs are in w. The calls that hand out their
 * object do so unless `file` is NULL. FltOpenVolume has neither name, access nor flags. */
static inline NTSTATUS open_name(enum flt_opcode opener, const char *text, ACCESS_MASK access,
                                 ULONG flags, PFILE_OBJECT *file) {
    const struct flt_ops *ops = w.system->ops;
    const struct flt_world *world = &w.system->world;
    PFLT_FILTER filter = world->filter[w.filter];
    PFLT_INSTANCE instance = world->instance[w.instance];
    WCHAR units[16];
    UNICODE_STRING name = {0, sizeof units, units};
    for (; text[name.Length / sizeof(WCHAR)]; name.Length += (USHORT)sizeof(WCHAR))
        units[name.Length / sizeof(WCHAR)] = (WCHAR)text[name.Length / sizeof(WCHAR)];
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, flags, NULL, NULL);
    fill_open_outputs();
    if (opener == FLT_OP_FltCreateFileEx)
        return ops->FltCreateFileEx(w.system, filter, instance, &w.handle, file, access,
                                    &attributes, &w.iosb, NULL, FILE_ATTRIBUTE_NORMAL, SHARE_ALL,
                                    FILE_OPEN, 0, NULL, 0, 0);
    if (opener == FLT_OP_FltCreateFileEx2)
        return ops->FltCreateFileEx2(w.system, filter, instance, &w.handle, file, access,
                                     &attributes, &w.iosb, NULL, FILE_ATTRIBUTE_NORMAL, SHARE_ALL,
                                     FILE_OPEN, 0, NULL, 0, 0, NULL);
    if (opener == FLT_OP_FltOpenVolume)
        return ops->FltOpenVolume(w.system, instance ? instance : world->instance[FLT_INSTANCE_I0],
                                  &w.handle, file);
    if (opener == FLT_OP_FltCreateFile)
        return ops->FltCreateFile(w.system, filter, instance, &w.handle, access, &attributes,
                                  &w.iosb, NULL, FILE_ATTRIBUTE_NORMAL, SHARE_ALL, FILE_OPEN, 0,
                                  NULL, 0, 0);
    if (opener == FLT_OP_ZwCreateFile)
        return ops->ZwCreateFile(w.system, &w.handle, access, &attributes, &w.iosb, NULL,
                                 FILE_ATTRIBUTE_NORMAL, SHARE_ALL, FILE_OPEN, 0, NULL, 0);
    attributes.ObjectName = NULL;
    if (opener == FLT_OP_ZwCreateSection)
        return ops->ZwCreateSection(w.system, &w.handle, access, &attributes, NULL, PAGE_READWRITE,
                                    SEC_COMMIT, NULL);
    if (opener == FLT_OP_ZwOpenKey)
        return ops->ZwOpenKey(w.system, &w.handle, access, &attributes);
    return ops->ZwCreateEvent(w.system, &w.handle, access, &attributes, NotificationEvent, FALSE);
}

/* Opens what is there, for reading; with an object where the call has one. */
static inline HANDLE open_by(enum flt_opcode opener, ULONG flags) {
    assert_status(open_name(opener, "\\a", GENERIC_READ, flags, &w.file), STATUS_SUCCESS);
    return w.handle;
}

static inline HANDLE open_kernel(void) {
    return open_by(FLT_OP_FltCreateFile, OBJ_KERNEL_HANDLE);
}

static inline NTSTATUS flt_close(HANDLE handle) {
    return w.system->ops->FltClose(w.system, handle);
}

static inline NTSTATUS zw_close(HANDLE handle) {
    return w.system->ops->ZwClose(w.system, handle);
}

static inline NTSTATUS nt_close(HANDLE handle) {
    return w.system->ops->NtClose(w.system, handle);
}

static inline NTSTATUS ob_close(HANDLE handle, KPROCESSOR_MODE mode) {
    return w.system->ops->ObCloseHandle(w.system, handle, mode);
}

static inline void set_previous_mode(KPROCESSOR_MODE mode) {
    w.system->ops->SetPreviousMode(w.system, mode);
}

static inline NTSTATUS set_flags(HANDLE handle, BOOLEAN inherit, BOOLEAN protect) {
    OBJECT_HANDLE_FLAG_INFORMATION flags = {inherit, protect};
    return w.system->ops->ZwSetInformationObject(w.system, handle, ObjectHandleFlagInformation,
                                                 &flags, (ULONG)sizeof flags);
}

static inline NTSTATUS duplicate(enum flt_process_handle from, HANDLE source,
                                 enum flt_process_handle to, ACCESS_MASK access, ULONG attributes,
                                 ULONG options) {
    const HANDLE *process = w.system->world.process_handle;
    w.handle = handle_of(FILL);
    return w.system->ops->ZwDuplicateObject(w.system, process[from], source, process[to], &w.handle,
                                            access, attributes, options);
}

static inline NTSTATUS open_pointer_as(PVOID object, ULONG attributes, ACCESS_MASK access,
                                       enum flt_type type, KPROCESSOR_MODE mode) {
    w.handle = handle_of(FILL);
    return w.system->ops->ObOpenObjectByPointer(w.system, object, attributes, NULL, access,
                                                w.system->world.type[type], mode, &w.handle);
}

static inline NTSTATUS open_pointer(PVOID object, ULONG attributes) {
    return open_pointer_as(object, attributes, GENERIC_READ, FLT_TYPE_NONE, KernelMode);
}

static inline NTSTATUS reference_as(HANDLE handle, ACCESS_MASK access, enum flt_type type,
                                    KPROCESSOR_MODE mode) {
    w.object = handle_of(FILL);
    return w.system->ops->ObReferenceObjectByHandle(
        w.system, handle, access, w.system->world.type[type], mode, &w.object, NULL);
}

static inline NTSTATUS reference(HANDLE handle) {
    return reference_as(handle, 0, FLT_TYPE_NONE, KernelMode);
}

static inline NTSTATUS zw_read(HANDLE handle) {
    return w.system->ops->ZwReadFile(w.system, handle, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL);
}

static inline NTSTATUS zw_query(HANDLE handle) {
    return w.system->ops->ZwQueryInformationFile(w.system, handle, NULL, NULL, 0,
                                                 FileStandardInformation);
}

static inline NTSTATUS flt_read(PFILE_OBJECT file) {
    return w.system->ops->FltReadFile(w.system, w.system->world.instance[1], file, NULL, 0, NULL, 0,
                                      NULL, NULL, NULL);
}

static inline NTSTATUS flt_write(PFILE_OBJECT file) {
    return w.system->ops->FltWriteFile(w.system, w.system->world.instance[1], file, NULL, 0, NULL,
                                       0, NULL, NULL, NULL);
}

static inline NTSTATUS flt_query(PFILE_OBJECT file) {
    return w.system->ops->FltQueryInformationFile(w.system, w.system->world.instance[1], file, NULL,
                                                  0, FileStandardInformation, NULL);
}

static inline NTSTATUS register_filter(enum flt_filter filter) {
    w.registered = (PFLT_FILTER)handle_of(FILL);
    return w.system->ops->FltRegisterFilter(w.system, w.system->world.driver[filter], NULL,
                                            &w.registered);
}

static inline NTSTATUS start_filtering(enum flt_filter filter) {
    return w.system->ops->FltStartFiltering(w.system, w.system->world.filter[filter]);
}

static inline int unregister_filter(enum flt_filter filter) {
    w.system->ops->FltUnregisterFilter(w.system, w.system->world.filter[filter]);
    return 0;
}

static inline void attach_instance(enum flt_instance instance, enum flt_filter filter) {
    w.system->ops->AttachInstance(w.system, w.system->world.instance[instance],
                                  w.system->world.filter[filter]);
}

static inline void start_teardown(enum flt_instance instance) {
    w.system->ops->TeardownStart(w.system, w.system->world.instance[instance]);
}

static inline void complete_teardown(enum flt_instance instance) {
    w.system->ops->TeardownComplete(w.system, w.system->world.instance[instance]);
}

static inline void unload_filter(enum flt_filter filter, enum flt_unload kind) {
    w.system->ops->UnloadFilter(w.system, w.system->world.filter[filter], (ULONG)kind);
}

static inline void complete_unload(enum flt_filter filter, NTSTATUS answer) {
    w.system->ops->UnloadComplete(w.system, w.system->world.filter[filter], answer);
}

static inline int dereference(PVOID object) {
    w.system->ops->ObDereferenceObject(w.system, object);
    return 0;
}

static inline int reference_pointer(PVOID object) {
    w.system->ops->ObReferenceObject(w.system, object);
    return 0;
}

static inline int raise_irql(KIRQL irql) {
    w.system->ops->KeRaiseIrql(w.system, irql, &w.irql);
    return 0;
}

static inline int lower_irql(KIRQL irql) {
    w.system->ops->KeLowerIrql(w.system, irql);
    return 0;
}

static inline void run_in(ULONG process) {
    w.system->ops->RunIn(w.system, process);
}

static inline void start_process(ULONG process) {
    w.system->ops->StartProcess(w.system, process);
}

static inline void exit_process(ULONG process) {
    w.system->ops->ExitProcess(w.system, process);
}

static inline int attach(enum flt_process process) {
    w.system->ops->KeStackAttachProcess(w.system, w.system->world.process[process], NULL);
    return 0;
}

static inline int detach(void) {
    w.system->ops->KeUnstackDetachProcess(w.system, NULL);
    return 0;
}

/* ---- what the view shows --------------------------------------------------------------------- */

static inline bool has_handle(uint8_t table, HANDLE handle, struct flt_handle_row *row) {
    const struct flt_view *view = &w.system->view;
    return view->ops->find_handle(view->self, table, number(handle), row);
}

static inline bool has_object(uint64_t token, struct flt_object_row *row) {
    const struct flt_view *view = &w.system->view;
    return view->ops->find_object(view->self, token, row);
}

static inline void assert_totals(uint64_t handles, uint64_t objects) {
    const struct flt_view *view = &w.system->view;
    struct flt_totals totals;
    view->ops->totals(view->self, &totals);
    assert_int_equal(totals.handles, handles);
    assert_int_equal(totals.objects, objects);
}

static inline struct flt_filter_rows filter_rows(void) {
    const struct flt_view *view = &w.system->view;
    struct flt_totals totals;
    view->ops->totals(view->self, &totals);
    assert_true(totals.shows_filters);
    return totals.world;
}

/* The object of a handle that is there. */
static inline uint64_t token_of(uint8_t table, HANDLE handle) {
    struct flt_handle_row row;
    assert_true(has_handle(table, handle, &row));
    return row.token;
}

static inline void assert_object(uint64_t token, uint32_t handles, uint32_t references,
                                 enum flt_type type, enum flt_phase phase) {
    struct flt_object_row row;
    assert_true(has_object(token, &row));
    assert_int_equal(row.token, token);
    assert_int_equal(row.handles, handles);
    assert_int_equal(row.references, references);
    assert_int_equal(row.type, type);
    assert_int_equal(row.phase, phase);
}

static inline void assert_gone(uint64_t token) {
    struct flt_object_row row;
    assert_false(has_object(token, &row));
}

/* The IRPs since the last time, then forgotten; kinds in order. */
static inline void assert_irps(size_t count, const enum flt_event_kind *kinds,
                               enum flt_process process, uint64_t token) {
    assert_int_equal(w.events, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(w.event[i].kind, kinds[i]);
        assert_int_equal(w.event[i].process, process);
        assert_int_equal(w.event[i].token, token);
    }
    w.events = 0;
}

#define IRPS(...)                                                                                  \
    sizeof((enum flt_event_kind[]){__VA_ARGS__}) / sizeof(enum flt_event_kind),                    \
        (enum flt_event_kind[]) {                                                                  \
        __VA_ARGS__                                                                                \
    }

static inline void assert_no_irps(void) {
    assert_int_equal(w.events, 0);
}

#endif
