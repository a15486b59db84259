#include "deletion.h"

/* FILE_DISPOSITION_ON_CLOSE is for who opened the file to be deleted, which is another matter. */
#define KNOWN_FLAGS                                                                                \
    (FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS |                                  \
     FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK | FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE)

/* Whether the node may be marked. */
static NTSTATUS check_mark(const struct flt_nodes *nodes, uint8_t name, ULONG flags) {
    const struct flt_name_row *row = flt_nodes_row(nodes, name);
    const bool is_kept = row->attributes & FILE_ATTRIBUTE_READONLY &&
                         !(flags & FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE);
    if (flt_name_by_id(name)->volume == FLT_VOLUME_W0)
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (name == FLT_NAME_ID_ROOT || is_kept)
        return STATUS_CANNOT_DELETE;
    return row->there == FLT_NAME_DIRECTORY && flt_nodes_has_names_in(nodes, name)
               ? STATUS_DIRECTORY_NOT_EMPTY
               : STATUS_SUCCESS;
}

NTSTATUS flt_deletion_check(const struct flt_nodes *nodes, const struct flt_file *file,
                            ULONG flags) {
    if (flags & ~KNOWN_FLAGS || file->kind == FLT_NAME_VOLUME || file->kind == FLT_NAME_PIPE ||
        file->kind == FLT_NAME_MAILSLOT)
        return STATUS_INVALID_PARAMETER;
    if (!flt_nodes_has(nodes, file))
        return STATUS_FILE_DELETED;
    return flags & FILE_DISPOSITION_DELETE ? check_mark(nodes, file->name, flags) : STATUS_SUCCESS;
}

void flt_deletion_set(struct flt_nodes *nodes, struct flt_file *file, ULONG flags) {
    if (flags & FILE_DISPOSITION_DELETE)
        flt_nodes_mark(nodes, file, flags & FILE_DISPOSITION_POSIX_SEMANTICS);
    else
        flt_nodes_unmark(nodes, file);
}
