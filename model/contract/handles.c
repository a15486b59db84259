/* Handle tables as the calls have left them, and what a value names. */
#include "../include/wdm.h"
#include "predict.h"

/* Process values stay below 2^31 and kernel values have the top bits set, so the table's number
 * fits in between. A raw value may collide with another table's key: what is found is compared. */
static uint64_t key_of(uint8_t table, uint64_t value) {
    return value ^ (uint64_t)table << 40;
}

uint32_t flt_find_handle(const struct flt_contract *contract, uint8_t table, uint64_t value) {
    const uint32_t at = flt_index_find(&contract->handle_index, key_of(table, value));
    if (at == FLT_NOWHERE)
        return FLT_NOWHERE;
    const struct flt_handle_record *record = &contract->handle[at];
    return record->value == value && record->table == table ? at : FLT_NOWHERE;
}

static uint32_t new_record(struct flt_contract *contract, uint8_t table, uint64_t value) {
    if (contract->handles == contract->handle_room)
        contract->handle =
            flt_grow(contract->handle, &contract->handle_room, sizeof *contract->handle);
    const uint32_t at = contract->handles++;
    contract->handle[at] = (struct flt_handle_record){.value = value, .table = table};
    return at;
}

static void make_live(struct flt_contract *contract, uint32_t at, uint32_t object) {
    struct flt_handle_record *record = &contract->handle[at];
    record->object = object;
    record->life++;
    record->live = true;
    record->place = contract->live_handles.count;
    flt_push(&contract->live_handles, at);
    flt_push(&contract->changed, at);
    contract->table[record->table].live++;
    contract->table[record->table].issued++;
    contract->object[object].handles++;
    contract->object[object].awaits_handle = false;
    flt_touch(contract, object);
}

uint32_t flt_open_handle(struct flt_contract *contract, uint8_t table, uint64_t value,
                         uint32_t object) {
    uint32_t at = flt_find_handle(contract, table, value);
    if (at == FLT_NOWHERE) {
        at = new_record(contract, table, value);
        flt_index_add(&contract->handle_index, key_of(table, value), at);
    }
    make_live(contract, at, object);
    return at;
}

uint32_t flt_open_nameless_handle(struct flt_contract *contract, uint8_t table, uint32_t object) {
    const uint32_t at = new_record(contract, table, 0);
    make_live(contract, at, object);
    contract->nameless = at;
    return at;
}

/* The value's former record keeps what slots know of it; the value names the new one. */
void flt_name_handle(struct flt_contract *contract, uint32_t handle, uint64_t value) {
    struct flt_handle_record *record = &contract->handle[handle];
    if (flt_find_handle(contract, record->table, value) != FLT_NOWHERE)
        flt_index_remove(&contract->handle_index, key_of(record->table, value));
    record->value = value;
    flt_index_add(&contract->handle_index, key_of(record->table, value), handle);
}

uint8_t flt_table_for_new_handle(const struct flt_contract *contract, const struct flt_call *call) {
    const bool asks = flt_calls[call->opcode].args >> FLT_ARG_attributes & 1;
    if (!asks || call->arg[FLT_ARG_attributes] & OBJ_KERNEL_HANDLE)
        return FLT_TABLE_KERNEL; /* FltOpenVolume does not ask: its handles are kernel handles */
    return flt_process_of(flt_thread_of(contract, call));
}

/* The table that a value points into, and the value as an open would have spelled it. False: no
 * table, for some but not all of the kernel bits are set. */
static bool table_of(uint8_t process, uint64_t *value, uint8_t *table) {
    const uint64_t bits = *value & FLT_KERNEL_HANDLE_BITS;
    *table = bits ? FLT_TABLE_KERNEL : process;
    if (*table == FLT_TABLE_KERNEL)
        *value |= FLT_KERNEL_HANDLE_BITS;
    return bits == 0 || bits == FLT_KERNEL_HANDLE_BITS;
}

struct flt_named flt_resolve(const struct flt_contract *contract, const struct flt_call *call,
                             uint64_t value) {
    return flt_resolve_in(contract, call, flt_process_of(flt_thread_of(contract, call)), value);
}

struct flt_named flt_resolve_in(const struct flt_contract *contract, const struct flt_call *call,
                                uint8_t process, uint64_t value) {
    struct flt_named named = {.handle = FLT_NOWHERE};
    const bool tagged = (value & FLT_HANDLE_TAG_BITS) != 0;
    uint64_t plain = value & ~FLT_HANDLE_TAG_BITS;
    uint8_t table;
    /* -1 names the current process, which is no handle of any table. */
    if (value == UINT64_MAX || !table_of(process, &plain, &table))
        return named;
    named.kernel = table == FLT_TABLE_KERNEL;
    if (tagged && !flt_accepts(&contract->switches, tag_bits, ignored))
        return named;
    const uint32_t at = flt_find_handle(contract, table, plain);
    if (at == FLT_NOWHERE)
        return named;
    const struct flt_act *act = flt_act_of(contract, call);
    named.gone = act && act->done && act->record == at;
    named.retired = !contract->handle[at].live && !named.gone;
    named.handle = named.retired ? FLT_NOWHERE : at;
    if (!named.retired)
        named.about = named.gone ? act->about : flt_about(contract, at);
    named.may_be_bad = tagged && flt_accepts(&contract->switches, tag_bits, significant);
    return named;
}
