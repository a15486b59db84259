/* fltfuzz-explore: every sequence of calls up to a length over a scope, through the door, each
 * state expanded once. Ends with a statement. Exit 0 nothing was found, 1 a violation, 2 it could
 * not be done. */
#include <stdlib.h>
#include <string.h>

#include "../explore/merges.h"
#include "../explore/reached.h"
#include "../explore/statement.h"
#include "files.h"

static const char usage[] =
    "usage: fltfuzz-explore --scope FILE --folder FOLDER [--length N] [--jobs N] [--memory MIB]\n"
    "                       [--time SECONDS] [--resume] [--json FILE]\n"
    "       fltfuzz-explore --scope FILE --folder FOLDER --check-merges N [--seed N]\n"
    "       fltfuzz-explore --scope FILE --folder FOLDER --reached PATH...\n"
    "       fltfuzz-explore --scope FILE --print-scope\n"
    "  --scope FILE     the moves: calls of the sequence language, one to a line\n"
    "  --folder FOLDER  keeps what is found, for --resume\n"
    "  --length N       calls in a sequence (default: 3)\n"
    "  --jobs N         processes (default: 1)\n"
    "  --memory MIB     of the set of states (default: 1024)\n"
    "  --time SECONDS   stop then; --resume goes on\n"
    "  --resume         go on from the folder's last checkpoint\n"
    "  --json FILE      write the statement as JSON\n"
    "  --check-merges N of what the folder holds: extend N pairs of sequences that lead to one\n"
    "                   state, and compare what comes back\n"
    "  --reached PATH   of what the folder holds: look up the states that these sequences reach\n"
    "example: fltfuzz-explore --scope fuzz/explore/scopes/handles.scope --folder /tmp/h --length "
    "4\n";

struct options {
    const char *scope, *folder, *json;
    unsigned long length, jobs, memory, seconds, merges, seed;
    bool resume, print_scope, reached;
    struct flt_paths paths; /* after --reached */
};

static int wrong_usage(const char *what, const char *word) {
    fprintf(stderr, "fltfuzz-explore: %s%s; --help has the usage\n", what, word);
    return 2;
}

static bool read_number(const char *text, unsigned long lowest, unsigned long highest,
                        unsigned long *number) {
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    *number = strtoul(text, &end, 10);
    return *end == '\0' && *number >= lowest && *number <= highest;
}

/* An option that a value follows. */
static int read_valued(const char *option, const char *value, struct options *options) {
    const struct {
        const char *name;
        unsigned long lowest, highest, *number;
        const char *range;
    } numbers[] = {
        {"--length", 1, FLT_SCOPE_LENGTH, &options->length, "--length is 1 to 16, not "},
        {"--jobs", 1, FLT_WORKERS, &options->jobs, "--jobs is 1 to 64, not "},
        {"--memory", 1, 1ul << 20, &options->memory, "--memory is 1 to 1048576, not "},
        {"--check-merges", 1, 1ul << 30, &options->merges,
         "--check-merges is a number of pairs, not "},
        {"--seed", 0, 1ul << 30, &options->seed, "--seed is a number, not "},
        {"--time", 1, 1ul << 30, &options->seconds, "--time is a number of seconds, not "}};
    const struct {
        const char *name, **text;
    } texts[] = {
        {"--scope", &options->scope}, {"--folder", &options->folder}, {"--json", &options->json}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(option, numbers[i].name) == 0)
            return read_number(value, numbers[i].lowest, numbers[i].highest, numbers[i].number)
                       ? 0
                       : wrong_usage(numbers[i].range, *value ? value : "nothing");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(option, texts[i].name) == 0) {
            *texts[i].text = value;
            return *value ? 0 : wrong_usage("a file or folder is needed after ", option);
        }
    return wrong_usage("unknown option ", option);
}

/* What must go together. */
static int check_options(const struct options *options) {
    if (!options->scope)
        return wrong_usage("--scope is needed", "") + 1;
    if (!options->folder && !options->print_scope)
        return wrong_usage("--folder is needed", "") + 1;
    if (options->reached && options->paths.count == 0)
        return wrong_usage("--reached needs sequences", "") + 1;
    return 0;
}

