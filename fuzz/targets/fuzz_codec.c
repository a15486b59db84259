/* The decoder, the encoder, the parser and the printer on bytes from anywhere. What one form takes
 * the other must carry unchanged. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */

#include <stdlib.h>
#include <string.h>

#include "../report.h"
#include "../sequence/binary.h"
#include "../sequence/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    flt_report_marks("codec-round-trip",
                     "a sequence survives its binary and its text form unchanged", stderr);
    abort();
}

/* Made once: a run allocates what its input needs and no more. */
static struct flt_text text, again;
static struct flt_sequence first, second;

static void make_scratch(void) {
    if (first.step)
        return;
    check(flt_text_init(&text) && flt_text_init(&again) && flt_sequence_init(&first) &&
              flt_sequence_init(&second),
          "no memory");
}

/* encode, decode: the same sequence; encode: the same bytes. */
static void check_binary(const struct flt_sequence *sequence) {
    const size_t size = flt_binary_encode(sequence, NULL, 0);
    uint8_t *bytes = malloc(size + 1), *bytes_again = malloc(size + 1);
    check(bytes && bytes_again, "no memory");
    check(flt_binary_encode(sequence, bytes, size) == size, "encode changes its mind on the size");
    flt_binary_decode(bytes, size, &second);
    check(flt_sequence_equal(sequence, &second), "decode(encode(s)) is another sequence");
    check(flt_binary_encode(&second, bytes_again, size) == size &&
              memcmp(bytes, bytes_again, size) == 0,
          "encode(decode(encode(s))) has other bytes");
    free(bytes);
    free(bytes_again);
}

/* print, parse: the same sequence. */
static void check_text(const struct flt_sequence *sequence) {
    struct flt_text_error error;
    char *printed = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&printed, &length);
    check(out != NULL, "no memory");
    flt_text_print(sequence, out);
    fclose(out);
    if (!flt_text_parse(printed, length, &again, &error)) {
        fprintf(stderr, "line %u: %s\n%s", (unsigned)error.line, error.what, printed);
        check(false, "a printed sequence does not parse");
    }
    check(flt_sequence_equal(sequence, &again.sequence), "parse(print(s)) is another sequence");
    free(printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct flt_text_error error;
    uint8_t *exact = malloc(size); /* so that ASan sees a read past the end */
    make_scratch();
    check(exact || size == 0, "no memory");
    if (size > 0)
        memcpy(exact, data, size);

    flt_binary_decode(exact, size, &first);
    check_binary(&first);
    check_text(&first);
    if (flt_text_parse((const char *)exact, size, &text, &error)) {
        check_binary(&text.sequence);
        check_text(&text.sequence);
    }
    free(exact);
    return 0;
}
