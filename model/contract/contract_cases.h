/* For tests: tables of scripts that keep or break a rule, in the language of contract_script.h. A
 * new case is a line of a table. */
#ifndef FLT_CONTRACT_CASES_H
#define FLT_CONTRACT_CASES_H

#include "contract_script.h"

struct script_case {
    enum flt_rule rule;
    bool breaks; /* the script meets this rule, and violates no other; else it does not */
    const char *switches;
    const char *script;
};

/* clang-format off */
#define KEEPS(rule, switches, script) {FLT_RULE_##rule, false, switches, script}
#define BREAKS(rule, switches, script) {FLT_RULE_##rule, true, switches, script}
/* clang-format on */

#define ENTRIES(table) (sizeof(table) / sizeof((table)[0]))

/* Rules whose cases are not in contract_test.c but in the file that is named. */
static const enum flt_rule rules_of_parameters_test[] = {
    FLT_RULE_disposition_known,
    FLT_RULE_directory_dispositions,
    FLT_RULE_directory_or_file,
    FLT_RULE_directory_options,
    FLT_RULE_synchronous_needs_synchronize,
    FLT_RULE_synchronous_one_way,
    FLT_RULE_delete_on_close_needs_delete,
    FLT_RULE_unbuffered_no_append,
    FLT_RULE_oplock_options_apart,
    FLT_RULE_create_values_in_range,
    FLT_RULE_remote_instance_reserved,
};
static const enum flt_rule rules_of_targets_test[] = {
    FLT_RULE_open_creates,
    FLT_RULE_open_collision,
    FLT_RULE_open_path_missing,
    FLT_RULE_open_kind,
    FLT_RULE_open_read_only,
    FLT_RULE_open_hidden_system,
    FLT_RULE_open_write_protected,
    FLT_RULE_open_disk_full,
    FLT_RULE_open_cannot_delete,
    FLT_RULE_open_delete_pending,
    FLT_RULE_open_parameters,
    FLT_RULE_open_wrong_volume,
    FLT_RULE_open_trailing_backslash,
    FLT_RULE_open_root_bad,
    FLT_RULE_open_root_kind,
    FLT_RULE_open_relative,
    FLT_RULE_open_relative_syntax,
    FLT_RULE_open_by_id,
    FLT_RULE_open_volume_by_name,
    FLT_RULE_open_follows_link,
    FLT_RULE_open_stops_on_symlink,
    FLT_RULE_open_target_directory,
    FLT_RULE_open_oplock_break,
    FLT_RULE_open_requiring_oplock,
    FLT_RULE_open_reserve_opfilter,
    FLT_RULE_share_implied,
    FLT_RULE_instance_of_the_volume,
    FLT_RULE_volume_open_access,
    FLT_RULE_root_is_directory,
};
static const enum flt_rule rules_of_pipes_test[] = {
    FLT_RULE_open_pipe_client, FLT_RULE_pipe_create,     FLT_RULE_pipe_instances,
    FLT_RULE_pipe_device,      FLT_RULE_mailslot_create, FLT_RULE_pipe_parameters_checked,
    FLT_RULE_pipe_parameters,
};
static const enum flt_rule rules_of_deleting_test[] = {
    FLT_RULE_set_disposition,
    FLT_RULE_set_disposition_refused,
    FLT_RULE_delete_needs_access,
    FLT_RULE_marked_only_closed,
};
static const enum flt_rule rules_of_ecp_test[] = {
    FLT_RULE_ecp_allocate,
    FLT_RULE_ecp_list_is_list,
    FLT_RULE_ecp_list_left,
};
static const enum flt_rule rules_of_cancelling_test[] = {
    FLT_RULE_cancel_open_stops,
    FLT_RULE_cancel_open_in_time,
    FLT_RULE_cancel_open_closes,
    FLT_RULE_cancel_open_once,
};
static const enum flt_rule rules_of_reparse_buffer_test[] = {
    FLT_RULE_pool_at_dispatch,
    FLT_RULE_reparse_buffer_is_buffer,
    FLT_RULE_reparse_buffer_left,
};

static inline bool is_rule_of(enum flt_rule rule, const enum flt_rule *rules, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (rules[i] == rule)
            return true;
    return false;
}

/* Each test has a contract of its own, freed even when the test fails. */
static inline int set_up(void **state) {
    *state = flt_contract_new();
    return *state ? 0 : -1;
}

static inline int tear_down(void **state) {
    flt_contract_free(*state);
    flt_contract_free(NULL);
    return 0;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* A provider's rule that breaks is the violation; a caller's leaves the system blameless. */
static inline void run_case(struct flt_contract *contract, const struct script_case *one) {
    struct script s;
    script_run(&s, contract, one->switches, one->script);
    const enum flt_rule blamed =
        one->breaks && !flt_rules[one->rule].caller ? one->rule : FLT_RULE_NONE;
    if (s.violation.rule != blamed)
        script_fail(&s, "violates %s (%s), expected: %s", flt_rules[s.violation.rule].id,
                    s.violation.rule ? s.violation.what : "", flt_rules[blamed].id);
    if (s.met[one->rule] != one->breaks)
        script_fail(&s, "%s is %s", flt_rules[one->rule].id, one->breaks ? "kept" : "broken");
}

static inline void run_cases(struct flt_contract *contract, const struct script_case *cases,
                             size_t count) {
    for (size_t i = 0; i < count; i++)
        run_case(contract, &cases[i]);
}

/* A rule without a case that breaks it could be lost without anybody seeing. */
static inline void check_has_cases(enum flt_rule rule, const struct script_case *cases,
                                   size_t count) {
    bool has[2] = {false, false};
    for (size_t i = 0; i < count; i++)
        if (cases[i].rule == rule)
            has[cases[i].breaks] = true;
    if (!has[true])
        fail_msg("no case breaks %s", flt_rules[rule].id);
    if (!has[false])
        fail_msg("no case keeps %s", flt_rules[rule].id);
}

static inline void check_have_cases(const enum flt_rule *rules, size_t rule_count,
                                    const struct script_case *cases, size_t count) {
    for (size_t i = 0; i < rule_count; i++)
        check_has_cases(rules[i], cases, count);
}

static inline void run_clean(struct script *s, struct flt_contract *contract, const char *text) {
    script_run(s, contract, "", text);
    if (s->violation.rule != FLT_RULE_NONE)
        script_fail(s, "%s: %s", flt_rules[s->violation.rule].id, s->violation.what);
}

static inline struct flt_totals totals_of(const struct flt_contract *contract) {
    const struct flt_view view = flt_contract_view(contract);
    struct flt_totals totals;
    view.ops->totals(view.self, &totals);
    return totals;
}

static inline void expect_object(const struct flt_contract *contract,
                                 struct flt_object_row expected) {
    const struct flt_view view = flt_contract_view(contract);
    struct flt_object_row row;
    assert_true(view.ops->find_object(view.self, expected.token, &row));
    assert_int_equal(row.token, expected.token);
    assert_int_equal(row.handles, expected.handles);
    assert_int_equal(row.references, expected.references);
    assert_int_equal(row.type, expected.type);
    assert_int_equal(row.phase, expected.phase);
}

#endif
