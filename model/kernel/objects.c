#include "objects.h"

#include "object_type.h"

static void send(struct flt_objects *objects, enum flt_event_kind kind, enum flt_process process,
                 const struct flt_object *object) {
    if (flt_object_types[object->type].gets_irps)
        flt_system_event(objects->system, kind, process, object);
}

struct flt_object *flt_object_new(struct flt_objects *objects, enum flt_type type,
                                  enum flt_opcode opener) {
    struct flt_object *object = flt_object_pool_take(&objects->pool);
    if (!object)
        return NULL;
    object->type = (uint8_t)type;
    object->phase = FLT_PHASE_IN_USE;
    object->opener = (uint8_t)opener;
    return object;
}

void flt_object_discard(struct flt_objects *objects, struct flt_object *object) {
    flt_object_pool_give(&objects->pool, object);
}

void flt_object_open(struct flt_objects *objects, struct flt_object *object,
                     enum flt_process process) {
    if (!flt_object_types[object->type].gets_irps)
        return;
    flt_nodes_open(&objects->nodes, &object->file);
    send(objects, FLT_EVENT_CREATE, process, object);
}

static void end_when_unused(struct flt_objects *objects, struct flt_object *object,
                            enum flt_process process) {
    if (object->handles || object->references)
        return;
    send(objects, FLT_EVENT_CLOSE, process, object);
    flt_object_pool_give(&objects->pool, object);
}

static void clean(struct flt_objects *objects, struct flt_object *object,
                  enum flt_process process) {
    object->phase = FLT_PHASE_CLEANED;
    flt_nodes_close(&objects->nodes, &object->file);
    send(objects, FLT_EVENT_CLEANUP, process, object);
}

void flt_object_add_handle(struct flt_object *object) {
    object->handles++;
    if (object->create == FLT_CREATE_UNDER_WAY)
        object->create = FLT_CREATE_HAS_HANDLE;
}

void flt_object_drop_handle(struct flt_objects *objects, struct flt_object *object,
                            enum flt_process process) {
    if (--object->handles == 0 && flt_object_types[object->type].gets_irps)
        clean(objects, object, process);
    end_when_unused(objects, object, process);
}

/* As if its only handle had been closed. */
void flt_object_undo_open(struct flt_objects *objects, struct flt_object *object,
                          enum flt_process process) {
    flt_object_add_handle(object);
    flt_object_drop_handle(objects, object, process);
}

void flt_object_add_reference(struct flt_object *object) {
    object->references++;
}

void flt_object_drop_reference(struct flt_objects *objects, struct flt_object *object,
                               enum flt_process process) {
    object->references--;
    end_when_unused(objects, object, process);
}

void flt_object_begin_create(struct flt_object *object) {
    object->create = FLT_CREATE_UNDER_WAY;
    flt_object_add_reference(object);
}

void flt_object_cancel_create(struct flt_objects *objects, struct flt_object *object,
                              enum flt_process process) {
    object->create = FLT_CREATE_CANCELLED;
    clean(objects, object, process);
}

void flt_object_end_create(struct flt_objects *objects, struct flt_object *object,
                           enum flt_process process) {
    object->create = FLT_CREATE_COMPLETE;
    if (object->phase == FLT_PHASE_IN_USE && object->handles == 0)
        clean(objects, object, process);
    flt_object_drop_reference(objects, object, process);
}
