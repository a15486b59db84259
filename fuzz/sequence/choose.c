/* Random calls that look like a driver's. Knows the tables' columns and how calls are named; of
 * single calls only those that say in which process the others run. */
#include "choose.h"

#include <string.h>

#include "../../model/include/fltKernel.h"

/* ---- what a row does to slots ---------------------------------------------------------------- */

static int lowest(uint64_t bits) {
    return __builtin_ctzll(bits);
}

static unsigned count_bits(uint64_t bits) {
    return (unsigned)__builtin_popcountll(bits);
}

/* Objects that are of use to a few calls alone. */
enum about { ABOUT_OBJECTS, ABOUT_LISTS, ABOUT_BUFFERS };

/* What a row tells of its call, worked out once. */
struct traits {
    uint8_t slot_arg; /* the first argument that is about a slot; 0: none */
    uint8_t back;     /* the argument that the call gives back; 0: it does not */
    bool opens_file;  /* what it hands out is a file */
    bool wants_file;  /* what it takes should be one */
    bool ends_create; /* what it takes should be a create under way */
    uint8_t about;    /* enum about: what it hands out, or takes */
    bool names_path;
    uint16_t family; /* the first two letters, which calls of one family share: Fl, Zw, Ob, Ke */
};

static bool has(uint32_t args, int arg) {
    return args >> arg & 1;
}

static enum about about_what(const char *name) {
    if (strstr(name, "CreateParameter"))
        return ABOUT_LISTS;
    return strstr(name, "ReparseBuffer") || strstr(name, "FreePool") ? ABOUT_BUFFERS
                                                                     : ABOUT_OBJECTS;
}

/* A call gives back its only argument, but for whose it is, when that is a handle or an object and
 * nothing is handed out: a close, a dereference. A file call with nothing but a handle uses it. */
static struct traits traits_of(const struct flt_call_info *info) {
    const uint32_t slot_args = info->args & (uint32_t)(FLT_SLOT_ARGS & FLT_SUBJECT_ARGS);
    const uint32_t others = (uint32_t)FLT_COMMON_ARGS | 1u << FLT_ARG_filter;
    struct traits traits = {0};
    if (slot_args != 0)
        traits.slot_arg = (uint8_t)lowest(slot_args);
    traits.wants_file = slot_args != 0 && strstr(info->name, "File") != NULL;
    traits.ends_create = slot_args != 0 && (strstr(info->name, "CreateComplete") != NULL ||
                                            strstr(info->name, "CancelFileOpen") != NULL);
    traits.about = (uint8_t)about_what(info->name);
    if (info->results == 0 && slot_args == (info->args & ~others) && count_bits(slot_args) == 1 &&
        !traits.wants_file)
        traits.back = traits.slot_arg;
    traits.names_path = has(info->args, FLT_ARG_path);
    traits.opens_file = traits.names_path || has(info->args, FLT_ARG_instance);
    traits.family = (uint16_t)((uint8_t)info->name[0] << 8 | (uint8_t)info->name[1]);
    return traits;
}

static const struct traits *traits(uint8_t opcode) {
    static struct traits table[FLT_OP_LIMIT];
    static bool built;
    if (!built)
        for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++)
            table[*op] = traits_of(&flt_calls[*op]);
    built = true;
    return &table[opcode];
}

/* A call with an IRQL raises it when it hands out the old one, and lowers it otherwise. */
static bool moves_irql(const struct flt_call_info *info) {
    return has(info->args, FLT_ARG_irql);
}

static bool raises_irql(const struct flt_call_info *info) {
    return info->results >> FLT_RESULT_irql & 1;
}

static uint8_t there(uint64_t name) {
    const struct flt_name *row = flt_name_by_id(name);
    return row ? row->there : FLT_NAME_BAD;
}

static bool is_there(uint8_t kind) {
    return kind >= FLT_NAME_FILE && kind <= FLT_NAME_VOLUME;
}

static bool has_root(const struct flt_step *step) {
    return step->form[FLT_ARG_root] != FLT_FORM_VALUE;
}

static bool creates(const struct flt_step *step) {
    return has(flt_calls[step->opcode].args, FLT_ARG_disposition) &&
           step->arg[FLT_ARG_disposition] != FILE_OPEN &&
           step->arg[FLT_ARG_disposition] != FILE_OVERWRITE;
}

/* An open of a name with nothing behind it fails, and leaves no handle. */
static bool may_succeed(const struct flt_step *step) {
    if (!traits(step->opcode)->names_path)
        return true;
    const uint8_t kind = there(step->arg[FLT_ARG_path]);
    return is_there(kind) || (has_root(step) && kind >= FLT_NAME_ID) ||
           (kind != FLT_NAME_BAD && kind != FLT_NAME_ID && creates(step)) ||
           kind == FLT_NAME_PIPE || kind == FLT_NAME_MAILSLOT;
}

