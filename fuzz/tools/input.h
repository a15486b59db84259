/* An input of a tool: a file that holds a sequence as text or as binary. */
#ifndef FLT_INPUT_H
#define FLT_INPUT_H

#include "../sequence/text.h"

struct flt_input {
    struct flt_text text; /* of a binary file only text.sequence is of use */
    bool is_text;         /* it has expectations */
    uint64_t hash;        /* of its bytes: seeds the fill patterns */
};

bool flt_input_init(struct flt_input *input); /* false when memory is short */
void flt_input_free(struct flt_input *input);

/* False: the data hold no sequence, and *error says why; line 0: none of it. */
bool flt_input_decode(const uint8_t *data, size_t size, struct flt_input *input,
                      struct flt_text_error *error);

/* False: one line on stderr says what is wrong with the file, and where. */
bool flt_input_load(const char *path, struct flt_input *input);

#endif
