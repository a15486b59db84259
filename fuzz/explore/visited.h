/* The set of states that were found, by their hashes: a table of fixed size in memory that
 * processes share. States are only ever added, each by one atomic exchange, so that no lock is
 * needed. */
#ifndef FLT_EXPLORE_VISITED_H
#define FLT_EXPLORE_VISITED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flt_visited;

enum flt_visit { FLT_VISIT_NEW, FLT_VISIT_KNOWN, FLT_VISIT_FULL };

/* In as many bytes, or a little less. NULL: there is no such memory. `with_notes`: a number can be
 * noted with each state, which takes as much again. */
struct flt_visited *flt_visited_new(uint64_t bytes, bool with_notes);
void flt_visited_free(struct flt_visited *visited);

/* The hash is not 0. FULL: it is not known and there is no room. */
enum flt_visit flt_visited_add(struct flt_visited *visited, uint64_t hash);
bool flt_visited_has(const struct flt_visited *visited, uint64_t hash);
/* Of a state that is in the set; not while others add. */
uint64_t *flt_visited_note(struct flt_visited *visited, uint64_t hash);
uint64_t flt_visited_count(const struct flt_visited *visited);
uint64_t flt_visited_bytes(const struct flt_visited *visited); /* of the table */

#endif
