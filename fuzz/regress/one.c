#define _DEFAULT_SOURCE
#include "one.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../report.h"
#include "../tools/judge.h"

/* LeakSanitizer's, where it is linked: nonzero when something leaked since the process began. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- the line -------------------------------------------------------------------------------- */

static const char *const verdicts[] = {"fine", "finding", "unstable",  "differs", "crashed",
                                       "hung", "leaked",  "malformed", "skipped", "unreadable"};

static void begin_line(const char *path, enum flt_verdict verdict, struct flt_told *told) {
    told->kind = (int)verdict;
    fputs("{\"file\": ", told->out);
    flt_json_string(path, told->out);
    fprintf(told->out, ", \"verdict\": \"%s\"", verdicts[verdict]);
}

static void member(const char *name, const char *text, FILE *out) {
    fprintf(out, ", \"%s\": ", name);
    flt_json_string(text, out);
}

static void end_line(double seconds, FILE *out) {
    fprintf(out, ", \"seconds\": %.6f}\n", seconds);
}

/* ---- what is no sequence, or cannot be read -------------------------------------------------- */

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static void print_unreadable(const char *path, struct flt_told *told) {
    char *said = flt_isolated_said();
    const char *why = said ? said : "";
    const size_t length = strlen(path);
    if (strncmp(why, path, length) == 0 && strncmp(why + length, ": ", 2) == 0)
        why += length + 2;
    if (said && *said)
        said[strlen(said) - 1] = '\0'; /* the newline */
    begin_line(path, FLT_VERDICT_UNREADABLE, told);
    member("what", why, told->out);
    end_line(0, told->out);
    free(said);
}

/* A file of that name is to be a sequence: it is not passed over. */
static void print_no_sequence(const char *path, const struct flt_text_error *error,
                              struct flt_told *told) {
    begin_line(path, ends_with(path, ".seq") ? FLT_VERDICT_MALFORMED : FLT_VERDICT_SKIPPED, told);
    if (error->line > 0)
        fprintf(told->out, ", \"line\": %" PRIu32, error->line);
    member("what", error->what, told->out);
    end_line(0, told->out);
}

/* ---- a sequence ------------------------------------------------------------------------------ */

/* As a shell takes it for one word. */
static char *quoted(const char *path) {
    char *word = NULL;
    size_t size;
    FILE *out = open_memstream(&word, &size);
    if (!out)
        return NULL;
    if (path[strcspn(path, "'\"\\ \t\n$`!&|;<>()[]{}*?~#")] == '\0') {
        fputs(path, out);
    } else {
        fputc('\'', out);
        for (; *path; path++)
            fputs(*path == '\'' ? "'\\''" : (char[]){*path, '\0'}, out);
        fputc('\'', out);
    }
    fclose(out);
    return word;
}

static void print_report(const struct flt_regression *regression, const char *path, bool completed,
                         FILE *out) {
    char *report = NULL, *word = quoted(path);
    size_t size;
    FILE *text = open_memstream(&report, &size);
    if (text) {
        const char *where = word ? word : path;
        flt_report_finding(regression->runner, completed ? FLT_WHERE_PRINTED : where, text);
        fclose(text);
        member("report", report, out);
    }
    free(report);
    free(word);
}

static void print_judgement(const struct flt_regression *regression,
                            const struct flt_judgement *judged, FILE *out) {
    const struct flt_input *input = regression->input;
    fprintf(out, ", \"form\": \"%s\", \"calls\": %zu", input->is_text ? "text" : "binary",
            flt_runner_steps_run(regression->runner));
    if (judged->rule != FLT_RULE_NONE)
        member("rule", flt_rules[judged->rule].id, out);
    if (judged->step > 0) {
        char call[FLT_MAX_LINE];
        flt_text_step(&input->text.sequence.step[judged->step - 1], call, sizeof call);
        fprintf(out, ", \"step\": %zu", judged->step);
        member("call", call, out);
    }
    if (judged->line > 0)
        fprintf(out, ", \"line\": %" PRIu32, judged->line);
    if (judged->kind != FLT_JUDGED_FINE)
        member("what", judged->what, out);
}

static void run_sequence(const struct flt_regression *regression, const char *path, double start,
                         struct flt_told *told) {
    static const enum flt_verdict verdict_of[] = {
        [FLT_JUDGED_FINE] = FLT_VERDICT_FINE,
        [FLT_JUDGED_FINDING] = FLT_VERDICT_FINDING,
        [FLT_JUDGED_UNSTABLE] = FLT_VERDICT_UNSTABLE,
        [FLT_JUDGED_DIFFERS] = FLT_VERDICT_DIFFERS,
    };
    struct flt_judgement judged;
    const bool completed =
        regression->defaults &&
        flt_sequence_complete(&regression->input->text.sequence, regression->defaults);
    flt_judge(regression->runner, regression->input, false, &judged);
    begin_line(path, verdict_of[judged.kind], told);
    print_judgement(regression, &judged, told->out);
    if (judged.kind == FLT_JUDGED_FINDING)
        print_report(regression, path, completed, told->out);
    end_line(now() - start, told->out);
}

/* ---- an input -------------------------------------------------------------------------------- */

static void run_data(const struct flt_regression *regression, const char *path, const uint8_t *data,
                     size_t size, struct flt_told *told) {
    const double start = now();
    struct flt_text_error error;
    if (regression->bytes) {
        regression->bytes(data, size);
        begin_line(path, FLT_VERDICT_FINE, told);
        fputs(", \"form\": \"bytes\"", told->out);
        end_line(now() - start, told->out);
    } else if (!flt_input_decode(data, size, regression->input, &error)) {
        print_no_sequence(path, &error, told);
    } else if (!regression->input->is_text && regression->input->text.sequence.count == 0) {
        error = (struct flt_text_error){0, "no call in it: neither text nor a binary sequence"};
        print_no_sequence(path, &error, told);
    } else {
        run_sequence(regression, path, start, told);
    }
}

/* What leaked stays: the next check would say it again. */
static void look_for_leaks(const char *path, struct flt_told *told) {
    if (!__lsan_do_recoverable_leak_check || __lsan_do_recoverable_leak_check() == 0)
        return;
    char *said = flt_isolated_said();
    rewind(told->out); /* instead of what was told, which is shorter than the report */
    begin_line(path, FLT_VERDICT_LEAKED, told);
    member("what", "memory was left behind", told->out);
    member("report", said ? said : "", told->out);
    end_line(0, told->out);
    told->unfit = true;
    free(said);
}

void flt_regress_run(void *context, size_t item, struct flt_told *told) {
    const struct flt_regression *regression = context;
    const char *path = regression->paths->path[item];
    size_t size;
    uint8_t *data = flt_file_read(path, &size);
    if (!data) {
        print_unreadable(path, told);
        return;
    }
    run_data(regression, path, data, size, told);
    free(data);
    look_for_leaks(path, told);
}

void flt_regress_died(void *context, size_t item, const struct flt_death *death,
                      struct flt_told *told) {
    const struct flt_regression *regression = context;
    char what[128];
    if (death->hung)
        snprintf(what, sizeof what, "its time was up");
    else if (death->signal != 0)
        snprintf(what, sizeof what, "the process died of signal %d (%s)", death->signal,
                 strsignal(death->signal));
    else
        snprintf(what, sizeof what, "the process ended with %d", death->code);
    begin_line(regression->paths->path[item], death->hung ? FLT_VERDICT_HUNG : FLT_VERDICT_CRASHED,
               told);
    member("what", what, told->out);
    member("report", death->said, told->out);
    end_line(0, told->out);
}
