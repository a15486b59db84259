/* The steps: what is said of each, its call, and what it must come back with. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../model/include/ntstatus.h"
#include "../sequence/text.h"
#include "function.h"

/* Each line of the text, so many blanks further in. */
static void put_indented(const char *text, int indent, FILE *out) {
    while (*text) {
        const size_t length = strcspn(text, "\n");
        if (length > 0)
            fprintf(out, "%*s%.*s", indent, "", (int)length, text);
        fputc('\n', out);
        text += length + (text[length] == '\n');
    }
}

static void put_environment(const struct flt_step *step, FILE *out) {
    static const struct {
        uint8_t opcode;
        const char *what;
    } what[] = {
        {FLT_OP_RunIn, "what follows runs in the context of that process"},
        {FLT_OP_StartProcess, "that process is started"},
        {FLT_OP_ExitProcess, "that process exits, and its handles are closed"},
        {FLT_OP_SetPreviousMode, "what follows is called with that previous mode"},
        {FLT_OP_AttachInstance, "the instance is attached to its volume"},
        {FLT_OP_TeardownStart, "the InstanceTeardownStart callback is called"},
        {FLT_OP_TeardownComplete, "the InstanceTeardownComplete callback returns"},
        {FLT_OP_UnloadFilter, "the FilterUnload callback is called"},
        {FLT_OP_UnloadComplete, "the FilterUnload callback returns"},
    };
    size_t i = 0;
    while (i < sizeof what / sizeof *what && what[i].opcode != step->opcode)
        i++;
    fprintf(out, "// The test driver must bring this about: %s.\n",
            i < sizeof what / sizeof *what ? what[i].what : "there is no function for it");
}

static bool is_close(uint8_t opcode) {
    return opcode == FLT_OP_FltClose || opcode == FLT_OP_ZwClose || opcode == FLT_OP_NtClose ||
           opcode == FLT_OP_ObCloseHandle;
}

static void put_remarks(const struct flt_step *step, const struct flt_step_result *result,
                        FILE *out) {
    for (uint8_t i = 0; result && i < result->breaches; i++)
        fprintf(out, "// It breaks %s: %s.\n", flt_rules[result->breach[i]].id,
                flt_rules[result->breach[i]].sentence);
    if (result && result->outcome.kind == FLT_RETURNED && is_close(step->opcode) &&
        result->outcome.status == (uint32_t)STATUS_INVALID_HANDLE)
        fputs("// Under a kernel debugger or the verifier it may stop the system: 0x93 (profile "
              "strict).\n",
              out);
    if ((step->present >> FLT_ARG_fail & 1 && step->arg[FLT_ARG_fail]) ||
        (step->present >> FLT_ARG_fail_step & 1 && step->arg[FLT_ARG_fail_step]))
        fputs("// The system must be made to fail this call, say by low resources simulation.\n",
              out);
}

static void put_check(const struct flt_function *function, size_t number, const char *call,
                      const struct flt_step_result *result, FILE *out) {
    const char *name = flt_status_name(result->outcome.status);
    fprintf(out, "unexpected += %sCheck(%zu, \"%s\", ", function->options->function, number, call);
    if (name)
        fprintf(out, "%s, status);\n", name);
    else
        fprintf(out, "(NTSTATUS)0x%08" PRIX32 ", status);\n", result->outcome.status);
}

/* The objects that the call uses and that a call above was to hand out: where it did not, a driver
 * would use a null pointer. */
static int open_guard(const struct flt_function *function, FILE *out) {
    const struct flt_emitter *emitter = &function->emitter;
    const char *between = "if (";
    for (uint32_t args = flt_calls[emitter->step->opcode].args & (uint32_t)FLT_SLOT_ARGS; args;
         args &= args - 1) {
        const int arg = __builtin_ctz(args);
        if (flt_arg_slots(arg) != FLT_SLOTS_OBJECT || emitter->step->form[arg] == FLT_FORM_VALUE ||
            !(function->set_objects >> emitter->step->arg[arg] & 1))
            continue;
        fprintf(out, "%so%" PRIu64 " != NULL", between, emitter->step->arg[arg]);
        between = " && ";
    }
    if (between[0] == 'i')
        return 0;
    fputs(") {\n", out);
    return 4;
}

/* True: the step takes the variable that it also sets. */
static bool takes(const struct flt_step *step, bool handle, int slot) {
    for (uint32_t args = flt_calls[step->opcode].args & (uint32_t)FLT_SLOT_ARGS; args;
         args &= args - 1) {
        const int arg = __builtin_ctz(args);
        if ((flt_arg_slots(arg) == FLT_SLOTS_HANDLE) == handle &&
            step->form[arg] != FLT_FORM_VALUE && step->arg[arg] == (uint64_t)slot)
            return true;
    }
    return false;
}

