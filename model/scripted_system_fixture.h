/* A system for tests that gives any answer, legal or not, in any order and nesting: each call plays
 * the next answer of a script. Its view mirrors the contract's, with one wrong row where the test
 * asks for it. */
#ifndef FLT_SCRIPTED_SYSTEM_H
#define FLT_SCRIPTED_SYSTEM_H

#include "door.h"

/* What one call does. */
struct flt_answer {
    uint8_t kind;    /* FLT_RETURNED or FLT_BUGCHECK */
    uint32_t status; /* or the bug check's code */
    uint8_t writes;  /* bit per result: this output is written */
    uint64_t out[FLT_RESULT_LIMIT];
    uint32_t iosb_status;
    size_t events;
    struct flt_event event[4];     /* sent before the call returns */
    void (*during)(void *context); /* calls within the call, after the events; may be NULL */
    void *context;
};

enum { FLT_SCRIPT_ROOM = 32 };

/* The one thing that the view shows wrong. */
enum flt_lie {
    FLT_NO_LIE,
    FLT_LIE_HIDE_HANDLE,  /* of `key` */
    FLT_LIE_EXTRA_HANDLE, /* `key` in `table` */
    FLT_LIE_ACCESS,       /* of handle `key` */
    FLT_LIE_HIDE_OBJECT,  /* `key` is the token, as for the next ones */
    FLT_LIE_EXTRA_OBJECT,
    FLT_LIE_HANDLE_COUNT,
    FLT_LIE_REFERENCE_COUNT,
    FLT_LIE_PHASE,
    FLT_LIE_TWICE, /* handle `key` is shown two times */
    FLT_LIE_SHARE, /* of the file whose name is `key`, as the next four */
    FLT_LIE_NAME,
    FLT_LIE_ATTRIBUTES,
    FLT_LIE_MARK,
    FLT_LIE_OPLOCK,
    FLT_LIE_FILTER,   /* f1 is started */
    FLT_LIE_INSTANCE, /* i0 is f1's */
    FLT_HIDE_FILTERS, /* no lie: nothing is shown of filters */
    FLT_TELL_VALUE    /* no lie: a handle whose value the truth does not know is shown as `key` */
};

struct flt_scripted {
    struct flt_system system;
    struct flt_answer answer[FLT_SCRIPT_ROOM];
    size_t answers, played;
    size_t calls;           /* made, whatever they answered */
    struct flt_fault fault; /* that the last one was told of */
    struct flt_view truth;  /* what the view mirrors; ops NULL: no view at all */
    enum flt_lie lie;
    uint8_t table;
    uint64_t key;
};

/* Fills in the system; `level` is what the view can show. */
void flt_scripted_init(struct flt_scripted *scripted, enum flt_view_level level);
/* Adds an answer to the script and returns it for filling in: status 0, nothing written. A call
 * past the end of the script returns STATUS_NOT_IMPLEMENTED. */
struct flt_answer *flt_scripted_answer(struct flt_scripted *scripted, uint32_t status);

#endif
