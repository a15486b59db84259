/* Comments: what a call is expected to come back with, what is left at the end, the title. */
#include "text_scan.h"

#include <string.h>

/* ---- outcomes -------------------------------------------------------------------------------- */

static const char *allowed_status(const void *context, size_t i) {
    static const char *const names[] = {
        "bugcheck",
        "withheld",
        "breach",
#define STATUS(name) #name,
#include "../../model/status.def"
    };
    (void)context;
    return i < sizeof names / sizeof names[0] ? names[i] : NULL;
}

static const char *allowed_bugcheck(const void *context, size_t i) {
    static const char *const names[] = {
#define BUGCHECK(name, code) #name,
#include "../../model/status.def"
    };
    (void)context;
    return i < sizeof names / sizeof names[0] ? names[i] : NULL;
}

/* A number of 32 bits; *is_number says whether the word is meant as one. */
static bool read_code(struct flt_scan *scan, struct flt_word word, bool *is_number,
                      uint32_t *code) {
    uint64_t number = 0;
    const enum flt_number found = flt_word_number(word, &number);
    *is_number = found != FLT_NUMBER_NONE;
    if (found == FLT_NUMBER_RANGE || (*is_number && number > UINT32_MAX))
        return flt_scan_fail(scan, "number out of range: %.*s; a status or code has 32 bits",
                             FLT_SHOW(word));
    *code = (uint32_t)number;
    return true;
}

static bool read_bugcheck(struct flt_scan *scan, struct flt_expected *expected) {
    const struct flt_word word = flt_scan_word(scan);
    bool is_number;
    expected->kind = FLT_BUGCHECK;
    if (!read_code(scan, word, &is_number, &expected->code))
        return false;
    if (is_number || flt_bugcheck_by_name(word.text, word.length, &expected->code))
        return true;
    return flt_scan_unknown(scan, "bugcheck", word, allowed_bugcheck, NULL);
}

static bool read_outcome(struct flt_scan *scan, struct flt_expected *expected) {
    const struct flt_word word = flt_peek_word(scan);
    bool is_number;
    if (word.length == 0 || flt_word_is(word, "breach"))
        return true; /* success is not written */
    flt_scan_word(scan);
    if (flt_word_is(word, "withheld")) {
        expected->kind = FLT_WITHHELD;
        return true;
    }
    if (flt_word_is(word, "bugcheck"))
        return read_bugcheck(scan, expected);
    if (!read_code(scan, word, &is_number, &expected->code))
        return false;
    if (is_number || flt_status_by_name(word.text, word.length, &expected->code))
        return true;
    return flt_scan_unknown(scan, "outcome", word, allowed_status, NULL);
}

/* ---- rules ----------------------------------------------------------------------------------- */

/* The caller's rules that are judged with a call, or those judged at the end of the sequence. */
static bool is_allowed_rule(int rule, bool at_end) {
    return flt_rules[rule].caller && flt_rules[rule].at_end == at_end;
}

static const char *allowed_rule(const void *context, size_t i) {
    const bool *at_end = context;
    for (int rule = 1; rule < FLT_RULE_COUNT; rule++)
        if (is_allowed_rule(rule, *at_end) && i-- == 0)
            return flt_rules[rule].id;
    return NULL;
}

static bool read_rule(struct flt_scan *scan, bool at_end, uint16_t *rule) {
    const struct flt_word word = flt_scan_word(scan);
    const int found = flt_rule_by_id(word.text, word.length);
    if (found == FLT_RULE_NONE)
        return flt_scan_unknown(scan, "rule", word, allowed_rule, &at_end);
    if (!flt_rules[found].caller)
        return flt_scan_fail(scan, "rule %s is kept by the system: no caller can breach it",
                             flt_rules[found].id);
    if (!is_allowed_rule(found, at_end))
        return flt_scan_fail(scan,
                             at_end ? "rule %s is judged at its call: # ... breach %s"
                                    : "rule %s is judged at the end: # end: leak %s",
                             flt_rules[found].id, flt_rules[found].id);
    *rule = (uint16_t)found;
    return true;
}

bool flt_scan_expected(struct flt_scan *scan, struct flt_expected *expected) {
    if (!read_outcome(scan, expected))
        return false;
    while (!flt_scan_at_end(scan)) {
        if (!flt_word_is(flt_scan_word(scan), "breach"))
            return flt_scan_fail(scan, "an expectation is an outcome, then breach RULE as often as "
                                       "needed; other comments have a line of their own");
        if (expected->breaches == FLT_MAX_EXPECTED_BREACHES)
            return flt_scan_fail(scan, "more than %d breaches", FLT_MAX_EXPECTED_BREACHES);
        if (!read_rule(scan, false, &expected->breach[expected->breaches]))
            return false;
        expected->breaches++;
    }
    return true;
}

/* ---- whole lines ----------------------------------------------------------------------------- */

static bool read_leak(struct flt_scan *scan, struct flt_text *text) {
    if (text->leaks == FLT_MAX_EXPECTED_LEAKS)
        return flt_scan_fail(scan, "more than %d leaks", FLT_MAX_EXPECTED_LEAKS);
    struct flt_expected_leak *leak = &text->leak[text->leaks];
    *leak = (struct flt_expected_leak){.slots = FLT_SLOTS_NO_SLOT, .slot = FLT_NO_SLOT};
    if (!read_rule(scan, true, &leak->rule))
        return false;
    const struct flt_word word = flt_scan_word(scan);
    if (word.length > 0 && flt_word_slot(word, &leak->slots, &leak->slot) != FLT_NUMBER_OK)
        return flt_scan_fail(scan, "%.*s is no slot; allowed: h0 to h%d, o0 to o%d, or nothing",
                             FLT_SHOW(word), FLT_SLOT_COUNT - 1, FLT_SLOT_COUNT - 1);
    text->leaks++;
    return true;
}

/* After "# end:". */
static bool read_end(struct flt_scan *scan, struct flt_text *text) {
    const struct flt_word word = flt_scan_word(scan);
    if (flt_word_is(word, "leak")) {
        if (text->end_given && text->leaks == 0)
            return flt_scan_fail(scan, "a leak after # end: no leak");
        if (!read_leak(scan, text))
            return false;
    } else if (flt_word_is(word, "no") && flt_word_is(flt_scan_word(scan), "leak")) {
        if (text->end_given)
            return flt_scan_fail(scan, "# end: no leak after another # end:");
    } else {
        return flt_scan_fail(scan, "an end is: # end: leak RULE [slot], or # end: no leak");
    }
    text->end_given = true;
    if (!flt_scan_at_end(scan))
        return flt_scan_fail(scan, "expected the end of the line, found %s", flt_scan_next(scan));
    return true;
}

static void keep_title(const struct flt_scan *scan, struct flt_text *text) {
    size_t length = (size_t)(scan->end - scan->at);
    if (text->title[0] != '\0')
        return;
    if (length >= sizeof text->title)
        length = sizeof text->title - 1;
    memcpy(text->title, scan->at, length);
    text->title[length] = '\0';
}

bool flt_scan_comment(struct flt_scan *scan, struct flt_text *text) {
    struct flt_scan end = *scan;
    if (flt_word_is(flt_scan_word(&end), "end") && flt_scan_char(&end, ':'))
        return read_end(&end, text);
    if (!flt_scan_at_end(scan))
        keep_title(scan, text);
    return true;
}
