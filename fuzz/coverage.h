/* Contract coverage: which rules judged which calls with which outcome, what each call did to the
 * abstract state, and how tight the predictions were. Counted by an observer on the door, over any
 * runs. A cell that stays 0 was never tried. */
#ifndef FLT_COVERAGE_H
#define FLT_COVERAGE_H

#include "../model/door.h"
#include "moves.h"

/* Outcomes by number: the statuses and the bug checks of status.def, then the others. */
enum flt_outcome_number {
#define STATUS(name) FLT_OUTCOME_##name,
#define BUGCHECK(name, code) FLT_OUTCOME_STOP_##name,
#include "../model/status.def"
    FLT_OUTCOME_OTHER, /* one that status.def does not name */
    FLT_OUTCOME_WITHHELD,
    FLT_OUTCOME_END_OF_RUN, /* no outcome of a call: what it made was left behind */
    FLT_OUTCOME_COUNT
};
const char *flt_outcome_word(int number); /* "STATUS_SUCCESS", "bugcheck ...", "withheld" */
int flt_outcome_number(uint8_t kind, uint32_t code);

/* A rule, a call and an outcome. */
struct flt_cell {
    uint64_t tried;    /* the rule judged such a call, or was broken by it, and this came back */
    uint64_t allowed;  /* the rule's clause named this outcome, and every other clause allowed it */
    uint64_t answered; /* of those, it came back because a script answered so, and was accepted */
};

/* How many outcomes the predictions of a call left open. */
struct flt_tightness {
    uint64_t calls;   /* that were predicted: the withheld are not */
    uint64_t allowed; /* outcomes, summed over the calls */
    uint64_t single;  /* calls with one */
};

struct flt_coverage;

struct flt_coverage *flt_coverage_new(void); /* NULL when memory is short */
void flt_coverage_free(struct flt_coverage *coverage);

/* For flt_door_observe. */
const struct flt_door_observer *flt_coverage_observer(const struct flt_coverage *coverage);
/* After flt_door_end_of_run: what was left behind, by the calls that made it. `opcode_of_step`
 * knows the run's calls. */
void flt_coverage_end_of_run(struct flt_coverage *coverage, const struct flt_door *door,
                             uint8_t (*opcode_of_step)(const void *run, uint32_t step),
                             const void *run);

/* What the next runs are for. */
enum flt_coverage_mode {
    FLT_COVERAGE_COUNTS,
    /* Nothing is counted; what predictions leave open, and no counted run came back with, is noted.
     */
    FLT_COVERAGE_NOTES_OPEN,
    /* One step's outcome is a script's: only that is counted, as answered, if it was accepted. */
    FLT_COVERAGE_ANSWERS
};
/* `step` is of FLT_COVERAGE_ANSWERS, else 0. */
void flt_coverage_set_mode(struct flt_coverage *coverage, enum flt_coverage_mode mode,
                           uint32_t step);

/* An outcome that a prediction left open. */
struct flt_open_outcome {
    uint32_t step;
    uint8_t kind; /* enum flt_outcome_kind */
    uint32_t code;
    uint64_t parameter[2]; /* of a bug check: what the contract wants them to say */
};
enum { FLT_OPEN_OUTCOMES = 64 };
/* Noted since the mode became FLT_COVERAGE_NOTES_OPEN, at most FLT_OPEN_OUTCOMES. */
const struct flt_open_outcome *flt_coverage_open(const struct flt_coverage *coverage,
                                                 size_t *count);

const struct flt_cell *flt_coverage_cell(const struct flt_coverage *coverage, int rule, int opcode,
                                         int outcome);
uint64_t flt_coverage_move(const struct flt_coverage *coverage, int opcode, int move);
const struct flt_tightness *flt_coverage_tightness(const struct flt_coverage *coverage, int opcode);
/* Cells and moves that are not 0: grows when a run tried something new. */
uint64_t flt_coverage_reached(const struct flt_coverage *coverage);

#endif
