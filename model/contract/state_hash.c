#include "state_hash.h"

#include "../mix.h"
#include "../row_sums.h"
#include "state.h"

struct walk {
    const struct flt_contract *contract;
    const struct flt_variables *variables;
    uint64_t hash;
    uint32_t count;                     /* objects that have a number */
    uint32_t object[FLT_STATE_OBJECTS]; /* their records */
    bool too_many;
};

static void add(struct walk *walk, uint64_t value) {
    walk->hash = flt_mix_in(walk->hash, value);
}

enum { NO_NUMBER = FLT_STATE_OBJECTS };

static uint32_t known_number(const struct walk *walk, uint32_t object) {
    for (uint32_t i = 0; i < walk->count; i++)
        if (walk->object[i] == object)
            return i;
    return NO_NUMBER;
}

static uint32_t number_of(struct walk *walk, uint32_t object) {
    const uint32_t known = known_number(walk, object);
    if (known != NO_NUMBER)
        return known;
    if (walk->count == FLT_STATE_OBJECTS) {
        walk->too_many = true;
        return NO_NUMBER;
    }
    walk->object[walk->count] = object;
    return walk->count++;
}

/* ---- handles --------------------------------------------------------------------------------- */

static uint64_t record_bits(const struct flt_handle_record *record) {
    return (uint64_t)record->access << 32 | (uint64_t)record->flags << 8 | record->opener;
}

static void add_value_in(struct walk *walk, uint8_t table, uint64_t value) {
    const uint32_t at = flt_find_handle(walk->contract, table, value);
    const struct flt_handle_record *record = at == FLT_NOWHERE ? NULL : &walk->contract->handle[at];
    if (!record) {
        add(walk, UINT64_C(1) << 32);
    } else if (!record->live) {
        add(walk, UINT64_C(2) << 32);
    } else {
        add(walk, record_bits(record));
        add(walk, UINT64_C(3) << 32 | number_of(walk, record->object));
    }
}

/* 0 in slots that nothing was written to, or no slot. */
static uint64_t slot_bits(const struct flt_slot_set *slots, int8_t slot) {
    return (flt_slot_bound(slots, slot) ? 1u : 0u) | (flt_slot_failed(slots, slot) ? 2u : 0u);
}

static uint64_t binding_bits(const struct walk *walk, const struct flt_variable *variable) {
    const struct flt_contract *contract = walk->contract;
    const struct flt_slot *bound = flt_slot_bound(&contract->handle_slots, variable->slot);
    uint64_t bits = slot_bits(&contract->handle_slots, variable->slot);
    if (bound) {
        const struct flt_handle_record *record = &contract->handle[bound->record];
        bits |= (uint64_t)(record->life == bound->life) << 2 | (uint64_t)record->live << 3 |
                (uint64_t)(record->value == variable->value) << 4 | (uint64_t)record->table << 8;
    }
    return bits;
}

static bool is_kernel_value(uint64_t value) {
    return (value & FLT_KERNEL_HANDLE_BITS) == FLT_KERNEL_HANDLE_BITS;
}

static void add_handle_variable(struct walk *walk, uint32_t at) {
    const struct flt_variable *variable = &walk->variables->handle[at];
    add(walk, binding_bits(walk, variable));
    if (is_kernel_value(variable->value)) {
        const uint32_t first = flt_first_equal(walk->variables->handle, at);
        add(walk, first);
        if (first == at)
            add_value_in(walk, FLT_TABLE_KERNEL, variable->value);
    } else if (variable->value & FLT_KERNEL_HANDLE_BITS) {
        add(walk, UINT64_C(4) << 32); /* no value of any table */
    } else {
        add(walk, UINT64_C(5) << 32 | variable->value);
        for (uint8_t table = FLT_TABLE_KERNEL + 1; table < FLT_TABLE_COUNT; table++)
            add_value_in(walk, table, variable->value);
    }
}

/* The live handle with the lowest value above that one, of that table. */
static const struct flt_handle_record *next_live(const struct flt_contract *contract, uint8_t table,
                                                 uint64_t above) {
    const struct flt_handle_record *next = NULL;
    for (uint32_t i = 0; i < contract->live_handles.count; i++) {
        const struct flt_handle_record *record = &contract->handle[contract->live_handles.at[i]];
        if (record->table == table && record->value > above &&
            (!next || record->value < next->value))
            next = record;
    }
    return next;
}

static void add_process_table(struct walk *walk, uint8_t table) {
    const struct flt_handle_record *record = NULL;
    uint64_t above = 0;
    while ((record = next_live(walk->contract, table, above)) != NULL) {
        above = record->value;
        add(walk, record_bits(record));
        add(walk, record->value << 32 | number_of(walk, record->object));
    }
}

static bool has_name(const struct walk *walk, uint64_t value) {
    for (uint32_t i = 0; i < walk->variables->handles; i++)
        if (walk->variables->handle[i].value == value)
            return true;
    return false;
}

