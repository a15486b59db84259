/* Arguments and outputs between the neutral record and C: one pair of macros per C kind of
 * calls.def. FLT_TO_x(system, value) makes the C argument, FLT_FROM_x(system, argument) the neutral
 * value. */
#ifndef FLT_MARSHAL_H
#define FLT_MARSHAL_H

#include "system.h"

static inline void *flt_pointer(uint64_t value) {
    return (void *)(uintptr_t)value;
}

static inline uint64_t flt_number(const void *pointer) {
    return (uint64_t)(uintptr_t)pointer;
}

/* The index of a world pointer; `count` when the world has no such thing. */
static inline uint64_t flt_world_index(const void *const *things, size_t count, const void *thing) {
    uint64_t i = 0;
    while (i < count && things[i] != thing)
        i++;
    return i;
}

#define FLT_TO_ULONG(system, value) ((ULONG)(value))
#define FLT_TO_NTSTATUS(system, value) ((NTSTATUS)(uint32_t)(value))
#define FLT_TO_DRIVER(system, value) ((system)->world.driver[(value) % FLT_FILTER_COUNT])
#define FLT_TO_PROCESS_HANDLE(system, value)                                                       \
    ((system)->world.process_handle[(value) % FLT_PROCESS_HANDLE_COUNT])
#define FLT_TO_PROCESS_OBJECT(system, value) ((system)->world.process[(value) % FLT_PROCESS_COUNT])
#define FLT_TO_FILE_OBJECT(system, value) ((PFILE_OBJECT)flt_pointer(value))
/* FSRTL_FSP_TOP_LEVEL_IRP is the pointer 1; NULL is 0. */
#define FLT_TO_IRP(system, value) ((PIRP)flt_pointer(value))
#define FLT_TO_PROCESS(system, value) ((ULONG)(value))
#define FLT_TO_FILTER(system, value) ((system)->world.filter[(value) % FLT_FILTER_COUNT])
#define FLT_TO_INSTANCE(system, value) ((system)->world.instance[(value) % FLT_INSTANCE_COUNT])
#define FLT_TO_ACCESS_MASK(system, value) ((ACCESS_MASK)(value))
#define FLT_TO_HANDLE(system, value) ((HANDLE)flt_pointer(value))
#define FLT_TO_OBJECT(system, value) ((PVOID)flt_pointer(value))
#define FLT_TO_OBJECT_TYPE(system, value) ((system)->world.type[(value) % FLT_TYPE_COUNT])
#define FLT_TO_MODE(system, value) ((KPROCESSOR_MODE)(value))
#define FLT_TO_IRQL(system, value) ((KIRQL)(value))
#define FLT_TO_ECP_LIST(system, value) ((PECP_LIST)flt_pointer(value))
#define FLT_TO_PIPE_TYPE(system, value)                                                            \
    ((value)&FLT_PIPE_MESSAGE_TYPE ? FILE_PIPE_MESSAGE_TYPE : FILE_PIPE_BYTE_STREAM_TYPE)
#define FLT_TO_PIPE_MODE(system, value)                                                            \
    ((value)&FLT_PIPE_MESSAGE_MODE ? FILE_PIPE_MESSAGE_MODE : FILE_PIPE_BYTE_STREAM_MODE)
/* Of what `delete` says: the plain class where that can say it. */
#define FLT_TO_INFORMATION_CLASS(system, value)                                                    \
    ((value) > FILE_DISPOSITION_DELETE ? FileDispositionInformationEx : FileDispositionInformation)

#define FLT_FROM_WORLD(system, things, thing)                                                      \
    flt_world_index((const void *const *)(system)->world.things,                                   \
                    sizeof(system)->world.things / sizeof(system)->world.things[0], (thing))
#define FLT_FROM_ULONG(system, x) (x)
#define FLT_FROM_NTSTATUS(system, x) ((uint64_t)(uint32_t)(x))
#define FLT_FROM_DRIVER(system, x) FLT_FROM_WORLD(system, driver, x)
#define FLT_FROM_PROCESS_HANDLE(system, x) FLT_FROM_WORLD(system, process_handle, x)
#define FLT_FROM_PROCESS_OBJECT(system, x) FLT_FROM_WORLD(system, process, x)
#define FLT_FROM_IRP(system, x) flt_number(x)
#define FLT_FROM_PROCESS(system, x) (x)
#define FLT_FROM_FILTER(system, x) FLT_FROM_WORLD(system, filter, x)
#define FLT_FROM_INSTANCE(system, x) FLT_FROM_WORLD(system, instance, x)
#define FLT_FROM_ACCESS_MASK(system, x) (x)
#define FLT_FROM_HANDLE(system, x) flt_number(x)
#define FLT_FROM_OBJECT_TYPE(system, x) FLT_FROM_WORLD(system, type, x)
#define FLT_FROM_MODE(system, x) ((uint64_t)(uint8_t)(x))
#define FLT_FROM_IRQL(system, x) (x)
#define FLT_FROM_PIPE_TYPE(system, x) ((x) != 0 ? FLT_PIPE_MESSAGE_TYPE : 0u)
#define FLT_FROM_PIPE_MODE(system, x) ((x) != 0 ? FLT_PIPE_MESSAGE_MODE : 0u)

#endif
