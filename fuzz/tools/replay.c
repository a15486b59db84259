/* fltfuzz-replay: runs sequences (text or binary, files or folders), each twice, and says what
 * broke. A text's expectations must hold; a binary has none. Exit 0 fine, 1 a finding, 2 bad input.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../report.h"
#include "files.h"
#include "judge.h"
#include "switches.h"

static const char usage[] =
    "usage: fltfuzz-replay [--quiet] [--trace] [--json | --digests] [--profile NAME |\n"
    "                      --switches FILE] PATH...\n"
    "  PATH       a sequence (text or binary), a folder of them, or - for standard input\n"
    "  --trace    print each call with its outcome, breaches and IRPs; the output is a sequence "
    "again\n"
    "  --json     print one JSON array, an object per file\n"
    "  --digests  print a line per file and nothing else: FILE DIGEST, or FILE unreadable; they "
    "are\n"
    "             the same on every machine\n"
    "  --profile  run under this profile instead of the one that the file names\n"
    "  --switches the profile and switches of sequences that name no profile\n"
    "  --quiet    print findings only\n"
    "example: fltfuzz-replay --trace corpus/fuzz_close/seed/double-close.seq\n";

struct options {
    bool quiet, trace, json, digests, profile_given;
    enum flt_profile profile;
    const char *switches; /* a file, or NULL */
};

struct session {
    struct options options;
    struct flt_runner *runner;
    struct flt_input input;
    struct flt_sequence defaults; /* of the switches file */
    bool changed;                 /* the header is not the file's alone */
    size_t files, findings, unexpected, unreadable;
    uint64_t calls;
};

enum verdict { FINE, FINDING, UNEXPECTED, UNREADABLE };
static const char *const verdict_names[] = {"fine", "finding", "unexpected", "unreadable"};

/* ---- which file is running, for crashes ------------------------------------------------------ */

static const char *running = "";
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void say_what_was_running(void) {
    fprintf(stderr, "while replaying %s\n", running);
}

/* ---- one file -------------------------------------------------------------------------------- */

struct judgement {
    enum verdict verdict;
    enum flt_rule rule;
    char what[1024];
};

/* The options' say in the header. */
static void change_header(struct session *session, struct flt_sequence *sequence) {
    session->changed = session->options.profile_given;
    if (session->options.switches)
        session->changed = flt_sequence_complete(sequence, &session->defaults);
    if (!session->options.profile_given)
        return;
    sequence->profile = session->options.profile;
    sequence->profile_given = true;
}

static void judge(struct session *session, const char *path, struct judgement *judgement) {
    struct flt_judgement judged;
    change_header(session, &session->input.text.sequence);
    flt_judge(session->runner, &session->input, session->options.profile_given, &judged);
    session->calls += flt_runner_steps_run(session->runner);
    *judgement = (struct judgement){FINE, judged.rule, ""};
    if (judged.kind == FLT_JUDGED_FINDING)
        judgement->verdict = FINDING;
    else if (judged.kind != FLT_JUDGED_FINE)
        judgement->verdict = UNEXPECTED;
    char *what = judgement->what;
    const size_t room = sizeof judgement->what;
    if (judgement->verdict == FINDING)
        snprintf(what, room, "step %zu: %s", judged.step, judged.what);
    else if (judged.line > 0)
        snprintf(what, room, "%s:%" PRIu32 ": %s", path, judged.line, judged.what);
    else if (judgement->verdict == UNEXPECTED)
        snprintf(what, room, "%s: %s", path, judged.what);
}

static void print_json(const struct session *session, const char *path,
                       const struct judgement *judgement) {
    printf("%s  {\"file\": ", session->files > 1 ? ",\n" : "");
    flt_json_string(path, stdout);
    printf(", \"verdict\": \"%s\"", verdict_names[judgement->verdict]);
    if (judgement->verdict != UNREADABLE) {
        const struct flt_door *door = flt_runner_door(session->runner);
        printf(", \"calls\": %zu, \"digest\": \"%016" PRIx64 "\"",
               flt_runner_steps_run(session->runner), flt_door_digest(door));
    }
    if (judgement->verdict == FINDING)
        printf(", \"rule\": \"%s\", \"step\": %" PRIu32, flt_rules[judgement->rule].id,
               flt_door_finding(flt_runner_door(session->runner))->step);
    if (judgement->what[0]) {
        printf(", \"what\": ");
        flt_json_string(judgement->what, stdout);
    }
    putchar('}');
}

/* To compare machines by: why a file is not fine goes elsewhere. */
static void print_digest(const struct session *session, const char *path,
                         const struct judgement *judgement) {
    if (judgement->verdict == UNREADABLE)
        printf("%s unreadable\n", path);
    else
        printf("%s %016" PRIx64 "\n", path, flt_door_digest(flt_runner_door(session->runner)));
    if (judgement->what[0])
        fprintf(stderr, "%s: %s: %s\n", path, verdict_names[judgement->verdict], judgement->what);
}

