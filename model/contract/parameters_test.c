/* What the arguments of a create say about each other: each condition alone and at its edges, then
 * what comes of it in a call. */
#include "contract_cases.h"
#include "predict.h"

enum refused { NEVER, CHECKED, ALWAYS };

static struct flt_call new_call(uint8_t opcode) {
    struct flt_call call;
    flt_call_init(&call, opcode);
    return call;
}

static enum refused refusal_of(const struct flt_call *call) {
    bool checked_only = true;
    if (!flt_parameters_contradict(NULL, call, &checked_only)) {
        assert_false(checked_only);
        return NEVER;
    }
    return checked_only ? CHECKED : ALWAYS;
}

/* ---- opens ----------------------------------------------------------------------------------- */

/* Words of contract_script.h: arguments, and the breaches that they are. */
static const struct {
    enum refused refused;
    const char *words;
} creates[] = {
    {NEVER, ""},

    {NEVER, "disposition=FILE_SUPERSEDE"},
    {NEVER, "disposition=FILE_OVERWRITE_IF"},
    {ALWAYS, "disposition=6 !disposition-known"},
    {ALWAYS, "disposition=0xFFFFFFFF !disposition-known"},
    /* One that is unknown replaces nothing. */
    {ALWAYS, "disposition=6 create_options=FILE_DIRECTORY_FILE !disposition-known"},

    {NEVER, "create_options=FILE_DIRECTORY_FILE"},
    {NEVER, "create_options=FILE_DIRECTORY_FILE disposition=FILE_CREATE"},
    {NEVER, "create_options=FILE_DIRECTORY_FILE disposition=FILE_OPEN_IF"},
    {ALWAYS, "create_options=FILE_DIRECTORY_FILE disposition=FILE_SUPERSEDE "
             "!directory-dispositions"},
    {ALWAYS, "create_options=FILE_DIRECTORY_FILE disposition=FILE_OVERWRITE "
             "!directory-dispositions"},
    {ALWAYS, "create_options=FILE_DIRECTORY_FILE disposition=FILE_OVERWRITE_IF "
             "!directory-dispositions"},
    {NEVER, "create_options=FILE_NON_DIRECTORY_FILE disposition=FILE_SUPERSEDE"},

    /* The second one is also an option that is for files. */
    {ALWAYS, "create_options=FILE_DIRECTORY_FILE|FILE_NON_DIRECTORY_FILE !directory-or-file "
             "!directory-options"},

    {CHECKED, "create_options=FILE_DIRECTORY_FILE|FILE_SEQUENTIAL_ONLY !directory-options"},
    {NEVER, "create_options=FILE_SEQUENTIAL_ONLY"},
    {CHECKED, "create_options=FILE_DIRECTORY_FILE|FILE_OPEN_REQUIRING_OPLOCK !directory-options"},
    {CHECKED, "create_options=FILE_DIRECTORY_FILE|FILE_OPEN_REMOTE_INSTANCE !directory-options "
              "!remote-instance-reserved"},
    /* What is unknown is not for files, either. */
    {CHECKED, "create_options=FILE_DIRECTORY_FILE|0x01000000 !create-values-in-range"},

    {CHECKED, "create_options=FILE_SYNCHRONOUS_IO_ALERT access=GENERIC_ALL|MAXIMUM_ALLOWED "
              "!synchronous-needs-synchronize"},
    {CHECKED, "create_options=FILE_SYNCHRONOUS_IO_NONALERT access=0xFFEFFFFF "
              "!synchronous-needs-synchronize"},
    {NEVER, "create_options=FILE_SYNCHRONOUS_IO_ALERT access=SYNCHRONIZE"},
    {NEVER, "create_options=FILE_SYNCHRONOUS_IO_NONALERT access=SYNCHRONIZE|DELETE"},
    {NEVER, "access=0"},

    {CHECKED, "create_options=FILE_SYNCHRONOUS_IO_ALERT|FILE_SYNCHRONOUS_IO_NONALERT "
              "access=SYNCHRONIZE !synchronous-one-way"},
    {CHECKED, "create_options=FILE_SYNCHRONOUS_IO_ALERT|FILE_SYNCHRONOUS_IO_NONALERT "
              "!synchronous-needs-synchronize !synchronous-one-way"},

    {CHECKED, "create_options=FILE_DELETE_ON_CLOSE access=GENERIC_ALL|MAXIMUM_ALLOWED "
              "!delete-on-close-needs-delete"},
    {CHECKED, "create_options=FILE_DELETE_ON_CLOSE access=0xFFFEFFFF "
              "!delete-on-close-needs-delete"},
    {NEVER, "create_options=FILE_DELETE_ON_CLOSE access=DELETE"},

    {CHECKED, "create_options=FILE_NO_INTERMEDIATE_BUFFERING access=FILE_APPEND_DATA "
              "!unbuffered-no-append"},
    {NEVER, "create_options=FILE_NO_INTERMEDIATE_BUFFERING access=GENERIC_WRITE|GENERIC_ALL"},
    {NEVER, "create_options=FILE_NO_INTERMEDIATE_BUFFERING access=0xFFFFFFFB"},
    {NEVER, "access=FILE_APPEND_DATA"},

    {CHECKED, "create_options=FILE_COMPLETE_IF_OPLOCKED|FILE_RESERVE_OPFILTER "
              "!oplock-options-apart"},
    {NEVER, "create_options=FILE_COMPLETE_IF_OPLOCKED|FILE_OPEN_REQUIRING_OPLOCK"},
    {NEVER, "create_options=FILE_RESERVE_OPFILTER|FILE_OPEN_REQUIRING_OPLOCK"},

    {NEVER, "share=0"},
    {NEVER, "file_attributes=0"},
    {CHECKED, "share=8 !create-values-in-range"},
    {CHECKED, "share=0x80000000 file_attributes=8 create_options=0x80000000 "
              "!create-values-in-range"},

    {NEVER, "create_options=FILE_OPEN_REMOTE_INSTANCE !remote-instance-reserved"},

    /* One that is always refused tells more than those that are checked. */
    {ALWAYS, "disposition=6 share=8 !disposition-known !create-values-in-range"},
    {ALWAYS, "disposition=FILE_SUPERSEDE create_options=0x01FFFFFF access=FILE_APPEND_DATA "
             "!directory-dispositions !directory-or-file !directory-options "
             "!synchronous-needs-synchronize !synchronous-one-way !delete-on-close-needs-delete "
             "!unbuffered-no-append !oplock-options-apart !create-values-in-range "
             "!remote-instance-reserved"},
};

