/* The call of a step, read from calls.def: first what must be set up, then the call. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emitter.h"

enum { COLUMNS = 100 };

/* ---- what the parameters point to ------------------------------------------------------------ */

/* A key has no name in a sequence, and needs one. */
static const char *name_of(struct flt_emitter *emitter, bool named, char *buffer, size_t room) {
    if (named) {
        emitter->name[emitter->step->arg[FLT_ARG_path] % FLT_NAME_LIMIT] = true;
        snprintf(buffer, room, "&name%" PRIu64, emitter->step->arg[FLT_ARG_path]);
        return buffer;
    }
    if (emitter->step->opcode != FLT_OP_ZwOpenKey)
        return "NULL";
    emitter->local[FLT_LOCAL_KEY_NAME] = true;
    return "&keyName";
}

static void set_attributes(struct flt_emitter *emitter, bool named) {
    char buffer[32];
    FILE *out = emitter->out;
    emitter->local[FLT_LOCAL_ATTRIBUTES] = true;
    fprintf(out, "InitializeObjectAttributes(&attributes, %s, ",
            name_of(emitter, named, buffer, sizeof buffer));
    flt_emit_ULONG(emitter, FLT_ARG_attributes, out);
    fputs(", ", out);
    if (named)
        flt_emit_HANDLE(emitter, FLT_ARG_root, out);
    else
        fputs("NULL", out);
    fputs(", NULL);\n", out);
}

static void set_context(struct flt_emitter *emitter, enum flt_arg arg) {
    if (emitter->step->form[arg] == FLT_FORM_VALUE)
        return;
    emitter->local[FLT_LOCAL_CONTEXT] = true;
    fputs("IoInitializeDriverCreateContext(&context);\ncontext.ExtraCreateParameter = ",
          emitter->out);
    flt_emit_ECP_LIST(emitter, arg, emitter->out);
    fputs(";\n", emitter->out);
}

static void set_disposition(struct flt_emitter *emitter, enum flt_arg arg) {
    const bool plain = emitter->step->arg[arg] <= 1; /* as flt_emit_INFORMATION_CLASS */
    emitter->local[FLT_LOCAL_DISPOSITION] = true;
    fputs("RtlZeroMemory(&disposition, sizeof(disposition));\n", emitter->out);
    fputs(plain ? "disposition.Plain.DeleteFile = " : "disposition.Ex.Flags = ", emitter->out);
    if (plain)
        fputs(emitter->step->arg[arg] ? "TRUE" : "FALSE", emitter->out);
    else
        flt_emit_ULONG(emitter, arg, emitter->out);
    fputs(";\n", emitter->out);
}

static void set_handle_flags(struct flt_emitter *emitter, enum flt_arg arg) {
    emitter->local[FLT_LOCAL_HANDLE_FLAGS] = true;
    emitter->set_information_object = true;
    fprintf(emitter->out, "handleFlags.Inherit = %s;\nhandleFlags.ProtectFromClose = %s;\n",
            emitter->step->arg[arg] & 1 ? "TRUE" : "FALSE",
            emitter->step->arg[arg] & 2 ? "TRUE" : "FALSE");
}

#define A(ckind, wdk, argument)
#define C(wdk, argument) set_context(emitter, FLT_ARG_##argument);
#define D(wdk, argument) set_disposition(emitter, FLT_ARG_##argument);
#define H(wdk, argument) set_handle_flags(emitter, FLT_ARG_##argument);
#define N()
#define X(wdk) set_attributes(emitter, true);
#define U(wdk) set_attributes(emitter, false);
#define O(ckind, wdk, result)
#define P(ckind, wdk, result)
#define S(ckind, wdk, result)
#define F(ctype, wdk, value)
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    static inline void set_up_##name(struct flt_emitter *emitter) {                                \
        (void)emitter;                                                                             \
        parameters                                                                                 \
    }
#include "../../model/calls.def"

/* ---- the parameters, each ended by a newline ------------------------------------------------- */

static void put_context(struct flt_emitter *emitter, enum flt_arg arg, FILE *out) {
    fputs(emitter->step->form[arg] == FLT_FORM_VALUE ? "NULL" : "&context", out);
}

#define A(ckind, wdk, argument)                                                                    \
    flt_emit_##ckind(emitter, FLT_ARG_##argument, out);                                            \
    fputc('\n', out);
