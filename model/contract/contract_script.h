/* clang-format off: the table below is laid out by hand. */
/* For tests: drives a contract with calls and hand-made outcomes, legal or not, written in a line.
 *
 * A script is steps separated by ';', a step is words. The first word is a call of calls.def,
 * `irps` (IRPs outside any call) or `end` (the run is over). The words of a call:
 *
 *   k1 u1 0x5 -1 fill    a handle value: index 1 of the kernel's or a process's table, a number,
 * what the output held before. The argument, or what an open hands out o1 NULL              the
 * address of object 1. The argument, or what the call hands out
 *   @0 #0                handle slot 0, object slot 0: where the argument is from, the result goes
 * to
 *   ->                   values and slots from here on are results, though the call has such an
 *                        argument
 *   path=\b access=N attributes=N type=N mode=N process=N irql=N
 *                        arguments, by number or name, several flags or-ed: A|B
 *   root=@0 ecp=#0       such an argument from a slot
 *   derived derived:root the handle, or RootDirectory, is a slot's value, altered
 *   null:handle          the caller passes no room for that output
 *   =STATUS_X =0x93:p1:p2 =withheld
 *                        the outcome; STATUS_SUCCESS when absent
 *   handle:k1 object:o1 iosb:N info:N irql:N filter:N
 *                        outputs that differ from an obedient system's, which leaves all alone on
 *                        failure and fills all on success
 *   row:o2 row:none      the new handle's object in the system's table; the one it made when absent
 *   value:k2             what the system's table says is the value of a handle that no output
 * showed silent               a successful open sends no IRP_MJ_CREATE create:o1 cleanup:o1
 * close:o1 cleanup:o1:System IRPs before the call comes back !rule                a breach that is
 * predicted; all of them must be named allows:A|B           the outcomes that are predicted, in any
 * order { ... }              last: calls within this one, after its IRPs; steps separated by ','
 *
 * and of `end`: leak:rule:h0:1, a leak, the slot it went to (h0, o0, -) and its step; all of them,
 * in order. An open without an object word makes the object of its step's number. */
/* clang-format on */
#ifndef FLT_CONTRACT_SCRIPT_H
#define FLT_CONTRACT_SCRIPT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../include/wdm.h"
#include "../row_sums.h"
#include "contract.h"

#define SCRIPT_FILL UINT64_C(0x5C5C5C5C5C5C5C5C)

struct script {
    struct flt_contract *contract;
    const char *text; /* for messages */
    uint32_t step;
    uint8_t irql;
    uint64_t handle_slot[FLT_SLOT_COUNT], object_slot[FLT_SLOT_COUNT];
    struct flt_violation violation;
    bool met[FLT_RULE_COUNT]; /* violated, breached or leaked */
};

/* One call, as its words say. */
struct script_call {
    struct flt_call call;
    struct flt_outcome outcome;
    bool given[FLT_RESULT_LIMIT + 1]; /* outputs; the last is iosb_status */
    bool silent, no_row;
    bool results;       /* "->" was there */
    uint64_t made, row; /* the object of an open, and what the table says */
    uint64_t value;     /* what the table says of a handle that no output showed; 0: nothing */
    size_t breaches;
    enum flt_rule breach[FLT_MAX_BREACHES];
    struct flt_allowed allows;
    char irps[8][32];
    size_t irp_count;
};

