#include "search.h"

#include <math.h>
#include <string.h>

/* From one checkpoint to the next: a third of the time so far, within these limits, so that a kill
 * never costs much of what was done. */
static double until_checkpoint(double elapsed) {
    const double third = elapsed / 3, shortest = 0.1, longest = 10;
    return third < shortest ? shortest : third > longest ? longest : third;
}

bool flt_search_load(const struct flt_store *store, const struct flt_progress *progress,
                     struct flt_visited *visited, bool with_notes) {
    struct flt_state state[256];
    for (size_t length = 0; length <= FLT_SCOPE_LENGTH; length++)
        for (uint64_t first = 0; first < progress->found[length];) {
            const size_t got = flt_store_read(store, length, first, 256, state);
            for (size_t i = 0; i < got; i++) {
                if (flt_visited_add(visited, state[i].hash) == FLT_VISIT_FULL)
                    return false;
                if (with_notes)
                    *flt_visited_note(visited, state[i].hash) = (first + i) << 8 | length;
            }
            if (got == 0)
                return false;
            first += got;
        }
    return true;
}

/* The state before any call. */
static bool add_start(const struct flt_search *search, struct flt_store *store,
                      struct flt_visited *visited, struct flt_progress *progress) {
    struct flt_state state = {0};
    uint8_t stored[FLT_STORED_LIMIT];
    struct flt_expansion *expansion = flt_expansion_new(search->scope);
    const bool there = expansion && flt_expansion_state(expansion, NULL, 0, &state.hash);
    flt_expansion_free(expansion);
    if (!there)
        return false;
    flt_visited_add(visited, state.hash);
    flt_stored_pack(&state, 0, stored);
    progress->found[0] = 1;
    return flt_store_add(store, 0, stored, flt_stored_size(0));
}

static bool go_on(const struct flt_search *search, struct flt_store *store,
                  struct flt_visited *visited, struct flt_progress *progress) {
    if (!flt_store_resume(store, progress))
        return false;
    if (progress->uncounted > 0 && search->length > progress->length) {
        fprintf(
            stderr,
            "%s: the states of %zu calls were too many to keep: start anew with more --memory\n",
            search->folder, progress->length);
        return false;
    }
    if (flt_search_load(store, progress, visited, false))
        return true;
    fprintf(stderr, "%s: holds more states than --memory has room for\n", search->folder);
    return false;
}

static enum flt_search_end end_of(enum flt_workers_end end) {
    switch (end) {
    case FLT_WORKERS_DIED:
        return FLT_SEARCH_DIED;
    case FLT_WORKERS_UNSOUND:
        return FLT_SEARCH_UNSOUND;
    case FLT_WORKERS_FULL:
        return FLT_SEARCH_FULL;
    case FLT_WORKERS_NO_MEMORY:
    case FLT_WORKERS_FINE:
        break;
    }
    return FLT_SEARCH_FAILED;
}

/* Expands states until there is none that is short enough, or time is up. What a batch with a
 * violation found is in no checkpoint: whoever goes on there finds it again. */
static enum flt_search_end explore(const struct flt_search *search, struct flt_store *store,
                                   struct flt_workers *workers, struct flt_progress *progress) {
    const double begin = flt_clock(), before = progress->seconds;
    const double deadline = search->seconds > 0 ? begin + search->seconds : INFINITY;
    while (progress->length < search->length && progress->found[progress->length] > 0) {
        const double now = flt_clock();
        if (now >= deadline)
            return FLT_SEARCH_TIME;
        const double soon = now + until_checkpoint(now - begin);
        const enum flt_workers_end end =
            flt_workers_run(workers, progress, soon < deadline ? soon : deadline,
                            progress->length + 1 == search->length);
        progress->seconds = before + flt_clock() - begin;
        if (end != FLT_WORKERS_FINE)
            return end_of(end);
        if (progress->next == progress->found[progress->length]) {
            progress->length++;
            progress->next = 0;
            if (progress->violations > 0)
                return FLT_SEARCH_VIOLATION;
        }
        if (progress->violations == 0 && !flt_store_checkpoint(store, progress))
            return FLT_SEARCH_FAILED;
    }
    return FLT_SEARCH_COMPLETE;
}

static void search_with(const struct flt_search *search, struct flt_store *store,
                        struct flt_visited *visited, struct flt_search_result *result) {
    struct flt_progress *progress = &result->progress;
    struct flt_workers *workers =
        flt_workers_new(search->scope, visited, store, search->jobs, search->folder);
    const bool ready =
        workers &&
        (search->resume ? go_on(search, store, visited, progress)
                        : flt_store_start(store) && add_start(search, store, visited, progress));
    if (ready) {
        result->end = explore(search, store, workers, progress);
        const struct flt_met *met;
        while ((met = flt_workers_met(workers, result->violations)) != NULL)
            result->violation[result->violations++] = *met;
        result->trouble = *flt_workers_trouble(workers);
    }
    flt_workers_free(workers);
}

void flt_search(const struct flt_search *search, struct flt_search_result *result) {
    memset(result, 0, sizeof *result);
    result->end = FLT_SEARCH_FAILED;
    result->progress.scope = search->scope->hash;
    struct flt_store *store = flt_store_open(search->folder);
    if (!store)
        return;
    struct flt_visited *visited = flt_visited_new(search->memory, false);
    if (visited) {
        result->memory = flt_visited_bytes(visited);
        search_with(search, store, visited, result);
    } else {
        fputs("fltfuzz-explore: there is not as much memory as --memory says\n", stderr);
    }
    flt_visited_free(visited);
    flt_store_close(store);
}
