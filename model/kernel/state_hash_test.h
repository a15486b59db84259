/* A kernel whose state is hashed, and a caller with some values in hand. */
#ifndef FLT_STATE_HASH_TEST_H
#define FLT_STATE_HASH_TEST_H

#include "state_hash.h"

#include "calls_test.h"
#include "handles.h"

enum { HASHES = 4096 };

static struct flt_variables variables;
static struct flt_unnamed_objects unnamed;
static uint64_t seen[HASHES];
static size_t seen_count;

static inline struct flt_kernel *kernel(void) {
    return flt_kernel_of(w.system);
}

static inline uint64_t state(void) {
    uint64_t hash;
    assert_true(flt_kernel_state_hash(w.system, &variables, &unnamed, &hash));
    return hash;
}

static inline bool is_too_large(void) {
    uint64_t hash;
    return !flt_kernel_state_hash(w.system, &variables, &unnamed, &hash);
}

static inline void hold_value(uint64_t value) {
    assert_in_range(variables.handles, 0, FLT_VARIABLE_LIMIT - 1);
    variables.handle[variables.handles++] = (struct flt_variable){value, 0};
}

static inline void hold(HANDLE handle) {
    hold_value(number(handle));
}

static inline void hold_object(const void *object) {
    assert_in_range(variables.objects, 0, FLT_VARIABLE_LIMIT - 1);
    variables.object[variables.objects++] = (struct flt_variable){number(object), 0};
}

/* The start world again; the caller has nothing in hand. */
static inline void begin(void) {
    start();
    w.system->host.event = NULL; /* nothing listens */
    variables.handles = variables.objects = 0;
}

static inline uint64_t state_with_value(uint64_t value) {
    variables.handles = 0;
    hold_value(value);
    return state();
}

static inline uint64_t state_with_object(const void *object) {
    variables.objects = 0;
    hold_object(object);
    return state();
}

static inline HANDLE open_event(void) {
    return open_by(FLT_OP_ZwCreateEvent, OBJ_KERNEL_HANDLE);
}

static inline HANDLE open_in_process(ULONG process) {
    run_in(process);
    return open_by(FLT_OP_ZwCreateEvent, 0);
}

static inline HANDLE open_file(const char *name) {
    assert_status(open_name(FLT_OP_FltCreateFileEx, name, GENERIC_READ, OBJ_KERNEL_HANDLE, &w.file),
                  STATUS_SUCCESS);
    return w.handle;
}

static inline void open_and_close(unsigned times) {
    while (times-- > 0)
        assert_status(zw_close(open_event()), STATUS_SUCCESS);
}

/* Unlike all states before. */
static inline void assert_new(const char *what) {
    const uint64_t hash = state();
    for (size_t i = 0; i < seen_count; i++)
        if (seen[i] == hash)
            fail_msg("%s: as state %zu", what, i);
    assert_in_range(seen_count, 0, HASHES - 1);
    seen[seen_count++] = hash;
}

#endif
