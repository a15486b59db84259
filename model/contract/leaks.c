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

static enum flt_rule rule_of_reference(uint8_t type) {
    if (type == FLT_TYPE_ECP_LIST)
        return FLT_RULE_ecp_list_left;
    return type == FLT_TYPE_REPARSE_BUFFER ? FLT_RULE_reparse_buffer_left : FLT_RULE_reference_left;
}

/* Each by the call that took it. */
static void add_references(const struct flt_contract *contract, struct flt_leaks *leaks) {
    for (uint32_t i = 0; i < contract->live_objects.count; i++) {
        const struct flt_object_record *object = &contract->object[contract->live_objects.at[i]];
        const enum flt_rule rule = rule_of_reference(object->type);
        uint32_t at = object->oldest_take;
        for (; at != FLT_NOWHERE; at = contract->take[at].newer)
            add(leaks, (struct flt_leak){rule, contract->take[at].step, contract->take[at].slot,
                                         FLT_SLOTS_OBJECT, 1});
    }
}

static void add_state(struct flt_leaks *leaks, enum flt_rule rule, uint32_t step) {
    add(leaks, (struct flt_leak){rule, step, FLT_NO_SLOT, FLT_SLOTS_NO_SLOT, 1});
}

/* The entry that is still in force and came first, of either kind. */
static uint32_t first_entry(const struct flt_thread *thread) {
    const struct flt_region *critical = &thread->critical, *guarded = &thread->guarded;
    if (critical->depth == 0)
        return guarded->entered_at;
    if (guarded->depth == 0)
        return critical->entered_at;
    return critical->entered_at < guarded->entered_at ? critical->entered_at : guarded->entered_at;
}

static void add_threads(const struct flt_contract *contract, struct flt_leaks *leaks) {
    for (int i = 0; i < FLT_THREAD_COUNT; i++) {
        const struct flt_thread *thread = &contract->thread[i];
        if (thread->irql > PASSIVE_LEVEL)
            add_state(leaks, FLT_RULE_irql_left_raised, thread->raised_at);
        if (thread->critical.depth > 0 || thread->guarded.depth > 0)
            add_state(leaks, FLT_RULE_region_left, first_entry(thread));
        if (thread->attach_depth > 0)
            add_state(leaks, FLT_RULE_attach_left, thread->attached_at);
    }
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
