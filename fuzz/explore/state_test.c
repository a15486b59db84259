/* The hash of a state: what is one state, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expand.h"
#include "explore_fixture.h"

enum { OPEN0, OPEN1, CLOSE0, CLOSE1, USER0, EVENT1, REF0, DEREF0, DUP1, COPY, NEW0, DIR0, MARK0 };

static const char moves[] = "h0 = FltCreateFile()\n"
                            "h1 = FltCreateFile()\n"
                            "FltClose(h0)\n"
                            "FltClose(h1)\n"
                            "h0 = FltCreateFile(attributes=0)\n"
                            "h1 = ZwCreateEvent()\n"
                            "o0 = ObReferenceObjectByHandle(h0)\n"
                            "ObDereferenceObject(o0)\n"
                            "h1 = ZwDuplicateObject(h0)\n"
                            "ZwDuplicateObject(h0, target=System)\n"
                            "h0 = FltCreateFile(path=\"\\d\\new\", disposition=FILE_OPEN_IF)\n"
                            "h0 = FltCreateFile(path=\"\\e\")\n"
                            "FltSetInformationFile(o0, instance=i0)\n";

static struct flt_scope scope;
static struct flt_expansion *expansion;

static int start(void **state) {
    (void)state;
    flt_fixture_make_folder();
    flt_fixture_scope(moves, &scope);
    expansion = flt_expansion_new(&scope);
    return expansion ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    flt_expansion_free(expansion);
    flt_scope_free(&scope);
    flt_fixture_remove_folder();
    return 0;
}

static uint64_t state_after(const uint8_t *move, size_t count) {
    uint64_t hash;
    assert_true(flt_expansion_state(expansion, move, count, &hash));
    return hash;
}

#define AFTER(...)                                                                                 \
    state_after((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define SAME(a, b) assert_int_equal(a, b)
#define DIFFERENT(a, b) assert_int_not_equal(a, b)

static void values_have_no_say(void **state) {
    (void)state;
    /* h0 is the second value of the table, then the first. */
    SAME(AFTER(OPEN1, OPEN0), AFTER(OPEN0, OPEN1));
    SAME(AFTER(OPEN0, CLOSE0), AFTER(OPEN0, CLOSE0, OPEN0, CLOSE0));
    /* A value was freed and given out again: to whom it is new. */
    SAME(AFTER(OPEN0), AFTER(OPEN0, CLOSE0, OPEN0));
}

static void the_next_value_has(void **state) {
    (void)state;
    /* What h0 holds is dead, and comes back first, or second. */
    DIFFERENT(AFTER(OPEN0, OPEN1, CLOSE1, CLOSE0), AFTER(OPEN0, OPEN1, CLOSE0, CLOSE1));
    DIFFERENT(AFTER(OPEN0, OPEN1, CLOSE0), AFTER(OPEN0, CLOSE0, OPEN1));
    /* In tables of processes the value itself. */
    DIFFERENT(AFTER(USER0), AFTER(USER0, USER0));
}

static void who_holds_what_has(void **state) {
    (void)state;
    DIFFERENT(AFTER(OPEN0), AFTER(OPEN1));
    DIFFERENT(AFTER(OPEN0, OPEN1), AFTER(OPEN0, DUP1));
    DIFFERENT(AFTER(OPEN0, OPEN1), AFTER(OPEN0, EVENT1));
    DIFFERENT(AFTER(OPEN0), AFTER(OPEN0, CLOSE0));
    DIFFERENT(AFTER(OPEN0, CLOSE0), AFTER(CLOSE1));
    SAME(AFTER(CLOSE1), state_after(NULL, 0));
}

static void what_nobody_holds_counts(void **state) {
    (void)state;
    DIFFERENT(AFTER(OPEN0), AFTER(OPEN0, OPEN0)); /* a handle is lost */
    DIFFERENT(AFTER(OPEN0), AFTER(OPEN0, COPY));
    DIFFERENT(AFTER(DIR0, OPEN0), AFTER(OPEN0, OPEN0));
    SAME(AFTER(DIR0, OPEN0, OPEN0), AFTER(OPEN0, DIR0, OPEN0));
}

static void references_count(void **state) {
    (void)state;
    DIFFERENT(AFTER(OPEN0), AFTER(OPEN0, REF0));
    DIFFERENT(AFTER(OPEN0, REF0), AFTER(OPEN0, REF0, REF0));
    /* The variable still points there, and no more holds a reference. */
    DIFFERENT(AFTER(OPEN0), AFTER(OPEN0, REF0, DEREF0));
    DIFFERENT(AFTER(OPEN0, REF0, CLOSE0), AFTER(OPEN0, CLOSE0));
}

static void names_count(void **state) {
    (void)state;
    DIFFERENT(AFTER(NEW0, CLOSE0), AFTER(OPEN0, CLOSE0));
    SAME(AFTER(DIR0, CLOSE0), AFTER(OPEN0, CLOSE0)); /* touched, and as it was */
    DIFFERENT(AFTER(NEW0, REF0), AFTER(NEW0, REF0, MARK0));
    SAME(AFTER(NEW0, CLOSE0), AFTER(NEW0, CLOSE0, NEW0, CLOSE0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_no_say), cmocka_unit_test(the_next_value_has),
        cmocka_unit_test(who_holds_what_has), cmocka_unit_test(what_nobody_holds_counts),
        cmocka_unit_test(references_count),   cmocka_unit_test(names_count),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
