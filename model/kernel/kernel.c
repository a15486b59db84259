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
    flt_nodes_reset(&kernel->objects.nodes);
    kernel->untaken_buffer = NULL;
    for (size_t i = 0; i < FLT_THREAD_COUNT; i++)
        kernel->thread[i] = (struct flt_thread){
            .process = FLT_PROCESS_P1, .irql = PASSIVE_LEVEL, .previous_mode = KernelMode};
    for (size_t i = 0; i < FLT_PROCESS_COUNT; i++)
        kernel->process[i].exited = false;
    flt_filters_reset(&kernel->filters);
}

/* Handles to processes are in no table of the view: some of their kernel bits are set, not all. */
#define PROCESS_HANDLES UINT64_C(0x7000000000000000)
#define CURRENT_PROCESS UINT64_MAX

static void make_processes(struct flt_kernel *kernel) {
    struct flt_world *world = &kernel->system.world;
    world->process_handle[FLT_PROCESS_HANDLE_CURRENT] = (HANDLE)(uintptr_t)CURRENT_PROCESS;
    for (uint8_t i = 0; i < FLT_PROCESS_COUNT; i++) {
        kernel->process[i].number = i;
        world->process[i] = &kernel->process[i];
        world->process_handle[FLT_PROCESS_HANDLE_SYSTEM + i] =
            (HANDLE)(uintptr_t)(PROCESS_HANDLES + (i + 1u) * 4u);
    }
}

/* The things of the world never move, so once is enough. Index 0 stays NULL, but for processes. */
static void make_world(struct flt_kernel *kernel) {
    struct flt_world *world = &kernel->system.world;
    for (uint8_t i = 1; i < FLT_FILTER_COUNT; i++) {
        kernel->filter[i].number = i;
        world->filter[i] = &kernel->filter[i];
        kernel->driver[i].filter = i;
        world->driver[i] = &kernel->driver[i];
    }
    for (uint8_t i = 1; i < FLT_INSTANCE_COUNT; i++) {
        kernel->instance[i].number = i;
        world->instance[i] = &kernel->instance[i];
    }
    memcpy(kernel->type, flt_object_types, sizeof kernel->type);
    for (size_t i = 1; i < FLT_TYPE_COUNT; i++)
        world->type[i] = &kernel->type[i];
    make_processes(kernel);
}

struct flt_system *flt_kernel_new(void) {
    struct flt_kernel *kernel = calloc(1, sizeof *kernel);
    if (!kernel)
        return NULL;
    kernel->objects.system = &kernel->system;
    flt_nodes_init(&kernel->objects.nodes);
    kernel->system.name = "kernel";
    kernel->system.ops = &ops;
    kernel->system.view = (struct flt_view){&flt_kernel_view_ops, kernel};
    kernel->system.injects = true;
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
