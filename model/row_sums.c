#include "row_sums.h"

enum { BATCH = 64 };

void flt_walk_sums(const struct flt_view *view, struct flt_sums *sums) {
    struct flt_handle_row handle[BATCH];
    struct flt_object_row object[BATCH];
    size_t count, cursor = 0;
    struct flt_totals totals;
    view->ops->totals(view->self, &totals);
    *sums = (struct flt_sums){.filters = totals.shows_filters ? flt_filters_sum(&totals.world) : 0};
    while ((count = view->ops->handles(view->self, &cursor, handle, BATCH)) > 0) {
        sums->rows += count;
        for (size_t i = 0; i < count; i++)
            sums->handles += flt_handle_row_hash(&handle[i]);
    }
    cursor = 0;
    while ((count = view->ops->objects(view->self, &cursor, object, BATCH)) > 0) {
        sums->rows += count;
        for (size_t i = 0; i < count; i++)
            sums->objects += flt_object_row_hash(&object[i]);
    }
}