/* 0, or the exit code + 1 when there is nothing to do. */
static int read_options(int argc, char **argv, struct options *options) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0) {
            fputs(usage, stdout);
            return 0 + 1;
        }
        if (options->reached) {
            if (!flt_paths_add(&options->paths, word))
                return 2 + 1;
        } else if (strcmp(word, "--reached") == 0)
            options->reached = true;
        else if (strcmp(word, "--resume") == 0)
            options->resume = true;
        else if (strcmp(word, "--print-scope") == 0)
            options->print_scope = true;
        else if (read_valued(word, i + 1 < argc ? argv[i + 1] : "", options) != 0)
            return 2 + 1;
        else
            i++;
    }
    return check_options(options);
}

static bool write_json(const char *path, const struct flt_search *search,
                       const struct flt_search_result *result) {
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (!out) {
        perror(path);
        return false;
    }
    flt_statement_json(search, result, out);
    if (out != stdout && fclose(out) != 0) {
        perror(path);
        return false;
    }
    return true;
}

static int exit_code(enum flt_search_end end) {
    switch (end) {
    case FLT_SEARCH_COMPLETE:
    case FLT_SEARCH_TIME:
        return 0;
    case FLT_SEARCH_VIOLATION:
    case FLT_SEARCH_DIED:
        return 1;
    case FLT_SEARCH_UNSOUND:
    case FLT_SEARCH_FULL:
    case FLT_SEARCH_FAILED:
        break;
    }
    return 2;
}

static int explore(const struct options *options, const struct flt_scope *scope) {
    static struct flt_search_result result;
    const struct flt_search search = {.scope = scope,
                                      .folder = options->folder,
                                      .length = options->length,
                                      .jobs = options->jobs,
                                      .memory = (uint64_t)options->memory << 20,
                                      .seconds = (double)options->seconds,
                                      .resume = options->resume};
    flt_search(&search, &result);
    if (result.end == FLT_SEARCH_FAILED)
        return 2;
    const bool to_stdout = options->json && strcmp(options->json, "-") == 0;
    FILE *text = to_stdout ? stderr : stdout;
    flt_statement_findings(&search, &result, text);
    flt_statement_print(&search, &result, text);
    if (options->json && !write_json(options->json, &search, &result))
        return 2;
    return result.progress.violations > 0 ? 1 : exit_code(result.end);
}

static int check_merges(const struct options *options, const struct flt_scope *scope) {
    struct flt_merges merges = {.wanted = options->merges, .seed = options->seed};
    if (!flt_merges_check(scope, options->folder, (uint64_t)options->memory << 20, &merges))
        return 2;
    flt_merges_print(scope, &merges, stdout);
    return merges.differ || merges.unknown;
}

static int check_reached(const struct options *options, const struct flt_scope *scope) {
    struct flt_reached reached;
    if (!flt_reached_check(scope, options->folder, (uint64_t)options->memory << 20,
                           options->paths.path, options->paths.count, &reached, stdout))
        return 2;
    flt_reached_print(scope, &reached, stdout);
    return reached.missing > 0;
}

static int run(const struct options *options, const struct flt_scope *scope) {
    if (options->merges)
        return check_merges(options, scope);
    if (options->reached)
        return check_reached(options, scope);
    if (!options->print_scope)
        return explore(options, scope);
    flt_scope_print(scope, stdout);
    return 0;
}

int main(int argc, char **argv) {
    struct options options = {.length = 3, .jobs = 1, .memory = 1024};
    static struct flt_scope scope;
    const int stop = read_options(argc, argv, &options);
    if (stop > 0 || !flt_scope_load(options.scope, &scope)) {
        flt_paths_free(&options.paths);
        return stop > 0 ? stop - 1 : 2;
    }
    const int code = run(&options, &scope);
    flt_scope_free(&scope);
    flt_paths_free(&options.paths);
    return code;
}
