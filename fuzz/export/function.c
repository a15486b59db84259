/* The function: declarations, steps, end. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>

#include "../sequence/text.h"
#include "function.h"

/* A comment of one line: a backslash at its end would take the next line in. */
static void put_comment(const char *text, FILE *out) {
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == '\\' || text[length - 1] == ' '))
        length--;
    for (size_t i = 0; i < length; i++)
        fputc((unsigned char)text[i] < 0x20 ? '?' : text[i], out);
    fputc('\n', out);
}

/* An object variable has the type of what is put into it, where that is the same each time. */
static void choose_types(struct flt_function *function) {
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

static void put_leaks(const struct flt_function *function, FILE *out) {
    struct flt_leak leak;
    for (size_t k = 0; flt_door_leak(flt_runner_door(function->runner), k, &leak); k++) {
        fprintf(out, "    // Left at the end, which breaks %s", flt_rules[leak.rule].id);
        if (leak.slot != FLT_NO_SLOT && leak.slots != FLT_SLOTS_NO_SLOT)
            fprintf(out, ": %c%d", leak.slots == FLT_SLOTS_HANDLE ? 'h' : 'o', leak.slot);
        fputs(".\n", out);
    }
}

static void put_switches(const struct flt_function *function, FILE *out) {
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

static void put_head(const struct flt_function *function, FILE *out) {
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

static void put_check_function(const struct flt_function *function, FILE *out) {
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

static void put_no_object(const struct flt_function *function, FILE *out) {
    const char *name = function->options->function;
    fprintf(out,
            "static ULONG %sNoObject(ULONG Step, PCSTR Call)\n{\n"
            "    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,\n"
            "               \"%s: step %%lu: %%s: not made, no call above has given it an "
            "object\\n\", Step, Call);\n    return 1;\n}\n\n",
            name, name);
}

static void put_function(const struct flt_function *function, const char *body, FILE *out) {
    fprintf(out, "NTSTATUS %s(\n", function->options->function);
    flt_emit_parameters(&function->emitter, out);
    fputs(")\n{\n", out);
    flt_emit_locals(&function->emitter, out);
    fputs(body, out);
    fputs("    return unexpected == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;\n}\n", out);
}

bool flt_export_c(const struct flt_runner *runner, const struct flt_export *options, FILE *out) {
    struct flt_function function = {.runner = runner, .options = options};
    char *body = NULL;
    size_t size;
    function.body = open_memstream(&body, &size);
    if (!function.body)
        return false;
    choose_types(&function);
    for (size_t i = 0; i < flt_runner_sequence(runner)->count; i++)
        flt_emit_step(&function, i + 1);
    put_leaks(&function, function.body);
    flt_put_thread_back(&function.emitter, function.body);
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
