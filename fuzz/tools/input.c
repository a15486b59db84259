#include "input.h"

#include <inttypes.h>
#include <stdlib.h>

#include "../../model/mix.h"
#include "../sequence/binary.h"
#include "files.h"

bool flt_input_init(struct flt_input *input) {
    return flt_text_init(&input->text);
}

void flt_input_free(struct flt_input *input) {
    flt_text_free(&input->text);
}

bool flt_input_decode(const uint8_t *data, size_t size, struct flt_input *input,
                      struct flt_text_error *error) {
    input->hash = flt_mix_bytes(data, size);
    input->is_text = flt_text_is_text(data, size);
    *error = (struct flt_text_error){0, "is empty, a sequence is needed"};
    if (size == 0)
        return false;
    if (input->is_text)
        return flt_text_parse((const char *)data, size, &input->text, error);
    flt_binary_decode(data, size, &input->text.sequence);
    return true;
}

bool flt_input_load(const char *path, struct flt_input *input) {
    size_t size;
    uint8_t *data = flt_file_read(path, &size);
    if (!data)
        return false;
    struct flt_text_error error;
    const bool good = flt_input_decode(data, size, input, &error);
    if (!good && error.line == 0)
        fprintf(stderr, "%s: %s\n", path, error.what);
    else if (!good)
        fprintf(stderr, "%s:%" PRIu32 ": %s\n", path, error.line, error.what);
    free(data);
    return good;
}
