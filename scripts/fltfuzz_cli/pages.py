"""The address of the page that a rule names as its source. The functions and structures stand here by the
header that the documentation keeps them under."""

import re

BASE = "https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi"
FUNCTIONS = {
    "fltkernel": """FltAllocateExtraCreateParameterList FltCancelFileOpen FltClose FltCreateFile FltCreateFileEx
        FltCreateFileEx2 FltCreateMailslotFile FltCreateNamedPipeFile FltFreeExtraCreateParameterList FltOpenVolume
        FltQueryInformationFile FltReadFile FltRegisterFilter FltSetInformationFile FltStartFiltering
        FltUnregisterFilter""",
    "ntddk": "IoCreateFileEx KeEnterCriticalRegion KeLeaveCriticalRegion KeLeaveGuardedRegion",
    "ntifs": """IoSetTopLevelIrp KeStackAttachProcess KeUnstackDetachProcess NtClose NtCreateFile
        ObOpenObjectByPointer ZwCreateEvent ZwDuplicateObject""",
    "wdm": """IoCheckShareAccess IoRemoveShareAccess IoUpdateShareAccess KeLowerIrql KeRaiseIrql ObCloseHandle
        ObDereferenceObject ObReferenceObjectByHandle ZwClose ZwCreateFile ZwQueryInformationFile ZwReadFile""",
}
STRUCTURES = {
    "fltkernel": "FLT_CREATEFILE_TARGET_ECP_CONTEXT",
    "ntddk": "FILE_DISPOSITION_INFORMATION FILE_DISPOSITION_INFORMATION_EX",
    "wdm": "FILE_OBJECT",
}
PAGES = {name: f"{BASE}/{header}/nf-{header}-{name.lower()}" for header, names in FUNCTIONS.items() for name in names.split()}
PAGES.update({name: f"{BASE}/{header}/ns-{header}-_{name.lower()}" for header, names in STRUCTURES.items() for name in names.split()})


def page_of(source):
    """Of the first thing that the source names and that has a page; None where it names none, or says that
    the pages are silent."""
    if source.startswith("silent"):
        return None
    return next((PAGES[word] for word in re.findall(r"\w+", source) if word in PAGES), None)
