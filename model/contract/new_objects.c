/* The file object of a new open: from the output that showed it, or from its IRPs. */
#include <inttypes.h>

#include "predict.h"

/* Nothing but the IRPs show it yet: the newest one that no open has taken is this open's. */
static uint32_t object_by_create(struct flt_contract *contract) {
    if (contract->provisional.count == 0)
        return flt_new_object(contract, FLT_TYPE_FILE, FLT_OBJECT_LIVE);
    const uint32_t object = contract->provisional.at[contract->provisional.count - 1];
    flt_take_over(contract, object);
    contract->object[object].told = FLT_TOLD_BY_CREATE;
    return object;
}

/* The object that the open handed out; FLT_NOWHERE after a violation. */
static uint32_t object_by_output(struct flt_contract *contract, const struct flt_call *call,
                                 uint64_t token, struct flt_violation *violation) {
    const char *name = flt_calls[call->opcode].name;
    if (token == 0 || token == call->fill) {
        flt_violate(violation, FLT_RULE_ex_returns_object,
                    "%s succeeded and handed out no file object", name);
        return FLT_NOWHERE;
    }
    uint32_t object = flt_holder_of_address(contract, token);
    if (object == FLT_NOWHERE) {
        object = flt_new_object(contract, FLT_TYPE_FILE, FLT_OBJECT_LIVE);
        flt_set_token(contract, object, token, FLT_TOLD_BY_OUTPUT);
    } else if (contract->object[object].state == FLT_OBJECT_PROVISIONAL) {
        flt_take_over(contract, object);
        contract->object[object].told = FLT_TOLD_BY_OUTPUT;
    } else {
        flt_violate(violation, FLT_RULE_open_new_object,
                    "%s handed out object %" PRIu32 ", which another open made", name,
                    contract->object[object].number);
        return FLT_NOWHERE;
    }
    return object;
}

uint32_t flt_new_file_object(struct flt_contract *contract, const struct flt_call *call,
                             const struct flt_outcome *outcome, struct flt_violation *violation) {
    if (flt_wants(call, FLT_RESULT_object))
        return object_by_output(contract, call, outcome->out[FLT_RESULT_object], violation);
    return object_by_create(contract);
}
