/* A finished exploration, or as much of it as there is, to be asked for states. */
#ifndef FLT_EXPLORE_EXPLORED_H
#define FLT_EXPLORE_EXPLORED_H

#include "search.h"

struct flt_explored {
    const struct flt_scope *scope;
    struct flt_progress progress; /* every sequence of up to progress.length was run */
    struct flt_store *store;
    struct flt_visited *visited;
    struct flt_expansion *expansion;
    struct flt_runner *runner;
};

/* NULL: one line on stderr says why. */
struct flt_explored *flt_explored_open(const struct flt_scope *scope, const char *folder,
                                       uint64_t memory);
void flt_explored_close(struct flt_explored *explored);

/* The shortest sequence to that state, and its length; false: it is not among those found. */
bool flt_explored_find(const struct flt_explored *explored, uint64_t hash, struct flt_state *state,
                       size_t *length);

#endif
