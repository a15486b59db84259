#include "creates.h"

#include "create_parameters.h"
#include "paths.h"

#define ATTRIBUTES_ONLY (FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE)
#define CHANGES_DATA (FILE_WRITE_DATA | FILE_APPEND_DATA)

/* An open on its way through the checks. */
struct create {
    const struct flt_nodes *nodes;
    const struct flt_open *open;
    struct flt_path path;
    ULONG disposition, options; /* the caller's, but for a target's directory */
    ULONG existence;            /* of a target whose directory is opened: the Information; else 0 */
    struct flt_target *target;
};

static const struct flt_name_row *row_of(const struct create *create) {
    return flt_nodes_row(create->nodes, create->path.name);
}

/* With generic rights mapped. */
static ACCESS_MASK asked_of(const struct create *create) {
    return flt_access_needed(FLT_TYPE_FILE, create->open->access);
}

static bool opens_if_there(const struct create *create) {
    return create->disposition == FILE_OPEN || create->disposition == FILE_OPEN_IF;
}

/* ---- where the name is ------------------------------------------------------------------------
 */

static NTSTATUS check_volume_of(const struct create *create) {
    const bool changes = create->disposition == FILE_CREATE || flt_replaces(create->disposition) ||
                         create->options & FILE_DELETE_ON_CLOSE;
    return create->path.volume == FLT_VOLUME_W0 && changes ? STATUS_MEDIA_WRITE_PROTECTED
                                                           : STATUS_SUCCESS;
}

static NTSTATUS check_place(const struct create *create) {
    NTSTATUS status = flt_path_check_instance(&create->path, create->open->instance);
    if (!NT_SUCCESS(status))
        return status;
    if (create->path.trailing && create->options & FILE_NON_DIRECTORY_FILE)
        return STATUS_OBJECT_NAME_INVALID;
    status = check_volume_of(create);
    return NT_SUCCESS(status) ? flt_path_check_directory(create->nodes, &create->path) : status;
}

/* IO_OPEN_TARGET_DIRECTORY, as a rename needs it. */
static NTSTATUS aim_at_directory(struct create *create) {
    if (create->path.by_id || create->path.directory == 0)
        return STATUS_INVALID_PARAMETER;
    create->existence =
        row_of(create)->there == FLT_NAME_NOTHING ? FILE_DOES_NOT_EXIST : FILE_EXISTS;
    create->disposition = FILE_OPEN;
    create->options = 0;
    create->path.name = create->path.directory;
    return STATUS_SUCCESS;
}

static NTSTATUS follow_link(struct create *create) {
    const struct flt_name_row *row = row_of(create);
    if (row->there != FLT_NAME_LINK || create->options & FILE_OPEN_REPARSE_POINT)
        return STATUS_SUCCESS;
    if (row->deleting)
        return STATUS_DELETE_PENDING;
    if (create->open->flags & IO_STOP_ON_SYMLINK)
        return STATUS_STOPPED_ON_SYMLINK;
    create->path.name = FLT_NAME_ID_A; /* in the root directory, which is always there */
    return STATUS_SUCCESS;
}

/* ---- what every open of a node asks -----------------------------------------------------------
 */

static NTSTATUS check_reserve(const struct create *create) {
    const bool granted = create->open->access == FILE_READ_ATTRIBUTES &&
                         !(FILE_SHARE_VALID_FLAGS & ~create->open->share) &&
                         flt_nodes_at(create->nodes, create->path.name)->opens == 0;
    return create->options & FILE_RESERVE_OPFILTER && !granted ? STATUS_OPLOCK_NOT_GRANTED
                                                               : STATUS_SUCCESS;
}

/* A read-only file is not written by who takes what is allowed. */
static ACCESS_MASK granted_of(const struct create *create) {
    const ACCESS_MASK granted = flt_access_granted(FLT_TYPE_FILE, create->open->access);
    const struct flt_name_row *row = row_of(create);
    const bool is_file = row->there == FLT_NAME_FILE || row->there == FLT_NAME_LINK;
    return is_file && row->attributes & FILE_ATTRIBUTE_READONLY ? granted & ~CHANGES_DATA : granted;
}

