/* Long random histories of a system that does everything right, kept in plain lists beside the
 * contract: it must find nothing, and know the same handles, objects, references, filters, leaks
 * and breaches. Values and addresses come back soon and often, IRP_MJ_CLOSE comes when it likes,
 * calls nest, opens fail as told and are undone, filters and instances come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../include/wdm.h"
#include "../mix.h"
#include "../row_sums.h"
#include "contract.h"

enum { VALUES = 24, ADDRESSES = 40, SLOTS = 6, OBJECTS = 4096, TAKES = 4096, STEPS = 6000 };

static const uint64_t fill = UINT64_C(0x4242424242424242);

struct object {
    uint64_t token;
    uint32_t handles, references;
    uint8_t type;
    uint8_t filter, instance; /* whose it is; 0: nobody's */
    uint32_t registration;    /* of the filter */
    bool abandoned;           /* left behind by an unload */
    bool there, closing;      /* closing: IRP_MJ_CLOSE is due and has not been sent */
};

struct handle {
    bool live, by_flt;
    uint32_t object, step;
    int8_t slot;
};

struct take {
    bool held;
    uint32_t object, step;
    int8_t slot;
};

struct world {
    struct flt_contract *contract;
    uint64_t random;
    uint32_t step;
    bool violated;
    struct handle handle[VALUES]; /* by index of its value in the kernel table */
    struct object object[OBJECTS];
    uint32_t objects;
    struct take take[TAKES];
    uint32_t takes;
    int take_in_slot[SLOTS]; /* -1: none */
    struct flt_filter_rows now;
    int unloading[FLT_FILTER_COUNT]; /* -1: no; or enum flt_unload */
    uint32_t registration[FLT_FILTER_COUNT];
    bool may_refuse, must_refuse;           /* opens by whoever is going away */
    enum flt_rule breach[FLT_MAX_BREACHES]; /* that the next prediction must name, in order */
    uint32_t breaches;
    uint32_t undone, refused, left; /* how often each happened */
    struct flt_violation violation;
};

static uint32_t pick(struct world *w, uint32_t below) {
    w->random = flt_mix(w->random + 1);
    return (uint32_t)(w->random >> 20) % below;
}

static uint64_t value_of(uint32_t index) {
    return FLT_KERNEL_HANDLE_BITS | (uint64_t)(index + 1) * 4;
}

static void blameless(const struct world *w) {
    if (w->violation.rule != FLT_RULE_NONE)
        fail_msg("step %u: %s", w->step, w->violation.what);
}

/* ---- one call -------------------------------------------------------------------------------- */

static void irp(struct world *w, enum flt_event_kind kind, const struct object *object) {
    const struct flt_event event = {(uint8_t)kind, FLT_PROCESS_P1, object->token};
    flt_contract_event(w->contract, &event, &w->violation);
}

static struct flt_call new_call(struct world *w, uint8_t opcode) {
    struct flt_call call;
    flt_call_init(&call, opcode);
    call.step = ++w->step;
    call.fill = fill;
    return call;
}

static void predict(struct world *w, const struct flt_call *call,
                    struct flt_prediction *prediction) {
    flt_contract_predict(w->contract, call, prediction);
    for (uint32_t i = 0; i < prediction->breaches || i < w->breaches; i++)
        if (i >= prediction->breaches || i >= w->breaches || prediction->breach[i] != w->breach[i])
            fail_msg("step %u: breach %s, expected: %s", w->step,
                     flt_rules[i < prediction->breaches ? prediction->breach[i] : 0].id,
                     flt_rules[i < w->breaches ? w->breach[i] : 0].id);
    w->breaches = 0;
}

static void expect_breach(struct world *w, enum flt_rule rule, bool breaks) {
    if (breaks)
        w->breach[w->breaches++] = rule;
    w->left += breaks;
}

static void observe(struct world *w, const struct flt_call *call, struct flt_prediction *prediction,
                    const struct flt_outcome *outcome) {
    if (prediction->generation != flt_contract_generation(w->contract))
        flt_contract_predict(w->contract, call, prediction);
    flt_contract_observe(w->contract, call, prediction, outcome, &w->violation);
}

static uint64_t free_address(struct world *w) {
    for (;;) {
        const uint64_t token = UINT64_C(0x1000) + pick(w, ADDRESSES) * UINT64_C(64);
        uint32_t i = 0;
        while (i < w->objects && !(w->object[i].there && w->object[i].token == token))
            i++;
        if (i == w->objects)
            return token;
    }
}

