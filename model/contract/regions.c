/* The critical and guarded regions that a thread is in. */
#include "predict.h"

/* Leaving a region that the thread is not in is never tried: what it would do no page says. */
static void predict_leave(const struct flt_region *region, struct flt_prediction *prediction) {
    if (region->depth == 0)
        flt_breach(prediction, FLT_RULE_regions_balanced);
    flt_expect_quiet(prediction);
}

static void enter(struct flt_region *region, const struct flt_call *call) {
    if (region->depth++ == 0)
        region->entered_at = call->step;
}

static void leave(struct flt_region *region) {
    /* Calls within this one may have left it since it was let through. */
    if (region->depth > 0)
        region->depth--;
}

FLT_PREDICT(KeEnterCriticalRegion) {
    (void)contract, (void)call;
    flt_expect_quiet(prediction);
}

FLT_OBSERVE(KeEnterCriticalRegion) {
    (void)outcome, (void)violation;
    enter(&flt_moved_thread(contract, call)->critical, call);
}

FLT_PREDICT(KeLeaveCriticalRegion) {
    predict_leave(&flt_thread_of(contract, call)->critical, prediction);
}

FLT_OBSERVE(KeLeaveCriticalRegion) {
    (void)outcome, (void)violation;
    leave(&flt_moved_thread(contract, call)->critical);
}

FLT_PREDICT(KeEnterGuardedRegion) {
    (void)contract, (void)call;
    flt_expect_quiet(prediction);
}

FLT_OBSERVE(KeEnterGuardedRegion) {
    (void)outcome, (void)violation;
    enter(&flt_moved_thread(contract, call)->guarded, call);
}

FLT_PREDICT(KeLeaveGuardedRegion) {
    predict_leave(&flt_thread_of(contract, call)->guarded, prediction);
}

FLT_OBSERVE(KeLeaveGuardedRegion) {
    (void)outcome, (void)violation;
    leave(&flt_moved_thread(contract, call)->guarded);
}
