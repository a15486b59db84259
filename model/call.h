/* The call type that every part shares, generated from the tables: what can be called, with what
 * arguments, and what came back. Knows no system, no contract and no sequence. */
#ifndef FLT_CALL_H
#define FLT_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- what the tables name -------------------------------------------------------------------- */

enum flt_opcode {
    FLT_OP_NONE = 0,
#define CALL(opcode, type, name, weight, max_irql, parameters) FLT_OP_##name = (opcode),
#include "calls.def"
    FLT_OP_LIMIT = 256
};

enum flt_arg {
#define ARG(id, name, kind, group, def) FLT_ARG_##name = (id),
#include "calls.def"
    FLT_ARG_LIMIT = 32 /* argument ids are below this, which is what a mask has room for */
};

enum flt_result {
#define RESULT(id, name, slots) FLT_RESULT_##name = (id),
#include "calls.def"
    FLT_RESULT_LIMIT = 5,
    FLT_RESULT_SLOTS = 4 /* results below this may go to slots */
};

enum flt_kind { FLT_KIND_HANDLE, FLT_KIND_OBJECT, FLT_KIND_NAME, FLT_KIND_FLAGS, FLT_KIND_ENUM };

enum flt_group {
    FLT_GROUP_NONE,
    FLT_GROUP_ACCESS,
    FLT_GROUP_ATTRIBUTES,
    FLT_GROUP_IRQL,
    FLT_GROUP_MODE,
    FLT_GROUP_TYPE,
    FLT_GROUP_PROCESS,
    FLT_GROUP_FILTER,
    FLT_GROUP_INSTANCE,
    FLT_GROUP_PROCESS_HANDLE,
    FLT_GROUP_DUPLICATE,
    FLT_GROUP_HANDLE_FLAGS,
    FLT_GROUP_TOP_LEVEL_IRP,
    FLT_GROUP_FAIL,
    FLT_GROUP_STEP,
    FLT_GROUP_UNLOAD,
    FLT_GROUP_ANSWER,
    FLT_GROUP_SHARE,
    FLT_GROUP_IO_FLAGS,
    FLT_GROUP_DISPOSITION,
    FLT_GROUP_CREATE_OPTIONS,
    FLT_GROUP_FILE_ATTRIBUTES,
    FLT_GROUP_DISPOSITION_INFO,
    FLT_GROUP_PIPE,
    FLT_GROUP_INSTANCES,
    FLT_GROUP_COUNT
};

enum flt_slots { FLT_SLOTS_NO_SLOT, FLT_SLOTS_HANDLE, FLT_SLOTS_OBJECT };

enum flt_rule {
    FLT_RULE_NONE = 0,
#define RULE(name, id, kind, sure, needs, action, source, sentence) FLT_RULE_##name,
#include "rules.def"
    FLT_RULE_COUNT
};

/* Bug checks, by the names of status.def. */
enum flt_stop {
#define BUGCHECK(name, code) FLT_STOP_##name = (code),
#include "status.def"
};

enum flt_switch {
#define SWITCH(name, documented, forwarding, strict, meaning) FLT_SWITCH_##name,
#include "switches.def"
    FLT_SWITCH_COUNT
};

/* The choices of a switch follow each other: value = FLT_CHOICE_AT_x_y - FLT_CHOICE_BASE_x. */
enum flt_choice_index {
#define SWITCH(name, documented, forwarding, strict, meaning)                                      \
    FLT_CHOICE_BASE_##name, FLT_CHOICE_BEFORE_##name = FLT_CHOICE_BASE_##name - 1,
#define CHOICE(of, value) FLT_CHOICE_AT_##of##_##value,
#include "switches.def"
    FLT_CHOICE_COUNT
};
#define FLT_CHOICE(name, choice) (FLT_CHOICE_AT_##name##_##choice - FLT_CHOICE_BASE_##name)

enum flt_profile {
    FLT_PROFILE_documented,
    FLT_PROFILE_forwarding,
    FLT_PROFILE_strict,
    FLT_PROFILE_COUNT
};

/* A switch of the contract that accepts every value. Never a value of the kernel. */
#define FLT_SWITCH_ANY 0xFF

struct flt_switches {
    uint8_t value[FLT_SWITCH_COUNT]; /* 0 is the switch's first CHOICE; or FLT_SWITCH_ANY */
};

