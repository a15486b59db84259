/* Object types: what a type's generic rights stand for, and whether its objects get IRPs. */
#ifndef FLT_OBJECT_TYPE_H
#define FLT_OBJECT_TYPE_H

#include "../system.h"

struct _OBJECT_TYPE {
    ACCESS_MASK read, write, execute, all; /* GENERIC_x of this type */
    bool gets_irps;
};

/* By enum flt_type. */
extern const OBJECT_TYPE flt_object_types[FLT_TYPE_COUNT];

/* What an open with this access is granted. MAXIMUM_ALLOWED grants everything there is. */
ACCESS_MASK flt_access_granted(enum flt_type type, ACCESS_MASK desired);
/* The same of the server's end of a pipe or mailslot, whose generic rights stand for less. */
ACCESS_MASK flt_access_granted_pipe(ACCESS_MASK desired);
/* What a use with this access needs. MAXIMUM_ALLOWED needs nothing more. */
ACCESS_MASK flt_access_needed(enum flt_type type, ACCESS_MASK desired);

#endif
