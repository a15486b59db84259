/* What an open that stops on a link leaves its caller: objects in the pool, with the caller's
 * reference and no handle. What is in them does not matter here. */
#ifndef FLT_REPARSE_BUFFERS_H
#define FLT_REPARSE_BUFFERS_H

#include "state.h"

/* With the caller's reference, and the one to be taken next. NULL when memory is short. */
struct flt_object *flt_reparse_buffer_new(struct flt_kernel *kernel, enum flt_opcode opener);
/* NULL: there is none. */
struct flt_object *flt_reparse_buffer_take(struct flt_kernel *kernel);
/* Also one that was not taken: code that has IoStatusBlock itself needs no taking. */
void flt_reparse_buffer_free(struct flt_kernel *kernel, struct flt_object *buffer);

#endif
