/* For the test of the export only: an exported function runs on our own kernel, whose headers have
 * what sequences need. This has the rest of what the function's frame uses. The compiler makes L""
 * of 16 bits
 * (-fshort-wchar). */
#ifndef FLT_EXPORT_NTIFS_H
#define FLT_EXPORT_NTIFS_H

#include <string.h>

#include "../../../model/api.h"
#include "../../../model/include/fltKernel.h"

#define NTAPI
#define NTSYSAPI
#define PAGE_SIZE 4096
#define FSRTL_FSP_TOP_LEVEL_IRP ((ULONG_PTR)1)
#define DPFLTR_IHVDRIVER_ID 77
#define DPFLTR_ERROR_LEVEL 0
#define NtCurrentProcess() ((HANDLE)(LONG_PTR)-1)
#define UNREFERENCED_PARAMETER(P) (void)(P)
#define RTL_CONSTANT_STRING(s)                                                                     \
    { sizeof(s) - sizeof((s)[0]), sizeof(s), (PWSTR)(s) }
#define RtlZeroMemory(to, size) memset((to), 0, (size))

typedef const char *PCSTR;
typedef int64_t LONGLONG;
typedef intptr_t LONG_PTR;
typedef PRKPROCESS PEPROCESS;
typedef struct _KAPC_STATE {
    int nothing;
} KAPC_STATE;
typedef struct _FILE_STANDARD_INFORMATION {
    LARGE_INTEGER AllocationSize, EndOfFile;
    ULONG NumberOfLinks;
    BOOLEAN DeletePending, Directory;
} FILE_STANDARD_INFORMATION;

extern POBJECT_TYPE *IoFileObjectType, *ExEventObjectType, *CmKeyObjectType;
extern PEPROCESS PsInitialSystemProcess;

int DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);

static inline void IoInitializeDriverCreateContext(PIO_DRIVER_CREATE_CONTEXT DriverContext) {
    memset(DriverContext, 0, sizeof *DriverContext);
    DriverContext->Size = (CSHORT)sizeof *DriverContext;
}

#endif
