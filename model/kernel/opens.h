/* What the calls that make a handle have in common. */
#ifndef FLT_OPENS_H
#define FLT_OPENS_H

#include "state.h"

/* What an open of a file looks for. A volume's open has no name. */
enum flt_creates {
    FLT_CREATES_NOTHING,
    FLT_CREATES_FILE,
    FLT_CREATES_PIPE, /* the server's end, as of a mailslot */
    FLT_CREATES_MAILSLOT
};

struct flt_open {
    enum flt_opcode opener;
    enum flt_type type;
    enum flt_creates creates;
    /* For whom, in the filter manager's opens. */
    enum flt_filter filter;
    enum flt_instance instance;
    ACCESS_MASK access;
    ULONG share;
    ULONG flags;
    ULONG disposition;
    ULONG create_options;
    ULONG file_attributes;
    ULONG pipe_type, pipe_mode;
    uint32_t pipe_most;  /* instances */
    bool from_user_mode; /* every parameter is looked at */
    POBJECT_ATTRIBUTES attributes;
    PIO_DRIVER_CREATE_CONTEXT context; /* NULL: none */
    PHANDLE handle;                    /* NULL: this call makes none */
    PFILE_OBJECT *object;              /* NULL: the caller wants no object, and gets no reference */
    PIO_STATUS_BLOCK iosb;             /* NULL: this call has none */
};

/* What is to become of an open that nothing speaks against: found by the checks, done by the steps.
 */
struct flt_target {
    struct flt_file file; /* as the file object is to keep it */
    ACCESS_MASK granted;
    NTSTATUS status; /* a success */
    ULONG information;
    uint8_t makes; /* enum flt_name_there: the node to make; NOTHING where there is one */
    bool sets_attributes;
    bool ends_oplock;
    ULONG attributes; /* of a node that is made or replaced */
    struct flt_pipe pipe;
};

NTSTATUS flt_open(struct flt_kernel *kernel, const struct flt_open *open);
/* The same, as far as the file system's answer: the file object is handed out, its create is under
 * way, and there is no handle. */
NTSTATUS flt_open_begin(struct flt_kernel *kernel, const struct flt_open *open);
/* Leaves behind what a failed open leaves; returns the status. */
NTSTATUS flt_open_failed(const struct flt_kernel *kernel, const struct flt_open *open,
                         NTSTATUS status);

#endif
