/* Whether a file may be opened by name, and what becomes of it: every check of FltCreateFile and
 * its kin, in the order in which they decide. */
#ifndef FLT_CREATES_H
#define FLT_CREATES_H

#include "opens.h"

/* A success leaves the rest of the target, which starts as all 0, filled in. */
NTSTATUS flt_create_check(struct flt_kernel *kernel, const struct flt_open *open,
                          struct flt_target *target);

#endif
