/* A create between PostCreate and CreateComplete: there is a file object and no handle; what it is
 * borrowed from is the create. */
#include "predict.h"

/* No handle will confirm what the output said. */
void flt_begin_create(struct flt_contract *contract, const struct flt_call *call, uint32_t object) {
    struct flt_object_record *record = &contract->object[object];
    record->creating = record->awaits_handle = true;
    record->told = FLT_TOLD;
    flt_bind_object_slot(contract, call->result_slot[FLT_RESULT_object], object, FLT_NOWHERE);
    flt_touch(contract, object);
}

void flt_close_before_handle(struct flt_contract *contract, uint32_t object,
                             struct flt_violation *violation) {
    struct flt_object_record *record = &contract->object[object];
    record->awaits_handle = false;
    record->closed_in = FLT_IN_THREAD;
    flt_end_open(contract, object);
    flt_check_cleanup_process(record, violation);
    flt_touch(contract, object);
}

void flt_end_create(struct flt_contract *contract, uint32_t object) {
    contract->object[object].creating = false;
    flt_touch(contract, object);
    flt_retire_if_done(contract, object);
}
