#define _POSIX_C_SOURCE 200809L
#include "library.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../model/door.h"
#include "../../model/kernel/kernel.h"
#include "../../model/mix.h"
#include "../sequence/sequence.h"

static struct {
    struct flt_system *system;
    struct flt_door *door;
    uint64_t fill; /* differs by call, and is no value of anything */
    uint32_t step;
} world;

/* ---- the table ------------------------------------------------------------------------------- */

static const char *const kinds[] = {[FLT_KIND_HANDLE] = "HANDLE",
                                    [FLT_KIND_OBJECT] = "OBJECT",
                                    [FLT_KIND_NAME] = "NAME",
                                    [FLT_KIND_FLAGS] = "FLAGS",
                                    [FLT_KIND_ENUM] = "ENUM"};

/* Writes what stands between two items, from the second on. */
static void separate(FILE *out, bool *first) {
    if (!*first)
        fputs(", ", out);
    *first = false;
}

static void write_number(FILE *out, bool *first, uint64_t number) {
    separate(out, first);
    fprintf(out, "%" PRIu64, number);
}

static void write_values(FILE *out, const struct flt_arg_info *arg) {
    const uint32_t limit = flt_group_limit(arg->group);
    uint64_t value;
    bool first = true;
    fputs("\"values\": [", out);
    for (uint64_t number = 0; limit != 0 && number <= limit; number++)
        write_number(out, &first, number);
    for (size_t i = 0; flt_constant_at((enum flt_group)arg->group, i, &value); i++)
        write_number(out, &first, value);
    if (arg->kind == FLT_KIND_NAME)
        for (const struct flt_name *name = flt_name_next(NULL); name; name = flt_name_next(name))
            write_number(out, &first, name->id);
    fputc(']', out);
}

static void write_bits(FILE *out, const char *name, uint32_t bits) {
    bool first = true;
    fprintf(out, ", \"%s\": [", name);
    for (; bits != 0; bits &= bits - 1)
        write_number(out, &first, (uint64_t)__builtin_ctz(bits));
    fputc(']', out);
}

static uint32_t results_in(const struct flt_call_info *call, enum flt_slots slots) {
    uint32_t results = 0;
    for (int result = 0; result < FLT_RESULT_LIMIT; result++)
        if ((call->results >> result & 1) && flt_results[result].slots == slots)
            results |= 1u << result;
    return results;
}

static void write_call(FILE *out, uint8_t opcode) {
    const struct flt_call_info *call = &flt_calls[opcode];
    uint64_t status;
    bool first = true;
    fprintf(out, "{\"opcode\": %u, \"name\": \"%s\", \"weight\": %u", opcode, call->name,
            call->weight);
    write_bits(out, "args", call->args);
    write_bits(out, "handles", results_in(call, FLT_SLOTS_HANDLE));
    write_bits(out, "objects", results_in(call, FLT_SLOTS_OBJECT));
    fputs(", \"fails\": [", out);
    for (size_t i = 0; flt_constant_at(FLT_GROUP_FAIL, i, &status); i++)
        if (status != 0 && flt_may_fail_with(opcode, status))
            write_number(out, &first, status);
    fputs("]}", out);
}

static void write_args(FILE *out) {
    bool first = true;
    for (int id = 0; id < FLT_ARG_LIMIT; id++) {
        if (!flt_args[id].name)
            continue;
        separate(out, &first);
        fprintf(out, "{\"id\": %d, \"name\": \"%s\", \"kind\": \"%s\", \"default\": %" PRIu64 ", ",
                id, flt_args[id].name, kinds[flt_args[id].kind], flt_args[id].absent);
        write_values(out, &flt_args[id]);
        fputc('}', out);
    }
}

static void write_switches(FILE *out) {
    bool first = true;
    for (int which = 0; which < FLT_SWITCH_COUNT; which++) {
        uint8_t choices = 0;
        while (flt_choice_name((enum flt_switch)which, choices))
            choices++;
        write_number(out, &first, choices);
    }
}

static void write_table(FILE *out) {
    bool first = true;
    fprintf(out, "{\"profiles\": %d, \"switches\": [", FLT_PROFILE_COUNT);
    write_switches(out);
    fputs("], \"args\": [", out);
    write_args(out);
    fputs("], \"calls\": [", out);
    for (const uint8_t *opcode = flt_opcodes; *opcode != FLT_OP_NONE; opcode++) {
        separate(out, &first);
        write_call(out, *opcode);
    }
    fputs("]}", out);
}

const char *flt_peers_table(void) {
    static char *text; /* kept: it is the same every time */
    size_t size;
    FILE *out = text ? NULL : open_memstream(&text, &size);
    if (out) {
        write_table(out);
        if (fclose(out) != 0)
            return NULL;
    }
    return text;
}

