/* The last step of every call that makes a handle: room in the table, the value, the record. */
#include <inttypes.h>

#include "../include/wdm.h"
#include "predict.h"

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

struct flt_allowed *flt_expect_new_handle(const struct flt_contract *contract, uint8_t table,
                                          enum flt_rule rule, uint32_t status,
                                          struct flt_prediction *prediction) {
    const enum room room = room_in(contract, table);
    if (room == IS_FULL)
        return flt_expect(prediction, FLT_RULE_open_table_full,
                          (uint32_t)STATUS_INSUFFICIENT_RESOURCES);
    struct flt_allowed *allowed = flt_expect(prediction, rule, status);
    if (room == MAY_BE_FULL)
        flt_allow(allowed, FLT_RETURNED, (uint32_t)STATUS_INSUFFICIENT_RESOURCES);
    return allowed;
}

/* ---- the value ------------------------------------------------------------------------------- */

/* The rule that a new handle's value breaks. */
static enum flt_rule wrong_value(const struct flt_contract *contract, uint64_t fill, uint8_t table,
                                 uint64_t value) {
    if (value == 0 || value == UINT64_MAX || value == fill || value & FLT_HANDLE_TAG_BITS)
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

bool flt_check_new_value(const struct flt_contract *contract, uint8_t opcode, uint64_t fill,
                         uint8_t table, uint64_t value, struct flt_violation *violation) {
    const enum flt_rule rule = wrong_value(contract, fill, table, value);
    const char *name = flt_calls[opcode].name;
    if (rule == FLT_RULE_NONE)
        return true;
    if (value == fill)
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

/* ---- the record ------------------------------------------------------------------------------ */

void flt_describe_new_handle(struct flt_contract *contract, const struct flt_call *call,
                             uint32_t handle, uint32_t access, uint8_t flags) {
    struct flt_handle_record *record = &contract->handle[handle];
    record->access = access;
    record->flags = flags;
    record->step = call->step;
    record->slot = call->result_slot[FLT_RESULT_handle];
    record->opener = call->opcode;
    flt_bind_handle_slot(contract, record->slot, handle);
}

uint32_t flt_add_new_handle(struct flt_contract *contract, const struct flt_call *call,
                            uint8_t table, uint64_t value, uint32_t object, uint32_t granted) {
    const uint32_t handle = flt_open_handle(contract, table, value, object);
    const bool inherits = flt_given(call, FLT_ARG_attributes) & OBJ_INHERIT;
    flt_describe_new_handle(contract, call, handle, granted, inherits ? FLT_HANDLE_INHERIT : 0);
    return handle;
}
