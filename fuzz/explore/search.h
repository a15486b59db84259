/* The exploration: states by length of their shortest sequences, each expanded once. */
#ifndef FLT_EXPLORE_SEARCH_H
#define FLT_EXPLORE_SEARCH_H

#include "workers.h"

struct flt_search {
    const struct flt_scope *scope;
    const char *folder; /* where it keeps what it finds */
    size_t length, jobs;
    uint64_t memory; /* bytes, of the set of states */
    double seconds;  /* 0: as long as it takes */
    bool resume;
};

enum flt_search_end {
    FLT_SEARCH_COMPLETE,  /* every sequence of up to that length */
    FLT_SEARCH_TIME,      /* was up */
    FLT_SEARCH_VIOLATION, /* found; the sequences of that length were tried to the end */
    FLT_SEARCH_DIED,      /* a process did, of what `trouble` leads to */
    FLT_SEARCH_UNSOUND,   /* what was found before is not what this build finds */
    FLT_SEARCH_FULL,      /* the set of states is */
    FLT_SEARCH_FAILED     /* one line on stderr said why */
};

struct flt_search_result {
    enum flt_search_end end;
    struct flt_progress progress;
    uint64_t memory; /* bytes that the set takes */
    size_t violations;
    struct flt_met violation[FLT_RULE_COUNT]; /* the first of each rule */
    struct flt_met trouble;
};

void flt_search(const struct flt_search *search, struct flt_search_result *result);

/* Reads every state of the store into the set; with notes, each gets its number of moves in the
 * lower 8 bits and its place among those above. False: there is no room. */
bool flt_search_load(const struct flt_store *store, const struct flt_progress *progress,
                     struct flt_visited *visited, bool with_notes);

#endif