static bool free_value(struct world *w, uint32_t *index) {
    *index = pick(w, VALUES);
    for (uint32_t i = 0; i < VALUES; i++, *index = (*index + 1) % VALUES)
        if (!w->handle[*index].live)
            return true;
    return false;
}

static void hold(struct world *w, uint32_t object, uint32_t step, int8_t slot) {
    w->take[w->takes] = (struct take){true, object, step, slot};
    w->object[object].references++;
    if (slot != FLT_NO_SLOT)
        w->take_in_slot[slot] = (int)w->takes;
    w->takes++;
}

static int8_t some_slot(struct world *w) {
    return (int8_t)((int)pick(w, SLOTS + 1) - 1); /* or FLT_NO_SLOT */
}

static bool has_room(const struct world *w) {
    uint32_t there = 0;
    for (uint32_t i = 0; i < w->objects; i++)
        there += w->object[i].there;
    return there < ADDRESSES / 2 && w->objects < OBJECTS - 4 && w->takes < TAKES - 4;
}

/* ---- what happens ---------------------------------------------------------------------------- */

static void within(struct world *w);

/* A filter that is there and an instance of its own on the files' volume, or none. False: no filter
 * is there. */
static bool some_filter(struct world *w, uint8_t *filter, uint8_t *instance) {
    *filter = (uint8_t)(1 + pick(w, FLT_FILTER_COUNT - 1));
    *instance = (uint8_t)pick(w, FLT_INSTANCE_COUNT);
    if (w->now.filter[*filter] == FLT_FILTER_GONE)
        *filter = (uint8_t)(FLT_FILTER_COUNT - *filter); /* the other of two */
    if (w->now.instance[*instance].filter != *filter || flt_is_on_network(*instance))
        *instance = FLT_INSTANCE_NULL;
    return w->now.filter[*filter] != FLT_FILTER_GONE;
}

/* Told to fail at a step: before its IRP_MJ_CREATE, or after it, which is undone. */
static void fail_open(struct world *w, struct flt_call *call, bool going_away) {
    struct flt_prediction prediction;
    struct flt_outcome outcome = {.kind = FLT_RETURNED};
    const struct object object = {.token = free_address(w)};
    const bool refuse = going_away && (w->must_refuse || (w->may_refuse && pick(w, 2)));
    call->arg[FLT_ARG_fail] = (uint32_t)STATUS_ACCESS_DENIED;
    call->arg[FLT_ARG_fail_step] = pick(w, FLT_FAIL_STEPS + 1);
    predict(w, call, &prediction);
    if (!refuse && call->arg[FLT_ARG_fail_step] > 0 && pick(w, 2)) {
        irp(w, FLT_EVENT_CREATE, &object);
        irp(w, FLT_EVENT_CLEANUP, &object);
        irp(w, FLT_EVENT_CLOSE, &object);
        w->undone++;
    }
    outcome.status = refuse ? (uint32_t)STATUS_FLT_DELETING_OBJECT : (uint32_t)STATUS_ACCESS_DENIED;
    for (int i = 0; i < FLT_RESULT_LIMIT; i++)
        outcome.out[i] = fill;
    outcome.iosb_status = (uint32_t)fill;
    observe(w, call, &prediction, &outcome);
    w->refused += refuse;
}

/* Names the open's filter and instance. False: it has failed, and is over. */
static bool choose_owner(struct world *w, struct flt_call *call, struct object *owner) {
    if (call->opcode == FLT_OP_ZwCreateEvent || call->opcode == FLT_OP_ZwCreateFile)
        return true;
    if (!some_filter(w, &owner->filter, &owner->instance)) {
        owner->instance = FLT_INSTANCE_NULL;
        call->opcode = FLT_OP_ZwCreateFile;
        owner->filter = FLT_FILTER_NULL;
        return true;
    }
    call->arg[FLT_ARG_filter] = owner->filter;
    call->arg[FLT_ARG_instance] = owner->instance;
    owner->registration = w->registration[owner->filter];
    const bool going_away = w->unloading[owner->filter] >= 0 ||
                            w->now.instance[owner->instance].state == FLT_INSTANCE_TEARING_DOWN;
    const bool refused = w->must_refuse || (w->may_refuse && pick(w, 2));
    if (!(going_away && refused) && pick(w, 5) > 0)
        return true;
    fail_open(w, call, going_away);
    return false;
}

