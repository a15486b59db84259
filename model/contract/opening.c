/* FltCreateFile, FltCreateFileEx, ZwCreateFile, ZwCreateEvent: what they return, the handle and the
 * object that they hand out. */
#include <inttypes.h>

#include "../include/wdm.h"
#include "predict.h"

/* ---- what is there to open ------------------------------------------------------------------- */

static enum flt_name_there what_is_there(const struct flt_call *call) {
    if (call->path_length == 0 || call->path[0] != u'\\')
        return FLT_NAME_BAD;
    const struct flt_name *name = flt_name_by_units(call->path, call->path_length);
    return name ? (enum flt_name_there)name->there : FLT_NAME_NOTHING;
}

/* ---- room in the table ----------------------------------------------------------------------- */

enum { SMALL_TABLE = 12, WINDOWS_TABLE = (1 << 24) - (1 << 16) };

enum room { HAS_ROOM, MAY_BE_FULL, IS_FULL };

static enum room room_by(const struct flt_contract *contract, const struct flt_table *table,
                         uint64_t size) {
    if (table->live >= size)
        return IS_FULL;
    if (table->issued < size || flt_chosen(&contract->switches, reuse, immediate))
        return HAS_ROOM;
    return flt_chosen(&contract->switches, reuse, never) ? IS_FULL : MAY_BE_FULL;
}

static enum room room_in(const struct flt_contract *contract, uint8_t table) {
    const struct flt_table *rows = &contract->table[table];
    if (flt_chosen(&contract->switches, geometry, small))
        return room_by(contract, rows, SMALL_TABLE);
    const enum room room = room_by(contract, rows, WINDOWS_TABLE);
    if (flt_chosen(&contract->switches, geometry, windows) || room != HAS_ROOM)
        return room;
    return room_by(contract, rows, SMALL_TABLE) == HAS_ROOM ? HAS_ROOM : MAY_BE_FULL;
}

/* ---- predicting ------------------------------------------------------------------------------ */

/* The last step of every open: a handle in a table. */
static void predict_new_handle(const struct flt_contract *contract, const struct flt_call *call,
                               enum flt_rule rule, struct flt_prediction *prediction) {
    const uint8_t table = flt_table_for_new_handle(contract, call);
    const enum room room = room_in(contract, table);
    if (flt_thread_of(contract, call)->process != FLT_PROCESS_SYSTEM && table != FLT_TABLE_KERNEL)
        flt_breach(prediction, FLT_RULE_kernel_handle_outside_system);
    if (room == IS_FULL) {
        flt_expect(prediction, FLT_RULE_open_table_full, (uint32_t)STATUS_INSUFFICIENT_RESOURCES);
        return;
    }
    struct flt_allowed *allowed = flt_expect(prediction, rule, STATUS_SUCCESS);
    if (room == MAY_BE_FULL)
        flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_INSUFFICIENT_RESOURCES);
}

