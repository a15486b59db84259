#include "occasions.h"

#include "../model/include/wdm.h"
#include "call_classes.h"

struct occasion {
    uint64_t facts;    /* bit per fact */
    uint64_t moves[2]; /* bit per move: there are more than 64 */
};

/* M(name) is a bit of the low or of the high half: the half that is not asked for is 0. */
_Static_assert(FLT_MOVE_COUNT <= 128 && FLT_FACT_COUNT <= 64, "bits of an occasion");

static const struct occasion occasions[FLT_RULE_COUNT] = {
#define F(name) UINT64_C(1) << FLT_FACT_##name
#define M(name) (FLT_MOVE_##name < 64 ? UINT64_C(1) << FLT_MOVE_##name % 64 : 0)
#define OCCASION(rule, facts_, moves_)                                                             \
    [FLT_RULE_##rule].facts = (facts_), [FLT_RULE_##rule].moves[0] = (moves_),
#include "occasions.def"
#undef M
#define M(name) (FLT_MOVE_##name >= 64 ? UINT64_C(1) << FLT_MOVE_##name % 64 : 0)
#define OCCASION(rule, facts_, moves_) [FLT_RULE_##rule].moves[1] = (moves_),
#include "occasions.def"
#undef M
#undef F
};

static bool has_move(const struct occasion *occasion, int move) {
    return occasion->moves[move / 64] >> move % 64 & 1;
}

bool flt_rule_has_occasion(int rule) {
    const struct occasion *occasion = &occasions[rule];
    return (occasion->facts | occasion->moves[0] | occasion->moves[1]) != 0;
}

bool flt_rule_may_have_occasion(int rule, uint8_t opcode) {
    const struct occasion *occasion = &occasions[rule];
    const uint64_t classes = flt_call_classes(opcode);
    bool may = false;
    for (int i = 0; i < FLT_FACT_COUNT; i++)
        may |= occasion->facts >> i & 1 && flt_facts[i].calls & classes;
    for (int i = 0; i < FLT_MOVE_COUNT; i++)
        may |= has_move(occasion, i) && flt_moves[i].calls & classes;
    return may;
}

bool flt_occasion_holds(int rule, const struct flt_difference *difference) {
    const struct occasion *occasion = &occasions[rule];
    for (int i = 0; i < FLT_FACT_COUNT; i++)
        if (occasion->facts >> i & 1 && difference->fact[i])
            return true;
    for (int i = 0; i < FLT_MOVE_COUNT; i++)
        if (has_move(occasion, i) && difference->move[i])
            return true;
    return false;
}

/* ---- facts of a call and its outcome --------------------------------------------------------- */

static bool is_in(const struct flt_call *call, uint64_t classes) {
    return (flt_call_classes(call->opcode) & classes) != 0;
}

static bool wants(const struct flt_call *call, uint32_t results) {
    return (flt_calls[call->opcode].results & ~(uint32_t)call->null_out & results) != 0;
}

static bool exits_with_handles(const struct flt_snapshot *before, const struct flt_call *call) {
    bool any = false;
    for (size_t i = 0; i < before->handles; i++)
        any |= before->handle[i].table == call->arg[FLT_ARG_process] % FLT_PROCESS_COUNT;
    return is_in(call, FLT_CALLS_EXITS) && any;
}

void flt_find_facts(const struct flt_snapshot *before, const struct flt_call *call,
                    const struct flt_outcome *outcome, bool facts[FLT_FACT_COUNT]) {
    const bool returned = outcome->kind == FLT_RETURNED;
    const bool good = returned && flt_success(outcome->status);
    const bool bad = returned && !good && is_in(call, FLT_CALLS_RETURNS_STATUS);
    const bool iosb = wants(call, 1u << FLT_RESULT_iosb);
    const bool handle = wants(call, 1u << FLT_RESULT_handle);
    const bool object = wants(call, 1u << FLT_RESULT_object);
    facts[FLT_FACT_iosb_of_success] = good && iosb;
    facts[FLT_FACT_iosb_of_failure] = bad && iosb;
    facts[FLT_FACT_outputs_of_failure] = bad && (handle || object);
    facts[FLT_FACT_new_handle] = good && handle;
    facts[FLT_FACT_new_file_and_object] = good && object && is_in(call, FLT_CALLS_GIVES_FILE);
    facts[FLT_FACT_object_by_handle] = good && is_in(call, FLT_CALLS_REFERENCES_BY_HANDLE);
    facts[FLT_FACT_old_irql] = good && is_in(call, FLT_CALLS_RAISES);
    facts[FLT_FACT_failed] = bad;
    facts[FLT_FACT_failed_at_step] = bad && is_in(call, FLT_CALLS_OPENS_FILE) &&
                                     call->arg[FLT_ARG_fail_step] != 0 &&
                                     outcome->status == flt_asked_failure(call);
    facts[FLT_FACT_source_to_close] = returned && is_in(call, FLT_CALLS_DUPLICATES_HANDLE) &&
                                      call->arg[FLT_ARG_options] & DUPLICATE_CLOSE_SOURCE;
    facts[FLT_FACT_list_given] =
        returned && is_in(call, FLT_CALLS_OPENS_WITH_LIST) && call->arg[FLT_ARG_ecp] != 0;
    facts[FLT_FACT_exit_with_handles] = returned && exits_with_handles(before, call);
}
