#include "call_classes.h"

#include "../model/call.h"

static const uint64_t classes[FLT_OP_LIMIT] = {
    [FLT_OP_FltCreateFile] = FLT_CALLS_OPENS_PLAIN_FILE | FLT_CALLS_STOPS_ON_LINKS,
    [FLT_OP_FltCreateFileEx] =
        FLT_CALLS_OPENS_PLAIN_FILE | FLT_CALLS_STOPS_ON_LINKS | FLT_CALLS_GIVES_FILE,
    [FLT_OP_FltCreateFileEx2] = FLT_CALLS_OPENS_PLAIN_FILE | FLT_CALLS_STOPS_ON_LINKS |
                                FLT_CALLS_GIVES_FILE | FLT_CALLS_OPENS_WITH_LIST,
    [FLT_OP_ZwCreateFile] = FLT_CALLS_OPENS_PLAIN_FILE,
    [FLT_OP_FltOpenVolume] = FLT_CALLS_OPENS_VOLUME | FLT_CALLS_GIVES_FILE,
    [FLT_OP_FltCreateNamedPipeFile] =
        FLT_CALLS_OPENS_NAMED_PIPE | FLT_CALLS_GIVES_FILE | FLT_CALLS_OPENS_WITH_LIST,
    [FLT_OP_FltCreateMailslotFile] =
        FLT_CALLS_OPENS_MAILSLOT | FLT_CALLS_GIVES_FILE | FLT_CALLS_OPENS_WITH_LIST,
    [FLT_OP_FltClose] = FLT_CALLS_PLAIN_CLOSES,
    [FLT_OP_ZwClose] = FLT_CALLS_PLAIN_CLOSES,
    [FLT_OP_NtClose] = FLT_CALLS_PLAIN_CLOSES,
    [FLT_OP_ObCloseHandle] = FLT_CALLS_PLAIN_CLOSES,
    [FLT_OP_FltSetInformationFile] = FLT_CALLS_SETS_FILE,
    [FLT_OP_FltCancelFileOpen] = FLT_CALLS_CANCELS,
    [FLT_OP_FltAllocateExtraCreateParameterList] = FLT_CALLS_MAKES_LIST,
    [FLT_OP_FltFreeExtraCreateParameterList] = FLT_CALLS_FREES_LIST,
    [FLT_OP_FltRegisterFilter] = FLT_CALLS_REGISTERS,
    [FLT_OP_FltStartFiltering] = FLT_CALLS_STARTS,
    [FLT_OP_FltUnregisterFilter] = FLT_CALLS_UNREGISTERS,
    [FLT_OP_ZwCreateEvent] = FLT_CALLS_OPENS_OTHER,
    [FLT_OP_ZwCreateSection] = FLT_CALLS_OPENS_OTHER,
    [FLT_OP_ZwOpenKey] = FLT_CALLS_OPENS_OTHER,
    [FLT_OP_ZwDuplicateObject] = FLT_CALLS_DUPLICATES_HANDLE,
    [FLT_OP_ZwSetInformationObject] = FLT_CALLS_SETS_FLAGS,
    [FLT_OP_ObReferenceObjectByHandle] = FLT_CALLS_REFERENCES_BY_HANDLE,
    [FLT_OP_ObReferenceObject] = FLT_CALLS_REFERENCES_BY_POINTER,
    [FLT_OP_ObDereferenceObject] = FLT_CALLS_DROPS,
    [FLT_OP_ObOpenObjectByPointer] = FLT_CALLS_OPENS_BY_POINTER,
    [FLT_OP_ExFreePool] = FLT_CALLS_FREES_BUFFER,
    [FLT_OP_KeRaiseIrql] = FLT_CALLS_RAISES,
    [FLT_OP_KeLowerIrql] = FLT_CALLS_LOWERS,
    [FLT_OP_KeEnterCriticalRegion] = FLT_CALLS_ENTERS,
    [FLT_OP_KeEnterGuardedRegion] = FLT_CALLS_ENTERS,
    [FLT_OP_KeLeaveCriticalRegion] = FLT_CALLS_LEAVES,
    [FLT_OP_KeLeaveGuardedRegion] = FLT_CALLS_LEAVES,
    [FLT_OP_KeStackAttachProcess] = FLT_CALLS_ATTACHES,
    [FLT_OP_KeUnstackDetachProcess] = FLT_CALLS_DETACHES,
    [FLT_OP_IoSetTopLevelIrp] = FLT_CALLS_SETS_IRP,
    [FLT_OP_RunIn] = FLT_CALLS_RUNS_IN,
    [FLT_OP_StartProcess] = FLT_CALLS_STARTS_PROCESS,
    [FLT_OP_ExitProcess] = FLT_CALLS_EXITS,
    [FLT_OP_SetPreviousMode] = FLT_CALLS_SETS_MODE,
    [FLT_OP_AttachInstance] = FLT_CALLS_ATTACHES_INSTANCE,
    [FLT_OP_TeardownStart] = FLT_CALLS_TEARS_DOWN,
    [FLT_OP_TeardownComplete] = FLT_CALLS_ENDS_TEARDOWN,
    [FLT_OP_UnloadFilter] = FLT_CALLS_UNLOADS,
    [FLT_OP_UnloadComplete] = FLT_CALLS_ENDS_UNLOAD,
    [FLT_OP_PostCreate] = FLT_CALLS_POSTS_CREATE,
    [FLT_OP_CreateComplete] = FLT_CALLS_COMPLETES,
    [FLT_OP_TakeReparseBuffer] = FLT_CALLS_TAKES_BUFFER,
};

static bool moves_always(uint8_t opcode) {
    const uint64_t always = FLT_CALLS_ENTERS | FLT_CALLS_LEAVES | FLT_CALLS_ATTACHES |
                            FLT_CALLS_DETACHES | FLT_CALLS_REFERENCES_BY_POINTER | FLT_CALLS_DROPS |
                            FLT_CALLS_FREES_LIST | FLT_CALLS_FREES_BUFFER | FLT_CALLS_CANCELS |
                            FLT_CALLS_UNREGISTERS;
    return (classes[opcode] & always) != 0;
}

uint64_t flt_call_classes(uint8_t opcode) {
    return classes[opcode] | FLT_CALLS_ANY |
           (moves_always(opcode) ? 0 : FLT_CALLS_MAY_MOVE_NOTHING) |
           (flt_calls[opcode].returns_status ? FLT_CALLS_RETURNS_STATUS : 0);
}
