/* fltfuzz-bench: what a call costs, through the whole door, by the sequence's length and by the
 * number of live handles; peak memory. Prints one JSON object. Ratios within one run are what
 * counts: machines are shared. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../../model/include/fltKernel.h"
#include "../../model/kernel/kernel.h"
#include "../run.h"
#include "../sequence/mutate.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static long peak_kib(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : -1;
}

static void out_of_memory(void) {
    fputs("fltfuzz-bench: not enough memory\n", stderr);
    exit(2);
}

/* ---- by length ------------------------------------------------------------------------------- */

enum { DIFFERENT = 64 }; /* sequences of each length, so that no single one decides */

/* Nanoseconds per call over at least `seconds`. The sequences are made before the clock starts. */
static double by_length(struct flt_runner *runner, size_t length, double seconds) {
    static struct flt_sequence sequence[DIFFERENT];
    uint64_t random = length;
    for (size_t i = 0; i < DIFFERENT; i++) {
        if (!sequence[i].step && !flt_sequence_init(&sequence[i]))
            out_of_memory();
        flt_generate(&sequence[i], length, &random);
    }
    uint64_t calls = 0;
    const double begin = now();
    double elapsed;
    do {
        for (size_t i = 0; i < DIFFERENT; i++) {
            const struct flt_run_options options = {.fill = i};
            if (!flt_run(runner, &sequence[i], &options)) {
                fputs("fltfuzz-bench: a finding; run fltfuzz fuzz\n", stderr);
                exit(1);
            }
            calls += flt_runner_steps_run(runner);
        }
        elapsed = now() - begin;
    } while (elapsed < seconds);
    return elapsed * 1e9 / (double)calls;
}

/* ---- by live handles ------------------------------------------------------------------------- */

static uint64_t open_one(struct flt_door *door, uint32_t step) {
    struct flt_call call;
    struct flt_outcome outcome;
    flt_call_init(&call, FLT_OP_FltCreateFile);
    call.step = step;
    call.fill = UINT64_C(1) << 62;
    call.result_slot[FLT_RESULT_handle] = 0;
    if (!flt_door_call(door, &call, &outcome) || outcome.status != 0) {
        fputs("fltfuzz-bench: an open failed\n", stderr);
        exit(1);
    }
    return outcome.out[FLT_RESULT_handle];
}

static void close_one(struct flt_door *door, uint64_t handle, uint32_t step) {
    struct flt_call call;
    struct flt_outcome outcome;
    flt_call_init(&call, FLT_OP_FltClose);
    call.step = step;
    call.arg[FLT_ARG_handle] = handle;
    if (!flt_door_call(door, &call, &outcome) || outcome.status != 0) {
        fputs("fltfuzz-bench: a close failed\n", stderr);
        exit(1);
    }
}

/* Nanoseconds per call of opens and closes while `live` handles stay open, over at least as many
 * calls as there are rows, so that the full comparisons are paid for. */
static double by_live(struct flt_door *door, size_t live) {
    struct flt_switches switches;
    flt_switches_from_profile(&switches, FLT_PROFILE_documented);
    flt_door_open(door, &switches, &switches);
    uint32_t step = 0;
    for (size_t i = 1; i < live; i++)
        open_one(door, ++step);
    const size_t rounds = live * 2 > 50000 ? live * 2 : 50000;
    const double begin = now();
    for (size_t i = 0; i < rounds; i++) {
        const uint64_t handle = open_one(door, ++step);
        close_one(door, handle, ++step);
    }
    const double elapsed = now() - begin;
    flt_door_end_of_run(door);
    return elapsed * 1e9 / (double)(rounds * 2);
}

/* ------------------------------------------------------------------------------------------------------------
 */

static const char usage[] =
    "usage: fltfuzz-bench\n"
    "  prints what a call costs, by length and by live handles, as one JSON object\n"
    "example: fltfuzz-bench > now.json\n";

int main(int argc, char **argv) {
    if (argc > 1) {
        const int help = strcmp(argv[1], "--help") == 0;
        fputs(usage, help ? stdout : stderr);
        return help ? 0 : 2;
    }
    static const size_t lengths[] = {8, 16, 64, 256, 1024, 4096};
    static const size_t lives[] = {1, 10, 100, 1000, 10000, 100000};
    struct flt_runner *runner = flt_runner_new();
    if (!runner)
        out_of_memory();
    by_length(runner, 64, 0.2); /* warm up */
    printf("{\n  \"ns_per_call_by_length\": {");
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        printf("%s\"%zu\": %.1f", i ? ", " : "", lengths[i], by_length(runner, lengths[i], 0.5));
    printf("},\n  \"peak_kib_lengths\": %ld,\n  \"ns_per_call_by_live_handles\": {", peak_kib());
    flt_runner_free(runner);
    struct flt_system *kernel = flt_kernel_new();
    struct flt_door *door = kernel ? flt_door_new(kernel) : NULL;
    if (!door)
        out_of_memory();
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++)
        printf("%s\"%zu\": %.1f", i ? ", " : "", lives[i], by_live(door, lives[i]));
    printf("},\n  \"peak_kib_live_handles\": %ld\n}\n", peak_kib());
    flt_door_free(door);
    flt_kernel_free(kernel);
    return 0;
}
