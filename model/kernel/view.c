#include "view.h"

#include "../row_sums.h"
#include "handles.h"

FLT_INLINE struct flt_handle_row handle_row(uint8_t table, uint32_t index,
                                        const struct flt_handle_entry *entry) {
    return (struct flt_handle_row){.value = flt_handle_spell(table, index),
                                   .token = (uint64_t)(uintptr_t)entry->object,
                                   .access = entry->access,
                                   .table = table,
                                   .type = entry->object->type,
                                   .flags = entry->flags};
}

FLT_INLINE struct flt_object_row object_row(const struct flt_object *object) {
    return (struct flt_object_row){.token = (uint64_t)(uintptr_t)object,
                                   .handles = object->handles,
                                   .references = object->references,
                                   .type = object->type,
                                   .phase = object->phase};
}

static void totals(const void *self, struct flt_totals *totals) {
    const struct flt_kernel *kernel = self;
    totals->handles = 0;
    for (size_t i = 0; i < FLT_TABLE_COUNT; i++)
        totals->handles += kernel->table[i].live;
    totals->objects = kernel->objects.pool.live_count;
}

/* The cursor counts the live handles of one table after the other. */
static size_t handles(const void *self, size_t *cursor, struct flt_handle_row *rows, size_t room) {
    const struct flt_kernel *kernel = self;
    size_t written = 0, before = 0; /* before: live in the tables passed so far */
    for (uint8_t i = 0; i < FLT_TABLE_COUNT; i++) {
        const struct flt_handle_table *table = &kernel->table[i];
        for (; written < room && *cursor < before + table->live; ++*cursor) {
            const uint32_t index = flt_handle_table_at(table, *cursor - before);
            rows[written++] = handle_row(i, index, flt_handle_table_entry(table, index));
        }
        before += table->live;
    }
    return written;
}

static size_t objects(const void *self, size_t *cursor, struct flt_object_row *rows, size_t room) {
    const struct flt_object_pool *pool = &((const struct flt_kernel *)self)->objects.pool;
    size_t written = 0;
    for (; written < room && *cursor < pool->live_count; ++*cursor)
        rows[written++] = object_row(flt_object_pool_at(pool, *cursor));
    return written;
}

static bool find_handle(const void *self, uint8_t table, uint64_t value,
                        struct flt_handle_row *row) {
    const struct flt_kernel *kernel = self;
    if (table >= FLT_TABLE_COUNT)
        return false;
    const uint32_t index = flt_handle_unspell(table, value);
    const struct flt_handle_entry *entry = flt_handle_table_find(&kernel->table[table], index);
    if (entry)
        *row = handle_row(table, index, entry);
    return entry != NULL;
}

static bool find_object(const void *self, uint64_t token, struct flt_object_row *row) {
    const struct flt_kernel *kernel = self;
    const struct flt_object *object = flt_object_pool_find(&kernel->objects.pool, token);
    if (object)
        *row = object_row(object);
    return object != NULL;
}

/* Row by row from the tables as they are, like `handles` and `objects`, but past their buffers. */
static void sums(const void *self, struct flt_sums *sums) {
    const struct flt_kernel *kernel = self;
    uint64_t sum = 0, rows = 0;
    for (uint8_t i = 0; i < FLT_TABLE_COUNT; i++) {
        const struct flt_handle_table *table = &kernel->table[i];
        const uint32_t live = table->live;
        for (uint32_t place = 0; place < live; place++) {
            const uint32_t index = flt_handle_table_at(table, place);
            const struct flt_handle_row row =
                handle_row(i, index, flt_handle_table_entry(table, index));
            sum += flt_handle_row_hash(&row);
        }
        rows += live;
    }
    sums->handles = sum;
    const struct flt_object_pool *pool = &kernel->objects.pool;
    const size_t live = pool->live_count;
    sum = 0;
    for (size_t place = 0; place < live; place++) {
        const struct flt_object_row row = object_row(flt_object_pool_at(pool, place));
        sum += flt_object_row_hash(&row);
    }
    sums->objects = sum;
    sums->rows = rows + live;
}

const struct flt_view_ops flt_kernel_view_ops = {.level = FLT_VIEW_FULL,
                                                 .totals = totals,
                                                 .handles = handles,
                                                 .objects = objects,
                                                 .find_handle = find_handle,
                                                 .find_object = find_object,
                                                 .sums = sums};
