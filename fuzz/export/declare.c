/* What stands before the function's body: the world that it expects, its parameters, its variables.
 */
#include <inttypes.h>
#include <string.h>

#include "emitter.h"

void flt_emit_escaped(const char *text, FILE *out) {
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            fputc('\\', out);
        fputc(*text, out);
    }
}

/* ---- the world, as comments ------------------------------------------------------------------ */

static bool is_of_the_volume(const struct flt_name *name) {
    return name->volume == FLT_VOLUME_V0 && name->text[0] == '\\' &&
           strncmp(name->text, "\\??\\", 4) != 0;
}

static const char *thing_of(const struct flt_name *name) {
    switch ((enum flt_name_there)name->there) {
    case FLT_NAME_FILE:
        return name->id == FLT_NAME_ID_OPLOCKED ? "a file on which an application holds an oplock"
                                                : "a file";
    case FLT_NAME_DIRECTORY:
        return "a directory";
    case FLT_NAME_LINK:
        return "a symbolic link to \\a";
    case FLT_NAME_VOLUME:
        return "the volume";
    case FLT_NAME_PIPE:
    case FLT_NAME_MAILSLOT:
    case FLT_NAME_NOTHING:
    case FLT_NAME_ID:
    case FLT_NAME_BAD:
        break;
    }
    return NULL;
}

static const char *attribute_of(const struct flt_name *name) {
    const char *attribute =
        name->attributes ? flt_constant_name(FLT_GROUP_FILE_ATTRIBUTES, name->attributes) : NULL;
    return attribute ? attribute : "";
}

/* Sequences reach files by relative names and by links too: all that stands there is listed. */
static void put_names(const struct flt_emitter *emitter, FILE *out) {
    const struct flt_name *name = NULL;
    bool any = false;
    for (int id = 0; id < FLT_NAME_LIMIT; id++)
        any |= emitter->name[id];
    if (!any)
        return;
    fputs("//\n// These stand below FLTFUZZ_VOLUME before the call; `write-protected` is another "
          "volume:\n",
          out);
    while ((name = flt_name_next(name)) != NULL) {
        const char *thing = thing_of(name);
        if (!thing || (!is_of_the_volume(name) && !emitter->name[name->id]))
            continue;
        fprintf(out, "//   \"%s\"  %s%s%s%s\n", name->text, thing, *attribute_of(name) ? ", " : "",
                attribute_of(name), name->volume == FLT_VOLUME_W0 ? ", write-protected" : "");
    }
}

void flt_emit_world(const struct flt_emitter *emitter, FILE *out) {
    fputs("// It is called at PASSIVE_LEVEL, in kernel mode, in a process other than System, with "
          "APCs enabled and\n// no top-level IRP. Filter is registered and started, Instance is "
          "its instance on the volume.\n",
          out);
    put_names(emitter, out);
}

/* ---- parameters ------------------------------------------------------------------------------ */

static void put_parameter(const char *type, const char *name, size_t number, const char *end,
                          FILE *out) {
    fprintf(out, ",\n    %s%s", type, name);
    if (number > 0)
        fprintf(out, "%zu", number);
    fputs(end, out);
}

void flt_emit_parameters(const struct flt_emitter *emitter, FILE *out) {
    fputs("    PFLT_FILTER Filter,\n    PFLT_INSTANCE Instance", out);
    for (size_t i = 2; i < FLT_FILTER_COUNT; i++)
        if (emitter->filter[i])
            put_parameter("PFLT_FILTER ", "Filter", i - 1, "", out);
    for (size_t i = 2; i < FLT_INSTANCE_COUNT; i++)
        if (emitter->instance[i])
            put_parameter("PFLT_INSTANCE ", "Instance", i - 1, "", out);
    for (size_t i = 1; i < FLT_FILTER_COUNT; i++)
        if (emitter->driver[i])
            put_parameter("PDRIVER_OBJECT ", "Driver", i - 1, "", out);
    if (emitter->registration)
        put_parameter("const FLT_REGISTRATION *", "Registration", 0, "", out);
    for (size_t i = FLT_PROCESS_SYSTEM + 1; i < FLT_PROCESS_COUNT; i++)
        if (emitter->process[i])
            put_parameter("PEPROCESS ", "Process", i, "", out);
    if (emitter->process_handle[FLT_PROCESS_HANDLE_SYSTEM])
        put_parameter("HANDLE ", "SystemHandle", 0, "", out);
    for (size_t i = FLT_PROCESS_HANDLE_SYSTEM + 1; i < FLT_PROCESS_HANDLE_COUNT; i++)
        if (emitter->process_handle[i])
            put_parameter("HANDLE ", "Process", i - FLT_PROCESS_HANDLE_SYSTEM, "Handle", out);
    for (size_t id = 0; id < FLT_NAME_LIMIT; id++) {
        const struct flt_name *name = emitter->name[id] ? flt_name_by_id(id) : NULL;
        if (name && name->there == FLT_NAME_ID && name->parent != 0)
            put_parameter("LONGLONG ", "FileId", id, "", out);
    }
}

