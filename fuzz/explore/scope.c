#define _POSIX_C_SOURCE 200809L
#include "scope.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../model/contract/state_hash.h"
#include "../../model/kernel/state_hash.h"
#include "../../model/mix.h"
#include "../tools/files.h"

/* ---- what the moves use ---------------------------------------------------------------------- */

static bool add_variable(struct flt_variable *variable, uint32_t *count, int8_t slot,
                         uint64_t value) {
    for (uint32_t i = 0; i < *count; i++)
        if (variable[i].slot == slot && variable[i].value == value)
            return true;
    if (*count == FLT_VARIABLE_LIMIT)
        return false;
    variable[(*count)++] = (struct flt_variable){.value = value, .slot = slot};
    return true;
}

static bool add_argument(struct flt_variables *variables, const struct flt_step *step, int arg) {
    const uint64_t value = step->arg[arg];
    if (flt_args[arg].kind == FLT_KIND_OBJECT)
        return step->form[arg] == FLT_FORM_VALUE ||
               add_variable(variables->object, &variables->objects, (int8_t)value, 0);
    if (step->form[arg] != FLT_FORM_VALUE)
        return add_variable(variables->handle, &variables->handles, (int8_t)value, 0);
    /* The tag bits are no part of what it names. -1 is no value of a table. */
    return value == 0 || value == UINT64_MAX ||
           add_variable(variables->handle, &variables->handles, FLT_NO_SLOT,
                        value & ~FLT_HANDLE_TAG_BITS);
}

static bool add_result(struct flt_variables *variables, const struct flt_step *step, int result) {
    const int8_t slot = step->result[result];
    if (slot == FLT_NO_SLOT)
        return true;
    return flt_results[result].slots == FLT_SLOTS_HANDLE
               ? add_variable(variables->handle, &variables->handles, slot, 0)
               : add_variable(variables->object, &variables->objects, slot, 0);
}

static bool find_variables(struct flt_scope *scope) {
    bool fit = true;
    scope->variables.handles = scope->variables.objects = 0;
    for (size_t i = 0; i < scope->moves; i++) {
        const struct flt_step *step = &scope->text.sequence.step[i];
        const struct flt_call_info *row = &flt_calls[step->opcode];
        for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
            if (row->args & FLT_SLOT_ARGS & 1u << arg)
                fit &= add_argument(&scope->variables, step, arg);
        for (int result = 0; result < FLT_RESULT_SLOTS; result++)
            if (row->results & FLT_SLOT_RESULTS & 1u << result)
                fit &= add_result(&scope->variables, step, result);
    }
    return fit;
}

/* ---- the file -------------------------------------------------------------------------------- */

static void name_after(const char *path, struct flt_scope *scope) {
    const char *slash = strrchr(path, '/');
    snprintf(scope->name, sizeof scope->name, "%s", slash ? slash + 1 : path);
    char *dot = strrchr(scope->name, '.');
    if (dot && dot != scope->name)
        *dot = '\0';
}

static uint64_t printed_hash(const struct flt_sequence *sequence) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return 0;
    flt_text_print(sequence, out);
    fclose(out);
    const uint64_t hash = flt_mix_bytes((const uint8_t *)text, size);
    free(text);
    return hash;
}

static bool check(const char *path, struct flt_scope *scope) {
    const struct flt_step *step = scope->text.sequence.step;
    if (scope->moves == 0 || scope->moves > FLT_SCOPE_MOVES) {
        fprintf(stderr, "%s: has %zu moves, 1 to %d are needed\n", path, scope->moves,
                FLT_SCOPE_MOVES);
        return false;
    }
    for (size_t i = 0; i < scope->moves; i++) {
        const size_t first = flt_scope_find(scope, &step[i]);
        if (first < i) {
            fprintf(stderr, "%s:%" PRIu32 ": is the same move as line %" PRIu32 "\n", path,
                    scope->text.line[i], scope->text.line[first]);
            return false;
        }
    }
    if (find_variables(scope))
        return true;
    fprintf(stderr, "%s: uses more than %d slots and raw handles\n", path, FLT_VARIABLE_LIMIT);
    return false;
}

