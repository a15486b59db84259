#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "../model/kernel/kernel.h"
#include "../model/mix.h"

/* A variable of the test case. Which ones were written is kept in a bit mask, so that a new run
 * need not clear them. */
struct variables {
    uint64_t written; /* bit per slot */
    uint64_t value[FLT_SLOT_COUNT];
};

struct flt_runner {
    struct flt_system *system;
    struct flt_door *door;
    const struct flt_sequence *sequence;
    const struct flt_scripted_outcome *scripted;
    const struct flt_run_options *options;
    struct variables handles, objects;
    struct flt_call call; /* the one under way */
    struct flt_outcome outcome;
    uint32_t args, slots; /* bit per argument that is not 0, and that has a slot, in `call` */
    uint64_t fill;
    bool keep;
    struct flt_step_result *result;
    size_t results; /* allocated */
    size_t steps_run;
};

struct flt_runner *flt_runner_new(void) {
    struct flt_runner *runner = calloc(1, sizeof *runner);
    if (!runner)
        return NULL;
    memset(runner->call.slot, FLT_NO_SLOT, sizeof runner->call.slot);
    runner->system = flt_kernel_new();
    runner->door = runner->system ? flt_door_new(runner->system) : NULL;
    if (!runner->door) {
        flt_runner_free(runner);
        return NULL;
    }
    return runner;
}

void flt_runner_free(struct flt_runner *runner) {
    if (!runner)
        return;
    flt_door_free(runner->door);
    flt_kernel_free(runner->system);
    free(runner->result);
    free(runner);
}

/* Differs per run and step, and is never a valid handle (bit 63 clear, bit 62 set: neither a kernel
 * handle nor a process's) nor the address of anything. */
static uint64_t fill_pattern(uint64_t fill, size_t step) {
    return (flt_mix(fill + step) >> 2) | UINT64_C(1) << 62;
}

static uint64_t variable(const struct variables *variables, uint64_t slot) {
    return variables->written & UINT64_C(1) << slot ? variables->value[slot] : 0;
}

static void store(struct variables *variables, int8_t slot, uint64_t value) {
    variables->written |= UINT64_C(1) << slot;
    variables->value[slot] = value;
}

static uint64_t derive(uint64_t value, enum flt_form form) {
    switch (form) {
    case FLT_FORM_SLOT_TAG_1:
        return value | 1;
    case FLT_FORM_SLOT_TAG_2:
        return value | 2;
    case FLT_FORM_SLOT_TAG_3:
        return value | 3;
    case FLT_FORM_SLOT_LOW32:
        return value & UINT32_MAX;
    case FLT_FORM_VALUE:
    case FLT_FORM_SLOT:
    case FLT_FORM_COUNT:
        break;
    }
    return value;
}

/* A handle or an object argument: what the step's slot holds now, and where it came from. */
static void resolve(struct flt_runner *runner, const struct flt_step *step, int arg,
                    struct flt_call *call) {
    const enum flt_form form = (enum flt_form)step->form[arg];
    if (form == FLT_FORM_VALUE)
        return;
    const uint64_t slot = step->arg[arg] % FLT_SLOT_COUNT;
    const struct variables *variables =
        flt_args[arg].kind == FLT_KIND_HANDLE ? &runner->handles : &runner->objects;
    call->slot[arg] = (int8_t)slot;
    runner->slots |= 1u << arg;
    call->arg[arg] = derive(variable(variables, slot), form);
    if (form != FLT_FORM_SLOT)
        call->derived |= 1u << arg;
}

/* What the row lacks must not come from another call; what that call did not set is 0 already. */
static void forget_last_call(struct flt_runner *runner, uint32_t keep) {
    struct flt_call *call = &runner->call;
    for (uint32_t args = runner->args & ~keep; args; args &= args - 1)
        call->arg[__builtin_ctz(args)] = 0;
    for (uint32_t slots = runner->slots; slots; slots &= slots - 1)
        call->slot[__builtin_ctz(slots)] = FLT_NO_SLOT;
    runner->args = keep;
    runner->slots = 0;
}

static void set_results(const struct flt_step *step, uint32_t results, struct flt_call *call) {
    memcpy(call->result_slot, step->result, sizeof call->result_slot);
    call->null_out = 0;
    for (results &= FLT_SLOT_RESULTS; results; results &= results - 1) {
        const int result = __builtin_ctz(results);
        if (step->result[result] == FLT_NO_SLOT)
            call->null_out |= (uint8_t)(1u << result);
    }
}

static void make_call(struct flt_runner *runner, const struct flt_step *step, size_t number) {
    const struct flt_call_info *row = &flt_calls[step->opcode];
    struct flt_call *call = &runner->call;
    forget_last_call(runner, row->args);
    call->opcode = step->opcode;
    call->thread = step->thread;
    call->derived = 0;
    call->step = (uint32_t)number;
    call->fill = fill_pattern(runner->fill, number);
    set_results(step, row->results, call);
    for (uint32_t args = row->args; args; args &= args - 1) {
        const int arg = __builtin_ctz(args);
        call->arg[arg] = step->arg[arg];
        if (FLT_SLOT_ARGS >> arg & 1)
            resolve(runner, step, arg, call);
    }
    call->path = NULL;
    call->path_length = 0;
    if (row->args & 1u << FLT_ARG_path) {
        const struct flt_name *name = flt_name_by_id(step->arg[FLT_ARG_path]);
        call->path = name->units;
        call->path_length = name->length;
    }
}

