/* A small choice of sets that together hold all that any of them holds: greedy, each time the set
 * that adds most; of those the one that was added first. */
#ifndef FLT_SET_COVER_H
#define FLT_SET_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flt_cover;

struct flt_cover *flt_cover_new(void); /* NULL when memory is short */
void flt_cover_free(struct flt_cover *cover);

/* A new set, and elements (not 0) of the newest one, each as often as it comes. False: no memory.
 */
bool flt_cover_begin(struct flt_cover *cover);
bool flt_cover_add(struct flt_cover *cover, uint64_t element);

size_t flt_cover_elements(const struct flt_cover *cover); /* different ones, of all sets */
/* keep[i]: whether the set that was begun i-th is in the choice; those that are true before are in it
 * in any case. False: no memory. */
bool flt_cover_choose(const struct flt_cover *cover, bool *keep);

#endif
