/* What an open of a named file comes to: the checks of the I/O manager and of the file system, in
 * their order; the first that applies decides. */
#include "../include/wdm.h"
#include "predict.h"

/* An open, and how far it has come. */
struct open {
    const struct flt_contract *contract;
    const struct flt_call *call;
    struct flt_spelled spelled;
    uint64_t flags;
    uint32_t access; /* as it is given */
    uint32_t asked;  /* generic rights mapped */
    uint32_t share, options, disposition, attributes;
    bool replaces;
    bool followed;               /* a link */
    bool keeps_oplock;           /* it is of an oplocked file, and breaks nothing */
    const struct flt_node *node; /* that stands under target.name; of kind NOTHING: none */
    struct flt_target target;
};

void flt_refuse(struct flt_target *target, enum flt_rule rule, uint32_t status) {
    target->rule = rule;
    target->status = status;
}

/* True: what a check says that refuses the open. */
static bool refuse(struct open *open, enum flt_rule rule, NTSTATUS status) {
    flt_refuse(&open->target, rule, (uint32_t)status);
    return true;
}

static bool creates_new(const struct open *open) {
    return open->disposition == FILE_CREATE;
}

static bool only_opens(const struct open *open) {
    return open->disposition == FILE_OPEN || open->disposition == FILE_OPEN_IF;
}

/* ---- before the file is looked for ----------------------------------------------------------- */

static bool refuse_parameters(struct open *open) {
    const struct flt_switches *switches = &open->contract->switches;
    bool checked_only;
    if (!flt_parameters_contradict(open->contract, open->call, &checked_only))
        return false;
    const bool from_user_mode = open->call->opcode == FLT_OP_PostCreate;
    const bool checked = !checked_only || from_user_mode ||
                         open->flags & IO_CHECK_CREATE_PARAMETERS ||
                         flt_chosen(switches, create_checks, always);
    if (checked)
        return refuse(open, FLT_RULE_open_parameters, STATUS_INVALID_PARAMETER);
    open->target.may_be_invalid = flt_accepts(switches, create_checks, always);
    return false;
}

bool flt_is_on_wrong_instance(const struct flt_call *call, uint8_t name) {
    const uint64_t instance = flt_given(call, FLT_ARG_instance);
    return instance != FLT_INSTANCE_NULL &&
           (flt_is_on_network(instance) || flt_volume_of(name) != FLT_VOLUME_V0);
}

static bool refuse_name(struct open *open) {
    struct flt_target *target = &open->target;
    target->root_may_be_bad = open->spelled.root_may_be_bad;
    if (open->spelled.rule != FLT_RULE_NONE)
        return refuse(open, open->spelled.rule, (NTSTATUS)open->spelled.status);
    target->name = open->spelled.name;
    if (flt_is_on_wrong_instance(open->call, target->name)) {
        target->or_status = (uint32_t)STATUS_INVALID_DEVICE_OBJECT_PARAMETER;
        return refuse(open, FLT_RULE_open_wrong_volume, STATUS_MOUNT_POINT_NOT_RESOLVED);
    }
    if (open->spelled.trailing && open->options & FILE_NON_DIRECTORY_FILE)
        return refuse(open, FLT_RULE_open_trailing_backslash, STATUS_OBJECT_NAME_INVALID);
    if (flt_volume_of(target->name) == FLT_VOLUME_W0 &&
        (creates_new(open) || open->replaces || open->options & FILE_DELETE_ON_CLOSE))
        return refuse(open, FLT_RULE_open_write_protected, STATUS_MEDIA_WRITE_PROTECTED);
    return false;
}

/* A name that has a row and no directory is a volume's, or as good as one. */
static bool refuse_directory(struct open *open) {
    if (open->spelled.name != 0 && open->spelled.directory == 0)
        return false;
    const struct flt_node *directory = flt_node_under(open->contract, open->spelled.directory);
    if (directory->kind != FLT_NAME_DIRECTORY)
        return refuse(open, FLT_RULE_open_path_missing, STATUS_OBJECT_PATH_NOT_FOUND);
    if (directory->deleting)
        return refuse(open, FLT_RULE_open_delete_pending, STATUS_DELETE_PENDING);
    return false;
}

