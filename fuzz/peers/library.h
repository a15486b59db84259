/* The model behind a door as a shared library, for testers that are not written in C: the tables as
 * JSON, then one call at a time. One world per process. */
#ifndef FLT_PEERS_LIBRARY_H
#define FLT_PEERS_LIBRARY_H

#include <stdbool.h>
#include <stdint.h>

/* What a run of calls goes on with. */
enum flt_peers_answer {
    FLT_PEERS_RETURNED,
    FLT_PEERS_WITHHELD, /* the caller broke a rule: the call was not made */
    FLT_PEERS_OVER,     /* a bug check ended the run, now or before */
    FLT_PEERS_VIOLATED, /* flt_peers_rule says what */
    FLT_PEERS_WRONG,    /* no such call, argument or value: nothing happened */
};

/* calls.def and what it names, as a JSON object; NULL when memory is short:
 *   profiles  how many there are    switches  how many choices each has
 *   args      id, name, kind, default, and the values that have a name
 *   calls     opcode, name, weight, ids of the arguments, the numbers of the results that are
 * handles and objects, and the statuses that `fail` takes */
const char *flt_peers_table(void);

/* A run begins in the start world. `choices` has a choice for each switch, or 0xFF for the
 * profile's. */
bool flt_peers_begin(unsigned profile, const uint8_t *choices);

/* A call with `count` arguments, by id, the others at their defaults; every output is wanted.
 * Handles and objects are values that calls handed out. `out` has room for as many results as
 * calls.def has; handles and objects are there when `status` is a success. */
int flt_peers_call(unsigned opcode, unsigned count, const uint8_t *ids, const uint64_t *values,
                   uint32_t *status, uint64_t *out);

/* The caller is done: everything is compared once more. */
int flt_peers_end(void);

const char *flt_peers_rule(void);        /* of the violation; "" without one */
const char *flt_peers_last_breach(void); /* the last call's first; "" without one */
uint64_t flt_peers_calls(void);          /* since the first run began */

#endif
