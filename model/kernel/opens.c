#include "opens.h"

#include "handles.h"
#include "outputs.h"

static NTSTATUS check_name(const UNICODE_STRING *name) {
    const size_t length = name ? name->Length / sizeof(WCHAR) : 0;
    if (length == 0 || name->Buffer[0] != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    const struct flt_name *row = flt_name_by_units(name->Buffer, length);
    return row && row->there == FLT_NAME_FILE ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS check(const struct flt_open *open) {
    if (!open->named)
        return STATUS_SUCCESS;
    return check_name(open->attributes ? open->attributes->ObjectName : NULL);
}

static NTSTATUS act(struct flt_kernel *kernel, const struct flt_open *open) {
    const ULONG attributes = open->attributes ? open->attributes->Attributes : 0;
    const enum flt_process process = flt_kernel_process(kernel);
    const uint8_t number = flt_handle_table_for(kernel, attributes);
    struct flt_handle_table *table = &kernel->table[number];

    /* 1. A place in the table, so that no later step can find it full. */
    const uint32_t index = flt_handle_table_reserve(table);
    if (!index)
        return STATUS_INSUFFICIENT_RESOURCES;

    /* 2. The object. */
    struct flt_object *object = flt_object_new(&kernel->objects, open->type, open->opener);
    if (!object) {
        flt_handle_table_release(table, index); /* 1 */
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    /* 3. IRP_MJ_CREATE. From here on nothing fails. */
    flt_object_open(&kernel->objects, object, process);

    /* 4. The handle. */
    const struct flt_handle_entry entry = {.object = object,
                                           .access = flt_access_granted(open->type, open->access),
                                           .flags = flt_handle_flags(attributes),
                                           .opener = (uint8_t)open->opener};
    *open->handle = flt_handle_make(kernel, number, index, &entry);

    /* 5. The caller's reference. */
    if (open->object) {
        flt_object_add_reference(object);
        *open->object = (PFILE_OBJECT)(void *)object;
    }
    if (open->iosb)
        *open->iosb = (IO_STATUS_BLOCK){.Status = STATUS_SUCCESS, .Information = FILE_OPENED};
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
    NTSTATUS status = check(open);
    if (NT_SUCCESS(status))
        status = act(kernel, open);
    return NT_SUCCESS(status) ? status : flt_open_failed(kernel, open, status);
}
