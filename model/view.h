/* The neutral view of a state of handles and objects. A system and the contract each implement it;
 * the door joins the two by key and compares. A system that has less to show says so in `level` and
 * is checked for less. */
#ifndef FLT_VIEW_H
#define FLT_VIEW_H

#include "call.h"

/* A live handle. The key is (table, value); value is spelled as an open hands it out: a multiple of
 * four, with FLT_KERNEL_HANDLE_BITS exactly in the kernel table. */
struct flt_handle_row {
    uint64_t value;
    uint64_t token;  /* the object, as its pointer value */
    uint32_t access; /* granted, generic rights mapped */
    uint8_t table;   /* FLT_TABLE_KERNEL, or the process's number */
    uint8_t type;    /* enum flt_type */
    uint8_t flags;   /* enum flt_handle_flags */
};

enum flt_handle_flags { FLT_HANDLE_INHERIT = 1, FLT_HANDLE_PROTECT = 2 };

/* IN_USE: a handle is open, or the create is under way. CLEANED: past IRP_MJ_CLEANUP, a reference
 * or the system keeps it. An object that is gone has no row. Objects that get no IRPs are IN_USE
 * until they are gone. */
enum flt_phase { FLT_PHASE_IN_USE, FLT_PHASE_CLEANED };

/* An object. The key is the token. */
struct flt_object_row {
    uint64_t token;
    uint32_t handles; /* open handles to it */
    /* That callers hold, and the one of a create under way (PostCreate); not those behind handles
     * or of the system. */
    uint32_t references;
    uint8_t type;  /* enum flt_type */
    uint8_t phase; /* enum flt_phase */
};

enum flt_filter_state { FLT_FILTER_GONE, FLT_FILTER_REGISTERED, FLT_FILTER_STARTED };
enum flt_instance_state { FLT_INSTANCE_GONE, FLT_INSTANCE_ATTACHED, FLT_INSTANCE_TEARING_DOWN };

/* An instance of the world: `filter` is FLT_FILTER_NULL while it is gone. */
struct flt_instance_row {
    uint8_t state;  /* enum flt_instance_state */
    uint8_t filter; /* enum flt_filter */
};

/* What the opens of a file do and share: those that read, write or delete, each until its last
 * handle is closed. */
struct flt_share_row {
    uint32_t open, readers, writers, deleters;
    uint32_t shared_read, shared_write, shared_delete;
};

/* What a name stands for. A row that is not there is all 0. */
struct flt_name_row {
    struct flt_share_row share; /* of a pipe or mailslot: `open` counts its server ends, no more */
    uint32_t attributes;        /* FILE_ATTRIBUTE_READONLY, HIDDEN, SYSTEM and ARCHIVE */
    uint8_t there;              /* enum flt_name_there, up to FLT_NAME_MAILSLOT */
    uint8_t deleting;           /* 1: marked for deletion, so that nobody can open it */
    uint8_t oplocked;           /* 1: an application holds an oplock on it */
    uint8_t unused;             /* 0: rows are compared as memory */
};

/* Every filter and every instance of the world. */
struct flt_filter_rows {
    uint8_t filter[FLT_FILTER_COUNT]; /* enum flt_filter_state; of FLT_FILTER_NULL: GONE */
    struct flt_instance_row instance[FLT_INSTANCE_COUNT];
};

struct flt_totals {
    uint64_t handles; /* rows that `handles` would give */
    uint64_t objects;
    bool shows_filters; /* `world` is filled in; a system may not know it */
    struct flt_filter_rows world;
};

/* Of the hashes of all rows (row_sums.h): what tells two views apart without a look-up per row. */
struct flt_sums {
    uint64_t handles, objects;
    uint64_t rows;    /* that were added up */
    uint64_t filters; /* flt_filters_sum of the world; 0 when it is not shown */
};

enum flt_view_level { FLT_VIEW_NONE, FLT_VIEW_COUNTS, FLT_VIEW_FULL };

/* Every function leaves the state alone. Rows come in any order, each once. */
struct flt_view_ops {
    enum flt_view_level level; /* COUNTS: only `totals`. NONE: no function is called */
    void (*totals)(const void *self, struct flt_totals *totals);
    /* Up to `room` rows from *cursor on (0 to begin with, then as the call left it); the number of
     * rows written, 0 at the end. */
    size_t (*handles)(const void *self, size_t *cursor, struct flt_handle_row *rows, size_t room);
    size_t (*objects)(const void *self, size_t *cursor, struct flt_object_row *rows, size_t room);
    /* The row of that key, or false. */
    bool (*find_handle)(const void *self, uint8_t table, uint64_t value,
                        struct flt_handle_row *row);
    bool (*find_object)(const void *self, uint64_t token, struct flt_object_row *row);
    /* A row per name of names.def, FLT_NAME_LIMIT of them: whole paths with what is there now, all
     * others 0. Good until the next call. May be NULL: a system may not know. */
    const struct flt_name_row *(*names)(const void *self);
    /* The sums of the rows that `handles` and `objects` would give now. May be NULL: then those are
     * walked. A system that has it looks at every row it keeps, each time: it remembers no sum. */
    void (*sums)(const void *self, struct flt_sums *sums);
};

struct flt_view {
    const struct flt_view_ops *ops;
    const void *self;
};

#endif
