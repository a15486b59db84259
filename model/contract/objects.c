/* Objects, the references that callers hold, and when an object is gone. */
#include "state.h"

/* ---- objects --------------------------------------------------------------------------------- */

uint32_t flt_find_object(const struct flt_contract *contract, uint64_t token) {
    return token ? flt_index_find(&contract->token_index, token) : FLT_NOWHERE;
}

uint32_t flt_contract_object_number(const struct flt_contract *contract, uint64_t token) {
    const uint32_t object = flt_find_object(contract, token);
    return object == FLT_NOWHERE ? 0 : contract->object[object].number;
}

static uint32_t unused_record(struct flt_contract *contract) {
    const uint32_t free = contract->free_object;
    if (free != FLT_NOWHERE) {
        contract->free_object = contract->object[free].place;
        return free;
    }
    if (contract->objects == contract->object_room)
        contract->object =
            flt_grow(contract->object, &contract->object_room, sizeof *contract->object);
    contract->object[contract->objects].touched = false;
    contract->object[contract->objects].summed = 0;
    return contract->objects++;
}

static void make_live(struct flt_contract *contract, uint32_t object) {
    contract->object[object].state = FLT_OBJECT_LIVE;
    contract->object[object].place = contract->live_objects.count;
    flt_push(&contract->live_objects, object);
}

static void leave_live(struct flt_contract *contract, uint32_t object) {
    const uint32_t place = contract->object[object].place;
    const uint32_t last = contract->live_objects.at[--contract->live_objects.count];
    contract->live_objects.at[place] = last;
    contract->object[last].place = place;
}

static void make_provisional(struct flt_contract *contract, uint32_t object) {
    contract->object[object].state = FLT_OBJECT_PROVISIONAL;
    flt_push(&contract->provisional, object);
}

/* Keeps the order: an open takes over the newest. There are never more than calls under way. */
static void leave_provisional(struct flt_contract *contract, uint32_t object) {
    struct flt_positions *list = &contract->provisional;
    uint32_t i = list->count;
    while (i > 0 && list->at[i - 1] != object)
        i--;
    for (; i < list->count; i++)
        list->at[i - 1] = list->at[i];
    list->count--;
}

uint32_t flt_new_object(struct flt_contract *contract, enum flt_type type,
                        enum flt_object_state state) {
    const uint32_t object = unused_record(contract);
    /* The record may still be in the list of touched ones, and in the sum, from an earlier life. */
    const bool touched = contract->object[object].touched;
    const uint64_t summed = contract->object[object].summed;
    contract->object[object] = (struct flt_object_record){.number = ++contract->numbered,
                                                          .oldest_take = FLT_NOWHERE,
                                                          .newest_take = FLT_NOWHERE,
                                                          .summed = summed,
                                                          .type = (uint8_t)type,
                                                          .touched = touched};
    if (state == FLT_OBJECT_LIVE)
        make_live(contract, object);
    else
        make_provisional(contract, object);
    flt_touch(contract, object);
    return object;
}

/* The rows of its handles show the token. An open's own handle is still to be summed; of others the
 * object knows only how many there are. */
static void token_moves(struct flt_contract *contract, uint32_t object) {
    const struct flt_positions *changed = &contract->changed;
    const uint32_t handles = contract->object[object].handles;
    const struct flt_handle_record *last =
        changed->count > 0 ? &contract->handle[changed->at[changed->count - 1]] : NULL;
    const bool its_own = handles == 1 && last && last->live && last->object == object;
    if (handles > 0 && !its_own)
        contract->unsummed = true;
    flt_touch(contract, object);
}

void flt_set_token(struct flt_contract *contract, uint32_t object, uint64_t token,
                   enum flt_told told) {
    contract->object[object].token = token;
    contract->object[object].told = (uint8_t)told;
    token_moves(contract, object);
    flt_index_add(&contract->token_index, token, object);
}

void flt_forget_token(struct flt_contract *contract, uint32_t object) {
    if (contract->object[object].token)
        flt_index_remove(&contract->token_index, contract->object[object].token);
    contract->object[object].token = 0;
    contract->object[object].told = FLT_TOLD_NOTHING;
    token_moves(contract, object);
}

