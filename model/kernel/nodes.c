#include "nodes.h"

void flt_nodes_make(struct flt_nodes *nodes, uint8_t name, enum flt_name_there kind,
                    ULONG attributes) {
    nodes->row[name].there = (uint8_t)kind;
    nodes->row[name].attributes = attributes & FLT_NODE_ATTRIBUTES;
}

void flt_nodes_set_pipe(struct flt_nodes *nodes, uint8_t name, const struct flt_pipe *pipe) {
    nodes->node[name].pipe = *pipe;
}

void flt_nodes_set_attributes(struct flt_nodes *nodes, uint8_t name, ULONG attributes) {
    nodes->row[name].attributes = attributes & FLT_NODE_ATTRIBUTES;
}

void flt_nodes_end_oplock(struct flt_nodes *nodes, uint8_t name) {
    nodes->row[name].oplocked = 0;
}

/* The name goes; whoever has the node open keeps its number, which no later node has. */
static void lose_name(struct flt_nodes *nodes, uint8_t name) {
    nodes->row[name] = (struct flt_name_row){0};
    nodes->node[name] = (struct flt_node){.life = nodes->node[name].life + 1, .mark = 1};
}

void flt_nodes_open(struct flt_nodes *nodes, struct flt_file *file) {
    nodes->touched |= UINT32_C(1) << file->name;
    struct flt_name_row *row = &nodes->row[file->name];
    file->life = nodes->node[file->name].life;
    file->kind = row->there;
    nodes->node[file->name].opens++;
    if (file->is_server)
        row->share.open++;
    flt_share_access_add(&row->share, &file->sharing);
}

static void close_server(struct flt_nodes *nodes, uint8_t name) {
    if (--nodes->row[name].share.open == 0)
        lose_name(nodes, name);
}

static bool marks_when_closed(const struct flt_nodes *nodes, const struct flt_file *file) {
    return file->delete_on_close &&
           (file->kind != FLT_NAME_DIRECTORY || !flt_nodes_has_names_in(nodes, file->name));
}

/* Whether the name of a node that is marked goes with this file object. */
static bool name_goes(const struct flt_node *node, const struct flt_file *file) {
    return file->mark == node->mark || node->opens == 0;
}

void flt_nodes_close(struct flt_nodes *nodes, const struct flt_file *file) {
    if (!flt_nodes_has(nodes, file))
        return;
    struct flt_name_row *row = &nodes->row[file->name];
    struct flt_node *node = &nodes->node[file->name];
    flt_share_access_remove(&row->share, &file->sharing);
    node->opens--;
    if (file->is_server) {
        close_server(nodes, file->name);
        return;
    }
    if (marks_when_closed(nodes, file))
        row->deleting = 1;
    if (row->deleting && name_goes(node, file))
        lose_name(nodes, file->name);
}

void flt_nodes_mark(struct flt_nodes *nodes, struct flt_file *file, bool posix) {
    nodes->row[file->name].deleting = 1;
    file->mark = posix ? nodes->node[file->name].mark : 0;
}

void flt_nodes_unmark(struct flt_nodes *nodes, const struct flt_file *file) {
    nodes->row[file->name].deleting = 0;
    nodes->node[file->name].mark++; /* so that no file object has one that stands */
}