/* True: a later step takes the handle, and none before it sets it. */
static bool is_taken_later(const struct flt_function *function, size_t number, int slot) {
    const struct flt_sequence *sequence = flt_runner_sequence(function->runner);
    for (size_t i = number; i < sequence->count; i++) {
        if (takes(&sequence->step[i], true, slot))
            return true;
        if (sequence->step[i].result[FLT_RESULT_handle] == slot)
            return false;
    }
    return false;
}

/* What was set before is forgotten: the call may fail, and the old value be gone or another's. What
 * a sequence takes from a call that failed is no handle, and not NULL, which would mean none. */
static void forget_results(const struct flt_function *function, size_t number,
                           const struct flt_step_result *came, FILE *out) {
    const struct flt_step *step = function->emitter.step;
    if (!came || came->outcome.kind != FLT_RETURNED)
        return; /* it set nothing in the run either */
    const bool fails = !flt_success(came->outcome.status);
    for (int result = 0; result < FLT_RESULT_SLOTS; result++) {
        const bool handle = flt_results[result].slots == FLT_SLOTS_HANDLE;
        const uint64_t set = handle ? function->set_handles : function->set_objects;
        const int slot = step->result[result];
        if (slot == FLT_NO_SLOT || takes(step, handle, slot))
            continue;
        if (handle && fails && is_taken_later(function, number, slot))
            fprintf(out, "h%d = (HANDLE)(ULONG_PTR)0x4B4B4B48; // no handle\n", slot);
        else if (set >> slot & 1)
            fprintf(out, "%c%d = NULL;\n", handle ? 'h' : 'o', slot);
    }
}

/* The call, set up and checked, into the body. */
static void put_call(struct flt_function *function, size_t number,
                     const struct flt_step_result *result) {
    struct flt_emitter *emitter = &function->emitter;
    const struct flt_call_info *row = &flt_calls[emitter->step->opcode];
    const char *prefix = function->options->function;
    char *text = NULL, *guard = NULL;
    size_t size, guard_size;
    emitter->out = open_memstream(&text, &size);
    FILE *guard_out = open_memstream(&guard, &guard_size);
    if (emitter->out && guard_out) {
        const bool came_back = result && result->outcome.kind == FLT_RETURNED;
        if (emitter->step->opcode == FLT_OP_KeUnstackDetachProcess)
            emitter->attached--;
        forget_results(function, number, result, emitter->out);
        flt_emit_call(emitter);
        if (row->returns_status && came_back)
            put_check(function, number, row->name, result, emitter->out);
        else if (row->returns_status)
            fputs("(void)status; // nothing is expected: a real system may not come back\n",
                  emitter->out);
        const int indent = came_back ? open_guard(function, guard_out) : 0;
        fflush(emitter->out);
        fflush(guard_out);
        put_indented(guard, 4, function->body);
        put_indented(text, 4 + indent, function->body);
        if (indent > 0)
            fprintf(function->body,
                    "    } else {\n        unexpected += %sNoObject(%zu, \"%s\");\n    }\n", prefix,
                    number, row->name);
        flt_note_thread(emitter);
    }
    if (emitter->out)
        fclose(emitter->out);
    if (guard_out)
        fclose(guard_out);
    free(text);
    free(guard);
}

void flt_emit_step(struct flt_function *function, size_t number) {
    const struct flt_step *step = &flt_runner_sequence(function->runner)->step[number - 1];
    const struct flt_step_result *result = flt_runner_result(function->runner, number - 1);
    char call[FLT_MAX_LINE], why[160];
    const bool withheld = result && result->outcome.kind == FLT_WITHHELD;
    function->emitter.step = step;
    flt_text_step(step, call, sizeof call);
    bool made = false;
    if (step->opcode <= LAST_OF_ENVIRONMENT) {
        fprintf(function->body, "    // Step %zu: %s\n    ", number, call);
        put_environment(step, function->body);
    } else if (flt_left_out(function, step, result, why, sizeof why)) {
        fprintf(function->body, "    // not made: step %zu: %s: %s\n", number, call, why);
    } else {
        char *remarks = NULL;
        size_t size;
        FILE *out = open_memstream(&remarks, &size);
        fprintf(function->body, "    // Step %zu: %s\n", number, call);
        if (out) {
            put_remarks(step, result, out);
            fclose(out);
            put_indented(remarks, 4, function->body);
        }
        free(remarks);
        put_call(function, number, result);
        made = true;
    }
    flt_note_results(function, step, made, withheld);
    fputc('\n', function->body);
}