uint32_t flt_holder_of_address(struct flt_contract *contract, uint64_t token) {
    const uint32_t object = flt_find_object(contract, token);
    if (object == FLT_NOWHERE || !contract->object[object].closed)
        return object;
    flt_forget_token(contract, object);
    return FLT_NOWHERE;
}

void flt_take_over(struct flt_contract *contract, uint32_t object) {
    leave_provisional(contract, object);
    make_live(contract, object);
    flt_touch(contract, object);
}

void flt_give_back(struct flt_contract *contract, uint32_t object) {
    leave_live(contract, object);
    make_provisional(contract, object);
    flt_touch(contract, object);
}

/* To the list of free records. */
static void free_record(struct flt_contract *contract, uint32_t object) {
    flt_forget_token(contract, object);
    flt_leave_node(contract, object);
    contract->object[object].state = FLT_OBJECT_FREE;
    contract->object[object].place = contract->free_object;
    contract->free_object = object;
}

void flt_discard_provisional(struct flt_contract *contract, uint32_t object) {
    leave_provisional(contract, object);
    free_record(contract, object);
}

void flt_retire_if_done(struct flt_contract *contract, uint32_t object) {
    struct flt_object_record *record = &contract->object[object];
    if (flt_is_held(record))
        return;
    if (record->type == FLT_TYPE_FILE && !(record->created && record->cleaned && record->closed))
        return;
    leave_live(contract, object);
    free_record(contract, object);
}

/* ---- references ------------------------------------------------------------------------------ */

static uint32_t unused_take(struct flt_contract *contract) {
    const uint32_t free = contract->free_take;
    if (free != FLT_NOWHERE) {
        contract->free_take = contract->take[free].newer;
        return free;
    }
    if (contract->takes == contract->take_room)
        contract->take = flt_grow(contract->take, &contract->take_room, sizeof *contract->take);
    return contract->takes++;
}

uint32_t flt_add_reference(struct flt_contract *contract, uint32_t object,
                           const struct flt_call *call) {
    const uint32_t take = unused_take(contract);
    struct flt_object_record *record = &contract->object[object];
    contract->take[take] = (struct flt_take){.object = object,
                                             .step = call->step,
                                             .older = record->newest_take,
                                             .newer = FLT_NOWHERE,
                                             .serial = ++contract->taken,
                                             .slot = call->result_slot[FLT_RESULT_object]};
    if (record->newest_take == FLT_NOWHERE)
        record->oldest_take = take;
    else
        contract->take[record->newest_take].newer = take;
    record->newest_take = take;
    record->references++;
    flt_touch(contract, object);
    return take;
}

/* The take that the slot holds, if it is one of this object and still there. */
static uint32_t take_of_slot(const struct flt_contract *contract, uint32_t object, int8_t slot) {
    const struct flt_slot *bound = flt_slot_bound(&contract->object_slots, slot);
    if (!bound || bound->take == FLT_NOWHERE)
        return FLT_NOWHERE;
    const struct flt_take *take = &contract->take[bound->take];
    return take->serial == bound->serial && take->object == object ? bound->take : FLT_NOWHERE;
}

void flt_drop_reference(struct flt_contract *contract, uint32_t object, int8_t slot) {
    struct flt_object_record *record = &contract->object[object];
    uint32_t at = take_of_slot(contract, object, slot);
    if (at == FLT_NOWHERE)
        at = record->oldest_take;
    struct flt_take *take = &contract->take[at];
    if (take->older == FLT_NOWHERE)
        record->oldest_take = take->newer;
    else
        contract->take[take->older].newer = take->newer;
    if (take->newer == FLT_NOWHERE)
        record->newest_take = take->older;
    else
        contract->take[take->newer].older = take->older;
    take->serial = 0;
    take->newer = contract->free_take;
    contract->free_take = at;
    record->references--;
    flt_touch(contract, object);
    flt_retire_if_done(contract, object);
}
