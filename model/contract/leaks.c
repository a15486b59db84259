#include "leaks.h"

#include <stdlib.h>

#include "../include/wdm.h"
#include "state.h"

static void add(struct flt_leaks *leaks, struct flt_leak leak) {
    if (leaks->count == leaks->room)
        leaks->leak = flt_grow(leaks->leak, &leaks->room, sizeof *leaks->leak);
    leaks->leak[leaks->count++] = leak;
}

static void add_handles(const struct flt_contract *contract, struct flt_leaks *leaks) {
    for (uint32_t i = 0; i < contract->live_handles.count; i++) {
        const struct flt_handle_record *handle = &contract->handle[contract->live_handles.at[i]];
        add(leaks, (struct flt_leak){FLT_RULE_handle_left_open, handle->step, handle->slot,
                                     FLT_SLOTS_HANDLE, 1});
    }
}

/* Each by the call that took it. */
static void add_references(const struct flt_contract *contract, struct flt_leaks *leaks) {
    for (uint32_t i = 0; i < contract->live_objects.count; i++) {
        uint32_t at = contract->object[contract->live_objects.at[i]].oldest_take;
        for (; at != FLT_NOWHERE; at = contract->take[at].newer)
            add(leaks, (struct flt_leak){FLT_RULE_reference_left, contract->take[at].step,
                                         contract->take[at].slot, FLT_SLOTS_OBJECT, 1});
    }
}

static void add_threads(const struct flt_contract *contract, struct flt_leaks *leaks) {
    for (int i = 0; i < FLT_THREAD_COUNT; i++)
        if (contract->thread[i].irql > PASSIVE_LEVEL)
            add(leaks, (struct flt_leak){FLT_RULE_irql_left_raised, contract->thread[i].raised_at,
                                         FLT_NO_SLOT, FLT_SLOTS_NO_SLOT, 1});
}

/* By step; one call's handle before its object. */
static int in_order(const void *a, const void *b) {
    const struct flt_leak *one = a, *other = b;
    if (one->step != other->step)
        return one->step < other->step ? -1 : 1;
    return (int)one->slots - (int)other->slots;
}

bool flt_contract_leak(const struct flt_contract *contract, size_t k, struct flt_leak *leak) {
    struct flt_leaks *leaks = contract->leaks;
    if (!leaks->made || leaks->generation != contract->generation) {
        leaks->count = 0;
        add_handles(contract, leaks);
        add_references(contract, leaks);
        add_threads(contract, leaks);
        if (leaks->count > 1)
            qsort(leaks->leak, leaks->count, sizeof *leaks->leak, in_order);
        leaks->made = true;
        leaks->generation = contract->generation;
    }
    if (k >= leaks->count)
        return false;
    *leak = leaks->leak[k];
    return true;
}
