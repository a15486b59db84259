/* What is seen of a sequence, and what handles are aimed at, with fixed seeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "choose.h"
#include "text.h"

enum { USES = 6400 };

static struct flt_text text;
static struct flt_slots_seen seen;

static int make(void **state) {
    (void)state;
    return flt_text_init(&text) ? 0 : -1;
}

static int drop(void **state) {
    (void)state;
    flt_text_free(&text);
    return 0;
}

static void see(const char *calls) {
    struct flt_text_error error;
    if (!flt_text_parse(calls, strlen(calls), &text, &error))
        fail_msg("line %u: %s", (unsigned)error.line, error.what);
    flt_seen_upto(&seen, &text.sequence, text.sequence.count);
}

/* How often each slot is what a call aims at, of 32 uses; forms other than a bare slot left out. */
static unsigned in32[FLT_SLOT_COUNT];

static void aim(uint8_t opcode, int arg) {
    unsigned counts[FLT_SLOT_COUNT] = {0}, uses = 0;
    uint64_t random = 1;
    for (int i = 0; i < USES; i++) {
        struct flt_step step;
        flt_step_init(&step, opcode);
        flt_choose_arg(&seen, &step, arg, &random);
        if (step.form[arg] != FLT_FORM_SLOT)
            continue;
        uses++;
        counts[step.arg[arg]]++;
    }
    assert_true(uses > USES / 3);
    for (int slot = 0; slot < FLT_SLOT_COUNT; slot++)
        in32[slot] = (32 * counts[slot] + uses / 2) / uses;
}

static uint64_t live(void) {
    return seen.live[FLT_SLOTS_HANDLE];
}

static void live_and_stale_ones(void **state) {
    (void)state;
    see("h0 = FltCreateFile()\nh1 = FltCreateFile()\nFltClose(h1)\nh2 = "
        "FltCreateFile(path=\"\\missing\")\n");
    assert_int_equal(live(), 1);
    assert_int_equal(seen.stale[FLT_SLOTS_HANDLE], 6);
    aim(FLT_OP_FltClose, FLT_ARG_handle);
    assert_in_range(in32[0], 24, 29);
    assert_in_range(in32[1], 1, 3);
    assert_in_range(in32[2], 1, 3);
}

static void a_file_call_gives_nothing_back(void **state) {
    (void)state;
    see("h0 = ZwCreateFile()\nZwReadFile(h0)\nZwQueryInformationFile(h0)\n");
    assert_int_equal(live(), 1);
    see("h0 = ZwCreateFile()\nZwClose(h0)\n");
    assert_int_equal(live(), 0);
}

static void those_of_another_family(void **state) {
    (void)state;
    see("h0 = FltCreateFile()\nh1 = ZwCreateFile()\n");
    aim(FLT_OP_FltClose, FLT_ARG_handle);
    assert_in_range(in32[0], 22, 28);
    assert_in_range(in32[1], 3, 7); /* the misfit, and when any live one will do */
    aim(FLT_OP_ZwClose, FLT_ARG_handle);
    assert_in_range(in32[0], 3, 7);
    assert_in_range(in32[1], 22, 28);
}

static void those_of_another_type(void **state) {
    (void)state;
    see("h0 = FltCreateFile()\nh1 = ZwCreateEvent()\nh2 = ZwCreateFile()\n"
        "h3 = ZwDuplicateObject(h1)\nh4 = ZwDuplicateObject(h0)\n");
    aim(FLT_OP_ZwReadFile, FLT_ARG_handle);
    assert_in_range(in32[0] + in32[2] + in32[4], 25, 29); /* files, whoever opened them */
    assert_in_range(in32[1] + in32[3], 3, 7);             /* events */
    see("o0 = ObReferenceObjectByHandle(4)\nh0 = ZwCreateEvent()\nh1, o2 = FltCreateFileEx()\n"
        "o1 = ObReferenceObjectByHandle(h0)\no3 = ObReferenceObjectByHandle(h1)\n");
    aim(FLT_OP_FltReadFile, FLT_ARG_object);
    assert_in_range(in32[2] + in32[3], 24, 29);
    assert_in_range(in32[0] + in32[1], 3, 7);
}

