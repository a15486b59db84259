/* What the caller's slots hold, by provenance: a value says less than where it came from. */
#include "state.h"

static bool is_slot(int8_t slot) {
    return slot >= 0 && slot < FLT_SLOT_COUNT;
}

static void bind(struct flt_slot_set *slots, int8_t slot, struct flt_slot content) {
    if (!is_slot(slot))
        return;
    const uint64_t bit = UINT64_C(1) << slot;
    slots->bound |= bit;
    slots->failed &= ~bit;
    slots->slot[slot] = content;
}

static void fail(struct flt_slot_set *slots, int8_t slot) {
    if (!is_slot(slot))
        return;
    const uint64_t bit = UINT64_C(1) << slot;
    slots->bound &= ~bit;
    slots->failed |= bit;
}

void flt_bind_handle_slot(struct flt_contract *contract, int8_t slot, uint32_t handle) {
    bind(&contract->handle_slots, slot,
         (struct flt_slot){.record = handle, .life = contract->handle[handle].life});
}

void flt_bind_object_slot(struct flt_contract *contract, int8_t slot, uint32_t object,
                          uint32_t take) {
    const uint32_t serial = take == FLT_NOWHERE ? 0 : contract->take[take].serial;
    bind(&contract->object_slots, slot,
         (struct flt_slot){object, contract->object[object].number, take, serial});
}

void flt_clear_object_slot(struct flt_contract *contract, int8_t slot) {
    if (!is_slot(slot))
        return;
    contract->object_slots.bound &= ~(UINT64_C(1) << slot);
    contract->object_slots.failed &= ~(UINT64_C(1) << slot);
}

void flt_fail_slots(struct flt_contract *contract, const struct flt_call *call) {
    if (flt_wants(call, FLT_RESULT_handle))
        fail(&contract->handle_slots, call->result_slot[FLT_RESULT_handle]);
    if (flt_wants(call, FLT_RESULT_object))
        fail(&contract->object_slots, call->result_slot[FLT_RESULT_object]);
}

bool flt_slot_failed(const struct flt_slot_set *slots, int8_t slot) {
    return is_slot(slot) && slots->failed >> slot & 1;
}

const struct flt_slot *flt_slot_bound(const struct flt_slot_set *slots, int8_t slot) {
    return is_slot(slot) && slots->bound >> slot & 1 ? &slots->slot[slot] : NULL;
}
