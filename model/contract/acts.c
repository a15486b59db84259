/* Calls that take something away, while they are under way. Their IRPs come before their outcomes,
 * and calls within them may be handed the same value or the same address again. So what such a call
 * takes is noted when it is predicted, and is gone once the IRP that says so has come. */
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
                           .closes = true,
                           .about = flt_about(contract, handle)});
}

void flt_begin_dereference(const struct flt_contract *contract, const struct flt_call *call,
                           uint32_t object) {
    begin(contract, call,
          (struct flt_act){.step = call->step,
                           .record = object,
                           .life = contract->object[object].number,
                           .slot = call->slot[FLT_ARG_object]});
}

void flt_end_act(struct flt_contract *contract, const struct flt_call *call) {
    const struct flt_act *act = flt_act_of(contract, call);
    if (act) /* calls within this one are over, so that theirs go with it */
        contract->acts->count = (uint32_t)(act - contract->acts->act);
}

void flt_end_dereference(struct flt_contract *contract, const struct flt_call *call) {
    const struct flt_act *act = flt_act_of(contract, call);
    if (act && !act->done) {
        /* Calls within this one may have dropped the last reference since it was let through. */
        const struct flt_object_record *object = &contract->object[act->record];
        if (object->number == act->life && object->references > 0)
            flt_drop_reference(contract, act->record, act->slot);
    }
    flt_end_act(contract, call);
}

static bool closes_last_handle(const struct flt_contract *contract, const struct flt_act *act,
                               uint32_t object) {
    if (!act->closes || act->done)
        return false;
    const struct flt_handle_record *handle = &contract->handle[act->record];
    return handle->live && handle->life == act->life && handle->object == object &&
           contract->object[object].handles == 1;
}

void flt_act_on_cleanup(struct flt_contract *contract, uint32_t object,
                        struct flt_violation *violation) {
    for (uint32_t i = contract->acts->count; i-- > 0;) {
        struct flt_act *act = &contract->acts->act[i];
        if (!closes_last_handle(contract, act, object))
            continue;
        act->done = true;
        flt_close_handle(contract, act->record, FLT_IN_THREAD, violation);
        return;
    }
}

static bool drops_last_reference(const struct flt_contract *contract, const struct flt_act *act,
                                 uint32_t object) {
    const struct flt_object_record *record = &contract->object[object];
    return !act->closes && !act->done && act->record == object && act->life == record->number &&
           record->references == 1 && record->handles == 0;
}

void flt_act_on_close(struct flt_contract *contract, uint32_t object) {
    for (uint32_t i = contract->acts->count; i-- > 0;) {
        struct flt_act *act = &contract->acts->act[i];
        if (!drops_last_reference(contract, act, object))
            continue;
        act->done = true;
        flt_drop_reference(contract, object, act->slot);
        return;
    }
}
