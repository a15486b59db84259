#include "pointers.h"

void flt_stop_bad_reference(struct flt_kernel *kernel, const void *type, const void *object) {
    flt_system_bugcheck(&kernel->system, FLT_STOP_REFERENCE_BY_POINTER, (uint64_t)(uintptr_t)type,
                        (uint64_t)(uintptr_t)object, 0, 0);
}

struct flt_object *flt_pointed_object(struct flt_kernel *kernel, void *pointer) {
    if (!flt_object_pool_owns(&kernel->objects.pool, (uint64_t)(uintptr_t)pointer))
        flt_stop_bad_reference(kernel, NULL, pointer);
    struct flt_object *object = pointer;
    if (object->handles == 0 && object->references == 0)
        flt_stop_bad_reference(kernel, NULL, pointer); /* stale: nothing keeps it */
    return object;
}

struct flt_object *flt_live_object(const struct flt_kernel *kernel, void *pointer) {
    return flt_object_pool_find(&kernel->objects.pool, (uint64_t)(uintptr_t)pointer) ? pointer
                                                                                     : NULL;
}