static void script_fail(const struct script *s, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

static void script_fail(const struct script *s, const char *format, ...) {
    char what[512];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    fail_msg("\n  %s\n  step %u: %s", s->text, s->step, what);
    abort();
}

/* ---- words to values ------------------------------------------------------------------------- */

static bool starts(const char *word, const char *with) {
    return strncmp(word, with, strlen(with)) == 0;
}

/* Cuts the next piece off *rest; NULL when there is none. */
static char *script_cut(char **rest, const char *separators) {
    char *piece = *rest + strspn(*rest, separators);
    char *end = piece + strcspn(piece, separators);
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return *piece ? piece : NULL;
}

static uint64_t script_object(uint64_t number) {
    return UINT64_C(0x7F0000000000) + number * 64;
}

static uint64_t script_kernel_handle(uint64_t index) {
    return FLT_KERNEL_HANDLE_BITS | index * 4;
}

static uint64_t script_value(const struct script *s, const char *word) {
    uint64_t value;
    char *end;
    if (strcmp(word, "fill") == 0)
        return SCRIPT_FILL;
    if (strcmp(word, "NULL") == 0)
        return 0;
    if (strchr("kuo", word[0]) && word[1] >= '0' && word[1] <= '9') {
        const uint64_t number = strtoull(word + 1, &end, 10);
        value = word[0] == 'k'   ? script_kernel_handle(number)
                : word[0] == 'u' ? number * 4
                                 : script_object(number);
        return *end == '+' ? value + strtoull(end + 1, NULL, 0) : value;
    }
    for (int group = FLT_GROUP_ACCESS; group < FLT_GROUP_COUNT; group++)
        if (flt_constant_by_name((enum flt_group)group, word, strlen(word), &value))
            return value;
    if (word[0] == '-')
        return (uint64_t)strtoll(word, &end, 0);
    value = strtoull(word, &end, 0);
    if (*end != '\0' || end == word)
        script_fail(s, "no value: %s", word);
    return value;
}

static enum flt_rule script_rule(const struct script *s, const char *id, size_t length) {
    const int rule = flt_rule_by_id(id, length);
    if (rule == FLT_RULE_NONE)
        script_fail(s, "no rule: %.*s", (int)length, id);
    return (enum flt_rule)rule;
}

/* STATUS_X, or the number of a bug check. */
static uint32_t script_code(const struct script *s, const char *word, size_t length,
                            uint8_t *kind) {
    uint32_t code;
    *kind = FLT_RETURNED;
    if (flt_status_by_name(word, length, &code))
        return code;
    *kind = FLT_BUGCHECK;
    if (!starts(word, "0x"))
        script_fail(s, "no outcome: %s", word);
    return (uint32_t)strtoul(word, NULL, 16);
}

static void script_outcome(const struct script *s, const char *word, struct flt_outcome *outcome) {
    if (strcmp(word, "withheld") == 0) {
        outcome->kind = FLT_WITHHELD;
        return;
    }
    outcome->status = script_code(s, word, strlen(word), &outcome->kind);
    const char *p = strchr(word, ':');
    for (int i = 0; p && i < 4; i++, p = strchr(p + 1, ':')) {
        char one[32];
        snprintf(one, sizeof one, "%.*s", (int)strcspn(p + 1, ":"), p + 1);
        outcome->parameter[i] = script_value(s, one);
    }
}

static void script_allows(const struct script *s, const char *word, struct flt_allowed *allows) {
    for (; *word; word += *word == '|') {
        const size_t length = strcspn(word, "|");
        allows->code[allows->count] = script_code(s, word, length, &allows->kind[allows->count]);
        allows->count++;
        word += length;
    }
}

/* A|B, each by its name in the argument's group, or as any value. */
static uint64_t script_flags(const struct script *s, int arg, const char *word) {
    uint64_t flags = 0, one;
    for (; *word; word += *word == '|') {
        const size_t length = strcspn(word, "|");
        char piece[64];
        snprintf(piece, sizeof piece, "%.*s", (int)length, word);
        if (!flt_constant_by_name((enum flt_group)flt_args[arg].group, piece, length, &one))
            one = script_value(s, piece);
        flags |= one;
        word += length;
    }
    return flags;
}

/* @0 or #0, for an argument that is written with its name. */
static void script_argument_slot(const struct script *s, int arg, const char *word,
                                 struct flt_call *call) {
    const int slot = atoi(word + 1);
    call->slot[arg] = (int8_t)slot;
    call->arg[arg] = word[0] == '#' ? s->object_slot[slot] : s->handle_slot[slot];
}

/* name=value */
static void script_argument(const struct script *s, const char *word, struct flt_call *call) {
    static uint16_t units[64];
    const char *value = strchr(word, '=') + 1;
    const int arg = flt_arg_by_name(word, (size_t)(value - 1 - word));
    if (arg == 0)
        script_fail(s, "no argument: %s", word);
    if (arg == FLT_ARG_path) {
        call->path_length = (uint16_t)strlen(value);
        for (uint16_t i = 0; i < call->path_length; i++)
            units[i] = (uint16_t)value[i];
        call->path = units;
    } else if (value[0] == '@' || value[0] == '#') {
        script_argument_slot(s, arg, value, call);
    } else {
        call->arg[arg] = script_flags(s, arg, value);
    }
}

static void script_output(const struct script *s, const char *word, struct script_call *c) {
    static const struct {
        const char *name;
        int result;
    } outputs[] = {{"handle:", FLT_RESULT_handle}, {"object:", FLT_RESULT_object},
                   {"info:", FLT_RESULT_iosb},     {"irql:", FLT_RESULT_irql},
                   {"filter:", FLT_RESULT_filter}, {"iosb:", FLT_RESULT_LIMIT}};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        if (!starts(word, outputs[i].name))
            continue;
        const uint64_t value = script_value(s, word + strlen(outputs[i].name));
        c->given[outputs[i].result] = true;
        if (outputs[i].result == FLT_RESULT_LIMIT)
            c->outcome.iosb_status = (uint32_t)value;
        else
            c->outcome.out[outputs[i].result] = value;
        return;
    }
    script_fail(s, "no such word: %s", word);
}

