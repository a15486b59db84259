/* The filters and their instances: which are there, and which are on their way out. Knows nothing
 * of what they have open. Number 0, which NULL is, is a filter and an instance always gone. */
#ifndef FLT_FILTERS_H
#define FLT_FILTERS_H

#include "../inline.h"
#include "../view.h"

enum flt_unloading { FLT_UNLOADING_NOT, FLT_UNLOADING_OPTIONAL, FLT_UNLOADING_MANDATORY };

struct flt_filters {
    struct flt_filter_rows row;          /* as the view shows them */
    uint8_t unloading[FLT_FILTER_COUNT]; /* enum flt_unloading */
};

/* Back to the start world. */
void flt_filters_reset(struct flt_filters *filters);

/* The life of a filter. What it is called for must be so: gone before it is registered, registered
 * before it is started. Unregistering takes the instances along, and does nothing to what is gone.
 */
void flt_filters_register(struct flt_filters *filters, enum flt_filter filter);
void flt_filters_start(struct flt_filters *filters, enum flt_filter filter);
void flt_filters_unregister(struct flt_filters *filters, enum flt_filter filter);

/* What happens to them. Where it could not happen nothing changes. */
void flt_filters_attach(struct flt_filters *filters, enum flt_instance instance,
                        enum flt_filter filter);
void flt_filters_start_teardown(struct flt_filters *filters, enum flt_instance instance);
void flt_filters_complete_teardown(struct flt_filters *filters, enum flt_instance instance);
void flt_filters_unload(struct flt_filters *filters, enum flt_filter filter, bool mandatory);
/* Only an optional unload can be refused. */
void flt_filters_complete_unload(struct flt_filters *filters, enum flt_filter filter, bool refused);

FLT_INLINE enum flt_filter_state flt_filters_state(const struct flt_filters *filters,
                                                   enum flt_filter filter) {
    return (enum flt_filter_state)filters->row.filter[filter];
}

FLT_INLINE bool flt_filters_is_unloading(const struct flt_filters *filters,
                                         enum flt_filter filter) {
    return filters->unloading[filter] != FLT_UNLOADING_NOT;
}

FLT_INLINE bool flt_filters_is_tearing_down(const struct flt_filters *filters,
                                            enum flt_instance instance) {
    return filters->row.instance[instance].state == FLT_INSTANCE_TEARING_DOWN;
}

/* The filter of an instance; none of one that is gone. */
FLT_INLINE enum flt_filter flt_filters_of(const struct flt_filters *filters,
                                          enum flt_instance instance) {
    return (enum flt_filter)filters->row.instance[instance].filter;
}

#endif
