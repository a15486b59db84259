/* The values of arguments: a parser per kind. */
#include "text_scan.h"

#include <stdio.h>
#include <string.h>

enum flt_number flt_word_slot(struct flt_word word, uint8_t *slots, int8_t *slot) {
    uint64_t number;
    if (word.length < 2 || (word.text[0] != 'h' && word.text[0] != 'o') || word.text[1] == '-' ||
        memchr(word.text, 'x', word.length))
        return FLT_NUMBER_NONE;
    const struct flt_word digits = {word.text + 1, word.length - 1};
    const enum flt_number found = flt_word_number(digits, &number);
    if (found == FLT_NUMBER_OK && number >= FLT_SLOT_COUNT)
        return FLT_NUMBER_RANGE;
    if (found == FLT_NUMBER_OK) {
        *slots = word.text[0] == 'h' ? FLT_SLOTS_HANDLE : FLT_SLOTS_OBJECT;
        *slot = (int8_t)number;
    }
    return found;
}

/* A word that must be a slot of that kind. */
static bool read_slot(struct flt_scan *scan, struct flt_word word, uint8_t wanted,
                      uint64_t *value) {
    uint8_t slots;
    int8_t slot;
    const char letter = wanted == FLT_SLOTS_HANDLE ? 'h' : 'o';
    switch (flt_word_slot(word, &slots, &slot)) {
    case FLT_NUMBER_OK:
        if (slots != wanted)
            return flt_scan_fail(scan, "%.*s is a slot of another kind; allowed: %c0 to %c%d",
                                 FLT_SHOW(word), letter, letter, FLT_SLOT_COUNT - 1);
        *value = (uint64_t)slot;
        return true;
    case FLT_NUMBER_RANGE:
        return flt_scan_fail(scan, "slot %.*s is out of range; allowed: %c0 to %c%d",
                             FLT_SHOW(word), letter, letter, FLT_SLOT_COUNT - 1);
    case FLT_NUMBER_NONE:
        break;
    }
    return flt_scan_fail(scan, "expected a slot, %c0 to %c%d, found %.*s%s", letter, letter,
                         FLT_SLOT_COUNT - 1, FLT_SHOW(word),
                         word.length == 0 ? flt_scan_next(scan) : "");
}

static bool looks_like_slot(struct flt_word word) {
    uint8_t slots;
    int8_t slot;
    return flt_word_slot(word, &slots, &slot) != FLT_NUMBER_NONE;
}

/* low32(h0), after the word low32 */
static bool read_low32(struct flt_scan *scan, struct flt_step *step, int arg) {
    uint64_t slot;
    if (!flt_scan_char(scan, '('))
        return flt_scan_fail(scan, "expected '(' after low32, found %s", flt_scan_next(scan));
    if (!read_slot(scan, flt_scan_word(scan), FLT_SLOTS_HANDLE, &slot))
        return false;
    if (!flt_scan_char(scan, ')'))
        return flt_scan_fail(scan, "expected ')' after low32(h%d, found %s", (int)slot,
                             flt_scan_next(scan));
    return flt_step_set(step, arg, FLT_FORM_SLOT_LOW32, slot);
}

/* h0 or h0|1 */
static bool read_slot_and_tag(struct flt_scan *scan, struct flt_word word, struct flt_step *step,
                              int arg) {
    uint64_t slot;
    if (!read_slot(scan, word, FLT_SLOTS_HANDLE, &slot))
        return false;
    if (!flt_scan_char(scan, '|'))
        return flt_step_set(step, arg, FLT_FORM_SLOT, slot);
    const struct flt_word tag = flt_peek_word(scan);
    uint64_t bits;
    if (flt_word_number(tag, &bits) != FLT_NUMBER_OK || bits < 1 || bits > 3)
        return flt_scan_fail(scan, "expected a tag after |, 1 to 3, found %s", flt_scan_next(scan));
    flt_scan_word(scan);
    return flt_step_set(step, arg, (uint8_t)(FLT_FORM_SLOT_TAG_1 + bits - 1), slot);
}

static bool read_handle(struct flt_scan *scan, struct flt_step *step, int arg) {
    const struct flt_word word = flt_peek_word(scan);
    uint64_t value = 0;
    enum flt_number found;
    if (flt_word_is(word, "low32")) {
        flt_scan_word(scan);
        return read_low32(scan, step, arg);
    }
    if (looks_like_slot(word)) {
        flt_scan_word(scan);
        return read_slot_and_tag(scan, word, step, arg);
    }
    found = flt_word_is(word, "NULL") ? FLT_NUMBER_OK : flt_word_number(word, &value);
    if (found == FLT_NUMBER_RANGE)
        return flt_scan_fail(scan, "number out of range: %.*s; a handle has 64 bits",
                             FLT_SHOW(word));
    if (found == FLT_NUMBER_NONE)
        return flt_scan_fail(scan,
                             "%s is no handle; allowed: h0 to h%d, h0|1 to h0|3, low32(h0), NULL, "
                             "a number of 64 bits",
                             flt_scan_next(scan), FLT_SLOT_COUNT - 1);
    flt_scan_word(scan);
    return flt_step_set(step, arg, FLT_FORM_VALUE, value);
}

