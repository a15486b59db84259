#include "paths.h"

#include <string.h>

#include "handles.h"

/* A name as the caller spells it, and the directory that it is relative to: NULL for a whole path.
 */
struct spelled {
    const struct flt_name *root;
    const WCHAR *units;
    size_t length;
};

/* As long as the longest name. */
union longest {
#define NAME(id, text, there, volume, parent, attributes) WCHAR name_##id[sizeof(text)];
#include "../names.def"
};
enum { LONGEST = sizeof(union longest) / sizeof(WCHAR) };

/* Of a whole path; 0 when names.def does not list it. Its other rows are spelled like paths, but
 * nothing can stand there. */
static uint8_t listed(const WCHAR *units, size_t length) {
    const struct flt_name *row = flt_name_by_units(units, length);
    return row && row->there != FLT_NAME_ID && row->there != FLT_NAME_BAD ? row->id : 0;
}

FLT_APART uint8_t listed_in(const struct flt_name *root, const WCHAR *units, size_t length) {
    WCHAR whole[LONGEST];
    size_t start = root->id == FLT_NAME_ID_ROOT ? 0 : root->length; /* of the backslash between */
    if (start + 1 + length > LONGEST)
        return 0;
    memcpy(whole, root->units, start * sizeof *whole);
    whole[start++] = '\\';
    memcpy(&whole[start], units, length * sizeof *whole);
    return listed(whole, start + length);
}

/* The name that the first so many units stand for. */
static uint8_t name_of(const struct spelled *name, size_t length) {
    if (!name->root)
        return listed(name->units, length);
    return length == 0 ? name->root->id : listed_in(name->root, name->units, length);
}

/* Of a name that is not listed: what stands before its last backslash. */
static uint8_t directory_of(const struct spelled *name) {
    size_t length = name->length;
    while (length > 0 && name->units[length - 1] != '\\')
        length--;
    if (length == 1) /* a whole path's first unit: relative names do not begin with one */
        return FLT_NAME_ID_ROOT;
    return name_of(name, length == 0 ? 0 : length - 1);
}

static void use_row(struct flt_path *path, uint8_t id) {
    const struct flt_name *row = flt_name_by_id(id);
    path->name = id;
    path->directory = row->parent;
    path->volume = row->volume;
}

static void look_up(const struct spelled *name, struct flt_path *path) {
    const uint8_t id = name_of(name, name->length);
    if (id != 0) {
        use_row(path, id);
        return;
    }
    path->directory = directory_of(name);
    path->volume = FLT_VOLUME_V0;
}

/* The volume knows a file by its id while it has the name that it had at the start. */
static NTSTATUS find_by_id(const struct flt_nodes *nodes, const struct flt_file *root,
                           const struct spelled *id, struct flt_path *path) {
    enum { ID_LENGTH = 4 }; /* eight bytes */
    if (id->length != ID_LENGTH || flt_name_by_id(root->name)->volume != FLT_VOLUME_V0)
        return STATUS_INVALID_PARAMETER;
    const struct flt_name *row = flt_name_by_units(id->units, id->length);
    if (!row || row->there != FLT_NAME_ID || !flt_nodes_at(nodes, row->parent)->is_original)
        return STATUS_INVALID_PARAMETER;
    path->by_id = true;
    use_row(path, row->parent);
    return STATUS_SUCCESS;
}

static NTSTATUS check_root(const struct flt_nodes *nodes, const struct flt_file *root) {
    if (root->kind != FLT_NAME_DIRECTORY)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (!flt_nodes_has(nodes, root) || flt_nodes_row(nodes, root->name)->deleting)
        return STATUS_DELETE_PENDING;
    return STATUS_SUCCESS;
}

/* A backslash alone is the root directory; no relative name is spelled so. */
static void cut_trailing(struct spelled *name, struct flt_path *path) {
    if (name->length < 2 || name->units[name->length - 1] != '\\')
        return;
    name->length--;
    path->trailing = true;
}

FLT_APART NTSTATUS resolve_root(struct flt_kernel *kernel, HANDLE handle,
                                const struct flt_file **root) {
    struct flt_found found;
    if (!flt_handle_resolve(kernel, handle, KernelMode, &found))
        return STATUS_INVALID_HANDLE;
    if (found.entry->object->type != FLT_TYPE_FILE)
        return STATUS_OBJECT_TYPE_MISMATCH;
    *root = &found.entry->object->file;
    return STATUS_SUCCESS;
}

static NTSTATUS find_root(struct flt_kernel *kernel, HANDLE handle, const struct flt_file **root) {
    *root = NULL;
    return handle ? resolve_root(kernel, handle, root) : STATUS_SUCCESS;
}

/* Whether a spelling will do, and in that directory. */
static NTSTATUS check_spelling(const struct flt_nodes *nodes, const struct flt_file *root,
                               const struct spelled *name) {
    const bool whole = name->length > 0 && name->units[0] == '\\';
    if (!root)
        return whole ? STATUS_SUCCESS : STATUS_OBJECT_PATH_SYNTAX_BAD;
    return whole ? STATUS_OBJECT_NAME_INVALID : check_root(nodes, root);
}

static NTSTATUS find_by_name(const struct flt_nodes *nodes, const struct flt_file *root,
                             const struct flt_open *open, struct spelled *name,
                             struct flt_path *path) {
    const NTSTATUS status = check_spelling(nodes, root, name);
    if (!NT_SUCCESS(status))
        return status;
    name->root = root ? flt_name_by_id(root->name) : NULL;
    if (open->creates == FLT_CREATES_FILE)
        cut_trailing(name, path);
    look_up(name, path);
    return STATUS_SUCCESS;
}

NTSTATUS flt_path_find(struct flt_kernel *kernel, const struct flt_open *open,
                       struct flt_path *path) {
    const struct flt_nodes *nodes = &kernel->objects.nodes;
    const OBJECT_ATTRIBUTES *attributes = open->attributes;
    const UNICODE_STRING *text = attributes ? attributes->ObjectName : NULL;
    struct spelled name = {.units = text ? text->Buffer : NULL,
                           .length = text ? text->Length / sizeof(WCHAR) : 0};
    const struct flt_file *root;
    *path = (struct flt_path){0};
    const NTSTATUS status = find_root(kernel, attributes ? attributes->RootDirectory : NULL, &root);
    if (!NT_SUCCESS(status))
        return status;
    if (root && open->create_options & FILE_OPEN_BY_FILE_ID)
        return find_by_id(nodes, root, &name, path);
    return find_by_name(nodes, root, open, &name, path);
}

NTSTATUS flt_path_check_instance(const struct flt_path *path, enum flt_instance instance) {
    const bool is_there = instance == FLT_INSTANCE_NULL ||
                          (path->volume == FLT_VOLUME_V0 && !flt_is_on_network(instance));
    return is_there ? STATUS_SUCCESS : STATUS_MOUNT_POINT_NOT_RESOLVED;
}

NTSTATUS flt_path_check_directory(const struct flt_nodes *nodes, const struct flt_path *path) {
    if (path->directory == 0) /* a volume's own is always there, one that is not listed never */
        return path->name != 0 ? STATUS_SUCCESS : STATUS_OBJECT_PATH_NOT_FOUND;
    const struct flt_name_row *row = flt_nodes_row(nodes, path->directory);
    if (row->there != FLT_NAME_DIRECTORY)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    return row->deleting ? STATUS_DELETE_PENDING : STATUS_SUCCESS;
}
