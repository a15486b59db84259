/* Whether a pipe's instance or a mailslot may be made, and what becomes of it. Their clients open
 * them as files (creates.h). */
#ifndef FLT_PIPES_H
#define FLT_PIPES_H

#include "opens.h"

/* As flt_create_check. */
NTSTATUS flt_pipe_check(struct flt_kernel *kernel, const struct flt_open *open,
                        struct flt_target *target);
NTSTATUS flt_mailslot_check(struct flt_kernel *kernel, const struct flt_open *open,
                            struct flt_target *target);

#endif
