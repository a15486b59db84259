/* fltfuzz-coverage: which rules, calls, outcomes and transitions of the contract's state some
 * sequences try, as one JSON object. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../model/mix.h"
#include "../run.h"
#include "../sequence/mutate.h"
#include "../sequence/random.h"
#include "coverage_json.h"
#include "files.h"
#include "input.h"

static const char usage[] =
    "usage: fltfuzz-coverage [--open] [--run N [--seed N]] [PATH...]\n"
    "  PATH    a sequence (text or binary), or a folder of them\n"
    "  --open  also run each with every other choice of each switch, against a contract that\n"
    "          accepts any, and answer by a script what no run came back with\n"
    "  --run   N generated sequences; those that try something new are mutated further\n"
    "  --seed  of --run; 1 when absent\n"
    "example: fltfuzz-coverage --open corpus/fuzz_close/seed > coverage.json\n";

enum {
    GENERATED_BYTES = 65536,
    POOL = 1024 /* generated sequences that are kept */
};

struct options {
    bool open;
    uint64_t run, seed;
};

struct session {
    struct options options;
    struct flt_runner *runner;
    struct flt_coverage *own, *any; /* under the sequence's own switches; under any */
    struct flt_input input;
    uint64_t sequences, calls, findings, unreadable;
};

/* ---- running --------------------------------------------------------------------------------- */

static uint8_t opcode_of_step(const void *run, uint32_t step) {
    const struct flt_sequence *sequence = run;
    return step > 0 && step <= sequence->count ? sequence->step[step - 1].opcode
                                               : (uint8_t)FLT_OP_NONE;
}

static bool run(struct session *session, struct flt_coverage *coverage,
                const struct flt_sequence *sequence, const struct flt_run_options *options) {
    struct flt_door *door = flt_runner_door(session->runner);
    flt_door_observe(door, flt_coverage_observer(coverage));
    const bool fine = flt_run(session->runner, sequence, options);
    flt_coverage_end_of_run(coverage, door, opcode_of_step, sequence);
    flt_door_observe(door, NULL);
    return fine;
}

static void complain(struct session *session, const char *path, const char *under) {
    const struct flt_finding *finding = flt_door_finding(flt_runner_door(session->runner));
    fprintf(stderr, "%s: %s: step %" PRIu32 ": %s: %s\n", path, under, finding->step,
            flt_rules[finding->violation.rule].id, finding->violation.what);
    session->findings++;
}

static void run_own(struct session *session, const char *path, const struct flt_sequence *sequence,
                    uint64_t fill) {
    const struct flt_run_options options = {.fill = fill};
    if (!run(session, session->own, sequence, &options))
        complain(session, path, "a finding");
    session->sequences++;
    session->calls += flt_runner_steps_run(session->runner);
}

/* ---- what predictions leave open ------------------------------------------------------------- */

/* Calls `visit` with the sequence's switches, and with each other choice of each switch. */
static void each_choice(struct session *session, const char *path,
                        const struct flt_sequence *sequence,
                        void (*visit)(struct session *session, const char *path,
                                      const struct flt_sequence *sequence,
                                      const struct flt_run_options *options)) {
    struct flt_switches own, any, other;
    flt_sequence_switches(sequence, &own);
    memset(any.value, FLT_SWITCH_ANY, sizeof any.value);
    const struct flt_run_options options = {
        .fill = session->input.hash, .system = &other, .contract = &any};
    other = own;
    visit(session, path, sequence, &options);
    for (int which = 0; which < FLT_SWITCH_COUNT; which++)
        for (uint8_t value = 0; flt_choice_name((enum flt_switch)which, value); value++) {
            if (value == own.value[which])
                continue;
            other = own;
            other.value[which] = value;
            visit(session, path, sequence, &options);
        }
}

static void run_any(struct session *session, const char *path, const struct flt_sequence *sequence,
                    const struct flt_run_options *options) {
    if (!run(session, session->any, sequence, options))
        complain(session, path, "under a contract that accepts any");
}

/* The run once more, up to the step that comes back as the script says, and on from there. */
static void answer(struct session *session, const char *path, const struct flt_sequence *sequence,
                   const struct flt_run_options *options, const struct flt_open_outcome *open) {
    const struct flt_scripted_outcome scripted = {
        .step = open->step,
        .kind = open->kind,
        .code = open->code,
        .parameter = {open->parameter[0], open->parameter[1]}};
    struct flt_run_options again = *options;
    again.scripted = &scripted;
    flt_coverage_set_mode(session->any, FLT_COVERAGE_ANSWERS, open->step);
    if (!run(session, session->any, sequence, &again))
        complain(session, path, "answered by a script");
}

/* Failures and bug checks: a success would need the objects and the handles that come with it. */
static bool can_answer(const struct flt_open_outcome *open) {
    return open->kind == FLT_BUGCHECK || !flt_success(open->code);
}

static void answer_open(struct session *session, const char *path,
                        const struct flt_sequence *sequence,
                        const struct flt_run_options *options) {
    size_t count;
    flt_coverage_set_mode(session->any, FLT_COVERAGE_NOTES_OPEN, 0);
    run(session, session->any, sequence, options);
    const struct flt_open_outcome *found = flt_coverage_open(session->any, &count);
    struct flt_open_outcome open[FLT_OPEN_OUTCOMES];
    memcpy(open, found, count * sizeof *open);
    for (size_t i = 0; i < count; i++)
        if (can_answer(&open[i]))
            answer(session, path, sequence, options, &open[i]);
}

