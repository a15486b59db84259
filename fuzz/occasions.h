/* When a rule is tried that no prediction names (occasions.def). */
#ifndef FLT_OCCASIONS_H
#define FLT_OCCASIONS_H

#include "moves.h"

/* Whether the rule is one of those. */
bool flt_rule_has_occasion(int rule);
/* Whether what the call can do at all lets one of the rule's occasions hold, or lets it leave
 * behind what the rule speaks of. */
bool flt_rule_may_have_occasion(int rule, uint8_t opcode);

/* Adds the facts of a call and what it came back with; those of the rows are flt_difference's. */
void flt_find_facts(const struct flt_snapshot *before, const struct flt_call *call,
                    const struct flt_outcome *outcome, struct flt_difference *difference);
/* The call was an occasion of the rule. */
bool flt_occasion_holds(int rule, const struct flt_difference *difference);

#endif