static void those_of_a_foreign_table(void **state) {
    (void)state;
    static const char *const foreign[] = {
        "h0 = FltCreateFile(attributes=0)\nRunIn(p2)\n",
        "RunIn(p1)\nh0 = FltCreateFile(attributes=0)\nRunIn(p2)\n",
        "KeStackAttachProcess(p2)\nh0 = FltCreateFile(attributes=0)\nKeUnstackDetachProcess()\n",
        "h9 = FltCreateFile()\nh0 = ZwDuplicateObject(h9, target=p2, attributes=0)\nFltClose(h9)\n",
    };
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        see(foreign[i]);
        assert_int_equal(live(), 1);
        assert_int_equal(live() & (seen.in_table[FLT_TABLE_KERNEL] | seen.in_table[seen.process]),
                         0);
    }
    see("RunIn(p1)\nh0 = FltCreateFile(attributes=0)\nh1 = FltCreateFile()\n"
        "h2 = FltCreateFile()\nh3 = FltCreateFile()\n");
    aim(FLT_OP_FltClose, FLT_ARG_handle);
    const unsigned at_home = in32[0];
    see("RunIn(p1)\nh0 = FltCreateFile(attributes=0)\nh1 = FltCreateFile()\n"
        "h2 = FltCreateFile()\nh3 = FltCreateFile()\nRunIn(p2)\n");
    aim(FLT_OP_FltClose, FLT_ARG_handle);
    assert_in_range(at_home, 6, 9); /* one of four */
    assert_in_range(in32[0], at_home + 1, at_home + 3);
}

static void none_is_foreign_at_home_or_in_the_kernel(void **state) {
    (void)state;
    static const char *const near[] = {
        "h0 = FltCreateFile()\nRunIn(p2)\n",
        "h0 = FltCreateFile(attributes=0)\nRunIn(p1)\n",
        "RunIn(p2)\nh0 = FltCreateFile(attributes=0)\n",
        ("RunIn(p2)\nh0 = FltCreateFile(attributes=0)\nKeStackAttachProcess(p1)\n"
         "KeUnstackDetachProcess()\n"),
        "RunIn(p1)\nh0 = FltCreateFile(attributes=0)\nRunIn(p2)\nKeStackAttachProcess(p1)\n",
        "RunIn(p1)\nh0 = FltOpenVolume(instance=i0)\nRunIn(p2)\n",
    };
    for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
        see(near[i]);
        assert_int_equal(live(), 1);
        assert_int_equal(live() & (seen.in_table[FLT_TABLE_KERNEL] | seen.in_table[seen.process]),
                         1);
    }
}

static void an_exit_leaves_stale_handles(void **state) {
    (void)state;
    see("RunIn(p1)\nh0 = FltCreateFile(attributes=0)\nh1 = FltCreateFile()\nRunIn(System)\n"
        "ExitProcess(p1)\n");
    assert_int_equal(live(), 2);
    assert_int_equal(seen.stale[FLT_SLOTS_HANDLE], 1);
}

#define PROTECT "ZwSetInformationObject(h0, handle_flags=HANDLE_FLAG_PROTECT_FROM_CLOSE)\n"

static void protected_ones(void **state) {
    (void)state;
    see("h0 = FltCreateFile()\nh1 = FltCreateFile()\nh2 = FltCreateFile()\nh3 = FltCreateFile()\n");
    aim(FLT_OP_FltClose, FLT_ARG_handle);
    const unsigned unprotected = in32[0];
    see("h0 = FltCreateFile()\nh1 = FltCreateFile()\nh2 = FltCreateFile()\nh3 = "
        "FltCreateFile()\n" PROTECT);
    assert_int_equal(seen.protected_handles, 1);
    aim(FLT_OP_FltClose, FLT_ARG_handle);
    assert_in_range(in32[0], unprotected + 1, unprotected + 3);
}

static void protection_comes_and_goes(void **state) {
    (void)state;
    see("h0 = FltCreateFile()\n" PROTECT "FltClose(h0)\n"); /* which fails */
    assert_int_equal(live(), 1);
    assert_int_equal(seen.protected_handles, 1);
    see("h0 = FltCreateFile()\n" PROTECT "ZwSetInformationObject(h0)\nFltClose(h0)\n");
    assert_int_equal(live(), 0);
    assert_int_equal(seen.protected_handles, 0);
    see("h0 = FltCreateFile()\n" PROTECT "h0 = FltCreateFile()\n"); /* another handle */
    assert_int_equal(seen.protected_handles, 0);
}

