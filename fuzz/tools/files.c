#define _POSIX_C_SOURCE 200809L
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void complain(const char *path, const char *what) {
    fprintf(stderr, "%s: %s\n", path, what);
}

/* Reads to the end, growing; NULL with errno set, or with errno 0 when the limit is passed. */
static uint8_t *read_stream(FILE *file, size_t *size) {
    uint8_t *data = NULL;
    size_t used = 0, room = 0;
    errno = 0;
    for (;;) {
        if (used == room) {
            room = room ? room * 2 : 4096;
            uint8_t *more = realloc(data, room);
            if (!more)
                break;
            data = more;
        }
        const size_t got = fread(data + used, 1, room - used, file);
        used += got;
        if (used > FLT_FILE_LIMIT)
            break;
        if (got == 0) {
            if (ferror(file))
                break;
            *size = used;
            return data;
        }
    }
    free(data);
    return NULL;
}

static uint8_t *exact_copy(uint8_t *data, size_t size) {
    uint8_t *exact = malloc(size ? size : 1);
    if (exact && size)
        memcpy(exact, data, size);
    free(data);
    return exact;
}

uint8_t *flt_file_read(const char *path, size_t *size) {
    struct stat info;
    const bool input = strcmp(path, "-") == 0;
    if (!input && stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        complain(path, "is a folder, a file is needed");
        return NULL;
    }
    FILE *file = input ? stdin : fopen(path, "rb");
    if (!file) {
        complain(path, strerror(errno));
        return NULL;
    }
    uint8_t *data = read_stream(file, size);
    if (!data)
        complain(path, errno ? strerror(errno) : "is larger than 4 MiB, the limit for a sequence");
    if (!input)
        fclose(file);
    return data ? exact_copy(data, *size) : NULL;
}

/* ---- lists of paths -------------------------------------------------------------------------- */

static bool append(struct flt_paths *paths, char *path) {
    if (paths->count == paths->room) {
        const size_t room = paths->room ? paths->room * 2 : 64;
        char **more = realloc(paths->path, room * sizeof *more);
        if (!more) {
            free(path);
            return false;
        }
        paths->path = more;
        paths->room = room;
    }
    paths->path[paths->count++] = path;
    return true;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *joined(const char *folder, const char *name) {
    const size_t length = strlen(folder) + strlen(name) + 2;
    char *path = malloc(length);
    if (path)
        snprintf(path, length, "%s/%s", folder, name);
    return path;
}

static bool add_folder(struct flt_paths *paths, const char *folder) {
    DIR *dir = opendir(folder);
    if (!dir) {
        complain(folder, strerror(errno));
        return false;
    }
    bool good = true;
    struct dirent *entry;
    while (good && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "README.md") == 0)
            continue;
        struct stat info;
        char *path = joined(folder, entry->d_name);
        if (!path || stat(path, &info) != 0) {
            complain(path ? path : folder, strerror(errno));
            free(path);
            good = false;
        } else if (S_ISDIR(info.st_mode)) {
            good = add_folder(paths, path);
            free(path);
        } else {
            good = append(paths, path);
        }
    }
    closedir(dir);
    return good;
}

bool flt_paths_add_file(struct flt_paths *paths, const char *path) {
    char *copy = malloc(strlen(path) + 1);
    return copy && append(paths, strcpy(copy, path));
}

bool flt_paths_add(struct flt_paths *paths, const char *path) {
    struct stat info;
    if (strcmp(path, "-") != 0 && stat(path, &info) != 0) {
        complain(path, strerror(errno));
        return false;
    }
    if (strcmp(path, "-") == 0 || !S_ISDIR(info.st_mode))
        return flt_paths_add_file(paths, path);
    const size_t before = paths->count;
    if (!add_folder(paths, path))
        return false;
    if (paths->count == before) {
        complain(path, "holds no file to replay");
        return false;
    }
    qsort(paths->path + before, paths->count - before, sizeof *paths->path, by_name);
    return true;
}

void flt_paths_free(struct flt_paths *paths) {
    for (size_t i = 0; i < paths->count; i++)
        free(paths->path[i]);
    free(paths->path);
}

void flt_json_string(const char *text, FILE *out) {
    fputc('"', out);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c == '\n')
            fputs("\\n", out);
        else if ((unsigned char)*c < 0x20 || (unsigned char)*c == 0x7F)
            fprintf(out, "\\u%04x", (unsigned)(unsigned char)*c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
}
