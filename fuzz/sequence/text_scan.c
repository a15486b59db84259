/* A cursor over one line of text, and its error messages. */
#include "text_scan.h"

#include <stdarg.h>
#include <string.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static void skip_blanks(struct flt_scan *scan) {
    while (scan->at < scan->end && is_blank(*scan->at))
        scan->at++;
}

struct flt_word flt_scan_word(struct flt_scan *scan) {
    skip_blanks(scan);
    const char *start = scan->at;
    while (scan->at < scan->end && is_word(*scan->at))
        scan->at++;
    return (struct flt_word){start, (size_t)(scan->at - start)};
}

struct flt_word flt_peek_word(const struct flt_scan *scan) {
    struct flt_scan ahead = *scan;
    return flt_scan_word(&ahead);
}

bool flt_scan_char(struct flt_scan *scan, char wanted) {
    skip_blanks(scan);
    if (scan->at == scan->end || *scan->at != wanted)
        return false;
    scan->at++;
    return true;
}

bool flt_scan_at_end(struct flt_scan *scan) {
    skip_blanks(scan);
    return scan->at == scan->end;
}

const char *flt_scan_next(struct flt_scan *scan) {
    static _Thread_local char next[48];
    if (flt_scan_at_end(scan))
        return "the end of the line";
    const struct flt_word word = flt_peek_word(scan);
    const unsigned char c = (unsigned char)*scan->at;
    if (word.length > 0)
        snprintf(next, sizeof next, "'%.*s'", FLT_SHOW(word));
    else if (c > 0x20 && c < 0x7F)
        snprintf(next, sizeof next, "'%c'", c);
    else
        snprintf(next, sizeof next, "the byte 0x%02x", c);
    return next;
}

bool flt_word_is(struct flt_word word, const char *text) {
    return strlen(text) == word.length && memcmp(text, word.text, word.length) == 0;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

enum flt_number flt_word_number(struct flt_word word, uint64_t *value) {
    const char *at = word.text, *end = word.text + word.length;
    const bool negative = at < end && *at == '-';
    if (negative)
        at++;
    unsigned base = 10;
    if (end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
        base = 16;
        at += 2;
    }
    if (at == end)
        return FLT_NUMBER_NONE;
    uint64_t number = 0;
    bool over = false;
    for (; at < end; at++) {
        const unsigned next = (unsigned)digit(*at);
        if (next >= base)
            return FLT_NUMBER_NONE;
        over = over || number > (UINT64_MAX - next) / base;
        number = number * base + next;
    }
    if (over || (negative && number > UINT64_C(1) << 63))
        return FLT_NUMBER_RANGE;
    *value = negative ? 0 - number : number;
    return FLT_NUMBER_OK;
}

/* ---- errors ---------------------------------------------------------------------------------- */

bool flt_scan_fail(struct flt_scan *scan, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(scan->error->what, sizeof scan->error->what, format, values);
    va_end(values);
    scan->error->line = scan->line;
    return false;
}

enum { LONGEST_COMPARED = 64 };

/* Levenshtein's distance, one row at a time. */
static size_t edit_distance(struct flt_word a, const char *b) {
    size_t row[LONGEST_COMPARED + 1];
    const size_t length = strlen(b);
    if (length > LONGEST_COMPARED || a.length > LONGEST_COMPARED)
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t best = diagonal + (a.text[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[length];
}

/* The closest allowed word, or NULL when none is close. */
static const char *nearest(struct flt_word word, flt_allowed_word *allowed, const void *context) {
    const char *best = NULL, *candidate;
    size_t distance = word.length / 3 + 1;
    for (size_t i = 0; (candidate = allowed(context, i)) != NULL; i++) {
        const size_t d = edit_distance(word, candidate);
        if (d <= distance && (!best || d < distance)) {
            best = candidate;
            distance = d;
        }
    }
    return best;
}

/* Appends " A, B, C", and " ..." where the rest does not fit. */
static void list(char *what, size_t room, flt_allowed_word *allowed, const void *context) {
    const char *candidate;
    for (size_t i = 0; (candidate = allowed(context, i)) != NULL; i++) {
        const size_t length = strlen(what);
        if (length + strlen(candidate) + sizeof ",  ..." > room) {
            snprintf(what + length, room - length, " ...");
            return;
        }
        snprintf(what + length, room - length, "%s%s", i == 0 ? " " : ", ", candidate);
    }
}

bool flt_scan_unknown(struct flt_scan *scan, const char *what, struct flt_word word,
                      flt_allowed_word *allowed, const void *context) {
    if (word.length == 0)
        flt_scan_fail(scan, "missing %s, found %s; allowed:", what, flt_scan_next(scan));
    else
        flt_scan_fail(scan, "unknown %s %.*s; allowed:", what, FLT_SHOW(word));
    const char *close = word.length > 0 ? nearest(word, allowed, context) : NULL;
    if (close)
        return flt_scan_fail(scan, "unknown %s %.*s; did you mean %s?", what, FLT_SHOW(word),
                             close);
    list(scan->error->what, sizeof scan->error->what, allowed, context);
    return false;
}