static void any_slot_where_nothing_is_open(void **state) {
    (void)state;
    see("KeEnterCriticalRegion()\n");
    aim(FLT_OP_FltClose, FLT_ARG_handle);
    for (int slot = 0; slot < 8; slot++)
        assert_in_range(in32[slot], 2, 6);
}

/* Mostly a directory's handle, under a name to be looked for in it. */
static void roots_are_directories(void **state) {
    (void)state;
    see("h0 = FltCreateFile()\nh1 = FltCreateFile(path=\"\\d\")\n");
    assert_int_equal(seen.directories, 2);
    aim(FLT_OP_FltCreateFile, FLT_ARG_root);
    assert_in_range(in32[1], 20, 32);
    see("h1 = FltCreateFile(path=\"\\d\")\nh1 = FltCreateFile()\n");
    assert_int_equal(seen.directories, 0);
}

/* A list goes where a list is taken, and hardly elsewhere; a file's object the other way round. */
static void lists_and_file_objects(void **state) {
    (void)state;
    see("h0, o0 = FltCreateFileEx()\no1 = FltAllocateExtraCreateParameterList()\n");
    aim(FLT_OP_FltCreateFileEx2, FLT_ARG_ecp);
    assert_in_range(in32[1], 20, 32);
    aim(FLT_OP_FltFreeExtraCreateParameterList, FLT_ARG_object);
    assert_in_range(in32[1], 20, 32);
    aim(FLT_OP_FltReadFile, FLT_ARG_object);
    assert_in_range(in32[0], 20, 32);
    see("o1 = FltAllocateExtraCreateParameterList()\nFltFreeExtraCreateParameterList(o1)\n");
    assert_int_equal(seen.live[FLT_SLOTS_OBJECT], 0);
}

/* Every other open or so is of the name that was opened last. */
static void names_in_use(void **state) {
    (void)state;
    unsigned same = 0;
    uint64_t random = 1;
    see("h0 = FltCreateFile(path=\"\\d\\new\", disposition=FILE_CREATE)\n");
    for (int i = 0; i < USES; i++) {
        struct flt_step step;
        flt_step_init(&step, FLT_OP_FltCreateFile);
        flt_choose_arg(&seen, &step, FLT_ARG_path, &random);
        same += step.arg[FLT_ARG_path] == seen.path;
    }
    assert_in_range(100 * same / USES, 30, 60);
}

/* Being told to fail is no part of what a call is about. */
static void few_calls_are_told_to_fail(void **state) {
    (void)state;
    unsigned closes = 0, told = 0;
    uint64_t random = 1;
    const struct flt_swarm all = {flt_weights_plain(), 0};
    see("h0 = FltCreateFile()\n");
    for (int i = 0; i < USES; i++) {
        struct flt_step step;
        flt_choose_step(&seen, &all, 8, &step, &random);
        closes += step.opcode == FLT_OP_FltClose;
        told += step.opcode == FLT_OP_FltClose && (step.present & (uint32_t)FLT_COMMON_ARGS) != 0;
    }
    assert_true(closes > USES / 40);
    assert_true(told * 20 < closes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(live_and_stale_ones),
        cmocka_unit_test(a_file_call_gives_nothing_back),
        cmocka_unit_test(those_of_another_family),
        cmocka_unit_test(those_of_another_type),
        cmocka_unit_test(those_of_a_foreign_table),
        cmocka_unit_test(none_is_foreign_at_home_or_in_the_kernel),
        cmocka_unit_test(an_exit_leaves_stale_handles),
        cmocka_unit_test(protected_ones),
        cmocka_unit_test(protection_comes_and_goes),
        cmocka_unit_test(any_slot_where_nothing_is_open),
        cmocka_unit_test(roots_are_directories),
        cmocka_unit_test(lists_and_file_objects),
        cmocka_unit_test(names_in_use),
        cmocka_unit_test(few_calls_are_told_to_fail),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
