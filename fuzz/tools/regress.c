/* fltfuzz-regress: runs many inputs, in parallel, and prints a line of JSON for each. An input that
 * crashes or hangs is named, and the others are run. Exit 0: all as expected, 1: not so, 2:
 * trouble.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../run.h"
#include "input.h"
#include "../regress/one.h"
#include "switches.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); /* of fuzz_codec */

static const char usage[] =
    "usage: fltfuzz-regress [--jobs N] [--timeout SECONDS] [--switches FILE | --bytes]\n"
    "                       [--stdin | PATH...]\n"
    "  PATH       a sequence (text or binary), or a folder of them\n"
    "  --stdin    the paths are on standard input, each ended by a NUL\n"
    "  --jobs     processes (default: 2)\n"
    "  --timeout  seconds that an input may take (default: 10)\n"
    "  --switches the profile and switches of sequences that name no profile\n"
    "  --bytes    the inputs are bytes for the parsers, as fuzz_codec takes them\n"
    "prints, in the order of the inputs, an object for each on a line of its own:\n"
    "  file       the path; bytes in it that are no UTF-8 stand as they are\n"
    "  verdict    fine; finding: a rule was broken; differs: not as the text says; unstable: two\n"
    "             runs differ; crashed, hung, leaked: the process did; malformed: a .seq that "
    "does\n"
    "             not parse; skipped: anything else that is no sequence; unreadable\n"
    "  seconds    that it took; and where they apply: form (text, binary, bytes), calls, rule,\n"
    "             step and line (from 1), call, what (went wrong), report\n"
    "example: fltfuzz-regress --jobs 4 corpus/fuzz_close crashes/\n";

struct options {
    size_t jobs, seconds;
    const char *switches; /* a file, or NULL */
    bool bytes, from_stdin;
};

/* ---- options --------------------------------------------------------------------------------- */

static int wrong_usage(const char *what, const char *word) {
    fprintf(stderr, "fltfuzz-regress: %s%s; --help has the usage\n", what, word);
    return 2;
}

static bool read_number(const char *text, size_t most, size_t *number) {
    char *end;
    errno = 0;
    const unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || value < 1 || value > most)
        return false;
    *number = value;
    return true;
}

/* An option that a value follows. */
static int read_valued(const char *option, const char *value, struct options *options) {
    if (strcmp(option, "--jobs") == 0)
        return read_number(value, FLT_ISOLATE_JOBS, &options->jobs)
                   ? 0
                   : wrong_usage("--jobs needs a number from 1 to 64, not ", value);
    if (strcmp(option, "--timeout") == 0)
        return read_number(value, 86400, &options->seconds)
                   ? 0
                   : wrong_usage("--timeout needs a number from 1 to 86400, not ", value);
    if (strcmp(option, "--switches") != 0)
        return wrong_usage("unknown option ", option);
    options->switches = value;
    return *value ? 0 : wrong_usage("--switches needs a file", "");
}

/* Standard input holds names, each ended by a NUL. */
static bool read_names(struct flt_paths *paths) {
    char *name = NULL;
    size_t room = 0;
    bool good = true;
    while (good && getdelim(&name, &room, '\0', stdin) > 0)
        good = flt_paths_add_file(paths, name);
    good = good && !ferror(stdin);
    if (!good)
        fputs("fltfuzz-regress: standard input could not be read\n", stderr);
    free(name);
    return good;
}

/* 0, or the exit code + 1 when there is nothing to run. */
static int read_options(int argc, char **argv, struct options *options, struct flt_paths *paths) {
    bool names_only = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (names_only || word[0] != '-') {
            if (!flt_paths_add(paths, word))
                return 2 + 1;
        } else if (strcmp(word, "--") == 0) {
            names_only = true;
        } else if (strcmp(word, "--stdin") == 0) {
            options->from_stdin = true;
        } else if (strcmp(word, "--bytes") == 0) {
            options->bytes = true;
        } else if (strcmp(word, "--help") == 0) {
            fputs(usage, stdout);
            return 0 + 1;
        } else if (read_valued(word, i + 1 < argc ? argv[i + 1] : "", options) != 0) {
            return 2 + 1;
        } else {
            i++;
        }
    }
    if (options->bytes && options->switches)
        return wrong_usage("--bytes and --switches exclude each other", "") + 1;
    if (options->from_stdin && paths->count > 0)
        return wrong_usage("--stdin and PATH exclude each other", "") + 1;
    if (options->from_stdin && !read_names(paths))
        return 2 + 1;
    return paths->count > 0 ? 0 : wrong_usage("no input", "") + 1;
}

/* ---- the run --------------------------------------------------------------------------------- */

static void print_line(void *context, size_t item, int kind, const char *text) {
    struct flt_regression *regression = context;
    (void)item;
    regression->verdicts[kind]++;
    fputs(text, stdout);
}

static int exit_code(const struct flt_regression *regression) {
    const size_t *verdicts = regression->verdicts;
    const size_t fine = verdicts[FLT_VERDICT_FINE], skipped = verdicts[FLT_VERDICT_SKIPPED],
                 unreadable = verdicts[FLT_VERDICT_UNREADABLE];
    if (fine + skipped + unreadable < regression->paths->count)
        return 1;
    return unreadable > 0 || fine == 0 ? 2 : 0;
}

static int run(struct flt_regression *regression, const struct options *options) {
    const struct flt_isolated work = {regression, flt_regress_run, flt_regress_died, print_line};
    regression->runner = flt_runner_new();
    if (!regression->runner || !flt_input_init(regression->input)) {
        fputs("fltfuzz-regress: not enough memory\n", stderr);
        return 2;
    }
    if (!flt_isolate(&work, regression->paths->count, options->jobs, (unsigned)options->seconds)) {
        fputs("fltfuzz-regress: memory or processes are short, results are missing\n", stderr);
        return 2;
    }
    return exit_code(regression);
}

int main(int argc, char **argv) {
    struct options options = {.jobs = 2, .seconds = 10};
    struct flt_paths paths = {0};
    struct flt_input input = {0};
    struct flt_sequence defaults;
    struct flt_regression regression = {.paths = &paths, .input = &input};
    int code = read_options(argc, argv, &options, &paths) - 1;
    if (code < 0 && options.switches) {
        regression.defaults = &defaults;
        code = flt_switches_load(options.switches, &defaults) ? -1 : 2;
    }
    if (code < 0) {
        regression.bytes = options.bytes ? LLVMFuzzerTestOneInput : NULL;
        code = run(&regression, &options);
    }
    flt_input_free(&input);
    flt_runner_free(regression.runner);
    flt_paths_free(&paths);
    return code;
}
