/* Which calls a target makes more often than the table says. */
#ifndef FLT_RAISES_H
#define FLT_RAISES_H

#include "../sequence/weights.h"

/* By the target's name; an empty list for a target that raises nothing. Never NULL. */
const struct flt_raise *flt_raises_of(const char *target);

#endif
