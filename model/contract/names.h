/* What stands under each name, and who has it open. A node is what stands, or stood, under a whole
 * name of names.def: it lives on without its name while a file object of it is there. */
#ifndef FLT_CONTRACT_NAMES_H
#define FLT_CONTRACT_NAMES_H

#include "../view.h"

struct flt_contract;

enum { FLT_SHARE_KINDS = 64 };

/* The opens that read, write or delete, by kind (sharing.c). */
struct flt_sharing {
    uint64_t kinds; /* bit per kind that there is an open of: the others' counts mean nothing */
    uint32_t of_kind[FLT_SHARE_KINDS];
};

struct flt_node {
    uint8_t kind;  /* enum flt_name_there, up to FLT_NAME_MAILSLOT; NOTHING: of no node */
    uint8_t name;  /* that it stands under, or stood */
    bool named;    /* it stands there still */
    bool original; /* since the start */
    bool deleting; /* marked for deletion */
    bool oplocked; /* an application holds an oplock on it */
    uint32_t attributes;
    uint32_t opens;   /* whose last handle is not closed; of a pipe or mailslot: its server ends */
    uint32_t objects; /* file objects of it */
    uint32_t marking; /* moves when the mark is taken away: whoever marked before has not marked */
    uint32_t pipe_share, pipe_instances; /* what the first end of a pipe asked for */
    uint32_t next_free;
    struct flt_sharing sharing;
};

/* By which rule a row came to be as it is, and in which call. */
struct flt_name_change {
    enum flt_rule rule;
    uint32_t in_call;
};

struct flt_names {
    struct flt_node *node; /* from 1 on: the nodes of the start, by name; then those made since */
    uint32_t nodes, room;
    uint32_t free_node;
    uint32_t standing[FLT_NAME_LIMIT]; /* node[], or 0 */
    uint32_t touched;                  /* bit per name that may not be as at the start */
    uint32_t calls;                    /* that were observed */
    struct flt_name_row row[FLT_NAME_LIMIT];
    struct flt_name_change change[FLT_NAME_LIMIT];
};

/* What an open made of its file object. */
struct flt_opened {
    uint32_t node;   /* 0: the object is of none */
    uint32_t access; /* granted */
    uint32_t
        marked;     /* the node's `marking` when the object marked it for deletion; 0: it did not */
    uint32_t posix; /* the same of its POSIX delete */
    uint8_t share_kind;
    bool is_open; /* its last handle is not closed */
    bool counted; /* while it is, it is one of the node's opens */
    bool shares;  /* and one of its sharing */
    bool delete_on_close;
};

/* ---- nodes (names.c) ------------------------------------------------------------------------- */

/* False when memory is short. */
bool flt_names_init(struct flt_contract *contract);
void flt_names_free(struct flt_contract *contract);
/* Back to the names of the start. Costs what was touched. */
void flt_forget_names(struct flt_contract *contract);
/* What stands under the name then; false, and a node of kind NOTHING: nothing does. */
bool flt_node_at_start(uint8_t name, struct flt_node *node);
/* One more call is observed. */
void flt_end_call_on_names(struct flt_contract *contract);
/* A change came in the last call. */
bool flt_names_changed(const struct flt_contract *contract);

/* What stands under the name; one of kind NOTHING where nothing does. */
const struct flt_node *flt_node_under(const struct flt_contract *contract, uint8_t name);
/* Of the file object. */
const struct flt_node *flt_node_of(const struct flt_contract *contract, uint32_t object);
/* A pipe or a mailslot. */
static inline bool flt_is_served(const struct flt_node *node) {
    return node->kind == FLT_NAME_PIPE || node->kind == FLT_NAME_MAILSLOT;
}
/* A directory that a node stands in. */
bool flt_has_names_in_it(const struct flt_contract *contract, const struct flt_node *node);
enum flt_volume flt_volume_of(uint8_t name);

/* Under a name where nothing stands. */
uint32_t flt_make_node(struct flt_contract *contract, uint8_t name, enum flt_name_there kind,
                       uint32_t attributes, enum flt_rule rule);
