/* The basic types of the Windows kernel, sized as on 64-bit Windows on every host we build for.
 * `long` is never used: it is 8 bytes on LP64. */
#ifndef FLT_NTDEF_H
#define FLT_NTDEF_H

#include <stddef.h>
#include <stdint.h>

typedef int32_t NTSTATUS;
typedef void *HANDLE, **PHANDLE;
typedef void VOID, *PVOID;
typedef char CHAR;
typedef uint8_t UCHAR, BOOLEAN, KIRQL, *PKIRQL;
typedef int16_t SHORT, CSHORT;
typedef uint16_t USHORT;
typedef uint16_t WCHAR, *PWCH, *PWSTR;
typedef int32_t LONG;
typedef uint32_t ULONG, *PULONG;
typedef uintptr_t ULONG_PTR;
typedef ULONG ACCESS_MASK;
typedef CHAR KPROCESSOR_MODE;

#define TRUE 1
#define FALSE 0

typedef union _LARGE_INTEGER {
    int64_t QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

/* Length and MaximumLength are bytes, not characters. */
typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;

typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

#define InitializeObjectAttributes(p, n, a, r, s)                                                  \
    do {                                                                                           \
        (p)->Length = (ULONG)sizeof(OBJECT_ATTRIBUTES);                                            \
        (p)->RootDirectory = (r);                                                                  \
        (p)->Attributes = (a);                                                                     \
        (p)->ObjectName = (n);                                                                     \
        (p)->SecurityDescriptor = (s);                                                             \
        (p)->SecurityQualityOfService = NULL;                                                      \
    } while (0)

typedef struct _IO_STATUS_BLOCK {
    NTSTATUS Status;
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

/* NT_SUCCESS is true for success and informational codes, 0 to 0x7FFFFFFF
 * (Windows drivers documentation, "Using NTSTATUS values"). */
#define NT_SUCCESS(status) (((NTSTATUS)(status)) >= 0)

#endif
