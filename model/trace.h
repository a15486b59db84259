/* The trace of a run, as a growing list. The door writes it, reports read it. */
#ifndef FLT_TRACE_H
#define FLT_TRACE_H

#include "door.h"

struct flt_trace_room {
    struct flt_trace trace;
    size_t entry_room, irp_room;
};

/* The index of the new entry, or SIZE_MAX when memory is short: the run goes on without a trace. */
size_t flt_trace_begin(struct flt_trace_room *room, const struct flt_call *call, uint8_t depth,
                       const struct flt_prediction *prediction);
void flt_trace_end(struct flt_trace_room *room, size_t entry, const struct flt_outcome *outcome);
void flt_trace_irp(struct flt_trace_room *room, const struct flt_event *event, uint32_t object);
void flt_trace_clear(struct flt_trace_room *room);
void flt_trace_free(struct flt_trace_room *room);

#endif
