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

bool flt_input_load(const char *path, struct flt_input *input) {
    size_t size;
    uint8_t *data = flt_file_read(path, &size);
    if (!data)
        return false;
    bool good = true;
    struct flt_text_error error;
    input->hash = flt_mix_bytes(data, size);
    input->is_text = flt_text_is_text(data, size);
    if (size == 0) {
        fprintf(stderr, "%s: is empty, a sequence is needed\n", path);
        good = false;
    } else if (!input->is_text) {
        flt_binary_decode(data, size, &input->text.sequence);
    } else if (!flt_text_parse((const char *)data, size, &input->text, &error)) {
        fprintf(stderr, "%s:%" PRIu32 ": %s\n", path, error.line, error.what);
        good = false;
    }
    free(data);
    return good;
}
