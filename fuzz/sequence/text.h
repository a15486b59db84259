/* The text form of a sequence: what people write, read and commit. The grammar is in
 * corpus/README.md. Comments and expectations exist in text only. */
#ifndef FLT_TEXT_H
#define FLT_TEXT_H

#include <stdio.h>

#include "sequence.h"

enum {
    FLT_MAX_EXPECTED_BREACHES = 8,
    FLT_MAX_EXPECTED_LEAKS = 64,
    FLT_MAX_LINE = 4096 /* characters, without the line's end; a printed call is shorter */
};

/* What a text says a call comes back with. */
struct flt_expected {
    uint8_t kind;  /* enum flt_outcome_kind */
    uint32_t code; /* NTSTATUS, or the bug check's code */
    uint8_t breaches;
    uint16_t breach[FLT_MAX_EXPECTED_BREACHES]; /* enum flt_rule */
};

struct flt_expected_leak {
    uint16_t rule;
    uint8_t slots; /* enum flt_slots; FLT_SLOTS_NO_SLOT: no slot named */
    int8_t slot;
};

/* A parsed text. */
struct flt_text {
    struct flt_sequence sequence;
    struct flt_expected *expected; /* one per step; no comment means success without breach */
    uint32_t *line;                /* one per step: where it stood, from 1 */
    size_t leaks;
    struct flt_expected_leak leak[FLT_MAX_EXPECTED_LEAKS];
    bool end_given;  /* the text has an `# end:` line */
    char title[160]; /* the first comment line, without "# " */
};

struct flt_text_error {
    uint32_t line;  /* from 1 */
    char what[240]; /* what is wrong and what is allowed, one line without the file's name */
};

bool flt_text_init(struct flt_text *text); /* false when memory is short */
void flt_text_free(struct flt_text *text);

/* False: *error says why, *text holds nothing of use. Never reads past `size`; needs no NUL. */
bool flt_text_parse(const char *data, size_t size, struct flt_text *text,
                    struct flt_text_error *error);
/* The same for a file that is a header alone: profile and switch lines, and comments. */
bool flt_text_parse_header(const char *data, size_t size, struct flt_text *text,
                           struct flt_text_error *error);
/* True when the data look like text rather than binary: no byte below 0x20 but tab, CR, LF in the
 * first 4096, and not empty. */
bool flt_text_is_text(const uint8_t *data, size_t size);

/* One call as text, no newline: h0 = FltCreateFile(path="\a"). The length, as snprintf. */
int flt_text_step(const struct flt_step *step, char *buffer, size_t room);
/* The header lines (profile, overrides); nothing when all is default. */
void flt_text_print_header(const struct flt_sequence *sequence, FILE *out);
/* Header and calls, a line each, without expectations. */
void flt_text_print(const struct flt_sequence *sequence, FILE *out);

/* "STATUS_INVALID_HANDLE", "0xC0001234", "bugcheck INVALID_KERNEL_HANDLE", "withheld". */
int flt_text_outcome(uint8_t kind, uint32_t code, char *buffer, size_t room);

#endif