/* ---- a call ---------------------------------------------------------------------------------- */

static bool script_has_arg(const struct flt_call *call, int arg) {
    return flt_calls[call->opcode].args >> arg & 1;
}

/* The word is about that argument, not about a result of its kind. */
static bool script_is_arg(const struct script_call *c, int arg) {
    return !c->results && script_has_arg(&c->call, arg);
}

static void script_bare_value(const struct script *s, const char *word, struct script_call *c) {
    const uint64_t value = script_value(s, word);
    const bool object = word[0] == 'o' || (strcmp(word, "NULL") == 0);
    const int arg = object ? FLT_ARG_object : FLT_ARG_handle;
    const int result = object ? FLT_RESULT_object : FLT_RESULT_handle;
    if (script_is_arg(c, arg)) {
        c->call.arg[arg] = value;
        return;
    }
    c->outcome.out[result] = value;
    c->given[result] = true;
    if (object)
        c->made = c->row = value;
}

static void script_slot(const struct script *s, const char *word, struct script_call *c) {
    const bool object = word[0] == '#';
    const int slot = atoi(word + 1);
    const int arg = object ? FLT_ARG_object : FLT_ARG_handle;
    if (script_is_arg(c, arg)) {
        c->call.slot[arg] = (int8_t)slot;
        if (c->call.arg[arg] == flt_args[arg].absent)
            c->call.arg[arg] = object ? s->object_slot[slot] : s->handle_slot[slot];
    } else {
        c->call.result_slot[object ? FLT_RESULT_object : FLT_RESULT_handle] = (int8_t)slot;
    }
}

static void script_null(const struct script *s, const char *name, struct flt_call *call) {
    for (int i = 0; i < FLT_RESULT_LIMIT; i++)
        if (strcmp(flt_results[i].name, name) == 0) {
            call->null_out |= (uint8_t)(1u << i);
            return;
        }
    script_fail(s, "no output: %s", name);
}

static bool script_is_bare(const char *word) {
    const bool numbered = strchr("kuo", word[0]) && word[1] >= '0' && word[1] <= '9';
    return numbered || strchr("-0123456789", word[0]) || strcmp(word, "fill") == 0 ||
           strcmp(word, "NULL") == 0;
}

