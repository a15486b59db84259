/* The life of an object: its counts, its phase, and the IRPs that a file object gets on the way. It
 * is there while a handle or a reference to it is left. */
#ifndef FLT_OBJECTS_H
#define FLT_OBJECTS_H

#include "../system.h"
#include "object_pool.h"

struct flt_objects {
    struct flt_system *system; /* IRPs are sent on its behalf */
    struct flt_object_pool pool;
    struct flt_nodes nodes; /* what file objects open */
};

/* Without handles, references and IRPs so far; the caller opens or discards it. NULL when memory is
 * short. */
struct flt_object *flt_object_new(struct flt_objects *objects, enum flt_type type,
                                  enum flt_opcode opener);
/* Undoes flt_object_new: nothing was sent for it. */
void flt_object_discard(struct flt_objects *objects, struct flt_object *object);

/* The process is the one in whose context IRPs are sent. A file object is an open of its node, the
 * one under object->file.name, until its IRP_MJ_CLEANUP. */
void flt_object_open(struct flt_objects *objects, struct flt_object *object,
                     enum flt_process process);
/* Undoes flt_object_open and flt_object_new: a file object gets the IRPs that end it. */
void flt_object_undo_open(struct flt_objects *objects, struct flt_object *object,
                          enum flt_process process);
void flt_object_add_handle(struct flt_object *object);
void flt_object_drop_handle(struct flt_objects *objects, struct flt_object *object,
                            enum flt_process process);
/* Between the file system's answer to a create and its end the create has a reference of its own.
 * One that is cancelled is closed at once, as after a last handle; one that ends has had a handle
 * for a moment, unless it was cancelled. */
void flt_object_begin_create(struct flt_object *object);
void flt_object_cancel_create(struct flt_objects *objects, struct flt_object *object,
                              enum flt_process process);
void flt_object_end_create(struct flt_objects *objects, struct flt_object *object,
                           enum flt_process process);
void flt_object_add_reference(struct flt_object *object);
void flt_object_drop_reference(struct flt_objects *objects, struct flt_object *object,
                               enum flt_process process);

#endif
