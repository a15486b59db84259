/* One call, from the neutral record to a system's function with the WDK's signature and back. Used
 * by the door alone. */
#ifndef FLT_PERFORM_H
#define FLT_PERFORM_H

#include "system.h"

/* Performs the call and fills *outcome: FLT_RETURNED, the status, and every output of the row as
 * its variable holds it afterwards (call->fill where the system wrote nothing). A system that lacks
 * the call answers STATUS_NOT_IMPLEMENTED. Does not return when the system bug-checks. */
void flt_perform(struct flt_system *system, const struct flt_call *call,
                 struct flt_outcome *outcome);

#endif
