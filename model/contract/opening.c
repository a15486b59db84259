/* The calls that open a file: the Flt opens and ZwCreateFile; and what PostCreate has in common
 * with them. What each comes to is found anew where it is observed: calls within it may have moved
 * names. */
#include <inttypes.h>

#include "../include/wdm.h"
#include "predict.h"

/* ---- what it comes to ------------------------------------------------------------------------ */

/* FltOpenVolume asks for no access: it grants what a volume's handle needs, and shares nothing. */
static struct flt_target volume_target(const struct flt_contract *contract,
                                       const struct flt_call *call) {
    struct flt_target target = {.rule = FLT_RULE_open_volume,
                                .name = FLT_NAME_ID_C,
                                .counted = true,
                                .granted = FILE_READ_ATTRIBUTES | SYNCHRONIZE,
                                .information = call->fill}; /* it has no IoStatusBlock */
    const uint64_t instance = call->arg[FLT_ARG_instance];
    if (instance == FLT_INSTANCE_NULL || flt_is_on_network(instance))
        flt_refuse(&target, FLT_RULE_open_volume, (uint32_t)STATUS_INVALID_PARAMETER);
    else if (flt_state_of_instance(contract, call) == FLT_INSTANCE_TEARING_DOWN)
        flt_refuse(&target, FLT_RULE_open_deleting_volume, (uint32_t)STATUS_FLT_DELETING_OBJECT);
    return target;
}

struct flt_target flt_target_of(const struct flt_contract *contract, const struct flt_call *call) {
    if (call->opcode == FLT_OP_FltOpenVolume)
        return volume_target(contract, call);
    return flt_makes_pipe(call->opcode) ? flt_find_pipe_target(contract, call)
                                        : flt_find_target(contract, call);
}

/* ---- breaches -------------------------------------------------------------------------------- */

static bool is_live_instance(const struct flt_contract *contract, const struct flt_call *call) {
    return flt_given(call, FLT_ARG_instance) != FLT_INSTANCE_NULL &&
           flt_state_of_instance(contract, call) != FLT_INSTANCE_GONE;
}

/* Of a volume, where somebody wants no more than its attributes and its security. */
static bool opens_volume_for_little(const struct flt_call *call, uint8_t name) {
    const uint32_t little =
        FILE_READ_ATTRIBUTES | READ_CONTROL | WRITE_DAC | WRITE_OWNER | SYNCHRONIZE;
    const uint32_t access = (uint32_t)call->arg[FLT_ARG_access];
    const struct flt_name *row = flt_name_by_id(name);
    return row && row->there == FLT_NAME_VOLUME && flt_is_flt_open(call->opcode) &&
           !flt_makes_pipe(call->opcode) && !(access & MAXIMUM_ALLOWED) &&
           (flt_asked_access(FLT_TYPE_FILE, access) & ~little) == 0;
}

void flt_find_name_breaches(const struct flt_contract *contract, const struct flt_call *call,
                            struct flt_prediction *prediction) {
    const struct flt_spelled spelled = flt_spell(contract, call);
    if (spelled.rule == FLT_RULE_NONE) {
        if (is_live_instance(contract, call) && flt_is_on_wrong_instance(call, spelled.name))
            flt_breach(prediction, FLT_RULE_instance_of_the_volume);
        if (opens_volume_for_little(call, spelled.name))
            flt_breach(prediction, FLT_RULE_volume_open_access);
    }
    flt_find_root_breaches(contract, call, prediction);
}

/* ---- predicting ------------------------------------------------------------------------------ */

/* Whoever is going away opens no more, or opens as ever. */
static void predict_deleting(const struct flt_contract *contract, const struct flt_call *call,
                             struct flt_prediction *prediction) {
    if (!flt_is_going_away(contract, call) || !flt_accepts(&contract->switches, deleting, refused))
        return;
    if (flt_chosen(&contract->switches, deleting, refused)) {
        prediction->clauses = 0; /* before the name, and the table */
        flt_expect(prediction, FLT_RULE_open_deleting, (uint32_t)STATUS_FLT_DELETING_OBJECT);
        return;
    }
    for (uint8_t i = 0; i < prediction->clauses; i++)
        flt_allow(&prediction->clause[i].allowed, FLT_RETURNED,
                  (uint32_t)STATUS_FLT_DELETING_OBJECT);
}

