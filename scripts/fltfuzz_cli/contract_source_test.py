"""Which rules the sources name where, and from which call."""

import tempfile
import unittest
from pathlib import Path

from . import contract_source

RULES = {"a-rule", "other-rule", "row-rule", "listed-rule", "far-rule", "told-to-fail", "irql-rule", "lone-rule"}
SOURCES = {
    "model/calls.def": "CALL(0x10, NTSTATUS, Open, 1, X)\nCALL(0x11, VOID, Close, 1, X)\n",
    "model/contract/contract.c": """
static void predict_verifier(const struct c *c) { f(FLT_RULE_irql_rule); }
static void predict_quiet(struct p *p) {
    (void)p;
}
""",
    "model/contract/injected.c": "void flt_predict_injected(struct p *p) {\n    clause(FLT_RULE_told_to_fail);\n}\n",
    "model/contract/open.c": """
/* FLT_RULE_lone_rule is only spoken of. */
static const enum flt_rule table[] = {
    [FLT_OP_Open] = FLT_RULE_row_rule,
    [FLT_OP_Close] = FLT_RULE_a_rule,
};
#define CONDITIONS(C) \\
    C(listed_rule, ALWAYS, x > 1)
#define ROW(rule, a, b) FLT_RULE_##rule,
static const struct {
    enum flt_rule rule;
} rows[] = {CONDITIONS(ROW)};
static bool helper(void) {
    return rows[0].rule;
}
static enum flt_rule pick(void) {
    return FLT_RULE_other_rule;
}
void flt_find_breaches(void) {
    flt_breach(table[op]);
}
FLT_PREDICT(Open) {
    helper();
}
FLT_OBSERVE(Open) {
    flt_far(contract);
}
FLT_PREDICT(Close) {
    flt_expect_quiet(prediction);
}
FLT_OBSERVE(Close) {
    pick();
}
""",
    "model/contract/far.c": """
static void helper(void) {
    say(FLT_RULE_a_rule);
}
void flt_far(struct c *contract) {
    say(FLT_RULE_far_rule);
}
""",
    "model/contract/open_test.c": "void flt_far(void) {\n    say(FLT_RULE_lone_rule);\n}\n",
}


class Sources(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        for name, text in SOURCES.items():
            path = self.top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def test_rules_of_calls(self):
        by_call = contract_source.rules_by_call(["Open", "Close"], RULES, self.top)
        self.assertEqual(by_call["Open"], {"row-rule", "listed-rule", "far-rule", "told-to-fail", "irql-rule"})
        self.assertEqual(by_call["Close"], {"a-rule", "other-rule", "irql-rule"})

    def test_where_rules_are_named(self):
        places = contract_source.named_at(RULES, contract_source.definitions(self.top))
        self.assertEqual(places["far-rule"], ["contract/far.c:flt_far"])
        self.assertEqual(places["other-rule"], ["contract/open.c:pick"])
        self.assertEqual(places["listed-rule"], ["contract/open.c:CONDITIONS"])
        self.assertEqual(places["a-rule"], ["contract/far.c:helper", "contract/open.c:table"])
        self.assertNotIn("lone-rule", places)

    def test_the_contract_itself(self):
        found = {definition.name for definition in contract_source.definitions()}
        self.assertLessEqual({"flt_predict_FltClose", "flt_observe_FltClose", "irql_rules", "flt_contract_predict"}, found)


if __name__ == "__main__":
    unittest.main()
