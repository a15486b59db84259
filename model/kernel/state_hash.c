#include "state_hash.h"

#include "../mix.h"
#include "../row_sums.h"
#include "handles.h"

enum { ROOM_THAT_COUNTS = 64 };

struct walk {
    const struct flt_kernel *kernel;
    const struct flt_variables *variables;
    uint64_t hash;
    uint32_t count; /* objects that have a number */
    const struct flt_object *object[FLT_STATE_OBJECTS];
    bool too_many;
};

static void add(struct walk *walk, uint64_t value) {
    walk->hash = flt_mix_in(walk->hash, value);
}

/* ---- objects --------------------------------------------------------------------------------- */

enum { NO_NUMBER = FLT_STATE_OBJECTS };

static uint32_t known_number(const struct walk *walk, const struct flt_object *object) {
    for (uint32_t i = 0; i < walk->count; i++)
        if (walk->object[i] == object)
            return i;
    return NO_NUMBER;
}

static uint32_t number_of(struct walk *walk, const struct flt_object *object) {
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

static uint64_t sharing_bits(const struct flt_sharing *sharing) {
    return (uint64_t)sharing->reads | (uint64_t)sharing->writes << 1 |
           (uint64_t)sharing->deletes << 2 | (uint64_t)sharing->shares_read << 3 |
           (uint64_t)sharing->shares_write << 4 | (uint64_t)sharing->shares_delete << 5;
}

static uint64_t file_bits(const struct flt_nodes *nodes, const struct flt_file *file) {
    const bool has_name = flt_nodes_has(nodes, file);
    const bool mark_stands = has_name && file->mark == flt_nodes_at(nodes, file->name)->mark;
    return (uint64_t)has_name | (uint64_t)mark_stands << 1 | (uint64_t)file->delete_on_close << 2 |
           (uint64_t)file->is_server << 3 | sharing_bits(&file->sharing) << 8 |
           (uint64_t)file->name << 16 | (uint64_t)file->kind << 24;
}

static uint64_t object_hash(const struct walk *walk, const struct flt_object *object) {
    const uint64_t file =
        object->type == FLT_TYPE_FILE ? file_bits(&walk->kernel->objects.nodes, &object->file) : 0;
    return flt_row_hash((uint64_t)object->handles << 32 | object->references,
                        (uint64_t)(object == walk->kernel->untaken_buffer) << 32 |
                            (uint64_t)object->create << 24 | (uint64_t)object->type << 16 |
                            (uint64_t)object->phase << 8 | object->opener,
                        file);
}

/* ---- handles --------------------------------------------------------------------------------- */

static uint64_t entry_bits(const struct flt_handle_entry *entry) {
    return (uint64_t)entry->access << 32 | (uint64_t)entry->flags << 8 | entry->opener;
}

static uint32_t usable_between(const struct flt_handle_table *table, uint32_t from, uint32_t to) {
    const uint32_t page = table->unused + 1;
    /* Of the indices below n, those that are multiples of the page are never used. */
    const uint32_t skipped = (to + page - 1) / page - (from + page - 1) / page;
    return to - from - skipped;
}

static uint32_t freed(const struct flt_handle_table *table) {
    uint32_t count = 0;
    for (uint32_t at = table->free; at; at = flt_handle_table_entry(table, at)->link)
        count++;
    return count;
}

/* How many new handles until the dead index is given out; UINT32_MAX: never. */
static uint32_t place_among_next(const struct flt_handle_table *table, uint64_t index) {
    uint32_t place = 0;
    for (uint32_t at = table->free; at; at = flt_handle_table_entry(table, at)->link, place++)
        if (at == index)
            return place;
    if (index < table->fresh || index >= table->limit || !(index & table->unused))
        return UINT32_MAX;
    return place + usable_between(table, table->fresh, (uint32_t)index);
}

static void add_value_in(struct walk *walk, uint8_t number, uint64_t value) {
    const struct flt_handle_table *table = &walk->kernel->table[number];
    const uint32_t index = flt_handle_unspell(number, value);
    const struct flt_handle_entry *entry = flt_handle_table_find(table, index);
    if (entry) {
        add(walk, entry_bits(entry));
        add(walk, UINT64_C(1) << 32 | number_of(walk, entry->object));
    } else {
        add(walk, UINT64_C(2) << 32 | place_among_next(table, index));
    }
}

static bool is_kernel_value(uint64_t value) {
    return (value & FLT_KERNEL_HANDLE_BITS) == FLT_KERNEL_HANDLE_BITS;
}

/* What a failed call left, or a value with some of the kernel bits: no table has it, ever. */
static bool is_no_value(uint64_t value) {
    return (value & FLT_KERNEL_HANDLE_BITS) != 0 && !is_kernel_value(value);
}

static void add_handle_variable(struct walk *walk, uint32_t at) {
    const uint64_t value = walk->variables->handle[at].value;
    if (is_no_value(value)) {
        add(walk, UINT64_C(3) << 32);
    } else if (is_kernel_value(value)) {
        const uint32_t first = flt_first_equal(walk->variables->handle, at);
        add(walk, first);
        if (first == at)
            add_value_in(walk, FLT_TABLE_KERNEL, value);
    } else {
        add(walk, UINT64_C(4) << 32 | value);
        for (uint8_t table = FLT_TABLE_KERNEL + 1; value && table < FLT_TABLE_COUNT; table++)
            add_value_in(walk, table, value);
    }
}

static void add_process_table(struct walk *walk, uint8_t number) {
    const struct flt_handle_table *table = &walk->kernel->table[number];
    uint32_t left = table->live;
    for (uint32_t index = 1; left > 0; index++) {
        const struct flt_handle_entry *entry = flt_handle_table_find(table, index);
        if (!entry)
            continue;
        left--;
        add(walk, entry_bits(entry));
        add(walk, (uint64_t)index << 32 | number_of(walk, entry->object));
    }
}

static void add_room(struct walk *walk, uint8_t number) {
    const struct flt_handle_table *table = &walk->kernel->table[number];
    uint32_t room = usable_between(table, table->fresh, table->limit);
    if (room < ROOM_THAT_COUNTS)
        room += freed(table);
    add(walk, (uint64_t)table->live << 32 | (room < ROOM_THAT_COUNTS ? room : ROOM_THAT_COUNTS));
}

static bool has_name(const struct walk *walk, uint32_t index) {
    const uint64_t value = flt_handle_spell(FLT_TABLE_KERNEL, index);
    for (uint32_t i = 0; i < walk->variables->handles; i++)
        if (walk->variables->handle[i].value == value)
            return true;
    return false;
}

/* The kernel table's handles to that object that no variable holds, as a set. */
static uint64_t unnamed_handles(const struct walk *walk, const struct flt_object *object) {
    const struct flt_handle_table *table = &walk->kernel->table[FLT_TABLE_KERNEL];
    uint64_t sum = 0;
    for (uint32_t place = 0; place < table->live; place++) {
        const uint32_t index = flt_handle_table_at(table, place);
        const struct flt_handle_entry *entry = flt_handle_table_entry(table, index);
        if (entry->object == object && !has_name(walk, index))
            sum += flt_mix(entry_bits(entry) + 1);
    }
    return sum;
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void add_object_variable(struct walk *walk, uint32_t at) {
    const struct flt_object_pool *pool = &walk->kernel->objects.pool;
    const uint64_t value = walk->variables->object[at].value;
    const struct flt_object *object = value ? flt_object_pool_find(pool, value) : NULL;
    if (object)
        add(walk, UINT64_C(5) << 32 | number_of(walk, object));
    else
        add(walk, UINT64_C(6) << 32 | (uint64_t)(value != 0) << 1 |
                      (uint64_t)flt_object_pool_owns(pool, value));
}

static void add_objects(struct walk *walk, struct flt_unnamed_objects *unnamed) {
    for (uint32_t i = 0; i < walk->count; i++) {
        add(walk, object_hash(walk, walk->object[i]));
        add(walk, unnamed_handles(walk, walk->object[i]));
    }
    const struct flt_object_pool *pool = &walk->kernel->objects.pool;
    uint64_t sum = 0;
    unnamed->count = 0;
    for (size_t i = 0; i < pool->live_count && !walk->too_many; i++) {
        const struct flt_object *object = flt_object_pool_at(pool, i);
        if (known_number(walk, object) != NO_NUMBER)
            continue;
        const uint64_t hash = flt_mix_in(object_hash(walk, object), unnamed_handles(walk, object));
        sum += hash;
        if (unnamed->count == FLT_STATE_OBJECTS)
            walk->too_many = true;
        else
            unnamed->object[unnamed->count++] =
                (struct flt_unnamed_object){(uint64_t)(uintptr_t)object, hash};
    }
    add(walk, sum);
}

static uint64_t name_hash(uint8_t name, const struct flt_name_row *row,
                          const struct flt_node *node) {
    const struct flt_share_row *share = &row->share;
    const uint64_t shown =
        flt_row_hash((uint64_t)row->attributes << 32 | (uint64_t)row->there << 16 |
                         (uint64_t)row->deleting << 8 | (uint64_t)row->oplocked,
                     (uint64_t)share->open << 32 | share->readers,
                     (uint64_t)share->writers << 32 | share->deleters);
    const uint64_t shared = flt_row_hash((uint64_t)share->shared_read << 32 | share->shared_write,
                                         (uint64_t)share->shared_delete << 32 | node->opens, name);
    const uint64_t hidden =
        flt_row_hash((uint64_t)node->pipe.share << 32 | node->pipe.most, node->is_original, name);
    return flt_row_hash(shown, shared, hidden);
}

/* Those that are as at the start add nothing, whether or not they were touched. */
static void add_names(struct walk *walk) {
    const struct flt_nodes *nodes = &walk->kernel->objects.nodes;
    uint64_t sum = 0;
    struct flt_name_row row;
    struct flt_node node;
    for (uint32_t left = nodes->touched; left != 0; left &= left - 1) {
        const uint8_t name = (uint8_t)__builtin_ctz(left);
        flt_nodes_start(name, &row, &node);
        sum +=
            name_hash(name, &nodes->row[name], &nodes->node[name]) - name_hash(name, &row, &node);
    }
    add(walk, sum);
}

static void add_thread(struct walk *walk, const struct flt_thread *thread) {
    add(walk, (uint64_t)thread->process | (uint64_t)thread->attachments << 8 |
                  (uint64_t)thread->irql << 16 | (uint64_t)(uint8_t)thread->previous_mode << 24);
    add(walk, (uint64_t)thread->critical << 32 | thread->guarded);
    add(walk, (uint64_t)(uintptr_t)thread->top_level_irp); /* made up, never an address */
    for (uint8_t i = 0; i < thread->attachments; i++)
        add(walk, thread->attached[i]);
}

static void add_world(struct walk *walk) {
    const struct flt_kernel *kernel = walk->kernel;
    uint64_t bits = 0;
    for (size_t i = 0; i < FLT_FILTER_COUNT; i++)
        bits = bits << 4 | kernel->filters.unloading[i];
    for (size_t i = 0; i < FLT_PROCESS_COUNT; i++)
        bits = bits << 1 | kernel->process[i].exited;
    add(walk, bits);
    add(walk, flt_filters_sum(&kernel->filters.row));
    for (size_t i = 0; i < FLT_THREAD_COUNT; i++)
        add_thread(walk, &kernel->thread[i]);
}

bool flt_kernel_state_hash(const struct flt_system *system, const struct flt_variables *variables,
                           struct flt_unnamed_objects *unnamed, uint64_t *hash) {
    struct walk walk;
    walk.kernel = (const struct flt_kernel *)(const void *)system;
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
    for (uint8_t table = 0; table < FLT_TABLE_COUNT; table++)
        add_room(&walk, table);
    add_objects(&walk, unnamed);
    add_names(&walk);
    add_world(&walk);
    *hash = walk.hash;
    return !walk.too_many;
}