static uint64_t unnamed_handles(const struct walk *walk, uint32_t object) {
    const struct flt_contract *contract = walk->contract;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < contract->live_handles.count; i++) {
        const struct flt_handle_record *record = &contract->handle[contract->live_handles.at[i]];
        if (record->object == object && record->table == FLT_TABLE_KERNEL &&
            !has_name(walk, record->value))
            sum += flt_mix(record_bits(record) + 1);
    }
    return sum;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static uint64_t sharing_hash(const struct flt_sharing *sharing) {
    uint64_t sum = sharing->kinds;
    for (uint64_t left = sharing->kinds; left != 0; left &= left - 1) {
        const unsigned kind = (unsigned)__builtin_ctzll(left);
        sum += flt_mix((uint64_t)sharing->of_kind[kind] << 8 | kind);
    }
    return sum;
}

static uint64_t node_hash(const struct flt_node *node) {
    const uint64_t bits = (uint64_t)node->attributes << 32 | (uint64_t)node->kind << 16 |
                          (uint64_t)node->name << 8 | (uint64_t)node->named << 3 |
                          (uint64_t)node->original << 2 | (uint64_t)node->deleting << 1 |
                          node->oplocked;
    const uint64_t pipe =
        flt_is_served(node) ? (uint64_t)node->pipe_share << 32 | node->pipe_instances : 0;
    return flt_row_hash(bits, (uint64_t)node->opens << 32 | node->objects,
                        flt_mix(pipe) + sharing_hash(&node->sharing));
}

/* Those that are as at the start add nothing, whether or not they were touched. */
static void add_names(struct walk *walk) {
    const struct flt_names *names = &walk->contract->names;
    struct flt_node start = {0};
    uint64_t sum = 0;
    for (uint32_t left = names->touched; left != 0; left &= left - 1) {
        const uint8_t name = (uint8_t)__builtin_ctz(left);
        const uint32_t standing = names->standing[name];
        const bool stood = flt_node_at_start(name, &start);
        sum += standing ? flt_mix_in(name, node_hash(&names->node[standing])) : name;
        sum -= stood ? flt_mix_in(name, node_hash(&start)) : name;
    }
    add(walk, sum);
}

/* One that stands is known by its name; others by what they are, and by the first object of it. */
static uint64_t node_bits(const struct walk *walk, uint32_t number, uint32_t node) {
    const struct flt_contract *contract = walk->contract;
    if (node == 0)
        return 0;
    const struct flt_node *what = &contract->names.node[node];
    if (what->named)
        return UINT64_C(1) << 32 | what->name;
    uint32_t first = 0;
    while (first < number && contract->object[walk->object[first]].opened.node != node)
        first++;
    return flt_mix_in(first, node_hash(what));
}

/* ---- objects --------------------------------------------------------------------------------- */

/* Bit per variable that holds the take. */
static uint64_t holders(const struct walk *walk, uint32_t at, const struct flt_take *take) {
    uint64_t bits = 0;
    for (uint32_t i = 0; i < walk->variables->objects; i++) {
        const struct flt_slot *bound =
            flt_slot_bound(&walk->contract->object_slots, walk->variables->object[i].slot);
        if (bound && bound->take == at && bound->serial == take->serial)
            bits ^= flt_mix(i + 1);
    }
    return bits;
}

static uint64_t takes_hash(const struct walk *walk, const struct flt_object_record *object) {
    uint64_t hash = object->references;
    for (uint32_t at = object->oldest_take; at != FLT_NOWHERE;) {
        const struct flt_take *take = &walk->contract->take[at];
        hash = flt_mix_in(hash, holders(walk, at, take));
        at = take->newer;
    }
    return hash;
}

static uint64_t opened_bits(const struct walk *walk, const struct flt_opened *opened) {
    if (opened->node == 0)
        return 0;
    const struct flt_node *node = &walk->contract->names.node[opened->node];
    const bool marked = opened->marked != 0 && opened->marked == node->marking;
    const bool posix = opened->posix != 0 && opened->posix == node->marking;
    return (uint64_t)opened->access << 32 | (uint64_t)opened->share_kind << 16 |
           (uint64_t)opened->is_open | (uint64_t)opened->counted << 1 |
           (uint64_t)opened->shares << 2 | (uint64_t)opened->delete_on_close << 3 |
           (uint64_t)marked << 4 | (uint64_t)posix << 5;
}

static uint64_t owner_bits(const struct flt_contract *contract,
                           const struct flt_object_record *object) {
    const bool registered = object->registration == contract->registration[object->filter];
    return (uint64_t)object->by_flt | (uint64_t)object->abandoned << 1 | (uint64_t)registered << 2 |
           (uint64_t)object->filter << 8 | (uint64_t)object->instance << 16;
}

static uint64_t irp_bits(const struct flt_object_record *object) {
    return (uint64_t)object->created | (uint64_t)object->cleaned << 1 |
           (uint64_t)object->closed << 2 | (uint64_t)object->not_undone << 3 |
           (uint64_t)object->creating << 4 | (uint64_t)object->awaits_handle << 5 |
           (uint64_t)object->cancelled << 6 | (uint64_t)object->cleaned_in << 8 |
           (uint64_t)object->thread_in << 16 | (uint64_t)object->closed_in << 24;
}

