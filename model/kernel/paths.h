/* From OBJECT_ATTRIBUTES to a name of names.def: the root directory, names relative to it, file
 * ids, a backslash at the end. */
#ifndef FLT_PATHS_H
#define FLT_PATHS_H

#include "opens.h"

struct flt_path {
    uint8_t name;      /* of names.def; 0: it lists no such name */
    uint8_t directory; /* that the name is in; 0: the volume itself, or one that is not listed */
    uint8_t volume;    /* enum flt_volume */
    bool by_id;
    bool trailing; /* there was a backslash at the end, and the name is what is before it */
};

/* The path that the open names. */
NTSTATUS flt_path_find(struct flt_kernel *kernel, const struct flt_open *open,
                       struct flt_path *path);
/* A given instance must be one of the path's volume. */
NTSTATUS flt_path_check_instance(const struct flt_path *path, enum flt_instance instance);
/* What the path is in must be a directory that stays. */
NTSTATUS flt_path_check_directory(const struct flt_nodes *nodes, const struct flt_path *path);

#endif
