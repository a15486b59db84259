#include "kernel.h"

#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "state.h"
#include "view.h"

static const struct flt_ops ops = {
#define CALL(opcode, type, name, weight, max_irql, parameters) .name = flt_kernel_##name,
#include "../calls.def"
};

static void reset(struct flt_system *system, const struct flt_switches *switches) {
    struct flt_kernel *kernel = flt_kernel_of(system);
    kernel->switches = *switches;
    for (size_t i = 0; i < FLT_TABLE_COUNT; i++)
        flt_handle_table_reset(&kernel->table[i], switches);
    flt_object_pool_reset(&kernel->objects.pool);
    for (size_t i = 0; i < FLT_THREAD_COUNT; i++)
        kernel->thread[i] = (struct flt_thread){FLT_PROCESS_P1, PASSIVE_LEVEL};
}

/* Index 0 of each stays NULL. The things of the world never move, so once is enough. */
static void make_world(struct flt_kernel *kernel) {
    struct flt_world *world = &kernel->system.world;
    for (uint8_t i = 1; i < FLT_FILTER_COUNT; i++) {
        kernel->filter[i].number = i;
        world->filter[i] = &kernel->filter[i];
    }
    for (uint8_t i = 1; i < FLT_INSTANCE_COUNT; i++) {
        kernel->instance[i].number = i;
        world->instance[i] = &kernel->instance[i];
    }
    memcpy(kernel->type, flt_object_types, sizeof kernel->type);
    for (size_t i = 1; i < FLT_TYPE_COUNT; i++)
        world->type[i] = &kernel->type[i];
}

struct flt_system *flt_kernel_new(void) {
    struct flt_kernel *kernel = calloc(1, sizeof *kernel);
    if (!kernel)
        return NULL;
    kernel->objects.system = &kernel->system;
    kernel->system.name = "kernel";
    kernel->system.ops = &ops;
    kernel->system.view = (struct flt_view){&flt_kernel_view_ops, kernel};
    kernel->system.reset = reset;
    kernel->system.settle = NULL; /* nothing is put off */
    make_world(kernel);
    return &kernel->system;
}

void flt_kernel_free(struct flt_system *system) {
    if (!system)
        return;
    struct flt_kernel *kernel = flt_kernel_of(system);
    for (size_t i = 0; i < FLT_TABLE_COUNT; i++)
        flt_handle_table_free(&kernel->table[i]);
    flt_object_pool_free(&kernel->objects.pool);
    free(kernel);
}
