#include "set_cover.h"

#include <stdlib.h>

/* An element and its number, in an open-addressed table that is at most half full. */
struct slot {
    uint64_t element; /* 0: free */
    uint32_t number;
    uint32_t set; /* the newest that has it, from 1: each set lists an element once */
};

struct flt_cover {
    struct slot *slot;
    size_t slots, elements;
    uint32_t *member; /* element numbers, set after set */
    size_t members, member_room;
    size_t *begin; /* of each set, in `member` */
    size_t sets, set_room;
};

static bool grow(void **rows, size_t *room, size_t size) {
    const size_t more = *room ? *room * 2 : 256;
    void *grown = realloc(*rows, more * size);
    if (!grown)
        return false;
    *rows = grown;
    *room = more;
    return true;
}

struct flt_cover *flt_cover_new(void) {
    return calloc(1, sizeof(struct flt_cover));
}

void flt_cover_free(struct flt_cover *cover) {
    if (!cover)
        return;
    free(cover->slot);
    free(cover->member);
    free(cover->begin);
    free(cover);
}

/* ---- the sets ----------------------------------------------------------------------------------
 */

static struct slot *find(struct slot *slot, size_t slots, uint64_t element) {
    size_t at = element & (slots - 1); /* the elements are hashes */
    while (slot[at].element != 0 && slot[at].element != element)
        at = (at + 1) & (slots - 1);
    return &slot[at];
}

static bool make_room(struct flt_cover *cover) {
    if (cover->elements * 2 < cover->slots)
        return true;
    const size_t slots = cover->slots ? cover->slots * 2 : 1024;
    struct slot *slot = calloc(slots, sizeof *slot);
    if (!slot)
        return false;
    for (size_t i = 0; i < cover->slots; i++)
        if (cover->slot[i].element != 0)
            *find(slot, slots, cover->slot[i].element) = cover->slot[i];
    free(cover->slot);
    cover->slot = slot;
    cover->slots = slots;
    return true;
}

bool flt_cover_begin(struct flt_cover *cover) {
    if (cover->sets == cover->set_room &&
        !grow((void **)&cover->begin, &cover->set_room, sizeof *cover->begin))
        return false;
    cover->begin[cover->sets++] = cover->members;
    return true;
}

bool flt_cover_add(struct flt_cover *cover, uint64_t element) {
    if (!make_room(cover) ||
        (cover->members == cover->member_room &&
         !grow((void **)&cover->member, &cover->member_room, sizeof *cover->member)))
        return false;
    struct slot *slot = find(cover->slot, cover->slots, element);
    if (slot->element == 0)
        *slot = (struct slot){.element = element, .number = (uint32_t)cover->elements++};
    if (slot->set == cover->sets)
        return true;
    slot->set = (uint32_t)cover->sets;
    cover->member[cover->members++] = slot->number;
    return true;
}

size_t flt_cover_elements(const struct flt_cover *cover) {
    return cover->elements;
}

/* ---- the choice --------------------------------------------------------------------------------
 */

static size_t end_of(const struct flt_cover *cover, size_t set) {
    return set + 1 < cover->sets ? cover->begin[set + 1] : cover->members;
}

/* What the set would add. */
static size_t gain_of(const struct flt_cover *cover, size_t set, const bool *covered) {
    size_t gain = 0;
    for (size_t i = cover->begin[set]; i < end_of(cover, set); i++)
        gain += !covered[cover->member[i]];
    return gain;
}

static void take(const struct flt_cover *cover, size_t set, bool *covered) {
    for (size_t i = cover->begin[set]; i < end_of(cover, set); i++)
        covered[cover->member[i]] = true;
}

/* A gain only falls as others are chosen, so a set whose gain is still what it was when it was last
 * looked at, and the largest, is the best: most sets are never looked at again. */
static void choose(const struct flt_cover *cover, size_t *gain, bool *covered, bool *keep) {
    size_t highest = 0;
    for (size_t set = 0; set < cover->sets; set++)
        if (keep[set])
            take(cover, set, covered);
    for (size_t set = 0; set < cover->sets; set++) {
        gain[set] = gain_of(cover, set, covered);
        highest = gain[set] > highest ? gain[set] : highest;
    }
    while (highest > 0) {
        size_t next = 0;
        for (size_t set = 0; set < cover->sets; set++) {
            if (gain[set] == highest)
                gain[set] = gain_of(cover, set, covered);
            if (gain[set] == highest) {
                keep[set] = true;
                gain[set] = 0;
                take(cover, set, covered);
            } else if (gain[set] > next) {
                next = gain[set];
            }
        }
        highest = next;
    }
}

bool flt_cover_choose(const struct flt_cover *cover, bool *keep) {
    size_t *gain = calloc(cover->sets + 1, sizeof *gain);
    bool *covered = calloc(cover->elements + 1, sizeof *covered);
    if (gain && covered)
        choose(cover, gain, covered, keep);
    const bool good = gain && covered;
    free(gain);
    free(covered);
    return good;
}
