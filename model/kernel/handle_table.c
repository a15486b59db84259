#include "handle_table.h"

#include <stdlib.h>

enum {
    FIRST_DIRECTORY = 4, /* pages that the directory has room for at first */
    WINDOWS_LIMIT = 1 << 24,
    SMALL_LIMIT = 16,
    SMALL_PAGE = 4
};

FLT_INLINE struct flt_handle_entry *entry_of(const struct flt_handle_table *table, uint32_t index) {
    return &table->page[index / FLT_PAGE_ENTRIES]->entry[index % FLT_PAGE_ENTRIES];
}

FLT_INLINE uint32_t *live_at(const struct flt_handle_table *table, uint32_t place) {
    return &table->page[place / FLT_PAGE_ENTRIES]->live[place % FLT_PAGE_ENTRIES];
}

void flt_handle_table_free(struct flt_handle_table *table) {
    for (uint32_t i = 0; i < table->pages; i++)
        free(table->page[i]);
    free(table->page);
    *table = (struct flt_handle_table){0};
}

void flt_handle_table_reset(struct flt_handle_table *table, const struct flt_switches *switches) {
    for (uint32_t place = 0; place < table->live; place++)
        entry_of(table, *live_at(table, place))->object = NULL;
    const bool small = flt_chosen(switches, geometry, small);
    table->limit = small ? SMALL_LIMIT : WINDOWS_LIMIT;
    table->unused = (small ? SMALL_PAGE : FLT_PAGE_ENTRIES) - 1;
    table->reuse = flt_chosen(switches, reuse, immediate);
    table->fresh = 1;
    table->free = 0;
    table->live = 0;
}

static bool add_page(struct flt_handle_table *table) {
    if (table->pages == table->page_room) {
        const uint32_t room = table->page_room ? table->page_room * 2 : FIRST_DIRECTORY;
        struct flt_handle_page **page = realloc(table->page, room * sizeof(*page));
        if (!page)
            return false;
        table->page = page;
        table->page_room = room;
    }
    struct flt_handle_page *page = calloc(1, sizeof *page);
    if (!page)
        return false;
    table->page[table->pages++] = page;
    return true;
}

uint32_t flt_handle_table_reserve(struct flt_handle_table *table) {
    uint32_t index = table->free;
    if (index) {
        table->free = entry_of(table, index)->link;
        return index;
    }
    index = table->fresh;
    if (!(index & table->unused))
        index++;
    if (index >= table->limit)
        return 0;
    if (index / FLT_PAGE_ENTRIES >= table->pages && !add_page(table))
        return 0;
    table->fresh = index + 1;
    return index;
}

void flt_handle_table_release(struct flt_handle_table *table, uint32_t index) {
    entry_of(table, index)->link = table->free;
    table->free = index;
}

void flt_handle_table_enter(struct flt_handle_table *table, uint32_t index,
                            const struct flt_handle_entry *entry) {
    struct flt_handle_entry *to = entry_of(table, index);
    *to = *entry;
    to->link = table->live;
    *live_at(table, table->live) = index;
    table->live++;
}

void flt_handle_table_remove(struct flt_handle_table *table, uint32_t index) {
    struct flt_handle_entry *entry = entry_of(table, index);
    /* The last of the live takes its place. */
    table->live--;
    const uint32_t last = *live_at(table, table->live);
    *live_at(table, entry->link) = last;
    entry_of(table, last)->link = entry->link;
    entry->object = NULL;
    if (table->reuse)
        flt_handle_table_release(table, index);
}

void flt_handle_table_set_flags(struct flt_handle_table *table, uint32_t index, uint8_t flags) {
    entry_of(table, index)->flags = flags;
}

void flt_handle_table_renew(struct flt_handle_table *table) {
    if (table->live || !table->reuse)
        return;
    table->fresh = 1;
    table->free = 0;
}

const struct flt_handle_entry *flt_handle_table_find(const struct flt_handle_table *table,
                                                     uint64_t index) {
    if (index >= table->fresh || index / FLT_PAGE_ENTRIES >= table->pages)
        return NULL;
    const struct flt_handle_entry *entry = entry_of(table, (uint32_t)index);
    return entry->object ? entry : NULL;
}