/* The output variables become the slots' values, whatever they hold now. */
static void store_results(struct flt_runner *runner, const struct flt_outcome *outcome) {
    const struct flt_call *call = &runner->call;
    uint32_t results =
        flt_calls[call->opcode].results & FLT_SLOT_RESULTS & ~(uint32_t)call->null_out;
    for (; results; results &= results - 1) {
        const int result = __builtin_ctz(results);
        store(flt_results[result].slots == FLT_SLOTS_HANDLE ? &runner->handles : &runner->objects,
              call->result_slot[result], outcome->out[result]);
    }
}

static bool room_for_results(struct flt_runner *runner, size_t count) {
    if (count <= runner->results)
        return true;
    struct flt_step_result *more = realloc(runner->result, count * sizeof *more);
    if (!more)
        return false;
    runner->result = more;
    runner->results = count;
    return true;
}

static void keep_result(struct flt_runner *runner, const struct flt_outcome *outcome) {
    struct flt_step_result *result = &runner->result[runner->steps_run - 1];
    size_t breaches;
    const enum flt_rule *breach = flt_door_breaches(runner->door, &breaches);
    result->outcome = *outcome;
    result->breaches = (uint8_t)breaches;
    for (size_t i = 0; i < breaches; i++)
        result->breach[i] = (uint16_t)breach[i];
}

/* The call as a system would answer it that fails it, or stops, before it has done anything. */
FLT_APART bool make_scripted(struct flt_runner *runner, struct flt_outcome *outcome) {
    const struct flt_scripted_outcome *scripted = runner->scripted;
    struct flt_frame *frame = flt_door_begin(runner->door, &runner->call);
    if (!frame)
        return false;
    memset(outcome, 0, sizeof *outcome);
    outcome->kind = flt_frame_withheld(frame) ? FLT_WITHHELD : FLT_RETURNED;
    if (outcome->kind == FLT_RETURNED && scripted->kind == FLT_BUGCHECK)
        flt_system_bugcheck(runner->system, scripted->code, scripted->parameter[0],
                            scripted->parameter[1], 0, 0);
    outcome->status = scripted->code;
    for (int i = 0; i < FLT_RESULT_LIMIT; i++)
        outcome->out[i] = runner->call.fill;
    outcome->iosb_status = (uint32_t)runner->call.fill;
    return flt_door_end(runner->door, frame, outcome);
}

/* The steps, one after the other, until the run is over. A bug check leaves from the midst of it.
 */
static void run_steps(void *context) {
    struct flt_runner *runner = context;
    const struct flt_sequence *sequence = runner->sequence;
    struct flt_outcome *outcome = &runner->outcome;
    bool on = true;
    for (size_t i = 0; on && i < sequence->count; i++) {
        make_call(runner, &sequence->step[i], i + 1);
        runner->steps_run = i + 1;
        on = runner->scripted && runner->scripted->step == i + 1
                 ? make_scripted(runner, outcome)
                 : flt_door_call(runner->door, &runner->call, outcome);
        if (outcome->kind == FLT_RETURNED)
            store_results(runner, outcome);
        if (runner->keep)
            keep_result(runner, outcome);
        if (on && runner->options->after_step)
            on = runner->options->after_step(runner->options->context, runner);
    }
}

bool flt_run(struct flt_runner *runner, const struct flt_sequence *sequence,
             const struct flt_run_options *options) {
    struct flt_switches switches;
    flt_sequence_switches(sequence, &switches);
    runner->sequence = sequence;
    runner->options = options;
    runner->handles.written = runner->objects.written = 0;
    runner->steps_run = 0;
    runner->fill = options->fill;
    runner->scripted = options->scripted;
    runner->keep = options->keep && room_for_results(runner, sequence->count);
    flt_door_keep_trace(runner->door, runner->keep);
    flt_door_open(runner->door, options->system ? options->system : &switches,
                  options->contract ? options->contract : &switches);
    if (!flt_door_guard(runner->door, run_steps, runner) && runner->keep)
        keep_result(runner, flt_door_bugcheck(runner->door));
    return flt_door_end_of_run(runner->door);
}

struct flt_door *flt_runner_door(const struct flt_runner *runner) {
    return runner->door;
}

size_t flt_runner_steps_run(const struct flt_runner *runner) {
    return runner->steps_run;
}

const struct flt_step_result *flt_runner_result(const struct flt_runner *runner, size_t step) {
    return step < runner->steps_run && step < runner->results ? &runner->result[step] : NULL;
}

uint64_t flt_runner_variable(const struct flt_runner *runner, enum flt_slots kind, uint8_t slot) {
    return variable(kind == FLT_SLOTS_HANDLE ? &runner->handles : &runner->objects, slot);
}

const struct flt_sequence *flt_runner_sequence(const struct flt_runner *runner) {
    return runner->sequence;
}
