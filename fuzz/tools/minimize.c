/* fltfuzz-minimize: the smallest sequence that still shows the rule, as commented text. Exit 0
 * done, 2 bad input, or an input that shows nothing. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../plain.h"
#include "../report.h"
#include "input.h"
#include "switches.h"

static const char usage[] =
    "usage: fltfuzz-minimize [--rule RULE] [--switches FILE] [--shape] FILE [-o OUT]\n"
    "  FILE    a sequence, text or binary, or - for standard input\n"
    "  --rule  keep this rule (a finding, a breach or a leak) instead of what the file finds\n"
    "  --switches  the profile and switches of a sequence that names no profile\n"
    "  --shape  print one line instead: what tells this cause from others\n"
    "  -o OUT  write there instead of to standard output; OUT must not exist\n"
    "example: fltfuzz-minimize crash-0a1b2c -o double-close.seq\n";

struct arguments {
    const char *file, *out, *switches;
    enum flt_rule rule;
    bool shape;
};

static int wrong_usage(const char *what, const char *word) {
    fprintf(stderr, "fltfuzz-minimize: %s%s; --help has the usage\n", what, word);
    return 2;
}

static int read_arguments(int argc, char **argv, struct arguments *arguments) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(word, "--rule") == 0) {
            arguments->rule = (enum flt_rule)flt_rule_by_id(next, strlen(next));
            if (arguments->rule == FLT_RULE_NONE)
                return wrong_usage("unknown rule (fltfuzz rules lists them): ", next);
            i++;
        } else if (strcmp(word, "-o") == 0) {
            arguments->out = next;
            i++;
        } else if (strcmp(word, "--shape") == 0) {
            arguments->shape = true;
        } else if (strcmp(word, "--switches") == 0) {
            arguments->switches = next;
            i++;
        } else if (arguments->file || (word[0] == '-' && word[1] != '\0' && word[1] != '/')) {
            return wrong_usage("unknown option or second file ", word);
        } else {
            arguments->file = word;
        }
    }
    if (!arguments->file || (arguments->out && !*arguments->out) ||
        (arguments->switches && !*arguments->switches))
        return wrong_usage("a file is needed", "");
    return 0;
}

static void print(const struct flt_runner *runner, const struct flt_kept *kept, size_t before,
                  size_t runs, FILE *out) {
    const struct flt_finding *finding = flt_door_finding(flt_runner_door(runner));
    fprintf(out, "# %s: %s.\n", flt_rules[kept->rule].id, flt_rules[kept->rule].sentence);
    fprintf(out, "# Minimised from %zu calls to %zu in %zu runs.\n", before,
            flt_runner_sequence(runner)->count, runs);
    flt_report_annotated(runner, kept->as == FLT_KEEP_FINDING ? finding->step : 0, false, out);
}

static int minimise(const struct arguments *arguments, struct flt_runner *runner,
                    struct flt_input *input) {
    struct flt_sequence *sequence = &input->text.sequence;
    const struct flt_run_options options = {.keep = true};
    struct flt_kept kept;
    flt_run(runner, sequence, &options);
    if (!flt_minimise_what(runner, arguments->rule, &kept)) {
        fprintf(stderr, "%s: shows nothing to keep%s; replay --trace prints what it does\n",
                arguments->file, arguments->rule ? " of that rule" : ", name a --rule");
        return 2;
    }
    if (arguments->shape) {
        flt_make_plain(runner, sequence, &kept);
        flt_plain_shape(runner, &kept, stdout);
        return 0;
    }
    const size_t before = sequence->count;
    const size_t runs = flt_minimise(runner, sequence, &kept);
    flt_run(runner, sequence, &options); /* with every result kept, for printing */
    FILE *out = arguments->out ? fopen(arguments->out, "wx") : stdout;
    if (!out) {
        fprintf(stderr, "%s: %s\n", arguments->out, strerror(errno));
        return 2;
    }
    print(runner, &kept, before, runs, out);
    if (out != stdout && fclose(out) != 0) {
        fprintf(stderr, "%s: %s\n", arguments->out, strerror(errno));
        return 2;
    }
    return 0;
}

static bool load(const struct arguments *arguments, struct flt_input *input) {
    struct flt_sequence defaults;
    if (!flt_input_load(arguments->file, input))
        return false;
    if (!arguments->switches)
        return true;
    if (!flt_switches_load(arguments->switches, &defaults))
        return false;
    flt_sequence_complete(&input->text.sequence, &defaults);
    return true;
}

int main(int argc, char **argv) {
    struct arguments arguments = {0};
    struct flt_input input;
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    int code = read_arguments(argc, argv, &arguments);
    if (code != 0)
        return code;
    struct flt_runner *runner = flt_runner_new();
    if (!runner || !flt_input_init(&input)) {
        fputs("fltfuzz-minimize: not enough memory\n", stderr);
        return 2;
    }
    code = load(&arguments, &input) ? minimise(&arguments, runner, &input) : 2;
    flt_input_free(&input);
    flt_runner_free(runner);
    return code;
}
