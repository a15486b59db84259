#include "outputs.h"

/* Neither a handle of any table (some of the kernel bits are set, not all) nor an address. */
#define NEVER_VALID UINT64_C(0x5A5A5A5ADEADBEE0)

/* False: the output stays as it is. */
static bool left_behind(const struct flt_kernel *kernel, void **what) {
    if (flt_chosen(&kernel->switches, failed_outputs, untouched))
        return false;
    *what =
        flt_chosen(&kernel->switches, failed_outputs, zero) ? NULL : (void *)(uintptr_t)NEVER_VALID;
    return true;
}

void flt_fail_handle(const struct flt_kernel *kernel, PHANDLE handle) {
    void *what;
    if (handle && left_behind(kernel, &what))
        *handle = what;
}

void flt_fail_object(const struct flt_kernel *kernel, PVOID *object) {
    void *what;
    if (object && left_behind(kernel, &what))
        *object = what;
}

void flt_fail_file_object(const struct flt_kernel *kernel, PFILE_OBJECT *object) {
    void *what;
    if (object && left_behind(kernel, &what))
        *object = what;
}

void flt_fail_iosb(const struct flt_kernel *kernel, PIO_STATUS_BLOCK iosb, NTSTATUS status) {
    if (iosb && flt_chosen(&kernel->switches, failed_iosb, written))
        *iosb = (IO_STATUS_BLOCK){.Status = status, .Information = 0};
}
