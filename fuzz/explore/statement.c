#include "statement.h"

#include <inttypes.h>
#include <string.h>

#include "../report.h"
#include "../tools/files.h"

static const char *const end_names[] = {
    [FLT_SEARCH_COMPLETE] = "complete",   [FLT_SEARCH_TIME] = "time is up",
    [FLT_SEARCH_VIOLATION] = "violation", [FLT_SEARCH_DIED] = "a run ended its process",
    [FLT_SEARCH_UNSOUND] = "unsound",     [FLT_SEARCH_FULL] = "memory is full",
    [FLT_SEARCH_FAILED] = "failed"};

/* ---- numbers --------------------------------------------------------------------------------- */

static uint64_t states_of(const struct flt_progress *progress) {
    uint64_t sum = 0;
    for (size_t i = 0; i <= FLT_SCOPE_LENGTH; i++)
        sum += progress->found[i];
    return sum;
}

/* Nothing is left to expand: longer sequences lead to no other states. */
static bool is_closed(const struct flt_progress *progress) {
    return progress->uncounted == 0 && progress->length > 0 &&
           progress->found[progress->length] == 0;
}

static size_t longest_path(const struct flt_progress *progress) {
    size_t longest = FLT_SCOPE_LENGTH;
    while (longest > 0 && progress->found[longest] == 0)
        longest--;
    return longest;
}

size_t flt_statement_length(const struct flt_search_result *result) {
    return result->progress.length;
}

/* The number of sequences of that many calls, 0 where it has more than 64 bits. */
static uint64_t sequences(uint64_t moves, size_t length) {
    uint64_t product = 1;
    for (size_t i = 0; i < length; i++) {
        if (product > UINT64_MAX / moves)
            return 0;
        product *= moves;
    }
    return product;
}

static double power(double moves, size_t length) {
    double product = 1;
    for (size_t i = 0; i < length; i++)
        product *= moves;
    return product;
}

/* That any two of n different states have the same hash: n * n / 2 pairs, 64 bits. */
static double collision_bound(uint64_t states) {
    return (double)states * (double)states / power(2, 65);
}

static double per_second(uint64_t count, double seconds) {
    return seconds > 0 ? (double)count / seconds : 0;
}

/* 1,234,567 */
static void print_number(uint64_t number, FILE *out) {
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    for (int i = 0; i < length; i++)
        fprintf(out, "%s%c", i > 0 && (length - i) % 3 == 0 ? "," : "", digits[i]);
}

static void print_power(uint64_t moves, size_t length, FILE *out) {
    const uint64_t exact = sequences(moves, length);
    if (exact)
        print_number(exact, out);
    else
        fprintf(out, "%.4g", power((double)moves, length));
}

/* ---- text ------------------------------------------------------------------------------------ */

static void print_extent(const struct flt_search *search, const struct flt_search_result *result,
                         FILE *out) {
    const struct flt_progress *progress = &result->progress;
    const size_t length = flt_statement_length(result);
    fprintf(out, "Scope %s (%016" PRIx64 ", %zu moves): every sequence of up to %zu call%s, ",
            search->scope->name, search->scope->hash, search->scope->moves, length,
            length == 1 ? "" : "s");
    print_power(search->scope->moves, length, out);
    fprintf(out, " of %zu", length);
    if (is_closed(progress))
        fputs(", and so of any length", out);
    fputs(", is covered: ", out);
}

static void print_states(const struct flt_progress *progress, FILE *out) {
    print_number(states_of(progress), out);
    fprintf(out, " states%s, the longest shortest path has %zu calls. ",
            progress->uncounted ? " and more" : "", longest_path(progress));
    if (progress->uncounted) {
        print_number(progress->uncounted, out);
        fputs(" calls led to states for which the set had no room: they were checked and not told "
              "apart. ",
              out);
    }
    print_number(progress->transitions, out);
    fputs(" transitions were run, of which ", out);
    print_number(progress->loops, out);
    fputs(" changed nothing and ", out);
    print_number(progress->stops, out);
    fputs(" stopped the system. ", out);
}

static void print_end(const struct flt_search *search, const struct flt_search_result *result,
                      FILE *out) {
    const struct flt_progress *progress = &result->progress;
    if (result->end == FLT_SEARCH_COMPLETE) {
        fputs("Complete.\n", out);
        return;
    }
    fprintf(out, "Not complete to %zu calls: %s", search->length, end_names[result->end]);
    if (progress->next > 0) {
        fputs(" after ", out);
        print_number(progress->next, out);
        fputs(" of the ", out);
        print_number(progress->found[progress->length], out);
        fprintf(out, " states of %zu calls", progress->length);
    }
    fputs(".\n", out);
}

