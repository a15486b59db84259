/* Items that crash, hang, exit and leak, among others that must not be lost. */
#define _DEFAULT_SOURCE
#include "isolate.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { KILLED = 3, HANGS = 5, EXITS = 7, UNFIT = 9, WRITES = 11, LARGE = 13, ITEMS = 20 };
enum { FINE = 1, DEAD, LARGE_SIZE = 200000 };

struct seen {
    size_t done, deaths, hung;
    int process[ITEMS];
};

static void run(void *context, size_t item, struct flt_told *told) {
    (void)context;
    told->kind = FINE;
    if (item == KILLED) {
        fprintf(stderr, "last words of %zu", item);
        raise(SIGKILL);
    }
    while (item == HANGS)
        pause();
    if (item == EXITS)
        _exit(42);
    told->unfit = item == UNFIT;
    if (item == WRITES) {
        char *said = flt_isolated_said();
        assert_string_equal(said, ""); /* nothing of the items before */
        free(said);
    }
    fprintf(told->out, "%zu of %d", item, (int)getpid());
    if (item == LARGE)
        fprintf(told->out, "%*d", LARGE_SIZE, 0);
}

static void died(void *context, size_t item, const struct flt_death *death, struct flt_told *told) {
    struct seen *seen = context;
    seen->deaths++;
    seen->hung += death->hung;
    told->kind = DEAD;
    fprintf(told->out, "%zu of 0", item);
    assert_int_equal(death->hung, item == HANGS);
    assert_int_equal(death->signal, item == KILLED ? SIGKILL : item == HANGS ? SIGALRM : 0);
    assert_int_equal(death->code, item == EXITS ? 42 : 0);
    assert_string_equal(death->said, item == KILLED ? "last words of 3" : "");
}

static void done(void *context, size_t item, int kind, const char *text) {
    struct seen *seen = context;
    const char *of = strstr(text, " of ");
    const bool dead = item == KILLED || item == HANGS || item == EXITS;
    assert_int_equal(item, seen->done++);
    assert_int_equal(kind, dead ? DEAD : FINE);
    assert_int_equal(strtoul(text, NULL, 10), item);
    assert_non_null(of);
    assert_int_equal(strlen(text) > LARGE_SIZE, item == LARGE);
    seen->process[item] = item == LARGE ? 0 : atoi(of + 4);
}

static void isolate(size_t items, size_t jobs, struct seen *seen) {
    const struct flt_isolated work = {seen, run, died, done};
    memset(seen, 0, sizeof *seen);
    assert_true(flt_isolate(&work, items, jobs, 1));
    assert_int_equal(seen->done, items);
}

static void test_nothing_is_lost(void **state) {
    (void)state;
    struct seen seen;
    for (size_t jobs = 1; jobs <= 3; jobs += 2) {
        isolate(ITEMS, jobs, &seen);
        assert_int_equal(seen.deaths, 3);
        assert_int_equal(seen.hung, 1);
    }
}

static void test_an_unfit_process_takes_no_more(void **state) {
    (void)state;
    struct seen seen;
    isolate(ITEMS, 1, &seen);
    assert_int_equal(seen.process[UNFIT - 1], seen.process[UNFIT]);
    for (size_t i = UNFIT + 1; i < ITEMS; i++)
        assert_int_not_equal(seen.process[i], seen.process[UNFIT]);
    assert_int_not_equal(seen.process[0], (int)getpid());
}

static void test_few_items(void **state) {
    (void)state;
    struct seen seen;
    isolate(0, 2, &seen);
    isolate(1, 8, &seen);
    isolate(KILLED + 1, 8, &seen); /* the last one dies */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_lost),
        cmocka_unit_test(test_an_unfit_process_takes_no_more),
        cmocka_unit_test(test_few_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
