/* Lists of extra create parameters: one call hands them out, one takes them back, creates carry
 * them. A list is an object without handles and IRPs, with one reference while it is there. */
#include <inttypes.h>

#include "../include/wdm.h"
#include "predict.h"

void flt_find_ecp_breaches(const struct flt_contract *contract, const struct flt_call *call,
                           struct flt_prediction *prediction) {
    flt_find_list(contract, call, FLT_ARG_ecp, prediction);
}

/* ---- FltAllocateExtraCreateParameterList ----------------------------------------------------- */

FLT_PREDICT(FltAllocateExtraCreateParameterList) {
    (void)contract, (void)call;
    flt_expect(prediction, FLT_RULE_ecp_allocate, (uint32_t)STATUS_SUCCESS);
}

static bool check_new_list(struct flt_contract *contract, const struct flt_call *call,
                           uint64_t token, struct flt_violation *violation) {
    const char *name = flt_calls[call->opcode].name;
    if (token == 0 || token == call->fill) {
        flt_violate(violation, FLT_RULE_ecp_allocate, "%s succeeded and handed out no list", name);
        return false;
    }
    const uint32_t other = flt_holder_of_address(contract, token);
    if (other == FLT_NOWHERE)
        return true;
    flt_violate(violation, FLT_RULE_ecp_allocate,
                "%s handed out object %" PRIu32 ", which was there before", name,
                contract->object[other].number);
    return false;
}

FLT_OBSERVE(FltAllocateExtraCreateParameterList) {
    const uint64_t token = outcome->out[FLT_RESULT_object];
    if (!flt_success(outcome->status)) {
        if (token != 0) /* its page says so, as few others do */
            flt_violate(violation, FLT_RULE_ecp_allocate, "%s failed and did not clear its output",
                        flt_calls[call->opcode].name);
        flt_fail_slots(contract, call);
        return;
    }
    if (!check_new_list(contract, call, token, violation))
        return;
    const uint32_t list = flt_new_object(contract, FLT_TYPE_ECP_LIST, FLT_OBJECT_LIVE);
    flt_set_token(contract, list, token, FLT_TOLD);
    flt_bind_object_slot(contract, call->result_slot[FLT_RESULT_object], list,
                         flt_add_reference(contract, list, call));
}

/* ---- FltFreeExtraCreateParameterList --------------------------------------------------------- */

FLT_PREDICT(FltFreeExtraCreateParameterList) {
    const uint32_t list = flt_find_list(contract, call, FLT_ARG_object, prediction);
    flt_expect_quiet(prediction);
    if (!prediction->withhold)
        flt_begin_dereference(contract, call, list);
}

FLT_OBSERVE(FltFreeExtraCreateParameterList) {
    (void)outcome, (void)violation;
    flt_end_dereference(contract, call);
}
