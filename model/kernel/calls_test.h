/* A kernel with a host that records, and short spellings of its calls, for the tests of the calls.
 * Each test starts in the start world under the documented profile. */
#ifndef FLT_CALLS_TEST_H
#define FLT_CALLS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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
    /* What else opens by name are given, where they take it. */
    ULONG disposition, options, file_attributes, share, io_flags;
    HANDLE root;
    PECP_LIST list;
    ULONG pipe_type, pipe_mode, pipe_most;
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
    PECP_LIST allocated;
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
    w.disposition = FILE_OPEN;
    w.options = 0;
    w.file_attributes = FILE_ATTRIBUTE_NORMAL;
    w.share = SHARE_ALL;
    w.io_flags = 0;
    w.root = NULL;
    w.list = NULL;
    w.pipe_type = w.pipe_mode = 0;
    w.pipe_most = 1;
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

/* Of the call of that opcode, which takes an object's name, with what is in w; the outputs are in
 * w.
 */
static inline NTSTATUS create(enum flt_opcode opener, ACCESS_MASK access,
                              POBJECT_ATTRIBUTES attributes, PFILE_OBJECT *file) {
    const struct flt_ops *ops = w.system->ops;
    PFLT_FILTER filter = w.system->world.filter[w.filter];
    PFLT_INSTANCE instance = w.system->world.instance[w.instance];
    IO_DRIVER_CREATE_CONTEXT context = {.Size = (CSHORT)sizeof context,
                                        .ExtraCreateParameter = w.list};
    if (opener == FLT_OP_FltCreateFileEx)
        return ops->FltCreateFileEx(w.system, filter, instance, &w.handle, file, access, attributes,
                                    &w.iosb, NULL, w.file_attributes, w.share, w.disposition,
                                    w.options, NULL, 0, w.io_flags);
    if (opener == FLT_OP_FltCreateFileEx2)
        return ops->FltCreateFileEx2(w.system, filter, instance, &w.handle, file, access,
                                     attributes, &w.iosb, NULL, w.file_attributes, w.share,
                                     w.disposition, w.options, NULL, 0, w.io_flags,
                                     w.list ? &context : NULL);
    if (opener == FLT_OP_FltCreateNamedPipeFile)
        return ops->FltCreateNamedPipeFile(w.system, filter, instance, &w.handle, file, access,
                                           attributes, &w.iosb, w.share, w.disposition, w.options,
                                           w.pipe_type, w.pipe_mode, FILE_PIPE_QUEUE_OPERATION,
                                           w.pipe_most, 0, 0, NULL, w.list ? &context : NULL);
    if (opener == FLT_OP_FltCreateMailslotFile)
        return ops->FltCreateMailslotFile(w.system, filter, instance, &w.handle, file, access,
                                          attributes, &w.iosb, w.options, 0, 0, NULL,
                                          w.list ? &context : NULL);
    if (opener == FLT_OP_PostCreate)
        return ops->PostCreate(w.system, file, access, attributes, &w.iosb, w.file_attributes,
                               w.share, w.disposition, w.options);
    if (opener == FLT_OP_FltCreateFile)
        return ops->FltCreateFile(w.system, filter, instance, &w.handle, access, attributes,
                                  &w.iosb, NULL, w.file_attributes, w.share, w.disposition,
                                  w.options, NULL, 0, w.io_flags);
    return ops->ZwCreateFile(w.system, &w.handle, access, attributes, &w.iosb, NULL,
                             w.file_attributes, w.share, w.disposition, w.options, NULL, 0);
}

/* Opens by name with the call of that opcode; the outputs are in w. The calls that hand out their
 * object do so unless `file` is NULL. FltOpenVolume has neither name, access nor flags. */
static inline NTSTATUS open_name(enum flt_opcode opener, const char *text, ACCESS_MASK access,
                                 ULONG flags, PFILE_OBJECT *file) {
    const struct flt_ops *ops = w.system->ops;
    WCHAR units[64];
    UNICODE_STRING name = {0, sizeof units, units};
    for (; text[name.Length / sizeof(WCHAR)]; name.Length += (USHORT)sizeof(WCHAR))
        units[name.Length / sizeof(WCHAR)] = (WCHAR)text[name.Length / sizeof(WCHAR)];
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, flags, w.root, NULL);
    fill_open_outputs();
    if (opener == FLT_OP_FltOpenVolume)
        return ops->FltOpenVolume(
            w.system, w.system->world.instance[w.instance ? w.instance : FLT_INSTANCE_I0],
            &w.handle, file);
    if (flt_calls[opener].args & 1u << FLT_ARG_path)
        return create(opener, access, &attributes, file);
    attributes.ObjectName = NULL;
    if (opener == FLT_OP_ZwCreateSection)
        return ops->ZwCreateSection(w.system, &w.handle, access, &attributes, NULL, PAGE_READWRITE,
                                    SEC_COMMIT, NULL);
    if (opener == FLT_OP_ZwOpenKey)
        return ops->ZwOpenKey(w.system, &w.handle, access, &attributes);
    return ops->ZwCreateEvent(w.system, &w.handle, access, &attributes, NotificationEvent, FALSE);
}

