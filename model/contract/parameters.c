/* What the arguments of a create say about each other, before any file is looked for. */
#include "../include/wdm.h"
#include "predict.h"

/* ---- opens ----------------------------------------------------------------------------------- */

enum {
    SYNCHRONOUS = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT,
    FOR_DIRECTORIES = FILE_DIRECTORY_FILE | FILE_WRITE_THROUGH | SYNCHRONOUS |
                      FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_BY_FILE_ID | FILE_DELETE_ON_CLOSE |
                      FILE_COMPLETE_IF_OPLOCKED | FILE_OPEN_FOR_FREE_SPACE_QUERY |
                      FILE_NO_COMPRESSION | FILE_OPEN_REPARSE_POINT,
    FOR_FILES = FILE_VALID_OPTION_FLAGS & ~(uint32_t)FOR_DIRECTORIES
};

static bool replaces(uint32_t disposition) {
    return disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE ||
           disposition == FILE_OVERWRITE_IF;
}

static bool has_both(uint32_t flags, uint32_t one, uint32_t other) {
    return (flags & (one | other)) == (one | other);
}

/* What no open may be given: the rule, whether the call is refused for it (ALWAYS, where parameters
 * are CHECKED, or NEVER), and the condition, in the arguments that conditions_of names. */
/* clang-format off */
#define CONDITIONS(C)                                                                              \
    C(disposition_known, ALWAYS, disposition > FILE_MAXIMUM_DISPOSITION)                           \
    C(directory_dispositions, ALWAYS, options & FILE_DIRECTORY_FILE && replaces(disposition))      \
    C(directory_or_file, ALWAYS, has_both(options, FILE_DIRECTORY_FILE, FILE_NON_DIRECTORY_FILE))  \
    C(directory_options, CHECKED, options & FILE_DIRECTORY_FILE && options & FOR_FILES)            \
    C(synchronous_needs_synchronize, CHECKED, options & SYNCHRONOUS && !(access & SYNCHRONIZE))    \
    C(synchronous_one_way, CHECKED,                                                                \
      has_both(options, FILE_SYNCHRONOUS_IO_ALERT, FILE_SYNCHRONOUS_IO_NONALERT))                  \
    C(delete_on_close_needs_delete, CHECKED, options & FILE_DELETE_ON_CLOSE && !(access & DELETE)) \
    C(unbuffered_no_append, CHECKED,                                                               \
      options & FILE_NO_INTERMEDIATE_BUFFERING && access & FILE_APPEND_DATA)                       \
    C(oplock_options_apart, CHECKED,                                                               \
      has_both(options, FILE_COMPLETE_IF_OPLOCKED, FILE_RESERVE_OPFILTER))                         \
    C(create_values_in_range, CHECKED,                                                             \
      share & ~FILE_SHARE_VALID_FLAGS || attributes & ~FILE_ATTRIBUTE_VALID_FLAGS ||               \
      options & ~FILE_VALID_OPTION_FLAGS)                                                          \
    C(remote_instance_reserved, NEVER, options & FILE_OPEN_REMOTE_INSTANCE)
/* clang-format on */

enum refused { NEVER, CHECKED, ALWAYS };

/* The conditions by number, which is the place of their bit. */
#define NUMBER(rule, refused, condition) NUMBER_##rule,
enum { CONDITIONS(NUMBER) };

#define ROW(rule, refused, condition) {FLT_RULE_##rule, refused},
static const struct {
    enum flt_rule rule;
    enum refused refused;
} rows[] = {CONDITIONS(ROW)};

/* Bit per condition that holds. */
static unsigned conditions_of(const struct flt_call *call) {
    const uint32_t disposition = (uint32_t)call->arg[FLT_ARG_disposition];
    const uint32_t options = (uint32_t)call->arg[FLT_ARG_create_options];
    const uint32_t attributes = (uint32_t)call->arg[FLT_ARG_file_attributes];
    const uint32_t share = (uint32_t)call->arg[FLT_ARG_share];
    const uint32_t access = (uint32_t)call->arg[FLT_ARG_access];
#define BIT(rule, refused, condition) | (unsigned)((condition) ? 1 : 0) << NUMBER_##rule
    return 0u CONDITIONS(BIT);
}

bool flt_parameters_contradict(const struct flt_contract *contract, const struct flt_call *call,
                               bool *checked_only) {
    (void)contract; /* whether they are checked is the caller's question */
    enum refused most = NEVER;
    for (unsigned left = conditions_of(call); left != 0; left &= left - 1) {
        const enum refused refused = rows[__builtin_ctz(left)].refused;
        most = refused > most ? refused : most;
    }
    *checked_only = most == CHECKED;
    return most != NEVER;
}

void flt_find_create_breaches(const struct flt_call *call, struct flt_prediction *prediction) {
    for (unsigned left = conditions_of(call); left != 0; left &= left - 1)
        flt_breach(prediction, rows[__builtin_ctz(left)].rule);
}

/* ---- pipes and mailslots --------------------------------------------------------------------- */

static bool is_bad_pipe(const struct flt_call *call) {
    const uint32_t share = (uint32_t)call->arg[FLT_ARG_share];
    const uint32_t disposition = (uint32_t)call->arg[FLT_ARG_disposition];
    const uint64_t pipe = call->arg[FLT_ARG_pipe];
    const bool sharing = share != 0 && (share & ~(FILE_SHARE_READ | FILE_SHARE_WRITE)) == 0;
    const bool known =
        disposition == FILE_OPEN || disposition == FILE_CREATE || disposition == FILE_OPEN_IF;
    const bool messages_of_bytes = pipe & FLT_PIPE_MESSAGE_MODE && !(pipe & FLT_PIPE_MESSAGE_TYPE);
    return !sharing || !known || messages_of_bytes || (uint32_t)call->arg[FLT_ARG_instances] == 0;
}

bool flt_pipe_parameters_bad(const struct flt_call *call) {
    const bool pipe = call->opcode == FLT_OP_FltCreateNamedPipeFile;
    const uint32_t valid = pipe ? FILE_VALID_PIPE_OPTION_FLAGS : FILE_VALID_MAILSLOT_OPTION_FLAGS;
    return ((uint32_t)call->arg[FLT_ARG_create_options] & ~valid) != 0 ||
           (pipe && is_bad_pipe(call));
}
