/* The WDK's names (include/fltKernel.h), as shims that go through a door: what a driver under test
 * links against. Handles are bare numbers here, without the slot they came from.
 * Parameters that calls.def marks F (disposition, options, sharing ...) are not looked at yet: the
 * call is made with the table's values. */
#ifndef FLT_API_H
#define FLT_API_H

#include "door.h"

/* The door that the shims use from now on; NULL takes it away. A shim without a door, and one whose
 * run is over, returns STATUS_UNSUCCESSFUL and writes nothing. A withheld call returns
 * STATUS_INVALID_PARAMETER and writes nothing. */
void flt_api_use(struct flt_door *door);

/* The environment calls of calls.def, which are no WDK functions. */
VOID RunIn(ULONG Process);
VOID StartProcess(ULONG Process);
VOID ExitProcess(ULONG Process);
VOID SetPreviousMode(KPROCESSOR_MODE Mode);
VOID AttachInstance(PFLT_INSTANCE Instance, PFLT_FILTER Filter);
VOID TeardownStart(PFLT_INSTANCE Instance);
VOID TeardownComplete(PFLT_INSTANCE Instance);
VOID UnloadFilter(PFLT_FILTER Filter, ULONG Kind); /* enum flt_unload */
VOID UnloadComplete(PFLT_FILTER Filter, NTSTATUS Answer);
NTSTATUS PostCreate(PFILE_OBJECT *FileObject, ACCESS_MASK DesiredAccess,
                    POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                    ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition,
                    ULONG CreateOptions);
VOID CreateComplete(PFILE_OBJECT FileObject);
VOID TakeReparseBuffer(PVOID *Buffer);

#endif
