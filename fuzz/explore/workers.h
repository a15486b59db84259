/* Processes that expand states at the same time, for a while. Each state of a length is expanded by
 * one of them; what they find is in the shared set at once, and in the store when all are done. */
#ifndef FLT_EXPLORE_WORKERS_H
#define FLT_EXPLORE_WORKERS_H

#include "expand.h"
#include "store.h"
#include "visited.h"

enum { FLT_WORKERS = 64 };

/* The first one of its rule that somebody met, with the moves that show it. */
struct flt_met {
    enum flt_rule rule;
    uint8_t count;
    uint8_t move[FLT_SCOPE_LENGTH];
};

enum flt_workers_end {
    FLT_WORKERS_FINE,
    FLT_WORKERS_DIED,     /* a sanitizer, a signal: `met` is what was run, without a rule */
    FLT_WORKERS_UNSOUND,  /* a state is not where its hash says: `met` leads to it */
    FLT_WORKERS_FULL,     /* the set of states is */
    FLT_WORKERS_NO_MEMORY /* or no process, or no room for files: one line on stderr says so */
};

struct flt_workers;

/* NULL: one line on stderr. The folder is for files that nobody else sees. */
struct flt_workers *flt_workers_new(const struct flt_scope *scope, struct flt_visited *visited,
                                    struct flt_store *store, size_t jobs, const char *folder);
void flt_workers_free(struct flt_workers *workers);

/* Expands states of progress->length from progress->next on until that time (of the monotonic
 * clock, in seconds) or their end, and brings the progress up to date. `last`: their successors are
 * not to be expanded, so that a full set is no trouble. */
enum flt_workers_end flt_workers_run(struct flt_workers *workers, struct flt_progress *progress,
                                     double until, bool last);

/* The first violation of each rule, since the beginning; NULL past the last. */
const struct flt_met *flt_workers_met(const struct flt_workers *workers, size_t k);
/* Of FLT_WORKERS_DIED and FLT_WORKERS_UNSOUND. */
const struct flt_met *flt_workers_trouble(const struct flt_workers *workers);

double flt_clock(void);

#endif
