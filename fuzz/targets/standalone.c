/* The main of a fuzz target that is built without an engine (with gcc, say): runs each file that it
 * is given, once. Exit 0: all ran; 2: no file was given, or one cannot be read. A finding ends the
 * process, as it does under an engine. */
#include <stdlib.h>

#include "../tools/files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool run_file(const char *path) {
    size_t size;
    uint8_t *data = flt_file_read(path, &size);
    if (!data)
        return false;
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return true;
}

int main(int argc, char **argv) {
    bool all = true;
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE...\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++)
        all = run_file(argv[i]) && all;
    return all ? 0 : 2;
}