/* The handle is there before what is called within the open happens, its outcome after that. */
static void open_some(struct world *w, bool nests) {
    static const uint8_t opcodes[] = {FLT_OP_FltCreateFile, FLT_OP_FltCreateFileEx,
                                      FLT_OP_ZwCreateFile, FLT_OP_ZwCreateEvent};
    uint32_t index;
    if (!has_room(w) || !free_value(w, &index))
        return;
    struct flt_call call = new_call(w, opcodes[pick(w, 4)]);
    struct object owner = {.filter = FLT_FILTER_NULL};
    if (!choose_owner(w, &call, &owner))
        return;
    const bool event = call.opcode == FLT_OP_ZwCreateEvent;
    const bool ex = call.opcode == FLT_OP_FltCreateFileEx;
    call.result_slot[FLT_RESULT_handle] = some_slot(w);
    call.result_slot[FLT_RESULT_object] = ex ? some_slot(w) : FLT_NO_SLOT;
    struct flt_prediction prediction;
    predict(w, &call, &prediction);

    const uint32_t object = w->objects++;
    w->object[object] = (struct object){.token = free_address(w),
                                        .handles = 1,
                                        .type = event ? FLT_TYPE_EVENT : FLT_TYPE_FILE,
                                        .filter = owner.filter,
                                        .instance = owner.instance,
                                        .registration = owner.registration,
                                        .there = true};
    const bool late_create = pick(w, 2);
    if (!event && !late_create)
        irp(w, FLT_EVENT_CREATE, &w->object[object]);
    w->handle[index].live = true; /* nobody else is given that value now */
    w->handle[index].object = OBJECTS;
    if (nests)
        within(w);
    if (!event && late_create)
        irp(w, FLT_EVENT_CREATE, &w->object[object]);

    struct flt_outcome outcome = {.kind = FLT_RETURNED};
    outcome.out[FLT_RESULT_handle] = value_of(index);
    outcome.out[FLT_RESULT_object] = w->object[object].token;
    outcome.out[FLT_RESULT_iosb] = FILE_OPENED;
    observe(w, &call, &prediction, &outcome);
    w->handle[index] = (struct handle){true, !event && call.opcode != FLT_OP_ZwCreateFile, object,
                                       call.step, call.result_slot[FLT_RESULT_handle]};
    if (ex)
        hold(w, object, call.step, call.result_slot[FLT_RESULT_object]);
    uint8_t table;
    uint64_t value;
    if (flt_contract_needs_token(w->contract, &table, &value)) {
        assert_int_equal(value, value_of(index));
        flt_contract_bind(w->contract, table, value, w->object[object].token, &w->violation);
    }
}

/* After handles and references went: IRP_MJ_CLOSE now or later, and the object with it. */
static void let_go(struct world *w, struct object *object) {
    if (object->handles > 0 || object->references > 0)
        return;
    if (object->type == FLT_TYPE_FILE && pick(w, 4) == 0) {
        object->closing = true;
        return;
    }
    if (object->type == FLT_TYPE_FILE)
        irp(w, FLT_EVENT_CLOSE, object);
    object->there = false;
}

static bool some_handle(struct world *w, uint32_t *index) {
    *index = pick(w, VALUES);
    for (uint32_t i = 0; i < VALUES; i++, *index = (*index + 1) % VALUES)
        if (w->handle[*index].live && w->handle[*index].object < OBJECTS)
            return true;
    return false;
}

static void close_some(struct world *w, bool nests) {
    uint32_t index;
    if (!some_handle(w, &index))
        return;
    struct object *object = &w->object[w->handle[index].object];
    struct flt_call call = new_call(w, w->handle[index].by_flt ? FLT_OP_FltClose : FLT_OP_ZwClose);
    call.arg[FLT_ARG_handle] = value_of(index);
    expect_breach(w, FLT_RULE_close_before_unregister,
                  w->handle[index].by_flt &&
                      (w->now.filter[object->filter] == FLT_FILTER_GONE ||
                       w->registration[object->filter] != object->registration));
    struct flt_prediction prediction;
    predict(w, &call, &prediction);
    w->handle[index].live = false;
    object->handles--;
    if (object->type == FLT_TYPE_FILE)
        irp(w, FLT_EVENT_CLEANUP, object);
    let_go(w, object);
    /* Its IRPs call back: the value is free already, and the address may be. */
    if (nests && object->type == FLT_TYPE_FILE)
        within(w);
    const struct flt_outcome outcome = {.kind = FLT_RETURNED};
    observe(w, &call, &prediction, &outcome);
}

