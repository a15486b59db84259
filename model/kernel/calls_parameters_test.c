/* The parameters of a file's create, and when they are looked at. */
#include "calls_test.h"

struct parameters {
    ACCESS_MASK access;
    ULONG options, disposition, share, attributes;
};

#define OF(access, options)                                                                        \
    { access, options, FILE_OPEN_IF, SHARE_ALL, FILE_ATTRIBUTE_NORMAL }

/* Nothing could be made of these. */
static const struct parameters senseless[] = {
    {0, 0, 6, SHARE_ALL, 0},
    {0, 0, UINT32_MAX, SHARE_ALL, 0},
    {0, FILE_DIRECTORY_FILE, FILE_SUPERSEDE, SHARE_ALL, 0},
    {0, FILE_DIRECTORY_FILE, FILE_OVERWRITE, SHARE_ALL, 0},
    {0, FILE_DIRECTORY_FILE, FILE_OVERWRITE_IF, SHARE_ALL, 0},
    {0, FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE, FILE_OPEN, SHARE_ALL, 0}};

/* These are wrong where they are checked. */
static const struct parameters wrong[] = {
    {0, 0, FILE_OPEN, 8, FILE_ATTRIBUTE_NORMAL},
    {0, 0, FILE_OPEN, SHARE_ALL, 0x8},
    {0, 0, FILE_OPEN, SHARE_ALL, 0x8000},
    OF(0, 0x01000000),
    OF(0, FILE_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY),
    OF(0, FILE_DIRECTORY_FILE | FILE_NO_INTERMEDIATE_BUFFERING),
    OF(0, FILE_DIRECTORY_FILE | FILE_OPEN_REMOTE_INSTANCE),
    OF(0, FILE_DIRECTORY_FILE | FILE_OPEN_REQUIRING_OPLOCK),
    OF(0, FILE_DIRECTORY_FILE | FILE_RESERVE_OPFILTER),
    OF(GENERIC_ALL, FILE_SYNCHRONOUS_IO_ALERT),
    OF(GENERIC_READ, FILE_SYNCHRONOUS_IO_NONALERT),
    OF(SYNCHRONIZE, FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT),
    OF(GENERIC_ALL, FILE_DELETE_ON_CLOSE),
    OF(FILE_APPEND_DATA, FILE_NO_INTERMEDIATE_BUFFERING),
    OF(FILE_READ_ATTRIBUTES, FILE_COMPLETE_IF_OPLOCKED | FILE_RESERVE_OPFILTER)};

/* And these are right: what they lack is not asked for. */
static const struct parameters right[] = {
    OF(0, 0),
    {0, 0, FILE_OPEN, 0, 0x7FB7},
    OF(SYNCHRONIZE, FILE_SYNCHRONOUS_IO_ALERT),
    OF(SYNCHRONIZE | GENERIC_READ, FILE_SYNCHRONOUS_IO_NONALERT),
    OF(DELETE, FILE_DELETE_ON_CLOSE),
    OF(GENERIC_WRITE, FILE_NO_INTERMEDIATE_BUFFERING), /* generic rights are not looked into */
    OF(FILE_WRITE_DATA, FILE_NO_INTERMEDIATE_BUFFERING),
    OF(0, 0x00020084 | FILE_OPEN_REMOTE_INSTANCE | FILE_COMPLETE_IF_OPLOCKED),
    OF(SYNCHRONIZE | DELETE, 0x00A0F113)};

static NTSTATUS open_so(enum flt_opcode opener, const struct parameters *parameters, ULONG flags) {
    start();
    w.io_flags = flags; /* ZwCreateFile has none */
    w.disposition = parameters->disposition;
    w.options = parameters->options;
    w.share = parameters->share;
    w.file_attributes = parameters->attributes;
    return open_name(opener, "\\missing", parameters->access, 0, NULL);
}

static NTSTATUS checked(enum flt_opcode opener, const struct parameters *parameters) {
    return open_so(opener, parameters, IO_CHECK_CREATE_PARAMETERS);
}

static NTSTATUS unchecked(enum flt_opcode opener, const struct parameters *parameters) {
    return open_so(opener, parameters, 0);
}

static const enum flt_opcode openers[] = {FLT_OP_FltCreateFile, FLT_OP_FltCreateFileEx,
                                          FLT_OP_FltCreateFileEx2, FLT_OP_ZwCreateFile};
enum { OPENERS = 4 };

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void senseless_parameters_are_always_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(senseless); i++)
        for (size_t k = 0; k < OPENERS; k++) {
            assert_status(unchecked(openers[k], &senseless[i]), STATUS_INVALID_PARAMETER);
            assert_status(checked(openers[k], &senseless[i]), STATUS_INVALID_PARAMETER);
        }
}

static void wrong_parameters_are_refused_where_checked(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        for (size_t k = 0; k < OPENERS; k++) {
            const bool has_flags = openers[k] != FLT_OP_ZwCreateFile;
            w.switches.value[FLT_SWITCH_create_checks] = FLT_CHOICE(create_checks, asked);
            assert_int_not_equal((uint32_t)unchecked(openers[k], &wrong[i]),
                                 (uint32_t)STATUS_INVALID_PARAMETER);
            assert_int_equal(checked(openers[k], &wrong[i]) == STATUS_INVALID_PARAMETER, has_flags);
            w.switches.value[FLT_SWITCH_create_checks] = FLT_CHOICE(create_checks, always);
            assert_status(unchecked(openers[k], &wrong[i]), STATUS_INVALID_PARAMETER);
            assert_status(checked(openers[k], &wrong[i]), STATUS_INVALID_PARAMETER);
        }
}

static void right_parameters_are_not(void **state) {
    (void)state;
    w.switches.value[FLT_SWITCH_create_checks] = FLT_CHOICE(create_checks, always);
    for (size_t i = 0; i < COUNT(right); i++)
        for (size_t k = 0; k < OPENERS; k++)
            assert_int_not_equal((uint32_t)checked(openers[k], &right[i]),
                                 (uint32_t)STATUS_INVALID_PARAMETER);
}

static void parameters_come_before_the_name_and_after_the_filter(void **state) {
    (void)state;
    w.io_flags = IO_CHECK_CREATE_PARAMETERS;
    assert_status(open_with("a", 0, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_INVALID_PARAMETER);
    unload_filter(FLT_FILTER_F0, FLT_UNLOAD_OPTIONAL);
    assert_status(open_with("a", 0, 6, FILE_DELETE_ON_CLOSE), STATUS_FLT_DELETING_OBJECT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(senseless_parameters_are_always_refused),
        test(wrong_parameters_are_refused_where_checked),
        test(right_parameters_are_not),
        test(parameters_come_before_the_name_and_after_the_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