#define PIPE "\\Device\\NamedPipe\\p"
#define MAILSLOT "\\Device\\Mailslot\\m"

/* A name that the call opens, whatever else it is given. */
static inline const char *name_for(enum flt_opcode opener) {
    if (opener == FLT_OP_FltCreateNamedPipeFile)
        return PIPE;
    return opener == FLT_OP_FltCreateMailslotFile ? MAILSLOT : "\\a";
}

/* One that makes a pipe or mailslot, or another instance of the same pipe. */
static inline NTSTATUS open_server(enum flt_opcode opener, PFILE_OBJECT *file) {
    w.share = FILE_SHARE_READ | FILE_SHARE_WRITE;
    w.disposition = FILE_OPEN_IF;
    return open_name(opener, name_for(opener), GENERIC_READ, 0, file);
}

/* Opens what is there, for reading; with an object where the call has one. */
static inline HANDLE open_by(enum flt_opcode opener, ULONG flags) {
    assert_status(open_name(opener, "\\a", GENERIC_READ, flags, &w.file), STATUS_SUCCESS);
    return w.handle;
}

/* An application's open as far as the post-create callback; the file object is in w.file. */
static inline NTSTATUS post_create(const char *name, ACCESS_MASK access, ULONG disposition,
                                   ULONG options) {
    w.disposition = disposition;
    w.options = options;
    return open_name(FLT_OP_PostCreate, name, access, 0, &w.file);
}

/* By FltCreateFileEx, whose file object is not kept. */
static inline NTSTATUS open_with(const char *name, ACCESS_MASK access, ULONG disposition,
                                 ULONG options) {
    w.disposition = disposition;
    w.options = options;
    return open_name(FLT_OP_FltCreateFileEx, name, access, 0, NULL);
}

/* The same, with the file object in w.file and a reference to it. */
static inline HANDLE open_object(const char *name, ACCESS_MASK access, ULONG options) {
    w.disposition = FILE_OPEN_IF;
    w.options = options;
    assert_status(open_name(FLT_OP_FltCreateFileEx, name, access, 0, &w.file), STATUS_SUCCESS);
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

/* FileDispositionInformationEx with these flags. */
static inline NTSTATUS set_disposition(PFILE_OBJECT file, ULONG flags) {
    FILE_DISPOSITION_INFORMATION_EX information = {flags};
    return w.system->ops->FltSetInformationFile(w.system, w.system->world.instance[1], file,
                                                &information, (ULONG)sizeof information,
                                                FileDispositionInformationEx);
}

static inline int cancel_open(PFILE_OBJECT file) {
    w.system->ops->FltCancelFileOpen(w.system, w.system->world.instance[1], file);
    return 0;
}

static inline void complete_create(PVOID file) {
    w.system->ops->CreateComplete(w.system, file);
}

static inline PVOID take_buffer(void) {
    w.object = handle_of(FILL);
    w.system->ops->TakeReparseBuffer(w.system, &w.object);
    return w.object;
}

static inline int free_pool(PVOID pool) {
    w.system->ops->ExFreePool(w.system, pool);
    return 0;
}

static inline NTSTATUS allocate_list(void) {
    w.allocated = (PECP_LIST)handle_of(FILL);
    return w.system->ops->FltAllocateExtraCreateParameterList(
        w.system, w.system->world.filter[w.filter], 0, &w.allocated);
}

static inline int free_list(PECP_LIST list) {
    w.system->ops->FltFreeExtraCreateParameterList(w.system, w.system->world.filter[w.filter],
                                                   list);
    return 0;
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

/* What the view has under that name of names.def. */
static inline struct flt_name_row row_of(const char *text) {
    const struct flt_view *view = &w.system->view;
    const struct flt_name *name = flt_name_by_text(text, strlen(text));
    assert_non_null(name);
    return view->ops->names(view->self)[name->id];
}

static inline void assert_there(const char *text, enum flt_name_there expected) {
    if (row_of(text).there != expected)
        fail_msg("%s is of kind %d, not %d", text, row_of(text).there, expected);
}

/* All names, for a comparison as memory. */
struct all_names {
    struct flt_name_row row[FLT_NAME_LIMIT];
};

static inline struct all_names all_names(void) {
    struct all_names names;
    memcpy(names.row, w.system->view.ops->names(w.system->view.self), sizeof names.row);
    return names;
}

static inline void assert_names(const struct all_names *expected) {
    const struct all_names now = all_names();
    assert_memory_equal(&now, expected, sizeof now);
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