static void reference_some(struct world *w) {
    uint32_t index;
    if (!has_room(w) || !some_handle(w, &index))
        return;
    const uint32_t object = w->handle[index].object;
    struct flt_call call = new_call(w, FLT_OP_ObReferenceObjectByHandle);
    call.arg[FLT_ARG_handle] = value_of(index);
    call.result_slot[FLT_RESULT_object] = some_slot(w);
    struct flt_prediction prediction;
    predict(w, &call, &prediction);
    struct flt_outcome outcome = {.kind = FLT_RETURNED};
    outcome.out[FLT_RESULT_object] = w->object[object].token;
    observe(w, &call, &prediction, &outcome);
    hold(w, object, call.step, call.result_slot[FLT_RESULT_object]);
}

/* The reference that goes: the slot's own if it is still held, else the oldest. */
static uint32_t take_to_drop(const struct world *w, uint32_t object, int8_t slot) {
    if (slot != FLT_NO_SLOT && w->take[w->take_in_slot[slot]].held)
        return (uint32_t)w->take_in_slot[slot];
    uint32_t i = 0;
    while (!(w->take[i].held && w->take[i].object == object))
        i++;
    return i;
}

/* The oldest that is held, or one of the next few. */
static bool some_take(struct world *w, uint32_t *take) {
    uint32_t skip = pick(w, 4);
    *take = w->takes;
    for (uint32_t i = 0; i < w->takes; i++)
        if (w->take[i].held) {
            *take = i;
            if (skip-- == 0)
                break;
        }
    return *take < w->takes;
}

static void dereference_some(struct world *w, bool nests) {
    int8_t slot = some_slot(w);
    uint32_t take;
    if (slot != FLT_NO_SLOT && w->take_in_slot[slot] >= 0)
        take = (uint32_t)w->take_in_slot[slot];
    else if (some_take(w, &take))
        slot = FLT_NO_SLOT;
    else
        return;
    const uint32_t object = w->take[take].object;
    if (w->object[object].references == 0)
        return;
    struct flt_call call = new_call(w, FLT_OP_ObDereferenceObject);
    call.arg[FLT_ARG_object] = w->object[object].token;
    call.slot[FLT_ARG_object] = slot;
    struct flt_prediction prediction;
    predict(w, &call, &prediction);
    w->take[take_to_drop(w, object, slot)].held = false;
    w->object[object].references--;
    let_go(w, &w->object[object]);
    if (nests && w->object[object].type == FLT_TYPE_FILE && !w->object[object].there)
        within(w);
    const struct flt_outcome outcome = {.kind = FLT_RETURNED};
    observe(w, &call, &prediction, &outcome);
}

/* What a callback does while a call is under way. */
static void within(struct world *w) {
    for (uint32_t i = pick(w, 4); i > 0; i--)
        switch (pick(w, 3)) {
        case 0:
            open_some(w, false);
            break;
        case 1:
            close_some(w, false);
            break;
        default:
            dereference_some(w, false);
        }
}

/* ---- filters and instances ------------------------------------------------------------------- */

/* What the naive lists say is left of an instance's, or of a filter's, as breaches. */
static bool is_of(const struct object *object, uint32_t instances, uint8_t filter) {
    return object->there && ((object->instance && instances >> object->instance & 1) ||
                             (filter && object->filter == filter && !object->abandoned));
}

static void expect_left(struct world *w, uint32_t instances, uint8_t filter,
                        enum flt_rule handle_rule, enum flt_rule reference_rule) {
    bool handle = false, reference = false;
    for (uint32_t i = 0; i < VALUES; i++)
        handle |= w->handle[i].live && w->handle[i].by_flt &&
                  is_of(&w->object[w->handle[i].object], instances, filter);
    for (uint32_t i = 0; i < w->objects; i++)
        reference |= w->object[i].references > 0 && is_of(&w->object[i], instances, filter);
    expect_breach(w, handle_rule, handle);
    expect_breach(w, reference_rule, reference);
}

static void expect_left_at_teardown(struct world *w, uint32_t instances) {
    expect_left(w, instances, 0, FLT_RULE_handle_left_at_teardown,
                FLT_RULE_reference_left_at_teardown);
}

