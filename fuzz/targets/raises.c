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

/* fuzz_names: what opens, creates and deletes files, pipes and mailslots. */
static const struct flt_raise names[] = {
    {FLT_OP_FltCreateFile, 3},
    {FLT_OP_FltCreateFileEx, 3},
    {FLT_OP_FltCreateFileEx2, 3},
    {FLT_OP_ZwCreateFile, 2},
    {FLT_OP_FltSetInformationFile, 6},
    {FLT_OP_FltCreateNamedPipeFile, 5},
    {FLT_OP_FltCreateMailslotFile, 3},
    {FLT_OP_FltAllocateExtraCreateParameterList, 2},
    {FLT_OP_FltFreeExtraCreateParameterList, 2},
    {FLT_OP_FltClose, 2},
    {FLT_OP_PostCreate, 3},
    {FLT_OP_CreateComplete, 3},
    {FLT_OP_FltCancelFileOpen, 4},
    {FLT_OP_ExFreePool, 2},
    {FLT_OP_NONE, 0},
};

static const struct flt_raise none[] = {{FLT_OP_NONE, 0}};

const struct flt_raise *flt_raises_of(const char *target) {
    if (strcmp(target, "fuzz_lifecycle") == 0)
        return lifecycle;
    return strcmp(target, "fuzz_names") == 0 ? names : none;
}
