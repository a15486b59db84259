#include "report.h"

#include <inttypes.h>
#include <string.h>

#include "sequence/text.h"

void flt_report_marks(const char *id, const char *sentence, FILE *out) {
    fprintf(out, "DEDUP_TOKEN: %s\n", id);
    fprintf(out, "ASSERTION FAILED: %s: %s FuzzerHash=%s\n", id, sentence, id);
}

void flt_report_call(const struct flt_runner *runner, size_t step,
                     const struct flt_outcome *outcome, FILE *out) {
    char call[FLT_MAX_LINE], came_back[64];
    flt_text_step(&flt_runner_sequence(runner)->step[step], call, sizeof call);
    flt_text_outcome(outcome->kind, outcome->status, came_back, sizeof came_back);
    fprintf(out, "%s = %s", call, came_back);
}

static void print_allowed(const struct flt_allowed *allowed, FILE *out) {
    for (uint8_t i = 0; i < allowed->count; i++) {
        char name[64];
        flt_text_outcome(allowed->kind[i], allowed->code[i], name, sizeof name);
        fprintf(out, "%s%s", i == 0 ? ", allowed: " : " or ", name);
    }
}

static void print_what(const struct flt_runner *runner, const struct flt_finding *finding,
                       FILE *out) {
    const size_t count = flt_runner_sequence(runner)->count;
    if (finding->step == 0) {
        fprintf(out, "at the end of %zu steps: %s\n", count, finding->violation.what);
        return;
    }
    fprintf(out, "step %" PRIu32 " of %zu: ", finding->step, count);
    flt_report_call(runner, finding->step - 1, &finding->outcome, out);
    if (finding->allowed.count > 0)
        print_allowed(&finding->allowed, out);
    else
        fprintf(out, ": %s", finding->violation.what);
    fputc('\n', out);
}

/* The sequence as text that can be pasted into a file, the guilty step marked. */
static void print_sequence(const struct flt_sequence *sequence, uint32_t mark, FILE *out) {
    flt_text_print_header(sequence, out);
    for (size_t i = 0; i < sequence->count; i++) {
        char call[FLT_MAX_LINE];
        flt_text_step(&sequence->step[i], call, sizeof call);
        if (i + 1 == mark)
            fprintf(out, "# step %" PRIu32 ", the next line:\n", mark);
        fprintf(out, "%s\n", call);
    }
}

void flt_report_finding(const struct flt_runner *runner, const char *where, FILE *out) {
    const struct flt_finding *finding = flt_door_finding(flt_runner_door(runner));
    const struct flt_rule_info *rule = &flt_rules[finding->violation.rule];
    const struct flt_sequence *sequence = flt_runner_sequence(runner);
    print_what(runner, finding, out);
    fprintf(out, "rule %s (page: %s), profile %s\n", rule->id, rule->source,
            flt_profile_name(sequence->profile));
    print_sequence(sequence, finding->step, out);
    fprintf(out, "reproduce: ./scripts/fltfuzz replay %s\n",
            where ? where : "FILE, the one that the engine names below");
    flt_report_marks(rule->id, rule->sentence, out);
    fflush(out);
}

/* ---- the annotated run ----------------------------------------------------------------------- */

static const char *const irp_names[] = {"IRP_MJ_CREATE", "IRP_MJ_CLEANUP", "IRP_MJ_CLOSE"};

static void print_irps(const struct flt_trace *trace, size_t from, size_t to, FILE *out) {
    for (size_t i = from; i < to; i++)
        fprintf(out, "#     %s to object %" PRIu32 " in %s\n", irp_names[trace->irp[i].kind],
                trace->irp[i].object, flt_constant_name(FLT_GROUP_PROCESS, trace->irp[i].process));
}

static bool plain_success(const struct flt_step_result *result) {
    return result->outcome.kind == FLT_RETURNED && result->outcome.status == 0 &&
           result->breaches == 0;
}

static void print_expectation(const struct flt_step_result *result, FILE *out) {
    char name[64];
    flt_text_outcome(result->outcome.kind, result->outcome.status, name, sizeof name);
    fprintf(out, "  # %s", name);
    for (uint8_t i = 0; i < result->breaches; i++)
        fprintf(out, " breach %s", flt_rules[result->breach[i]].id);
}

static void print_leaks(const struct flt_runner *runner, FILE *out) {
    struct flt_leak leak;
    size_t k = 0;
    for (; flt_door_leak(flt_runner_door(runner), k, &leak); k++) {
        fprintf(out, "# end: leak %s", flt_rules[leak.rule].id);
        if (leak.slot != FLT_NO_SLOT && leak.slots != FLT_SLOTS_NO_SLOT)
            fprintf(out, " %c%d", leak.slots == FLT_SLOTS_HANDLE ? 'h' : 'o', leak.slot);
        fputc('\n', out);
    }
    if (k == 0)
        fputs("# end: no leak\n", out);
}

void flt_report_annotated(const struct flt_runner *runner, size_t mark, bool irps, FILE *out) {
    const struct flt_sequence *sequence = flt_runner_sequence(runner);
    const struct flt_trace *trace = flt_door_trace(flt_runner_door(runner));
    size_t seen = 0;
    flt_text_print_header(sequence, out);
    for (size_t i = 0; i < flt_runner_steps_run(runner); i++) {
        char call[FLT_MAX_LINE];
        flt_text_step(&sequence->step[i], call, sizeof call);
        const struct flt_step_result *result = flt_runner_result(runner, i);
        if (i + 1 == mark)
            fprintf(out, "# step %zu, the next line:\n", mark);
        fputs(call, out);
        if (result && !plain_success(result))
            print_expectation(result, out);
        fputc('\n', out);
        if (irps && i < trace->count) {
            const size_t sent = trace->entry[i].ended ? trace->entry[i].irps : trace->irps;
            print_irps(trace, seen, sent, out);
            seen = sent;
        }
    }
    for (size_t i = flt_runner_steps_run(runner); i < sequence->count; i++) {
        char call[FLT_MAX_LINE];
        flt_text_step(&sequence->step[i], call, sizeof call);
        fprintf(out, "# not reached: %s\n", call);
    }
    print_leaks(runner, out);
}