static uint32_t instances_of(const struct world *w, uint8_t filter) {
    uint32_t instances = 0;
    for (uint32_t i = 1; i < FLT_INSTANCE_COUNT; i++)
        if (w->now.instance[i].filter == filter)
            instances |= 1u << i;
    return instances;
}

static void tear_down_instances(struct world *w, uint32_t instances) {
    for (uint32_t i = 1; i < FLT_INSTANCE_COUNT; i++)
        if (instances >> i & 1)
            w->now.instance[i] = (struct flt_instance_row){FLT_INSTANCE_GONE, FLT_FILTER_NULL};
    for (uint32_t i = 0; i < w->objects; i++)
        if (instances >> w->object[i].instance & 1)
            w->object[i].instance = FLT_INSTANCE_NULL;
}

static void unregister(struct world *w, uint8_t filter) {
    tear_down_instances(w, instances_of(w, filter));
    w->now.filter[filter] = FLT_FILTER_GONE;
}

/* The call has no outputs, or the filter. */
static void make(struct world *w, const struct flt_call *call, uint32_t status) {
    struct flt_prediction prediction;
    struct flt_outcome outcome = {.kind = FLT_RETURNED, .status = status};
    outcome.out[FLT_RESULT_filter] = call->arg[FLT_ARG_filter];
    predict(w, call, &prediction);
    observe(w, call, &prediction, &outcome);
}

/* One of the driver's three calls, if the filter is there for it. */
static void register_some(struct world *w, struct flt_call *call, uint8_t filter) {
    uint8_t *state = &w->now.filter[filter];
    if (*state == FLT_FILTER_GONE) {
        call->opcode = FLT_OP_FltRegisterFilter;
        make(w, call, STATUS_SUCCESS);
        *state = FLT_FILTER_REGISTERED;
        w->registration[filter]++;
    } else if (pick(w, 4) > 0) {
        call->opcode = FLT_OP_FltStartFiltering;
        make(w, call, *state == FLT_FILTER_STARTED ? (uint32_t)STATUS_INVALID_PARAMETER : 0);
        *state = FLT_FILTER_STARTED;
    } else {
        call->opcode = FLT_OP_FltUnregisterFilter;
        expect_left_at_teardown(w, instances_of(w, filter));
        make(w, call, STATUS_SUCCESS);
        unregister(w, filter);
    }
}

static void move_instance(struct world *w, struct flt_call *call, uint8_t filter) {
    struct flt_instance_row *row = &w->now.instance[call->arg[FLT_ARG_instance]];
    const bool torn_down =
        call->opcode == FLT_OP_TeardownComplete && row->state == FLT_INSTANCE_TEARING_DOWN;
    const uint32_t instances = torn_down ? 1u << call->arg[FLT_ARG_instance] : 0;
    expect_left_at_teardown(w, instances);
    make(w, call, STATUS_SUCCESS);
    if (call->opcode == FLT_OP_AttachInstance && call->arg[FLT_ARG_instance] &&
        row->state == FLT_INSTANCE_GONE && w->now.filter[filter] == FLT_FILTER_STARTED &&
        w->unloading[filter] < 0)
        *row = (struct flt_instance_row){FLT_INSTANCE_ATTACHED, filter};
    else if (call->opcode == FLT_OP_TeardownStart && row->state == FLT_INSTANCE_ATTACHED)
        row->state = FLT_INSTANCE_TEARING_DOWN;
    tear_down_instances(w, instances);
}

static void end_unload(struct world *w, const struct flt_call *call, uint8_t filter) {
    const bool unloads = w->unloading[filter] == FLT_UNLOAD_MANDATORY ||
                         (w->unloading[filter] == FLT_UNLOAD_OPTIONAL &&
                          call->arg[FLT_ARG_answer] == (uint32_t)STATUS_SUCCESS);
    if (unloads) {
        const bool there = w->now.filter[filter] != FLT_FILTER_GONE;
        expect_breach(w, FLT_RULE_unregister_before_unload, there);
        if (there)
            expect_left_at_teardown(w, instances_of(w, filter));
        expect_left(w, 0, filter, FLT_RULE_handle_left_at_unload,
                    FLT_RULE_reference_left_at_unload);
    }
    make(w, call, STATUS_SUCCESS);
    w->unloading[filter] = -1;
    if (!unloads)
        return;
    unregister(w, filter);
    for (uint32_t i = 0; i < w->objects; i++)
        w->object[i].abandoned |= w->object[i].filter == filter;
}