static void script_word(const struct script *s, const char *word, struct script_call *c) {
    if (strcmp(word, "->") == 0)
        c->results = true;
    else if (script_is_bare(word))
        script_bare_value(s, word, c);
    else if (word[0] == '@' || word[0] == '#')
        script_slot(s, word, c);
    else if (word[0] == '=')
        script_outcome(s, word + 1, &c->outcome);
    else if (word[0] == '!')
        c->breach[c->breaches++] = script_rule(s, word + 1, strlen(word + 1));
    else if (starts(word, "allows:"))
        script_allows(s, word + 7, &c->allows);
    else if (starts(word, "create:") || starts(word, "cleanup:") || starts(word, "close:"))
        snprintf(c->irps[c->irp_count++], sizeof c->irps[0], "%s", word);
    else if (strcmp(word, "row:none") == 0)
        c->no_row = true;
    else if (starts(word, "value:"))
        c->value = script_value(s, word + 6);
    else if (starts(word, "row:"))
        c->row = script_value(s, word + 4);
    else if (strcmp(word, "silent") == 0)
        c->silent = true;
    else if (strcmp(word, "derived") == 0)
        c->call.derived = 1u << FLT_ARG_handle;
    else if (strcmp(word, "derived:root") == 0)
        c->call.derived = 1u << FLT_ARG_root;
    else if (starts(word, "null:"))
        script_null(s, word + 5, &c->call);
    else if (strchr(word, '='))
        script_argument(s, word, &c->call);
    else
        script_output(s, word, c);
}

/* Outputs that no word gave: an obedient system's. */
static void script_fill_outputs(const struct script *s, struct script_call *c) {
    const bool success = c->outcome.kind == FLT_RETURNED && flt_success(c->outcome.status);
    for (int i = 0; i < FLT_RESULT_LIMIT; i++)
        if (!c->given[i])
            c->outcome.out[i] = SCRIPT_FILL;
    if (!c->given[FLT_RESULT_LIMIT])
        c->outcome.iosb_status = success ? c->outcome.status : (uint32_t)SCRIPT_FILL;
    if (!success)
        return;
    if (!c->given[FLT_RESULT_iosb])
        c->outcome.out[FLT_RESULT_iosb] = FILE_OPENED;
    if (!c->given[FLT_RESULT_object] && !(c->call.null_out >> FLT_RESULT_object & 1))
        c->outcome.out[FLT_RESULT_object] = c->made;
    if (!c->given[FLT_RESULT_irql])
        c->outcome.out[FLT_RESULT_irql] = s->irql;
    if (!c->given[FLT_RESULT_filter])
        c->outcome.out[FLT_RESULT_filter] = c->call.arg[FLT_ARG_filter];
}

static void script_irp(struct script *s, const char *word) {
    struct flt_event event = {.kind = starts(word, "create:")    ? FLT_EVENT_CREATE
                                      : starts(word, "cleanup:") ? FLT_EVENT_CLEANUP
                                                                 : FLT_EVENT_CLOSE,
                              .process = (uint8_t)flt_contract_process(s->contract, 0)};
    char object[32];
    const char *from = strchr(word, ':') + 1;
    snprintf(object, sizeof object, "%.*s", (int)strcspn(from, ":"), from);
    event.token = script_value(s, object);
    if (strchr(from, ':'))
        event.process = (uint8_t)script_value(s, strchr(from, ':') + 1);
    flt_contract_event(s->contract, &event, &s->violation);
}

static void script_check_prediction(struct script *s, const struct script_call *c,
                                    const struct flt_prediction *prediction) {
    for (size_t i = 0; i < prediction->breaches; i++)
        s->met[prediction->breach[i]] = true;
    for (size_t i = 0; i < prediction->breaches || i < c->breaches; i++)
        if (i >= prediction->breaches || i >= c->breaches || prediction->breach[i] != c->breach[i])
            script_fail(s, "breach %zu is %s, expected: %s", i + 1,
                        i < prediction->breaches ? flt_rules[prediction->breach[i]].id : "none",
                        i < c->breaches ? flt_rules[c->breach[i]].id : "none");
    if (prediction->withhold != (c->outcome.kind == FLT_WITHHELD))
        script_fail(s, "the call is %swithheld", prediction->withhold ? "" : "not ");
    if ((prediction->clauses == 0) != prediction->withhold)
        script_fail(s, "%u clauses", prediction->clauses);
    struct flt_allowed allowed;
    flt_prediction_allowed(prediction, &allowed);
    if (c->allows.count == 0)
        return;
    bool same = allowed.count == c->allows.count && allowed.every == 0;
    for (uint8_t i = 0; same && i < allowed.count; i++) {
        const struct flt_outcome one = {.kind = allowed.kind[i], .status = allowed.code[i]};
        same = flt_allows(&c->allows, &one);
    }
    if (!same)
        script_fail(s, "%u outcomes are allowed, the first is 0x%X", allowed.count,
                    allowed.count ? allowed.code[0] : 0);
}