static void predict_open(const struct flt_contract *contract, const struct flt_call *call,
                         struct flt_prediction *prediction) {
    predict_new_handle(contract, call, FLT_RULE_open_existing, prediction);
    const enum flt_name_there there = what_is_there(call);
    if (there == FLT_NAME_FILE)
        return;
    prediction->clauses = 0; /* the name is looked at before the table */
    if (there == FLT_NAME_BAD)
        flt_expect(prediction, FLT_RULE_open_name_syntax, (uint32_t)STATUS_OBJECT_PATH_SYNTAX_BAD);
    else
        flt_expect(prediction, FLT_RULE_open_missing, (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
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

/* The rule that a new handle's value breaks. */
static enum flt_rule wrong_value(const struct flt_contract *contract, const struct flt_call *call,
                                 uint8_t table, uint64_t value) {
    if (value == 0 || value == UINT64_MAX || value == call->fill || value & FLT_HANDLE_TAG_BITS)
        return FLT_RULE_handle_value_form;
    const uint64_t bits = value & FLT_KERNEL_HANDLE_BITS;
    if (bits != (table == FLT_TABLE_KERNEL ? FLT_KERNEL_HANDLE_BITS : 0))
        return FLT_RULE_handle_value_half;
    const uint32_t known = flt_find_handle(contract, table, value);
    if (known != FLT_NOWHERE &&
        (contract->handle[known].live || flt_chosen(&contract->switches, reuse, never)))
        return FLT_RULE_handle_value_fresh;
    return FLT_RULE_NONE;
}

static bool check_value(const struct flt_contract *contract, const struct flt_call *call,
                        uint8_t table, uint64_t value, struct flt_violation *violation) {
    const enum flt_rule rule = wrong_value(contract, call, table, value);
    const char *name = flt_calls[call->opcode].name;
    if (rule == FLT_RULE_NONE)
        return true;
    if (value == call->fill)
        flt_violate(violation, rule, "%s succeeded and handed out no handle", name);
    else if (rule == FLT_RULE_handle_value_fresh)
        flt_violate(
            violation, rule, "%s handed out 0x%" PRIx64 ", which %s in its table", name, value,
            contract->handle[flt_find_handle(contract, table, value)].live ? "is live"
                                                                           : "was used before");
    else
        flt_violate(violation, rule, "%s handed out 0x%" PRIx64 " for %s", name, value,
                    table == FLT_TABLE_KERNEL ? "the kernel table" : "a process's table");
    return false;
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

/* The object that FltCreateFileEx handed out; FLT_NOWHERE after a violation. */
static uint32_t object_by_output(struct flt_contract *contract, const struct flt_call *call,
                                 uint64_t token, struct flt_violation *violation) {
    if (token == 0 || token == call->fill) {
        flt_violate(violation, FLT_RULE_ex_returns_object,
                    "FltCreateFileEx succeeded and handed out no file object");
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
                    "FltCreateFileEx handed out object %" PRIu32 ", which another open made",
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

static uint32_t open_handle(struct flt_contract *contract, const struct flt_call *call,
                            uint8_t table, uint64_t value, uint32_t object) {
    const uint32_t handle = flt_open_handle(contract, table, value, object);
    struct flt_handle_record *record = &contract->handle[handle];
    record->access = flt_granted_access((enum flt_type)contract->object[object].type,
                                        (uint32_t)call->arg[FLT_ARG_access]);
    record->flags = call->arg[FLT_ARG_attributes] & OBJ_INHERIT ? FLT_HANDLE_INHERIT : 0;
    record->step = call->step;
    record->slot = call->result_slot[FLT_RESULT_handle];
    record->by_flt = call->opcode == FLT_OP_FltCreateFile || call->opcode == FLT_OP_FltCreateFileEx;
    return handle;
}

static void observe_open(struct flt_contract *contract, const struct flt_call *call,
                         enum flt_type type, const struct flt_outcome *outcome,
                         struct flt_violation *violation) {
    if (!flt_success(outcome->status)) {
        flt_observe_failure(contract, call, outcome, violation);
        return;
    }
    const uint8_t table = flt_table_for_new_handle(contract, call);
    const uint64_t value = outcome->out[FLT_RESULT_handle];
    check_iosb(call, outcome, violation);
    if (!check_value(contract, call, table, value, violation))
        return;
    const uint32_t object = new_object(contract, call, type, outcome, violation);
    if (object == FLT_NOWHERE)
        return;
    const uint32_t handle = open_handle(contract, call, table, value, object);
    contract->unconfirmed = handle;
    flt_bind_handle_slot(contract, call->result_slot[FLT_RESULT_handle], handle);
    if (flt_wants(call, FLT_RESULT_object))
        flt_bind_object_slot(contract, call->result_slot[FLT_RESULT_object], object,
                             flt_add_reference(contract, object, call));
}

/* ---- the calls ------------------------------------------------------------------------------- */

void flt_predict_FltCreateFile(const struct flt_contract *contract, const struct flt_call *call,
                               struct flt_prediction *prediction) {
    predict_open(contract, call, prediction);
}

void flt_observe_FltCreateFile(struct flt_contract *contract, const struct flt_call *call,
                               const struct flt_outcome *outcome, struct flt_violation *violation) {
    observe_open(contract, call, FLT_TYPE_FILE, outcome, violation);
}

void flt_predict_FltCreateFileEx(const struct flt_contract *contract, const struct flt_call *call,
                                 struct flt_prediction *prediction) {
    predict_open(contract, call, prediction);
}

void flt_observe_FltCreateFileEx(struct flt_contract *contract, const struct flt_call *call,
                                 const struct flt_outcome *outcome,
                                 struct flt_violation *violation) {
    observe_open(contract, call, FLT_TYPE_FILE, outcome, violation);
}

void flt_predict_ZwCreateFile(const struct flt_contract *contract, const struct flt_call *call,
                              struct flt_prediction *prediction) {
    predict_open(contract, call, prediction);
}

void flt_observe_ZwCreateFile(struct flt_contract *contract, const struct flt_call *call,
                              const struct flt_outcome *outcome, struct flt_violation *violation) {
    observe_open(contract, call, FLT_TYPE_FILE, outcome, violation);
}

void flt_predict_ZwCreateEvent(const struct flt_contract *contract, const struct flt_call *call,
                               struct flt_prediction *prediction) {
    predict_new_handle(contract, call, FLT_RULE_create_event, prediction);
}

void flt_observe_ZwCreateEvent(struct flt_contract *contract, const struct flt_call *call,
                               const struct flt_outcome *outcome, struct flt_violation *violation) {
    observe_open(contract, call, FLT_TYPE_EVENT, outcome, violation);
}
