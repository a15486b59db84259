#include "reparse_buffers.h"

struct flt_object *flt_reparse_buffer_new(struct flt_kernel *kernel, enum flt_opcode opener) {
    struct flt_object *buffer = flt_object_new(&kernel->objects, FLT_TYPE_REPARSE_BUFFER, opener);
    if (!buffer)
        return NULL;
    flt_object_add_reference(buffer);
    kernel->untaken_buffer = buffer;
    return buffer;
}

struct flt_object *flt_reparse_buffer_take(struct flt_kernel *kernel) {
    struct flt_object *buffer = kernel->untaken_buffer;
    kernel->untaken_buffer = NULL;
    return buffer;
}

void flt_reparse_buffer_free(struct flt_kernel *kernel, struct flt_object *buffer) {
    if (kernel->untaken_buffer == buffer)
        kernel->untaken_buffer = NULL;
    flt_object_drop_reference(&kernel->objects, buffer, flt_kernel_process(kernel));
}
