/* The abstract state: what the calls so far must have left behind, and the steps in which it moves.
 * Records are named by their position in an array, never by a pointer: the arrays grow. */
#ifndef FLT_CONTRACT_STATE_H
#define FLT_CONTRACT_STATE_H

#include "contract.h"
#include "index.h"
#include "memory.h"
#include "names.h"

/* A value of a handle table. The record stays when the handle closes: that the value was handed out
 * once is what tells a double close from a value that never was. */
struct flt_handle_record {
    uint64_t value;
    uint64_t summed; /* its row's part of sums.handles */
    uint32_t object; /* in object[], while live */
    uint32_t access; /* granted */
    uint32_t step;   /* the call that opened it */
    uint32_t
        life; /* how often the value was handed out: tells a reused value from its former self */
    uint32_t place; /* in live_handles, while live */
    uint8_t table;
    uint8_t flags;  /* enum flt_handle_flags */
    uint8_t opener; /* opcode of the call that made it */
    int8_t slot;    /* where the call's handle went, or FLT_NO_SLOT */
    bool live;
};

/* FREE: the record is unused. PROVISIONAL: an IRP_MJ_CREATE showed it, and no open's outcome yet.
 */
enum flt_object_state { FLT_OBJECT_FREE, FLT_OBJECT_PROVISIONAL, FLT_OBJECT_LIVE };

/* Stands for a process: the one that the thread is in, whichever that is. */
enum { FLT_IN_THREAD = FLT_PROCESS_COUNT };

/* Who told the object's token. Until the handle's own row confirms it, it is open to doubt. */
enum flt_told { FLT_TOLD_NOTHING, FLT_TOLD_BY_CREATE, FLT_TOLD_BY_OUTPUT, FLT_TOLD };

struct flt_object_record {
    uint64_t token;      /* 0: none is known */
    uint64_t summed;     /* its row's part of sums.objects */
    uint32_t number;     /* 1 for the first object of the run */
    uint32_t handles;    /* that calls opened and did not close */
    uint32_t references; /* that calls took and did not drop: as many as there are takes */
    uint32_t oldest_take, newest_take;
    uint32_t place; /* in live_objects, while live; the next free record, while free */
    uint8_t state;  /* enum flt_object_state */
    uint8_t type;   /* enum flt_type */
    uint8_t told;   /* enum flt_told */
    bool by_flt;    /* an Flt open made it: for that filter and registration, on that instance */
    uint8_t filter, instance;
    bool abandoned; /* the filter's unload is complete */
    uint32_t registration;
    struct flt_opened opened;
    /* From PostCreate to CreateComplete its create is under way, which holds a reference of its own
     * and, until there is a handle or the open is cancelled, the file open. */
    bool creating, awaits_handle;
    bool cancelled;                /* FltCancelFileOpen closed it */
    bool created, cleaned, closed; /* the IRPs that came */
    /* The process of its IRP_MJ_CLEANUP, and the one that the thread was in then; the process whose
     * handle closed last, or FLT_IN_THREAD. */
    uint8_t cleaned_in, thread_in, closed_in;
    bool not_undone; /* while provisional: an open failed as told when it was the newest */
    bool touched;    /* is in the list of the same name */
};

/* A reference that a call took and nobody dropped. */
struct flt_take {
    uint32_t object;
    uint32_t step;
    uint32_t older,
        newer;       /* takes of the same object; `newer` is the next free one, while unused */
    uint32_t serial; /* 0: unused */
    int8_t slot;     /* where the call's object went, or FLT_NO_SLOT */
};

/* What a slot of the caller holds: the record, and which life of it. */
struct flt_slot {
    uint32_t record;       /* in handle[] or object[] */
    uint32_t life;         /* of the handle; the number of the object */
    uint32_t take, serial; /* the reference that came with it */
};

struct flt_slot_set {
    uint64_t bound;  /* bit per slot: a successful call wrote it last */
    uint64_t failed; /* a failed call did */
    struct flt_slot slot[FLT_SLOT_COUNT];
};

enum { FLT_ATTACH_DEPTH = 8 };

/* Regions of one kind that a thread is in. */
struct flt_region {
    uint32_t depth;
    uint32_t entered_at; /* the step of the first entry that is still in force */
};

struct flt_thread {
    uint8_t process; /* its own */
    uint8_t attached[FLT_ATTACH_DEPTH];
    uint8_t attach_depth;
    bool user_mode; /* its previous mode */
    bool has_irp;   /* its top-level IRP is not NULL */
    uint8_t irql;
    struct flt_region critical, guarded;
    /* The step of the first raise, and of the first attachment, that is still in force. */
    uint32_t raised_at, attached_at;
};

struct flt_table {
    uint32_t live;
    uint64_t issued; /* values handed out, each time */
};