/* ---- an open that creates -------------------------------------------------------------------- */

static bool asks_for_opfilter_wrongly(const struct open *open) {
    return open->options & FILE_RESERVE_OPFILTER &&
           (open->access != FILE_READ_ATTRIBUTES ||
            (open->share & FILE_SHARE_VALID_FLAGS) != FILE_SHARE_VALID_FLAGS);
}

static bool refuse_missing(struct open *open) {
    const struct flt_name *name = flt_name_by_id(open->target.name);
    if (name && (name->there == FLT_NAME_PIPE || name->there == FLT_NAME_MAILSLOT))
        return refuse(open, FLT_RULE_open_pipe_client, STATUS_OBJECT_NAME_NOT_FOUND);
    if (open->disposition == FILE_OPEN || open->disposition == FILE_OVERWRITE)
        return refuse(open, FLT_RULE_open_missing, STATUS_OBJECT_NAME_NOT_FOUND);
    if (flt_volume_of(open->target.name) == FLT_VOLUME_W0)
        return refuse(open, FLT_RULE_open_write_protected, STATUS_MEDIA_WRITE_PROTECTED);
    if (open->spelled.trailing && !(open->options & FILE_DIRECTORY_FILE))
        return refuse(open, FLT_RULE_open_trailing_backslash, STATUS_OBJECT_NAME_INVALID);
    if (open->options & FILE_DELETE_ON_CLOSE && open->attributes & FILE_ATTRIBUTE_READONLY)
        return refuse(open, FLT_RULE_open_cannot_delete, STATUS_CANNOT_DELETE);
    if (!name)
        return refuse(open, FLT_RULE_open_disk_full, STATUS_DISK_FULL);
    if (asks_for_opfilter_wrongly(open))
        return refuse(open, FLT_RULE_open_reserve_opfilter, STATUS_OPLOCK_NOT_GRANTED);
    open->target.makes = open->options & FILE_DIRECTORY_FILE ? FLT_NAME_DIRECTORY : FLT_NAME_FILE;
    return false;
}

/* ---- an open of what is there ---------------------------------------------------------------- */

static bool refuse_client(struct open *open) {
    if (open->options & FILE_DIRECTORY_FILE)
        return refuse(open, FLT_RULE_open_kind, STATUS_NOT_A_DIRECTORY);
    if (!only_opens(open))
        return refuse(open, FLT_RULE_open_pipe_client, STATUS_INVALID_PARAMETER);
    open->target.counted = open->target.shares = open->target.delete_on_close = false;
    return false;
}

static bool refuse_volume(struct open *open) {
    if (open->options & FILE_DIRECTORY_FILE)
        return refuse(open, FLT_RULE_open_volume_by_name, STATUS_NOT_A_DIRECTORY);
    if (!only_opens(open))
        return refuse(open, FLT_RULE_open_volume_by_name, STATUS_ACCESS_DENIED);
    if (open->options & FILE_DELETE_ON_CLOSE)
        return refuse(open, FLT_RULE_open_cannot_delete, STATUS_CANNOT_DELETE);
    return false;
}

static bool refuse_directory_itself(struct open *open) {
    const bool root = open->target.name == FLT_NAME_ID_ROOT;
    if (open->options & FILE_NON_DIRECTORY_FILE)
        return refuse(open, FLT_RULE_open_kind, STATUS_FILE_IS_A_DIRECTORY);
    if (!only_opens(open))
        return refuse(open, FLT_RULE_open_collision,
                      root ? STATUS_ACCESS_DENIED : STATUS_OBJECT_NAME_COLLISION);
    if (root && open->options & FILE_DELETE_ON_CLOSE)
        return refuse(open, FLT_RULE_open_cannot_delete, STATUS_CANNOT_DELETE);
    return false;
}

static bool has_attribute_that_is_not_given(const struct open *open, uint32_t attribute) {
    return open->node->attributes & attribute && !(open->attributes & attribute);
}