/* ---- variables ------------------------------------------------------------------------------- */

static void put_name(const struct flt_name *name, FILE *out) {
    if (name->there == FLT_NAME_ID) {
        const struct flt_name *file = name->parent ? flt_name_by_id(name->parent) : NULL;
        if (!file)
            fprintf(out, "    LONGLONG FileId%d = 0x7FFFFFFFFFFFFFF0;\n", name->id);
        fprintf(out,
                "    UNICODE_STRING name%d = {sizeof(FileId%d), sizeof(FileId%d), "
                "(PWSTR)&FileId%d}; // the id of %s\n",
                name->id, name->id, name->id, name->id, file ? file->text : "no file");
        return;
    }
    fprintf(out, "    UNICODE_STRING name%d = RTL_CONSTANT_STRING(%s", name->id,
            is_of_the_volume(name) ? "FLTFUZZ_VOLUME " : "");
    fputs("L\"", out);
    flt_emit_escaped(name->text, out);
    fputs("\");\n", out);
}

static const char *const locals[FLT_LOCAL_COUNT] = {
    [FLT_LOCAL_STATUS] = "NTSTATUS status;",
    [FLT_LOCAL_ATTRIBUTES] = "OBJECT_ATTRIBUTES attributes;",
    [FLT_LOCAL_IOSB] = "IO_STATUS_BLOCK iosb;",
    [FLT_LOCAL_CONTEXT] = "IO_DRIVER_CREATE_CONTEXT context;",
    [FLT_LOCAL_DISPOSITION] = "union {\n        FILE_DISPOSITION_INFORMATION Plain;\n        "
                              "FILE_DISPOSITION_INFORMATION_EX Ex;\n    } disposition;",
    [FLT_LOCAL_HANDLE_FLAGS] = "struct { // OBJECT_HANDLE_FLAG_INFORMATION, which no header has\n"
                               "        BOOLEAN Inherit;\n        BOOLEAN ProtectFromClose;\n    "
                               "} handleFlags;",
    [FLT_LOCAL_OLD_IRQL] = "KIRQL oldIrql;",
    [FLT_LOCAL_NO_FILTER] = "PFLT_FILTER noFilter = NULL;",
    [FLT_LOCAL_OFFSET] = "LARGE_INTEGER offset = {0};",
    [FLT_LOCAL_SECTION_SIZE] = "LARGE_INTEGER sectionSize = {.QuadPart = PAGE_SIZE};",
    [FLT_LOCAL_TIMEOUT] = "LARGE_INTEGER timeout = {.QuadPart = -500000}; // 50 ms",
    [FLT_LOCAL_STANDARD] = "FILE_STANDARD_INFORMATION standard;",
    [FLT_LOCAL_KEY_NAME] =
        "UNICODE_STRING keyName = RTL_CONSTANT_STRING(L\"\\\\Registry\\\\Machine\\\\Software\");",
};

static void put_slots(const struct flt_emitter *emitter, FILE *out) {
    static const char *const types[] = {NULL, "PFILE_OBJECT", "PECP_LIST", "PVOID"};
    for (int slot = 0; slot < FLT_SLOT_COUNT; slot++)
        if (emitter->handles >> slot & 1)
            fprintf(out, "    HANDLE h%d = NULL;\n", slot);
    for (int slot = 0; slot < FLT_SLOT_COUNT; slot++)
        if (emitter->objects >> slot & 1)
            fprintf(out, "    %s o%d = NULL;\n", types[emitter->object[slot]], slot);
}

void flt_emit_locals(const struct flt_emitter *emitter, FILE *out) {
    put_slots(emitter, out);
    for (size_t id = 0; id < FLT_NAME_LIMIT; id++) {
        const struct flt_name *name = emitter->name[id] ? flt_name_by_id(id) : NULL;
        if (name)
            put_name(name, out);
    }
    for (int i = 0; i < FLT_LOCAL_COUNT; i++)
        if (emitter->local[i] && locals[i])
            fprintf(out, "    %s\n", locals[i]);
    if (emitter->local[FLT_LOCAL_APC_STATE])
        fprintf(out, "    KAPC_STATE apcState[%u];\n", emitter->deepest);
    fputs("    ULONG unexpected = 0;\n\n", out);
    if (!emitter->filter[FLT_FILTER_F0])
        fputs("    UNREFERENCED_PARAMETER(Filter);\n", out);
    if (!emitter->instance[FLT_INSTANCE_I0])
        fputs("    UNREFERENCED_PARAMETER(Instance);\n", out);
}