static bool read_object(struct flt_scan *scan, struct flt_step *step, int arg) {
    const struct flt_word word = flt_peek_word(scan);
    uint64_t value = 0;
    if (flt_word_is(word, "NULL")) {
        flt_scan_word(scan);
        return flt_step_set(step, arg, FLT_FORM_VALUE, 0);
    }
    if (!looks_like_slot(word))
        return flt_scan_fail(scan, "%s is no object; allowed: o0 to o%d, NULL", flt_scan_next(scan),
                             FLT_SLOT_COUNT - 1);
    flt_scan_word(scan);
    return read_slot(scan, word, FLT_SLOTS_OBJECT, &value) &&
           flt_step_set(step, arg, FLT_FORM_SLOT, value);
}

/* ---- names, flags, numbers ------------------------------------------------------------------- */

static const char *allowed_name(const void *context, size_t i) {
    static const char *const quoted[] = {
#define NAME(id, text, there, volume, parent, attributes) "\"" text "\"",
#include "../../model/names.def"
    };
    (void)context;
    return i < sizeof quoted / sizeof quoted[0] ? quoted[i] : NULL;
}

static bool read_name(struct flt_scan *scan, struct flt_step *step, int arg) {
    if (!flt_scan_char(scan, '"'))
        return flt_scan_fail(scan, "expected a name in \"quotes\", found %s", flt_scan_next(scan));
    const char *text = scan->at;
    const char *end = memchr(text, '"', (size_t)(scan->end - text));
    if (!end)
        return flt_scan_fail(scan, "a name that does not end: the closing \" is missing");
    const struct flt_name *name = flt_name_by_text(text, (size_t)(end - text));
    scan->at = end + 1;
    if (name)
        return flt_step_set(step, arg, FLT_FORM_VALUE, name->id);
    const struct flt_word quoted = {text - 1, (size_t)(end - text) + 2};
    return flt_scan_unknown(scan, "name", quoted, allowed_name, NULL);
}

static const char *allowed_constant(const void *context, size_t i) {
    const struct flt_arg_info *info = context;
    uint64_t value;
    return flt_constant_at((enum flt_group)info->group, i, &value);
}

/* A constant of the argument's group, or a number. */
static bool read_constant(struct flt_scan *scan, int arg, struct flt_word word, uint64_t *value) {
    const struct flt_arg_info *info = &flt_args[arg];
    if (flt_constant_by_name((enum flt_group)info->group, word.text, word.length, value))
        return true;
    switch (flt_word_number(word, value)) {
    case FLT_NUMBER_OK:
        if (flt_arg_fits(arg, FLT_FORM_VALUE, *value))
            return true;
        break;
    case FLT_NUMBER_RANGE:
        break;
    case FLT_NUMBER_NONE:
        return flt_scan_unknown(scan, info->name, word, allowed_constant, info);
    }
    if (info->kind == FLT_KIND_FLAGS)
        return flt_scan_fail(scan, "number out of range: %.*s; %s has 32 bits", FLT_SHOW(word),
                             info->name);
    if (flt_group_limit(info->group) != 0)
        return flt_scan_fail(scan, "number out of range: %.*s; %s goes from 0 to %u",
                             FLT_SHOW(word), info->name, (unsigned)flt_group_limit(info->group));
    return flt_scan_unknown(scan, info->name, word, allowed_constant, info);
}

/* Of the statuses that `fail` knows, those that the call may fail with. */
static const char *allowed_failure(const void *context, size_t i) {
    const struct flt_step *step = context;
    uint64_t status;
    const char *name;
    for (size_t at = 0; (name = flt_constant_at(FLT_GROUP_FAIL, at, &status)) != NULL; at++)
        if (status != 0 && flt_may_fail_with(step->opcode, status) && i-- == 0)
            return name;
    return NULL;
}

static bool read_enum(struct flt_scan *scan, struct flt_step *step, int arg) {
    uint64_t value;
    const struct flt_word word = flt_scan_word(scan);
    if (!read_constant(scan, arg, word, &value))
        return false;
    if (flt_step_set(step, arg, FLT_FORM_VALUE, value))
        return true;
    char what[80];
    snprintf(what, sizeof what, "failure of %s", flt_calls[step->opcode].name);
    return flt_scan_unknown(scan, what, word, allowed_failure, step);
}

static bool read_flags(struct flt_scan *scan, struct flt_step *step, int arg) {
    uint64_t flags = 0, flag;
    do {
        if (!read_constant(scan, arg, flt_scan_word(scan), &flag))
            return false;
        flags |= flag;
    } while (flt_scan_char(scan, '|'));
    return flt_step_set(step, arg, FLT_FORM_VALUE, flags);
}

bool flt_scan_value(struct flt_scan *scan, struct flt_step *step, int arg) {
    switch ((enum flt_kind)flt_args[arg].kind) {
    case FLT_KIND_HANDLE:
        return read_handle(scan, step, arg);
    case FLT_KIND_OBJECT:
        return read_object(scan, step, arg);
    case FLT_KIND_NAME:
        return read_name(scan, step, arg);
    case FLT_KIND_FLAGS:
        return read_flags(scan, step, arg);
    case FLT_KIND_ENUM:
        return read_enum(scan, step, arg);
    }
    return flt_scan_fail(scan, "argument %d is of no kind", arg);
}
