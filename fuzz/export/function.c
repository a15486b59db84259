/* The function: its steps, each with what it must come back with, between its declarations and the
 * end. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../model/include/ntstatus.h"
#include "../sequence/text.h"
#include "emitter.h"
#include "export.h"

/* Steps up to this opcode are the environment: no WDK function is called. See calls.def. */
enum { LAST_OF_ENVIRONMENT = 0x0F };

struct function {
    const struct flt_runner *runner;
    const struct flt_export *options;
    struct flt_emitter emitter;
    FILE *body;
    uint64_t unset_handles, unset_objects; /* bit per variable that a step left out was to set */
    uint64_t set_handles, set_objects;     /* that a call was to set */
};

/* ---- lines ----------------------------------------------------------------------------------- */

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

/* A comment of one line: a backslash at its end would take the next line in. */
static void put_comment(const char *text, FILE *out) {
    size_t length = strcspn(text, "\r\n");
    while (length > 0 && (text[length - 1] == '\\' || text[length - 1] == ' '))
        length--;
    fprintf(out, "%.*s\n", (int)length, text);
}

/* ---- what is left out, and why --------------------------------------------------------------- */

/* Our system comes back from a call at too high an IRQL; a real one need not. */
static bool may_stop(enum flt_rule rule) {
    static const uint16_t rules[] = {
        FLT_RULE_flt_at_passive,       FLT_RULE_zw_at_passive,
        FLT_RULE_reference_at_passive, FLT_RULE_dereference_at_dispatch,
        FLT_RULE_thread_call_irql,     FLT_RULE_filter_call_irql,
        FLT_RULE_raise_irql_upward,    FLT_RULE_lower_irql_downward,
        FLT_RULE_cancel_open_in_time,
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i] == rule)
            return true;
    return false;
}

static const char *breach_that_may_stop(const struct flt_step_result *result) {
    for (uint8_t i = 0; i < result->breaches; i++)
        if (may_stop((enum flt_rule)result->breach[i]))
            return flt_rules[result->breach[i]].id;
    return NULL;
}

/* A variable among the step's arguments that no call of the function has set: 'h', 'o' or 0. */
static char unset_variable(const struct function *function, const struct flt_step *step,
                           uint64_t *slot) {
    for (uint32_t args = flt_calls[step->opcode].args & (uint32_t)FLT_SLOT_ARGS; args;
         args &= args - 1) {
        const int arg = __builtin_ctz(args);
        const bool handle = flt_arg_slots(arg) == FLT_SLOTS_HANDLE;
        const uint64_t unset = handle ? function->unset_handles : function->unset_objects;
        if (step->form[arg] == FLT_FORM_VALUE || !(unset >> step->arg[arg] & 1))
            continue;
        *slot = step->arg[arg];
        return handle ? 'h' : 'o';
    }
    return 0;
}

/* True: the call is left out, and `why` says so. */
static bool left_out(const struct function *function, const struct flt_step *step,
                     const struct flt_step_result *result, char *why, size_t room) {
    uint64_t slot;
    const char unset = unset_variable(function, step, &slot);
    const char *breach = result ? breach_that_may_stop(result) : NULL;
    if (step->opcode == FLT_OP_KeUnstackDetachProcess && function->emitter.attached == 0)
        snprintf(why, room, "there is no attach for it to undo");
    else if (unset)
        snprintf(why, room, "nothing above has set %c%" PRIu64, unset, slot);
    else if (function->options->with_stops)
        return false;
    else if (!result)
        snprintf(why, room, "the system has stopped above");
    else if (result->outcome.kind == FLT_WITHHELD)
        snprintf(why, room, "it may stop the system: it breaks %s",
                 result->breaches ? flt_rules[result->breach[0]].id : "a rule");
    else if (result->outcome.kind == FLT_BUGCHECK)
        snprintf(why, room, "it stops the system with bug check 0x%" PRIX32,
                 result->outcome.status);
    else if (breach)
        snprintf(why, room, "it may stop the system: it breaks %s", breach);
    else
        return false;
    return true;
}

