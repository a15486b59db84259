#define _POSIX_C_SOURCE 200809L
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 };

struct flt_store {
    char folder[PATH_ROOM - 64];
    int lock;
    int level[FLT_SCOPE_LENGTH + 1];
    uint64_t size[FLT_SCOPE_LENGTH + 1]; /* bytes that count */
};

/* ---- a state as bytes ------------------------------------------------------------------------ */

size_t flt_stored_size(size_t length) {
    return 8 + length;
}

void flt_stored_pack(const struct flt_state *state, size_t length, uint8_t *stored) {
    memcpy(stored, &state->hash, 8);
    memcpy(stored + 8, state->move, length);
}

void flt_stored_unpack(const uint8_t *stored, size_t length, struct flt_state *state) {
    memcpy(&state->hash, stored, 8);
    memcpy(state->move, stored + 8, length);
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool complain(const struct flt_store *store, const char *what) {
    fprintf(stderr, "%s: %s\n", store->folder, what);
    return false;
}

static void path_of(const struct flt_store *store, const char *name, char path[PATH_ROOM]) {
    snprintf(path, PATH_ROOM, "%s/%s", store->folder, name);
}

static int open_file(const struct flt_store *store, const char *name) {
    char path[PATH_ROOM];
    path_of(store, name, path);
    return open(path, O_RDWR | O_CREAT, 0666);
}

/* A lock that children do not inherit, so that one that outlives its parent holds up nobody. */
static bool lock(const struct flt_store *store) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(store->lock, F_SETLK, &whole) == 0)
        return true;
    return complain(store, errno == EACCES || errno == EAGAIN ? "another exploration uses it"
                                                              : strerror(errno));
}

static bool open_all(struct flt_store *store) {
    store->lock = open_file(store, "lock");
    if (store->lock < 0)
        return complain(store, strerror(errno));
    if (!lock(store))
        return false;
    for (size_t i = 0; i <= FLT_SCOPE_LENGTH; i++) {
        char name[32];
        snprintf(name, sizeof name, "length-%zu", i);
        store->level[i] = open_file(store, name);
        if (store->level[i] < 0)
            return complain(store, strerror(errno));
    }
    return true;
}

struct flt_store *flt_store_open(const char *folder) {
    struct flt_store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    store->lock = -1;
    for (size_t i = 0; i <= FLT_SCOPE_LENGTH; i++)
        store->level[i] = -1;
    snprintf(store->folder, sizeof store->folder, "%s", folder);
    if (strlen(folder) >= sizeof store->folder) {
        complain(store, "is too long a path");
    } else if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        complain(store, strerror(errno));
    } else if (open_all(store)) {
        return store;
    }
    flt_store_close(store);
    return NULL;
}

void flt_store_close(struct flt_store *store) {
    if (!store)
        return;
    for (size_t i = 0; i <= FLT_SCOPE_LENGTH; i++)
        if (store->level[i] >= 0)
            close(store->level[i]);
    if (store->lock >= 0)
        close(store->lock);
    free(store);
}

bool flt_store_add(struct flt_store *store, size_t length, const uint8_t *stored, size_t size) {
    while (size > 0) {
        const ssize_t written =
            pwrite(store->level[length], stored, size, (off_t)store->size[length]);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return complain(store, strerror(errno));
        stored += written;
        size -= (size_t)written;
        store->size[length] += (uint64_t)written;
    }
    return true;
}

size_t flt_store_read(const struct flt_store *store, size_t length, uint64_t first, size_t room,
                      struct flt_state *state) {
    uint8_t stored[FLT_STORED_LIMIT * 256];
    const size_t each = flt_stored_size(length);
    const uint64_t from = first * each;
    if (from >= store->size[length])
        return 0;
    const uint64_t there = (store->size[length] - from) / each;
    size_t count = room < 256 ? room : 256;
    count = count < there ? count : (size_t)there;
    const ssize_t got = pread(store->level[length], stored, count * each, (off_t)from);
    count = got < 0 ? 0 : (size_t)got / each;
    for (size_t i = 0; i < count; i++)
        flt_stored_unpack(stored + i * each, length, &state[i]);
    return count;
}

/* ---- the checkpoint -------------------------------------------------------------------------- */

#define FIRST_LINE "fltfuzz exploration 1\n"

