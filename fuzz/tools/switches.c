#include "switches.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../sequence/text.h"
#include "files.h"

static bool parse(const char *path, const uint8_t *data, size_t size, struct flt_text *text) {
    struct flt_text_error error;
    if (!flt_text_is_text(data, size)) {
        fprintf(stderr, "%s: is empty or binary, lines of text are needed\n", path);
        return false;
    }
    if (flt_text_parse_header((const char *)data, size, text, &error))
        return true;
    fprintf(stderr, "%s:%" PRIu32 ": %s\n", path, error.line, error.what);
    return false;
}

bool flt_switches_load(const char *path, struct flt_sequence *defaults) {
    size_t size;
    struct flt_text text;
    uint8_t *data = flt_file_read(path, &size);
    if (!data)
        return false;
    if (!flt_text_init(&text)) {
        fprintf(stderr, "%s: not enough memory to read it\n", path);
        free(data);
        return false;
    }
    const bool good = parse(path, data, size, &text);
    memset(defaults, 0, sizeof *defaults); /* no calls, and no room for any */
    flt_sequence_clear(defaults);
    if (good)
        flt_sequence_copy(defaults, &text.sequence);
    flt_text_free(&text);
    free(data);
    return good;
}