/* Those that a node keeps. */
void flt_set_attributes(struct flt_contract *contract, uint32_t node, uint32_t attributes,
                        enum flt_rule rule);
/* The node's name goes. */
void flt_take_name_away(struct flt_contract *contract, uint32_t node, enum flt_rule rule);
/* The node changed, or stayed as it is, by that rule; FLT_RULE_NONE: only its opens did. */
void flt_show_node(struct flt_contract *contract, uint32_t node, enum flt_rule rule);
/* The file object is of that node from now on, or no more of any. */
void flt_join_node(struct flt_contract *contract, uint32_t object, uint32_t node);
void flt_leave_node(struct flt_contract *contract, uint32_t object);

/* ---- sharing (sharing.c) --------------------------------------------------------------------- */

/* What the node's opens have to do with one more, with that access and, for the check alone, the
 * access that its disposition implies: share_conflict or share_implied, or the rule by which it
 * does not matter that they conflict; FLT_RULE_NONE when they do not. */
enum flt_rule flt_sharing_rule(const struct flt_node *node, const struct flt_call *call,
                               uint32_t granted, uint32_t implied);
/* The object's open is one of its node's. */
void flt_share(struct flt_contract *contract, const struct flt_call *call, uint32_t object);
void flt_end_share(struct flt_contract *contract, uint32_t object);
/* What the opens add up to. */
struct flt_share_row flt_share_row_of(const struct flt_sharing *sharing);

/* ---- what a call spells (spelling.c) --------------------------------------------------------- */

/* The whole name of an open: RootDirectory and ObjectName together. */
struct flt_spelled {
    enum flt_rule rule; /* when it names nothing: why, and the status that says so */
    uint32_t status;
    uint8_t name;      /* of names.def; 0: there is no row of it */
    uint8_t directory; /* the row of its directory; 0: none has one, or none is needed */
    bool trailing;     /* it ended in a backslash */
    bool relative, by_id;
    bool root_may_be_bad; /* the system may as well take RootDirectory for a bad handle */
};
struct flt_spelled flt_spell(const struct flt_contract *contract, const struct flt_call *call);

/* ---- what an open comes to (targets.c, pipe_targets.c) --------------------------------------- */

struct flt_target {
    enum flt_rule rule;  /* of the success, or of the refusal */
    uint32_t status;     /* what is returned, if there is room for the handle */
    uint32_t or_status;  /* of a refusal: that may come instead; 0: none */
    bool may_be_invalid; /* the system may hold the parameters against the call */
    bool root_may_be_bad;

    /* Of a success. */
    uint64_t information;
    uint32_t granted;
    uint8_t name;
    uint8_t makes; /* enum flt_name_there: the node that is made; NOTHING: one stands there */
    bool counted;  /* the open is one of the node's */
    bool shares;   /* its sharing too */
    bool replaces;
    bool ends_oplock;
    bool delete_on_close;
};
struct flt_target flt_find_target(const struct flt_contract *contract, const struct flt_call *call);
/* Of FltCreateNamedPipeFile and FltCreateMailslotFile. */
struct flt_target flt_find_pipe_target(const struct flt_contract *contract,
                                       const struct flt_call *call);
/* The call's instance, if it has one, is of another volume. */
bool flt_is_on_wrong_instance(const struct flt_call *call, uint8_t name);
void flt_refuse(struct flt_target *target, enum flt_rule rule, uint32_t status);

/* ---- what opens do to nodes (opened.c) ------------------------------------------------------- */

/* The file system has opened it: what is made, replaced or broken stays so. */
void flt_begin_open(struct flt_contract *contract, const struct flt_call *call, uint32_t object,
                    const struct flt_target *target);
/* The open turns out to be another object's. */
void flt_move_open(struct flt_contract *contract, uint32_t from, uint32_t to);
/* The object's last handle is closed. */
void flt_end_open(struct flt_contract *contract, uint32_t object);
/* The object marked its node for deletion, and nobody took the mark away. */
bool flt_has_marked(const struct flt_contract *contract, uint32_t object);

#endif
