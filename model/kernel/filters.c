#include "filters.h"

void flt_filters_reset(struct flt_filters *filters) {
    *filters = (struct flt_filters){0};
    filters->row.filter[FLT_FILTER_F0] = FLT_FILTER_STARTED;
    filters->row.instance[FLT_INSTANCE_I0] =
        (struct flt_instance_row){.state = FLT_INSTANCE_ATTACHED, .filter = FLT_FILTER_F0};
}

void flt_filters_register(struct flt_filters *filters, enum flt_filter filter) {
    filters->row.filter[filter] = FLT_FILTER_REGISTERED;
}

void flt_filters_start(struct flt_filters *filters, enum flt_filter filter) {
    filters->row.filter[filter] = FLT_FILTER_STARTED;
}

static void detach(struct flt_instance_row *instance) {
    *instance = (struct flt_instance_row){.state = FLT_INSTANCE_GONE, .filter = FLT_FILTER_NULL};
}

void flt_filters_unregister(struct flt_filters *filters, enum flt_filter filter) {
    /* What is gone has no instances: nothing changes. */
    for (size_t i = 0; i < FLT_INSTANCE_COUNT; i++)
        if (filters->row.instance[i].filter == filter)
            detach(&filters->row.instance[i]);
    filters->row.filter[filter] = FLT_FILTER_GONE;
}

void flt_filters_attach(struct flt_filters *filters, enum flt_instance instance,
                        enum flt_filter filter) {
    struct flt_instance_row *row = &filters->row.instance[instance];
    if (instance == FLT_INSTANCE_NULL || row->state != FLT_INSTANCE_GONE)
        return;
    if (flt_filters_state(filters, filter) != FLT_FILTER_STARTED ||
        flt_filters_is_unloading(filters, filter))
        return;
    *row = (struct flt_instance_row){.state = FLT_INSTANCE_ATTACHED, .filter = (uint8_t)filter};
}

void flt_filters_start_teardown(struct flt_filters *filters, enum flt_instance instance) {
    struct flt_instance_row *row = &filters->row.instance[instance];
    if (row->state == FLT_INSTANCE_ATTACHED)
        row->state = FLT_INSTANCE_TEARING_DOWN;
}

void flt_filters_complete_teardown(struct flt_filters *filters, enum flt_instance instance) {
    if (flt_filters_is_tearing_down(filters, instance))
        detach(&filters->row.instance[instance]);
}

void flt_filters_unload(struct flt_filters *filters, enum flt_filter filter, bool mandatory) {
    if (flt_filters_state(filters, filter) == FLT_FILTER_GONE ||
        flt_filters_is_unloading(filters, filter))
        return;
    filters->unloading[filter] = mandatory ? FLT_UNLOADING_MANDATORY : FLT_UNLOADING_OPTIONAL;
}

void flt_filters_complete_unload(struct flt_filters *filters, enum flt_filter filter,
                                 bool refused) {
    const uint8_t unloading = filters->unloading[filter];
    if (unloading == FLT_UNLOADING_NOT)
        return;
    if (unloading == FLT_UNLOADING_MANDATORY || !refused)
        flt_filters_unregister(filters, filter); /* the driver goes, whatever it left to do */
    filters->unloading[filter] = FLT_UNLOADING_NOT;
}
