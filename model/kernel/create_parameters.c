#include "create_parameters.h"

#define SYNCHRONOUS (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)

/* What goes with FILE_DIRECTORY_FILE. */
#define DIRECTORY_OPTIONS                                                                          \
    (FILE_DIRECTORY_FILE | FILE_WRITE_THROUGH | SYNCHRONOUS | FILE_OPEN_FOR_BACKUP_INTENT |        \
     FILE_OPEN_BY_FILE_ID | FILE_DELETE_ON_CLOSE | FILE_COMPLETE_IF_OPLOCKED |                     \
     FILE_OPEN_FOR_FREE_SPACE_QUERY | FILE_NO_COMPRESSION | FILE_OPEN_REPARSE_POINT)

static bool has_all(ULONG options, ULONG these) {
    return (options & these) == these;
}

/* Nothing could be made of these. */
static bool is_senseless(const struct flt_open *open) {
    if (open->disposition > FILE_MAXIMUM_DISPOSITION)
        return true;
    return open->create_options & FILE_DIRECTORY_FILE &&
           (flt_replaces(open->disposition) || open->create_options & FILE_NON_DIRECTORY_FILE);
}

static bool is_out_of_range(const struct flt_open *open) {
    return open->share & ~FILE_SHARE_VALID_FLAGS ||
           open->file_attributes & ~FILE_ATTRIBUTE_VALID_FLAGS ||
           open->create_options & ~FILE_VALID_OPTION_FLAGS;
}

static bool has_options_apart(ULONG options) {
    return (options & FILE_DIRECTORY_FILE && options & ~DIRECTORY_OPTIONS) ||
           has_all(options, SYNCHRONOUS) ||
           has_all(options, FILE_COMPLETE_IF_OPLOCKED | FILE_RESERVE_OPFILTER);
}

/* An option that needs an access, or none of it. Generic rights are not looked into. */
static bool has_wrong_access(ULONG options, ACCESS_MASK access) {
    return (options & SYNCHRONOUS && !(access & SYNCHRONIZE)) ||
           (options & FILE_DELETE_ON_CLOSE && !(access & DELETE)) ||
           (options & FILE_NO_INTERMEDIATE_BUFFERING && access & FILE_APPEND_DATA);
}

static bool is_checked(const struct flt_kernel *kernel, const struct flt_open *open) {
    return open->from_user_mode || open->flags & IO_CHECK_CREATE_PARAMETERS ||
           flt_chosen(&kernel->switches, create_checks, always);
}

NTSTATUS flt_create_parameters_check(const struct flt_kernel *kernel, const struct flt_open *open) {
    if (is_senseless(open))
        return STATUS_INVALID_PARAMETER;
    if (!is_checked(kernel, open))
        return STATUS_SUCCESS;
    return is_out_of_range(open) || has_options_apart(open->create_options) ||
                   has_wrong_access(open->create_options, open->access)
               ? STATUS_INVALID_PARAMETER
               : STATUS_SUCCESS;
}

NTSTATUS flt_pipe_parameters_check(const struct flt_open *open) {
    const ULONG sharing = FILE_SHARE_READ | FILE_SHARE_WRITE;
    const bool is_shared = open->share & sharing && !(open->share & ~sharing);
    const bool is_mode_of_type =
        open->pipe_mode == FILE_PIPE_BYTE_STREAM_MODE || open->pipe_type == FILE_PIPE_MESSAGE_TYPE;
    const bool is_made = open->disposition == FILE_OPEN || open->disposition == FILE_CREATE ||
                         open->disposition == FILE_OPEN_IF;
    return is_shared && is_mode_of_type && is_made && open->pipe_most > 0 &&
                   !(open->create_options & ~FILE_VALID_PIPE_OPTION_FLAGS)
               ? STATUS_SUCCESS
               : STATUS_INVALID_PARAMETER;
}

NTSTATUS flt_mailslot_parameters_check(const struct flt_open *open) {
    return open->create_options & ~FILE_VALID_MAILSLOT_OPTION_FLAGS ? STATUS_INVALID_PARAMETER
                                                                    : STATUS_SUCCESS;
}
