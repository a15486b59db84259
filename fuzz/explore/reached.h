/* Sequences of somebody else, a fuzzer's corpus: does the exploration know the states they reach?
 */
#ifndef FLT_EXPLORE_REACHED_H
#define FLT_EXPLORE_REACHED_H

#include "explored.h"

struct flt_reached {
    size_t files;      /* that were read */
    size_t unreadable; /* an engine's corpus may hold bytes that are no sequence */
    size_t usable;     /* of those, that begin with a move of the scope, under its switches */
    size_t whole;      /* and have no others, and are short enough */
    uint64_t states;   /* different ones that their moves lead to, up to the explored length */
    uint64_t missing;  /* of those, that the exploration has not */
    uint64_t of;       /* states that it has */
};

/* Of each sequence the moves before the first that is none of the scope's, slots renamed in the
 * order of their first use where that makes one; each state on the way is looked up. A state that
 * is missing is printed with the moves that lead to it. False: no file can be read, or there is
 * nothing explored. A line on stderr says so of each. */
bool flt_reached_check(const struct flt_scope *scope, const char *folder, uint64_t memory,
                       char *const *path, size_t paths, struct flt_reached *reached, FILE *out);
void flt_reached_print(const struct flt_scope *scope, const struct flt_reached *reached, FILE *out);

#endif
