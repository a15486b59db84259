/* Words for a violation. No addresses: objects are named by their number. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "predict.h"

void flt_violate(struct flt_violation *violation, enum flt_rule rule, const char *format, ...) {
    if (violation->rule != FLT_RULE_NONE)
        return;
    violation->rule = rule;
    va_list list;
    va_start(list, format);
    vsnprintf(violation->what, sizeof violation->what, format, list);
    va_end(list);
}

/* A line that is put together piece by piece, and cut where it is full. */
struct line {
    char text[sizeof((struct flt_violation *)0)->what];
    size_t length;
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *line, const char *format, ...) {
    va_list list;
    va_start(list, format);
    const size_t room = sizeof line->text - line->length;
    const int more = vsnprintf(line->text + line->length, room, format, list);
    va_end(list);
    if (more > 0)
        line->length += (size_t)more < room ? (size_t)more : room - 1;
}

static void add_path(struct line *line, const struct flt_call *call) {
    add(line, "\"");
    for (uint16_t i = 0; i < call->path_length && i < 40; i++) {
        const uint16_t unit = call->path[i];
        add(line, "%c", unit >= 0x20 && unit < 0x7F ? (char)unit : '?');
    }
    add(line, "\"");
}

static void add_argument(struct line *line, const struct flt_contract *contract,
                         const struct flt_call *call, int arg) {
    const uint64_t value = call->arg[arg];
    const char *name = flt_constant_name((enum flt_group)flt_args[arg].group, value);
    if (flt_args[arg].kind == FLT_KIND_NAME)
        add_path(line, call);
    else if (flt_args[arg].kind == FLT_KIND_HANDLE)
        add(line, "0x%" PRIx64, value);
    else if (flt_args[arg].kind != FLT_KIND_OBJECT)
        name ? add(line, "%s", name) : add(line, "%" PRIu64, value);
    else
        add(line, "object %" PRIu32, flt_contract_object_number(contract, value));
}

/* The argument that says most: what the call is about, or what it opens. */
static void add_call(struct line *line, const struct flt_contract *contract,
                     const struct flt_call *call) {
    const uint32_t args = flt_calls[call->opcode].args;
    add(line, "%s(", flt_calls[call->opcode].name);
    for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
        if (args >> arg & 1 && (flt_arg_is_subject(arg) || flt_args[arg].kind == FLT_KIND_NAME)) {
            add_argument(line, contract, call, arg);
            break;
        }
    add(line, ")");
}

static void add_outcome(struct line *line, uint8_t kind, uint32_t code) {
    const bool stop = kind == FLT_BUGCHECK;
    const char *name = stop ? flt_bugcheck_name(code) : flt_status_name(code);
    if (stop)
        add(line, "bugcheck ");
    if (name)
        add(line, "%s", name);
    else
        add(line, "0x%08" PRIX32, code);
}

void flt_violate_outcome(const struct flt_contract *contract, const struct flt_call *call,
                         const struct flt_prediction *prediction, const struct flt_outcome *outcome,
                         enum flt_rule rule, struct flt_violation *violation) {
    struct line line = {.length = 0};
    struct flt_allowed allowed;
    add_call(&line, contract, call);
    add(&line, " = ");
    add_outcome(&line, outcome->kind, outcome->status);
    add(&line, ", allowed: ");
    flt_prediction_allowed(prediction, &allowed);
    for (uint8_t i = 0; i < allowed.count; i++) {
        if (i > 0)
            add(&line, " or ");
        add_outcome(&line, allowed.kind[i], allowed.code[i]);
    }
    flt_violate(violation, rule, "%s", line.text);
}