#define C(wdk, argument)                                                                           \
    put_context(emitter, FLT_ARG_##argument, out);                                                 \
    fputc('\n', out);
#define D(wdk, argument) fputs("&disposition\n", out);
#define H(wdk, argument) fputs("&handleFlags\n", out);
#define N()
#define X(wdk) fputs("&attributes\n", out);
#define U(wdk) fputs("&attributes\n", out);
#define O(ckind, wdk, result)                                                                      \
    flt_emit_to_##ckind(emitter, FLT_RESULT_##result, out);                                        \
    fputc('\n', out);
#define P(ckind, wdk, result) O(ckind, wdk, result)
#define S(ckind, wdk, result) O(ckind, wdk, result)
#define F(ctype, wdk, value)                                                                       \
    flt_emit_fixed(emitter, #ctype, #wdk, #value, out);                                            \
    fputc('\n', out);
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    static inline void put_parameters_##name(struct flt_emitter *emitter, FILE *out) {             \
        (void)emitter, (void)out;                                                                  \
        parameters                                                                                 \
    }
#include "../../model/calls.def"

/* ---- what comes out as an object ------------------------------------------------------------- */

#define OBJECT_TYPE_HANDLE FLT_OBJECT_NONE
#define OBJECT_TYPE_IO_STATUS_BLOCK FLT_OBJECT_NONE
#define OBJECT_TYPE_IRQL FLT_OBJECT_NONE
#define OBJECT_TYPE_FILTER FLT_OBJECT_NONE
#define OBJECT_TYPE_OBJECT FLT_OBJECT_ANY
#define OBJECT_TYPE_FILE_OBJECT FLT_OBJECT_FILE
#define OBJECT_TYPE_ECP_LIST FLT_OBJECT_ECP

enum flt_object_type flt_object_handed_out(uint8_t opcode) {
    switch (opcode) {
#define A(ckind, wdk, argument)
#define C(wdk, argument)
#define D(wdk, argument)
#define H(wdk, argument)
#define N()
#define X(wdk)
#define U(wdk)
#define O(ckind, wdk, result) | OBJECT_TYPE_##ckind
#define P(ckind, wdk, result) O(ckind, wdk, result)
#define S(ckind, wdk, result) O(ckind, wdk, result)
#define F(ctype, wdk, value)
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    case opcode:                                                                                   \
        return (enum flt_object_type)(0 parameters);
#include "../../model/calls.def"
    default:
        return FLT_OBJECT_NONE;
    }
}

/* ---- the call -------------------------------------------------------------------------------- */

/* `head` and the parameters, broken where the line would be too long. */
static void put_wrapped(const char *head, char *parameters, FILE *out) {
    const size_t indent = strlen(head);
    size_t column = indent;
    const char *between = "";
    fputs(head, out);
    for (char *word = parameters, *end; (end = strchr(word, '\n')) != NULL; word = end + 1) {
        *end = '\0';
        const size_t length = strlen(word);
        fputs(*between ? "," : "", out);
        if (*between && column + length + 3 + 4 > COLUMNS) { /* the body is indented by 4 */
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else {
            fputs(between, out);
            column += strlen(between) + 1;
        }
        fputs(word, out);
        column += length;
        between = " ";
    }
    fputs(");\n", out);
}

static void set_up(struct flt_emitter *emitter) {
    switch (emitter->step->opcode) {
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    case opcode:                                                                                   \
        set_up_##name(emitter);                                                                    \
        break;
#include "../../model/calls.def"
    default:
        break;
    }
}

static void put_parameters(struct flt_emitter *emitter, FILE *out) {
    switch (emitter->step->opcode) {
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    case opcode:                                                                                   \
        put_parameters_##name(emitter, out);                                                       \
        break;
#include "../../model/calls.def"
    default:
        break;
    }
}

void flt_emit_call(struct flt_emitter *emitter) {
    const struct flt_call_info *row = &flt_calls[emitter->step->opcode];
    char *parameters = NULL, head[128];
    size_t size;
    set_up(emitter);
    FILE *out = open_memstream(&parameters, &size);
    if (!out)
        return; /* the body's stream fails as well, and is asked */
    put_parameters(emitter, out);
    if (fclose(out) == 0) {
        emitter->local[FLT_LOCAL_STATUS] |= row->returns_status;
        snprintf(head, sizeof head, "%s%s(", row->returns_status ? "status = " : "", row->name);
        put_wrapped(head, parameters, emitter->out);
    }
    free(parameters);
}
