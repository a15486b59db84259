/* Inside the text parser: a cursor over one line, and errors that say what is wrong and what would
 * be right. Every function that can fail returns false once *error is filled in. */
#ifndef FLT_TEXT_SCAN_H
#define FLT_TEXT_SCAN_H

#include "text.h"

struct flt_scan {
    const char *at, *end;
    uint32_t line;
    struct flt_text_error *error;
};

/* A run of letters, digits, '_' and '-'; or nothing. */
struct flt_word {
    const char *text;
    size_t length;
};

/* Each skips blanks first. */
struct flt_word flt_scan_word(struct flt_scan *scan);
struct flt_word flt_peek_word(const struct flt_scan *scan);
bool flt_scan_char(struct flt_scan *scan, char wanted); /* takes it when it is next */
bool flt_scan_at_end(struct flt_scan *scan);
/* "'x'", "'word'", or "the end of the line": what stands next. Valid until the next call. */
const char *flt_scan_next(struct flt_scan *scan);

bool flt_word_is(struct flt_word word, const char *text);
/* The word for a message: shortened. Use as ("%.*s", FLT_SHOW(word)). */
#define FLT_SHOW(word) ((word).length < 40 ? (int)(word).length : 40), (word).text

enum flt_number { FLT_NUMBER_OK, FLT_NUMBER_NONE, FLT_NUMBER_RANGE };
/* Decimal, 0x hexadecimal; with a '-' before it the two's complement in 64 bits. */
enum flt_number flt_word_number(struct flt_word word, uint64_t *value);

/* Fills in the error; always false. */
__attribute__((format(printf, 2, 3))) bool flt_scan_fail(struct flt_scan *scan, const char *format,
                                                         ...);
/* The i-th allowed word, NULL past the last. */
typedef const char *flt_allowed_word(const void *context, size_t i);
/* "unknown WHAT WORD; did you mean X?" or "...; allowed: A, B, C"; always false. */
bool flt_scan_unknown(struct flt_scan *scan, const char *what, struct flt_word word,
                      flt_allowed_word *allowed, const void *context);

/* text_value.c: the value of an argument, set in the step. */
bool flt_scan_value(struct flt_scan *scan, struct flt_step *step, int arg);
/* "h3" as a slot; FLT_NUMBER_NONE when it is not spelled as one. */
enum flt_number flt_word_slot(struct flt_word word, uint8_t *slots, int8_t *slot);

/* text_expect.c: what follows the '#' of a call's line, and of a line that is all comment. */
bool flt_scan_expected(struct flt_scan *scan, struct flt_expected *expected);
bool flt_scan_comment(struct flt_scan *scan, struct flt_text *text);

#endif
