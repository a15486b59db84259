#include "opens.h"

#include "creates.h"
#include "faults.h"
#include "handles.h"
#include "outputs.h"
#include "pipes.h"
#include "pointers.h"
#include "reparse_buffers.h"

static ULONG flags_of(const struct flt_open *open) {
    return open->attributes ? open->attributes->Attributes : 0;
}

static bool is_refused(const struct flt_kernel *kernel, const struct flt_open *open) {
    return (flt_filters_is_unloading(&kernel->filters, open->filter) ||
            flt_filters_is_tearing_down(&kernel->filters, open->instance)) &&
           flt_chosen(&kernel->switches, deleting, refused);
}

static NTSTATUS check(struct flt_kernel *kernel, const struct flt_open *open,
                      struct flt_target *target) {
    if (is_refused(kernel, open))
        return STATUS_FLT_DELETING_OBJECT;
    switch (open->creates) {
    case FLT_CREATES_FILE:
        return flt_create_check(kernel, open, target);
    case FLT_CREATES_PIPE:
        return flt_pipe_check(kernel, open, target);
    case FLT_CREATES_MAILSLOT:
        return flt_mailslot_check(kernel, open, target);
    case FLT_CREATES_NOTHING:
        break;
    }
    target->file.name = open->type == FLT_TYPE_FILE ? FLT_NAME_ID_C : 0; /* FltOpenVolume's */
    target->granted = flt_access_granted(open->type, open->access);
    return STATUS_SUCCESS;
}

static NTSTATUS make_object(struct flt_kernel *kernel, const struct flt_open *open,
                            const struct flt_target *target, uint32_t step,
                            struct flt_object **object) {
    const NTSTATUS status = flt_fault_at(kernel, step);
    if (!NT_SUCCESS(status))
        return status;
    *object = flt_object_new(&kernel->objects, open->type, open->opener);
    if (!*object)
        return STATUS_INSUFFICIENT_RESOURCES;
    (*object)->file = target->file;
    return STATUS_SUCCESS;
}

/* What the file system makes of the open. Nothing of it is taken back: an open that fails later is
 * closed again, and that is all. */
static void change_node(struct flt_nodes *nodes, const struct flt_target *target) {
    const uint8_t name = target->file.name;
    if (target->makes != FLT_NAME_NOTHING) {
        flt_nodes_make(nodes, name, (enum flt_name_there)target->makes, target->attributes);
        flt_nodes_set_pipe(nodes, name, &target->pipe);
    } else if (target->sets_attributes) {
        flt_nodes_set_attributes(nodes, name, target->attributes);
    }
    if (target->ends_oplock)
        flt_nodes_end_oplock(nodes, name);
}

/* IRP_MJ_CREATE, for a file: the file system acts. One that fails reaches nobody. */
static NTSTATUS open_object(struct flt_kernel *kernel, const struct flt_open *open,
                            const struct flt_target *target, uint32_t step,
                            struct flt_object *object) {
    const NTSTATUS status =
        open->type == FLT_TYPE_FILE ? flt_fault_at(kernel, step) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) {
        flt_object_discard(&kernel->objects, object);
        return status;
    }
    change_node(&kernel->objects.nodes, target);
    flt_object_open(&kernel->objects, object, flt_kernel_process(kernel));
    return status;
}

static void say_what_was_done(const struct flt_open *open, const struct flt_target *target) {
    if (open->iosb)
        *open->iosb =
            (IO_STATUS_BLOCK){.Status = target->status, .Information = target->information};
}

/* Nothing fails here. */
static void hand_out(struct flt_kernel *kernel, const struct flt_open *open,
                     const struct flt_target *target, uint8_t table, uint32_t index,
                     struct flt_object *object) {
    const struct flt_handle_entry entry = {.object = object,
                                           .access = target->granted,
                                           .flags = flt_handle_flags(flags_of(open)),
                                           .opener = (uint8_t)open->opener};
    *open->handle = flt_handle_make(kernel, table, index, &entry);
    if (open->object) { /* with a reference that is the caller's */
        flt_object_add_reference(object);
        *open->object = (PFILE_OBJECT)(void *)object;
    }
    say_what_was_done(open, target);
}

