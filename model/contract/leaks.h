/* What callers left behind, listed when somebody asks. */
#ifndef FLT_CONTRACT_LEAKS_H
#define FLT_CONTRACT_LEAKS_H

#include "contract.h"

/* The list as of a generation of the state; it is made once and read leak by leak. */
struct flt_leaks {
    struct flt_leak *leak;
    uint32_t count, room;
    bool made;
    uint64_t generation;
};

#endif
