#include "opens.h"

#include "faults.h"
#include "handles.h"
#include "outputs.h"

static ULONG flags_of(const struct flt_open *open) {
    return open->attributes ? open->attributes->Attributes : 0;
}

/* The file of that name, by its number in names.def. */
static NTSTATUS find_file(const UNICODE_STRING *name, uint8_t *file) {
    const size_t length = name ? name->Length / sizeof(WCHAR) : 0;
    if (length == 0 || name->Buffer[0] != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    const struct flt_name *row = flt_name_by_units(name->Buffer, length);
    if (!row || row->there != FLT_NAME_FILE)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    *file = row->id;
    return STATUS_SUCCESS;
}

/* An open that ignores sharing is as one that does nothing: neither checked nor counted. */
static struct flt_sharing sharing_of(const struct flt_open *open) {
    if (open->flags & IO_IGNORE_SHARE_ACCESS_CHECK)
        return flt_sharing_of(0, 0);
    return flt_sharing_of(flt_access_granted(open->type, open->access), open->share);
}

static bool is_refused(const struct flt_kernel *kernel, const struct flt_open *open) {
    return (flt_filters_is_unloading(&kernel->filters, open->filter) ||
            flt_filters_is_tearing_down(&kernel->filters, open->instance)) &&
           flt_chosen(&kernel->switches, deleting, refused);
}

/* What is opened, and how. */
struct found_file {
    uint8_t name; /* 0: it is no file of names.def */
    struct flt_sharing sharing;
};

static NTSTATUS check(const struct flt_kernel *kernel, const struct flt_open *open,
                      struct found_file *file) {
    if (is_refused(kernel, open))
        return STATUS_FLT_DELETING_OBJECT;
    if (!open->named)
        return STATUS_SUCCESS;
    const NTSTATUS status =
        find_file(open->attributes ? open->attributes->ObjectName : NULL, &file->name);
    if (!NT_SUCCESS(status))
        return status;
    file->sharing = sharing_of(open);
    return flt_share_access_check(&kernel->objects.share[file->name], &file->sharing);
}

static NTSTATUS make_object(struct flt_kernel *kernel, const struct flt_open *open,
                            const struct found_file *file, struct flt_object **object) {
    const NTSTATUS status = flt_fault_at(kernel, 2);
    if (!NT_SUCCESS(status))
        return status;
    *object = flt_object_new(&kernel->objects, open->type, open->opener);
    if (!*object)
        return STATUS_INSUFFICIENT_RESOURCES;
    (*object)->name = file->name;
    (*object)->sharing = file->sharing;
    return STATUS_SUCCESS;
}

/* Nothing fails here. */
static void hand_out(struct flt_kernel *kernel, const struct flt_open *open, uint8_t table,
                     uint32_t index, struct flt_object *object) {
    const struct flt_handle_entry entry = {.object = object,
                                           .access = flt_access_granted(open->type, open->access),
                                           .flags = flt_handle_flags(flags_of(open)),
                                           .opener = (uint8_t)open->opener};
    *open->handle = flt_handle_make(kernel, table, index, &entry);
    if (open->object) { /* with a reference that is the caller's */
        flt_object_add_reference(object);
        *open->object = (PFILE_OBJECT)(void *)object;
    }
    if (open->iosb)
        *open->iosb = (IO_STATUS_BLOCK){.Status = STATUS_SUCCESS, .Information = FILE_OPENED};
}

static NTSTATUS act(struct flt_kernel *kernel, const struct flt_open *open,
                    const struct found_file *file) {
    const bool is_file = open->type == FLT_TYPE_FILE;
    const enum flt_process process = flt_kernel_process(kernel);
    const uint8_t number = flt_handle_table_for(kernel, flags_of(open));
    struct flt_handle_table *table = &kernel->table[number];

    /* 1. A place in the table, so that no later step can find it full. */
    uint32_t index;
    NTSTATUS status = flt_handle_reserve(kernel, table, &index);
    if (!NT_SUCCESS(status))
        return status;

    /* 2. The object. */
    struct flt_object *object;
    status = make_object(kernel, open, file, &object);
    if (!NT_SUCCESS(status)) {
        flt_handle_table_release(table, index); /* 1 */
        return status;
    }

    /* 3. IRP_MJ_CREATE, for a file. One that fails reaches nobody. */
    status = is_file ? flt_fault_at(kernel, 3) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) {
        flt_object_discard(&kernel->objects, object); /* 2 */
        flt_handle_table_release(table, index);       /* 1 */
        return status;
    }
    flt_object_open(&kernel->objects, object, process);

    /* 4. The handle; 3 for what is no file. */
    status = flt_fault_at(kernel, is_file ? 4 : 3);
    if (!NT_SUCCESS(status)) {
        flt_object_undo_open(&kernel->objects, object, process); /* 3 and 2 */
        flt_handle_table_release(table, index);                  /* 1 */
        return status;
    }
    hand_out(kernel, open, number, index, object);
    return STATUS_SUCCESS;
}

NTSTATUS flt_open_failed(const struct flt_kernel *kernel, const struct flt_open *open,
                         NTSTATUS status) {
    flt_fail_handle(kernel, open->handle);
    flt_fail_file_object(kernel, open->object);
    flt_fail_iosb(kernel, open->iosb, status);
    return status;
}

NTSTATUS flt_open(struct flt_kernel *kernel, const struct flt_open *open) {
    struct found_file file = {0};
    NTSTATUS status = check(kernel, open, &file);
    if (NT_SUCCESS(status))
        status = act(kernel, open, &file);
    return NT_SUCCESS(status) ? status : flt_open_failed(kernel, open, status);
}
