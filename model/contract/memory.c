#include "memory.h"

#include <stdio.h>
#include <stdlib.h>

void flt_out_of_memory(void) {
    fputs("fltfuzz: out of memory in the contract\n", stderr);
    abort();
}

void *flt_grow(void *list, uint32_t *room, size_t size) {
    if (*room > UINT32_MAX / 4)
        flt_out_of_memory();
    const uint32_t more = *room ? *room * 2 : 64;
    void *bigger = realloc(list, more * size);
    if (!bigger)
        flt_out_of_memory();
    *room = more;
    return bigger;
}