static void print_text(const struct session *session, const char *path,
                       const struct judgement *judgement) {
    const struct flt_runner *runner = session->runner;
    if (session->options.trace && judgement->verdict != UNREADABLE) {
        printf("# %s\n", path);
        flt_report_annotated(
            runner,
            judgement->verdict == FINDING ? flt_door_finding(flt_runner_door(runner))->step : 0,
            true, stdout);
    }
    if (judgement->verdict == FINDING) {
        printf("%s:\n", path);
        flt_report_finding(runner, session->changed ? FLT_WHERE_PRINTED : path, stdout);
    } else if (judgement->verdict == UNEXPECTED) {
        printf("%s\n", judgement->what);
    }
}

static void replay(struct session *session, const char *path) {
    struct judgement judgement = {UNREADABLE, FLT_RULE_NONE, ""};
    running = path;
    session->files++;
    if (flt_input_load(path, &session->input))
        judge(session, path, &judgement);
    session->findings += judgement.verdict == FINDING;
    session->unexpected += judgement.verdict == UNEXPECTED;
    session->unreadable += judgement.verdict == UNREADABLE;
    if (session->options.json)
        print_json(session, path, &judgement);
    else if (session->options.digests)
        print_digest(session, path, &judgement);
    else
        print_text(session, path, &judgement);
}

/* ---- the command ----------------------------------------------------------------------------- */

static int wrong_usage(const char *what, const char *word) {
    fprintf(stderr, "fltfuzz-replay: %s%s; --help has the usage\n", what, word);
    return 2;
}

static int read_profile(const char *name, struct options *options) {
    options->profile_given = flt_profile_by_name(name, strlen(name), &options->profile);
    return options->profile_given
               ? 0
               : wrong_usage("unknown profile, allowed are documented, forwarding, strict: ", name);
}

/* An option without a value; NULL where the word is none. */
static bool *flag_of(struct options *options, const char *word) {
    const struct {
        const char *word;
        bool *flag;
    } flags[] = {{"--quiet", &options->quiet},
                 {"--trace", &options->trace},
                 {"--json", &options->json},
                 {"--digests", &options->digests}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(word, flags[i].word) == 0)
            return flags[i].flag;
    return NULL;
}

/* An option that a value follows. */
static int read_valued(const char *option, const char *value, struct options *options) {
    if (strcmp(option, "--profile") == 0)
        return read_profile(value, options);
    if (strcmp(option, "--switches") != 0)
        return wrong_usage("unknown option ", option);
    options->switches = value;
    return *value ? 0 : wrong_usage("--switches needs a file", "");
}

/* 0, or the exit code + 1 when there is nothing to run. */
static int read_options(int argc, char **argv, struct options *options, struct flt_paths *paths) {
    bool names_only = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (names_only || word[0] != '-' || strcmp(word, "-") == 0) {
            if (!flt_paths_add(paths, word))
                return 2 + 1;
        } else if (strcmp(word, "--") == 0) {
            names_only = true;
        } else if (flag_of(options, word)) {
            *flag_of(options, word) = true;
        } else if (strcmp(word, "--help") == 0) {
            fputs(usage, stdout);
            return 0 + 1;
        } else if (read_valued(word, i + 1 < argc ? argv[i + 1] : "", options) != 0) {
            return 2 + 1;
        } else {
            i++;
        }
    }
    if (options->profile_given && options->switches)
        return wrong_usage("--profile and --switches exclude each other", "") + 1;
    if (options->digests && (options->json || options->trace))
        return wrong_usage("--digests excludes --json and --trace", "") + 1;
    return paths->count > 0 ? 0 : wrong_usage("no input", "") + 1;
}

static int summarise(const struct session *session) {
    const struct options *options = &session->options;
    if (options->json)
        puts("\n]");
    else if (!options->quiet && !options->digests)
        printf("%zu sequences, %" PRIu64 " calls: %zu findings, %zu unexpected, %zu unreadable\n",
               session->files, session->calls, session->findings, session->unexpected,
               session->unreadable);
    if (session->findings + session->unexpected > 0)
        return 1;
    return session->unreadable > 0 ? 2 : 0;
}

int main(int argc, char **argv) {
    struct session session = {0};
    struct flt_paths paths = {0};
    const int stop = read_options(argc, argv, &session.options, &paths);
    const char *switches = session.options.switches;
    if (stop > 0 || (switches && !flt_switches_load(switches, &session.defaults))) {
        flt_paths_free(&paths);
        return stop > 0 ? stop - 1 : 2;
    }
    session.runner = flt_runner_new();
    if (!session.runner || !flt_input_init(&session.input)) {
        fputs("fltfuzz-replay: not enough memory\n", stderr);
        return 2;
    }
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(say_what_was_running);
    if (session.options.json)
        puts("[");
    for (size_t i = 0; i < paths.count; i++)
        replay(&session, paths.path[i]);
    const int code = summarise(&session);
    flt_input_free(&session.input);
    flt_runner_free(session.runner);
    flt_paths_free(&paths);
    return code;
}