static const uint8_t creating[] = {FLT_OP_FltCreateFile, FLT_OP_FltCreateFileEx,
                                   FLT_OP_FltCreateFileEx2, FLT_OP_ZwCreateFile};

static void check_create(uint8_t opcode, const char *words, enum refused refused) {
    const struct script s = {.text = words};
    struct script_call c = {.call = new_call(opcode)};
    struct flt_prediction prediction = {0};
    char copy[512], *rest = copy;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word; (word = script_cut(&rest, " ")) != NULL;)
        script_word(&s, word, &c);
    flt_find_create_breaches(&c.call, &prediction);
    for (size_t i = 0; i < prediction.breaches || i < c.breaches; i++)
        if (i >= prediction.breaches || i >= c.breaches || prediction.breach[i] != c.breach[i])
            script_fail(&s, "breach %zu differs", i + 1);
    assert_false(prediction.withhold);
    if (refusal_of(&c.call) != refused)
        script_fail(&s, "refused: %d", refusal_of(&c.call));
}

static void test_creates(void **state) {
    (void)state;
    for (size_t i = 0; i < ENTRIES(creates); i++)
        for (size_t k = 0; k < ENTRIES(creating); k++)
            check_create(creating[k], creates[i].words, creates[i].refused);
}

/* Neither is a matter of the other flags, of the switch, or of where the file is. */
static void test_asking_for_checks_is_not_looked_at(void **state) {
    (void)state;
    check_create(FLT_OP_FltCreateFile, "flags=IO_CHECK_CREATE_PARAMETERS", NEVER);
    check_create(FLT_OP_FltCreateFile,
                 "flags=IO_CHECK_CREATE_PARAMETERS share=8 !create-values-in-range", CHECKED);
    check_create(FLT_OP_FltCreateFile, "flags=0xFFFFFFFF path= attributes=0 root=1", NEVER);
}

/* ---- bit by bit ------------------------------------------------------------------------------ */

/* What comes of each bit in an argument, with what else is set there. */
static void check_bits(enum flt_arg arg, uint32_t beside, uint32_t checked, uint32_t always) {
    for (int i = 0; i < 32; i++) {
        const uint32_t bit = UINT32_C(1) << i;
        const enum refused expected = always & bit ? ALWAYS : checked & bit ? CHECKED : NEVER;
        struct flt_call call = new_call(FLT_OP_FltCreateFile);
        call.arg[FLT_ARG_access] = SYNCHRONIZE | DELETE;
        call.arg[arg] = beside | bit;
        if (refusal_of(&call) != expected)
            fail_msg("%s 0x%X", flt_args[arg].name, beside | bit);
    }
}

