#include "view.h"

#include "../row_sums.h"
#include "handles.h"

/* Copies, of which only what is needed is read: a sanitizer checks a copied record once, and each
 * field that is read through a pointer again. */
FLT_INLINE struct flt_handle_row handle_row(uint8_t table, uint32_t index,
                                            const struct flt_handle_entry *at) {
    const struct flt_handle_entry entry = *at;
    return (struct flt_handle_row){.value = flt_handle_spell(table, index),
                                   .token = (uint64_t)(uintptr_t)entry.object,
                                   .access = entry.access,
                                   .table = table,
                                   .type = entry.object->type,
                                   .flags = entry.flags};
}

FLT_INLINE struct flt_object_row object_row(const struct flt_object *at) {
    const struct flt_object object = *at;
    return (struct flt_object_row){.token = (uint64_t)(uintptr_t)at,
                                   .handles = object.handles,
                                   .references = object.references,
                                   .type = object.type,
                                   .phase = object.phase};
}

static void totals(const void *self, struct flt_totals *totals) {
    const struct flt_kernel *kernel = self;
    totals->handles = 0;
    for (size_t i = 0; i < FLT_TABLE_COUNT; i++)
        totals->handles += kernel->table[i].live;
    totals->objects = kernel->objects.pool.live_count;
    totals->shows_filters = true;
    totals->world = kernel->filters.row;
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

/* The sums: row by row from the tables as they are, like `handles` and `objects`, but past their
 * buffers and a page at a time. */

static uint64_t sum_of_page(const struct flt_kernel *kernel, uint8_t number, uint32_t first,
                            uint32_t count) {
    const struct flt_handle_table *table = &kernel->table[number];
    const struct flt_handle_page *page = table->page[first / FLT_PAGE_ENTRIES];
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t index = page->live[i];
        /* Mostly the entry is on the page that lists it. */
        const struct flt_handle_entry *entry = index - first < FLT_PAGE_ENTRIES
                                                   ? &page->entry[index % FLT_PAGE_ENTRIES]
                                                   : flt_handle_table_entry(table, index);
        const struct flt_handle_row row = handle_row(number, index, entry);
        sum += flt_handle_row_hash(&row);
    }
    return sum;
}

static uint64_t sum_of_objects(const struct flt_object_pool *pool) {
    struct flt_object_slot *const *at = pool->live, *const *end = at + pool->live_count;
    uint64_t sum = 0;
    for (; at != end; at++) {
        const struct flt_object_row row = object_row(&(*at)->object);
        sum += flt_object_row_hash(&row);
    }
    return sum;
}

static void sums(const void *self, struct flt_sums *sums) {
    const struct flt_kernel *kernel = self;
    uint64_t sum = 0, rows = 0;
    for (uint8_t i = 0; i < FLT_TABLE_COUNT; i++) {
        const uint32_t live = kernel->table[i].live;
        for (uint32_t first = 0; first < live; first += FLT_PAGE_ENTRIES)
            sum += sum_of_page(kernel, i, first,
                               live - first < FLT_PAGE_ENTRIES ? live - first : FLT_PAGE_ENTRIES);
        rows += live;
    }
    sums->handles = sum;
    sums->objects = kernel->objects.pool.live_count > 0 ? sum_of_objects(&kernel->objects.pool) : 0;
    sums->rows = rows + kernel->objects.pool.live_count;
    sums->filters = flt_filters_sum(&kernel->filters.row);
}

static const struct flt_name_row *names(const void *self) {
    return ((const struct flt_kernel *)self)->objects.nodes.row;
}

const struct flt_view_ops flt_kernel_view_ops = {.level = FLT_VIEW_FULL,
                                                 .totals = totals,
                                                 .handles = handles,
                                                 .objects = objects,
                                                 .find_handle = find_handle,
                                                 .find_object = find_object,
                                                 .names = names,
                                                 .sums = sums};