void flt_statement_print(const struct flt_search *search, const struct flt_search_result *result,
                         FILE *out) {
    const struct flt_progress *progress = &result->progress;
    print_extent(search, result, out);
    print_number(progress->violations, out);
    fputs(" violations. ", out);
    print_states(progress, out);
    fprintf(out, "%.1f s with %zu process%s, %.1f s of processor time: ", progress->seconds,
            search->jobs, search->jobs == 1 ? "" : "es", progress->processor);
    print_number((uint64_t)per_second(states_of(progress), progress->seconds), out);
    fputs(" states/s, ", out);
    print_number((uint64_t)per_second(progress->transitions, progress->seconds), out);
    fprintf(out,
            " transitions/s. States are told apart by 64 bits: that any two of these were taken "
            "for one has a probability below %.1e. ",
            collision_bound(states_of(progress)));
    print_end(search, result, out);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void json_states(const struct flt_progress *progress, FILE *out) {
    fprintf(out, "  \"states\": %" PRIu64 ",\n  \"states_by_length\": [", states_of(progress));
    for (size_t i = 0; i <= longest_path(progress); i++)
        fprintf(out, "%s%" PRIu64, i ? ", " : "", progress->found[i]);
    fprintf(out, "],\n  \"uncounted\": %" PRIu64 ",\n", progress->uncounted);
    fprintf(out, "  \"longest_shortest_path\": %zu,\n  \"closed\": %s,\n", longest_path(progress),
            is_closed(progress) ? "true" : "false");
    fprintf(out,
            "  \"transitions\": %" PRIu64 ",\n  \"loops\": %" PRIu64 ",\n  \"stops\": %" PRIu64
            ",\n",
            progress->transitions, progress->loops, progress->stops);
}

static void json_violations(const struct flt_search *search, const struct flt_search_result *result,
                            FILE *out) {
    fprintf(out, "  \"violations\": %" PRIu64 ",\n  \"violation\": [", result->progress.violations);
    for (size_t i = 0; i < result->violations; i++) {
        const struct flt_met *met = &result->violation[i];
        fprintf(out, "%s{\"rule\": ", i ? ", " : "");
        flt_json_string(flt_rules[met->rule].id, out);
        fputs(", \"sequence\": [", out);
        for (size_t k = 0; k < met->count; k++) {
            char call[FLT_MAX_LINE];
            flt_text_step(&search->scope->text.sequence.step[met->move[k]], call, sizeof call);
            fputs(k ? ", " : "", out);
            flt_json_string(call, out);
        }
        fputs("]}", out);
    }
    fputs("],\n", out);
}

void flt_statement_json(const struct flt_search *search, const struct flt_search_result *result,
                        FILE *out) {
    const struct flt_progress *progress = &result->progress;
    const size_t length = flt_statement_length(result);
    fputs("{\n  \"scope\": ", out);
    flt_json_string(search->scope->name, out);
    fprintf(out, ",\n  \"scope_hash\": \"%016" PRIx64 "\",\n  \"moves\": %zu,\n",
            search->scope->hash, search->scope->moves);
    fprintf(out, "  \"length\": %zu,\n  \"length_asked\": %zu,\n  \"complete\": %s,\n", length,
            search->length, result->end == FLT_SEARCH_COMPLETE ? "true" : "false");
    fputs("  \"end\": ", out);
    flt_json_string(end_names[result->end], out);
    fprintf(out, ",\n  \"expanded_of_length\": %" PRIu64 ",\n  \"sequences\": %.17g,\n",
            progress->next, power((double)search->scope->moves, length));
    json_states(progress, out);
    json_violations(search, result, out);
    fprintf(out, "  \"jobs\": %zu,\n  \"memory_bytes\": %" PRIu64 ",\n  \"seconds\": %.3f,\n",
            search->jobs, result->memory, progress->seconds);
    fprintf(out, "  \"processor_seconds\": %.3f,\n", progress->processor);
    fprintf(out, "  \"states_per_s\": %.1f,\n  \"transitions_per_s\": %.1f,\n",
            per_second(states_of(progress), progress->seconds),
            per_second(progress->transitions, progress->seconds));
    fprintf(out, "  \"collision_bound\": %.3g\n}\n", collision_bound(states_of(progress)));
}

/* ---- findings -------------------------------------------------------------------------------- */

static void print_moves(const struct flt_search *search, const struct flt_met *met,
                        struct flt_sequence *sequence, FILE *out) {
    flt_scope_sequence(search->scope, met->move, met->count, sequence);
    flt_text_print(sequence, out);
}

static void print_violation(const struct flt_search *search, const struct flt_met *met,
                            struct flt_runner *runner, struct flt_sequence *sequence, FILE *out) {
    const struct flt_run_options options = {.keep = true};
    flt_scope_sequence(search->scope, met->move, met->count, sequence);
    if (!flt_run(runner, sequence, &options)) {
        flt_report_finding(runner, FLT_WHERE_PRINTED, out);
        return;
    }
    fprintf(out,
            "rule %s was broken by the last of these calls after others that seem to change "
            "nothing, and is not by these alone: a part of the state is not told apart\n",
            flt_rules[met->rule].id);
    print_moves(search, met, sequence, out);
}

void flt_statement_findings(const struct flt_search *search, const struct flt_search_result *result,
                            FILE *out) {
    struct flt_sequence sequence;
    struct flt_runner *runner = flt_runner_new();
    if (!runner || !flt_sequence_init(&sequence)) {
        fputs("fltfuzz-explore: not enough memory to print what was found\n", stderr);
        flt_runner_free(runner);
        return;
    }
    for (size_t i = 0; i < result->violations; i++)
        print_violation(search, &result->violation[i], runner, &sequence, out);
    if (result->end == FLT_SEARCH_DIED) {
        fputs("a process died while it ran these calls and one more of the scope:\n", out);
        print_moves(search, &result->trouble, &sequence, out);
    } else if (result->end == FLT_SEARCH_UNSOUND) {
        fputs("these calls lead to a state other than the one that was found before: another build "
              "found it, or a run depends on what is in no state:\n",
              out);
        print_moves(search, &result->trouble, &sequence, out);
    }
    flt_sequence_free(&sequence);
    flt_runner_free(runner);
}