/* What a close must know of a handle. */
struct flt_about_handle {
    uint8_t opener;     /* opcode of the call that made it */
    uint8_t flags;      /* enum flt_handle_flags */
    uint8_t type;       /* of its object */
    bool object_by_flt; /* an Flt open made its object */
    bool owner_is_gone; /* the filter that it was opened for was unregistered since */
};

/* What a call does that takes something away: a handle; a reference; the openness of a file that
 * has no handle yet; its create's reference, and that before it. */
enum flt_act_kind { FLT_ACT_CLOSES, FLT_ACT_DEREFERENCES, FLT_ACT_CANCELS, FLT_ACT_COMPLETES };

/* Such a call, while it is under way (acts.c). */
struct flt_act {
    uint32_t step;                 /* of the call */
    uint32_t record;               /* the handle, or the object */
    uint32_t life;                 /* of the handle; the number of the object */
    int8_t slot;                   /* of the object */
    uint8_t kind;                  /* enum flt_act_kind */
    struct flt_about_handle about; /* the handle: its record may be another's by the end */
    bool done;                     /* the IRP came that says it is gone */
};

enum { FLT_MAX_ACTS = 32 };

struct flt_acts {
    uint32_t count;
    struct flt_act act[FLT_MAX_ACTS];
};

enum { FLT_NOT_UNLOADING, FLT_UNLOADING_OPTIONAL, FLT_UNLOADING_MANDATORY };

struct flt_leaks;

struct flt_contract {
    struct flt_switches switches;
    uint64_t generation;
    struct flt_thread thread[FLT_THREAD_COUNT];
    struct flt_table table[FLT_TABLE_COUNT];
    bool exited[FLT_PROCESS_COUNT];
    struct flt_names names;
    struct flt_filter_rows world;
    uint8_t unloading[FLT_FILTER_COUNT];     /* FLT_NOT_UNLOADING ... */
    uint32_t registration[FLT_FILTER_COUNT]; /* the number of the filter's latest */

    struct flt_handle_record *handle;
    uint32_t handles, handle_room;
    struct flt_positions live_handles;
    struct flt_index handle_index; /* from (table, value) */
    uint32_t unconfirmed;          /* the last open's handle, until its row confirms its object */
    uint32_t nameless; /* a handle whose value no output showed, until its row tells it */

    struct flt_object_record *object;
    uint32_t objects, object_room;
    uint32_t free_object;
    uint32_t numbered; /* objects of this run */
    struct flt_positions live_objects, provisional, touched;
    struct flt_index token_index;

    struct flt_take *take;
    uint32_t takes, take_room;
    uint32_t free_take;
    uint32_t taken; /* references of this run */

    struct flt_sums sums;         /* of the rows, as of the last settling */
    struct flt_positions changed; /* handles whose rows are not as summed; for objects: touched */
    bool unsummed;                /* other handles' rows may not be either */

    struct flt_slot_set handle_slots, object_slots;
    struct flt_slot untaken; /* the newest buffer of a stopped open, until it is taken or freed */
    struct flt_acts *acts;   /* noted by predictions, which leave everything else alone */
    struct flt_leaks *leaks;
};

/* ---- handles (handles.c) --------------------------------------------------------------------- */

/* The record of that value, live or not. */
uint32_t flt_find_handle(const struct flt_contract *contract, uint8_t table, uint64_t value);
/* The value must not be live in the table. */
uint32_t flt_open_handle(struct flt_contract *contract, uint8_t table, uint64_t value,
                         uint32_t object);
/* One whose value is not known: no value names it until flt_name_handle. */
uint32_t flt_open_nameless_handle(struct flt_contract *contract, uint8_t table, uint32_t object);
void flt_name_handle(struct flt_contract *contract, uint32_t handle, uint64_t value);
/* The table that a new handle of this call goes to. */
uint8_t flt_table_for_new_handle(const struct flt_contract *contract, const struct flt_call *call);

/* What a handle value names, in the context of the call's thread. */
struct flt_named {
    uint32_t handle;               /* a live one, or FLT_NOWHERE */
    struct flt_about_handle about; /* while `handle` is one */
    bool gone;                     /* the call is its close, and has let go of it already */
    bool retired;                  /* not live, but handed out once */
    bool may_be_bad; /* live, but the system may as well take it for a bad handle: its tag bits */
    bool kernel;     /* it would be a kernel handle */
};
struct flt_named flt_resolve(const struct flt_contract *contract, const struct flt_call *call,
                             uint64_t value);
/* The same in the context of another process. */
struct flt_named flt_resolve_in(const struct flt_contract *contract, const struct flt_call *call,
                                uint8_t process, uint64_t value);

/* ---- rows (view.c) --------------------------------------------------------------------------- */

