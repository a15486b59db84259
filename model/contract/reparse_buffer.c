/* The buffer of an open that stops on a link: the open hands it out in IoStatusBlock.Information,
 * TakeReparseBuffer says which it is, ExFreePool takes it back. It is an object without handles and
 * IRPs, with one reference while it is there. */
#include <inttypes.h>

#include "predict.h"

/* ---- an open that stopped -------------------------------------------------------------------- */

static bool check_buffer(struct flt_contract *contract, const struct flt_call *call,
                         const struct flt_outcome *outcome, struct flt_violation *violation) {
    const uint64_t information = outcome->out[FLT_RESULT_iosb];
    const char *name = flt_calls[call->opcode].name;
    if (outcome->iosb_status != outcome->status || information == 0 || information == call->fill) {
        flt_violate(violation, FLT_RULE_open_stops_on_symlink, "%s stopped on a link and left %s",
                    name,
                    outcome->iosb_status == outcome->status ? "no buffer in IoStatusBlock"
                                                            : "no status in IoStatusBlock");
        return false;
    }
    const uint32_t other = flt_holder_of_address(contract, information);
    if (other == FLT_NOWHERE)
        return true;
    flt_violate(violation, FLT_RULE_open_stops_on_symlink,
                "%s stopped on a link and left object %" PRIu32
                ", which was there before, as its buffer",
                name, contract->object[other].number);
    return false;
}

/* Nobody has a name for it yet. One that was to be taken cannot be any more. */
void flt_observe_stopped_open(struct flt_contract *contract, const struct flt_call *call,
                              const struct flt_outcome *outcome, struct flt_violation *violation) {
    if (!flt_wants(call, FLT_RESULT_iosb) || !check_buffer(contract, call, outcome, violation))
        return;
    const uint32_t buffer = flt_new_object(contract, FLT_TYPE_REPARSE_BUFFER, FLT_OBJECT_LIVE);
    flt_set_token(contract, buffer, outcome->out[FLT_RESULT_iosb], FLT_TOLD);
    const uint32_t take = flt_add_reference(contract, buffer, call);
    contract->take[take].slot = FLT_NO_SLOT;
    contract->untaken = (struct flt_slot){buffer, contract->object[buffer].number, take,
                                          contract->take[take].serial};
}

/* ---- TakeReparseBuffer ----------------------------------------------------------------------- */

uint32_t flt_untaken_buffer(const struct flt_contract *contract) {
    const struct flt_slot *untaken = &contract->untaken;
    if (untaken->record == FLT_NOWHERE)
        return FLT_NOWHERE;
    const struct flt_object_record *buffer = &contract->object[untaken->record];
    const bool there = buffer->state == FLT_OBJECT_LIVE && buffer->number == untaken->life;
    return there ? untaken->record : FLT_NOWHERE;
}

FLT_PREDICT(TakeReparseBuffer) {
    (void)contract, (void)call;
    flt_expect_quiet(prediction);
}

/* Its pointer, or NULL where there is none. */
static bool check_taken(const struct flt_contract *contract, uint32_t buffer, uint64_t token,
                        struct flt_violation *violation) {
    if (token == (buffer == FLT_NOWHERE ? 0 : contract->object[buffer].token))
        return true;
    if (buffer == FLT_NOWHERE)
        flt_violate(violation, FLT_RULE_open_stops_on_symlink,
                    "TakeReparseBuffer handed out a buffer, and no open left one to take");
    else
        flt_violate(violation, FLT_RULE_open_stops_on_symlink,
                    "TakeReparseBuffer did not hand out object %" PRIu32
                    ", the buffer of the last open that stopped on a link",
                    contract->object[buffer].number);
    return false;
}

FLT_OBSERVE(TakeReparseBuffer) {
    const uint32_t buffer = flt_untaken_buffer(contract);
    const uint32_t take = contract->untaken.take;
    const int8_t slot = call->result_slot[FLT_RESULT_object];
    if (!check_taken(contract, buffer, outcome->out[FLT_RESULT_object], violation))
        return;
    contract->untaken.record = FLT_NOWHERE;
    if (buffer == FLT_NOWHERE) {
        flt_clear_object_slot(contract, slot);
    } else {
        contract->take[take].slot = slot;
        flt_bind_object_slot(contract, slot, buffer, take);
    }
}

/* ---- ExFreePool ------------------------------------------------------------------------------ */

FLT_PREDICT(ExFreePool) {
    const uint32_t buffer = flt_find_buffer(contract, call, prediction);
    flt_expect_quiet(prediction);
    if (!prediction->withhold)
        flt_begin_dereference(contract, call, buffer);
}

FLT_OBSERVE(ExFreePool) {
    (void)outcome, (void)violation;
    flt_end_dereference(contract, call);
}