/* What a step sets. A call that was withheld set nothing in the run either. */
static void note_results(struct function *function, const struct flt_step *step, bool made,
                         bool withheld) {
    for (int result = 0; result < FLT_RESULT_SLOTS; result++) {
        if (step->result[result] == FLT_NO_SLOT || withheld)
            continue;
        const bool handle = flt_results[result].slots == FLT_SLOTS_HANDLE;
        uint64_t *unset = handle ? &function->unset_handles : &function->unset_objects;
        const uint64_t bit = UINT64_C(1) << step->result[result];
        *unset = made ? *unset & ~bit : *unset | bit;
        if (made && handle)
            function->set_handles |= bit;
        else if (made)
            function->set_objects |= bit;
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void note_thread(struct flt_emitter *emitter) {
    const struct flt_step *step = emitter->step;
    if (step->opcode == FLT_OP_KeRaiseIrql || step->opcode == FLT_OP_KeLowerIrql)
        emitter->irql = (unsigned)step->arg[FLT_ARG_irql];
    emitter->critical += step->opcode == FLT_OP_KeEnterCriticalRegion;
    emitter->critical -= step->opcode == FLT_OP_KeLeaveCriticalRegion && emitter->critical > 0;
    emitter->guarded += step->opcode == FLT_OP_KeEnterGuardedRegion;
    emitter->guarded -= step->opcode == FLT_OP_KeLeaveGuardedRegion && emitter->guarded > 0;
    emitter->attached += step->opcode == FLT_OP_KeStackAttachProcess;
    if (emitter->attached > emitter->deepest)
        emitter->deepest = emitter->attached;
    if (step->opcode == FLT_OP_IoSetTopLevelIrp)
        emitter->top_level_irp = step->arg[FLT_ARG_irp] != 0;
}

/* A driver's thread goes back as it came, whatever the sequence left. */
static void put_thread_back(struct flt_emitter *emitter, FILE *out) {
    if (emitter->irql + emitter->critical + emitter->guarded + emitter->attached +
            emitter->top_level_irp ==
        0)
        return;
    fputs("    // Not of the sequence: the thread is put back as it was.\n", out);
    if (emitter->irql > 0)
        fputs("    KeLowerIrql(PASSIVE_LEVEL);\n", out);
    while (emitter->attached > 0)
        fprintf(out, "    KeUnstackDetachProcess(&apcState[%u]);\n", --emitter->attached);
    for (; emitter->guarded > 0; emitter->guarded--)
        fputs("    KeLeaveGuardedRegion();\n", out);
    for (; emitter->critical > 0; emitter->critical--)
        fputs("    KeLeaveCriticalRegion();\n", out);
    if (emitter->top_level_irp)
        fputs("    IoSetTopLevelIrp(NULL);\n", out);
    fputc('\n', out);
}

/* ---- a step ---------------------------------------------------------------------------------- */

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

static void put_check(const struct function *function, size_t number, const char *call,
                      const struct flt_step_result *result, FILE *out) {
    const char *name = flt_status_name(result->outcome.status);
    fprintf(out, "unexpected += %sCheck(%zu, \"%s\", ", function->options->function, number, call);
    if (name)
        fprintf(out, "%s, status);\n", name);
    else
        fprintf(out, "(NTSTATUS)0x%08" PRIX32 ", status);\n", result->outcome.status);
}

/* The objects that the call uses, which must be there: a driver would use a null pointer. */
static int open_guard(struct flt_emitter *emitter, FILE *out) {
    const char *between = "if (";
    for (uint32_t args = flt_calls[emitter->step->opcode].args & (uint32_t)FLT_SLOT_ARGS; args;
         args &= args - 1) {
        const int arg = __builtin_ctz(args);
        if (flt_arg_slots(arg) != FLT_SLOTS_OBJECT || emitter->step->form[arg] == FLT_FORM_VALUE)
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
static bool is_taken_later(const struct function *function, size_t number, int slot) {
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
static void forget_results(const struct function *function, size_t number,
                           const struct flt_step_result *came, FILE *out) {
    const struct flt_step *step = function->emitter.step;
    const bool fails =
        came && came->outcome.kind == FLT_RETURNED && !flt_success(came->outcome.status);
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
static void put_call(struct function *function, size_t number,
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
        const int indent = came_back ? open_guard(emitter, guard_out) : 0;
        fflush(emitter->out);
        fflush(guard_out);
        put_indented(guard, 4, function->body);
        put_indented(text, 4 + indent, function->body);
        if (indent > 0)
            fprintf(function->body,
                    "    } else {\n        unexpected += %sNoObject(%zu, \"%s\");\n    }\n", prefix,
                    number, row->name);
        note_thread(emitter);
    }
    if (emitter->out)
        fclose(emitter->out);
    if (guard_out)
        fclose(guard_out);
    free(text);
    free(guard);
}

static void put_step(struct function *function, size_t number) {
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
    } else if (left_out(function, step, result, why, sizeof why)) {
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
    note_results(function, step, made, withheld);
    fputc('\n', function->body);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* An object variable has the type of what is put into it, where that is the same each time. */
static void choose_types(struct function *function) {
    const struct flt_sequence *sequence = flt_runner_sequence(function->runner);
    uint8_t *object = function->emitter.object;
    for (size_t i = 0; i < sequence->count; i++) {
        const struct flt_step *step = &sequence->step[i];
        const enum flt_object_type type = flt_object_handed_out(step->opcode);
        const int slot = step->result[FLT_RESULT_object];
        if (step->opcode <= LAST_OF_ENVIRONMENT || type == FLT_OBJECT_NONE || slot == FLT_NO_SLOT)
            continue;
        object[slot] =
            (uint8_t)(object[slot] == FLT_OBJECT_NONE || object[slot] == type ? type
                                                                              : FLT_OBJECT_ANY);
    }
}

static void put_leaks(const struct function *function, FILE *out) {
    struct flt_leak leak;
    for (size_t k = 0; flt_door_leak(flt_runner_door(function->runner), k, &leak); k++) {
        fprintf(out, "    // Left at the end, which breaks %s", flt_rules[leak.rule].id);
        if (leak.slot != FLT_NO_SLOT && leak.slots != FLT_SLOTS_NO_SLOT)
            fprintf(out, ": %c%d", leak.slots == FLT_SLOTS_HANDLE ? 'h' : 'o', leak.slot);
        fputs(".\n", out);
    }
}

static void put_switches(const struct function *function, FILE *out) {
    char *header = NULL, *line;
    size_t size;
    FILE *text = open_memstream(&header, &size);
    if (!text)
        return;
    flt_text_print_header(flt_runner_sequence(function->runner), text);
    fclose(text);
    fprintf(out,
            "// What each call is expected to come back with holds for a Windows of the profile %s",
            flt_profile_name(flt_runner_sequence(function->runner)->profile));
    for (line = strtok(header, "\n"); line; line = strtok(NULL, "\n"))
        if (strncmp(line, "switch ", 7) == 0)
            fprintf(out, ", %s", line + 7);
    fputs(".\n", out);
    free(header);
}

static void put_head(const struct function *function, FILE *out) {
    fputs("// Made by fltfuzz export from ", out);
    put_comment(function->options->from, out);
    if (*function->options->title) {
        fputs("// ", out);
        put_comment(function->options->title, out);
    }
    fputs("//\n", out);
    put_switches(function, out);
    flt_emit_world(&function->emitter, out);
    fputs("#include <ntifs.h>\n#include <fltKernel.h>\n\n", out);
    fputs(
        "#ifndef FLTFUZZ_VOLUME\n#define FLTFUZZ_VOLUME L\"\\\\??\\\\C:\\\\fltfuzz\" // where the "
        "names of the sequence stand\n#endif\n\n",
        out);
    if (function->emitter.section_type)
        fputs("// The kernel exports it; no header of the WDK declares it.\n"
              "extern POBJECT_TYPE *MmSectionObjectType;\n\n",
              out);
    if (function->emitter.set_information_object)
        fputs("// The kernel exports it; no header of the WDK declares it.\n"
              "NTSYSAPI NTSTATUS NTAPI ZwSetInformationObject(HANDLE Handle,\n"
              "    OBJECT_INFORMATION_CLASS ObjectInformationClass, PVOID ObjectInformation, ULONG "
              "ObjectInformationLength);\n\n",
              out);
}

static void put_check_function(const struct function *function, FILE *out) {
    const char *name = function->options->function;
    fprintf(
        out,
        "static ULONG %sCheck(ULONG Step, PCSTR Call, NTSTATUS Expected, NTSTATUS Got)\n{\n"
        "    if (Got == Expected) {\n        return 0;\n    }\n"
        "    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,\n"
        "               \"%s: step %%lu: %%s: expected 0x%%08lX, got 0x%%08lX\\n\", Step, Call,\n"
        "               (ULONG)Expected, (ULONG)Got);\n    return 1;\n}\n\n",
        name, name);
}

static void put_no_object(const struct function *function, FILE *out) {
    const char *name = function->options->function;
    fprintf(out,
            "static ULONG %sNoObject(ULONG Step, PCSTR Call)\n{\n"
            "    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,\n"
            "               \"%s: step %%lu: %%s: not made, no call above has given it an "
            "object\\n\", Step, Call);\n    return 1;\n}\n\n",
            name, name);
}

static void put_function(const struct function *function, const char *body, FILE *out) {
    fprintf(out, "NTSTATUS %s(\n", function->options->function);
    flt_emit_parameters(&function->emitter, out);
    fputs(")\n{\n", out);
    flt_emit_locals(&function->emitter, out);
    fputs(body, out);
    fputs("    return unexpected == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;\n}\n", out);
}

bool flt_export_c(const struct flt_runner *runner, const struct flt_export *options, FILE *out) {
    struct function function = {.runner = runner, .options = options};
    char *body = NULL;
    size_t size;
    function.body = open_memstream(&body, &size);
    if (!function.body)
        return false;
    choose_types(&function);
    for (size_t i = 0; i < flt_runner_sequence(runner)->count; i++)
        put_step(&function, i + 1);
    put_leaks(&function, function.body);
    put_thread_back(&function.emitter, function.body);
    const bool good = fclose(function.body) == 0;
    if (good) {
        put_head(&function, out);
        if (strstr(body, "Check("))
            put_check_function(&function, out);
        if (strstr(body, "NoObject("))
            put_no_object(&function, out);
        put_function(&function, body, out);
    }
    free(body);
    return good;
}
