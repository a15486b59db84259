/* A function under way: what its parts share. */
#ifndef FLT_FUNCTION_H
#define FLT_FUNCTION_H

#include "emitter.h"
#include "export.h"

/* Steps up to this opcode are the environment: no WDK function is called. See calls.def. */
enum { LAST_OF_ENVIRONMENT = 0x0F };

struct flt_function {
    const struct flt_runner *runner;
    const struct flt_export *options;
    struct flt_emitter emitter;
    FILE *body;
    uint64_t unset_handles, unset_objects; /* bit per variable that a step left out was to set */
    uint64_t set_handles, set_objects;     /* that a call was to set */
};

/* steps.c: the step of that number, from 1, with its check. */
void flt_emit_step(struct flt_function *function, size_t number);

/* left_out.c. True: the call is left out, and `why` says so. */
bool flt_left_out(const struct flt_function *function, const struct flt_step *step,
                  const struct flt_step_result *result, char *why, size_t room);
/* What a step sets. A call that was withheld set nothing in the run either. */
void flt_note_results(struct flt_function *function, const struct flt_step *step, bool made,
                      bool withheld);

/* thread.c. */
void flt_note_thread(struct flt_emitter *emitter);
/* A driver's thread goes back as it came, whatever the sequence left. */
void flt_put_thread_back(struct flt_emitter *emitter, FILE *out);

#endif
