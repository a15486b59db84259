/* Marking a file for deletion by FltSetInformationFile, and taking the mark away. */
#ifndef FLT_DELETION_H
#define FLT_DELETION_H

#include "nodes.h"

/* FILE_DISPOSITION_ flags on a file object that has a handle: whether they may be set, and setting
 * them. */
NTSTATUS flt_deletion_check(const struct flt_nodes *nodes, const struct flt_file *file,
                            ULONG flags);
void flt_deletion_set(struct flt_nodes *nodes, struct flt_file *file, ULONG flags);

#endif