static bool opens_directory(const struct flt_step *step) {
    return traits(step->opcode)->names_path &&
           (there(step->arg[FLT_ARG_path]) == FLT_NAME_DIRECTORY ||
            (has(flt_calls[step->opcode].args, FLT_ARG_create_options) &&
             (step->arg[FLT_ARG_create_options] & FILE_DIRECTORY_FILE)));
}

void flt_seen_start(struct flt_slots_seen *seen) {
    memset(seen->live, 0, sizeof seen->live);
    memset(seen->stale, 0, sizeof seen->stale);
    memset(seen->in_table, 0, sizeof seen->in_table);
    seen->protected_handles = 0;
    seen->directories = 0;
    seen->path = 0;
    seen->stopped = false;
    seen->filters = 1u << FLT_FILTER_F0;
    seen->instances = 1u << FLT_INSTANCE_I0;
    seen->irql = PASSIVE_LEVEL;
    seen->process = seen->home = FLT_PROCESS_P1; /* where every run starts */
}

/* The table that a call's handle goes to: only one that chooses its attributes can leave out
 * OBJ_KERNEL_HANDLE. */
static uint8_t table_of(const struct flt_slots_seen *seen, const struct flt_step *step) {
    const uint32_t args = flt_calls[step->opcode].args;
    if (!has(args, FLT_ARG_attributes) || (step->arg[FLT_ARG_attributes] & OBJ_KERNEL_HANDLE))
        return FLT_TABLE_KERNEL;
    if (has(args, FLT_ARG_target) && step->arg[FLT_ARG_target] >= FLT_PROCESS_HANDLE_SYSTEM)
        return (uint8_t)(step->arg[FLT_ARG_target] - FLT_PROCESS_HANDLE_SYSTEM);
    return seen->process;
}

/* What is behind a call's result: what its own slot argument has behind it, or something new. */
static uint8_t maker_of(const struct flt_slots_seen *seen, const struct flt_step *step) {
    const int arg = traits(step->opcode)->slot_arg;
    if (arg != 0 && step->form[arg] != FLT_FORM_VALUE) {
        const uint64_t bit = UINT64_C(1) << step->arg[arg];
        const enum flt_slots slots = flt_arg_slots(arg);
        if ((seen->live[slots] | seen->stale[slots]) & bit)
            return seen->maker[slots][step->arg[arg]];
    }
    return step->opcode;
}

static void fill_slot(struct flt_slots_seen *seen, const struct flt_step *step, int result,
                      bool succeeds) {
    const uint8_t slots = flt_results[result].slots;
    const uint64_t bit = UINT64_C(1) << step->result[result];
    const uint8_t maker = maker_of(seen, step);
    seen->live[slots] &= ~bit;
    seen->stale[slots] &= ~bit;
    *(succeeds ? &seen->live[slots] : &seen->stale[slots]) |= bit;
    seen->opener[slots][step->result[result]] = step->opcode;
    seen->maker[slots][step->result[result]] = maker;
    if (slots != FLT_SLOTS_HANDLE)
        return;
    const uint8_t home = table_of(seen, step);
    seen->protected_handles &= ~bit;
    seen->directories &= ~bit;
    if (opens_directory(step))
        seen->directories |= bit;
    for (int table = 0; table < FLT_TABLE_COUNT; table++)
        seen->in_table[table] &= ~bit;
    seen->in_table[home] |= bit;
}

static void give_back(struct flt_slots_seen *seen, enum flt_slots slots, uint64_t bits) {
    seen->stale[slots] |= seen->live[slots] & bits;
    seen->live[slots] &= ~bits;
}

static void set_flags(struct flt_slots_seen *seen, const struct flt_step *step) {
    const uint64_t bit = UINT64_C(1) << step->arg[FLT_ARG_handle];
    if (step->arg[FLT_ARG_handle_flags] & HANDLE_FLAG_PROTECT_FROM_CLOSE)
        seen->protected_handles |= seen->live[FLT_SLOTS_HANDLE] & bit;
    else
        seen->protected_handles &= ~bit;
}

/* Who runs: nested attaches are forgotten, as one is all that a driver has. */
static void move_thread(struct flt_slots_seen *seen, const struct flt_step *step) {
    const uint8_t process = (uint8_t)step->arg[FLT_ARG_process];
    if (step->opcode == FLT_OP_RunIn)
        seen->process = seen->home = process;
    else if (step->opcode == FLT_OP_KeStackAttachProcess)
        seen->process = process;
    else if (step->opcode == FLT_OP_ExitProcess && process != FLT_PROCESS_SYSTEM)
        give_back(seen, FLT_SLOTS_HANDLE, seen->in_table[process]);
}

