/* The IRPs of file objects: what is wrong at once, and what is wrong once the calls are over. */
#include <inttypes.h>

#include "predict.h"

/* ---- as they come ---------------------------------------------------------------------------- */

static void created(struct flt_contract *contract, const struct flt_event *event,
                    struct flt_violation *violation) {
    const uint32_t object = flt_holder_of_address(contract, event->token);
    if (object != FLT_NOWHERE) {
        flt_violate(violation, FLT_RULE_irp_create_first,
                    "IRP_MJ_CREATE for object %" PRIu32 ", which is open already",
                    contract->object[object].number);
        return;
    }
    const uint32_t new = flt_new_object(contract, FLT_TYPE_FILE, FLT_OBJECT_PROVISIONAL);
    flt_set_token(contract, new, event->token, FLT_TOLD_BY_CREATE);
    contract->object[new].created = true;
}

/* The closing thread is the one that the system is called from: threads do not overlap yet. */
static void cleaned(const struct flt_contract *contract, const struct flt_event *event,
                    struct flt_object_record *object, struct flt_violation *violation) {
    if (object->cleaned) {
        flt_violate(violation, FLT_RULE_irp_cleanup_once,
                    "a second IRP_MJ_CLEANUP for object %" PRIu32, object->number);
        return;
    }
    object->cleaned = true;
    object->cleaned_in = event->process;
    object->thread_in = flt_process_of(&contract->thread[0]);
    if (object->state == FLT_OBJECT_LIVE)
        flt_check_cleanup_process(object, violation);
}

static void closed(struct flt_object_record *object, struct flt_violation *violation) {
    if (object->closed)
        flt_violate(violation, FLT_RULE_irp_close_once, "a second IRP_MJ_CLOSE for object %" PRIu32,
                    object->number);
    else if (!object->cleaned)
        flt_violate(violation, FLT_RULE_irp_close_after_cleanup,
                    "IRP_MJ_CLOSE for object %" PRIu32 " before its IRP_MJ_CLEANUP",
                    object->number);
    object->closed = true;
}

static const char *const irp_names[] = {"IRP_MJ_CREATE", "IRP_MJ_CLEANUP", "IRP_MJ_CLOSE"};

void flt_contract_event(struct flt_contract *contract, const struct flt_event *event,
                        struct flt_violation *violation) {
    const uint32_t object = flt_find_object(contract, event->token);
    const bool is_file = object != FLT_NOWHERE && contract->object[object].type == FLT_TYPE_FILE;
    const bool create = event->kind == FLT_EVENT_CREATE;
    if (event->token == 0 || (object == FLT_NOWHERE ? !create : !is_file)) {
        flt_violate(violation, FLT_RULE_irp_for_known_object, "%s for %s",
                    irp_names[event->kind % (FLT_EVENT_CLOSE + 1)],
                    object == FLT_NOWHERE ? "an object that is gone or was never opened"
                                          : "an object that is no file object");
        return;
    }
    if (create) {
        created(contract, event, violation);
        return;
    }
    flt_touch(contract, object);
    if (event->kind == FLT_EVENT_CLEANUP) {
        flt_act_on_cleanup(contract, object, violation);
        cleaned(contract, event, &contract->object[object], violation);
    } else {
        flt_act_on_close(contract, object);
        closed(&contract->object[object], violation);
    }
}

/* ---- when the calls are over ----------------------------------------------------------------- */

static void check_irps(const struct flt_object_record *object, struct flt_violation *violation) {
    if (object->type != FLT_TYPE_FILE)
        return;
    if (!object->created)
        flt_violate(violation, FLT_RULE_irp_create_first,
                    "object %" PRIu32 " was opened without IRP_MJ_CREATE", object->number);
    else if (object->cleaned && object->handles > 0)
        flt_violate(violation, FLT_RULE_irp_cleanup_at_last_handle,
                    "IRP_MJ_CLEANUP for object %" PRIu32 " with %" PRIu32 " handles open",
                    object->number, object->handles);
    else if (object->cleaned && object->awaits_handle)
        flt_violate(violation, FLT_RULE_irp_cleanup_at_last_handle,
                    "IRP_MJ_CLEANUP for object %" PRIu32 ", which is still being opened",
                    object->number);
    else if (!object->cleaned && object->cancelled)
        flt_violate(violation, FLT_RULE_cancel_open_closes,
                    "no IRP_MJ_CLEANUP for object %" PRIu32 ", its open was cancelled",
                    object->number);
    else if (!object->cleaned && flt_is_past_cleanup(object))
        flt_violate(violation, FLT_RULE_irp_cleanup_at_last_handle,
                    "no IRP_MJ_CLEANUP for object %" PRIu32 ", its last handle is closed",
                    object->number);
    else if (object->closed && flt_is_held(object))
        flt_violate(violation, FLT_RULE_irp_close_at_last_reference,
                    "IRP_MJ_CLOSE for object %" PRIu32 " with %" PRIu32 " handles and %" PRIu32
                    " references left",
                    object->number, object->handles, object->references + object->creating);
}

static void settle_touched(struct flt_contract *contract, struct flt_violation *violation) {
    for (uint32_t i = 0; i < contract->touched.count; i++) {
        const uint32_t object = contract->touched.at[i];
        if (contract->object[object].state == FLT_OBJECT_LIVE) {
            check_irps(&contract->object[object], violation);
            flt_retire_if_done(contract, object);
        }
        contract->object[object].touched = false;
        flt_sum_object(contract, object);
    }
    contract->touched.count = 0;
}

/* When IRP_MJ_CLOSE comes is the system's choice; that it comes is not. */
static void check_closes(const struct flt_contract *contract, struct flt_violation *violation) {
    for (uint32_t i = 0; i < contract->live_objects.count; i++) {
        const struct flt_object_record *object = &contract->object[contract->live_objects.at[i]];
        if (object->type == FLT_TYPE_FILE && !flt_is_held(object))
            flt_violate(violation, FLT_RULE_irp_close_at_last_reference,
                        "no IRP_MJ_CLOSE for object %" PRIu32
                        ", nothing of it is left but the object",
                        object->number);
    }
}

/* No open is under way: an object that is still provisional is nobody's. */
static void check_provisional(const struct flt_contract *contract,
                              struct flt_violation *violation) {
    for (uint32_t i = 0; i < contract->provisional.count; i++) {
        const struct flt_object_record *object = &contract->object[contract->provisional.at[i]];
        if (object->not_undone)
            flt_violate(violation, FLT_RULE_failed_open_undone,
                        "object %" PRIu32 " had no %s when its open failed", object->number,
                        object->cleaned ? "IRP_MJ_CLOSE" : "IRP_MJ_CLEANUP");
        else
            flt_violate(violation, FLT_RULE_irp_for_known_object,
                        "IRP_MJ_CREATE for object %" PRIu32 ", which no call opened",
                        object->number);
    }
}

void flt_contract_settle(struct flt_contract *contract, bool at_end,
                         struct flt_violation *violation) {
    if (contract->touched.count > 0)
        settle_touched(contract, violation);
    flt_sum_handles(contract);
    check_provisional(contract, violation);
    if (at_end)
        check_closes(contract, violation);
}
