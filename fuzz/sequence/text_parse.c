/* Text to sequences: lines, headers, calls. */
#include "text_scan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool flt_text_init(struct flt_text *text) {
    memset(text, 0, sizeof *text);
    const bool made = flt_sequence_init(&text->sequence);
    text->expected = malloc(FLT_MAX_STEPS * sizeof *text->expected);
    text->line = malloc(FLT_MAX_STEPS * sizeof *text->line);
    if (made && text->expected && text->line)
        return true;
    flt_text_free(text);
    return false;
}

void flt_text_free(struct flt_text *text) {
    flt_sequence_free(&text->sequence);
    free(text->expected);
    free(text->line);
    text->expected = NULL;
    text->line = NULL;
}

bool flt_text_is_text(const uint8_t *data, size_t size) {
    const size_t looked_at = size < 4096 ? size : 4096;
    for (size_t i = 0; i < looked_at; i++)
        if (data[i] < 0x20 && data[i] != '\t' && data[i] != '\r' && data[i] != '\n')
            return false;
    return size > 0;
}

/* ---- the header ------------------------------------------------------------------------------ */

static const char *allowed_profile(const void *context, size_t i) {
    (void)context;
    return i < FLT_PROFILE_COUNT ? flt_profile_name((enum flt_profile)i) : NULL;
}

static const char *allowed_switch(const void *context, size_t i) {
    (void)context;
    return i < FLT_SWITCH_COUNT ? flt_switch_name((enum flt_switch)i) : NULL;
}

static const char *allowed_choice(const void *context, size_t i) {
    const enum flt_switch *which = context;
    return i < FLT_SWITCH_ANY ? flt_choice_name(*which, (uint8_t)i) : NULL;
}

static bool read_profile(struct flt_scan *scan, struct flt_sequence *sequence) {
    const struct flt_word word = flt_scan_word(scan);
    if (sequence->profile_given)
        return flt_scan_fail(scan, "a second profile");
    if (!flt_profile_by_name(word.text, word.length, &sequence->profile))
        return flt_scan_unknown(scan, "profile", word, allowed_profile, NULL);
    sequence->profile_given = true;
    return true;
}

static bool read_switch(struct flt_scan *scan, struct flt_sequence *sequence) {
    const struct flt_word word = flt_scan_word(scan);
    enum flt_switch which;
    if (!flt_switch_by_name(word.text, word.length, &which))
        return flt_scan_unknown(scan, "switch", word, allowed_switch, NULL);
    if (sequence->overridden[which] != FLT_SWITCH_ANY)
        return flt_scan_fail(scan, "switch %s is set twice", flt_switch_name(which));
    if (!flt_scan_char(scan, '='))
        return flt_scan_fail(scan, "expected '=' after switch %s, found %s", flt_switch_name(which),
                             flt_scan_next(scan));
    const struct flt_word choice = flt_scan_word(scan);
    if (!flt_choice_by_name(which, choice.text, choice.length, &sequence->overridden[which]))
        return flt_scan_unknown(scan, "choice", choice, allowed_choice, &which);
    return true;
}

