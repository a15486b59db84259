/* The contract's abstract state as one number, up to renaming of what the caller cannot tell apart.
 */
#ifndef FLT_CONTRACT_STATE_HASH_H
#define FLT_CONTRACT_STATE_HASH_H

#include "../variables.h"
#include "contract.h"

/* What is in it, and what is not:
 *
 * - Of each handle variable: whether a success or a failure wrote it, and whether what it was bound
 *   to is there still, in the same life; of its value, in each table that it may point into,
 *   whether it is live (access, flags, opener, object), was handed out once, or never was. Values
 *   of the kernel table have their variables for a name, values of process tables are hashed.
 * - Live handles of process tables by value; those of the kernel table that no variable holds, as a
 *   set.
 * - Of each object variable: the same, and the place of the reference that came with it.
 * - Objects, numbered as the variables lead to them: counts, state, the IRPs that came, who told
 *   the token, for whom it was opened and whether that filter is registered still, what it opened,
 *   whether its marks stand, whether its create is under way, whether it is the buffer that is to
 * be taken next; its references from the oldest to the newest, each with the variables that hold
 * it. Those that no variable leads to are a set, each together with what the other party has hashed
 * of it (`unnamed`).
 * - What stands under each name, and what of it has lost its name.
 * - Filters, instances, unloads, processes, threads.
 *
 * Not in it: the switches; which step did what, and to which slot its results went, of which only
 * the leaks at the end are told; numbers that only count (lives, serials, registrations): their
 * comparisons are in it. False: more objects than can be numbered. */
bool flt_contract_state_hash(const struct flt_contract *contract,
                             const struct flt_variables *variables,
                             const struct flt_unnamed_objects *unnamed, uint64_t *hash);

#endif
