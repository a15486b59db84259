/* Which calls a driver had better not make, and why. */
#include <inttypes.h>

#include "function.h"

/* Our system comes back from a call at too high an IRQL; a real one need not. */
static bool may_stop(enum flt_rule rule) {
    static const uint16_t rules[] = {
        FLT_RULE_flt_at_passive,       FLT_RULE_zw_at_passive,
        FLT_RULE_reference_at_passive, FLT_RULE_dereference_at_dispatch,
        FLT_RULE_thread_call_irql,     FLT_RULE_filter_call_irql,
        FLT_RULE_raise_irql_upward,    FLT_RULE_lower_irql_downward,
        FLT_RULE_cancel_open_in_time,
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i] == rule)
            return true;
    return false;
}

static const char *breach_that_may_stop(const struct flt_step_result *result) {
    for (uint8_t i = 0; i < result->breaches; i++)
        if (may_stop((enum flt_rule)result->breach[i]))
            return flt_rules[result->breach[i]].id;
    return NULL;
}

/* A variable among the step's arguments that no call of the function has set: 'h', 'o' or 0. */
static char unset_variable(const struct flt_function *function, const struct flt_step *step,
                           uint64_t *slot) {
    for (uint32_t args = flt_calls[step->opcode].args & (uint32_t)FLT_SLOT_ARGS; args;
         args &= args - 1) {
        const int arg = __builtin_ctz(args);
        const bool handle = flt_arg_slots(arg) == FLT_SLOTS_HANDLE;
        const uint64_t unset = handle ? function->unset_handles : function->unset_objects;
        if (step->form[arg] == FLT_FORM_VALUE || !(unset >> step->arg[arg] & 1))
            continue;
        *slot = step->arg[arg];
        return handle ? 'h' : 'o';
    }
    return 0;
}

bool flt_left_out(const struct flt_function *function, const struct flt_step *step,
                  const struct flt_step_result *result, char *why, size_t room) {
    uint64_t slot;
    const char unset = unset_variable(function, step, &slot);
    const char *breach = result ? breach_that_may_stop(result) : NULL;
    if (step->opcode == FLT_OP_KeUnstackDetachProcess && function->emitter.attached == 0)
        snprintf(why, room, "there is no attach for it to undo");
    else if (unset)
        snprintf(why, room, "nothing above has set %c%" PRIu64, unset, slot);
    else if (function->options->with_stops)
        return false;
    else if (!result)
        snprintf(why, room, "the system has stopped above");
    else if (result->outcome.kind == FLT_WITHHELD)
        snprintf(why, room, "it may stop the system: it breaks %s",
                 result->breaches ? flt_rules[result->breach[0]].id : "a rule");
    else if (result->outcome.kind == FLT_BUGCHECK)
        snprintf(why, room, "it stops the system with bug check 0x%" PRIX32,
                 result->outcome.status);
    else if (breach)
        snprintf(why, room, "it may stop the system: it breaks %s", breach);
    else
        return false;
    return true;
}

void flt_note_results(struct flt_function *function, const struct flt_step *step, bool made,
                      bool withheld) {
    for (int result = 0; result < FLT_RESULT_SLOTS; result++) {
        if (step->result[result] == FLT_NO_SLOT || withheld)
            continue;
        const bool handle = flt_results[result].slots == FLT_SLOTS_HANDLE;
        uint64_t *unset = handle ? &function->unset_handles : &function->unset_objects;
        const uint64_t bit = UINT64_C(1) << step->result[result];
        *unset = made ? *unset & ~bit : *unset | bit;
        if (made && handle)
            function->set_handles |= bit;
        else if (made)
            function->set_objects |= bit;
    }
}