/* True when the switch has that choice: flt_chosen(s, flt_close, forward). */
#define flt_chosen(switches, name, choice)                                                         \
    ((switches)->value[FLT_SWITCH_##name] == FLT_CHOICE(name, choice))
/* The contract's question: does it accept that choice? */
#define flt_accepts(switches, name, choice)                                                        \
    ((switches)->value[FLT_SWITCH_##name] == FLT_SWITCH_ANY || flt_chosen(switches, name, choice))

void flt_switches_from_profile(struct flt_switches *switches, enum flt_profile profile);

/* ---- the start world (design: filter f0, instance i0, processes System, p1, p2) -------------- */

enum flt_process { FLT_PROCESS_SYSTEM, FLT_PROCESS_P1, FLT_PROCESS_P2, FLT_PROCESS_COUNT };
/* A process and its handle table share a number; System's is the kernel table. */
enum { FLT_TABLE_KERNEL = FLT_PROCESS_SYSTEM, FLT_TABLE_COUNT = FLT_PROCESS_COUNT };
enum flt_type {
    FLT_TYPE_NONE,
    FLT_TYPE_FILE,
    FLT_TYPE_EVENT,
    FLT_TYPE_SECTION,
    FLT_TYPE_KEY,
    FLT_TYPE_ECP_LIST, /* no object of the object manager: its pointer is handed out and freed */
    FLT_TYPE_REPARSE_BUFFER, /* nor is this: ExFreePool frees it */
    FLT_TYPE_COUNT
};
/* Filters and instances; 0 is NULL. f0 is registered and started and i0 attached to it at the
 * start; f1 is not registered, i1 and i2 are not attached. */
enum flt_filter { FLT_FILTER_NULL, FLT_FILTER_F0, FLT_FILTER_F1, FLT_FILTER_COUNT };
enum flt_instance {
    FLT_INSTANCE_NULL,
    FLT_INSTANCE_I0, /* on the local volume v0, as i1 */
    FLT_INSTANCE_I1,
    FLT_INSTANCE_I2, /* on a network volume */
    FLT_INSTANCE_COUNT
};
/* Volumes: C:, the write-protected W:, those of pipes and of mailslots. */
enum flt_volume { FLT_VOLUME_V0, FLT_VOLUME_W0, FLT_VOLUME_NPFS, FLT_VOLUME_MSFS };
/* Of what `pipe` says: the type in NamedPipeType, the mode in ReadMode. */
enum { FLT_PIPE_MESSAGE_TYPE = 1, FLT_PIPE_MESSAGE_MODE = 2 };
#define FLT_PIPE_UNLIMITED UINT32_MAX /* MaximumInstances */
static inline bool flt_is_on_network(uint64_t instance) {
    return instance == FLT_INSTANCE_I2;
}
enum flt_unload { FLT_UNLOAD_OPTIONAL, FLT_UNLOAD_MANDATORY };
enum { FLT_FAIL_STEPS = 8 }; /* `fail_step` goes up to this */
/* How a process is named where a handle to it is needed: the world keeps one open to each. */
enum flt_process_handle {
    FLT_PROCESS_HANDLE_NULL,
    FLT_PROCESS_HANDLE_CURRENT, /* NtCurrentProcess(), -1 */
    FLT_PROCESS_HANDLE_SYSTEM,  /* then the others, in the order of enum flt_process */
    FLT_PROCESS_HANDLE_P1,
    FLT_PROCESS_HANDLE_P2,
    FLT_PROCESS_HANDLE_COUNT
};
enum { FLT_THREAD_COUNT = 1 };
enum { FLT_SLOT_COUNT = 64, FLT_NO_SLOT = -1 };

/* Kernel handle values have these bits set, the values of process tables have none of them (HV-7).
 */
#define FLT_KERNEL_HANDLE_BITS UINT64_C(0xFFFFFFFF80000000)
#define FLT_HANDLE_TAG_BITS UINT64_C(3)

enum flt_name_there {
    FLT_NAME_NOTHING,
    FLT_NAME_FILE,
    FLT_NAME_DIRECTORY,
    FLT_NAME_LINK,
    FLT_NAME_VOLUME,
    FLT_NAME_PIPE,
    FLT_NAME_MAILSLOT,
    FLT_NAME_ID, /* of names.def only, as the next: nothing has a row of this kind */
    FLT_NAME_BAD
};
enum { FLT_NAME_LIMIT = 32 }; /* names.def ids are below this */
enum {                        /* those that are not alike any other */
       FLT_NAME_ID_A = 1,     /* what \link leads to */
       FLT_NAME_ID_ROOT = 12,
       FLT_NAME_ID_OPLOCKED = 21,
       FLT_NAME_ID_C = 22 /* what FltOpenVolume opens */
};
struct flt_name {
    uint8_t id;
    const char *text;      /* ASCII, NUL-terminated */
    const uint16_t *units; /* the same as UTF-16, not terminated */
    uint16_t length;       /* in units */
    uint8_t there;         /* enum flt_name_there: at the start */
    uint8_t volume;        /* enum flt_volume */
    uint8_t parent;        /* id of the name of its directory, or of what an ID is the file id of */
    uint32_t attributes;   /* FILE_ATTRIBUTE_ constants: at the start */
};
/* NULL when no row has that id, that text, or those units. */
const struct flt_name *flt_name_by_id(uint64_t id);
const struct flt_name *flt_name_by_text(const char *text, size_t length);
const struct flt_name *flt_name_by_units(const uint16_t *units, size_t length);
const struct flt_name *flt_name_next(const struct flt_name *name); /* NULL gives the first row */

/* ---- one call -------------------------------------------------------------------------------- */

/* Where an argument's value came from. */
struct flt_call {
    uint8_t opcode;
    uint8_t thread;   /* 0 for now */
    uint8_t null_out; /* bit per result: the caller passed NULL for this output */
    uint32_t derived; /* bit per handle argument: the value is a slot's, altered */
    uint32_t step;    /* 1 for the first call of the run */
    uint64_t fill; /* what output variables hold before the call; never a valid handle or pointer */
    uint64_t arg[FLT_ARG_LIMIT];
    int8_t slot[FLT_ARG_LIMIT]; /* of HANDLE and OBJECT arguments: the slot, or FLT_NO_SLOT */
    int8_t result_slot[FLT_RESULT_LIMIT]; /* where handles and objects go, or FLT_NO_SLOT */
    const uint16_t *path;                 /* UTF-16 of the `path` argument; the caller owns it */
    uint16_t path_length;                 /* in units */
};

enum flt_outcome_kind { FLT_RETURNED, FLT_BUGCHECK, FLT_WITHHELD };

struct flt_outcome {
    uint8_t kind;    /* enum flt_outcome_kind */
    uint32_t status; /* FLT_RETURNED: the NTSTATUS, 0 for VOID calls. FLT_BUGCHECK: the code */
    uint64_t parameter[4]; /* of a bug check */
    /* Handle, object, iosb.Information, old IRQL, filter (FLT_FILTER_COUNT: no pointer of the
     * world); else the fill. */
    uint64_t out[FLT_RESULT_LIMIT];
    uint32_t iosb_status; /* low 32 bits of the fill when untouched */
};

enum flt_event_kind { FLT_EVENT_CREATE, FLT_EVENT_CLEANUP, FLT_EVENT_CLOSE };

/* An IRP that the system sent for a file object. */
struct flt_event {
    uint8_t kind;    /* enum flt_event_kind */
    uint8_t process; /* enum flt_process: the context it was sent in */
    uint64_t token;  /* the object, as its pointer value */
};

/* NT_SUCCESS without the WDK header. */
static inline bool flt_success(uint32_t status) {
    return status < UINT32_C(0x80000000);
}

/* ---- what the tables say of each row ----------------------------------------------------------
 */

struct flt_arg_info {
    const char *name;
    uint8_t kind;    /* enum flt_kind */
    uint8_t group;   /* enum flt_group */
    uint64_t absent; /* the default */
};

struct flt_result_info {
    const char *name;
    uint8_t slots; /* enum flt_slots */
};

struct flt_call_info {
    const char *name; /* NULL: no such opcode */
    uint8_t weight;
    uint8_t max_irql;
    bool returns_status;
    uint32_t args;     /* bit per argument id, FLT_COMMON_ARGS among them */
    uint32_t results;  /* bit per result id that the call hands out */
    uint32_t optional; /* of those, the ones that may be NULL */
};

struct flt_rule_info {
    const char *id;
    const char *kind, *sure, *needs, *action; /* as rules.def spells them */
    const char *source, *sentence;
    bool caller, withhold, at_end;
};

extern const struct flt_arg_info flt_args[FLT_ARG_LIMIT]; /* name NULL: no such argument */
extern const struct flt_result_info flt_results[FLT_RESULT_LIMIT];
extern const struct flt_call_info flt_calls[FLT_OP_LIMIT];
extern const uint8_t flt_opcodes[]; /* every opcode in table order, ended by FLT_OP_NONE */
extern const struct flt_rule_info flt_rules[FLT_RULE_COUNT];

/* Bit per argument that takes a slot, and per result that goes to one. */
enum {
#define ARG(id, name, kind, group, def)                                                            \
    FLT_TAKES_SLOT_##name =                                                                        \
        FLT_KIND_##kind == FLT_KIND_HANDLE || FLT_KIND_##kind == FLT_KIND_OBJECT ? 1 << (id) : 0,
#define RESULT(id, name, slots)                                                                    \
    FLT_GOES_TO_SLOT_##name = FLT_SLOTS_##slots == FLT_SLOTS_NO_SLOT ? 0 : 1 << (id),
#include "calls.def"
    FLT_SLOT_ARGS = 0
#define ARG(id, name, kind, group, def) | FLT_TAKES_SLOT_##name
#include "calls.def"
    ,
    FLT_SLOT_RESULTS = 0
#define RESULT(id, name, slots) | FLT_GOES_TO_SLOT_##name
#include "calls.def"
};

/* The arguments that every call takes which returns an NTSTATUS. */
enum {
    FLT_COMMON_ARGS = 0
#define COMMON(name) | 1 << FLT_ARG_##name
#include "calls.def"
};

/* Those that are written first and without their names: FltClose(h0). */
enum {
    FLT_SUBJECT_ARGS = 0
#define SUBJECT(name) | 1 << FLT_ARG_##name
#include "calls.def"
};
static inline bool flt_arg_is_subject(int arg) {
    return FLT_SUBJECT_ARGS >> arg & 1;
}

/* True when `fail` may make the call return that status (FAILS in calls.def), or 0 for none. */
bool flt_may_fail_with(uint8_t opcode, uint64_t status);
/* The status that the call's `fail` and `fail_step` ask for; 0 when they ask for no failure. */
uint32_t flt_asked_failure(const struct flt_call *call);

int flt_opcode_by_name(const char *name, size_t length); /* FLT_OP_NONE when unknown */
int flt_arg_by_name(const char *name, size_t length);    /* 0 when unknown */
int flt_rule_by_id(const char *id, size_t length);       /* FLT_RULE_NONE when unknown */

/* Names of numbers. A *_name function returns NULL when the number has no name; a *_by_name
 * function returns false and leaves *value alone when the name is unknown. */
const char *flt_status_name(uint32_t status);
bool flt_status_by_name(const char *name, size_t length, uint32_t *status);
const char *flt_bugcheck_name(uint32_t code);
bool flt_bugcheck_by_name(const char *name, size_t length, uint32_t *code);
const char *flt_constant_name(enum flt_group group, uint64_t value);
bool flt_constant_by_name(enum flt_group group, const char *name, size_t length, uint64_t *value);
/* The i-th constant of a group in table order, NULL past the last. */
const char *flt_constant_at(enum flt_group group, size_t i, uint64_t *value);

const char *flt_profile_name(enum flt_profile profile);
bool flt_profile_by_name(const char *name, size_t length, enum flt_profile *profile);
const char *flt_switch_name(enum flt_switch which);
const char *flt_switch_meaning(enum flt_switch which);
bool flt_switch_by_name(const char *name, size_t length, enum flt_switch *which);
const char *flt_choice_name(enum flt_switch which, uint8_t value); /* NULL past the last value */
bool flt_choice_by_name(enum flt_switch which, const char *name, size_t length, uint8_t *value);

/* Sets every argument of the opcode to its default, no slots, no outputs missing. */
void flt_call_init(struct flt_call *call, uint8_t opcode);

#endif