static void print_progress(const struct flt_progress *progress, FILE *out) {
    fprintf(out, FIRST_LINE "scope %016" PRIx64 "\n", progress->scope);
    fprintf(out, "length %zu\nnext %" PRIu64 "\n", progress->length, progress->next);
    for (size_t i = 0; i <= FLT_SCOPE_LENGTH; i++)
        fprintf(out, "found %" PRIu64 "\n", progress->found[i]);
    fprintf(out, "uncounted %" PRIu64 "\ntransitions %" PRIu64 "\nloops %" PRIu64 "\n",
            progress->uncounted, progress->transitions, progress->loops);
    fprintf(out, "stops %" PRIu64 "\nviolations %" PRIu64 "\nseconds %.3f\nprocessor %.3f\n",
            progress->stops, progress->violations, progress->seconds, progress->processor);
}

static bool scan_progress(FILE *in, struct flt_progress *progress) {
    char first[sizeof FIRST_LINE];
    if (!fgets(first, sizeof first, in) || strcmp(first, FIRST_LINE) != 0 ||
        fscanf(in, "scope %" SCNx64 " length %zu next %" SCNu64, &progress->scope,
               &progress->length, &progress->next) != 3 ||
        progress->length > FLT_SCOPE_LENGTH)
        return false;
    for (size_t i = 0; i <= FLT_SCOPE_LENGTH; i++)
        if (fscanf(in, " found %" SCNu64, &progress->found[i]) != 1)
            return false;
    return fscanf(in, " uncounted %" SCNu64 " transitions %" SCNu64 " loops %" SCNu64,
                  &progress->uncounted, &progress->transitions, &progress->loops) == 3 &&
           fscanf(in, " stops %" SCNu64 " violations %" SCNu64 " seconds %lf processor %lf",
                  &progress->stops, &progress->violations, &progress->seconds,
                  &progress->processor) == 4;
}

static bool sync_folder(const struct flt_store *store) {
    const int folder = open(store->folder, O_RDONLY | O_DIRECTORY);
    const bool good = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0)
        close(folder);
    return good;
}

bool flt_store_checkpoint(struct flt_store *store, const struct flt_progress *progress) {
    char path[PATH_ROOM], next[PATH_ROOM];
    path_of(store, "checkpoint", path);
    path_of(store, "checkpoint.new", next);
    for (size_t i = 0; i <= FLT_SCOPE_LENGTH; i++)
        if (progress->found[i] > 0 && fdatasync(store->level[i]) != 0)
            return complain(store, strerror(errno));
    FILE *out = fopen(next, "w");
    if (!out)
        return complain(store, strerror(errno));
    print_progress(progress, out);
    const bool written = fflush(out) == 0 && fsync(fileno(out)) == 0;
    if (fclose(out) != 0 || !written || rename(next, path) != 0 || !sync_folder(store))
        return complain(store, strerror(errno));
    return true;
}

/* Each file is as long as the checkpoint says, or longer: what is behind it is cut off. */
static bool cut(struct flt_store *store, const struct flt_progress *progress) {
    for (size_t i = 0; i <= FLT_SCOPE_LENGTH; i++) {
        struct stat info;
        const uint64_t size = progress->found[i] * flt_stored_size(i);
        if (fstat(store->level[i], &info) != 0 || (uint64_t)info.st_size < size)
            return complain(store, "states are missing that its checkpoint counts");
        if (ftruncate(store->level[i], (off_t)size) != 0)
            return complain(store, strerror(errno));
        store->size[i] = size;
    }
    return true;
}

bool flt_store_start(struct flt_store *store) {
    char path[PATH_ROOM];
    const struct flt_progress nothing = {0};
    path_of(store, "checkpoint", path);
    if (unlink(path) != 0 && errno != ENOENT)
        return complain(store, strerror(errno));
    return cut(store, &nothing);
}

bool flt_store_resume(struct flt_store *store, struct flt_progress *progress) {
    char path[PATH_ROOM];
    const uint64_t scope = progress->scope;
    path_of(store, "checkpoint", path);
    FILE *in = fopen(path, "r");
    if (!in)
        return complain(store,
                        errno == ENOENT ? "holds no exploration to go on with" : strerror(errno));
    const bool good = scan_progress(in, progress);
    fclose(in);
    if (!good)
        return complain(store, "its checkpoint is damaged");
    if (progress->scope != scope)
        return complain(store, "holds the exploration of another scope, or of this one before it "
                               "was edited");
    return cut(store, progress);
}