/* A header line, where this is one; *is_header says so. */
static bool read_header(struct flt_scan *scan, struct flt_sequence *sequence, bool *is_header) {
    const struct flt_word word = flt_peek_word(scan);
    const bool profile = flt_word_is(word, "profile");
    *is_header = profile || flt_word_is(word, "switch");
    if (!*is_header)
        return true;
    if (sequence->count > 0)
        return flt_scan_fail(scan, "%.*s after a call: it belongs before the first",
                             FLT_SHOW(word));
    flt_scan_word(scan);
    if (!(profile ? read_profile(scan, sequence) : read_switch(scan, sequence)))
        return false;
    if (!flt_scan_at_end(scan) && !flt_scan_char(scan, '#'))
        return flt_scan_fail(scan, "expected the end of the line, found %s", flt_scan_next(scan));
    return true;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static const char *allowed_call(const void *context, size_t i) {
    (void)context;
    return flt_calls[flt_opcodes[i]].name; /* row 0, after the last opcode, has no name */
}

static const char *allowed_argument(const void *context, size_t i) {
    const struct flt_step *step = context;
    for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
        if ((flt_calls[step->opcode].args >> arg & 1) && !flt_arg_is_subject(arg) && i-- == 0)
            return flt_args[arg].name;
    return NULL;
}

/* The results that stand before the '=': words, as the call's name comes after them. */
struct results {
    size_t count;
    struct flt_word word[FLT_RESULT_SLOTS];
};

static bool read_results(struct flt_scan *scan, struct results *results) {
    results->count = 0;
    for (;;) {
        struct flt_scan ahead = *scan;
        const struct flt_word word = flt_scan_word(&ahead);
        const bool last = flt_scan_char(&ahead, '=');
        if (!last && !flt_scan_char(&ahead, ','))
            break;
        if (results->count == FLT_RESULT_SLOTS)
            return flt_scan_fail(scan, "more than %d results", FLT_RESULT_SLOTS);
        results->word[results->count++] = word;
        *scan = ahead;
        if (last)
            return true;
    }
    if (results->count == 0)
        return true;
    return flt_scan_fail(scan, "expected '=' after the results, found %s", flt_scan_next(scan));
}

/* Gives each slot to the first result of its kind that is left: they stand in the order of ids. */
static bool keep_results(struct flt_scan *scan, const struct results *results,
                         struct flt_step *step) {
    const struct flt_call_info *info = &flt_calls[step->opcode];
    int result = 0;
    for (size_t i = 0; i < results->count; i++) {
        const struct flt_word word = results->word[i];
        uint8_t slots = FLT_SLOTS_NO_SLOT;
        int8_t slot = FLT_NO_SLOT;
        if (flt_word_slot(word, &slots, &slot) != FLT_NUMBER_OK)
            return flt_scan_fail(scan,
                                 "'%.*s' is no slot; allowed: h0 to h%d for handles, o0 to "
                                 "o%d for objects",
                                 FLT_SHOW(word), FLT_SLOT_COUNT - 1, FLT_SLOT_COUNT - 1);
        while (result < FLT_RESULT_LIMIT &&
               (!(info->results >> result & 1) || flt_results[result].slots != slots))
            result++;
        if (!flt_step_keep(step, result++, slot))
            return flt_scan_fail(scan,
                                 "%s has no result for %.*s there; handles come before "
                                 "objects, each once",
                                 info->name, FLT_SHOW(word));
    }
    return true;
}

static bool named_subject(struct flt_scan *scan, const struct flt_step *step, int arg) {
    return flt_scan_fail(scan, "the %s of %s comes first and without its name", flt_args[arg].name,
                         flt_calls[step->opcode].name);
}

static bool read_subject(struct flt_scan *scan, struct flt_step *step, int arg) {
    const char *call = flt_calls[step->opcode].name;
    struct flt_scan ahead = *scan;
    if (flt_scan_char(&ahead, ')') || flt_scan_at_end(&ahead))
        return flt_scan_fail(scan, "%s needs its %s, found %s", call, flt_args[arg].name,
                             flt_scan_next(scan));
    if (flt_scan_word(&ahead).length > 0 && flt_scan_char(&ahead, '='))
        return named_subject(scan, step, arg);
    return flt_scan_value(scan, step, arg);
}

static bool read_named(struct flt_scan *scan, struct flt_step *step) {
    const struct flt_word word = flt_scan_word(scan);
    const int arg = flt_arg_by_name(word.text, word.length);
    const char *call = flt_calls[step->opcode].name;
    const bool known = arg != 0 && (flt_calls[step->opcode].args >> arg & 1);
    if (known && flt_arg_is_subject(arg))
        return named_subject(scan, step, arg);
    if (!known) {
        if (!allowed_argument(step, 0))
            return flt_scan_fail(scan, "%s takes no %s%.*s", call,
                                 word.length > 0 ? "argument " : "more arguments", FLT_SHOW(word));
        return flt_scan_unknown(scan, "argument", word, allowed_argument, step);
    }
    if (step->present >> arg & 1)
        return flt_scan_fail(scan, "%s is given twice", flt_args[arg].name);
    if (!flt_scan_char(scan, '='))
        return flt_scan_fail(scan, "expected '=' after %s, found %s", flt_args[arg].name,
                             flt_scan_next(scan));
    return flt_scan_value(scan, step, arg);
}

/* The ',' before an argument; none before the first. */
static bool read_comma(struct flt_scan *scan, bool *first) {
    if (!*first && !flt_scan_char(scan, ','))
        return flt_scan_fail(scan, "expected ',' or ')', found %s", flt_scan_next(scan));
    *first = false;
    return true;
}

static bool read_arguments(struct flt_scan *scan, struct flt_step *step) {
    const struct flt_call_info *info = &flt_calls[step->opcode];
    bool first = true;
    if (!flt_scan_char(scan, '('))
        return flt_scan_fail(scan, "expected '(' after %s, found %s", info->name,
                             flt_scan_next(scan));
    for (int arg = 1; arg < FLT_ARG_LIMIT; arg++)
        if ((info->args >> arg & 1) && flt_arg_is_subject(arg))
            if (!read_comma(scan, &first) || !read_subject(scan, step, arg))
                return false;
    while (!flt_scan_char(scan, ')'))
        if (!read_comma(scan, &first) || !read_named(scan, step))
            return false;
    return true;
}

static bool read_call(struct flt_scan *scan, struct flt_text *text) {
    struct results results;
    struct flt_sequence *sequence = &text->sequence;
    if (text->end_given)
        return flt_scan_fail(scan, "a call after # end:");
    if (sequence->count == FLT_MAX_STEPS)
        return flt_scan_fail(scan, "more than %d calls", FLT_MAX_STEPS);
    if (!read_results(scan, &results))
        return false;
    const struct flt_word name = flt_scan_word(scan);
    const int opcode = flt_opcode_by_name(name.text, name.length);
    if (opcode == FLT_OP_NONE)
        return flt_scan_unknown(scan, "call", name, allowed_call, NULL);

    struct flt_step *step = &sequence->step[sequence->count];
    struct flt_expected *expected = &text->expected[sequence->count];
    flt_step_init(step, (uint8_t)opcode);
    memset(expected, 0, sizeof *expected);
    if (!keep_results(scan, &results, step) || !read_arguments(scan, step))
        return false;
    text->line[sequence->count++] = scan->line;
    if (flt_scan_char(scan, '#'))
        return flt_scan_expected(scan, expected);
    if (!flt_scan_at_end(scan))
        return flt_scan_fail(scan, "expected # or the end of the line after the call, found %s",
                             flt_scan_next(scan));
    return true;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool read_line(struct flt_scan *scan, struct flt_text *text, bool header_only) {
    const size_t length = (size_t)(scan->end - scan->at);
    bool is_header;
    if (length > FLT_MAX_LINE)
        return flt_scan_fail(scan, "a line of %" PRIu64 " characters; allowed: %d",
                             (uint64_t)length, FLT_MAX_LINE);
    if (length > 0 && memchr(scan->at, '\0', length))
        return flt_scan_fail(scan, "a NUL byte; the text form has none");
    if (flt_scan_at_end(scan))
        return true;
    if (flt_scan_char(scan, '#'))
        return flt_scan_comment(scan, text);
    if (!read_header(scan, &text->sequence, &is_header))
        return false;
    if (header_only && !is_header)
        return flt_scan_fail(scan,
                             "expected profile NAME, switch NAME=CHOICE or # COMMENT, found %s",
                             flt_scan_next(scan));
    return is_header || read_call(scan, text);
}

static bool read_lines(const char *data, size_t size, bool header_only, struct flt_text *text,
                       struct flt_text_error *error) {
    flt_sequence_clear(&text->sequence);
    text->leaks = 0;
    text->end_given = false;
    text->title[0] = '\0';
    uint32_t line = 0;
    const char *end = size > 0 ? data + size : data;
    for (const char *at = data; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        const char *next = newline ? newline + 1 : end;
        if (stop > at && stop[-1] == '\r')
            stop--;
        struct flt_scan scan = {at, stop, ++line, error};
        if (!read_line(&scan, text, header_only))
            return false;
        at = next;
    }
    return true;
}

bool flt_text_parse(const char *data, size_t size, struct flt_text *text,
                    struct flt_text_error *error) {
    return read_lines(data, size, false, text, error);
}

bool flt_text_parse_header(const char *data, size_t size, struct flt_text *text,
                           struct flt_text_error *error) {
    return read_lines(data, size, true, text, error);
}