static bool ends_filter(uint8_t opcode) {
    return opcode == FLT_OP_FltUnregisterFilter || opcode == FLT_OP_UnloadComplete;
}

/* Which filters and instances there are: those that go with their filter are forgotten by their own
 * calls only. */
static void see_world(struct flt_slots_seen *seen, const struct flt_step *step) {
    if (step->opcode == FLT_OP_FltRegisterFilter)
        seen->filters |= (uint8_t)(1u << step->arg[FLT_ARG_filter]);
    else if (ends_filter(step->opcode))
        seen->filters &= (uint8_t) ~(1u << step->arg[FLT_ARG_filter]);
    else if (step->opcode == FLT_OP_AttachInstance)
        seen->instances |= (uint8_t)(1u << step->arg[FLT_ARG_instance]);
    else if (step->opcode == FLT_OP_TeardownComplete)
        seen->instances &= (uint8_t) ~(1u << step->arg[FLT_ARG_instance]);
}

/* Whether a buffer is there to be taken. */
static bool stops_on_link(const struct flt_step *step) {
    return has(flt_calls[step->opcode].args, FLT_ARG_flags) &&
           step->arg[FLT_ARG_flags] & IO_STOP_ON_SYMLINK &&
           there(step->arg[FLT_ARG_path]) == FLT_NAME_LINK;
}

void flt_seen_step(struct flt_slots_seen *seen, const struct flt_step *step) {
    const struct flt_call_info *info = &flt_calls[step->opcode];
    const int back = traits(step->opcode)->back;
    if (back != 0 && step->form[back] == FLT_FORM_SLOT) {
        const enum flt_slots slots = flt_arg_slots(back);
        const uint64_t kept = slots == FLT_SLOTS_HANDLE ? seen->protected_handles : 0;
        give_back(seen, slots, UINT64_C(1) << step->arg[back] & ~kept);
    }
    if (moves_irql(info))
        seen->irql = (uint32_t)step->arg[FLT_ARG_irql];
    if (has(info->args, FLT_ARG_process))
        move_thread(seen, step);
    else if (step->opcode == FLT_OP_KeUnstackDetachProcess)
        seen->process = seen->home;
    if (has(info->args, FLT_ARG_handle_flags) && step->form[FLT_ARG_handle] == FLT_FORM_SLOT)
        set_flags(seen, step);
    see_world(seen, step);
    seen->stopped =
        stops_on_link(step) || (seen->stopped && step->opcode != FLT_OP_TakeReparseBuffer);
    if (info->results == 0)
        return;
    const bool succeeds = may_succeed(step);
    if (traits(step->opcode)->names_path && there(step->arg[FLT_ARG_path]) < FLT_NAME_ID)
        seen->path = (uint8_t)step->arg[FLT_ARG_path];
    for (int result = 0; result < FLT_RESULT_LIMIT; result++)
        if (step->result[result] != FLT_NO_SLOT)
            fill_slot(seen, step, result, succeeds);
}

void flt_seen_upto(struct flt_slots_seen *seen, const struct flt_sequence *sequence, size_t count) {
    flt_seen_start(seen);
    for (size_t i = 0; i < count; i++)
        flt_seen_step(seen, &sequence->step[i]);
}

/* ---- slots ----------------------------------------------------------------------------------- */

/* A random set bit; the mask is not 0. */
static uint64_t pick_bit(uint64_t mask, uint64_t *random) {
    for (size_t skip = flt_below(random, count_bits(mask)); skip > 0; skip--)
        mask &= mask - 1;
    return (uint64_t)lowest(mask);
}

/* Whether the call is for what that slot holds: a file for a file call, else something that a call
 * of its own family opened. */
static bool is_for(const struct flt_slots_seen *seen, uint8_t slots, int slot, uint8_t opcode) {
    const struct traits *call = traits(opcode);
    const uint8_t maker = seen->maker[slots][slot];
    if (call->about != ABOUT_OBJECTS || traits(maker)->about != ABOUT_OBJECTS)
        return call->about == traits(maker)->about;
    if (call->ends_create)
        return maker == FLT_OP_PostCreate;
    if (call->wants_file)
        return traits(maker)->opens_file;
    return traits(seen->opener[slots][slot])->family == call->family;
}

