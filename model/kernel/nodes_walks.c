/* What walks over the nodes. */
#include "nodes.h"

static bool is_there_at_start(const struct flt_name *name) {
    return name->there == FLT_NAME_FILE || name->there == FLT_NAME_DIRECTORY ||
           name->there == FLT_NAME_LINK || name->there == FLT_NAME_VOLUME;
}

void flt_nodes_start(uint8_t id, struct flt_name_row *row, struct flt_node *node) {
    const struct flt_name *name = flt_name_by_id(id);
    *row = (struct flt_name_row){0};
    *node = (struct flt_node){.mark = 1};
    if (!name || !is_there_at_start(name))
        return;
    row->there = name->there;
    row->attributes = name->attributes;
    row->oplocked = id == FLT_NAME_ID_OPLOCKED;
    node->is_original = true;
}

void flt_nodes_init(struct flt_nodes *nodes) {
    nodes->touched = UINT32_MAX;
}

void flt_nodes_reset(struct flt_nodes *nodes) {
    for (uint8_t id = 0; nodes->touched != 0; id++, nodes->touched >>= 1)
        if (nodes->touched & 1)
            flt_nodes_start(id, &nodes->row[id], &nodes->node[id]);
}

bool flt_nodes_has_names_in(const struct flt_nodes *nodes, uint8_t directory) {
    const struct flt_name *name = flt_name_next(NULL);
    for (; name; name = flt_name_next(name))
        if (name->parent == directory && nodes->row[name->id].there != FLT_NAME_NOTHING)
            return true;
    return false;
}