static void test_every_bit(void **state) {
    (void)state;
    check_bits(FLT_ARG_share, 0, 0xFFFFFFF8, 0);
    check_bits(FLT_ARG_file_attributes, 0, 0xFFFF8048, 0);
    check_bits(FLT_ARG_create_options, 0, 0xFF000000, 0);
    /* Those of a directory are 1, 2, 0x10, 0x20, 0x100, 0x1000, 0x2000, 0x4000, 0x8000, 0x200000
     * and 0x800000. */
    check_bits(FLT_ARG_create_options, FILE_DIRECTORY_FILE, 0xFF5F0E8C, FILE_NON_DIRECTORY_FILE);
    check_bits(FLT_ARG_access, 0, 0, 0);
    check_bits(FLT_ARG_disposition, 0, 0, 0xFFFFFFF8);
}

/* Bits above a ULONG's are not passed on. */
static void test_arguments_are_ulongs(void **state) {
    (void)state;
    static const uint8_t args[] = {FLT_ARG_share, FLT_ARG_file_attributes, FLT_ARG_create_options,
                                   FLT_ARG_disposition, FLT_ARG_access};
    for (size_t i = 0; i < ENTRIES(args); i++) {
        struct flt_call call = new_call(FLT_OP_ZwCreateFile);
        call.arg[args[i]] |= UINT64_C(1) << 32;
        assert_int_equal(refusal_of(&call), NEVER);
    }
}

/* ---- pipes and mailslots --------------------------------------------------------------------- */

#define PIPE FLT_OP_FltCreateNamedPipeFile
#define MAILSLOT FLT_OP_FltCreateMailslotFile

static const struct {
    uint8_t opcode;
    bool bad;
    const char *words;
} makes[] = {
    {PIPE, true, ""}, /* a file's sharing */
    {PIPE, false, "share=FILE_SHARE_READ"},
    {PIPE, false, "share=FILE_SHARE_WRITE"},
    {PIPE, false, "share=FILE_SHARE_READ|FILE_SHARE_WRITE"},
    {PIPE, true, "share=0"},
    {PIPE, true, "share=FILE_SHARE_DELETE"},
    {PIPE, true, "share=FILE_SHARE_READ|FILE_SHARE_DELETE"},
    {PIPE, true, "share=0x80000001"},
    {PIPE, false, "share=1 disposition=FILE_OPEN"},
    {PIPE, false, "share=1 disposition=FILE_CREATE"},
    {PIPE, false, "share=1 disposition=FILE_OPEN_IF"},
    {PIPE, true, "share=1 disposition=FILE_SUPERSEDE"},
    {PIPE, true, "share=1 disposition=FILE_OVERWRITE"},
    {PIPE, true, "share=1 disposition=FILE_OVERWRITE_IF"},
    {PIPE, true, "share=1 disposition=6"},
    {PIPE, false, "share=1 create_options=0x32"},
    {PIPE, true, "share=1 create_options=FILE_DIRECTORY_FILE"},
    {PIPE, true, "share=1 create_options=FILE_NON_DIRECTORY_FILE"},
    {PIPE, false, "share=1 pipe=FILE_PIPE_MESSAGE_TYPE"},
    {PIPE, false, "share=1 pipe=FILE_PIPE_MESSAGE_TYPE|FILE_PIPE_MESSAGE_MODE"},
    {PIPE, true, "share=1 pipe=FILE_PIPE_MESSAGE_MODE"},
    {PIPE, true, "share=1 instances=0"},
    {PIPE, false, "share=1 instances=2"},
    {PIPE, false, "share=1 instances=unlimited"},
    {PIPE, true, "share=1 instances=0x100000000"}, /* a ULONG */
    /* What is held against a file alone. */
    {PIPE, false, "share=1 create_options=0x30 access=0 file_attributes=8"},

    {MAILSLOT, false, ""},
    {MAILSLOT, false, "create_options=0x32"},
    {MAILSLOT, true, "create_options=FILE_DIRECTORY_FILE"},
    {MAILSLOT, true, "create_options=FILE_SEQUENTIAL_ONLY"},
    /* It has none of the others. */
    {MAILSLOT, false, "share=0 disposition=6 pipe=FILE_PIPE_MESSAGE_MODE instances=0"},
};

