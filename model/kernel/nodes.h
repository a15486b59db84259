/* What stands under the names of names.def: files, directories, links, volumes, and the pipes and
 * mailslots that are there for now. A node that has lost its name is known only to the file objects
 * that opened it. Each of them keeps which of the nodes of its name that was, and of what kind:
 * nothing else is asked of such a node, so there is no memory for it. */
#ifndef FLT_NODES_H
#define FLT_NODES_H

#include "../inline.h"
#include "share_access.h"

/* What a pipe's first instance says of all of them. */
struct flt_pipe {
    ULONG share;
    uint32_t most; /* instances at once */
};

/* What a file object keeps of its node. */
struct flt_file {
    uint32_t life; /* of the node: which one under that name */
    uint32_t mark; /* that it set for a POSIX delete; 0: none */
    uint8_t name;  /* of names.def */
    uint8_t kind;  /* enum flt_name_there */
    bool delete_on_close;
    bool is_server;             /* of a pipe or mailslot; a client's end counts nowhere */
    struct flt_sharing sharing; /* counted with the node's; all false: it is not */
};

/* What the view does not show of a node. */
struct flt_node {
    uint32_t life;  /* one more each time the name goes */
    uint32_t mark;  /* the POSIX marks that stand have this number; never 0 */
    uint32_t opens; /* file objects whose last handle is not closed yet */
    struct flt_pipe pipe;
    bool is_original; /* there since the start: it has the file id of names.def */
};

struct flt_nodes {
    struct flt_name_row row[FLT_NAME_LIMIT]; /* as the view shows them; by id, as the next */
    struct flt_node node[FLT_NAME_LIMIT];
    /* Bit per name that may not be as at the start. Whatever changes a node also opens it, or has
     * it open: it is touched there. */
    uint32_t touched;
};
_Static_assert(FLT_NAME_LIMIT <= 32, "a mask has a bit per name");

/* Before the first reset: nothing is as at the start. */
void flt_nodes_init(struct flt_nodes *nodes);
/* Back to the start world. Costs what was touched. */
void flt_nodes_reset(struct flt_nodes *nodes);
/* What stands under a name at the start. */
void flt_nodes_start(uint8_t name, struct flt_name_row *row, struct flt_node *node);

/* All 0 where nothing is. */
FLT_INLINE const struct flt_name_row *flt_nodes_row(const struct flt_nodes *nodes, uint8_t name) {
    return &nodes->row[name];
}
FLT_INLINE const struct flt_node *flt_nodes_at(const struct flt_nodes *nodes, uint8_t name) {
    return &nodes->node[name];
}
/* The file's node still has its name. */
FLT_INLINE bool flt_nodes_has(const struct flt_nodes *nodes, const struct flt_file *file) {
    return nodes->node[file->name].life == file->life;
}
/* A node stands under a name in that directory. */
bool flt_nodes_has_names_in(const struct flt_nodes *nodes, uint8_t directory);

/* The part of a create's FileAttributes that a node keeps. */
#define FLT_NODE_ATTRIBUTES                                                                        \
    (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM |                     \
     FILE_ATTRIBUTE_ARCHIVE)

/* What opens do to nodes. One is made where none is. */
void flt_nodes_make(struct flt_nodes *nodes, uint8_t name, enum flt_name_there kind,
                    ULONG attributes);
void flt_nodes_set_pipe(struct flt_nodes *nodes, uint8_t name, const struct flt_pipe *pipe);
void flt_nodes_set_attributes(struct flt_nodes *nodes, uint8_t name, ULONG attributes);
void flt_nodes_end_oplock(struct flt_nodes *nodes, uint8_t name);

/* A file object of the node that stands under file->name: from its IRP_MJ_CREATE to its
 * IRP_MJ_CLEANUP. The latter is where nodes go, and where they are marked by those that were opened
 * to be deleted. */
void flt_nodes_open(struct flt_nodes *nodes, struct flt_file *file);
void flt_nodes_close(struct flt_nodes *nodes, const struct flt_file *file);

/* Marks the node of the file for deletion, and takes the mark away, whoever set it. */
void flt_nodes_mark(struct flt_nodes *nodes, struct flt_file *file, bool posix);
void flt_nodes_unmark(struct flt_nodes *nodes, const struct flt_file *file);

#endif