/* A link that is opened itself is as a file. */
static bool refuse_file(struct open *open) {
    const bool read_only = open->node->attributes & FILE_ATTRIBUTE_READONLY;
    if (open->spelled.trailing)
        return refuse(open, FLT_RULE_open_trailing_backslash, STATUS_OBJECT_NAME_INVALID);
    if (creates_new(open))
        return refuse(open, FLT_RULE_open_collision, STATUS_OBJECT_NAME_COLLISION);
    if (open->options & FILE_DIRECTORY_FILE)
        return refuse(open, FLT_RULE_open_kind, STATUS_NOT_A_DIRECTORY);
    if (read_only && (open->replaces || open->asked & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
        return refuse(open, FLT_RULE_open_read_only, STATUS_ACCESS_DENIED);
    if (read_only && open->options & FILE_DELETE_ON_CLOSE)
        return refuse(open, FLT_RULE_open_cannot_delete, STATUS_CANNOT_DELETE);
    if (open->replaces && (has_attribute_that_is_not_given(open, FILE_ATTRIBUTE_HIDDEN) ||
                           has_attribute_that_is_not_given(open, FILE_ATTRIBUTE_SYSTEM)))
        return refuse(open, FLT_RULE_open_hidden_system, STATUS_ACCESS_DENIED);
    if (read_only && open->access & MAXIMUM_ALLOWED)
        open->target.granted &= ~(FILE_WRITE_DATA | FILE_APPEND_DATA);
    open->target.replaces = open->replaces;
    return false;
}

static uint32_t implied_access(const struct open *open) {
    if (!open->target.replaces)
        return 0;
    return open->disposition == FILE_SUPERSEDE ? DELETE : FILE_WRITE_DATA;
}

static bool refuse_sharing(struct open *open) {
    const enum flt_rule rule =
        flt_sharing_rule(open->node, open->call, open->target.granted, implied_access(open));
    if (rule == FLT_RULE_share_conflict || rule == FLT_RULE_share_implied)
        return refuse(open, rule, STATUS_SHARING_VIOLATION);
    if (rule != FLT_RULE_NONE)
        open->target.rule = rule; /* why it is not refused */
    return false;
}

static bool is_for_attributes_only(const struct open *open) {
    const uint32_t harmless = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;
    return (open->asked & ~harmless) == 0 && !(open->access & MAXIMUM_ALLOWED) && !open->replaces &&
           !(open->options & FILE_RESERVE_OPFILTER);
}

static bool refuse_oplock(struct open *open) {
    if (!open->node->oplocked)
        return false;
    if (open->options & FILE_OPEN_REQUIRING_OPLOCK)
        return refuse(open, FLT_RULE_open_requiring_oplock, STATUS_CANNOT_BREAK_OPLOCK);
    const bool underway =
        !is_for_attributes_only(open) && open->options & FILE_COMPLETE_IF_OPLOCKED;
    open->keeps_oplock = underway || is_for_attributes_only(open);
    open->target.ends_oplock = !open->keeps_oplock;
    if (underway) {
        open->target.status = (uint32_t)STATUS_OPLOCK_BREAK_IN_PROGRESS;
        open->target.information = FILE_OPBATCH_BREAK_UNDERWAY;
    }
    return false;
}

static bool refuse_kind(struct open *open) {
    if (open->node->kind == FLT_NAME_VOLUME)
        return refuse_volume(open);
    if (open->node->kind == FLT_NAME_DIRECTORY)
        return refuse_directory_itself(open);
    return refuse_file(open);
}

static bool refuse_opfilter(struct open *open) {
    if (asks_for_opfilter_wrongly(open) ||
        (open->options & FILE_RESERVE_OPFILTER && open->node->opens > 0))
        return refuse(open, FLT_RULE_open_reserve_opfilter, STATUS_OPLOCK_NOT_GRANTED);
    return false;
}

static uint64_t action_on_existing(const struct open *open) {
    if (open->disposition == FILE_SUPERSEDE)
        return FILE_SUPERSEDED;
    return open->replaces ? FILE_OVERWRITTEN : FILE_OPENED;
}

static bool refuse_existing(struct open *open) {
    open->target.information = action_on_existing(open);
    if (open->node->deleting)
        return refuse(open, FLT_RULE_open_delete_pending, STATUS_DELETE_PENDING);
    if (flt_is_served(open->node))
        return refuse_client(open);
    return refuse_kind(open) || refuse_opfilter(open) || refuse_sharing(open) ||
           refuse_oplock(open);
}

/* ---- other than the name says ---------------------------------------------------------------- */

/* The directory that the name is in, if a name there would be the file system's business. */
static void find_target_directory(struct open *open) {
    struct flt_target *target = &open->target;
    const bool exists = open->node->kind != FLT_NAME_NOTHING;
    if (open->spelled.directory == 0 || open->spelled.by_id) {
        refuse(open, FLT_RULE_open_target_directory, STATUS_INVALID_PARAMETER);
        return;
    }
    target->name = open->spelled.directory;
    open->node = flt_node_under(open->contract, target->name);
    target->delete_on_close = false;
    if (refuse_sharing(open))
        return;
    target->rule = FLT_RULE_open_target_directory;
    target->information = exists ? FILE_EXISTS : FILE_DOES_NOT_EXIST;
}

static bool refuse_link(struct open *open) {
    if (open->node->kind != FLT_NAME_LINK || open->options & FILE_OPEN_REPARSE_POINT)
        return false;
    if (open->node->deleting)
        return refuse(open, FLT_RULE_open_delete_pending, STATUS_DELETE_PENDING);
    if (open->flags & IO_STOP_ON_SYMLINK)
        return refuse(open, FLT_RULE_open_stops_on_symlink, STATUS_STOPPED_ON_SYMLINK);
    open->followed = true;
    open->target.name = FLT_NAME_ID_A;
    open->node = flt_node_under(open->contract, FLT_NAME_ID_A);
    return false;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* What is most particular about an open that nothing refused. */
static enum flt_rule rule_of_success(const struct open *open) {
    if (open->keeps_oplock)
        return FLT_RULE_open_oplock_break;
    if (open->spelled.by_id)
        return FLT_RULE_open_by_id;
    if (open->followed)
        return FLT_RULE_open_follows_link;
    if (open->spelled.relative)
        return FLT_RULE_open_relative;
    if (flt_is_served(open->node))
        return FLT_RULE_open_pipe_client;
    if (open->target.makes != FLT_NAME_NOTHING)
        return FLT_RULE_open_creates;
    return open->target.rule != FLT_RULE_NONE ? open->target.rule : FLT_RULE_open_existing;
}

static void find_file(struct open *open) {
    if (refuse_link(open))
        return;
    const bool missing = open->node->kind == FLT_NAME_NOTHING;
    if (missing ? refuse_missing(open) : refuse_existing(open))
        return;
    if (missing)
        open->target.information = FILE_CREATED;
    open->target.rule = rule_of_success(open);
}

struct flt_target flt_find_target(const struct flt_contract *contract,
                                  const struct flt_call *call) {
    const uint32_t access = (uint32_t)call->arg[FLT_ARG_access];
    const uint32_t disposition = (uint32_t)call->arg[FLT_ARG_disposition];
    const uint32_t options = (uint32_t)call->arg[FLT_ARG_create_options];
    struct open open = {
        .contract = contract,
        .call = call,
        .spelled = flt_spell(contract, call),
        .flags = flt_given(call, FLT_ARG_flags),
        .access = access,
        .asked = flt_asked_access(FLT_TYPE_FILE, access),
        .share = (uint32_t)call->arg[FLT_ARG_share],
        .options = options,
        .disposition = disposition,
        .attributes = (uint32_t)call->arg[FLT_ARG_file_attributes],
        .replaces = disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE ||
                    disposition == FILE_OVERWRITE_IF,
        .target = {.granted = flt_granted_access(FLT_TYPE_FILE, access),
                   .counted = true,
                   .shares = true,
                   .delete_on_close = (options & FILE_DELETE_ON_CLOSE) != 0},
    };
    if (refuse_parameters(&open) || refuse_name(&open) || refuse_directory(&open))
        return open.target;
    open.node = flt_node_under(contract, open.target.name);
    if (open.flags & IO_OPEN_TARGET_DIRECTORY)
        find_target_directory(&open);
    else
        find_file(&open);
    return open.target;
}
