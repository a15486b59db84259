/* Long random histories of a system that does everything right, kept in plain lists beside the
 * contract: it must find nothing, and know the same handles, objects, references and leaks. Values
 * and addresses come back soon and often, IRP_MJ_CLOSE comes when it likes, calls nest. */
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
    bool there, closing; /* closing: IRP_MJ_CLOSE is due and has not been sent */
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

static void predict(const struct world *w, const struct flt_call *call,
                    struct flt_prediction *prediction) {
    flt_contract_predict(w->contract, call, prediction);
    if (prediction->breaches > 0)
        fail_msg("step %u: breach %s", w->step, flt_rules[prediction->breach[0]].id);
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

/* The handle is there before what is called within the open happens, its outcome after that. */
static void open_some(struct world *w, bool nests) {
    static const uint8_t opcodes[] = {FLT_OP_FltCreateFile, FLT_OP_FltCreateFileEx,
                                      FLT_OP_ZwCreateFile, FLT_OP_ZwCreateEvent};
    uint32_t index;
    if (!has_room(w) || !free_value(w, &index))
        return;
    struct flt_call call = new_call(w, opcodes[pick(w, 4)]);
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
}

static void compare(struct world *w) {
    const struct flt_view view = flt_contract_view(w->contract);
    compare_sums(&view);
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
    flt_contract_reset(contract, switches);
}

static void one_step(struct world *w) {
    switch (pick(w, 6)) {
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
        if (w->takes < 400 || w->objects < 400) /* else little was tried */
            fail_msg("%u references, %u objects", w->takes, w->objects);
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