/* Brings the sums up to date with one record's row. */
void flt_sum_object(struct flt_contract *contract, uint32_t object);
void flt_sum_handle(struct flt_contract *contract, uint32_t handle);
/* With the rows of all handles that changed. */
void flt_sum_handles(struct flt_contract *contract);

/* ---- objects and references (objects.c) ------------------------------------------------------ */

uint32_t flt_find_object(const struct flt_contract *contract, uint64_t token);
/* For a new object that is said to be there: the object that has the address already. One whose
 * IRP_MJ_CLOSE came has it no longer, though the call that let go of it has yet to come back. */
uint32_t flt_holder_of_address(struct flt_contract *contract, uint64_t token);
uint32_t flt_new_object(struct flt_contract *contract, enum flt_type type,
                        enum flt_object_state state);
void flt_set_token(struct flt_contract *contract, uint32_t object, uint64_t token,
                   enum flt_told told);
void flt_forget_token(struct flt_contract *contract, uint32_t object);
/* PROVISIONAL to LIVE, and back. */
void flt_take_over(struct flt_contract *contract, uint32_t object);
void flt_give_back(struct flt_contract *contract, uint32_t object);
/* A PROVISIONAL one that no open handed out, after its last IRP. */
void flt_discard_provisional(struct flt_contract *contract, uint32_t object);
/* To be looked at by the next flt_contract_settle. */
FLT_INLINE void flt_touch(struct flt_contract *contract, uint32_t object) {
    struct flt_object_record *record = &contract->object[object];
    if (record->touched)
        return;
    record->touched = true;
    flt_push(&contract->touched, object);
}
/* Frees the record of a live object if nothing is left of it: no counts, and its IRPs came. */
void flt_retire_if_done(struct flt_contract *contract, uint32_t object);

/* The new take. */
uint32_t flt_add_reference(struct flt_contract *contract, uint32_t object,
                           const struct flt_call *call);
/* Drops the take that the slot holds, or else the object's oldest. There must be one. */
void flt_drop_reference(struct flt_contract *contract, uint32_t object, int8_t slot);

/* ---- calls under way that take something away (acts.c) --------------------------------------- */

/* When a prediction lets the call through. */
void flt_begin_close(const struct flt_contract *contract, const struct flt_call *call,
                     uint32_t handle);
void flt_begin_dereference(const struct flt_contract *contract, const struct flt_call *call,
                           uint32_t object);
void flt_begin_cancel(const struct flt_contract *contract, const struct flt_call *call,
                      uint32_t object);
void flt_begin_complete(const struct flt_contract *contract, const struct flt_call *call,
                        uint32_t object);
struct flt_about_handle flt_about(const struct flt_contract *contract, uint32_t handle);
/* NULL when the call is none of these. */
struct flt_act *flt_act_of(const struct flt_contract *contract, const struct flt_call *call);
/* When the call is back. */
void flt_end_act(struct flt_contract *contract, const struct flt_call *call);

/* ---- what such calls do (act_effects.c) ------------------------------------------------------ */

/* The call is back, and its act is over: the reference goes if it is still there. */
void flt_end_dereference(struct flt_contract *contract, const struct flt_call *call);
/* The same: the file is closed, or its create complete, if no IRP said so. */
void flt_end_cancel(struct flt_contract *contract, const struct flt_call *call,
                    struct flt_violation *violation);
void flt_end_complete(struct flt_contract *contract, const struct flt_call *call,
                      struct flt_violation *violation);
/* An IRP came: the call that caused it has let go of the last handle, or reference. */
void flt_act_on_cleanup(struct flt_contract *contract, uint32_t object,
                        struct flt_violation *violation);
void flt_act_on_close(struct flt_contract *contract, uint32_t object);

/* ---- closed handles (closed.c) --------------------------------------------------------------- */

/* `process` is the one in whose context it closes, or FLT_IN_THREAD. */
void flt_close_handle(struct flt_contract *contract, uint32_t handle, uint8_t process,
                      struct flt_violation *violation);
/* Once the last handle is closed and IRP_MJ_CLEANUP came, in whichever order. */
void flt_check_cleanup_process(const struct flt_object_record *object,
                               struct flt_violation *violation);

/* ---- creates under way (pending_creates.c) --------------------------------------------------- */

/* The object is that of a create which comes back later: it goes to the call's slot, and no
 * reference of the caller's with it. */
void flt_begin_create(struct flt_contract *contract, const struct flt_call *call, uint32_t object);
/* No handle comes of it any more: what the last handle's close does is done. */
void flt_close_before_handle(struct flt_contract *contract, uint32_t object,
                             struct flt_violation *violation);
/* The create's reference goes. */
void flt_end_create(struct flt_contract *contract, uint32_t object);

/* ---- buffers of stopped opens (reparse_buffer.c) --------------------------------------------- */

