/* A sequence as a function of a Windows driver: C with the WDK's calls and names, which can be
 * pasted into a test driver. What the calls and their parameters are is read from calls.def. */
#ifndef FLT_EXPORT_H
#define FLT_EXPORT_H

#include <stdio.h>

#include "../run.h"

struct flt_export {
    const char *function; /* its name, a C identifier */
    const char *from;     /* the file that the sequence came from, for a comment */
    const char *title;    /* the sequence's first comment, or "" */
    bool with_stops;      /* write also those calls that may stop a machine */
};

/* The runner's last run, which was made with `keep` and found nothing: its outcomes are what the
 * function expects. False when memory is short. */
bool flt_export_c(const struct flt_runner *runner, const struct flt_export *options, FILE *out);

#endif
