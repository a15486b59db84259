/* Files for the tools: read whole, listed in order, errors as one clear line on stderr. */
#ifndef FLT_FILES_H
#define FLT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { FLT_FILE_LIMIT = 4 * 1024 * 1024 }; /* bytes; the longest legal sequence needs a quarter */

/* The content in a buffer of exactly its size (so that ASan sees an over-read); a size of 0 still
 * gives a buffer. "-" is standard input. The caller frees it. NULL: the reason was printed. */
uint8_t *flt_file_read(const char *path, size_t *size);

struct flt_paths {
    char **path;
    size_t count, room;
};

/* Appends the path; for a folder, every file below it but hidden ones and README.md, sorted. False:
 * the reason (nothing there, an empty folder, memory) was printed. */
bool flt_paths_add(struct flt_paths *paths, const char *path);
/* Appends the path as it is, whatever stands there; false when memory is short. */
bool flt_paths_add_file(struct flt_paths *paths, const char *path);
void flt_paths_free(struct flt_paths *paths);

/* Writes a string as JSON, quotes included. */
void flt_json_string(const char *text, FILE *out);

#endif
