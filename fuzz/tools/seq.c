/* fltfuzz-seq: looks at sequences and turns one form into the other. Exit 0 fine, 2 bad input. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../sequence/binary.h"
#include "files.h"
#include "input.h"
#include "switches.h"

static const char usage[] =
    "usage: fltfuzz-seq show [--switches FILE] FILE...  print as text\n"
    "       fltfuzz-seq switches FILE...        read switches files, and say what is wrong\n"
    "       fltfuzz-seq check FILE...           parse, and say what is wrong and where\n"
    "       fltfuzz-seq encode FILE -o OUT      write the binary form; OUT must not exist\n"
    "       fltfuzz-seq seeds FOLDER -o FOLDER  the binary form of every .seq, for an engine\n"
    "example: fltfuzz-seq show crash-0a1b2c\n";

static int wrong_usage(const char *what) {
    fprintf(stderr, "fltfuzz-seq: %s; --help has the usage\n", what);
    return 2;
}

/* Writes the whole file or none; never over an existing one unless `replace`. */
static bool write_file(const char *path, const uint8_t *data, size_t size, bool replace) {
    FILE *file = fopen(path, replace ? "wb" : "wbx");
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    const bool written = fwrite(data, 1, size, file) == size;
    const bool closed = fclose(file) == 0;
    if (written && closed)
        return true;
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    remove(path);
    return false;
}

static bool encode_to(const struct flt_sequence *sequence, const char *path, bool replace) {
    const size_t size = flt_binary_encode(sequence, NULL, 0);
    uint8_t *data = malloc(size ? size : 1);
    if (!data) {
        fputs("fltfuzz-seq: not enough memory\n", stderr);
        return false;
    }
    flt_binary_encode(sequence, data, size);
    const bool good = write_file(path, data, size, replace);
    free(data);
    return good;
}

/* `defaults` may be NULL. */
static bool show(const struct flt_paths *paths, const struct flt_sequence *defaults,
                 struct flt_input *input) {
    bool good = true;
    for (size_t i = 0; i < paths->count; i++) {
        if (!flt_input_load(paths->path[i], input)) {
            good = false;
            continue;
        }
        if (paths->count > 1)
            printf("%s# %s\n", i > 0 ? "\n" : "", paths->path[i]);
        if (defaults)
            flt_sequence_complete(&input->text.sequence, defaults);
        flt_text_print(&input->text.sequence, stdout);
    }
    return good;
}

static bool check(const struct flt_paths *paths, struct flt_input *input) {
    bool good = true;
    for (size_t i = 0; i < paths->count; i++)
        good &= flt_input_load(paths->path[i], input);
    return good;
}

static bool check_switches(const struct flt_paths *paths) {
    struct flt_sequence defaults;
    bool good = true;
    for (size_t i = 0; i < paths->count; i++)
        good &= flt_switches_load(paths->path[i], &defaults);
    return good;
}

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool seeds(const struct flt_paths *paths, const char *folder, struct flt_input *input) {
    bool good = true;
    for (size_t i = 0; i < paths->count; i++) {
        if (!ends_with(paths->path[i], ".seq"))
            continue;
        const char *slash = strrchr(paths->path[i], '/');
        char out[4096];
        const int length =
            snprintf(out, sizeof out, "%s/%s", folder, slash ? slash + 1 : paths->path[i]);
        good &= length > 0 && (size_t)length < sizeof out &&
                flt_input_load(paths->path[i], input) &&
                encode_to(&input->text.sequence, out, true);
    }
    return good;
}

struct arguments {
    const char *verb, *out, *switches;
    struct flt_paths paths;
};

static int read_arguments(int argc, char **argv, struct arguments *arguments) {
    arguments->verb = argc > 1 ? argv[1] : "";
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "-o") == 0) {
            if (++i == argc)
                return wrong_usage("-o needs a name");
            arguments->out = argv[i];
        } else if (strcmp(argv[i], "--switches") == 0) {
            if (++i == argc)
                return wrong_usage("--switches needs a file");
            arguments->switches = argv[i];
        } else if (!flt_paths_add(&arguments->paths, argv[i])) {
            return 2;
        }
    }
    if (arguments->switches && strcmp(arguments->verb, "show") != 0)
        return wrong_usage("--switches is for show");
    return arguments->paths.count > 0 ? 0 : wrong_usage("no input");
}

static int perform(const struct arguments *arguments, struct flt_input *input) {
    const char *verb = arguments->verb;
    const struct flt_paths *paths = &arguments->paths;
    struct flt_sequence defaults;
    if (arguments->switches && !flt_switches_load(arguments->switches, &defaults))
        return 2;
    if (strcmp(verb, "show") == 0)
        return show(paths, arguments->switches ? &defaults : NULL, input) ? 0 : 2;
    if (strcmp(verb, "switches") == 0)
        return check_switches(paths) ? 0 : 2;
    if (strcmp(verb, "check") == 0)
        return check(paths, input) ? 0 : 2;
    if (!arguments->out && (strcmp(verb, "encode") == 0 || strcmp(verb, "seeds") == 0))
        return wrong_usage("-o OUT is needed");
    if (strcmp(verb, "seeds") == 0)
        return seeds(paths, arguments->out, input) ? 0 : 2;
    if (strcmp(verb, "encode") != 0)
        return wrong_usage("the verb must be show, switches, check, encode or seeds");
    if (paths->count != 1)
        return wrong_usage("encode takes one file");
    return flt_input_load(paths->path[0], input) &&
                   encode_to(&input->text.sequence, arguments->out, false)
               ? 0
               : 2;
}

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    struct flt_input input;
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    int code = read_arguments(argc, argv, &arguments);
    if (code == 0) {
        if (flt_input_init(&input)) {
            code = perform(&arguments, &input);
            flt_input_free(&input);
        } else {
            fputs("fltfuzz-seq: not enough memory\n", stderr);
            code = 2;
        }
    }
    flt_paths_free(&arguments.paths);
    return code;
}
