#define _DEFAULT_SOURCE
/* The set of states: what is in it, what is not, and that processes share it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../model/mix.h"
#include "visited.h"

static void what_is_added_is_there(void **state) {
    (void)state;
    struct flt_visited *visited = flt_visited_new(1 << 20, false);
    for (uint64_t i = 1; i <= 1000; i++)
        assert_int_equal(flt_visited_add(visited, flt_mix(i)), FLT_VISIT_NEW);
    for (uint64_t i = 1; i <= 1000; i++) {
        assert_int_equal(flt_visited_add(visited, flt_mix(i)), FLT_VISIT_KNOWN);
        assert_true(flt_visited_has(visited, flt_mix(i)));
        assert_false(flt_visited_has(visited, flt_mix(i + 1000)));
    }
    assert_int_equal(flt_visited_count(visited), 1000);
    flt_visited_free(visited);
}

/* Hashes that begin their search at one place. */
static void neighbours_are_told_apart(void **state) {
    (void)state;
    struct flt_visited *visited = flt_visited_new(1 << 20, true);
    for (uint64_t i = 1; i <= 100; i++) {
        assert_int_equal(flt_visited_add(visited, i << 32 | 7), FLT_VISIT_NEW);
        *flt_visited_note(visited, i << 32 | 7) = i;
    }
    for (uint64_t i = 1; i <= 100; i++)
        assert_int_equal(*flt_visited_note(visited, i << 32 | 7), i);
    flt_visited_free(visited);
}

static void it_says_that_it_is_full(void **state) {
    (void)state;
    struct flt_visited *visited = flt_visited_new(0, false);
    assert_in_range(flt_visited_bytes(visited), 1, 16384);
    uint64_t added = 0;
    while (flt_visited_add(visited, flt_mix(added + 1)) == FLT_VISIT_NEW)
        added++;
    assert_int_equal(added, 1024 / 8 * 7);
    assert_int_equal(flt_visited_add(visited, flt_mix(added + 2)), FLT_VISIT_FULL);
    assert_int_equal(flt_visited_add(visited, flt_mix(1)), FLT_VISIT_KNOWN);
    assert_int_equal(flt_visited_count(visited), added);
    flt_visited_free(visited);
}

/* Each state is new to one process and known to the other. */
static void processes_share_it(void **state) {
    (void)state;
    enum { STATES = 100000 };
    struct flt_visited *visited = flt_visited_new(1 << 22, false);
    pid_t process[2];
    for (int i = 0; i < 2; i++) {
        process[i] = fork();
        if (process[i] == 0) {
            for (uint64_t k = 1; k <= STATES; k++)
                flt_visited_add(visited, flt_mix(i ? k : STATES + 1 - k));
            _exit(0);
        }
    }
    for (int i = 0; i < 2; i++)
        waitpid(process[i], NULL, 0);
    assert_int_equal(flt_visited_count(visited), STATES);
    for (uint64_t k = 1; k <= STATES; k++)
        assert_true(flt_visited_has(visited, flt_mix(k)));
    flt_visited_free(visited);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_there),
        cmocka_unit_test(neighbours_are_told_apart),
        cmocka_unit_test(it_says_that_it_is_full),
        cmocka_unit_test(processes_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