static bool parse(const char *path, const uint8_t *data, size_t size, struct flt_scope *scope) {
    struct flt_text_error error;
    if (!flt_text_is_text(data, size)) {
        fprintf(stderr, "%s: is empty or binary, a scope is lines of text\n", path);
        return false;
    }
    if (!flt_text_parse((const char *)data, size, &scope->text, &error)) {
        fprintf(stderr, "%s:%" PRIu32 ": %s\n", path, error.line, error.what);
        return false;
    }
    scope->moves = scope->text.sequence.count;
    scope->hash = printed_hash(&scope->text.sequence);
    name_after(path, scope);
    return check(path, scope);
}

bool flt_scope_load(const char *path, struct flt_scope *scope) {
    size_t size;
    uint8_t *data = flt_file_read(path, &size);
    if (!data)
        return false;
    bool good = flt_text_init(&scope->text);
    if (!good)
        fprintf(stderr, "%s: not enough memory to read it\n", path);
    else if (!parse(path, data, size, scope)) {
        flt_text_free(&scope->text);
        good = false;
    }
    free(data);
    return good;
}

void flt_scope_free(struct flt_scope *scope) {
    flt_text_free(&scope->text);
}

void flt_scope_print(const struct flt_scope *scope, FILE *out) {
    fprintf(out, "# scope %s, %016" PRIx64 ": %zu moves\n", scope->name, scope->hash, scope->moves);
    flt_text_print_header(&scope->text.sequence, out);
    for (size_t i = 0; i < scope->moves; i++) {
        char call[FLT_MAX_LINE];
        flt_text_step(&scope->text.sequence.step[i], call, sizeof call);
        fprintf(out, "# %zu\n%s\n", i + 1, call);
    }
}

/* ---- moves as calls -------------------------------------------------------------------------- */

static bool same_call(const struct flt_step *a, const struct flt_step *b) {
    if (a->opcode != b->opcode || a->thread != b->thread)
        return false;
    const struct flt_call_info *row = &flt_calls[a->opcode];
    for (int result = 0; result < FLT_RESULT_SLOTS; result++)
        if (row->results & FLT_SLOT_RESULTS & 1u << result &&
            a->result[result] != b->result[result])
            return false;
    for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
        if (row->args & 1u << arg && (a->arg[arg] != b->arg[arg] ||
                                      (FLT_SLOT_ARGS & 1u << arg && a->form[arg] != b->form[arg])))
            return false;
    return true;
}

size_t flt_scope_find(const struct flt_scope *scope, const struct flt_step *step) {
    for (size_t i = 0; i < scope->moves; i++)
        if (same_call(&scope->text.sequence.step[i], step))
            return i;
    return FLT_SCOPE_MOVES;
}

void flt_scope_append(const struct flt_scope *scope, uint8_t move, struct flt_sequence *sequence) {
    sequence->step[sequence->count++] = scope->text.sequence.step[move];
}

void flt_scope_sequence(const struct flt_scope *scope, const uint8_t *move, size_t count,
                        struct flt_sequence *sequence) {
    const struct flt_sequence *from = &scope->text.sequence;
    sequence->profile = from->profile;
    sequence->profile_given = from->profile_given;
    memcpy(sequence->overridden, from->overridden, sizeof sequence->overridden);
    sequence->count = 0;
    for (size_t i = 0; i < count; i++)
        flt_scope_append(scope, move[i], sequence);
}

bool flt_scope_state(const struct flt_scope *scope, const struct flt_runner *runner,
                     uint64_t *hash) {
    struct flt_variables now;
    struct flt_unnamed_objects unnamed;
    now.handles = scope->variables.handles;
    now.objects = scope->variables.objects;
    for (uint32_t i = 0; i < now.handles; i++) {
        now.handle[i] = scope->variables.handle[i];
        if (now.handle[i].slot != FLT_NO_SLOT)
            now.handle[i].value =
                flt_runner_variable(runner, FLT_SLOTS_HANDLE, (uint8_t)now.handle[i].slot);
    }
    for (uint32_t i = 0; i < now.objects; i++) {
        now.object[i] = scope->variables.object[i];
        now.object[i].value =
            flt_runner_variable(runner, FLT_SLOTS_OBJECT, (uint8_t)now.object[i].slot);
    }
    const struct flt_door *door = flt_runner_door(runner);
    uint64_t kernel, contract;
    if (!flt_kernel_state_hash(flt_door_system(door), &now, &unnamed, &kernel) ||
        !flt_contract_state_hash(flt_door_contract(door), &now, &unnamed, &contract))
        return false;
    *hash = flt_mix_in(kernel, contract);
    *hash += *hash == 0;
    return true;
}
