/* Which object a handle is of: adopted from the system, then held against it. */
#include <inttypes.h>

#include "predict.h"

bool flt_contract_needs_token(const struct flt_contract *contract, uint8_t *table,
                              uint64_t *value) {
    if (contract->unconfirmed == FLT_NOWHERE)
        return false;
    *table = contract->handle[contract->unconfirmed].table;
    *value = contract->handle[contract->unconfirmed].value;
    return true;
}

/* The handle turns out to be of another object than the one that was guessed from the IRPs. The
 * guess goes back to the opens that are still under way. */
static void move_handle(struct flt_contract *contract, struct flt_handle_record *handle,
                        uint32_t object) {
    const uint32_t guess = handle->object;
    contract->object[guess].handles--;
    contract->object[object].handles++;
    contract->object[object].by_flt = contract->object[guess].by_flt;
    contract->object[object].filter = contract->object[guess].filter;
    contract->object[object].instance = contract->object[guess].instance;
    contract->object[object].registration = contract->object[guess].registration;
    flt_move_open(contract, guess, object);
    handle->object = object;
    contract->unsummed = true; /* seldom */
    flt_touch(contract, object);
    flt_give_back(contract, guess);
}

/* The row names an object that is not the handle's own as known so far. */
static void bind_other(struct flt_contract *contract, struct flt_handle_record *handle,
                       uint64_t token, struct flt_violation *violation) {
    struct flt_object_record *own = &contract->object[handle->object];
    const uint32_t found = flt_holder_of_address(contract, token);
    if (own->told == FLT_TOLD_BY_OUTPUT) {
        flt_violate(violation, FLT_RULE_ex_returns_object,
                    "%s handed out object %" PRIu32 " with a handle of another object",
                    flt_calls[handle->opener].name, own->number);
    } else if (found != FLT_NOWHERE && (contract->object[found].state != FLT_OBJECT_PROVISIONAL ||
                                        own->told == FLT_TOLD_NOTHING)) {
        flt_violate(violation, FLT_RULE_open_new_object,
                    "the new handle 0x%" PRIx64 " is of object %" PRIu32 ", which was there before",
                    handle->value, contract->object[found].number);
    } else if (own->told == FLT_TOLD_NOTHING) {
        flt_set_token(contract, handle->object, token, FLT_TOLD);
    } else if (found == FLT_NOWHERE) {
        flt_violate(violation, FLT_RULE_irp_create_first,
                    "the new handle 0x%" PRIx64 " is of an object without IRP_MJ_CREATE",
                    handle->value);
    } else {
        flt_take_over(contract, found);
        contract->object[found].told = FLT_TOLD;
        move_handle(contract, handle, found);
    }
}

void flt_contract_bind(struct flt_contract *contract, uint8_t table, uint64_t value, uint64_t token,
                       struct flt_violation *violation) {
    const uint32_t at = flt_find_handle(contract, table, value);
    if (at == FLT_NOWHERE || !contract->handle[at].live)
        return;
    struct flt_handle_record *handle = &contract->handle[at];
    struct flt_object_record *own = &contract->object[handle->object];
    if (contract->unconfirmed == at)
        contract->unconfirmed = FLT_NOWHERE;
    if (token == 0)
        flt_violate(violation, FLT_RULE_open_new_object,
                    "the new handle 0x%" PRIx64 " is of no object", value);
    else if (own->token == token)
        own->told = FLT_TOLD;
    else if (own->told != FLT_TOLD) /* else it is the comparison of the tables that says so */
        bind_other(contract, handle, token, violation);
}
