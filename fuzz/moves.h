/* What a call did to the abstract state: the difference between the contract's state before it and
 * after it, as moves (moves.def). */
#ifndef FLT_MOVES_H
#define FLT_MOVES_H

#include "../model/contract/summary.h"

enum flt_move {
#define MOVE(name, calls, words) FLT_MOVE_##name,
#include "moves.def"
    FLT_MOVE_COUNT
};

enum flt_fact {
#define FACT(name, calls, words) FLT_FACT_##name,
#include "occasions.def"
    FLT_FACT_COUNT
};

struct flt_move_info {
    const char *name, *words;
    uint64_t calls; /* classes of calls (call_classes.h) that can do it */
};
extern const struct flt_move_info flt_moves[FLT_MOVE_COUNT];
extern const struct flt_move_info flt_facts[FLT_FACT_COUNT];

/* The contract's state before a call. */
struct flt_snapshot {
    struct flt_handle_row *handle;
    struct flt_object_row *object;
    size_t handles, objects, handle_room, object_room;
    struct flt_name_row name[FLT_NAME_LIMIT];
    struct flt_totals totals;
    struct flt_summary summary;
};

/* False when memory is short. */
bool flt_snapshot_take(struct flt_snapshot *snapshot, const struct flt_contract *contract);
void flt_snapshot_free(struct flt_snapshot *snapshot);
/* There was an object with that token. */
bool flt_snapshot_has(const struct flt_snapshot *snapshot, uint64_t token);

/* A set of moves and facts, as bits. */
struct flt_difference {
    uint64_t moves[2]; /* there are more than 64 */
    uint64_t facts;
    uint32_t changed_names; /* bit per name that stands for something else */
};
_Static_assert(FLT_MOVE_COUNT <= 128 && FLT_FACT_COUNT <= 64, "a bit for each");

static inline bool flt_has_move(const struct flt_difference *difference, int move) {
    return difference->moves[move / 64] >> move % 64 & 1;
}
static inline void flt_add_move(struct flt_difference *difference, enum flt_move move) {
    difference->moves[move / 64] |= UINT64_C(1) << move % 64;
}
static inline void flt_add_fact(struct flt_difference *difference, enum flt_fact fact, bool holds) {
    difference->facts |= (uint64_t)holds << fact;
}

/* Between the snapshot and now; the facts are those of the rows. */
void flt_difference(const struct flt_snapshot *before, const struct flt_contract *contract,
                    struct flt_difference *difference);

#endif