static void test_pipes_and_mailslots(void **state) {
    (void)state;
    for (size_t i = 0; i < ENTRIES(makes); i++) {
        const struct script s = {.text = makes[i].words};
        struct script_call c = {.call = new_call(makes[i].opcode)};
        char copy[256], *rest = copy;
        snprintf(copy, sizeof copy, "%s", makes[i].words);
        for (char *word; (word = script_cut(&rest, " ")) != NULL;)
            script_word(&s, word, &c);
        if (flt_pipe_parameters_bad(&c.call) != makes[i].bad)
            script_fail(&s, "%s: bad: %d", flt_calls[makes[i].opcode].name, !makes[i].bad);
    }
}

static void test_every_option_of_pipes_and_mailslots(void **state) {
    (void)state;
    for (int i = 0; i < 64; i++) {
        const uint64_t option = UINT64_C(1) << i;
        const bool bad = option <= UINT32_MAX && !(option & 0x32);
        struct flt_call pipe = new_call(PIPE), mailslot = new_call(MAILSLOT);
        pipe.arg[FLT_ARG_share] = FILE_SHARE_READ;
        pipe.arg[FLT_ARG_create_options] = mailslot.arg[FLT_ARG_create_options] = option;
        assert_int_equal(flt_pipe_parameters_bad(&pipe), bad);
        assert_int_equal(flt_pipe_parameters_bad(&mailslot), bad);
    }
}

/* ---- what comes of it in a call -------------------------------------------------------------- */

#define REFUSED "=STATUS_INVALID_PARAMETER allows:STATUS_INVALID_PARAMETER "
#define CHECK "flags=IO_CHECK_CREATE_PARAMETERS "
#define DIRECTORY "path=\\d create_options=FILE_DIRECTORY_FILE"
#define ONE_WAY "create_options=FILE_SYNCHRONOUS_IO_ALERT|FILE_SYNCHRONOUS_IO_NONALERT "
#define APART "create_options=FILE_COMPLETE_IF_OPLOCKED|FILE_RESERVE_OPFILTER "
#define UNBUFFERED "create_options=FILE_NO_INTERMEDIATE_BUFFERING "