static void move_filter(struct world *w) {
    static const uint8_t opcodes[] = {FLT_OP_FltRegisterFilter, FLT_OP_AttachInstance,
                                      FLT_OP_AttachInstance,    FLT_OP_TeardownStart,
                                      FLT_OP_TeardownComplete,  FLT_OP_UnloadFilter,
                                      FLT_OP_UnloadComplete};
    struct flt_call call = new_call(w, opcodes[pick(w, sizeof opcodes)]);
    const uint8_t filter = (uint8_t)(1 + pick(w, FLT_FILTER_COUNT - 1));
    call.arg[FLT_ARG_filter] = filter;
    call.arg[FLT_ARG_instance] = pick(w, FLT_INSTANCE_COUNT);
    call.arg[FLT_ARG_unload] = pick(w, 2);
    call.arg[FLT_ARG_answer] =
        pick(w, 2) ? (uint32_t)STATUS_SUCCESS : (uint32_t)STATUS_FLT_DO_NOT_DETACH;
    if (call.opcode == FLT_OP_FltRegisterFilter) {
        register_some(w, &call, filter);
    } else if (call.opcode == FLT_OP_UnloadComplete) {
        end_unload(w, &call, filter);
    } else if (call.opcode == FLT_OP_UnloadFilter) {
        make(w, &call, STATUS_SUCCESS);
        if (w->now.filter[filter] != FLT_FILTER_GONE && w->unloading[filter] < 0)
            w->unloading[filter] = (int)call.arg[FLT_ARG_unload];
    } else {
        move_instance(w, &call, filter);
    }
}

static void send_closes(struct world *w, bool all) {
    for (uint32_t i = 0; i < w->objects; i++)
        if (w->object[i].closing && (all || pick(w, 4) == 0)) {
            irp(w, FLT_EVENT_CLOSE, &w->object[i]);
            w->object[i].closing = w->object[i].there = false;
        }
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void compare_handles(const struct world *w, const struct flt_view *view) {
    struct flt_handle_row row, rows[VALUES + 1];
    uint32_t live = 0;
    for (uint32_t i = 0; i < VALUES; i++) {
        const bool found = view->ops->find_handle(view->self, FLT_TABLE_KERNEL, value_of(i), &row);
        assert_int_equal(found, w->handle[i].live);
        if (found)
            assert_int_equal(row.token, w->object[w->handle[i].object].token);
        live += found;
    }
    size_t cursor = 0;
    assert_int_equal(view->ops->handles(view->self, &cursor, rows, VALUES + 1), live);
    for (uint32_t i = 0; i < live; i++)
        assert_true(view->ops->find_handle(view->self, rows[i].table, rows[i].value, &row));
}

static void compare_objects(const struct world *w, const struct flt_view *view) {
    struct flt_object_row row, rows[ADDRESSES + 1];
    uint32_t there = 0;
    for (uint32_t i = 0; i < w->objects; i++) {
        const struct object *object = &w->object[i];
        if (!object->there)
            continue;
        there++;
        assert_true(view->ops->find_object(view->self, object->token, &row));
        assert_int_equal(row.handles, object->handles);
        assert_int_equal(row.references, object->references);
        assert_int_equal(row.type, object->type);
        assert_int_equal(row.phase, object->type == FLT_TYPE_FILE && object->handles == 0);
    }
    size_t cursor = 0;
    assert_int_equal(view->ops->objects(view->self, &cursor, rows, ADDRESSES + 1), there);
    for (uint32_t i = 0; i < there; i++)
        assert_true(view->ops->find_object(view->self, rows[i].token, &row));
}

static bool is_leak(const struct world *w, const struct flt_leak *leak) {
    for (uint32_t i = 0; i < VALUES && leak->rule == FLT_RULE_handle_left_open; i++)
        if (w->handle[i].live && w->handle[i].step == leak->step)
            return leak->slot == w->handle[i].slot && leak->slots == FLT_SLOTS_HANDLE;
    for (uint32_t i = 0; i < w->takes && leak->rule == FLT_RULE_reference_left; i++)
        if (w->take[i].held && w->take[i].step == leak->step)
            return leak->slot == w->take[i].slot && leak->slots == FLT_SLOTS_OBJECT;
    return false;
}

/* In the order of their steps, each once, and no fewer than there are. */
static void compare_leaks(const struct world *w) {
    size_t expected = 0, k = 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < VALUES; i++)
        expected += w->handle[i].live;
    for (uint32_t i = 0; i < w->takes; i++)
        expected += w->take[i].held;
    struct flt_leak leak, before = {FLT_RULE_NONE, 0, 0, 0, 0};
    for (; flt_contract_leak(w->contract, k, &leak); k++) {
        assert_true(is_leak(w, &leak));
        assert_true(leak.step >= last);
        assert_false(leak.step == before.step && leak.rule == before.rule);
        last = leak.step;
        before = leak;
    }
    assert_int_equal(k, expected);
}

