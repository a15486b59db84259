/* The set-cover: all is covered, by few, and nothing is counted twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../model/mix.h"
#include "set_cover.h"

static struct flt_cover *cover_of(const char *const *sets, size_t count) {
    struct flt_cover *cover = flt_cover_new();
    for (size_t i = 0; i < count; i++) {
        assert_true(flt_cover_begin(cover));
        for (const char *c = sets[i]; *c; c++)
            assert_true(flt_cover_add(cover, (uint64_t)*c));
    }
    return cover;
}

static void the_largest_is_chosen_first(void **state) {
    (void)state;
    const char *const sets[] = {"ab", "cd", "abc", "d", ""};
    bool keep[5] = {false};
    struct flt_cover *cover = cover_of(sets, 5);
    assert_int_equal(flt_cover_elements(cover), 4);
    assert_true(flt_cover_choose(cover, keep));
    const bool wanted[5] = {false, true, true, false, false}; /* abc, then of cd and d the first */
    assert_memory_equal(keep, wanted, sizeof wanted);
    flt_cover_free(cover);
}

static void an_element_counts_once(void **state) {
    (void)state;
    const char *const sets[] = {"aaaaaa", "ab"};
    bool keep[2] = {false};
    struct flt_cover *cover = cover_of(sets, 2);
    assert_true(flt_cover_choose(cover, keep));
    assert_false(keep[0]);
    assert_true(keep[1]);
    flt_cover_free(cover);
}

static void what_is_kept_already_counts(void **state) {
    (void)state;
    const char *const sets[] = {"abc", "cd", "a", "de", "x"};
    bool keep[5] = {false, false, true, true, false};
    struct flt_cover *cover = cover_of(sets, 5);
    assert_true(flt_cover_choose(cover, keep));
    const bool wanted[5] = {true, false, true, true, true}; /* of cd nothing is left to add */
    assert_memory_equal(keep, wanted, sizeof wanted);
    flt_cover_free(cover);
}

static void no_sets(void **state) {
    (void)state;
    struct flt_cover *cover = flt_cover_new();
    bool keep[1] = {false};
    assert_true(flt_cover_choose(cover, keep));
    assert_int_equal(flt_cover_elements(cover), 0);
    flt_cover_free(cover);
}

enum { SETS = 300, MEMBERS = 40, ELEMENTS = 2000 };

/* Sets by chance: what is kept holds all, and each that is kept was needed when it was chosen. */
static void all_is_covered_by_chance_sets(void **state) {
    (void)state;
    static bool member[SETS][ELEMENTS];
    bool keep[SETS] = {false}, covered[ELEMENTS] = {false};
    uint64_t random = 7;
    struct flt_cover *cover = flt_cover_new();
    size_t kept = 0;
    for (size_t set = 0; set < SETS; set++) {
        assert_true(flt_cover_begin(cover));
        for (size_t i = 0; i < MEMBERS; i++) {
            random = flt_mix(random + 1);
            member[set][random % ELEMENTS] = true;
            assert_true(flt_cover_add(cover, flt_mix(random % ELEMENTS + 1)));
        }
    }
    assert_true(flt_cover_choose(cover, keep));
    for (size_t set = 0; set < SETS; set++) {
        kept += keep[set];
        for (size_t i = 0; keep[set] && i < ELEMENTS; i++)
            covered[i] |= member[set][i];
    }
    for (size_t set = 0; set < SETS; set++)
        for (size_t i = 0; i < ELEMENTS; i++)
            assert_true(covered[i] || !member[set][i]);
    assert_true(kept < SETS);
    flt_cover_free(cover);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_is_chosen_first),   cmocka_unit_test(an_element_counts_once),
        cmocka_unit_test(what_is_kept_already_counts),   cmocka_unit_test(no_sets),
        cmocka_unit_test(all_is_covered_by_chance_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
