/* Pointers to objects, as callers pass them. */
#ifndef FLT_POINTERS_H
#define FLT_POINTERS_H

#include "state.h"

/* The live object there. A pointer to no object stops the system; one to an object that is gone is
 * read, for the sanitizers to see. */
struct flt_object *flt_pointed_object(struct flt_kernel *kernel, void *pointer);
/* NULL where there is none: for the environment, whose pointers may be anything. */
struct flt_object *flt_live_object(const struct flt_kernel *kernel, void *pointer);

_Noreturn void flt_stop_bad_reference(struct flt_kernel *kernel, const void *type,
                                      const void *object);

#endif
