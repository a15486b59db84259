/* For the tests of the exploration: scopes from text, and a folder that goes with the test. */
#ifndef FLT_EXPLORE_FIXTURE_H
#define FLT_EXPLORE_FIXTURE_H

#include "search.h"

/* A new folder in the temporary one. */
void flt_fixture_make_folder(void);
void flt_fixture_remove_folder(void);
const char *flt_fixture_folder(void);
/* Writes a file beside it; its path, until the next call. */
const char *flt_fixture_file(const char *name, const char *text);

void flt_fixture_scope(const char *text, struct flt_scope *scope);
/* One process, to that length, in the folder. */
void flt_fixture_search(const struct flt_scope *scope, size_t length,
                        struct flt_search_result *result);

#endif
