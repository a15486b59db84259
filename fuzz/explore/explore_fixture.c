#define _POSIX_C_SOURCE 200809L
#include "explore_fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char top[64], folder[80], file[160];

void flt_fixture_make_folder(void) {
    strcpy(top, "/tmp/flt-explore-XXXXXX");
    assert_non_null(mkdtemp(top));
    snprintf(folder, sizeof folder, "%s/found", top);
}

static void empty(const char *path) {
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char name[512];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        unlink(name);
    }
    closedir(dir);
    rmdir(path);
}

void flt_fixture_remove_folder(void) {
    empty(folder);
    empty(top);
}

const char *flt_fixture_folder(void) {
    return folder;
}

const char *flt_fixture_file(const char *name, const char *text) {
    snprintf(file, sizeof file, "%s/%s", top, name);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    return file;
}

void flt_fixture_scope(const char *text, struct flt_scope *scope) {
    assert_true(flt_scope_load(flt_fixture_file("small.scope", text), scope));
}

void flt_fixture_search(const struct flt_scope *scope, size_t length,
                        struct flt_search_result *result) {
    const struct flt_search search = {
        .scope = scope, .folder = folder, .length = length, .jobs = 1, .memory = 1 << 22};
    flt_search(&search, result);
}
