#include "object_type.h"

const OBJECT_TYPE flt_object_types[FLT_TYPE_COUNT] = {
    [FLT_TYPE_FILE] = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS,
                       true},
    [FLT_TYPE_EVENT] = {READ_CONTROL | EVENT_QUERY_STATE, READ_CONTROL | EVENT_MODIFY_STATE,
                        READ_CONTROL | SYNCHRONIZE, EVENT_ALL_ACCESS, false},
    /* In SECTION_x and KEY_x rights, each with READ_CONTROL. */
    [FLT_TYPE_SECTION] = {0x00020005, 0x00020002, 0x00020008, 0x000F001F, false},
    [FLT_TYPE_KEY] = {0x00020019, 0x00020006, 0x00020019, 0x000F003F, false},
};

/* Read or write data, READ_CONTROL and SYNCHRONIZE. */
static const OBJECT_TYPE pipe_server = {0x00120001, 0x00120006, FILE_GENERIC_EXECUTE,
                                        FILE_ALL_ACCESS, true};

static ACCESS_MASK map_generic(const OBJECT_TYPE *type, ACCESS_MASK access) {
    ACCESS_MASK mapped = access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
    if (access & GENERIC_READ)
        mapped |= type->read;
    if (access & GENERIC_WRITE)
        mapped |= type->write;
    if (access & GENERIC_EXECUTE)
        mapped |= type->execute;
    if (access & GENERIC_ALL)
        mapped |= type->all;
    return mapped;
}

static ACCESS_MASK needed(const OBJECT_TYPE *type, ACCESS_MASK desired) {
    return map_generic(type, desired) & ~MAXIMUM_ALLOWED;
}

static ACCESS_MASK granted(const OBJECT_TYPE *type, ACCESS_MASK desired) {
    return (desired & MAXIMUM_ALLOWED ? type->all : 0) | needed(type, desired);
}

ACCESS_MASK flt_access_needed(enum flt_type type, ACCESS_MASK desired) {
    return needed(&flt_object_types[type], desired);
}

ACCESS_MASK flt_access_granted(enum flt_type type, ACCESS_MASK desired) {
    return granted(&flt_object_types[type], desired);
}

ACCESS_MASK flt_access_granted_pipe(ACCESS_MASK desired) {
    return granted(&pipe_server, desired);
}