/* ---- a run ----------------------------------------------------------------------------------- */

static bool make_world(void) {
    if (world.door)
        return true;
    if (!world.system)
        world.system = flt_kernel_new();
    world.door = world.system ? flt_door_new(world.system) : NULL;
    return world.door != NULL;
}

bool flt_peers_begin(unsigned profile, const uint8_t *choices) {
    struct flt_switches switches;
    if (profile >= FLT_PROFILE_COUNT || !make_world())
        return false;
    flt_switches_from_profile(&switches, (enum flt_profile)profile);
    for (int which = 0; which < FLT_SWITCH_COUNT; which++)
        if (choices[which] != FLT_SWITCH_ANY) {
            if (!flt_choice_name((enum flt_switch)which, choices[which]))
                return false;
            switches.value[which] = choices[which];
        }
    world.step = 0;
    flt_door_open(world.door, &switches, &switches);
    return true;
}

/* At its defaults; 0 where it has no such argument. */
static void start_call(struct flt_call *call, uint8_t opcode) {
    flt_call_init(call, opcode);
    for (int id = 0; id < FLT_ARG_LIMIT; id++)
        if (!(flt_calls[opcode].args >> id & 1))
            call->arg[id] = 0;
    call->path = NULL;
    call->path_length = 0;
}

static bool take(struct flt_call *call, uint8_t id, uint64_t value) {
    if (id >= FLT_ARG_LIMIT || !(flt_calls[call->opcode].args >> id & 1))
        return false;
    const bool is_free = (FLT_SLOT_ARGS >> id & 1) != 0; /* any value at all */
    if (!is_free && !flt_arg_fits(id, FLT_FORM_VALUE, value))
        return false;
    if (id == FLT_ARG_fail && !flt_may_fail_with(call->opcode, value))
        return false;
    call->arg[id] = value;
    return true;
}

static void name_path(struct flt_call *call) {
    const struct flt_name *name = flt_name_by_id(call->arg[FLT_ARG_path]);
    if ((flt_calls[call->opcode].args >> FLT_ARG_path & 1) && name) {
        call->path = name->units;
        call->path_length = name->length;
    }
}

static int answer(const struct flt_outcome *outcome, bool goes_on) {
    if (*flt_peers_rule())
        return FLT_PEERS_VIOLATED;
    if (!goes_on)
        return FLT_PEERS_OVER;
    return outcome->kind == FLT_WITHHELD ? FLT_PEERS_WITHHELD : FLT_PEERS_RETURNED;
}

static bool is_over(void) {
    return flt_door_stopped(world.door) || *flt_peers_rule();
}

int flt_peers_call(unsigned opcode, unsigned count, const uint8_t *ids, const uint64_t *values,
                   uint32_t *status, uint64_t *out) {
    struct flt_call call;
    struct flt_outcome outcome;
    if (!world.door || opcode >= FLT_OP_LIMIT || !flt_calls[opcode].name)
        return FLT_PEERS_WRONG;
    start_call(&call, (uint8_t)opcode);
    for (unsigned i = 0; i < count; i++)
        if (!take(&call, ids[i], values[i]))
            return FLT_PEERS_WRONG;
    if (is_over())
        return FLT_PEERS_OVER;
    name_path(&call);
    call.step = ++world.step;
    call.fill = flt_mix(++world.fill) >> 2 | UINT64_C(1) << 62; /* as run.c's: never a handle */
    memset(&outcome, 0, sizeof outcome);
    const bool goes_on = flt_door_call(world.door, &call, &outcome);
    *status = outcome.status;
    memcpy(out, outcome.out, sizeof outcome.out);
    return answer(&outcome, goes_on);
}

int flt_peers_end(void) {
    if (!world.door)
        return FLT_PEERS_WRONG;
    flt_door_end_of_run(world.door);
    return *flt_peers_rule() ? FLT_PEERS_VIOLATED : FLT_PEERS_OVER;
}

const char *flt_peers_rule(void) {
    const enum flt_rule rule =
        world.door ? flt_door_finding(world.door)->violation.rule : FLT_RULE_NONE;
    return rule == FLT_RULE_NONE ? "" : flt_rules[rule].id;
}

const char *flt_peers_last_breach(void) {
    size_t count = 0;
    const enum flt_rule *breach = world.door ? flt_door_breaches(world.door, &count) : NULL;
    return count > 0 ? flt_rules[*breach].id : "";
}

uint64_t flt_peers_calls(void) {
    return world.door ? flt_door_counts(world.door)->calls : 0;
}