static void predict_outcome(const struct flt_contract *contract, uint8_t table,
                            const struct flt_target *target, struct flt_prediction *prediction) {
    struct flt_allowed *allowed =
        flt_success(target->status)
            ? flt_expect_new_handle(contract, table, target->rule, target->status, prediction)
            : flt_expect(prediction, target->rule, target->status);
    flt_allow_besides(target, allowed);
}

void flt_allow_besides(const struct flt_target *target, struct flt_allowed *allowed) {
    if (target->or_status)
        flt_allow(allowed, FLT_RETURNED, target->or_status);
    if (target->root_may_be_bad)
        flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_INVALID_HANDLE);
    if (target->may_be_invalid)
        flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_INVALID_PARAMETER);
}

void flt_predict_target(const struct flt_contract *contract, const struct flt_call *call,
                        const struct flt_target *target, struct flt_prediction *prediction) {
    const uint8_t table = flt_table_for_new_handle(contract, call);
    flt_find_table_breach(contract, call, table, prediction);
    predict_outcome(contract, table, target, prediction);
    /* On a volume that an instance is torn down from, or has none, FltOpenVolume has its own. */
    if (call->opcode == FLT_OP_FltOpenVolume ? flt_success(target->status)
                                             : flt_is_flt_open(call->opcode))
        predict_deleting(contract, call, prediction);
}

static void predict_file(const struct flt_contract *contract, const struct flt_call *call,
                         struct flt_prediction *prediction) {
    const struct flt_target target = flt_find_target(contract, call);
    flt_find_create_breaches(call, prediction);
    flt_find_name_breaches(contract, call, prediction);
    flt_predict_target(contract, call, &target, prediction);
}

/* ---- observing ------------------------------------------------------------------------------- */

/* What was done, by its name. */
static const char *name_of_action(uint64_t information) {
    static const char *const names[] = {
        [FILE_SUPERSEDED] = "FILE_SUPERSEDED",
        [FILE_OPENED] = "FILE_OPENED",
        [FILE_CREATED] = "FILE_CREATED",
        [FILE_OVERWRITTEN] = "FILE_OVERWRITTEN",
        [FILE_EXISTS] = "FILE_EXISTS",
        [FILE_DOES_NOT_EXIST] = "FILE_DOES_NOT_EXIST",
        [FILE_OPBATCH_BREAK_UNDERWAY] = "FILE_OPBATCH_BREAK_UNDERWAY",
    };
    return names[information];
}

/* Those that say what Information is have a rule of their own for it. */
static enum flt_rule rule_of_information(const struct flt_target *target) {
    const bool special = target->rule == FLT_RULE_open_target_directory ||
                         target->rule == FLT_RULE_pipe_create ||
                         target->rule == FLT_RULE_mailslot_create ||
                         target->information == FILE_OPBATCH_BREAK_UNDERWAY;
    return special ? target->rule : FLT_RULE_open_iosb;
}

static void check_iosb(const struct flt_call *call, const struct flt_target *target,
                       const struct flt_outcome *outcome, struct flt_violation *violation) {
    const uint64_t information = outcome->out[FLT_RESULT_iosb];
    const char *name = flt_calls[call->opcode].name;
    const bool says_status = outcome->iosb_status == outcome->status;
    if (!flt_wants(call, FLT_RESULT_iosb) || (says_status && information == target->information))
        return;
    const bool untouched =
        information == call->fill && outcome->iosb_status == (uint32_t)call->fill;
    if (untouched)
        flt_violate(violation, FLT_RULE_open_iosb, "%s succeeded and left IoStatusBlock alone",
                    name);
    else
        flt_violate(violation,
                    says_status && information != call->fill ? rule_of_information(target)
                                                             : FLT_RULE_open_iosb,
                    "%s succeeded with IoStatusBlock {0x%08" PRIx32 ", 0x%" PRIx64
                    "}; it must be {0x%08" PRIx32 ", %s}",
                    name, outcome->iosb_status, information, outcome->status,
                    name_of_action(target->information));
}