/* ---- generated sequences --------------------------------------------------------------------- */

static bool make_pool(struct flt_sequence *pool, size_t at, const struct flt_sequence *from) {
    return (pool[at].step || flt_sequence_init(&pool[at])) && flt_sequence_copy(&pool[at], from);
}

/* From nothing; what tries something new is kept, as an engine keeps what covers new code. */
static bool run_generated(struct session *session) {
    static struct flt_sequence pool[POOL];
    struct flt_sequence *sequence = &session->input.text.sequence;
    uint64_t random = flt_mix(session->options.seed);
    size_t kept = 0;
    bool good = true;
    for (uint64_t i = 0; good && i < session->options.run; i++) {
        flt_sequence_clear(sequence);
        if (kept > 0 && flt_below(&random, 16) != 0)
            flt_sequence_copy(sequence, &pool[flt_below(&random, (uint32_t)kept)]);
        flt_mutate(sequence, NULL, 16u << flt_below(&random, 4), GENERATED_BYTES, &random);
        const uint64_t before = flt_coverage_reached(session->own);
        run_own(session, "a generated sequence", sequence, i);
        if (flt_coverage_reached(session->own) > before) {
            good = make_pool(pool, kept < POOL ? kept : flt_below(&random, POOL), sequence);
            kept += kept < POOL;
        }
    }
    for (size_t i = 0; i < POOL; i++)
        flt_sequence_free(&pool[i]);
    return good;
}

/* ---- the files ------------------------------------------------------------------------------- */

static void each_file(struct session *session, const struct flt_paths *paths, int pass) {
    for (size_t i = 0; i < paths->count; i++) {
        const char *path = paths->path[i];
        const struct flt_sequence *sequence = &session->input.text.sequence;
        if (!flt_input_load(path, &session->input))
            session->unreadable += pass == 0;
        else if (pass == 0)
            run_own(session, path, sequence, session->input.hash);
        else
            each_choice(session, path, sequence, pass == 1 ? run_any : answer_open);
    }
}

static void print_all(const struct session *session) {
    printf("{\n  \"sequences\": %" PRIu64 ",\n  \"calls_made\": %" PRIu64
           ",\n  \"findings\": %" PRIu64,
           session->sequences, session->calls, session->findings);
    flt_coverage_print_possible(stdout);
    flt_coverage_print("own", session->own, stdout);
    if (session->options.open)
        flt_coverage_print("any", session->any, stdout);
    printf("\n}\n");
}

/* ---- the command ----------------------------------------------------------------------------- */

static int wrong_usage(const char *what, const char *word) {
    fprintf(stderr, "fltfuzz-coverage: %s%s; --help has the usage\n", what, word);
    return 2;
}

static bool read_number(const char *word, uint64_t *number) {
    char *end;
    *number = strtoull(word, &end, 10);
    return *word >= '0' && *word <= '9' && *end == '\0' && *number > 0;
}

/* 0, or the exit code + 1 when there is nothing to run. */
static int read_options(int argc, char **argv, struct options *options, struct flt_paths *paths) {
    options->seed = 1;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0) {
            fputs(usage, stdout);
            return 0 + 1;
        }
        if (strcmp(word, "--open") == 0) {
            options->open = true;
        } else if (strcmp(word, "--run") == 0 || strcmp(word, "--seed") == 0) {
            uint64_t *number = word[2] == 'r' ? &options->run : &options->seed;
            if (++i == argc || !read_number(argv[i], number))
                return wrong_usage("a number from 1 is needed after ", word) + 1;
        } else if (word[0] == '-') {
            return wrong_usage("unknown option ", word) + 1;
        } else if (!flt_paths_add(paths, word)) {
            return 2 + 1;
        }
    }
    return paths->count > 0 || options->run > 0 ? 0 : wrong_usage("no input", "") + 1;
}

static int cover(struct session *session, const struct flt_paths *paths) {
    if (session->options.run > 0 && !run_generated(session)) {
        fputs("fltfuzz-coverage: not enough memory\n", stderr);
        return 2;
    }
    for (int pass = 0; pass < (session->options.open ? 3 : 1); pass++)
        each_file(session, paths, pass);
    if (session->unreadable > 0)
        return 2;
    print_all(session);
    return session->findings > 0 ? 1 : 0;
}

int main(int argc, char **argv) {
    struct session session = {0};
    struct flt_paths paths = {0};
    int code = read_options(argc, argv, &session.options, &paths);
    if (code > 0) {
        flt_paths_free(&paths);
        return code - 1;
    }
    session.runner = flt_runner_new();
    session.own = flt_coverage_new();
    session.any = flt_coverage_new();
    if (!session.runner || !session.own || !session.any || !flt_input_init(&session.input)) {
        fputs("fltfuzz-coverage: not enough memory\n", stderr);
        return 2;
    }
    code = cover(&session, &paths);
    flt_input_free(&session.input);
    flt_coverage_free(session.own);
    flt_coverage_free(session.any);
    flt_runner_free(session.runner);
    flt_paths_free(&paths);
    return code;
}