/* The live slots that the call is for. */
static uint64_t fitting(const struct flt_slots_seen *seen, uint8_t slots, uint8_t opcode) {
    uint64_t fit = 0;
    for (uint64_t left = seen->live[slots]; left != 0; left &= left - 1)
        if (is_for(seen, slots, lowest(left), opcode))
            fit |= left & -left;
    return fit;
}

/* The live handles that the table of a process other than the current one has. */
static uint64_t foreign(const struct flt_slots_seen *seen) {
    return seen->live[FLT_SLOTS_HANDLE] &
           ~(seen->in_table[FLT_TABLE_KERNEL] | seen->in_table[seen->process]);
}

/* What a use aims at, in how many of 32 uses; what is left is any slot at all. Where nothing of the
 * kind is there, a fitting or else a live one. */
enum {
    AIM_FITTING = 17,
    AIM_LIVE = AIM_FITTING + 3,
    AIM_STALE = AIM_LIVE + 4,
    AIM_MISFIT = AIM_STALE + 3, /* of another type, or another family's */
    AIM_FOREIGN = AIM_MISFIT + 2,
    AIM_PROTECTED = AIM_FOREIGN + 2
};

static uint64_t aimed_at(const struct flt_slots_seen *seen, uint8_t slots, uint8_t opcode,
                         uint64_t luck) {
    const bool handle = slots == FLT_SLOTS_HANDLE;
    if (luck < AIM_FITTING)
        return fitting(seen, slots, opcode);
    if (luck < AIM_LIVE)
        return seen->live[slots];
    if (luck < AIM_STALE)
        return seen->stale[slots];
    if (luck < AIM_MISFIT)
        return seen->live[slots] & ~fitting(seen, slots, opcode);
    if (luck < AIM_FOREIGN)
        return handle ? foreign(seen) : 0;
    return handle ? seen->live[slots] & seen->protected_handles : 0;
}

static uint64_t choose_slot(const struct flt_slots_seen *seen, uint8_t slots, uint8_t opcode,
                            uint64_t *random) {
    const uint64_t luck = flt_random(random) & 31;
    if (luck >= AIM_PROTECTED)
        return flt_below(random, FLT_SLOT_COUNT);
    uint64_t mask = aimed_at(seen, slots, opcode, luck);
    if (mask == 0)
        mask = fitting(seen, slots, opcode);
    if (mask == 0)
        mask = seen->live[slots];
    return mask != 0 ? pick_bit(mask, random) : flt_below(random, 8);
}

/* The slot of a result: low ones, so that a small set is used over and over; mostly a free one. */
static int choose_result_slot(const struct flt_slots_seen *seen, uint8_t slots, uint64_t *random) {
    const uint64_t luck = flt_random(random) & 31;
    const uint64_t vacant = ~seen->live[slots];
    const uint64_t unused = vacant & ~seen->stale[slots];
    if (luck < 18 && unused != 0)
        return lowest(unused);
    if (luck < 28 && vacant != 0)
        return lowest(vacant);
    if (luck < 30)
        return (int)flt_below(random, 8);
    return luck < 31 ? (int)flt_below(random, FLT_SLOT_COUNT) : FLT_NO_SLOT;
}

