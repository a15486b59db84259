/* Arguments and outputs as C expressions, by the C kind of calls.def. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "emitter.h"

/* ---- constants ------------------------------------------------------------------------------- */

static uint64_t value_of(const struct flt_emitter *emitter, enum flt_arg arg) {
    return emitter->step->arg[arg];
}

static void put_number(uint64_t value, FILE *out) {
    fprintf(out, value < 10 ? "%" PRIu64 : "0x%" PRIX64, value);
}

static void put_flags(enum flt_group group, uint64_t value, FILE *out) {
    const char *name, *between = "";
    uint64_t flag;
    for (size_t i = 0; value != 0 && (name = flt_constant_at(group, i, &flag)) != NULL; i++)
        if (flag != 0 && (value & flag) == flag) {
            fprintf(out, "%s%s", between, name);
            between = " | ";
            value &= ~flag;
        }
    if (value != 0 || !*between) {
        fputs(between, out);
        put_number(value, out);
    }
}

/* A name that is no macro of the WDK is in small letters or a number: `unlimited`, `6`. */
static void put_enum(enum flt_group group, uint64_t value, FILE *out) {
    const char *name = flt_constant_name(group, value);
    if (name && isupper((unsigned char)name[0]))
        fputs(name, out);
    else
        put_number(value, out);
}

static void put_constant(const struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    const enum flt_group group = (enum flt_group)flt_args[arg].group;
    if (flt_args[arg].kind == FLT_KIND_FLAGS)
        put_flags(group, value_of(emitter, arg), out);
    else
        put_enum(group, value_of(emitter, arg), out);
}

void flt_emit_ULONG(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    put_constant(emitter, arg, out);
}

void flt_emit_ACCESS_MASK(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    put_constant(emitter, arg, out);
}

void flt_emit_NTSTATUS(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    put_constant(emitter, arg, out);
}

void flt_emit_MODE(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    put_constant(emitter, arg, out);
}

void flt_emit_IRQL(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    put_constant(emitter, arg, out);
}

/* Of the environment's calls only, which are comments. */
void flt_emit_PROCESS(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    put_constant(emitter, arg, out);
}

void flt_emit_PIPE_TYPE(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    const bool message = value_of(emitter, arg) & FLT_PIPE_MESSAGE_TYPE;
    fputs(message ? "FILE_PIPE_MESSAGE_TYPE" : "FILE_PIPE_BYTE_STREAM_TYPE", out);
}

void flt_emit_PIPE_MODE(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    const bool message = value_of(emitter, arg) & FLT_PIPE_MESSAGE_MODE;
    fputs(message ? "FILE_PIPE_MESSAGE_MODE" : "FILE_PIPE_BYTE_STREAM_MODE", out);
}

/* 1 is FILE_DISPOSITION_DELETE: the plain class where that can say it. */
void flt_emit_INFORMATION_CLASS(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    fputs(value_of(emitter, arg) > 1 ? "FileDispositionInformationEx"
                                     : "FileDispositionInformation",
          out);
}

void flt_emit_IRP(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    fputs(value_of(emitter, arg) ? "(PIRP)FSRTL_FSP_TOP_LEVEL_IRP" : "NULL", out);
}

/* ---- things of the world: parameters of the function ----------------------------------------- */

/* The things of a kind count from 1, 0 is NULL; the first has no number in its name. */
static void put_thing(bool *used, const char *name, uint64_t value, FILE *out) {
    used[value] = true;
    if (value == 0)
        fputs("NULL", out);
    else if (value == 1)
        fputs(name, out);
    else
        fprintf(out, "%s%" PRIu64, name, value - 1);
}

void flt_emit_FILTER(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    put_thing(emitter->filter, "Filter", value_of(emitter, arg) % FLT_FILTER_COUNT, out);
}

void flt_emit_DRIVER(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    put_thing(emitter->driver, "Driver", value_of(emitter, arg) % FLT_FILTER_COUNT, out);
}

void flt_emit_INSTANCE(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    put_thing(emitter->instance, "Instance", value_of(emitter, arg) % FLT_INSTANCE_COUNT, out);
}

void flt_emit_PROCESS_OBJECT(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    const uint64_t process = value_of(emitter, arg) % FLT_PROCESS_COUNT;
    emitter->process[process] = true;
    if (process == FLT_PROCESS_SYSTEM)
        fputs("(PRKPROCESS)PsInitialSystemProcess", out);
    else
        fprintf(out, "(PRKPROCESS)Process%" PRIu64, process);
}

void flt_emit_PROCESS_HANDLE(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    const uint64_t which = value_of(emitter, arg) % FLT_PROCESS_HANDLE_COUNT;
    emitter->process_handle[which] = true;
    if (which == FLT_PROCESS_HANDLE_NULL)
        fputs("NULL", out);
    else if (which == FLT_PROCESS_HANDLE_CURRENT)
        fputs("NtCurrentProcess()", out);
    else if (which == FLT_PROCESS_HANDLE_SYSTEM)
        fputs("SystemHandle", out);
    else
        fprintf(out, "Process%" PRIu64 "Handle", which - FLT_PROCESS_HANDLE_SYSTEM);
}

void flt_emit_OBJECT_TYPE(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    const char *name = flt_constant_name(FLT_GROUP_TYPE, value_of(emitter, arg));
    const bool is_null = !name || strcmp(name, "NULL") == 0;
    emitter->section_type |= value_of(emitter, arg) == FLT_TYPE_SECTION;
    fprintf(out, "%s%s", is_null ? "" : "*", is_null ? "NULL" : name);
}

