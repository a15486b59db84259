/* The kernel's whole state as one number, up to renaming of what the caller cannot tell apart. */
#ifndef FLT_KERNEL_STATE_HASH_H
#define FLT_KERNEL_STATE_HASH_H

#include "../system.h"
#include "../variables.h"

/* What is in it, and what is not:
 *
 * - Handles of the kernel table have the variables that hold their value for a name; the value
 *   itself is not hashed. Of each such value: whether it is live (then access, flags, opener,
 *   object), and if not, how many new handles it takes until the table gives it out again: its
 *   place in the list of freed indices, then in those never taken; or that it never comes back. The
 *   places of values that no variable holds are not told apart: whoever gets one gets a new one.
 *   Live handles that no variable holds can no longer be named: they count as a set.
 * - Handles of a process's table keep their values, for a process that exits closes by value, and
 *   its table starts over. Live ones are hashed in order, and the places of dead ones as above.
 * - How many handles a table has room for, if that is less than 64.
 * - Objects are numbered as the variables lead to them: counts, type, phase, opener, and of a file
 *   object its name, kind, sharing and flags; whether its node still has the name and its POSIX
 * mark still stands, for nothing else is asked of the numbers that say so. Never an address. Those
 *   that no variable leads to are a set, and given out in `unnamed`.
 * - What stands under each name, with what the view does not show: who has it open, the limits of a
 *   pipe, whether it is the original.
 * - Filters, instances, unloads, processes, the thread.
 *
 * Not in it: the switches; the order of what is kept in no order (the tables' lists of the live);
 * the memory of dead objects, which no object gets before FLT_POOL_QUARANTINE more have died:
 * runs that are compared by this must let fewer die. False: more objects than can be numbered. */
bool flt_kernel_state_hash(const struct flt_system *system, const struct flt_variables *variables,
                           struct flt_unnamed_objects *unnamed, uint64_t *hash);

#endif
