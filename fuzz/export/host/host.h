/* What the generated table gives to host.c. */
#ifndef FLT_EXPORT_HOST_H
#define FLT_EXPORT_HOST_H

#include "ntifs.h"

struct host_function {
    const char *from, *profile;
    const char *const *changes; /* switches, as in a sequence's header; NULL at the end */
    NTSTATUS (*call)(void);
};

extern const struct host_function host_functions[]; /* from is NULL at the end */
extern struct flt_system *host;

#endif