/* An open that ignores sharing is as one that does nothing: neither checked nor counted. */
static bool ignores_sharing(const struct create *create) {
    return create->open->flags & IO_IGNORE_SHARE_ACCESS_CHECK;
}

static void take_access(struct create *create) {
    struct flt_target *target = create->target;
    target->granted = granted_of(create);
    target->file.sharing = ignores_sharing(create)
                               ? flt_sharing_of(0, 0)
                               : flt_sharing_of(target->granted, create->open->share);
}

/* What is replaced is deleted or written: that is looked at here, and not counted. */
static NTSTATUS check_sharing(const struct create *create) {
    struct flt_sharing sharing = create->target->file.sharing;
    if (ignores_sharing(create))
        return STATUS_SUCCESS;
    if (create->disposition == FILE_SUPERSEDE)
        sharing.deletes = true;
    else if (flt_replaces(create->disposition))
        sharing.writes = true;
    return flt_share_access_check(&row_of(create)->share, &sharing);
}

static bool is_for_attributes_alone(const struct create *create) {
    return !(asked_of(create) & ~ATTRIBUTES_ONLY) && !(create->open->access & MAXIMUM_ALLOWED) &&
           !flt_replaces(create->disposition) && !(create->options & FILE_RESERVE_OPFILTER);
}

/* The application that holds the oplock gives it up at once when it is asked to. */
static NTSTATUS check_oplock(const struct create *create) {
    if (!row_of(create)->oplocked)
        return STATUS_SUCCESS;
    if (create->options & FILE_OPEN_REQUIRING_OPLOCK)
        return STATUS_CANNOT_BREAK_OPLOCK;
    if (is_for_attributes_alone(create))
        return STATUS_SUCCESS;
    if (create->options & FILE_COMPLETE_IF_OPLOCKED)
        create->target->status = STATUS_OPLOCK_BREAK_IN_PROGRESS;
    else
        create->target->ends_oplock = true;
    return STATUS_SUCCESS;
}

static NTSTATUS check_others(struct create *create) {
    NTSTATUS status = check_reserve(create);
    if (!NT_SUCCESS(status))
        return status;
    take_access(create);
    status = check_sharing(create);
    return NT_SUCCESS(status) ? check_oplock(create) : status;
}

/* ---- by kind ----------------------------------------------------------------------------------
 */

