/* A handle is closed: what it leaves of its table, its object and the open. */
#include <inttypes.h>

#include "predict.h"

void flt_check_cleanup_process(const struct flt_object_record *object,
                               struct flt_violation *violation) {
    const uint8_t process =
        object->closed_in == FLT_IN_THREAD ? object->thread_in : object->closed_in;
    if (!object->cleaned || !flt_is_past_cleanup(object) || object->cleaned_in == process)
        return;
    flt_violate(violation, FLT_RULE_irp_cleanup_in_closing_process,
                "IRP_MJ_CLEANUP for object %" PRIu32 " in %s, the handle was closed in %s",
                object->number, flt_constant_name(FLT_GROUP_PROCESS, object->cleaned_in),
                flt_constant_name(FLT_GROUP_PROCESS, process));
}

void flt_close_handle(struct flt_contract *contract, uint32_t handle, uint8_t process,
                      struct flt_violation *violation) {
    struct flt_handle_record *record = &contract->handle[handle];
    record->live = false;
    flt_sum_handle(contract, handle);
    contract->table[record->table].live--;
    const uint32_t last = contract->live_handles.at[--contract->live_handles.count];
    contract->live_handles.at[record->place] = last;
    contract->handle[last].place = record->place;
    if (contract->unconfirmed == handle)
        contract->unconfirmed = FLT_NOWHERE;
    if (contract->nameless == handle)
        contract->nameless = FLT_NOWHERE;
    contract->object[record->object].handles--;
    contract->object[record->object].closed_in = process;
    if (contract->object[record->object].handles == 0)
        flt_end_open(contract, record->object);
    flt_check_cleanup_process(&contract->object[record->object], violation);
    flt_touch(contract, record->object);
    flt_retire_if_done(contract, record->object);
}