/* The variables of the caller, and what the script must know of the thread. */
static void script_store(struct script *s, const struct script_call *c) {
    const int8_t h = c->call.result_slot[FLT_RESULT_handle];
    const int8_t o = c->call.result_slot[FLT_RESULT_object];
    if (c->outcome.kind != FLT_RETURNED)
        return;
    if (h != FLT_NO_SLOT)
        s->handle_slot[h] = c->outcome.out[FLT_RESULT_handle];
    if (o != FLT_NO_SLOT)
        s->object_slot[o] = c->outcome.out[FLT_RESULT_object];
    if (c->call.opcode == FLT_OP_KeRaiseIrql || c->call.opcode == FLT_OP_KeLowerIrql)
        s->irql = (uint8_t)c->call.arg[FLT_ARG_irql];
}

static void script_bind(struct script *s, const struct script_call *c) {
    uint8_t table;
    uint64_t value, token;
    if (c->value && flt_contract_needs_value(s->contract, &table, &token))
        flt_contract_bind_value(s->contract, c->value, &s->violation);
    if (!c->no_row && flt_contract_needs_token(s->contract, &table, &value))
        flt_contract_bind(s->contract, table, value, c->row, &s->violation);
}

static void script_step(struct script *s, char *step, char *within);

static void script_run_within(struct script *s, char *within) {
    for (char *one; (one = script_cut(&within, ",")) != NULL;)
        script_step(s, one, NULL);
}

/* As the door does it. */
static void script_make(struct script *s, struct script_call *c, char *within) {
    struct flt_prediction prediction;
    flt_contract_predict(s->contract, &c->call, &prediction);
    script_check_prediction(s, c, &prediction);
    const bool opens =
        script_has_arg(&c->call, FLT_ARG_path) || c->call.opcode == FLT_OP_FltOpenVolume;
    if (opens && c->outcome.kind == FLT_RETURNED && flt_success(c->outcome.status) && !c->silent) {
        const struct flt_event create = {FLT_EVENT_CREATE,
                                         (uint8_t)flt_contract_process(s->contract, 0), c->made};
        flt_contract_event(s->contract, &create, &s->violation);
    }
    for (size_t i = 0; i < c->irp_count; i++)
        script_irp(s, c->irps[i]);
    if (within)
        script_run_within(s, within);
    if (prediction.generation != flt_contract_generation(s->contract)) {
        const bool withhold = prediction.withhold;
        flt_contract_predict(s->contract, &c->call, &prediction);
        prediction.withhold = withhold;
    }
    flt_contract_observe(s->contract, &c->call, &prediction, &c->outcome, &s->violation);
    script_store(s, c);
    if (s->violation.rule == FLT_RULE_NONE && c->outcome.kind == FLT_RETURNED)
        script_bind(s, c);
}

/* The sums that the contract keeps up to date are those of its rows. */
static void script_compare_sums(const struct script *s) {
    const struct flt_view view = flt_contract_view(s->contract);
    struct flt_sums kept, walked;
    view.ops->sums(view.self, &kept);
    flt_walk_sums(&view, &walked);
    if (kept.handles != walked.handles || kept.objects != walked.objects ||
        kept.rows != walked.rows || kept.filters != walked.filters || kept.filters == 0)
        script_fail(s, "the sums are not those of the rows");
}

static void script_end(struct script *s, char *words) {
    flt_contract_settle(s->contract, true, &s->violation);
    struct flt_leak leak = {0};
    size_t k = 0;
    for (char *word; (word = script_cut(&words, " ")) != NULL; k++) {
        char seen[96] = "none";
        if (flt_contract_leak(s->contract, k, &leak)) {
            char slot[8] = "-";
            if (leak.slot != FLT_NO_SLOT)
                snprintf(slot, sizeof slot, "%c%d", leak.slots == FLT_SLOTS_HANDLE ? 'h' : 'o',
                         leak.slot);
            snprintf(seen, sizeof seen, "leak:%s:%s:%u", flt_rules[leak.rule].id, slot, leak.step);
            s->met[leak.rule] = true;
        }
        if (strcmp(seen, word) != 0 || leak.count != 1)
            script_fail(s, "leak %zu is %s, expected: %s", k + 1, seen, word);
    }
    if (s->violation.rule == FLT_RULE_NONE && flt_contract_leak(s->contract, k, &leak))
        script_fail(s, "leak %zu: %s of step %u", k + 1, flt_rules[leak.rule].id, leak.step);
}

