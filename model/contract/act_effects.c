/* What the calls of acts.c do: once the IRP has come that says so, or else when they are back. */
#include "state.h"

/* The act is on that object, in the same life. */
static bool is_on(const struct flt_contract *contract, const struct flt_act *act, uint32_t object) {
    return act->kind != FLT_ACT_CLOSES && act->record == object &&
           act->life == contract->object[object].number;
}

static void cancel(struct flt_contract *contract, uint32_t object,
                   struct flt_violation *violation) {
    contract->object[object].cancelled = true;
    flt_close_before_handle(contract, object, violation);
}

/* ---- the call is back ------------------------------------------------------------------------ */

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

void flt_end_cancel(struct flt_contract *contract, const struct flt_call *call,
                    struct flt_violation *violation) {
    const struct flt_act *act = flt_act_of(contract, call);
    if (act && is_on(contract, act, act->record) && contract->object[act->record].awaits_handle)
        cancel(contract, act->record, violation);
    flt_end_act(contract, call);
}

void flt_end_complete(struct flt_contract *contract, const struct flt_call *call,
                      struct flt_violation *violation) {
    const struct flt_act *act = flt_act_of(contract, call);
    if (act && is_on(contract, act, act->record) && contract->object[act->record].creating) {
        if (contract->object[act->record].awaits_handle)
            flt_close_before_handle(contract, act->record, violation);
        flt_end_create(contract, act->record);
    }
    flt_end_act(contract, call);
}

/* ---- an IRP came ----------------------------------------------------------------------------- */

static bool closes_last_handle(const struct flt_contract *contract, const struct flt_act *act,
                               uint32_t object) {
    const struct flt_handle_record *handle = &contract->handle[act->record];
    return handle->live && handle->life == act->life && handle->object == object &&
           contract->object[object].handles == 1;
}

static bool cleans(const struct flt_contract *contract, const struct flt_act *act,
                   uint32_t object) {
    if (act->done)
        return false;
    return act->kind == FLT_ACT_CLOSES
               ? closes_last_handle(contract, act, object)
               : contract->object[object].awaits_handle && act->kind != FLT_ACT_DEREFERENCES &&
                     is_on(contract, act, object);
}

/* A create's completion is not done with this: it has a reference, too. */
static void clean(struct flt_contract *contract, struct flt_act *act, uint32_t object,
                  struct flt_violation *violation) {
    act->done = act->kind != FLT_ACT_COMPLETES;
    if (act->kind == FLT_ACT_CLOSES)
        flt_close_handle(contract, act->record, FLT_IN_THREAD, violation);
    else if (act->kind == FLT_ACT_CANCELS)
        cancel(contract, object, violation);
    else
        flt_close_before_handle(contract, object, violation);
}

void flt_act_on_cleanup(struct flt_contract *contract, uint32_t object,
                        struct flt_violation *violation) {
    for (uint32_t i = contract->acts->count; i-- > 0;) {
        struct flt_act *act = &contract->acts->act[i];
        if (!cleans(contract, act, object))
            continue;
        clean(contract, act, object, violation);
        return;
    }
}

static bool drops_last_reference(const struct flt_contract *contract, const struct flt_act *act,
                                 uint32_t object) {
    const struct flt_object_record *record = &contract->object[object];
    if (act->done || !is_on(contract, act, object) || record->handles > 0)
        return false;
    return act->kind == FLT_ACT_DEREFERENCES
               ? record->references == 1 && !record->creating
               : act->kind == FLT_ACT_COMPLETES && record->references == 0 && record->creating &&
                     !record->awaits_handle;
}

void flt_act_on_close(struct flt_contract *contract, uint32_t object) {
    for (uint32_t i = contract->acts->count; i-- > 0;) {
        struct flt_act *act = &contract->acts->act[i];
        if (!drops_last_reference(contract, act, object))
            continue;
        act->done = true;
        if (act->kind == FLT_ACT_COMPLETES)
            flt_end_create(contract, object);
        else
            flt_drop_reference(contract, object, act->slot);
        return;
    }
}