static const struct script_case cases[] = {
    KEEPS(disposition_known, "", "FltCreateFile k1 disposition=FILE_OPEN_IF"),
    BREAKS(disposition_known, "", "FltCreateFile disposition=6 !disposition-known " REFUSED),
    BREAKS(disposition_known, "any", "ZwCreateFile disposition=6 !disposition-known " REFUSED),
    KEEPS(directory_dispositions, "", "FltCreateFileEx k1 " DIRECTORY),
    BREAKS(directory_dispositions, "any",
           "FltCreateFileEx " DIRECTORY
           " disposition=FILE_OVERWRITE !directory-dispositions " REFUSED),
    KEEPS(directory_or_file, "", "FltCreateFileEx2 k1 create_options=FILE_NON_DIRECTORY_FILE"),
    BREAKS(directory_or_file, "",
           "FltCreateFileEx2 " DIRECTORY "|FILE_NON_DIRECTORY_FILE !directory-or-file "
           "!directory-options " REFUSED),
    KEEPS(directory_options, "",
          "FltCreateFile k1 " CHECK DIRECTORY "|FILE_OPEN_FOR_BACKUP_INTENT"),
    BREAKS(directory_options, "",
           "FltCreateFile k1 " DIRECTORY "|FILE_SEQUENTIAL_ONLY !directory-options"),
    BREAKS(directory_options, "",
           "FltCreateFile " CHECK DIRECTORY "|FILE_SEQUENTIAL_ONLY !directory-options " REFUSED),
    KEEPS(synchronous_needs_synchronize, "create_checks=always",
          "ZwCreateFile k1 create_options=FILE_SYNCHRONOUS_IO_ALERT access=SYNCHRONIZE"),
    BREAKS(synchronous_needs_synchronize, "",
           "ZwCreateFile k1 create_options=FILE_SYNCHRONOUS_IO_ALERT "
           "!synchronous-needs-synchronize"),
    BREAKS(synchronous_needs_synchronize, "create_checks=always",
           "ZwCreateFile create_options=FILE_SYNCHRONOUS_IO_ALERT "
           "!synchronous-needs-synchronize " REFUSED),
    KEEPS(synchronous_one_way, "create_checks=always",
          "FltCreateFile k1 create_options=FILE_SYNCHRONOUS_IO_NONALERT access=SYNCHRONIZE"),
    BREAKS(synchronous_one_way, "",
           "FltCreateFile k1 " ONE_WAY "access=SYNCHRONIZE !synchronous-one-way"),
    BREAKS(synchronous_one_way, "create_checks=always",
           "FltCreateFile " ONE_WAY "access=SYNCHRONIZE !synchronous-one-way " REFUSED),
    KEEPS(delete_on_close_needs_delete, "",
          "FltCreateFile k1 " CHECK "create_options=FILE_DELETE_ON_CLOSE access=DELETE"),
    BREAKS(delete_on_close_needs_delete, "",
           "FltCreateFile " CHECK "create_options=FILE_DELETE_ON_CLOSE "
           "!delete-on-close-needs-delete " REFUSED),
    KEEPS(unbuffered_no_append, "", "FltCreateFile k1 " CHECK UNBUFFERED "access=GENERIC_WRITE"),
    BREAKS(unbuffered_no_append, "",
           "FltCreateFile k1 " UNBUFFERED "access=FILE_APPEND_DATA !unbuffered-no-append"),
    BREAKS(unbuffered_no_append, "",
           "FltCreateFile " CHECK UNBUFFERED
           "access=FILE_APPEND_DATA !unbuffered-no-append " REFUSED),
    KEEPS(oplock_options_apart, "",
          "FltCreateFile k1 " CHECK "create_options=FILE_COMPLETE_IF_OPLOCKED"),
    BREAKS(oplock_options_apart, "",
           "FltCreateFile k1 " APART "access=FILE_READ_ATTRIBUTES !oplock-options-apart"),
    BREAKS(oplock_options_apart, "", "FltCreateFile " CHECK APART "!oplock-options-apart " REFUSED),
    KEEPS(create_values_in_range, "", "FltCreateFile k1 " CHECK "share=7 file_attributes=0x7FB7"),
    BREAKS(create_values_in_range, "", "FltCreateFile k1 share=15 !create-values-in-range"),
    BREAKS(create_values_in_range, "",
           "FltCreateFile " CHECK "file_attributes=8 !create-values-in-range " REFUSED),
    KEEPS(remote_instance_reserved, "", "FltCreateFile k1"),
    BREAKS(remote_instance_reserved, "create_checks=always",
           "FltCreateFile k1 create_options=FILE_OPEN_REMOTE_INSTANCE !remote-instance-reserved"),
    /* Whatever comes of the open. */
    BREAKS(remote_instance_reserved, "",
           "FltCreateFile path= create_options=FILE_OPEN_REMOTE_INSTANCE "
           "!remote-instance-reserved =STATUS_OBJECT_PATH_SYNTAX_BAD"),
};

static void test_rules(void **state) {
    run_cases(*state, cases, ENTRIES(cases));
}

static void test_every_rule_has_its_cases(void **state) {
    (void)state;
    check_have_cases(rules_of_parameters_test, ENTRIES(rules_of_parameters_test), cases,
                     ENTRIES(cases));
}

/* Each breach that a call can have is named, though it is withheld for one of them. */
static void test_no_breach_is_dropped(void **state) {
    struct script s;
    run_clean(&s, *state,
              "FltCreateFileEx k1 #0; KeRaiseIrql irql=APC_LEVEL; KeEnterCriticalRegion; "
              "IoSetTopLevelIrp irp=1 !no-top-level-irp; KeStackAttachProcess process=p2; "
              "FltCreateFileEx2 disposition=FILE_SUPERSEDE create_options=0x01FFFFFF "
              "access=FILE_APPEND_DATA ecp=#0 =withheld !flt-at-passive !flt-open-with-apcs "
              "!top-level-irp-null !no-files-while-attached !ecp-list-is-list "
              "!directory-dispositions !directory-or-file !directory-options "
              "!synchronous-needs-synchronize !synchronous-one-way !delete-on-close-needs-delete "
              "!unbuffered-no-append !oplock-options-apart !create-values-in-range "
              "!remote-instance-reserved");
    struct flt_prediction full = {.breaches = FLT_MAX_BREACHES};
    flt_breach(&full, FLT_RULE_close_once);
    assert_false(full.withhold);
    flt_breach(&full, FLT_RULE_object_live);
    assert_true(full.withhold);
    assert_int_equal(full.breaches, FLT_MAX_BREACHES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_creates),
        TEST(test_asking_for_checks_is_not_looked_at),
        TEST(test_every_bit),
        TEST(test_arguments_are_ulongs),
        TEST(test_pipes_and_mailslots),
        TEST(test_every_option_of_pipes_and_mailslots),
        TEST(test_rules),
        TEST(test_every_rule_has_its_cases),
        TEST(test_no_breach_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
