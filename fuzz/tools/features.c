/* fltfuzz-features: what the files of an engine's corpus try, and which few of them try all of it.
 * Files are read as the fuzz targets read them: whatever they hold is a binary sequence. */
#define _POSIX_C_SOURCE 200809L
#include "../features.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../model/mix.h"
#include "../sequence/binary.h"
#include "../sequence/text.h"
#include "files.h"
#include "set_cover.h"

static const char usage[] =
    "usage: fltfuzz-features FOLDER [BASE]\n"
    "  FOLDER  an engine's corpus\n"
    "  BASE    another, which is kept as it is: of FOLDER is kept what adds to it\n"
    "Prints one JSON object: how many rules by calls and outcomes, moves and kinds of rows its "
    "files\n"
    "try, how many abstract states they pass through, and the names of a few files that try all.\n"
    "example: fltfuzz-features ~/.local/state/fltfuzz/fuzz_close/corpus\n";

struct file {
    char *path;
    off_t size;
    bool base, keep, text;
    enum flt_rule rule; /* of its finding */
};

struct session {
    struct file *file;
    size_t files, unreadable;
    struct flt_cover *features, *states;
    struct flt_sequence sequence;
    struct flt_runner *runner;
    bool out_of_memory;
    uint64_t calls;
};

static void on_feature(void *context, uint64_t feature) {
    struct session *session = context;
    session->out_of_memory |= !flt_cover_add(session->features, feature);
}

static void on_state(void *context, uint64_t state) {
    struct session *session = context;
    session->out_of_memory |= !flt_cover_add(session->states, state);
}

/* ---- the files ---------------------------------------------------------------------------------
 */

/* Small ones first: of equals the first is chosen. */
static int by_size(const void *a, const void *b) {
    const struct file *one = a, *other = b;
    if (one->size != other->size)
        return one->size < other->size ? -1 : 1;
    return strcmp(one->path, other->path);
}

/* Those from `base` on are the base's. */
static bool list_files(const struct flt_paths *paths, size_t base, struct session *session) {
    session->file = calloc(paths->count, sizeof *session->file);
    for (size_t i = 0; session->file && i < paths->count; i++) {
        struct stat info;
        if (stat(paths->path[i], &info) == 0)
            session->file[session->files++] =
                (struct file){.path = paths->path[i], .size = info.st_size, .base = i >= base};
    }
    if (session->file)
        qsort(session->file, session->files, sizeof *session->file, by_size);
    return session->file != NULL;
}

/* A death of the process is told with the file that it was about. */
static const char *running = "";
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void say_what_was_running(void) {
    fprintf(stderr, "while running %s\n", running);
}

static void run_file(struct session *session, struct flt_features *features, struct file *file) {
    size_t size;
    uint8_t *data = flt_file_read(file->path, &size);
    running = file->path;
    session->out_of_memory |= !flt_cover_begin(session->features);
    if (!data) {
        session->unreadable++;
        return;
    }
    file->text = flt_text_is_text(data, size);
    flt_binary_decode(data, size, &session->sequence);
    if (!flt_features_run(features, session->runner, &session->sequence, flt_mix_bytes(data, size)))
        file->rule = flt_door_finding(flt_runner_door(session->runner))->violation.rule;
    session->calls += flt_runner_steps_run(session->runner);
    free(data);
}

static bool run_all(struct session *session) {
    const struct flt_feature_sink sink = {session, on_feature, on_state};
    struct flt_features *features = flt_features_new(&sink);
    bool *keep = calloc(session->files + 1, sizeof *keep);
    session->out_of_memory |=
        !flt_cover_begin(session->states); /* one set: they are only counted */
    for (size_t i = 0; features && !session->out_of_memory && i < session->files; i++)
        run_file(session, features, &session->file[i]);
    for (size_t i = 0; keep && i < session->files; i++)
        keep[i] = session->file[i].base;
    const bool good =
        features && keep && !session->out_of_memory && flt_cover_choose(session->features, keep);
    for (size_t i = 0; good && i < session->files; i++)
        session->file[i].keep = keep[i] && !session->file[i].base;
    flt_features_free(features);
    free(keep);
    return good;
}

/* ---- what is printed ---------------------------------------------------------------------------
 */

static const char *name_of(const struct file *file) {
    const char *slash = strrchr(file->path, '/');
    return slash ? slash + 1 : file->path;
}

static bool is_kept(const struct file *file) {
    return file->keep;
}

static bool is_text(const struct file *file) {
    return file->text;
}

static void print_names(const struct session *session, const char *key,
                        bool (*wanted)(const struct file *file)) {
    const char *comma = "";
    printf(",\n  \"%s\": [", key);
    for (size_t i = 0; i < session->files; i++) {
        if (!wanted(&session->file[i]))
            continue;
        printf("%s", comma);
        flt_json_string(name_of(&session->file[i]), stdout);
        comma = ",\n    ";
    }
    putchar(']');
}

static void print_findings(const struct session *session) {
    const char *comma = "";
    printf(",\n  \"findings\": [");
    for (size_t i = 0; i < session->files; i++) {
        if (session->file[i].rule == FLT_RULE_NONE)
            continue;
        printf("%s{\"file\": ", comma);
        flt_json_string(name_of(&session->file[i]), stdout);
        printf(", \"rule\": \"%s\"}", flt_rules[session->file[i].rule].id);
        comma = ",\n    ";
    }
    putchar(']');
}

static void print_all(const struct session *session) {
    printf("{\n  \"files\": %zu,\n  \"unreadable\": %zu,\n  \"calls\": %" PRIu64
           ",\n  \"features\": %zu,\n  \"states\": %zu",
           session->files, session->unreadable, session->calls,
           flt_cover_elements(session->features), flt_cover_elements(session->states));
    print_names(session, "keep", is_kept);
    print_names(session, "text", is_text);
    print_findings(session);
    printf("\n}\n");
}

/* ---- the command -------------------------------------------------------------------------------
 */

static int look(struct session *session, const struct flt_paths *paths, size_t base) {
    session->runner = flt_runner_new();
    session->features = flt_cover_new();
    session->states = flt_cover_new();
    if (!session->runner || !session->features || !session->states ||
        !flt_sequence_init(&session->sequence) || !list_files(paths, base, session) ||
        !run_all(session)) {
        fputs("fltfuzz-features: not enough memory\n", stderr);
        return 2;
    }
    print_all(session);
    return 0;
}

int main(int argc, char **argv) {
    struct session session = {0};
    struct flt_paths paths = {0};
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc < 2 || argc > 3 || argv[1][0] == '-') {
        fputs("fltfuzz-features: one folder is needed, or two; --help has the usage\n", stderr);
        return 2;
    }
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(say_what_was_running);
    bool good = flt_paths_add(&paths, argv[1]);
    const size_t base = paths.count;
    good = good && (argc < 3 || flt_paths_add(&paths, argv[2]));
    const int code = good ? look(&session, &paths, base) : 2;
    flt_cover_free(session.features);
    flt_cover_free(session.states);
    flt_sequence_free(&session.sequence);
    flt_runner_free(session.runner);
    free(session.file);
    flt_paths_free(&paths);
    return code;
}