/* The sums that are kept up to date are those of the rows. */
static void compare_sums(const struct flt_view *view) {
    struct flt_sums kept, walked;
    view->ops->sums(view->self, &kept);
    flt_walk_sums(view, &walked);
    assert_int_equal(kept.handles, walked.handles);
    assert_int_equal(kept.objects, walked.objects);
    assert_int_equal(kept.rows, walked.rows);
    assert_int_equal(kept.filters, walked.filters);
}

static void compare_filters(const struct world *w, const struct flt_view *view) {
    struct flt_totals totals;
    view->ops->totals(view->self, &totals);
    assert_true(totals.shows_filters);
    assert_memory_equal(&totals.world, &w->now, sizeof totals.world);
}

static void compare(struct world *w) {
    const struct flt_view view = flt_contract_view(w->contract);
    compare_sums(&view);
    compare_filters(w, &view);
    compare_handles(w, &view);
    compare_objects(w, &view);
    compare_leaks(w);
}

/* ---- histories ------------------------------------------------------------------------------- */

static void start(struct world *w, struct flt_contract *contract, uint64_t seed,
                  const struct flt_switches *switches) {
    memset(w, 0, sizeof *w);
    w->contract = contract;
    w->random = seed;
    for (int i = 0; i < SLOTS; i++)
        w->take_in_slot[i] = -1;
    for (int i = 0; i < FLT_FILTER_COUNT; i++)
        w->unloading[i] = -1;
    w->now.filter[FLT_FILTER_F0] = FLT_FILTER_STARTED;
    w->now.instance[FLT_INSTANCE_I0] =
        (struct flt_instance_row){FLT_INSTANCE_ATTACHED, FLT_FILTER_F0};
    w->may_refuse = switches->value[FLT_SWITCH_deleting] == FLT_SWITCH_ANY;
    w->must_refuse = flt_chosen(switches, deleting, refused);
    flt_contract_reset(contract, switches);
}

static void one_step(struct world *w) {
    switch (pick(w, 7)) {
    case 0:
    case 1:
        open_some(w, true);
        break;
    case 2:
        close_some(w, true);
        break;
    case 3:
        reference_some(w);
        break;
    case 4:
        dereference_some(w, true);
        break;
    case 5:
        move_filter(w);
        break;
    default:
        send_closes(w, false);
    }
}

static void run_history(struct world *w) {
    for (int i = 0; i < STEPS; i++) {
        one_step(w);
        blameless(w);
        flt_contract_settle(w->contract, false, &w->violation);
        blameless(w);
        if (i % 8 == 0)
            compare(w);
    }
    send_closes(w, true);
    flt_contract_settle(w->contract, true, &w->violation);
    blameless(w);
    compare(w);
}

static void test_histories(void **state) {
    struct world *w = test_malloc(sizeof *w);
    for (uint64_t seed = 1; seed <= 16; seed++) {
        struct flt_switches switches;
        flt_switches_from_profile(&switches, FLT_PROFILE_documented);
        if (seed % 2)
            memset(switches.value, FLT_SWITCH_ANY, sizeof switches.value);
        start(w, *state, seed << 32, &switches);
        run_history(w);
        /* Else little was tried. */
        if (w->takes < 400 || w->objects < 400 || w->undone < 20 || w->refused < 20 || w->left < 20)
            fail_msg("%u references, %u objects, %u undone, %u refused, %u breaches", w->takes,
                     w->objects, w->undone, w->refused, w->left);
    }
    test_free(w);
}

static int set_up(void **state) {
    *state = flt_contract_new();
    return *state ? 0 : -1;
}

static int tear_down(void **state) {
    flt_contract_free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_histories, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
