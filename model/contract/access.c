/* Generic rights by object type: wdm "ACCESS_MASK", and the types' pages. */
#include "../include/wdm.h"
#include "state.h"

#define GENERIC_BITS (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL)

struct mapping {
    uint32_t read, write, execute, all;
};

/* A type that is not here has no handles. */
static const struct mapping mappings[FLT_TYPE_COUNT] = {
    [FLT_TYPE_FILE] = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                       FILE_ALL_ACCESS},
    [FLT_TYPE_EVENT] = {READ_CONTROL | EVENT_QUERY_STATE, READ_CONTROL | EVENT_MODIFY_STATE,
                        READ_CONTROL | SYNCHRONIZE, EVENT_ALL_ACCESS},
    /* SECTION_QUERY 1, MAP_WRITE 2, MAP_READ 4, MAP_EXECUTE 8, EXTEND_SIZE 0x10 */
    [FLT_TYPE_SECTION] = {READ_CONTROL | 0x5, READ_CONTROL | 0x2, READ_CONTROL | 0x8, 0x000F001F},
    /* KEY_QUERY_VALUE 1, SET_VALUE 2, CREATE_SUB_KEY 4, ENUMERATE_SUB_KEYS 8, NOTIFY 0x10, and
     * CREATE_LINK 0x20 */
    [FLT_TYPE_KEY] = {READ_CONTROL | 0x19, READ_CONTROL | 0x6, READ_CONTROL | 0x19, 0x000F003F},
};

/* MAXIMUM_ALLOWED asks for nothing in particular. */
uint32_t flt_asked_access(enum flt_type type, uint32_t asked) {
    const struct mapping *mapping = &mappings[type];
    uint32_t access = asked & ~(GENERIC_BITS | MAXIMUM_ALLOWED);
    access |= asked & GENERIC_READ ? mapping->read : 0;
    access |= asked & GENERIC_WRITE ? mapping->write : 0;
    access |= asked & GENERIC_EXECUTE ? mapping->execute : 0;
    access |= asked & GENERIC_ALL ? mapping->all : 0;
    return access;
}

/* And grants everything, for nothing here has a security descriptor yet. */
uint32_t flt_granted_access(enum flt_type type, uint32_t asked) {
    return flt_asked_access(type, asked) | (asked & MAXIMUM_ALLOWED ? mappings[type].all : 0);
}

/* The pages of the two calls give generic rights of their own for reading and writing. */
uint32_t flt_granted_pipe_access(uint32_t asked) {
    uint32_t access =
        flt_granted_access(FLT_TYPE_FILE, asked & ~(uint32_t)(GENERIC_READ | GENERIC_WRITE));
    if (asked & GENERIC_READ)
        access |= READ_CONTROL | FILE_READ_DATA | SYNCHRONIZE;
    if (asked & GENERIC_WRITE)
        access |= READ_CONTROL | FILE_WRITE_DATA | FILE_APPEND_DATA | SYNCHRONIZE;
    return access;
}