static void script_step(struct script *s, char *step, char *within) {
    char *words = step;
    const char *name = script_cut(&words, " ");
    if (strcmp(name, "end") == 0) {
        script_end(s, words);
        return;
    }
    struct script_call c;
    memset(&c, 0, sizeof c);
    const bool call = strcmp(name, "irps") != 0;
    const int opcode = flt_opcode_by_name(name, strlen(name));
    if (call && opcode == FLT_OP_NONE)
        script_fail(s, "no such call: %s", name);
    s->step++;
    flt_call_init(&c.call, (uint8_t)opcode);
    c.call.step = s->step;
    c.call.fill = SCRIPT_FILL;
    c.made = c.row = script_object(s->step);
    for (char *word; (word = script_cut(&words, " ")) != NULL;)
        script_word(s, word, &c);
    script_fill_outputs(s, &c);
    if (call)
        script_make(s, &c, within);
    for (size_t i = 0; !call && i < c.irp_count; i++)
        script_irp(s, c.irps[i]);
}

/* "documented reuse=never": a profile, then switches; `any` for all, or for one. */
static struct flt_switches script_switches(const struct script *s, const char *words) {
    struct flt_switches switches;
    char copy[256], *rest = copy;
    flt_switches_from_profile(&switches, FLT_PROFILE_documented);
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word; (word = script_cut(&rest, " ")) != NULL;) {
        enum flt_profile profile;
        enum flt_switch which;
        const char *choice = strchr(word, '=');
        if (strcmp(word, "any") == 0)
            memset(switches.value, FLT_SWITCH_ANY, sizeof switches.value);
        else if (!choice && flt_profile_by_name(word, strlen(word), &profile))
            flt_switches_from_profile(&switches, profile);
        else if (!choice || !flt_switch_by_name(word, (size_t)(choice - word), &which))
            script_fail(s, "no such switch: %s", word);
        else if (strcmp(choice + 1, "any") == 0)
            switches.value[which] = FLT_SWITCH_ANY;
        else if (!flt_choice_by_name(which, choice + 1, strlen(choice + 1), &switches.value[which]))
            script_fail(s, "no such choice: %s", word);
    }
    return switches;
}

/* Cuts the next step off the script, and what stands between its braces. */
static char *script_next(char **rest, char **within) {
    char *step = *rest + strspn(*rest, " ;");
    *within = NULL;
    if (*step == '\0')
        return NULL;
    char *brace = strchr(step, '{'), *end = strchr(step, ';');
    if (brace && (!end || brace < end)) {
        *brace = '\0';
        *within = brace + 1;
        char *close = strchr(*within, '}');
        *close = '\0';
        end = strchr(close + 1, ';');
    }
    *rest = end ? end + 1 : step + strlen(step);
    if (*within && !end)
        *rest = *within + strlen(*within);
    if (end)
        *end = '\0';
    return step;
}

/* Runs it. No step but the last may violate a rule; the violation is in *s afterwards. The contract
 * keeps the state that the script led to. */
static void script_run(struct script *s, struct flt_contract *contract, const char *switches,
                       const char *text) {
    memset(s, 0, sizeof *s);
    s->contract = contract;
    s->text = text;
    const struct flt_switches values = script_switches(s, switches);
    flt_contract_reset(contract, &values);
    char copy[2048], *rest = copy, *within;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *step = script_next(&rest, &within); step; step = script_next(&rest, &within)) {
        if (s->violation.rule != FLT_RULE_NONE)
            script_fail(s, "%s: %s", flt_rules[s->violation.rule].id, s->violation.what);
        script_step(s, step, within);
        if (s->violation.rule == FLT_RULE_NONE)
            flt_contract_settle(contract, false, &s->violation);
        script_compare_sums(s);
    }
    s->met[s->violation.rule] = true;
}

#endif
