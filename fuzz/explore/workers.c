#define _DEFAULT_SOURCE
#include "workers.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FOUND_ROOM = 1 << 16, STATES_AT_ONCE = 64 };

/* What a process leaves to the one that started it; nobody else writes there. */
struct report {
    enum flt_workers_end end;
    struct flt_met now; /* what is being run */
    uint64_t found, uncounted, violations;
    struct flt_expansion_counts counts;
    double processor; /* seconds */
};

struct shared {
    _Atomic uint64_t next;              /* state to take */
    _Atomic bool over;                  /* take no more */
    _Atomic bool known[FLT_RULE_COUNT]; /* somebody met that rule's violation */
    struct flt_met met[FLT_RULE_COUNT];
    struct report report[FLT_WORKERS];
};

struct flt_workers {
    const struct flt_scope *scope;
    struct flt_visited *visited;
    struct flt_store *store;
    size_t jobs;
    struct shared *shared;
    struct flt_expansion *expansion; /* each process has its copy */
    int found[FLT_WORKERS];          /* files of new states, a process's each */
    struct flt_met trouble;
};

static double read_clock(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double flt_clock(void) {
    return read_clock(CLOCK_MONOTONIC);
}

/* ---- in a process ---------------------------------------------------------------------------- */

struct worker {
    struct flt_workers *workers;
    struct report *report;
    size_t length; /* of the states that are expanded */
    bool last;
    int file;
    size_t used;
    uint8_t found[FOUND_ROOM];
};

static bool write_all(int file, const uint8_t *data, size_t size) {
    while (size > 0) {
        const ssize_t written = write(file, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        data += written;
        size -= (size_t)written;
    }
    return true;
}

static void fail(struct worker *worker, enum flt_workers_end end) {
    worker->report->end = end;
    worker->workers->shared->over = true;
}

static void flush_found(struct worker *worker) {
    if (!write_all(worker->file, worker->found, worker->used))
        fail(worker, FLT_WORKERS_NO_MEMORY);
    worker->used = 0;
}

static void keep_found(struct worker *worker, uint8_t move, uint64_t hash) {
    struct flt_state state = {.hash = hash};
    memcpy(state.move, worker->report->now.move, worker->length);
    state.move[worker->length] = move;
    if (worker->used + FLT_STORED_LIMIT > FOUND_ROOM)
        flush_found(worker);
    flt_stored_pack(&state, worker->length + 1, worker->found + worker->used);
    worker->used += flt_stored_size(worker->length + 1);
    worker->report->found++;
}

static void on_successor(void *context, uint8_t move, uint64_t hash) {
    struct worker *worker = context;
    switch (flt_visited_add(worker->workers->visited, hash)) {
    case FLT_VISIT_NEW:
        keep_found(worker, move, hash);
        break;
    case FLT_VISIT_FULL:
        worker->report->uncounted++;
        if (!worker->last)
            fail(worker, FLT_WORKERS_FULL);
        break;
    case FLT_VISIT_KNOWN:
        break;
    }
}

static void on_violation(void *context, uint8_t move, const struct flt_runner *runner) {
    struct worker *worker = context;
    struct shared *shared = worker->workers->shared;
    const enum flt_rule rule = flt_door_finding(flt_runner_door(runner))->violation.rule;
    worker->report->violations++;
    if (atomic_exchange(&shared->known[rule], true))
        return;
    struct flt_met *met = &shared->met[rule];
    *met = worker->report->now;
    met->move[met->count++] = move;
    met->rule = rule;
}

static void expand(struct worker *worker, const struct flt_state *state) {
    static const struct flt_expansion_ops ops = {on_successor, on_violation};
    struct report *report = worker->report;
    report->now.count = (uint8_t)worker->length;
    memcpy(report->now.move, state->move, worker->length);
    if (!flt_expand(worker->workers->expansion, state->move, worker->length, state->hash, &ops,
                    worker, &report->counts))
        fail(worker, FLT_WORKERS_UNSOUND);
}

/* States are taken a few at a time, from the first to the last: when all processes are done, those
 * before shared->next are expanded and no others. */
static void work(struct worker *worker, uint64_t states, double until, pid_t parent) {
    struct shared *shared = worker->workers->shared;
    struct flt_state state[STATES_AT_ONCE];
    const uint64_t left = states - shared->next;
    const size_t at_once = left / worker->workers->jobs / 16 < STATES_AT_ONCE
                               ? (size_t)(left / worker->workers->jobs / 16) + 1
                               : STATES_AT_ONCE;
    while (!shared->over && flt_clock() < until && getppid() == parent) {
        const uint64_t first = atomic_fetch_add(&shared->next, at_once);
        if (first >= states)
            return;
        const size_t wanted = states - first < at_once ? (size_t)(states - first) : at_once;
        if (flt_store_read(worker->workers->store, worker->length, first, wanted, state) !=
            wanted) {
            fail(worker, FLT_WORKERS_NO_MEMORY);
            return;
        }
        for (size_t i = 0; i < wanted; i++)
            expand(worker, &state[i]);
    }
}

static _Noreturn void be_worker(struct flt_workers *workers, size_t number,
                                const struct flt_progress *progress, double until, bool last,
                                pid_t parent) {
    static struct worker worker;
    worker.workers = workers;
    worker.report = &workers->shared->report[number];
    worker.length = progress->length;
    worker.last = last;
    worker.file = workers->found[number];
    worker.used = 0;
    work(&worker, progress->found[progress->length], until, parent);
    flush_found(&worker);
    worker.report->processor = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    _exit(0);
}

/* ---- around them ----------------------------------------------------------------------------- */

static int make_file(const char *folder) {
    char path[4096];
    snprintf(path, sizeof path, "%s/found-XXXXXX", folder);
    const int file = mkstemp(path);
    if (file >= 0)
        unlink(path); /* so that a process that outlives a killed parent writes into nothing */
    return file;
}

struct flt_workers *flt_workers_new(const struct flt_scope *scope, struct flt_visited *visited,
                                    struct flt_store *store, size_t jobs, const char *folder) {
    struct flt_workers *workers = calloc(1, sizeof *workers);
    if (!workers)
        return NULL;
    workers->scope = scope;
    workers->visited = visited;
    workers->store = store;
    for (size_t i = 0; i < FLT_WORKERS; i++)
        workers->found[i] = -1;
    void *memory = mmap(NULL, sizeof *workers->shared, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    workers->shared = memory == MAP_FAILED ? NULL : memory;
    workers->expansion = flt_expansion_new(scope);
    while (workers->jobs < jobs && (workers->found[workers->jobs] = make_file(folder)) >= 0)
        workers->jobs++;
    if (!workers->shared || !workers->expansion || workers->jobs < jobs) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        flt_workers_free(workers);
        return NULL;
    }
    return workers;
}

void flt_workers_free(struct flt_workers *workers) {
    if (!workers)
        return;
    for (size_t i = 0; i < FLT_WORKERS; i++)
        if (workers->found[i] >= 0)
            close(workers->found[i]);
    flt_expansion_free(workers->expansion);
    if (workers->shared)
        munmap(workers->shared, sizeof *workers->shared);
    free(workers);
}

/* What a process found goes to the store. */
static bool collect_found(struct flt_workers *workers, size_t number, size_t length) {
    static uint8_t data[FOUND_ROOM];
    const int file = workers->found[number];
    off_t at = 0;
    ssize_t got;
    while ((got = pread(file, data, sizeof data, at)) > 0) {
        if (!flt_store_add(workers->store, length, data, (size_t)got))
            return false;
        at += got;
    }
    return got == 0 && ftruncate(file, 0) == 0 && lseek(file, 0, SEEK_SET) == 0;
}

static bool collect(struct flt_workers *workers, struct flt_progress *progress) {
    bool good = true;
    for (size_t i = 0; i < workers->jobs; i++) {
        const struct report *report = &workers->shared->report[i];
        good = good && collect_found(workers, i, progress->length + 1);
        progress->found[progress->length + 1] += report->found;
        progress->uncounted += report->uncounted;
        progress->violations += report->violations;
        progress->processor += report->processor;
        progress->transitions += report->counts.transitions;
        progress->loops += report->counts.loops;
        progress->stops += report->counts.stops;
    }
    return good;
}

/* The worst that a process came to. */
static enum flt_workers_end judge(struct flt_workers *workers) {
    enum flt_workers_end end = FLT_WORKERS_FINE;
    for (size_t i = 0; i < workers->jobs; i++) {
        const struct report *report = &workers->shared->report[i];
        if (report->end == FLT_WORKERS_FINE || end == FLT_WORKERS_DIED)
            continue;
        end = report->end;
        workers->trouble = report->now;
    }
    return end;
}

static void wait_for(struct flt_workers *workers, const pid_t *process, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int status = 0;
        while (waitpid(process[i], &status, 0) < 0 && errno == EINTR)
            continue;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            workers->shared->report[i].end = FLT_WORKERS_DIED;
    }
}

/* How many there are now. */
static size_t start(struct flt_workers *workers, const struct flt_progress *progress, double until,
                    bool last, pid_t process[FLT_WORKERS]) {
    const pid_t parent = getpid();
    fflush(NULL); /* nothing is to be printed twice */
    memset(workers->shared->report, 0, sizeof workers->shared->report);
    for (size_t i = 0; i < workers->jobs; i++) {
        process[i] = fork();
        if (process[i] == 0)
            be_worker(workers, i, progress, until, last, parent);
        if (process[i] < 0) {
            workers->shared->report[i].end = FLT_WORKERS_NO_MEMORY;
            workers->shared->over = true;
            return i;
        }
    }
    return workers->jobs;
}

enum flt_workers_end flt_workers_run(struct flt_workers *workers, struct flt_progress *progress,
                                     double until, bool last) {
    pid_t process[FLT_WORKERS];
    const uint64_t states = progress->found[progress->length];
    workers->shared->next = progress->next;
    workers->shared->over = false;
    wait_for(workers, process, start(workers, progress, until, last, process));
    const uint64_t reached = workers->shared->next;
    progress->next = reached < states ? reached : states;
    const enum flt_workers_end end = judge(workers);
    if (!collect(workers, progress) || end == FLT_WORKERS_NO_MEMORY) {
        fprintf(stderr, "fltfuzz-explore: its processes: %s\n", strerror(errno));
        return FLT_WORKERS_NO_MEMORY;
    }
    return end;
}

const struct flt_met *flt_workers_met(const struct flt_workers *workers, size_t k) {
    for (size_t rule = 1; rule < FLT_RULE_COUNT; rule++)
        if (workers->shared->met[rule].rule != FLT_RULE_NONE && k-- == 0)
            return &workers->shared->met[rule];
    return NULL;
}

const struct flt_met *flt_workers_trouble(const struct flt_workers *workers) {
    return &workers->trouble;
}
