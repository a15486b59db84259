/* The tables: what cannot be checked by the compiler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "call.h"
#include "include/ntstatus.h"

/* A rule's id is its name with dashes, so that either finds it. */
static void rule_ids_are_their_names(void **state) {
    (void)state;
    static const char *const names[FLT_RULE_COUNT] = {
        "none",
#define RULE(name, id, kind, sure, needs, action, source, sentence) #name,
#include "rules.def"
    };
    for (int i = 1; i < FLT_RULE_COUNT; i++) {
        char id[80];
        assert_true(strlen(names[i]) < sizeof id);
        for (size_t k = 0; k <= strlen(names[i]); k++)
            id[k] = names[i][k] == '_' ? '-' : names[i][k];
        assert_string_equal(flt_rules[i].id, id);
        assert_int_equal(flt_rule_by_id(id, strlen(id)), i);
    }
}

static bool one_of(const char *word, const char *const *words) {
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static void rules_say_all_they_must(void **state) {
    (void)state;
    static const char *const sure[] = {"PAGE", "OTHER_PAGE", "OBSERVED", "CHOICE", NULL};
    static const char *const needs[] = {"OUTCOME", "VIEW", "EVENTS", NULL};
    static const char *const caller[] = {"PERFORM", "WITHHOLD", "END", NULL};
    for (int i = 1; i < FLT_RULE_COUNT; i++) {
        const struct flt_rule_info *rule = &flt_rules[i];
        assert_true(one_of(rule->sure, sure));
        assert_true(one_of(rule->needs, needs));
        assert_int_equal(rule->caller, one_of(rule->action, caller));
        assert_int_equal(!rule->caller, strcmp(rule->action, "NONE") == 0);
        assert_true(strlen(rule->source) > 3);
        assert_true(strlen(rule->sentence) > 20);
        assert_true(rule->sentence[strlen(rule->sentence) - 1] != '.');
    }
}

static void names_and_numbers_agree(void **state) {
    (void)state;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        const char *name = flt_calls[*op].name;
        assert_non_null(name);
        assert_int_equal(flt_opcode_by_name(name, strlen(name)), *op);
    }
    for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
        if (flt_args[arg].name)
            assert_int_equal(flt_arg_by_name(flt_args[arg].name, strlen(flt_args[arg].name)), arg);
    assert_int_equal(flt_opcode_by_name("FltClos", 7), FLT_OP_NONE);
    assert_int_equal(flt_opcode_by_name("FltClosed", 9), FLT_OP_NONE);
    uint32_t status = 1;
    assert_true(flt_status_by_name("STATUS_INVALID_HANDLE", 21, &status));
    assert_int_equal(status, 0xC0000008);
    assert_string_equal(flt_status_name(0xC0000008), "STATUS_INVALID_HANDLE");
    assert_null(flt_status_name(0xC0000009));
}

/* What a fixed-size mask or an index would silently cut off. */
static void numbers_fit_their_places(void **state) {
    (void)state;
    _Static_assert(FLT_ARG_LIMIT <= 32, "a mask of arguments has 32 bits");
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        const struct flt_call_info *call = &flt_calls[*op];
        assert_true(call->weight > 0);
        assert_int_equal(call->results >> FLT_RESULT_LIMIT, 0);
        assert_int_equal((call->results & FLT_SLOT_RESULTS) >> FLT_RESULT_SLOTS, 0);
        assert_int_equal(call->optional & ~call->results, 0);
    }
}

static bool is_named_failure(uint64_t status) {
    uint64_t named;
    for (size_t i = 0; flt_constant_at(FLT_GROUP_FAIL, i, &named) != NULL; i++)
        if (named == status)
            return true;
    return false;
}

