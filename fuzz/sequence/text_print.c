/* Sequences as text. */
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>

/* A line under way: written while there is room, counted in full. */
struct line {
    char *buffer;
    size_t room, length;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *line, const char *format, ...) {
    const bool fits = line->length < line->room;
    va_list values;
    va_start(values, format);
    const int length = vsnprintf(fits ? line->buffer + line->length : NULL,
                                 fits ? line->room - line->length : 0, format, values);
    va_end(values);
    if (length > 0)
        line->length += (size_t)length;
}

static void put_handle(struct line *line, uint8_t form, uint64_t value) {
    switch ((enum flt_form)form) {
    case FLT_FORM_SLOT:
        put(line, "h%" PRIu64, value);
        return;
    case FLT_FORM_SLOT_TAG_1:
    case FLT_FORM_SLOT_TAG_2:
    case FLT_FORM_SLOT_TAG_3:
        put(line, "h%" PRIu64 "|%d", value, form - FLT_FORM_SLOT_TAG_1 + 1);
        return;
    case FLT_FORM_SLOT_LOW32:
        put(line, "low32(h%" PRIu64 ")", value);
        return;
    case FLT_FORM_VALUE:
    case FLT_FORM_COUNT:
        break;
    }
    if (value == 0)
        put(line, "NULL");
    else if (value == UINT64_MAX)
        put(line, "-1");
    else
        put(line, "0x%" PRIx64, value);
}

static void put_object(struct line *line, uint8_t form, uint64_t value) {
    if (form == FLT_FORM_SLOT)
        put(line, "o%" PRIu64, value);
    else
        put(line, "NULL");
}

static void put_flags(struct line *line, enum flt_group group, uint64_t value) {
    const char *zero = value == 0 ? flt_constant_name(group, 0) : NULL;
    const char *between = "";
    const char *name;
    uint64_t flag;
    for (size_t i = 0; value != 0 && (name = flt_constant_at(group, i, &flag)) != NULL; i++)
        if (flag != 0 && (value & flag) == flag) {
            put(line, "%s%s", between, name);
            between = "|";
            value &= ~flag;
        }
    if (zero)
        put(line, "%s", zero);
    else if (value != 0)
        put(line, "%s0x%" PRIx64, between, value);
    else if (between[0] == '\0')
        put(line, "0");
}

static void put_enum(struct line *line, enum flt_group group, uint64_t value) {
    const char *name = flt_constant_name(group, value);
    if (name)
        put(line, "%s", name);
    else
        put(line, "%" PRIu64, value);
}

static void put_name(struct line *line, uint64_t id) {
    const struct flt_name *name = flt_name_by_id(id);
    put(line, "\"%s\"", name ? name->text : "");
}

static void put_value(struct line *line, const struct flt_step *step, unsigned arg) {
    const struct flt_arg_info *info = &flt_args[arg];
    switch ((enum flt_kind)info->kind) {
    case FLT_KIND_HANDLE:
        put_handle(line, step->form[arg], step->arg[arg]);
        return;
    case FLT_KIND_OBJECT:
        put_object(line, step->form[arg], step->arg[arg]);
        return;
    case FLT_KIND_NAME:
        put_name(line, step->arg[arg]);
        return;
    case FLT_KIND_FLAGS:
        put_flags(line, (enum flt_group)info->group, step->arg[arg]);
        return;
    case FLT_KIND_ENUM:
        put_enum(line, (enum flt_group)info->group, step->arg[arg]);
        return;
    }
}

static void put_results(struct line *line, const struct flt_step *step) {
    const char *between = "";
    for (int result = 0; result < FLT_RESULT_LIMIT; result++)
        if (step->result[result] != FLT_NO_SLOT) {
            const char kind = flt_results[result].slots == FLT_SLOTS_HANDLE ? 'h' : 'o';
            put(line, "%s%c%d", between, kind, step->result[result]);
            between = ", ";
        }
    if (between[0] != '\0')
        put(line, " = ");
}

/* Subjects first, always and without their names; then the others that are written out. */
static void put_arguments(struct line *line, const struct flt_step *step) {
    const char *between = "";
    const uint32_t args = flt_calls[step->opcode].args;
    for (unsigned arg = 1; arg < FLT_ARG_LIMIT; arg++)
        if ((args >> arg & 1) && flt_arg_is_subject((int)arg)) {
            put(line, "%s", between);
            put_value(line, step, arg);
            between = ", ";
        }
    for (unsigned arg = 1; arg < FLT_ARG_LIMIT; arg++)
        if ((args & step->present) >> arg & 1 && !flt_arg_is_subject((int)arg)) {
            put(line, "%s%s=", between, flt_args[arg].name);
            put_value(line, step, arg);
            between = ", ";
        }
}

int flt_text_step(const struct flt_step *step, char *buffer, size_t room) {
    struct line line = {buffer, room, 0};
    put_results(&line, step);
    put(&line, "%s(", flt_calls[step->opcode].name);
    put_arguments(&line, step);
    put(&line, ")");
    return (int)line.length;
}

void flt_text_print_header(const struct flt_sequence *sequence, FILE *out) {
    if (sequence->profile_given)
        fprintf(out, "profile %s\n", flt_profile_name(sequence->profile));
    for (unsigned which = 0; which < FLT_SWITCH_COUNT; which++)
        if (sequence->overridden[which] != FLT_SWITCH_ANY)
            fprintf(out, "switch %s=%s\n", flt_switch_name((enum flt_switch)which),
                    flt_choice_name((enum flt_switch)which, sequence->overridden[which]));
}

void flt_text_print(const struct flt_sequence *sequence, FILE *out) {
    flt_text_print_header(sequence, out);
    for (size_t i = 0; i < sequence->count; i++) {
        char line[FLT_MAX_LINE];
        flt_text_step(&sequence->step[i], line, sizeof line);
        fprintf(out, "%s\n", line);
    }
}

int flt_text_outcome(uint8_t kind, uint32_t code, char *buffer, size_t room) {
    struct line line = {buffer, room, 0};
    if (kind == FLT_WITHHELD) {
        put(&line, "withheld");
        return (int)line.length;
    }
    if (kind == FLT_BUGCHECK)
        put(&line, "bugcheck ");
    const char *name = kind == FLT_BUGCHECK ? flt_bugcheck_name(code) : flt_status_name(code);
    if (name)
        put(&line, "%s", name);
    else
        put(&line, "0x%08" PRIX32, code);
    return (int)line.length;
}