/* ---- variables ------------------------------------------------------------------------------- */

void flt_emit_HANDLE(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    const uint64_t value = value_of(emitter, arg);
    const enum flt_form form = (enum flt_form)emitter->step->form[arg];
    if (form != FLT_FORM_VALUE)
        emitter->handles |= UINT64_C(1) << value;
    switch (form) {
    case FLT_FORM_SLOT:
        fprintf(out, "h%" PRIu64, value);
        return;
    case FLT_FORM_SLOT_TAG_1:
    case FLT_FORM_SLOT_TAG_2:
    case FLT_FORM_SLOT_TAG_3:
        fprintf(out, "(HANDLE)((ULONG_PTR)h%" PRIu64 " | %d)", value,
                (int)form - FLT_FORM_SLOT_TAG_1 + 1);
        return;
    case FLT_FORM_SLOT_LOW32:
        fprintf(out, "(HANDLE)((ULONG_PTR)h%" PRIu64 " & 0xFFFFFFFF)", value);
        return;
    case FLT_FORM_VALUE:
    case FLT_FORM_COUNT:
        break;
    }
    if (value == 0)
        fputs("NULL", out);
    else if (value == UINT64_MAX)
        fputs("(HANDLE)(LONG_PTR)-1", out);
    else
        fprintf(out, "(HANDLE)(ULONG_PTR)0x%" PRIX64, value);
}

static const char *const types[] = {"PVOID", "PFILE_OBJECT", "PECP_LIST", "PVOID"};

/* The variable, as what the call wants where it is declared as something else. */
static void put_object(struct flt_emitter *emitter, enum flt_arg arg, enum flt_object_type wanted,
                       FILE *out) {
    if (emitter->step->form[arg] == FLT_FORM_VALUE) {
        fputs("NULL", out);
        return;
    }
    uint8_t *declared = &emitter->object[value_of(emitter, arg)];
    emitter->objects |= UINT64_C(1) << value_of(emitter, arg);
    if (*declared == FLT_OBJECT_NONE)
        *declared = FLT_OBJECT_ANY;
    if (wanted != FLT_OBJECT_ANY && *declared != FLT_OBJECT_ANY && *declared != wanted)
        fprintf(out, "(%s)", types[wanted]);
    fprintf(out, "o%" PRIu64, value_of(emitter, arg));
}

void flt_emit_OBJECT(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    put_object(emitter, arg, FLT_OBJECT_ANY, out);
}

void flt_emit_FILE_OBJECT(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    put_object(emitter, arg, FLT_OBJECT_FILE, out);
}

void flt_emit_ECP_LIST(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    put_object(emitter, arg, FLT_OBJECT_ECP, out);
}

/* ---- outputs --------------------------------------------------------------------------------- */

void flt_emit_to_HANDLE(struct flt_emitter *emitter, enum flt_result result, FILE *out) {
    const int slot = emitter->step->result[result];
    if (slot == FLT_NO_SLOT) {
        fputs("NULL", out);
        return;
    }
    emitter->handles |= UINT64_C(1) << slot;
    fprintf(out, "&h%d", slot);
}

static void put_to_object(struct flt_emitter *emitter, enum flt_result result,
                          enum flt_object_type given, FILE *out) {
    const int slot = emitter->step->result[result];
    if (slot != FLT_NO_SLOT)
        emitter->objects |= UINT64_C(1) << slot;
    if (slot == FLT_NO_SLOT)
        fputs("NULL", out);
    else if (emitter->object[slot] == given)
        fprintf(out, "&o%d", slot);
    else
        fprintf(out, "(%s *)&o%d", types[given], slot);
}

void flt_emit_to_OBJECT(struct flt_emitter *emitter, enum flt_result result, FILE *out) {
    put_to_object(emitter, result, FLT_OBJECT_ANY, out);
}

void flt_emit_to_FILE_OBJECT(struct flt_emitter *emitter, enum flt_result result, FILE *out) {
    put_to_object(emitter, result, FLT_OBJECT_FILE, out);
}

void flt_emit_to_ECP_LIST(struct flt_emitter *emitter, enum flt_result result, FILE *out) {
    put_to_object(emitter, result, FLT_OBJECT_ECP, out);
}

void flt_emit_to_IO_STATUS_BLOCK(struct flt_emitter *emitter, enum flt_result result, FILE *out) {
    (void)result;
    emitter->local[FLT_LOCAL_IOSB] = true;
    fputs("&iosb", out);
}

void flt_emit_to_IRQL(struct flt_emitter *emitter, enum flt_result result, FILE *out) {
    (void)result;
    emitter->local[FLT_LOCAL_OLD_IRQL] = true;
    fputs("&oldIrql", out);
}

/* The world's filter that the call names by its driver. */
void flt_emit_to_FILTER(struct flt_emitter *emitter, enum flt_result result, FILE *out) {
    (void)result;
    if (value_of(emitter, FLT_ARG_filter) == FLT_FILTER_NULL) {
        emitter->local[FLT_LOCAL_NO_FILTER] = true;
        fputs("&noFilter", out);
        return;
    }
    fputc('&', out);
    flt_emit_FILTER(emitter, FLT_ARG_filter, out);
}