/* Every call with a status can be made to fail, in ways that sequences can name. */
static void calls_fail_as_their_rows_say(void **state) {
    (void)state;
    for (const uint8_t *op = flt_opcodes; *op != FLT_OP_NONE; op++) {
        const bool returns = flt_calls[*op].returns_status;
        assert_int_equal((flt_calls[*op].args & FLT_COMMON_ARGS) == FLT_COMMON_ARGS, returns);
        struct flt_call told;
        flt_call_init(&told, *op);
        told.arg[FLT_ARG_fail_step] = 1;
        const uint32_t first = flt_asked_failure(&told);
        assert_int_equal(first != 0 && !flt_success(first), returns);
        assert_true(flt_may_fail_with(*op, first));
        assert_true(flt_may_fail_with(*op, 0));
        assert_false(flt_may_fail_with(*op, (uint32_t)STATUS_NOT_IMPLEMENTED));
        for (uint64_t status = UINT64_C(0xC0000000); status < UINT64_C(0xC0000400); status++)
            if (flt_may_fail_with(*op, status))
                assert_true(is_named_failure(status) && flt_status_name((uint32_t)status));
    }
    struct flt_call call;
    flt_call_init(&call, FLT_OP_FltClose);
    assert_int_equal(flt_asked_failure(&call), 0);
    call.arg[FLT_ARG_fail_step] = 2;
    assert_int_equal(flt_asked_failure(&call), 0xC0000008); /* the only one that its page lists */
    assert_false(flt_may_fail_with(FLT_OP_FltClose, 0xC000009A));
    call.arg[FLT_ARG_fail] = 0xC000009A;
    assert_int_equal(flt_asked_failure(&call), 0xC000009A);
    flt_call_init(&call, FLT_OP_KeLowerIrql);
    call.arg[FLT_ARG_fail_step] = 2; /* not an argument of it */
    assert_int_equal(flt_asked_failure(&call), 0);
}

static void profiles_choose_every_switch(void **state) {
    (void)state;
    for (int profile = 0; profile < FLT_PROFILE_COUNT; profile++) {
        struct flt_switches switches;
        flt_switches_from_profile(&switches, (enum flt_profile)profile);
        for (int i = 0; i < FLT_SWITCH_COUNT; i++)
            assert_non_null(flt_choice_name((enum flt_switch)i, switches.value[i]));
    }
    struct flt_switches switches;
    flt_switches_from_profile(&switches, FLT_PROFILE_forwarding);
    assert_true(flt_chosen(&switches, flt_close, forward));
    assert_false(flt_accepts(&switches, flt_close, own));
    switches.value[FLT_SWITCH_flt_close] = FLT_SWITCH_ANY;
    assert_true(flt_accepts(&switches, flt_close, own));
    uint8_t value = 9;
    assert_true(flt_choice_by_name(FLT_SWITCH_reuse, "never", 5, &value));
    assert_int_equal(value, FLT_CHOICE(reuse, never));
    assert_false(flt_choice_by_name(FLT_SWITCH_reuse, "own", 3, &value));
}

static void file_names_are_found_in_every_form(void **state) {
    (void)state;
    size_t rows = 0;
    for (const struct flt_name *name = flt_name_next(NULL); name; name = flt_name_next(name)) {
        assert_ptr_equal(flt_name_by_id(name->id), name);
        assert_in_range(name->id, 1, FLT_NAME_LIMIT - 1);
        assert_ptr_equal(flt_name_by_text(name->text, strlen(name->text)), name);
        assert_ptr_equal(flt_name_by_units(name->units, name->length), name);
        assert_int_equal(name->length, strlen(name->text));
        for (size_t i = 0; i < name->length; i++)
            assert_int_equal(name->units[i], name->text[i]);
        rows++;
    }
    assert_true(rows >= 5);
    assert_null(flt_name_by_id(0));
    assert_null(flt_name_by_text("\\nowhere", 8));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_ids_are_their_names),
        cmocka_unit_test(rules_say_all_they_must),
        cmocka_unit_test(names_and_numbers_agree),
        cmocka_unit_test(numbers_fit_their_places),
        cmocka_unit_test(calls_fail_as_their_rows_say),
        cmocka_unit_test(profiles_choose_every_switch),
        cmocka_unit_test(file_names_are_found_in_every_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
