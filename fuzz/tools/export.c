/* fltfuzz-export: a sequence as a C function of a Windows driver. Exit 0: written; 1: the run of
 * the sequence is not as it should be; 2: bad input. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../export/export.h"
#include "judge.h"
#include "switches.h"

static const char usage[] =
    "usage: fltfuzz-export [--name FUNCTION] [--switches FILE] [--with-stops] [-o OUT] [--] FILE\n"
    "  FILE          a sequence, text or binary\n"
    "  --name        of the function (default: made of the file's name)\n"
    "  --switches    the profile and switches of a sequence that names no profile: what the calls\n"
    "                are expected to come back with, and which of them stop the system\n"
    "  --with-stops  write also the calls that stop the system, or may stop it\n"
    "  -o            the file to write, which must not exist (default: standard output)\n"
    "example: fltfuzz-export -o double_close.c corpus/fuzz_close/seed/double-close.seq\n";

struct options {
    const char *file, *name, *switches, *out;
    bool with_stops;
};

static int wrong_usage(const char *what, const char *word) {
    fprintf(stderr, "fltfuzz-export: %s%s; --help has the usage\n", what, word);
    return 2;
}

/* ---- options --------------------------------------------------------------------------------- */

static bool is_identifier(const char *name) {
    static const char *const keywords[] = {
        "auto",    "break",  "case",     "char",   "const",    "continue", "default",
        "do",      "double", "else",     "enum",   "extern",   "float",    "for",
        "goto",    "if",     "inline",   "int",    "long",     "register", "restrict",
        "return",  "short",  "signed",   "sizeof", "static",   "struct",   "switch",
        "typedef", "union",  "unsigned", "void",   "volatile", "while"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strcmp(name, keywords[i]) == 0)
            return false;
    if (!isalpha((unsigned char)name[0]) && name[0] != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

/* Where the option's value goes; NULL where there is no such option. */
static const char **value_of(const char *option, struct options *options) {
    if (strcmp(option, "--name") == 0)
        return &options->name;
    if (strcmp(option, "--switches") == 0)
        return &options->switches;
    return strcmp(option, "-o") == 0 ? &options->out : NULL;
}

/* 0, or the exit code + 1 when there is nothing to write. */
static int read_options(int argc, char **argv, struct options *options) {
    bool names_only = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        const char **value = names_only ? NULL : value_of(word, options);
        if (names_only || word[0] != '-' || strcmp(word, "-") == 0) {
            if (options->file)
                return wrong_usage("one file at a time, not also ", word) + 1;
            options->file = word;
        } else if (strcmp(word, "--") == 0) {
            names_only = true;
        } else if (strcmp(word, "--help") == 0) {
            fputs(usage, stdout);
            return 0 + 1;
        } else if (strcmp(word, "--with-stops") == 0) {
            options->with_stops = true;
        } else if (!value) {
            return wrong_usage("unknown option ", word) + 1;
        } else if (i + 1 == argc || !*argv[i + 1]) {
            return wrong_usage("a value is needed after ", word) + 1;
        } else {
            *value = argv[++i];
        }
    }
    if (!options->file)
        return wrong_usage("a file is needed", "") + 1;
    if (options->name && !is_identifier(options->name))
        return wrong_usage("--name needs a C identifier, not ", options->name) + 1;
    return 0;
}

/* double-close.seq gives DoubleClose; what begins with a digit gets a word before it. */
static void name_after(const char *path, char *name, size_t room) {
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const size_t end = strrchr(base, '.') ? (size_t)(strrchr(base, '.') - base) : strlen(base);
    size_t used = 0;
    bool upper = true;
    for (size_t i = 0; i < end && used + 1 < room; i++) {
        const unsigned char c = (unsigned char)base[i];
        if (c < 0x80 && isalnum(c)) {
            if (used == 0 && isdigit(c))
                used = (size_t)snprintf(name, room, "Sequence");
            name[used++] = (char)(upper ? toupper(c) : c);
        }
        upper = c >= 0x80 || !isalnum(c);
    }
    name[used] = '\0';
    if (used == 0)
        snprintf(name, room, "Sequence");
}

/* ---- the run, and the file ------------------------------------------------------------------- */

/* What the function expects is what the run came back with: it must be what the file says. */
static bool run(struct flt_runner *runner, const struct flt_input *input, const char *path) {
    struct flt_judgement judged;
    flt_judge(runner, input, false, &judged);
    if (judged.kind == FLT_JUDGED_FINE)
        return true;
    fprintf(stderr, "%s", path);
    if (judged.line > 0)
        fprintf(stderr, ":%" PRIu32, judged.line);
    else if (judged.step > 0)
        fprintf(stderr, ": step %zu", judged.step);
    fprintf(stderr, ": %s\n", judged.what);
    return false;
}

static int write_function(const struct flt_runner *runner, const struct options *options,
                          const char *title) {
    char name[128];
    name_after(options->file, name, sizeof name);
    const struct flt_export how = {.function = options->name ? options->name : name,
                                   .from = options->file,
                                   .title = title,
                                   .with_stops = options->with_stops};
    FILE *out = options->out ? fopen(options->out, "wx") : stdout;
    if (!out) {
        fprintf(stderr, "%s: %s\n", options->out, strerror(errno));
        return 2;
    }
    bool good = flt_export_c(runner, &how, out) && fflush(out) == 0 && !ferror(out);
    if (options->out)
        good = fclose(out) == 0 && good;
    if (!good)
        fprintf(stderr, "%s: it could not be written: %s\n",
                options->out ? options->out : "standard output", strerror(errno));
    return good ? 0 : 2;
}

static int export(const struct options *options, struct flt_runner *runner,
                  struct flt_input *input) {
    struct flt_sequence defaults;
    if (options->switches && !flt_switches_load(options->switches, &defaults))
        return 2;
    if (!flt_input_load(options->file, input))
        return 2;
    if (options->switches)
        flt_sequence_complete(&input->text.sequence, &defaults);
    if (input->text.sequence.count == 0) {
        fprintf(stderr, "%s: holds no call\n", options->file);
        return 2;
    }
    if (!run(runner, input, options->file))
        return 1;
    return write_function(runner, options, input->is_text ? input->text.title : "");
}

int main(int argc, char **argv) {
    struct options options = {0};
    struct flt_input input = {0};
    const int stop = read_options(argc, argv, &options);
    if (stop > 0)
        return stop - 1;
    struct flt_runner *runner = flt_runner_new();
    int code = 2;
    if (runner && flt_input_init(&input))
        code = export(&options, runner, &input);
    else
        fputs("fltfuzz-export: not enough memory\n", stderr);
    flt_input_free(&input);
    flt_runner_free(runner);
    return code;
}
