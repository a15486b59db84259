/* One handle table: entries by index, from 1. Knows nothing of processes and of how a value is
 * spelled beyond "index times four". Taking, finding and removing an entry cost the same whatever
 * is live; memory grows by pages and is kept for the next run. */
#ifndef FLT_HANDLE_TABLE_H
#define FLT_HANDLE_TABLE_H

#include "../call.h"
#include "../inline.h"

struct flt_object;

struct flt_handle_entry {
    struct flt_object *object; /* NULL: not live */
    uint32_t access;           /* granted */
    uint32_t link;             /* live: its place among the live. Free: the next free index, or 0 */
    uint8_t flags;             /* enum flt_handle_flags */
    uint8_t opener;            /* opcode of the call that made it */
};

enum { FLT_PAGE_ENTRIES = 256 };

/* The geometry decides which indices are used; storage has pages of one size. The places of the
 * live ones are kept in the same pages: there are never more of them than indices, so their page
 * exists. */
struct flt_handle_page {
    struct flt_handle_entry entry[FLT_PAGE_ENTRIES];
    uint32_t live[FLT_PAGE_ENTRIES];
};

struct flt_handle_table {
    struct flt_handle_page **page;
    uint32_t pages, page_room;
    uint32_t fresh;  /* the lowest index that was never taken */
    uint32_t free;   /* the index that was freed last, or 0 */
    uint32_t live;   /* how many */
    uint32_t limit;  /* indices are below this */
    uint32_t unused; /* an index with none of these bits is never used */
    bool reuse;
};

/* A zeroed table is an empty one without memory; reset it before use. */
void flt_handle_table_free(struct flt_handle_table *table);
/* Empties it, under these switches (geometry, reuse). Costs what is live. */
void flt_handle_table_reset(struct flt_handle_table *table, const struct flt_switches *switches);

/* Takes an index for an entry to come: not live yet. 0 when the table is full or memory is short.
 */
uint32_t flt_handle_table_reserve(struct flt_handle_table *table);
/* Gives back what was reserved and never entered. Nobody saw it, so it may come back even where
 * values are not reused. */
void flt_handle_table_release(struct flt_handle_table *table, uint32_t index);
/* Makes a reserved index live. `entry` is copied, but for its link. */
void flt_handle_table_enter(struct flt_handle_table *table, uint32_t index,
                            const struct flt_handle_entry *entry);
void flt_handle_table_remove(struct flt_handle_table *table, uint32_t index); /* a live one */
void flt_handle_table_set_flags(struct flt_handle_table *table, uint32_t index, uint8_t flags);
/* An empty table becomes a new one: values start over, unless none may come back. */
void flt_handle_table_renew(struct flt_handle_table *table);

/* The live entry, or NULL. Any number will do. */
const struct flt_handle_entry *flt_handle_table_find(const struct flt_handle_table *table,
                                                     uint64_t index);

/* The index at a place among the live: 0 to table->live - 1, in no order. */
FLT_INLINE uint32_t flt_handle_table_at(const struct flt_handle_table *table, size_t place) {
    return table->page[place / FLT_PAGE_ENTRIES]->live[place % FLT_PAGE_ENTRIES];
}

/* The entry of an index that is live. */
FLT_INLINE const struct flt_handle_entry *
flt_handle_table_entry(const struct flt_handle_table *table, uint32_t index) {
    return &table->page[index / FLT_PAGE_ENTRIES]->entry[index % FLT_PAGE_ENTRIES];
}

#endif
