#include "trace.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more of `size` bytes each; false when memory is short. */
static bool grow(void **list, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return true;
    const size_t more = *room ? *room * 2 : 64;
    void *bigger = realloc(*list, more * size);
    if (!bigger)
        return false;
    *list = bigger;
    *room = more;
    return true;
}

size_t flt_trace_begin(struct flt_trace_room *room, const struct flt_call *call, uint8_t depth,
                       const struct flt_prediction *prediction) {
    struct flt_trace *trace = &room->trace;
    void *list = trace->entry;
    if (!grow(&list, trace->count, &room->entry_room, sizeof *trace->entry))
        return SIZE_MAX;
    trace->entry = list;
    struct flt_trace_entry *entry = &trace->entry[trace->count];
    memset(entry, 0, sizeof *entry);
    entry->call = *call;
    entry->call.path = NULL;
    const struct flt_name *name =
        call->path ? flt_name_by_units(call->path, call->path_length) : NULL;
    entry->path = name ? name->id : 0;
    entry->depth = depth;
    entry->breaches = prediction->breaches;
    memcpy(entry->breach, prediction->breach, prediction->breaches * sizeof *entry->breach);
    return trace->count++;
}

void flt_trace_end(struct flt_trace_room *room, size_t entry, const struct flt_outcome *outcome) {
    if (entry >= room->trace.count)
        return;
    room->trace.entry[entry].outcome = *outcome;
    room->trace.entry[entry].ended = true;
    room->trace.entry[entry].irps = (uint32_t)room->trace.irps;
}

void flt_trace_irp(struct flt_trace_room *room, const struct flt_event *event, uint32_t object) {
    struct flt_trace *trace = &room->trace;
    void *list = trace->irp;
    if (!grow(&list, trace->irps, &room->irp_room, sizeof *trace->irp))
        return;
    trace->irp = list;
    trace->irp[trace->irps++] = (struct flt_trace_irp){event->kind, event->process, object};
}

void flt_trace_clear(struct flt_trace_room *room) {
    room->trace.count = 0;
    room->trace.irps = 0;
}

void flt_trace_free(struct flt_trace_room *room) {
    free(room->trace.entry);
    free(room->trace.irp);
}