void flt_choose_results(const struct flt_slots_seen *seen, struct flt_step *step,
                        uint64_t *random) {
    const struct flt_call_info *info = &flt_calls[step->opcode];
    for (int result = 0; result < FLT_RESULT_LIMIT; result++) {
        const uint8_t slots = flt_results[result].slots;
        if (!(info->results >> result & 1) || slots == FLT_SLOTS_NO_SLOT)
            continue;
        const bool leave_out = (info->optional >> result & 1) && flt_odds(random, 8);
        flt_step_keep(step, result,
                      leave_out ? FLT_NO_SLOT : choose_result_slot(seen, slots, random));
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

/* A handle as a number: mostly one that an early open could have handed out. */
static uint64_t raw_handle(uint64_t *random) {
    static const uint64_t edges[] = {
        0,          UINT64_MAX, UINT64_MAX - 1,         UINT64_MAX - 3, 1,       3,        0x400,
        0x7FFFFFFC, 0x80000000, FLT_KERNEL_HANDLE_BITS, 0x100000000,    0x3FFFC, 0x4000000};
    const uint64_t luck = flt_random(random);
    const uint64_t kernel = luck & 0x100 ? FLT_KERNEL_HANDLE_BITS : 0;
    switch (luck & 15) {
    case 0:
        return flt_random(random);
    case 1:
    case 2:
        return edges[flt_below(random, sizeof edges / sizeof edges[0])];
    case 3:
        return (4 * flt_below(random, 0x1000) | kernel) + (luck >> 16 & 3);
    default:
        return 4 * (1 + flt_below(random, 15)) | kernel;
    }
}

static void choose_handle(const struct flt_slots_seen *seen, struct flt_step *step, int arg,
                          uint64_t *random) {
    const uint64_t luck = flt_random(random) & 63;
    const bool nothing = (seen->live[FLT_SLOTS_HANDLE] | seen->stale[FLT_SLOTS_HANDLE]) == 0;
    if (luck < 4 || (nothing && luck < 32)) {
        flt_step_set(step, arg, FLT_FORM_VALUE, raw_handle(random));
        return;
    }
    /* The forms after SLOT alter the value: seldom. */
    const uint8_t form =
        luck < 8
            ? (uint8_t)(FLT_FORM_SLOT + 1 + flt_below(random, FLT_FORM_COUNT - FLT_FORM_SLOT - 1))
            : FLT_FORM_SLOT;
    flt_step_set(step, arg, form, choose_slot(seen, FLT_SLOTS_HANDLE, step->opcode, random));
}

/* Mostly a directory, if there is one; else as any handle. */
static void choose_root(const struct flt_slots_seen *seen, struct flt_step *step,
                        uint64_t *random) {
    const uint64_t directories = seen->live[FLT_SLOTS_HANDLE] & seen->directories;
    if (directories != 0 && flt_odds(random, 11))
        flt_step_set(step, FLT_ARG_root, FLT_FORM_SLOT, pick_bit(directories, random));
    else
        choose_handle(seen, step, FLT_ARG_root, random);
}

/* Mostly a list, or nothing. */
static void choose_list(const struct flt_slots_seen *seen, struct flt_step *step,
                        uint64_t *random) {
    const uint64_t lists = fitting(seen, FLT_SLOTS_OBJECT, FLT_OP_FltFreeExtraCreateParameterList);
    if (lists != 0 && flt_odds(random, 14))
        flt_step_set(step, FLT_ARG_ecp, FLT_FORM_SLOT, pick_bit(lists, random));
    else if (flt_odds(random, 4))
        flt_step_set(step, FLT_ARG_ecp, FLT_FORM_SLOT,
                     choose_slot(seen, FLT_SLOTS_OBJECT, step->opcode, random));
    else
        flt_step_set(step, FLT_ARG_ecp, FLT_FORM_VALUE, 0);
}

static void choose_object(const struct flt_slots_seen *seen, struct flt_step *step, int arg,
                          uint64_t *random) {
    if ((flt_random(random) & 31) == 0)
        flt_step_set(step, arg, FLT_FORM_VALUE, 0);
    else
        flt_step_set(step, arg, FLT_FORM_SLOT,
                     choose_slot(seen, FLT_SLOTS_OBJECT, step->opcode, random));
}

/* What names are asked for, as bits of enum flt_name_there. */
enum {
    NAMES_THERE =
        1 << FLT_NAME_FILE | 1 << FLT_NAME_DIRECTORY | 1 << FLT_NAME_LINK | 1 << FLT_NAME_VOLUME,
    NAMES_FREE = 1 << FLT_NAME_NOTHING,
    NAMES_OF_PIPES = 1 << FLT_NAME_PIPE | 1 << FLT_NAME_MAILSLOT,
    NAMES_IN_ROOT = 1 << FLT_NAME_BAD | 1 << FLT_NAME_ID,
    NAMES_ALL = (1 << (FLT_NAME_BAD + 1)) - 1
};

static uint64_t choose_name_of(const struct flt_swarm *swarm, unsigned kinds, uint64_t *random) {
    uint64_t chosen = 1;
    for (int tries = 0; tries < FLT_NAME_LIMIT; tries++) {
        const uint64_t id = 1 + flt_below(random, FLT_NAME_LIMIT - 1);
        if (!(kinds >> there(id) & 1))
            continue;
        chosen = id;
        if (flt_swarm_has(swarm, FLT_GROUP_NONE, id))
            break;
    }
    return chosen;
}

/* One in the directory of that name, or the name itself: what becomes of a directory shows there.
 */
static uint64_t choose_name_in(uint8_t directory, uint64_t *random) {
    size_t count = 0;
    uint64_t chosen = directory;
    for (const struct flt_name *name = flt_name_next(NULL); name; name = flt_name_next(name))
        if (name->parent == directory && flt_below(random, ++count) == 0)
            chosen = name->id;
    return chosen;
}

/* Mostly a name that has something behind it, or could have; often the one that was opened last:
 * what two opens have to do with each other shows on one file only. */
static uint64_t choose_name(const struct flt_slots_seen *seen, const struct flt_swarm *swarm,
                            const struct flt_step *step, uint64_t *random) {
    const uint64_t luck = flt_random(random) & 15;
    if (has(flt_calls[step->opcode].args, FLT_ARG_pipe) ||
        step->opcode == FLT_OP_FltCreateMailslotFile)
        return choose_name_of(swarm, luck == 0 ? NAMES_ALL : NAMES_OF_PIPES, random);
    if (luck < 6 && seen->path != 0)
        return seen->path;
    if (luck < 8 && there(seen->path) == FLT_NAME_DIRECTORY)
        return choose_name_in(seen->path, random);
    if (luck < 12)
        return choose_name_of(swarm, NAMES_THERE, random);
    return choose_name_of(swarm, luck < 14 ? NAMES_FREE : NAMES_ALL, random);
}

static const struct {
    uint64_t value;
    uint8_t group;
} constants[] = {
#define CONSTANT(in, name) {(name), FLT_GROUP_##in},
#define VALUE(in, text, number) {(number), FLT_GROUP_##in},
#include "../../model/constants.def"
};
enum { CONSTANTS = sizeof constants / sizeof constants[0] };

/* Where a group's constants are: they follow each other. */
struct range {
    uint16_t first, end;
};

static struct range range_of(uint8_t group) {
    static struct range ranges[FLT_GROUP_COUNT];
    if (ranges[constants[0].group].end == 0)
        for (uint16_t i = 0; i < CONSTANTS; i++) {
            struct range *range = &ranges[constants[i].group];
            range->first = range->end == 0 ? i : range->first;
            range->end = (uint16_t)(i + 1);
        }
    return ranges[group];
}

/* A constant of the group between two numbers; 0 when there is none. */
static uint64_t choose_constant(uint8_t group, uint64_t from, uint64_t to, uint64_t *random) {
    const struct range range = range_of(group);
    size_t count = 0;
    for (size_t i = range.first; i < range.end; i++)
        count += constants[i].value >= from && constants[i].value <= to;
    size_t skip = flt_below(random, count);
    for (size_t i = range.first; i < range.end; i++)
        if (constants[i].value >= from && constants[i].value <= to && skip-- == 0)
            return constants[i].value;
    return 0;
}

/* A flag that the swarm has; any, where it has none. */
static uint64_t choose_flag(const struct flt_swarm *swarm, uint8_t group, uint64_t *random) {
    uint64_t flag = 0;
    for (int tries = 0; tries < 8; tries++) {
        flag = choose_constant(group, 0, UINT32_MAX, random);
        if (flt_swarm_has(swarm, group, flag))
            break;
    }
    return flag;
}

static uint64_t choose_flags(const struct flt_swarm *swarm, uint8_t group, uint64_t absent,
                             uint64_t *random) {
    const uint64_t luck = flt_random(random) & 15;
    if (luck == 0)
        return flt_random(random) & UINT32_MAX;
    if (luck == 1)
        return UINT64_C(1) << flt_below(random, 32);
    if (luck == 2)
        return 0;
    const uint64_t one = choose_flag(swarm, group, random);
    if (luck < 8)
        return one;
    if (luck < 12)
        return one | absent;
    return one | choose_flag(swarm, group, random);
}

/* Up for a raise, down for the other: the wrong way stops the system, and with it the sequence. */
static uint64_t choose_irql(const struct flt_slots_seen *seen, const struct flt_call_info *info,
                            uint64_t *random) {
    const bool sane = (flt_random(random) & 31) != 0;
    if (!sane)
        return flt_below(random, flt_group_limit(FLT_GROUP_IRQL) + 1);
    if (raises_irql(info))
        return choose_constant(FLT_GROUP_IRQL, seen->irql, UINT32_MAX, random);
    return choose_constant(FLT_GROUP_IRQL, 0, seen->irql, random);
}

/* One of the statuses that the call may fail with; 0 when there is none. */
static uint64_t choose_failure(uint8_t opcode, uint64_t *random) {
    uint64_t status, chosen = 0;
    size_t count = 0;
    for (size_t i = 0; flt_constant_at(FLT_GROUP_FAIL, i, &status) != NULL; i++)
        if (status != 0 && flt_may_fail_with(opcode, status) && flt_below(random, ++count) == 0)
            chosen = status;
    return chosen;
}

/* Who makes the call: mostly a filter, and an instance, that is there. */
static uint64_t choose_of_world(uint8_t group, uint8_t there_now, uint64_t *random) {
    if (there_now != 0 && flt_odds(random, 13))
        return pick_bit(there_now, random);
    return choose_constant(group, 0, UINT32_MAX, random);
}

static uint64_t choose_enum(const struct flt_slots_seen *seen, const struct flt_swarm *swarm,
                            const struct flt_step *step, int arg, uint64_t *random) {
    if (arg == FLT_ARG_fail)
        return choose_failure(step->opcode, random);
    if (flt_args[arg].group == FLT_GROUP_STEP) /* calls have few steps */
        return flt_below(random, FLT_FAIL_STEPS / 2 + 1);
    const bool brings = !flt_calls[step->opcode].returns_status || /* and takes away: any will do */
                        step->opcode == FLT_OP_FltRegisterFilter;
    if (arg == FLT_ARG_filter && !brings)
        return choose_of_world(FLT_GROUP_FILTER, seen->filters, random);
    if (arg == FLT_ARG_instance && !brings)
        return choose_of_world(FLT_GROUP_INSTANCE, seen->instances, random);
    if (arg == FLT_ARG_irql)
        return choose_irql(seen, &flt_calls[step->opcode], random);
    return choose_flag(swarm, flt_args[arg].group, random);
}

static void choose_arg(const struct flt_slots_seen *seen, const struct flt_swarm *swarm,
                       struct flt_step *step, int arg, uint64_t *random) {
    const struct flt_arg_info *info = &flt_args[arg];
    switch ((enum flt_kind)info->kind) {
    case FLT_KIND_HANDLE:
        if (arg == FLT_ARG_root)
            choose_root(seen, step, random);
        else
            choose_handle(seen, step, arg, random);
        break;
    case FLT_KIND_OBJECT:
        if (arg == FLT_ARG_ecp)
            choose_list(seen, step, random);
        else
            choose_object(seen, step, arg, random);
        break;
    case FLT_KIND_NAME:
        flt_step_set(step, arg, FLT_FORM_VALUE, choose_name(seen, swarm, step, random));
        break;
    case FLT_KIND_FLAGS:
        flt_step_set(step, arg, FLT_FORM_VALUE,
                     choose_flags(swarm, info->group, info->absent, random));
        break;
    case FLT_KIND_ENUM:
        flt_step_set(step, arg, FLT_FORM_VALUE, choose_enum(seen, swarm, step, arg, random));
        break;
    }
}

void flt_choose_arg(const struct flt_slots_seen *seen, struct flt_step *step, int arg,
                    uint64_t *random) {
    const struct flt_swarm all = {NULL, 0};
    choose_arg(seen, &all, step, arg, random);
}

/* One of the row's own, and now and then one that tells the call to fail. */
int flt_choose_which_arg(const struct flt_step *step, uint64_t *random) {
    const uint32_t all = flt_calls[step->opcode].args;
    const uint32_t own = all & ~(uint32_t)FLT_COMMON_ARGS;
    const uint32_t args = own == 0 || flt_odds(random, 1) ? all : own;
    return args == 0 ? 0 : (int)pick_bit(args, random);
}

/* ---- whole calls ----------------------------------------------------------------------------- */

/* Whether a driver would make this call now. */
static bool is_plausible(const struct flt_slots_seen *seen, size_t left, uint8_t opcode) {
    const struct flt_call_info *info = &flt_calls[opcode];
    const int back = traits(opcode)->back;
    const size_t open =
        count_bits(seen->live[FLT_SLOTS_HANDLE]) + count_bits(seen->live[FLT_SLOTS_OBJECT]);
    if (moves_irql(info))
        return raises_irql(info) ? seen->irql == PASSIVE_LEVEL && left > 2
                                 : seen->irql > PASSIVE_LEVEL;
    if (seen->irql > info->max_irql || (left < 2 && seen->irql > PASSIVE_LEVEL))
        return false;
    if (back != 0)
        return seen->live[flt_arg_slots(back)] != 0;
    if (opcode == FLT_OP_TakeReparseBuffer)
        return seen->stopped;
    if (ends_filter(opcode)) /* after which little can be done in its name */
        return left < 4;
    if (left <= open || open > 12) /* time to give back */
        return info->results == 0;
    const int about = traits(opcode)->slot_arg;
    return about == 0 || seen->live[flt_arg_slots(about)] != 0;
}

static uint8_t choose_opcode(const struct flt_slots_seen *seen, const struct flt_swarm *swarm,
                             size_t left, uint64_t *random) {
    uint8_t opcode = flt_swarm_pick(swarm, random);
    if (flt_odds(random, 2))
        return opcode;
    for (int tries = 0; tries < 12 && !is_plausible(seen, left, opcode); tries++)
        opcode = flt_swarm_pick(swarm, random);
    return opcode;
}

/* How often, of 16, an argument is written out rather than left to its default. One that a single
 * row of the table has is what that call is about. */
static unsigned written_odds(int arg) {
    if (flt_arg_is_subject(arg))
        return 16;
    if (FLT_COMMON_ARGS >> arg & 1)
        return 0; /* flt_choose_step writes one itself */
    if (flt_args[arg].kind == FLT_KIND_NAME)
        return 12;
    if (arg == FLT_ARG_root || arg == FLT_ARG_ecp) /* few opens have one */
        return 1;
    size_t rows = 0;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++)
        rows += flt_calls[*op].args >> arg & 1;
    return rows == 1 ? 10 : 3;
}

/* written_odds of every argument, once. */
static const uint8_t *all_written_odds(void) {
    static uint8_t odds[FLT_ARG_LIMIT];
    if (odds[FLT_ARG_handle] == 0)
        for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
            odds[arg] = (uint8_t)written_odds(arg);
    return odds;
}

/* With its arguments the call says what it is about: the only one that it has, or what comes and
 * goes around the driver (no handles, no objects, no outcome). */
static bool names_what_it_is_about(const struct flt_call_info *info) {
    return count_bits(info->args & ~(uint32_t)FLT_COMMON_ARGS) == 1 ||
           (!info->returns_status && info->results == 0 &&
            (info->args & (uint32_t)FLT_SLOT_ARGS) == 0);
}

/* The row's own; whether it is told to fail is another question. */
static void choose_own_args(const struct flt_slots_seen *seen, const struct flt_swarm *swarm,
                            struct flt_step *step, uint64_t *random) {
    const struct flt_call_info *info = &flt_calls[step->opcode];
    const uint8_t *odds = all_written_odds();
    const unsigned more = flt_swarm_writes(swarm) ? 3 : 0;
    const unsigned least = names_what_it_is_about(info) ? 12 : 0;
    for (uint32_t args = info->args & ~(uint32_t)FLT_COMMON_ARGS; args != 0; args &= args - 1) {
        const int arg = lowest(args);
        if (flt_odds(random, odds[arg] <= least ? least : odds[arg] > 1 ? odds[arg] + more : 1))
            choose_arg(seen, swarm, step, arg, random);
    }
}

/* What a server's end cannot do without: as they are left out, sharing and disposition suit none.
 */
static void choose_server_args(struct flt_step *step, uint64_t *random) {
    static const uint32_t dispositions[] = {FILE_OPEN, FILE_CREATE, FILE_OPEN_IF, FILE_OPEN_IF};
    flt_step_set(step, FLT_ARG_share, FLT_FORM_VALUE,
                 1 + flt_below(random, FILE_SHARE_READ | FILE_SHARE_WRITE));
    flt_step_set(step, FLT_ARG_disposition, FLT_FORM_VALUE, dispositions[flt_below(random, 4)]);
}

/* With a root directory a name is mostly one that is looked for in it. */
static void choose_name_in_root(const struct flt_swarm *swarm, struct flt_step *step,
                                uint64_t *random) {
    flt_step_set(step, FLT_ARG_path, FLT_FORM_VALUE, choose_name_of(swarm, NAMES_IN_ROOT, random));
    if (there(step->arg[FLT_ARG_path]) == FLT_NAME_ID && flt_odds(random, 13))
        flt_step_set(step, FLT_ARG_create_options, FLT_FORM_VALUE, FILE_OPEN_BY_FILE_ID);
}

void flt_choose_step(const struct flt_slots_seen *seen, const struct flt_swarm *swarm, size_t left,
                     struct flt_step *step, uint64_t *random) {
    flt_step_init(step, choose_opcode(seen, swarm, left, random));
    flt_choose_results(seen, step, random);
    choose_own_args(seen, swarm, step, random);
    const uint32_t args = flt_calls[step->opcode].args;
    if (has(args, FLT_ARG_pipe) && flt_odds(random, 13))
        choose_server_args(step, random);
    if (has(args, FLT_ARG_root) && has_root(step) && flt_odds(random, 13))
        choose_name_in_root(swarm, step, random);
    if (has(args, FLT_ARG_flags) && step->arg[FLT_ARG_flags] & IO_STOP_ON_SYMLINK &&
        flt_odds(random, 8))
        flt_step_set(step, FLT_ARG_path, FLT_FORM_VALUE,
                     choose_name_of(swarm, 1u << FLT_NAME_LINK, random));
    const uint64_t told_to_fail = flt_swarm_fails(swarm) ? 3 : 127;
    if ((args & FLT_COMMON_ARGS) != 0 && (flt_random(random) & told_to_fail) == 0)
        flt_choose_arg(seen, step, (int)pick_bit(args & FLT_COMMON_ARGS, random), random);
}