/* The client's end of a pipe, or of a mailslot. */
static NTSTATUS check_client(const struct create *create) {
    if (create->options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    return opens_if_there(create) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS check_volume(const struct create *create) {
    if (create->options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    if (!opens_if_there(create))
        return STATUS_ACCESS_DENIED;
    return create->options & FILE_DELETE_ON_CLOSE ? STATUS_CANNOT_DELETE : STATUS_SUCCESS;
}

static NTSTATUS check_directory(const struct create *create) {
    const bool is_root = create->path.name == FLT_NAME_ID_ROOT;
    if (create->options & FILE_NON_DIRECTORY_FILE)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (!opens_if_there(create))
        return is_root ? STATUS_ACCESS_DENIED : STATUS_OBJECT_NAME_COLLISION;
    return is_root && create->options & FILE_DELETE_ON_CLOSE ? STATUS_CANNOT_DELETE
                                                             : STATUS_SUCCESS;
}

static NTSTATUS check_attributes(const struct create *create) {
    const ULONG there = row_of(create)->attributes;
    const bool replaces = flt_replaces(create->disposition);
    const ULONG must_be_given = there & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM);
    if (there & FILE_ATTRIBUTE_READONLY) {
        if (replaces || asked_of(create) & CHANGES_DATA)
            return STATUS_ACCESS_DENIED;
        if (create->options & FILE_DELETE_ON_CLOSE)
            return STATUS_CANNOT_DELETE;
    }
    return replaces && must_be_given & ~create->open->file_attributes ? STATUS_ACCESS_DENIED
                                                                      : STATUS_SUCCESS;
}

static NTSTATUS check_file(const struct create *create) {
    if (create->path.trailing)
        return STATUS_OBJECT_NAME_INVALID;
    if (create->disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    return create->options & FILE_DIRECTORY_FILE ? STATUS_NOT_A_DIRECTORY
                                                 : check_attributes(create);
}

static bool is_pipe_kind(uint8_t there) {
    return there == FLT_NAME_PIPE || there == FLT_NAME_MAILSLOT;
}

static NTSTATUS check_kind(const struct create *create) {
    const uint8_t there = row_of(create)->there;
    if (is_pipe_kind(there))
        return check_client(create);
    if (there == FLT_NAME_VOLUME)
        return check_volume(create);
    return there == FLT_NAME_DIRECTORY ? check_directory(create) : check_file(create);
}

/* ---- what is there, and what is not -----------------------------------------------------------
 */

static ULONG information_of(const struct create *create) {
    if (create->existence)
        return create->existence;
    if (create->target->status == STATUS_OPLOCK_BREAK_IN_PROGRESS)
        return FILE_OPBATCH_BREAK_UNDERWAY;
    if (create->disposition == FILE_SUPERSEDE)
        return FILE_SUPERSEDED;
    return flt_replaces(create->disposition) ? FILE_OVERWRITTEN : FILE_OPENED;
}

static NTSTATUS check_existing(struct create *create) {
    const struct flt_name_row *row = row_of(create);
    struct flt_target *target = create->target;
    if (row->deleting)
        return STATUS_DELETE_PENDING;
    NTSTATUS status = check_kind(create);
    if (NT_SUCCESS(status) && !is_pipe_kind(row->there))
        status = check_others(create);
    else
        target->granted = flt_access_granted(FLT_TYPE_FILE, create->open->access);
    target->information = information_of(create);
    target->sets_attributes = flt_replaces(create->disposition);
    target->attributes = create->open->file_attributes;
    if (create->disposition != FILE_SUPERSEDE)
        target->attributes |= row->attributes;
    target->file.delete_on_close =
        create->options & FILE_DELETE_ON_CLOSE && !is_pipe_kind(row->there);
    return status;
}

/* Whether the name may come to stand for something. */
static NTSTATUS check_missing(const struct create *create) {
    const struct flt_name *name = flt_name_by_id(create->path.name);
    if (name && is_pipe_kind(name->there))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (create->disposition == FILE_OPEN || create->disposition == FILE_OVERWRITE)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (create->path.volume == FLT_VOLUME_W0)
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (create->path.trailing && !(create->options & FILE_DIRECTORY_FILE))
        return STATUS_OBJECT_NAME_INVALID;
    if (create->options & FILE_DELETE_ON_CLOSE &&
        create->open->file_attributes & FILE_ATTRIBUTE_READONLY)
        return STATUS_CANNOT_DELETE;
    return name ? check_reserve(create) : STATUS_DISK_FULL;
}

static NTSTATUS check_new(struct create *create) {
    struct flt_target *target = create->target;
    const NTSTATUS status = check_missing(create);
    if (!NT_SUCCESS(status))
        return status;
    take_access(create);
    target->makes = create->options & FILE_DIRECTORY_FILE ? FLT_NAME_DIRECTORY : FLT_NAME_FILE;
    target->attributes = create->open->file_attributes;
    target->information = FILE_CREATED;
    target->file.delete_on_close = create->options & FILE_DELETE_ON_CLOSE;
    return STATUS_SUCCESS;
}

NTSTATUS flt_create_check(struct flt_kernel *kernel, const struct flt_open *open,
                          struct flt_target *target) {
    struct create create = {.nodes = &kernel->objects.nodes,
                            .open = open,
                            .disposition = open->disposition,
                            .options = open->create_options,
                            .target = target};
    NTSTATUS status = flt_create_parameters_check(kernel, open);
    if (NT_SUCCESS(status))
        status = flt_path_find(kernel, open, &create.path);
    if (NT_SUCCESS(status))
        status = check_place(&create);
    if (NT_SUCCESS(status))
        status = open->flags & IO_OPEN_TARGET_DIRECTORY ? aim_at_directory(&create)
                                                        : follow_link(&create);
    if (!NT_SUCCESS(status))
        return status;
    target->file.name = create.path.name;
    return row_of(&create)->there == FLT_NAME_NOTHING ? check_new(&create)
                                                      : check_existing(&create);
}