/* `number` is the object's, or walk->count for one that has none. */
static uint64_t object_hash(const struct walk *walk, uint32_t number, uint32_t at) {
    const struct flt_object_record *object = &walk->contract->object[at];
    const uint64_t kind = (uint64_t)(flt_untaken_buffer(walk->contract) == at) << 24 |
                          (uint64_t)object->state << 16 | (uint64_t)object->type << 8 |
                          object->told;
    const uint64_t counts =
        flt_row_hash((uint64_t)object->handles << 32 | object->references, kind, irp_bits(object));
    const uint64_t open =
        flt_row_hash(owner_bits(walk->contract, object), opened_bits(walk, &object->opened),
                     node_bits(walk, number, object->opened.node));
    return flt_row_hash(counts, open, takes_hash(walk, object));
}

/* A variable whose object is another now, or dead, is told apart by its binding. */
static void add_object_variable(struct walk *walk, uint32_t at) {
    const struct flt_contract *contract = walk->contract;
    const struct flt_variable *variable = &walk->variables->object[at];
    const uint32_t object = flt_find_object(contract, variable->value);
    const struct flt_slot *bound = flt_slot_bound(&contract->object_slots, variable->slot);
    uint64_t bits = slot_bits(&contract->object_slots, variable->slot);
    if (bound && object != FLT_NOWHERE)
        bits |= (uint64_t)(bound->record == object) << 2 |
                (uint64_t)(bound->life == contract->object[object].number) << 3;
    add(walk, bits | (variable->value == 0 ? 16u : 0u));
    if (object != FLT_NOWHERE)
        add(walk, number_of(walk, object));
}

static uint64_t told_by_other(const struct flt_unnamed_objects *unnamed, uint64_t token) {
    for (uint32_t i = 0; i < unnamed->count; i++)
        if (unnamed->object[i].token == token)
            return unnamed->object[i].hash;
    return 0;
}

static void add_objects(struct walk *walk, const struct flt_unnamed_objects *unnamed) {
    const struct flt_contract *contract = walk->contract;
    for (uint32_t i = 0; i < walk->count; i++) {
        add(walk, object_hash(walk, i, walk->object[i]));
        add(walk, unnamed_handles(walk, walk->object[i]));
    }
    uint64_t sum = 0;
    for (uint32_t i = 0; i < contract->live_objects.count; i++) {
        const uint32_t at = contract->live_objects.at[i];
        if (known_number(walk, at) == NO_NUMBER)
            sum += flt_row_hash(object_hash(walk, walk->count, at), unnamed_handles(walk, at),
                                told_by_other(unnamed, contract->object[at].token));
    }
    add(walk, sum);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void add_thread(struct walk *walk, const struct flt_thread *thread) {
    add(walk, (uint64_t)thread->process | (uint64_t)thread->attach_depth << 8 |
                  (uint64_t)thread->irql << 16 | (uint64_t)thread->user_mode << 24 |
                  (uint64_t)thread->has_irp << 25);
    add(walk, (uint64_t)thread->critical.depth << 32 | thread->guarded.depth);
    for (uint8_t i = 0; i < thread->attach_depth; i++)
        add(walk, thread->attached[i]);
}

static void add_world(struct walk *walk) {
    const struct flt_contract *contract = walk->contract;
    uint64_t bits = 0;
    for (size_t i = 0; i < FLT_FILTER_COUNT; i++)
        bits = bits << 4 | contract->unloading[i];
    for (size_t i = 0; i < FLT_PROCESS_COUNT; i++)
        bits = bits << 1 | contract->exited[i];
    add(walk, bits);
    add(walk, flt_filters_sum(&contract->world));
    for (size_t i = 0; i < FLT_THREAD_COUNT; i++)
        add_thread(walk, &contract->thread[i]);
    /* All of these are empty between calls. */
    add(walk, (uint64_t)contract->provisional.count << 32 | contract->acts->count << 2 |
                  (uint64_t)(contract->unconfirmed != FLT_NOWHERE) << 1 |
                  (uint64_t)(contract->nameless != FLT_NOWHERE));
}

bool flt_contract_state_hash(const struct flt_contract *contract,
                             const struct flt_variables *variables,
                             const struct flt_unnamed_objects *unnamed, uint64_t *hash) {
    struct walk walk;
    walk.contract = contract;
    walk.variables = variables;
    walk.hash = 0;
    walk.count = 0;
    walk.too_many = false;
    for (uint32_t i = 0; i < variables->handles; i++)
        add_handle_variable(&walk, i);
    for (uint32_t i = 0; i < variables->objects; i++)
        add_object_variable(&walk, i);
    for (uint8_t table = FLT_TABLE_KERNEL + 1; table < FLT_TABLE_COUNT; table++)
        add_process_table(&walk, table);
    add_objects(&walk, unnamed);
    add_names(&walk);
    add_world(&walk);
    *hash = walk.hash;
    return !walk.too_many;
}
