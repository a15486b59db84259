/* The calls that make an object and a handle to it: the Flt opens, ZwCreateFile, and those of
 * objects that are no files. */
#include <inttypes.h>

#include "../include/wdm.h"
#include "predict.h"

/* ---- what is there to open ------------------------------------------------------------------- */

static enum flt_name_there what_is_there(const struct flt_call *call, uint8_t *file) {
    *file = 0;
    if (call->path_length == 0 || call->path[0] != u'\\')
        return FLT_NAME_BAD;
    const struct flt_name *name = flt_name_by_units(call->path, call->path_length);
    if (!name)
        return FLT_NAME_NOTHING;
    *file = name->id;
    return (enum flt_name_there)name->there;
}

/* ---- predicting ------------------------------------------------------------------------------ */

static void predict_new_handle(const struct flt_contract *contract, const struct flt_call *call,
                               enum flt_rule rule, struct flt_prediction *prediction) {
    const uint8_t table = flt_table_for_new_handle(contract, call);
    flt_find_table_breach(contract, call, table, prediction);
    flt_expect_new_handle(contract, table, rule, prediction);
}

/* The file is there: sharing is looked at before the table is. */
static void predict_file(const struct flt_contract *contract, const struct flt_call *call,
                         uint8_t file, struct flt_prediction *prediction) {
    const enum flt_rule rule = flt_sharing_rule(contract, call, file);
    if (rule == FLT_RULE_NONE)
        return;
    if (rule != FLT_RULE_share_conflict) {
        if (prediction->clause[0].rule == FLT_RULE_open_existing)
            prediction->clause[0].rule = rule; /* why it is not refused */
        return;
    }
    prediction->clauses = 0;
    flt_expect(prediction, rule, (uint32_t)STATUS_SHARING_VIOLATION);
}

