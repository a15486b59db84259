#include "explored.h"

#include <stdlib.h>

static bool load(struct flt_explored *explored, const char *folder, uint64_t memory) {
    explored->store = flt_store_open(folder);
    if (!explored->store || !flt_store_resume(explored->store, &explored->progress))
        return false;
    explored->visited = flt_visited_new(memory, true);
    explored->expansion = flt_expansion_new(explored->scope);
    explored->runner = flt_runner_new();
    if (!explored->visited || !explored->expansion || !explored->runner) {
        fputs("fltfuzz-explore: there is not as much memory as --memory says\n", stderr);
        return false;
    }
    if (explored->progress.uncounted > 0 ||
        !flt_search_load(explored->store, &explored->progress, explored->visited, true)) {
        fprintf(stderr, "%s: holds more states than there is room for\n", folder);
        return false;
    }
    if (explored->progress.length == 0)
        fprintf(stderr, "%s: not even every single call was tried yet\n", folder);
    return explored->progress.length > 0;
}

struct flt_explored *flt_explored_open(const struct flt_scope *scope, const char *folder,
                                       uint64_t memory) {
    struct flt_explored *explored = calloc(1, sizeof *explored);
    if (!explored)
        return NULL;
    explored->scope = scope;
    explored->progress.scope = scope->hash;
    if (load(explored, folder, memory))
        return explored;
    flt_explored_close(explored);
    return NULL;
}

void flt_explored_close(struct flt_explored *explored) {
    if (!explored)
        return;
    flt_store_close(explored->store);
    flt_visited_free(explored->visited);
    flt_expansion_free(explored->expansion);
    flt_runner_free(explored->runner);
    free(explored);
}

bool flt_explored_find(const struct flt_explored *explored, uint64_t hash, struct flt_state *state,
                       size_t *length) {
    if (!flt_visited_has(explored->visited, hash))
        return false;
    const uint64_t note = *flt_visited_note(explored->visited, hash);
    *length = note & 0xFF;
    return flt_store_read(explored->store, *length, note >> 8, 1, state) == 1;
}
