/* The tables as data: names, numbers and rows, looked up by every walker. */
#include "call.h"

#include <string.h>

#include "include/fltKernel.h"

/* ---- rows ------------------------------------------------------------------------------------ */

const struct flt_arg_info flt_args[FLT_ARG_LIMIT] = {
#define ARG(id, name, kind, group, def) [id] = {#name, FLT_KIND_##kind, FLT_GROUP_##group, def},
#include "calls.def"
};

const struct flt_result_info flt_results[FLT_RESULT_LIMIT] = {
#define RESULT(id, name, slots) [id] = {#name, FLT_SLOTS_##slots},
#include "calls.def"
};

/* A row's parameters become bit masks: of its arguments, of its outputs, of those that may be NULL.
 */
enum { RETURNS_NTSTATUS = 1, RETURNS_VOID = 0 };
const struct flt_call_info flt_calls[FLT_OP_LIMIT] = {
#define ONE UINT64_C(1)
#define A(ckind, wdk, arg) | (ONE << FLT_ARG_##arg)
#define H(wdk, arg) | (ONE << FLT_ARG_##arg)
#define N()
#define C(wdk, arg) | (ONE << FLT_ARG_##arg)
#define D(wdk, arg) | (ONE << FLT_ARG_##arg)
#define X(wdk) | (ONE << FLT_ARG_path) | (ONE << FLT_ARG_attributes) | (ONE << FLT_ARG_root)
#define U(wdk) | (ONE << FLT_ARG_attributes)
#define O(ckind, wdk, result) | (ONE << (32 + FLT_RESULT_##result))
#define P(ckind, wdk, result)                                                                      \
    | (ONE << (32 + FLT_RESULT_##result)) | (ONE << (48 + FLT_RESULT_##result))
#define S(ckind, wdk, result)                                                                      \
    | (ONE << (32 + FLT_RESULT_##result)) | (ONE << (48 + FLT_RESULT_##result))
#define F(ctype, wdk, value)
#define CALL(opcode, type, name, weight, max_irql, parameters)                                     \
    [opcode] = {#name,                                                                             \
                weight,                                                                            \
                max_irql,                                                                          \
                RETURNS_##type,                                                                    \
                (uint32_t)(UINT64_C(0) parameters) | (RETURNS_##type * FLT_COMMON_ARGS),           \
                (uint32_t)((UINT64_C(0) parameters) >> 32) & 0xFFFFu,                              \
                (uint32_t)((UINT64_C(0) parameters) >> 48)},
#include "calls.def"
};

/* The statuses of a row, ended by 0. */
enum { MOST_FAILURES = 8 };
static const uint32_t failures[FLT_OP_LIMIT][MOST_FAILURES + 1] = {
#define E(status) (uint32_t)(status),
#define FAILS(name, source, statuses) [FLT_OP_##name] = {statuses 0},
#include "calls.def"
};

bool flt_may_fail_with(uint8_t opcode, uint64_t status) {
    const uint32_t *one = failures[opcode];
    while (*one != 0 && *one != status)
        one++;
    return *one == status;
}

uint32_t flt_asked_failure(const struct flt_call *call) {
    if (!flt_calls[call->opcode].returns_status)
        return 0;
    const uint32_t status = (uint32_t)call->arg[FLT_ARG_fail];
    if (status != 0 || call->arg[FLT_ARG_fail_step] == 0)
        return status;
    return failures[call->opcode][0];
}

const uint8_t flt_opcodes[] = {
#define CALL(opcode, type, name, weight, max_irql, parameters) opcode,
#include "calls.def"
    FLT_OP_NONE};

#define IS_PROVIDER 0
#define IS_CALLER 1
#define IS_NONE 0
#define IS_PERFORM 0
#define IS_WITHHOLD 1
#define IS_END 2
const struct flt_rule_info flt_rules[FLT_RULE_COUNT] = {
    {"none", "none", "none", "none", "none", "", "", false, false, false},
#define RULE(name, id, kind, sure, needs, action, source, sentence)                                \
    {id,     #kind,    #sure,     #needs,           #action,                                       \
     source, sentence, IS_##kind, IS_##action == 1, IS_##action == 2},
#include "rules.def"
};

/* ---- names ------------------------------------------------------------------------------------
 */

static bool same(const char *row, const char *name, size_t length) {
    return row && strlen(row) == length && memcmp(row, name, length) == 0;
}

int flt_opcode_by_name(const char *name, size_t length) {
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++)
        if (same(flt_calls[*op].name, name, length))
            return *op;
    return FLT_OP_NONE;
}

int flt_arg_by_name(const char *name, size_t length) {
    for (int i = 1; i < FLT_ARG_LIMIT; i++)
        if (same(flt_args[i].name, name, length))
            return i;
    return 0;
}

int flt_rule_by_id(const char *id, size_t length) {
    for (int i = 1; i < FLT_RULE_COUNT; i++)
        if (same(flt_rules[i].id, id, length))
            return i;
    return FLT_RULE_NONE;
}

struct named {
    const char *name;
    uint64_t value;
    uint8_t group;
};

static const struct named statuses[] = {
#define STATUS(name) {#name, (uint32_t)name, 0},
#include "status.def"
};

static const struct named bugchecks[] = {
#define BUGCHECK(name, code) {#name, code, 0},
#include "status.def"
};

static const struct named constants[] = {
#define CONSTANT(in, name) {#name, name, FLT_GROUP_##in},
#define VALUE(in, text, number) {text, number, FLT_GROUP_##in},
#include "constants.def"
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *name_in(const struct named *table, size_t count, int group, uint64_t value) {
    for (size_t i = 0; i < count; i++)
        if (table[i].group == group && table[i].value == value)
            return table[i].name;
    return NULL;
}

static bool value_in(const struct named *table, size_t count, int group, const char *name,
                     size_t length, uint64_t *value) {
    for (size_t i = 0; i < count; i++)
        if (table[i].group == group && same(table[i].name, name, length)) {
            *value = table[i].value;
            return true;
        }
    return false;
}

const char *flt_status_name(uint32_t status) {
    return name_in(statuses, COUNT(statuses), 0, status);
}

bool flt_status_by_name(const char *name, size_t length, uint32_t *status) {
    uint64_t value;
    if (!value_in(statuses, COUNT(statuses), 0, name, length, &value))
        return false;
    *status = (uint32_t)value;
    return true;
}

const char *flt_bugcheck_name(uint32_t code) {
    return name_in(bugchecks, COUNT(bugchecks), 0, code);
}

bool flt_bugcheck_by_name(const char *name, size_t length, uint32_t *code) {
    uint64_t value;
    if (!value_in(bugchecks, COUNT(bugchecks), 0, name, length, &value))
        return false;
    *code = (uint32_t)value;
    return true;
}

const char *flt_constant_name(enum flt_group group, uint64_t value) {
    return name_in(constants, COUNT(constants), (int)group, value);
}

bool flt_constant_by_name(enum flt_group group, const char *name, size_t length, uint64_t *value) {
    return value_in(constants, COUNT(constants), (int)group, name, length, value);
}

const char *flt_constant_at(enum flt_group group, size_t i, uint64_t *value) {
    for (size_t row = 0; row < COUNT(constants); row++)
        if (constants[row].group == group && i-- == 0) {
            *value = constants[row].value;
            return constants[row].name;
        }
    return NULL;
}

/* ---- switches ----------------------------------------------------------------------------------
 */

static const char *const profile_names[FLT_PROFILE_COUNT] = {"documented", "forwarding", "strict"};

static const struct {
    const char *name, *meaning;
    uint8_t base;
    uint8_t profile[FLT_PROFILE_COUNT];
} switch_rows[FLT_SWITCH_COUNT] = {
#define SWITCH(name, documented, forwarding, strict, meaning)                                      \
    {#name,                                                                                        \
     meaning,                                                                                      \
     FLT_CHOICE_BASE_##name,                                                                       \
     {FLT_CHOICE(name, documented), FLT_CHOICE(name, forwarding), FLT_CHOICE(name, strict)}},
#include "switches.def"
};

static const struct {
    const char *name;
    uint8_t of;
} choice_rows[FLT_CHOICE_COUNT] = {
#define CHOICE(of, value) [FLT_CHOICE_AT_##of##_##value] = {#value, FLT_SWITCH_##of},
#include "switches.def"
};

void flt_switches_from_profile(struct flt_switches *switches, enum flt_profile profile) {
    for (size_t i = 0; i < FLT_SWITCH_COUNT; i++)
        switches->value[i] = switch_rows[i].profile[profile];
}

const char *flt_profile_name(enum flt_profile profile) {
    return (unsigned)profile < FLT_PROFILE_COUNT ? profile_names[profile] : NULL;
}

bool flt_profile_by_name(const char *name, size_t length, enum flt_profile *profile) {
    for (int i = 0; i < FLT_PROFILE_COUNT; i++)
        if (same(profile_names[i], name, length)) {
            *profile = (enum flt_profile)i;
            return true;
        }
    return false;
}

const char *flt_switch_name(enum flt_switch which) {
    return (unsigned)which < FLT_SWITCH_COUNT ? switch_rows[which].name : NULL;
}

const char *flt_switch_meaning(enum flt_switch which) {
    return switch_rows[which].meaning;
}

bool flt_switch_by_name(const char *name, size_t length, enum flt_switch *which) {
    for (int i = 0; i < FLT_SWITCH_COUNT; i++)
        if (same(switch_rows[i].name, name, length)) {
            *which = (enum flt_switch)i;
            return true;
        }
    return false;
}

const char *flt_choice_name(enum flt_switch which, uint8_t value) {
    size_t at = (size_t)switch_rows[which].base + value;
    return at < FLT_CHOICE_COUNT && choice_rows[at].of == which ? choice_rows[at].name : NULL;
}

bool flt_choice_by_name(enum flt_switch which, const char *name, size_t length, uint8_t *value) {
    const char *choice;
    for (uint8_t i = 0; (choice = flt_choice_name(which, i)) != NULL; i++)
        if (same(choice, name, length)) {
            *value = i;
            return true;
        }
    return false;
}

/* ---- the names of files ------------------------------------------------------------------------
 */

#define NAME(id, text, there, volume, parent, attributes)                                          \
    static const uint16_t units_##id[] = u"" text;
#include "names.def"

static const struct flt_name names[] = {
#define NAME(id, text, there, volume, parent, attributes)                                          \
    {id,     text,      units_##id, COUNT(units_##id) - 1, FLT_NAME_##there, FLT_VOLUME_##volume,  \
     parent, attributes},
#include "names.def"
};

const struct flt_name *flt_name_by_id(uint64_t id) {
    /* Ids start at 1 and have no holes yet, so the common case is one comparison. */
    if (id - 1 < COUNT(names) && names[id - 1].id == id)
        return &names[id - 1];
    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i].id == id)
            return &names[i];
    return NULL;
}

const struct flt_name *flt_name_by_text(const char *text, size_t length) {
    for (size_t i = 0; i < COUNT(names); i++)
        if (same(names[i].text, text, length))
            return &names[i];
    return NULL;
}

const struct flt_name *flt_name_by_units(const uint16_t *units, size_t length) {
    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i].length == length && memcmp(names[i].units, units, length * sizeof *units) == 0)
            return &names[i];
    return NULL;
}

const struct flt_name *flt_name_next(const struct flt_name *name) {
    if (!name)
        return names;
    return name + 1 < names + COUNT(names) ? name + 1 : NULL;
}

/* ---- calls --------------------------------------------------------------------------------------
 */

void flt_call_init(struct flt_call *call, uint8_t opcode) {
    memset(call, 0, sizeof *call);
    call->opcode = opcode;
    memset(call->slot, FLT_NO_SLOT, sizeof call->slot);
    memset(call->result_slot, FLT_NO_SLOT, sizeof call->result_slot);
    for (int i = 1; i < FLT_ARG_LIMIT; i++)
        call->arg[i] = flt_args[i].absent;
    const struct flt_name *name = flt_name_by_id(call->arg[FLT_ARG_path]);
    call->path = name->units;
    call->path_length = name->length;
}
