/* Many items in parallel processes, of which each may crash, hang or leak: that item is named and
 * the others go on. */
#ifndef FLT_ISOLATE_H
#define FLT_ISOLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { FLT_ISOLATE_JOBS = 64 };

/* How a process ended in the midst of an item. */
struct flt_death {
    bool hung;        /* its time was up */
    int signal;       /* 0: it exited */
    int code;         /* then */
    const char *said; /* on stderr, of this item; with a NUL */
};

/* What an item comes to. */
struct flt_told {
    FILE *out;  /* takes the text */
    int kind;   /* what the caller wants to know without reading it */
    bool unfit; /* the process is not fit for another item */
};

/* What is done. A process begins as a copy of the one that calls flt_isolate. */
struct flt_isolated {
    void *context;
    /* In a process. */
    void (*run)(void *context, size_t item, struct flt_told *told);
    /* In the caller, for an item whose process ended. */
    void (*died)(void *context, size_t item, const struct flt_death *death, struct flt_told *told);
    /* In the caller, once for each item, in their order. */
    void (*done)(void *context, size_t item, int kind, const char *text);
};

/* Every item from 0 to `items` - 1, in so many processes at once, each item for so many seconds at
 * most. False: memory or processes were short, and not every item is done. */
bool flt_isolate(const struct flt_isolated *work, size_t items, size_t jobs, unsigned seconds);

/* In a process: what was written to stderr since the item began, with a NUL. The caller frees it;
 * NULL when memory is short. */
char *flt_isolated_said(void);

#endif