static void observe_success(struct flt_contract *contract, const struct flt_call *call,
                            const struct flt_target *target, const struct flt_outcome *outcome,
                            struct flt_violation *violation) {
    const uint8_t table = flt_table_for_new_handle(contract, call);
    const uint64_t value = outcome->out[FLT_RESULT_handle];
    const bool handle = call->opcode != FLT_OP_PostCreate; /* which comes before it */
    check_iosb(call, target, outcome, violation);
    if (handle && !flt_check_new_value(contract, call->opcode, call->fill, table, value, violation))
        return;
    const uint32_t object = flt_new_file_object(contract, call, outcome, violation);
    if (object == FLT_NOWHERE)
        return;
    flt_own_object(contract, call, object);
    flt_begin_open(contract, call, object, target);
    if (!handle) {
        flt_begin_create(contract, call, object);
        return;
    }
    contract->unconfirmed =
        flt_add_new_handle(contract, call, table, value, object, target->granted);
    if (flt_wants(call, FLT_RESULT_object))
        flt_bind_object_slot(contract, call->result_slot[FLT_RESULT_object], object,
                             flt_add_reference(contract, object, call));
}

/* The file system had opened it by then: what that made, replaced or broke stays so. */
static void begin_and_end(struct flt_contract *contract, const struct flt_call *call,
                          uint32_t object) {
    const struct flt_target target = flt_target_of(contract, call);
    if (!flt_success(target.status))
        return;
    flt_begin_open(contract, call, object, &target);
    flt_end_open(contract, object);
}

/* The open failed at a step: what came of its IRP_MJ_CREATE, if it sent one, is over. That
 * IRP_MJ_CLEANUP comes from no close: it is the open's own, in the thread's process. An object that
 * is still in use may be that of an open around this one; settling tells. */
static void observe_undone(struct flt_contract *contract, const struct flt_call *call,
                           struct flt_violation *violation) {
    if (contract->provisional.count == 0)
        return; /* it failed before */
    const uint32_t newest = contract->provisional.at[contract->provisional.count - 1];
    struct flt_object_record *object = &contract->object[newest];
    object->not_undone = !object->cleaned || !object->closed;
    if (object->not_undone)
        return;
    object->closed_in = FLT_IN_THREAD;
    flt_check_cleanup_process(object, violation);
    begin_and_end(contract, call, newest);
    flt_discard_provisional(contract, newest);
}

void flt_observe_open(struct flt_contract *contract, const struct flt_call *call,
                      const struct flt_outcome *outcome, struct flt_violation *violation) {
    const struct flt_target target = flt_target_of(contract, call);
    if (flt_success(outcome->status) && flt_success(target.status)) {
        observe_success(contract, call, &target, outcome, violation);
        return;
    }
    if (flt_failed_at_a_step(call, outcome))
        observe_undone(contract, call, violation);
    flt_observe_failure(contract, call, outcome, violation);
}

/* ---- the calls ------------------------------------------------------------------------------- */

FLT_PREDICT(FltCreateFile) {
    predict_file(contract, call, prediction);
}

FLT_OBSERVE(FltCreateFile) {
    flt_observe_open(contract, call, outcome, violation);
}

FLT_PREDICT(FltCreateFileEx) {
    predict_file(contract, call, prediction);
}

FLT_OBSERVE(FltCreateFileEx) {
    flt_observe_open(contract, call, outcome, violation);
}

FLT_PREDICT(FltCreateFileEx2) {
    predict_file(contract, call, prediction);
}

FLT_OBSERVE(FltCreateFileEx2) {
    flt_observe_open(contract, call, outcome, violation);
}

FLT_PREDICT(FltOpenVolume) {
    const struct flt_target target = flt_target_of(contract, call);
    flt_predict_target(contract, call, &target, prediction);
}

FLT_OBSERVE(FltOpenVolume) {
    flt_observe_open(contract, call, outcome, violation);
}

FLT_PREDICT(ZwCreateFile) {
    predict_file(contract, call, prediction);
}

FLT_OBSERVE(ZwCreateFile) {
    flt_observe_open(contract, call, outcome, violation);
}
