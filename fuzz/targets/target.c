#define _POSIX_C_SOURCE 200809L
#include "target.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "../../model/mix.h"
#include "../report.h"
#include "../sequence/binary.h"
#include "../tools/switches.h"

static struct {
    struct flt_runner *runner;
    struct flt_sequence sequence;
    struct flt_sequence
        defaults; /* of the file that FLTFUZZ_SWITCHES names, or the program's own */
    bool has_defaults;
    uint64_t sequences;
    double started;
} target;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* One JSON line for `fltfuzz fuzz` and `fltfuzz bench`. */
static void print_stats(void) {
    const struct flt_door_counts *counts = flt_door_counts(flt_runner_door(target.runner));
    uint64_t breaches = 0;
    for (size_t i = 0; i < FLT_RULE_COUNT; i++)
        breaches += counts->breach[i];
    fprintf(stderr,
            "fltfuzz-stats: {\"sequences\": %" PRIu64 ", \"calls\": %" PRIu64
            ", \"withheld\": %" PRIu64 ", \"bugchecks\": %" PRIu64 ", \"breaches\": %" PRIu64
            ", \"rows_compared\": %" PRIu64 ", \"views_unchecked\": %" PRIu64
            ", \"seconds\": %.3f}\n",
            target.sequences, counts->calls, counts->withheld, counts->bugchecks, breaches,
            counts->rows_compared, counts->views_unchecked, now() - target.started);
}

/* Not exit: the engine would take that for a finding. */
static void read_switches(void) {
    const char *path = getenv("FLTFUZZ_SWITCHES");
    if (!path || !*path)
        return;
    if (!flt_switches_load(path, &target.defaults))
        _Exit(2);
    target.has_defaults = true;
}

/* A header that says nothing has the first profile already. */
static void use_profile(enum flt_profile profile) {
    if (target.has_defaults || profile == FLT_PROFILE_documented)
        return;
    flt_sequence_clear(&target.defaults);
    target.defaults.profile = profile;
    target.has_defaults = true;
}

/* No abstract transitions as libFuzzer's extra counters (section __libfuzzer_extra_counters):
 * taking and comparing snapshots costs a third of the sequences a second. Measured without
 * sanitizers from an empty corpus, five seeds each, beside none in turns: 5,056 counts (call by
 * move) on ten deep defects for 30 s found 37 of 50, none 44, and were first 16 times to 29. 1,021
 * bits (the same folded) on three for 100,000 sequences found 14 of 15, none 13, and were first 8
 * times to 7 in processor time, with lower medians on all three: too few to say that they pay. */
static void start(enum flt_profile profile) {
    read_switches();
    use_profile(profile);
    target.runner = flt_runner_new();
    if (!target.runner || !flt_sequence_init(&target.sequence)) {
        fputs("not enough memory for a runner\n", stderr);
        exit(2);
    }
    target.started = now();
    atexit(print_stats);
}

void flt_target_run(enum flt_profile profile, const uint8_t *data, size_t size) {
    if (!target.runner)
        start(profile);
    flt_binary_decode(data, size, &target.sequence);
    const bool changed =
        target.has_defaults && flt_sequence_complete(&target.sequence, &target.defaults);
    target.sequences++;
    const struct flt_run_options options = {.fill = flt_mix_bytes(data, size)};
    if (!flt_run(target.runner, &target.sequence, &options)) {
        print_stats(); /* an abort runs no exit handlers */
        flt_report_finding(target.runner, changed ? FLT_WHERE_PRINTED : NULL, stderr);
        abort();
    }
}