static void predict_named_open(const struct flt_contract *contract, const struct flt_call *call,
                               struct flt_prediction *prediction) {
    uint8_t file;
    const enum flt_name_there there = what_is_there(call, &file);
    predict_new_handle(contract, call, FLT_RULE_open_existing, prediction);
    if (there == FLT_NAME_FILE) {
        predict_file(contract, call, file, prediction);
        return;
    }
    prediction->clauses = 0; /* the name is looked at before the table */
    if (there == FLT_NAME_BAD)
        flt_expect(prediction, FLT_RULE_open_name_syntax, (uint32_t)STATUS_OBJECT_PATH_SYNTAX_BAD);
    else
        flt_expect(prediction, FLT_RULE_open_missing, (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
}

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

static void predict_open(const struct flt_contract *contract, const struct flt_call *call,
                         struct flt_prediction *prediction) {
    predict_named_open(contract, call, prediction);
    if (flt_is_flt_open(call->opcode))
        predict_deleting(contract, call, prediction);
}

/* ---- what a successful open hands out -------------------------------------------------------- */

static void check_iosb(const struct flt_call *call, const struct flt_outcome *outcome,
                       struct flt_violation *violation) {
    const uint64_t information = outcome->out[FLT_RESULT_iosb];
    if (!flt_wants(call, FLT_RESULT_iosb) ||
        (outcome->iosb_status == outcome->status && information == FILE_OPENED))
        return;
    const bool untouched =
        information == call->fill && outcome->iosb_status == (uint32_t)call->fill;
    if (untouched)
        flt_violate(violation, FLT_RULE_open_iosb, "%s succeeded and left IoStatusBlock alone",
                    flt_calls[call->opcode].name);
    else
        flt_violate(violation, FLT_RULE_open_iosb,
                    "%s succeeded with IoStatusBlock {0x%08" PRIx32 ", 0x%" PRIx64
                    "}; it must be {0x%08" PRIx32 ", FILE_OPENED}",
                    flt_calls[call->opcode].name, outcome->iosb_status, information,
                    outcome->status);
}

/* ---- the new object -------------------------------------------------------------------------- */

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

static uint32_t new_object(struct flt_contract *contract, const struct flt_call *call,
                           enum flt_type type, const struct flt_outcome *outcome,
                           struct flt_violation *violation) {
    if (type != FLT_TYPE_FILE)
        return flt_new_object(contract, type, FLT_OBJECT_LIVE);
    if (flt_wants(call, FLT_RESULT_object))
        return object_by_output(contract, call, outcome->out[FLT_RESULT_object], violation);
    return object_by_create(contract);
}

/* ---- observing ------------------------------------------------------------------------------- */

/* FltOpenVolume asks for no access and no attributes: it grants what a volume's handle needs. */
static uint32_t open_handle(struct flt_contract *contract, const struct flt_call *call,
                            uint8_t table, uint64_t value, uint32_t object) {
    flt_own_object(contract, call, object);
    if (call->opcode != FLT_OP_FltOpenVolume) {
        const uint32_t handle = flt_add_new_handle(contract, call, table, value, object);
        uint8_t file;
        if (contract->object[object].type == FLT_TYPE_FILE &&
            what_is_there(call, &file) == FLT_NAME_FILE)
            flt_share(contract, call, object, file, contract->handle[handle].access);
        return handle;
    }
    const uint32_t handle = flt_open_handle(contract, table, value, object);
    flt_describe_new_handle(contract, call, handle, FILE_READ_ATTRIBUTES | SYNCHRONIZE, 0);
    return handle;
}

static void observe_open(struct flt_contract *contract, const struct flt_call *call,
                         enum flt_type type, const struct flt_outcome *outcome,
                         struct flt_violation *violation) {
    if (!flt_success(outcome->status)) {
        if (type == FLT_TYPE_FILE && flt_failed_at_a_step(call, outcome))
            flt_observe_undone_open(contract, violation);
        flt_observe_failure(contract, call, outcome, violation);
        return;
    }
    const uint8_t table = flt_table_for_new_handle(contract, call);
    const uint64_t value = outcome->out[FLT_RESULT_handle];
    check_iosb(call, outcome, violation);
    if (!flt_check_new_value(contract, call->opcode, call->fill, table, value, violation))
        return;
    const uint32_t object = new_object(contract, call, type, outcome, violation);
    if (object == FLT_NOWHERE)
        return;
    contract->unconfirmed = open_handle(contract, call, table, value, object);
    if (flt_wants(call, FLT_RESULT_object))
        flt_bind_object_slot(contract, call->result_slot[FLT_RESULT_object], object,
                             flt_add_reference(contract, object, call));
}

/* ---- the calls ------------------------------------------------------------------------------- */

FLT_PREDICT(FltCreateFile) {
    predict_open(contract, call, prediction);
}

FLT_OBSERVE(FltCreateFile) {
    observe_open(contract, call, FLT_TYPE_FILE, outcome, violation);
}

FLT_PREDICT(FltCreateFileEx) {
    predict_open(contract, call, prediction);
}

FLT_OBSERVE(FltCreateFileEx) {
    observe_open(contract, call, FLT_TYPE_FILE, outcome, violation);
}

FLT_PREDICT(FltCreateFileEx2) {
    predict_open(contract, call, prediction);
}

FLT_OBSERVE(FltCreateFileEx2) {
    observe_open(contract, call, FLT_TYPE_FILE, outcome, violation);
}

FLT_PREDICT(FltOpenVolume) {
    const uint64_t instance = call->arg[FLT_ARG_instance];
    if (instance == FLT_INSTANCE_NULL || flt_is_on_network(instance)) {
        flt_expect(prediction, FLT_RULE_open_volume, (uint32_t)STATUS_INVALID_PARAMETER);
        return;
    }
    if (flt_state_of_instance(contract, call) == FLT_INSTANCE_TEARING_DOWN) {
        flt_expect(prediction, FLT_RULE_open_deleting_volume, (uint32_t)STATUS_FLT_DELETING_OBJECT);
        return;
    }
    predict_new_handle(contract, call, FLT_RULE_open_volume, prediction);
    predict_deleting(contract, call, prediction);
}

FLT_OBSERVE(FltOpenVolume) {
    observe_open(contract, call, FLT_TYPE_FILE, outcome, violation);
}

FLT_PREDICT(ZwCreateFile) {
    predict_open(contract, call, prediction);
}

FLT_OBSERVE(ZwCreateFile) {
    observe_open(contract, call, FLT_TYPE_FILE, outcome, violation);
}

FLT_PREDICT(ZwCreateEvent) {
    predict_new_handle(contract, call, FLT_RULE_create_event, prediction);
}

FLT_OBSERVE(ZwCreateEvent) {
    observe_open(contract, call, FLT_TYPE_EVENT, outcome, violation);
}

FLT_PREDICT(ZwCreateSection) {
    predict_new_handle(contract, call, FLT_RULE_create_event, prediction);
}

FLT_OBSERVE(ZwCreateSection) {
    observe_open(contract, call, FLT_TYPE_SECTION, outcome, violation);
}

FLT_PREDICT(ZwOpenKey) {
    predict_new_handle(contract, call, FLT_RULE_create_event, prediction);
}

FLT_OBSERVE(ZwOpenKey) {
    observe_open(contract, call, FLT_TYPE_KEY, outcome, violation);
}
