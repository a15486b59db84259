/* An application's create around the filter's post-create callback, and what the callback may call.
 */
#include "calls.h"
#include "opens.h"
#include "pointers.h"

NTSTATUS flt_kernel_PostCreate(struct flt_system *system, PFILE_OBJECT *FileObject,
                               ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                               PIO_STATUS_BLOCK IoStatusBlock, ULONG FileAttributes,
                               ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions) {
    const struct flt_open open = {.opener = FLT_OP_PostCreate,
                                  .type = FLT_TYPE_FILE,
                                  .creates = FLT_CREATES_FILE,
                                  .access = DesiredAccess,
                                  .share = ShareAccess,
                                  .disposition = CreateDisposition,
                                  .create_options = CreateOptions,
                                  .file_attributes = FileAttributes,
                                  .from_user_mode = true,
                                  .attributes = ObjectAttributes,
                                  .object = FileObject,
                                  .iosb = IoStatusBlock};
    return flt_open_begin(flt_kernel_of(system), &open);
}

/* Whatever is no create under way cannot be completed. */
VOID flt_kernel_CreateComplete(struct flt_system *system, PFILE_OBJECT FileObject) {
    struct flt_kernel *kernel = flt_kernel_of(system);
    struct flt_object *object = flt_live_object(kernel, FileObject);
    if (object && object->create != FLT_CREATE_COMPLETE)
        flt_object_end_create(&kernel->objects, object, flt_kernel_process(kernel));
}

enum { REASON_CANCEL_AFTER_HANDLE = 0x6A }; /* of FLTMGR_FILE_SYSTEM */

VOID flt_kernel_FltCancelFileOpen(struct flt_system *system, PFLT_INSTANCE Instance,
                                  PFILE_OBJECT FileObject) {
    (void)Instance;
    struct flt_kernel *kernel = flt_kernel_enter(system, FLT_OP_FltCancelFileOpen);
    struct flt_object *object = flt_pointed_object(kernel, FileObject);
    if (object->create != FLT_CREATE_UNDER_WAY)
        flt_system_bugcheck(system, FLT_STOP_FLTMGR_FILE_SYSTEM, REASON_CANCEL_AFTER_HANDLE,
                            (uint64_t)(uintptr_t)object, 0, 0);
    flt_object_cancel_create(&kernel->objects, object, flt_kernel_process(kernel));
}
