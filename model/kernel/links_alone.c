/* Links with the whole kernel and without the contract or the door. */
#include <stdio.h>

#include "kernel.h"

int main(void) {
    struct flt_system *system = flt_kernel_new();
    if (!system) {
        fputs("no kernel: memory is short\n", stderr);
        return 1;
    }
    flt_kernel_free(system);
    return 0;
}
