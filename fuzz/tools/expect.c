#include "expect.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What is longer is cut. */
static void say(struct flt_difference *difference, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(struct flt_difference *difference, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(difference->what, sizeof difference->what, format, values);
    va_end(values);
}

/* ---- one call -------------------------------------------------------------------------------- */

static bool same_breaches(const struct flt_step_result *got, const struct flt_expected *expected) {
    if (got->breaches != expected->breaches)
        return false;
    for (uint8_t i = 0; i < got->breaches; i++) {
        bool there = false;
        for (uint8_t j = 0; j < expected->breaches; j++)
            there |= got->breach[i] == expected->breach[j];
        if (!there)
            return false;
    }
    return true;
}

static void append_outcome(char *buffer, size_t room, uint8_t kind, uint32_t code, uint8_t breaches,
                           const uint16_t *breach) {
    char name[64];
    flt_text_outcome(kind, code, name, sizeof name);
    int used = snprintf(buffer, room, "%s", name);
    for (uint8_t i = 0; i < breaches && used > 0 && (size_t)used < room; i++)
        used += snprintf(buffer + used, room - (size_t)used, " breach %s", flt_rules[breach[i]].id);
}

static bool step_differs(const struct flt_runner *runner, const struct flt_text *text, size_t step,
                         const struct flt_step_result *got, struct flt_difference *difference) {
    const struct flt_expected *expected = &text->expected[step];
    if (got->outcome.kind == expected->kind &&
        (got->outcome.kind == FLT_WITHHELD || got->outcome.status == expected->code) &&
        same_breaches(got, expected))
        return false;
    char call[FLT_MAX_LINE], came[256], wanted[256];
    flt_text_step(&flt_runner_sequence(runner)->step[step], call, sizeof call);
    append_outcome(came, sizeof came, got->outcome.kind, got->outcome.status, got->breaches,
                   got->breach);
    append_outcome(wanted, sizeof wanted, expected->kind, expected->code, expected->breaches,
                   expected->breach);
    difference->step = step + 1;
    difference->line = text->line[step];
    say(difference, "%s: came back %s, expected %s", call, came, wanted);
    return true;
}

/* ---- what is left at the end ----------------------------------------------------------------- */

static bool same_leak(const struct flt_leak *got, const struct flt_expected_leak *expected) {
    if (got->rule != expected->rule)
        return false;
    return expected->slots == FLT_SLOTS_NO_SLOT ||
           (expected->slots == got->slots && expected->slot == got->slot);
}

static void leak_differs(struct flt_difference *difference, const char *verb, enum flt_rule rule,
                         uint8_t slots, int slot) {
    char name[16] = "";
    if (slots != FLT_SLOTS_NO_SLOT && slot != FLT_NO_SLOT)
        snprintf(name, sizeof name, " %c%d", slots == FLT_SLOTS_HANDLE ? 'h' : 'o', slot);
    say(difference, "at the end: leak %s%s was %s", flt_rules[rule].id, name, verb);
}

/* Each leak must be expected, and each expectation met, one for one. */
static bool leaks_differ(const struct flt_runner *runner, const struct flt_text *text,
                         struct flt_difference *difference) {
    bool met[FLT_MAX_EXPECTED_LEAKS] = {false};
    struct flt_leak leak;
    for (size_t k = 0; flt_door_leak(flt_runner_door(runner), k, &leak); k++) {
        size_t i = 0;
        while (i < text->leaks && (met[i] || !same_leak(&leak, &text->leak[i])))
            i++;
        if (i == text->leaks) {
            leak_differs(difference, "found, and not expected", leak.rule, leak.slots, leak.slot);
            return true;
        }
        met[i] = true;
    }
    for (size_t i = 0; i < text->leaks; i++)
        if (!met[i]) {
            leak_differs(difference, "expected, and not found", text->leak[i].rule,
                         text->leak[i].slots, text->leak[i].slot);
            return true;
        }
    return false;
}

bool flt_expect_check(const struct flt_runner *runner, const struct flt_text *text,
                      struct flt_difference *difference) {
    const size_t run = flt_runner_steps_run(runner);
    *difference = (struct flt_difference){0};
    for (size_t i = 0; i < run; i++)
        if (step_differs(runner, text, i, flt_runner_result(runner, i), difference))
            return false;
    if (run < text->sequence.count) {
        difference->step = run + 1;
        difference->line = text->line[run];
        say(difference, "not reached: the system stopped in the call before");
        return false;
    }
    return !leaks_differ(runner, text, difference);
}
