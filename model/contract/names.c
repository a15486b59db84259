/* What stands under each name. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "../include/wdm.h"
#include "state.h"

enum {
    KEPT_ATTRIBUTES = FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM |
                      FILE_ATTRIBUTE_ARCHIVE
};
_Static_assert(FLT_NAME_LIMIT <= 32, "a bit per name");

/* ---- rows ------------------------------------------------------------------------------------ */

static struct flt_name_row row_of(const struct flt_node *node) {
    if (flt_is_served(node))
        return (struct flt_name_row){.there = node->kind, .share = {.open = node->opens}};
    return (struct flt_name_row){.there = node->kind,
                                 .attributes = node->attributes,
                                 .deleting = node->deleting,
                                 .oplocked = node->oplocked,
                                 .share = flt_share_row_of(&node->sharing)};
}

static void show(struct flt_contract *contract, uint8_t name, enum flt_rule rule) {
    struct flt_names *names = &contract->names;
    names->row[name] = row_of(&names->node[names->standing[name]]);
    names->touched |= UINT32_C(1) << name;
    if (rule != FLT_RULE_NONE)
        names->change[name] = (struct flt_name_change){rule, names->calls};
}

void flt_show_node(struct flt_contract *contract, uint32_t node, enum flt_rule rule) {
    const struct flt_node *what = &contract->names.node[node];
    if (what->named)
        show(contract, what->name, rule);
}

void flt_end_call_on_names(struct flt_contract *contract) {
    contract->names.calls++;
}

static bool changed(const struct flt_names *names, uint8_t name) {
    return names->touched >> name & 1 && names->change[name].rule != FLT_RULE_NONE &&
           names->change[name].in_call + 1 == names->calls;
}

bool flt_names_changed(const struct flt_contract *contract) {
    for (uint32_t left = contract->names.touched; left != 0; left &= left - 1)
        if (changed(&contract->names, (uint8_t)__builtin_ctz(left)))
            return true;
    return false;
}

enum flt_rule flt_contract_name_rule(const struct flt_contract *contract, uint8_t name) {
    const struct flt_names *names = &contract->names;
    return name < FLT_NAME_LIMIT && changed(names, name) ? names->change[name].rule
                                                         : FLT_RULE_names_as_made;
}

/* ---- the start ------------------------------------------------------------------------------- */

static bool is_there_at_start(const struct flt_name *name) {
    return name && (name->there == FLT_NAME_FILE || name->there == FLT_NAME_DIRECTORY ||
                    name->there == FLT_NAME_LINK || name->there == FLT_NAME_VOLUME);
}

bool flt_node_at_start(uint8_t id, struct flt_node *node) {
    const struct flt_name *name = flt_name_by_id(id);
    node->kind = FLT_NAME_NOTHING;
    node->named = node->original = is_there_at_start(name);
    node->deleting = node->oplocked = false;
    node->opens = node->objects = 0;
    node->marking = 1;
    node->sharing.kinds = 0;
    if (node->original) {
        node->kind = name->there;
        node->name = id;
        node->attributes = name->attributes;
        node->oplocked = id == FLT_NAME_ID_OPLOCKED;
    }
    return node->original;
}

static void start_name(struct flt_names *names, uint8_t id) {
    struct flt_node *node = &names->node[id];
    const bool stands = flt_node_at_start(id, node);
    names->standing[id] = stands ? id : 0;
    names->row[id] = row_of(stands ? node : &names->node[0]);
    names->change[id].rule = FLT_RULE_NONE;
}

bool flt_names_init(struct flt_contract *contract) {
    struct flt_names *names = &contract->names;
    names->node = calloc(FLT_NAME_LIMIT, sizeof *names->node);
    names->room = FLT_NAME_LIMIT;
    names->touched = UINT32_MAX;
    return names->node != NULL;
}

void flt_names_free(struct flt_contract *contract) {
    free(contract->names.node);
}

void flt_forget_names(struct flt_contract *contract) {
    struct flt_names *names = &contract->names;
    for (uint32_t left = names->touched; left != 0; left &= left - 1)
        start_name(names, (uint8_t)__builtin_ctz(left));
    names->touched = 0;
    names->nodes = FLT_NAME_LIMIT;
    names->free_node = 0;
}

/* ---- looking --------------------------------------------------------------------------------- */

const struct flt_node *flt_node_under(const struct flt_contract *contract, uint8_t name) {
    return &contract->names.node[contract->names.standing[name]];
}

const struct flt_node *flt_node_of(const struct flt_contract *contract, uint32_t object) {
    return &contract->names.node[contract->object[object].opened.node];
}

bool flt_has_names_in_it(const struct flt_contract *contract, const struct flt_node *node) {
    if (node->kind != FLT_NAME_DIRECTORY || !node->named)
        return false;
    for (const struct flt_name *name = flt_name_next(NULL); name; name = flt_name_next(name))
        if (name->parent == node->name && contract->names.standing[name->id] != 0)
            return true;
    return false;
}

enum flt_volume flt_volume_of(uint8_t name) {
    const struct flt_name *row = flt_name_by_id(name);
    return row ? (enum flt_volume)row->volume : FLT_VOLUME_V0;
}

/* ---- moving ---------------------------------------------------------------------------------- */

static uint32_t unused_node(struct flt_names *names) {
    const uint32_t free = names->free_node;
    if (free != 0) {
        names->free_node = names->node[free].next_free;
        return free;
    }
    if (names->nodes == names->room)
        names->node = flt_grow(names->node, &names->room, sizeof *names->node);
    return names->nodes++;
}

uint32_t flt_make_node(struct flt_contract *contract, uint8_t name, enum flt_name_there kind,
                       uint32_t attributes, enum flt_rule rule) {
    struct flt_names *names = &contract->names;
    const uint32_t at = unused_node(names);
    struct flt_node *node = &names->node[at];
    node->kind = (uint8_t)kind;
    node->name = name;
    node->named = true;
    node->original = node->deleting = node->oplocked = false;
    node->opens = node->objects = 0;
    node->marking = 1;
    node->sharing.kinds = 0;
    names->standing[name] = at;
    flt_set_attributes(contract, at, attributes, rule);
    return at;
}

void flt_set_attributes(struct flt_contract *contract, uint32_t node, uint32_t attributes,
                        enum flt_rule rule) {
    contract->names.node[node].attributes = attributes & KEPT_ATTRIBUTES;
    flt_show_node(contract, node, rule);
}

/* Those of the start are not used again: a file id names the original. */
static void forget_if_done(struct flt_names *names, uint32_t at) {
    struct flt_node *node = &names->node[at];
    if (node->named || node->objects > 0 || at < FLT_NAME_LIMIT)
        return;
    node->next_free = names->free_node;
    names->free_node = at;
}

void flt_take_name_away(struct flt_contract *contract, uint32_t node, enum flt_rule rule) {
    struct flt_names *names = &contract->names;
    names->node[node].named = false;
    names->standing[names->node[node].name] = 0;
    show(contract, names->node[node].name, rule);
    forget_if_done(names, node);
}

void flt_join_node(struct flt_contract *contract, uint32_t object, uint32_t node) {
    struct flt_node *what = &contract->names.node[node];
    contract->object[object].opened = (struct flt_opened){.node = node};
    contract->names.touched |= UINT32_C(1) << what->name;
    what->objects++;
}

void flt_leave_node(struct flt_contract *contract, uint32_t object) {
    struct flt_opened *opened = &contract->object[object].opened;
    const uint32_t node = opened->node;
    opened->node = 0;
    if (node == 0)
        return;
    contract->names.node[node].objects--;
    forget_if_done(&contract->names, node);
}
