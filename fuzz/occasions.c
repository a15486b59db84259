#include "occasions.h"

#include "../model/include/wdm.h"
#include "call_classes.h"

/* M(name) is a bit of the low or of the high half: in the other it is 0. */
static const struct flt_difference occasions[FLT_RULE_COUNT] = {
#define F(name) UINT64_C(1) << FLT_FACT_##name
#define M(name) (FLT_MOVE_##name < 64 ? UINT64_C(1) << FLT_MOVE_##name % 64 : 0)
#define OCCASION(rule, of_facts, of_moves)                                                         \
    [FLT_RULE_##rule].facts = (of_facts), [FLT_RULE_##rule].moves[0] = (of_moves),
#include "occasions.def"
#undef M
#define M(name) (FLT_MOVE_##name >= 64 ? UINT64_C(1) << FLT_MOVE_##name % 64 : 0)
#define OCCASION(rule, of_facts, of_moves) [FLT_RULE_##rule].moves[1] = (of_moves),
#include "occasions.def"
#undef M
#undef F
};

/* Classes of the calls that make what can be left behind. */
static const uint64_t left_by[FLT_RULE_COUNT] = {
#define LEFT(rule, calls) [FLT_RULE_##rule] = FLT_CALLS_##calls,
#include "occasions.def"
};

bool flt_occasion_holds(int rule, const struct flt_difference *difference) {
    const struct flt_difference *occasion = &occasions[rule];
    return (occasion->facts & difference->facts) != 0 ||
           (occasion->moves[0] & difference->moves[0]) != 0 ||
           (occasion->moves[1] & difference->moves[1]) != 0;
}

bool flt_rule_has_occasion(int rule) {
    const struct flt_difference *occasion = &occasions[rule];
    return (occasion->facts | occasion->moves[0] | occasion->moves[1] | left_by[rule]) != 0;
}

bool flt_rule_may_have_occasion(int rule, uint8_t opcode) {
    const uint64_t classes = flt_call_classes(opcode);
    struct flt_difference all = {0};
    for (int i = 0; i < FLT_FACT_COUNT; i++)
        flt_add_fact(&all, (enum flt_fact)i, (flt_facts[i].calls & classes) != 0);
    for (int i = 0; i < FLT_MOVE_COUNT; i++)
        if (flt_moves[i].calls & classes)
            flt_add_move(&all, (enum flt_move)i);
    return flt_occasion_holds(rule, &all) || (left_by[rule] & classes) != 0;
}

/* ---- the facts of a call and its outcome ----------------------------------------------------- */

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
                    const struct flt_outcome *outcome, struct flt_difference *difference) {
    const bool returned = outcome->kind == FLT_RETURNED;
    const bool good = returned && flt_success(outcome->status);
    const bool bad = returned && !good && is_in(call, FLT_CALLS_RETURNS_STATUS);
    const bool iosb = wants(call, 1u << FLT_RESULT_iosb);
    const bool handle = wants(call, 1u << FLT_RESULT_handle);
    const bool object = wants(call, 1u << FLT_RESULT_object);
    flt_add_fact(difference, FLT_FACT_iosb_of_success, good && iosb);
    flt_add_fact(difference, FLT_FACT_iosb_of_failure, bad && iosb);
    flt_add_fact(difference, FLT_FACT_outputs_of_failure, bad && (handle || object));
    flt_add_fact(difference, FLT_FACT_new_handle, good && handle);
    flt_add_fact(difference, FLT_FACT_new_file_and_object,
                 good && object && is_in(call, FLT_CALLS_GIVES_FILE));
    flt_add_fact(difference, FLT_FACT_object_by_handle,
                 good && is_in(call, FLT_CALLS_REFERENCES_BY_HANDLE));
    flt_add_fact(difference, FLT_FACT_old_irql, good && is_in(call, FLT_CALLS_RAISES));
    flt_add_fact(difference, FLT_FACT_failed, bad);
    flt_add_fact(difference, FLT_FACT_failed_at_step,
                 bad && is_in(call, FLT_CALLS_MAKES_FILE) && call->arg[FLT_ARG_fail_step] != 0 &&
                     outcome->status == flt_asked_failure(call));
    flt_add_fact(difference, FLT_FACT_source_to_close,
                 returned && is_in(call, FLT_CALLS_DUPLICATES_HANDLE) &&
                     call->arg[FLT_ARG_options] & DUPLICATE_CLOSE_SOURCE);
    flt_add_fact(difference, FLT_FACT_list_given,
                 returned && is_in(call, FLT_CALLS_OPENS_WITH_LIST) && call->arg[FLT_ARG_ecp] != 0);
    flt_add_fact(difference, FLT_FACT_buffer_taken,
                 good && is_in(call, FLT_CALLS_TAKES_BUFFER) &&
                     outcome->out[FLT_RESULT_object] != 0);
    flt_add_fact(difference, FLT_FACT_exit_with_handles,
                 returned && exits_with_handles(before, call));
}