/* The one that TakeReparseBuffer has to hand out; FLT_NOWHERE: none. */
uint32_t flt_untaken_buffer(const struct flt_contract *contract);

/* ---- filters and instances (filters.c) ------------------------------------------------------- */

/* f0 is started, i0 is attached to it. */
void flt_start_world(struct flt_contract *contract);
/* Of the call's instance argument. */
enum flt_instance_state flt_state_of_instance(const struct flt_contract *contract,
                                              const struct flt_call *call);
/* The filter that an Flt open is made for is being unloaded, or its instance is being torn down. */
bool flt_is_going_away(const struct flt_contract *contract, const struct flt_call *call);
/* The object is the Flt open's. */
void flt_own_object(struct flt_contract *contract, const struct flt_call *call, uint32_t object);
/* Its filter was unregistered since. */
bool flt_owner_is_gone(const struct flt_contract *contract, const struct flt_object_record *object);

/* ---- slots (slots.c) ------------------------------------------------------------------------- */

void flt_bind_handle_slot(struct flt_contract *contract, int8_t slot, uint32_t handle);
/* `take`: FLT_NOWHERE when no reference came with it. */
void flt_bind_object_slot(struct flt_contract *contract, int8_t slot, uint32_t object,
                          uint32_t take);
/* A successful call put NULL there. */
void flt_clear_object_slot(struct flt_contract *contract, int8_t slot);
/* The call failed: its slots hold nothing of use. */
void flt_fail_slots(struct flt_contract *contract, const struct flt_call *call);
bool flt_slot_failed(const struct flt_slot_set *slots, int8_t slot);
/* What a successful call put there last; NULL when none did. */
const struct flt_slot *flt_slot_bound(const struct flt_slot_set *slots, int8_t slot);

/* ---- small questions ------------------------------------------------------------------------- */

static inline const struct flt_thread *flt_thread_of(const struct flt_contract *contract,
                                                     const struct flt_call *call) {
    return &contract->thread[call->thread % FLT_THREAD_COUNT];
}

/* For those that move the thread's own state. */
static inline struct flt_thread *flt_moved_thread(struct flt_contract *contract,
                                                  const struct flt_call *call) {
    return &contract->thread[call->thread % FLT_THREAD_COUNT];
}

/* The process whose context the thread is in. */
static inline uint8_t flt_process_of(const struct flt_thread *thread) {
    return thread->attach_depth > 0 ? thread->attached[thread->attach_depth - 1] : thread->process;
}

/* KPROCESSOR_MODE is a byte. */
static inline bool flt_is_user_mode(const struct flt_call *call) {
    return (uint8_t)call->arg[FLT_ARG_mode] != 0;
}

/* The call makes an end of a pipe, or a mailslot. */
static inline bool flt_makes_pipe(uint8_t opcode) {
    return opcode == FLT_OP_FltCreateNamedPipeFile || opcode == FLT_OP_FltCreateMailslotFile;
}

/* The call is an Flt open: FltClose is for what it hands out. */
static inline bool flt_is_flt_open(uint8_t opcode) {
    return opcode == FLT_OP_FltCreateFile || opcode == FLT_OP_FltCreateFileEx ||
           opcode == FLT_OP_FltCreateFileEx2 || opcode == FLT_OP_FltOpenVolume ||
           flt_makes_pipe(opcode);
}

/* The call makes another handle to an object that is there. */
static inline bool flt_is_duplication(uint8_t opcode) {
    return opcode == FLT_OP_ZwDuplicateObject || opcode == FLT_OP_ObOpenObjectByPointer;
}

/* Somebody holds the object: a pointer to it is good. */
static inline bool flt_is_held(const struct flt_object_record *object) {
    return object->handles > 0 || object->references > 0 || object->creating;
}

/* A file object whose last handle is closed, or that was closed before it had one. */
static inline bool flt_is_past_cleanup(const struct flt_object_record *object) {
    return object->type == FLT_TYPE_FILE && object->handles == 0 && !object->awaits_handle;
}

/* True when the call has this output and the caller passed room for it. */
static inline bool flt_wants(const struct flt_call *call, enum flt_result result) {
    return (flt_calls[call->opcode].results & ~(uint32_t)call->null_out) >> result & 1;
}

/* 0 where the call has no such argument. */
static inline uint64_t flt_given(const struct flt_call *call, enum flt_arg arg) {
    return flt_calls[call->opcode].args >> arg & 1 ? call->arg[arg] : 0;
}

/* The access that a mask asks for or grants, generic rights mapped (access.c). */
uint32_t flt_granted_access(enum flt_type type, uint32_t asked);
uint32_t flt_asked_access(enum flt_type type, uint32_t asked);
/* To an end of a pipe, or to a mailslot. */
uint32_t flt_granted_pipe_access(uint32_t asked);

#endif