static NTSTATUS act(struct flt_kernel *kernel, const struct flt_open *open,
                    const struct flt_target *target) {
    const uint8_t number = flt_handle_table_for(kernel, flags_of(open));
    struct flt_handle_table *table = &kernel->table[number];

    /* 1. A place in the table, so that no later step can find it full. */
    uint32_t index;
    NTSTATUS status = flt_handle_reserve(kernel, table, &index);
    if (!NT_SUCCESS(status))
        return status;

    /* 2. The object. */
    struct flt_object *object;
    status = make_object(kernel, open, target, 2, &object);
    if (!NT_SUCCESS(status)) {
        flt_handle_table_release(table, index); /* 1 */
        return status;
    }

    /* 3. IRP_MJ_CREATE. */
    status = open_object(kernel, open, target, 3, object); /* and 2, when it fails */
    if (!NT_SUCCESS(status)) {
        flt_handle_table_release(table, index); /* 1 */
        return status;
    }

    /* 4. The handle; 3 for what is no file. */
    status = flt_fault_at(kernel, open->type == FLT_TYPE_FILE ? 4 : 3);
    if (!NT_SUCCESS(status)) {
        flt_object_undo_open(&kernel->objects, object, flt_kernel_process(kernel)); /* 3 and 2 */
        flt_handle_table_release(table, index);                                     /* 1 */
        return status;
    }
    hand_out(kernel, open, target, number, index, object);
    return target->status;
}

static NTSTATUS begin(struct flt_kernel *kernel, const struct flt_open *open,
                      const struct flt_target *target) {
    struct flt_object *object;
    NTSTATUS status = flt_fault_at(kernel, 0);
    if (!NT_SUCCESS(status))
        return status;

    /* 1. The object. */
    status = make_object(kernel, open, target, 1, &object);
    if (!NT_SUCCESS(status))
        return status;

    /* 2. IRP_MJ_CREATE. */
    status = open_object(kernel, open, target, 2, object); /* and 1, when it fails */
    if (!NT_SUCCESS(status))
        return status;
    flt_object_begin_create(object);
    *open->object = (PFILE_OBJECT)(void *)object;
    say_what_was_done(open, target);
    return target->status;
}

NTSTATUS flt_open_failed(const struct flt_kernel *kernel, const struct flt_open *open,
                         NTSTATUS status) {
    flt_fail_handle(kernel, open->handle);
    flt_fail_file_object(kernel, open->object);
    flt_fail_iosb(kernel, open->iosb, status);
    return status;
}

/* The list of extra create parameters is read, for the sanitizers to see one that is gone, and left
 * to the caller. */
static void look_at_list(struct flt_kernel *kernel, const IO_DRIVER_CREATE_CONTEXT *context) {
    if (context && context->ExtraCreateParameter)
        (void)flt_pointed_object(kernel, context->ExtraCreateParameter);
}

/* What the link says is the caller's to free, where there is memory for it. */
static NTSTATUS stop_on_link(struct flt_kernel *kernel, const struct flt_open *open) {
    const struct flt_object *buffer = flt_reparse_buffer_new(kernel, open->opener);
    const NTSTATUS status = buffer ? STATUS_STOPPED_ON_SYMLINK : STATUS_INSUFFICIENT_RESOURCES;
    flt_open_failed(kernel, open, status);
    if (buffer)
        *open->iosb = (IO_STATUS_BLOCK){.Status = status, .Information = (ULONG_PTR)buffer};
    return status;
}

NTSTATUS flt_open(struct flt_kernel *kernel, const struct flt_open *open) {
    struct flt_target target = {0};
    look_at_list(kernel, open->context);
    NTSTATUS status = check(kernel, open, &target);
    if (status == STATUS_STOPPED_ON_SYMLINK)
        return stop_on_link(kernel, open);
    if (NT_SUCCESS(status))
        status = act(kernel, open, &target);
    return NT_SUCCESS(status) ? status : flt_open_failed(kernel, open, status);
}

NTSTATUS flt_open_begin(struct flt_kernel *kernel, const struct flt_open *open) {
    struct flt_target target = {0};
    NTSTATUS status = check(kernel, open, &target);
    if (NT_SUCCESS(status))
        status = begin(kernel, open, &target);
    return NT_SUCCESS(status) ? status : flt_open_failed(kernel, open, status);
}
