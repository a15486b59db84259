/* What a caller has in hand: the values by which its further calls can name handles and objects. It
 * is what makes a state the same as another one "up to renaming": a value that nobody has in hand
 * has no name. */
#ifndef FLT_VARIABLES_H
#define FLT_VARIABLES_H

#include "call.h"

enum { FLT_VARIABLE_LIMIT = 96 }; /* of each kind: slots, and raw values */

struct flt_variable {
    uint64_t value;
    int8_t slot; /* FLT_NO_SLOT: the caller knows the value by itself, as 0x4 in FltClose(0x4) */
};

struct flt_variables {
    uint32_t handles, objects;
    struct flt_variable handle[FLT_VARIABLE_LIMIT], object[FLT_VARIABLE_LIMIT];
};

/* The first variable that holds the same value: its name. */
static inline uint32_t flt_first_equal(const struct flt_variable *variable, uint32_t at) {
    uint32_t first = 0;
    while (variable[first].value != variable[at].value)
        first++;
    return first;
}

enum { FLT_STATE_OBJECTS = 256 }; /* a hash tells as many objects apart */

/* An object that no variable leads to, with what is hashed of it: two parties that hash the same
 * state put together by the token what each knows of such an object. */
struct flt_unnamed_object {
    uint64_t token, hash;
};

struct flt_unnamed_objects {
    uint32_t count;
    struct flt_unnamed_object object[FLT_STATE_OBJECTS];
};

#endif
