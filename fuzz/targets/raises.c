#include "raises.h"

#include <string.h>

/* fuzz_lifecycle: what starts and ends, and in whose name calls are made. */
static const struct flt_raise lifecycle[] = {
    {FLT_OP_RunIn, 4},
    {FLT_OP_StartProcess, 10},
    {FLT_OP_ExitProcess, 10},
    {FLT_OP_SetPreviousMode, 4},
    {FLT_OP_KeStackAttachProcess, 6},
    {FLT_OP_KeUnstackDetachProcess, 4},
    {FLT_OP_ZwDuplicateObject, 3},
    {FLT_OP_FltOpenVolume, 4},
    {FLT_OP_AttachInstance, 12},
    {FLT_OP_TeardownStart, 8},
    {FLT_OP_TeardownComplete, 10},
    {FLT_OP_UnloadFilter, 8},
    {FLT_OP_UnloadComplete, 8},
    {FLT_OP_FltRegisterFilter, 12},
    {FLT_OP_FltStartFiltering, 10},
    {FLT_OP_FltUnregisterFilter, 6},
    {FLT_OP_NONE, 0},
};

static const struct flt_raise none[] = {{FLT_OP_NONE, 0}};

const struct flt_raise *flt_raises_of(const char *target) {
    return strcmp(target, "fuzz_lifecycle") == 0 ? lifecycle : none;
}
