/* Calls that take something away, while they are under way. Their IRPs come before their outcomes,
 * and calls within them may be handed the same value or the same address again. So what such a call
 * takes is noted when it is predicted, and is gone once the IRP that says so has come
 * (act_effects.c). */
#include "state.h"

struct flt_act *flt_act_of(const struct flt_contract *contract, const struct flt_call *call) {
    struct flt_acts *acts = contract->acts;
    for (uint32_t i = acts->count; i-- > 0;)
        if (acts->act[i].step == call->step)
            return &acts->act[i];
    return NULL;
}

/* A call that is predicted again acts on what it names now. Deeper than there is room for, calls
 * are judged as if nothing could happen within them. */
static void begin(const struct flt_contract *contract, const struct flt_call *call,
                  struct flt_act what) {
    struct flt_acts *acts = contract->acts;
    struct flt_act *act = flt_act_of(contract, call);
    if (!act && acts->count < FLT_MAX_ACTS)
        act = &acts->act[acts->count++];
    if (act)
        *act = what;
}

struct flt_about_handle flt_about(const struct flt_contract *contract, uint32_t handle) {
    const struct flt_handle_record *record = &contract->handle[handle];
    const struct flt_object_record *object = &contract->object[record->object];
    return (struct flt_about_handle){.opener = record->opener,
                                     .flags = record->flags,
                                     .type = (uint8_t)object->type,
                                     .object_by_flt = object->by_flt,
                                     .owner_is_gone = flt_is_flt_open(record->opener) &&
                                                      flt_owner_is_gone(contract, object)};
}

void flt_begin_close(const struct flt_contract *contract, const struct flt_call *call,
                     uint32_t handle) {
    begin(contract, call,
          (struct flt_act){.step = call->step,
                           .record = handle,
                           .life = contract->handle[handle].life,
                           .slot = FLT_NO_SLOT,
                           .kind = FLT_ACT_CLOSES,
                           .about = flt_about(contract, handle)});
}

static void begin_on_object(const struct flt_contract *contract, const struct flt_call *call,
                            uint32_t object, enum flt_act_kind kind) {
    begin(contract, call,
          (struct flt_act){.step = call->step,
                           .record = object,
                           .life = contract->object[object].number,
                           .slot = call->slot[FLT_ARG_object],
                           .kind = (uint8_t)kind});
}

void flt_begin_dereference(const struct flt_contract *contract, const struct flt_call *call,
                           uint32_t object) {
    begin_on_object(contract, call, object, FLT_ACT_DEREFERENCES);
}

void flt_begin_cancel(const struct flt_contract *contract, const struct flt_call *call,
                      uint32_t object) {
    begin_on_object(contract, call, object, FLT_ACT_CANCELS);
}

void flt_begin_complete(const struct flt_contract *contract, const struct flt_call *call,
                        uint32_t object) {
    begin_on_object(contract, call, object, FLT_ACT_COMPLETES);
}

void flt_end_act(struct flt_contract *contract, const struct flt_call *call) {
    const struct flt_act *act = flt_act_of(contract, call);
    if (act) /* calls within this one are over, so that theirs go with it */
        contract->acts->count = (uint32_t)(act - contract->acts->act);
}
