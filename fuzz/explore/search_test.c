/* The exploration against all sequences one by one, and what it keeps. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explore_fixture.h"
#include "merges.h"
#include "reached.h"
#include "statement.h"

enum { LENGTH = 4 };

static const char moves[] = "h0, o0 = FltCreateFileEx(access=GENERIC_READ|DELETE)\n"
                            "h1 = FltCreateFile(attributes=0)\n"
                            "h1 = ZwDuplicateObject(h0)\n"
                            "FltClose(h0)\n"
                            "ZwClose(h1)\n"
                            "ObDereferenceObject(o0)\n"
                            "FltSetInformationFile(o0, instance=i0)\n"
                            "h1 = FltCreateFile(path=\"\\missing\")\n";

static struct flt_scope scope;
static struct flt_search_result result;

static int start(void **state) {
    (void)state;
    flt_fixture_make_folder();
    flt_fixture_scope(moves, &scope);
    return 0;
}

static int stop(void **state) {
    (void)state;
    flt_scope_free(&scope);
    flt_fixture_remove_folder();
    return 0;
}

static bool next_sequence(uint8_t move[LENGTH], size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (++move[i] < scope.moves)
            return true;
        move[i] = 0;
    }
    return false;
}

/* Each of the scope's sequences, without any matching of states. */
static void it_finds_what_all_sequences_reach(void **state) {
    (void)state;
    struct flt_visited *visited = flt_visited_new(1 << 20, false);
    struct flt_expansion *expansion = flt_expansion_new(&scope);
    uint64_t hash, found[LENGTH + 1] = {0};
    for (size_t length = 0; length <= LENGTH; length++) {
        uint8_t move[LENGTH] = {0};
        do {
            if (flt_expansion_state(expansion, move, length, &hash))
                found[length] += flt_visited_add(visited, hash) == FLT_VISIT_NEW;
        } while (next_sequence(move, length));
    }
    flt_fixture_search(&scope, LENGTH, &result);
    assert_int_equal(result.end, FLT_SEARCH_COMPLETE);
    assert_int_equal(result.progress.violations, 0);
    for (size_t length = 0; length <= LENGTH; length++)
        assert_int_equal(result.progress.found[length], found[length]);
    assert_true(found[LENGTH] > 50);
    flt_expansion_free(expansion);
    flt_visited_free(visited);
}

static void merged_states_go_on_alike(void **state) {
    (void)state;
    struct flt_merges merges = {.wanted = 200};
    flt_fixture_search(&scope, LENGTH, &result);
    assert_true(flt_merges_check(&scope, flt_fixture_folder(), 1 << 22, &merges));
    assert_int_equal(merges.pairs, 200);
    assert_false(merges.differ || merges.unknown);
}

/* A hash that leaves something out is caught. */
static void merges_that_are_none_are_seen(void **state) {
    (void)state;
    struct flt_merges merges = {.wanted = 200};
    scope.variables.handles = 0;
    flt_fixture_search(&scope, 1, &result);
    assert_true(flt_merges_check(&scope, flt_fixture_folder(), 1 << 22, &merges));
    assert_true(merges.differ);
}

static void a_state_that_is_missing_is_seen(void **state) {
    (void)state;
    struct flt_reached reached;
    char *path = strdup(flt_fixture_file("a.seq", "h7 = FltCreateFile(attributes=0)\nFltClose(h7)\n"
                                                  "h9, o9 = FltCreateFileEx()\n"));
    char *paths[] = {path};
    FILE *nowhere = fopen("/dev/null", "w");
    flt_fixture_search(&scope, 2, &result);
    assert_true(
        flt_reached_check(&scope, flt_fixture_folder(), 1 << 22, paths, 1, &reached, nowhere));
    assert_int_equal(reached.usable, 0); /* h0 = FltCreateFile(attributes=0) is none of the moves */
    free(path);
    path = strdup(flt_fixture_file("a.seq", "h7, o3 = FltCreateFileEx(access=GENERIC_READ|DELETE)\n"
                                            "FltClose(h7)\nRunIn(p2)\n"));
    paths[0] = path;
    assert_true(
        flt_reached_check(&scope, flt_fixture_folder(), 1 << 22, paths, 1, &reached, nowhere));
    assert_int_equal(reached.usable, 1);
    assert_int_equal(reached.states, 3);
    assert_int_equal(reached.missing, 0);

    /* An exploration that has lost all states but the first. */
    struct flt_progress progress = {.scope = scope.hash, .length = 2, .found = {1}};
    struct flt_store *store = flt_store_open(flt_fixture_folder());
    assert_true(flt_store_checkpoint(store, &progress));
    flt_store_close(store);
    assert_true(
        flt_reached_check(&scope, flt_fixture_folder(), 1 << 22, paths, 1, &reached, nowhere));
    assert_int_equal(reached.missing, 2);
    fclose(nowhere);
    free(path);
}

static void a_longer_search_goes_on_from_a_shorter(void **state) {
    (void)state;
    struct flt_search search = {.scope = &scope,
                                .folder = flt_fixture_folder(),
                                .length = LENGTH,
                                .jobs = 2,
                                .memory = 1 << 22};
    flt_search(&search, &result);
    const struct flt_progress whole = result.progress;
    search.length = LENGTH - 2;
    flt_search(&search, &result);
    assert_int_equal(result.progress.length, LENGTH - 2);
    search.length = LENGTH;
    search.resume = true;
    flt_search(&search, &result);
    assert_memory_equal(whole.found, result.progress.found, sizeof whole.found);
    assert_int_equal(whole.transitions, result.progress.transitions);
    assert_int_equal(whole.loops, result.progress.loops);
}

/* What was written after the checkpoint does not count. */
static void what_no_checkpoint_has_is_cut_off(void **state) {
    (void)state;
    struct flt_state found = {.hash = 1234, .move = {5}};
    struct flt_progress progress = {.scope = scope.hash, .found = {1, 1}};
    uint8_t stored[FLT_STORED_LIMIT];
    struct flt_store *store = flt_store_open(flt_fixture_folder());
    assert_true(flt_store_start(store));
    flt_stored_pack(&found, 1, stored);
    assert_true(flt_store_add(store, 0, stored, flt_stored_size(0)));
    assert_true(flt_store_add(store, 1, stored, flt_stored_size(1)));
    assert_true(flt_store_checkpoint(store, &progress));
    found.hash = 99;
    flt_stored_pack(&found, 1, stored);
    assert_true(flt_store_add(store, 1, stored, flt_stored_size(1)));
    flt_store_close(store);

    store = flt_store_open(flt_fixture_folder());
    memset(&found, 0, sizeof found);
    assert_true(flt_store_resume(store, &progress));
    assert_int_equal(flt_store_read(store, 1, 0, 8, &found), 1);
    assert_int_equal(found.hash, 1234);
    assert_int_equal(found.move[0], 5);
    progress.scope++;
    assert_false(flt_store_resume(store, &progress)); /* of another scope */
    flt_store_close(store);
}

static void a_full_set_is_told(void **state) {
    (void)state;
    const struct flt_search search = {
        .scope = &scope, .folder = flt_fixture_folder(), .length = 10, .jobs = 1};
    flt_search(&search, &result);
    assert_int_equal(result.end, FLT_SEARCH_FULL);
    assert_true(flt_statement_length(&result) < 10);
}

#define test(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(it_finds_what_all_sequences_reach),
        test(merged_states_go_on_alike),
        test(merges_that_are_none_are_seen),
        test(a_state_that_is_missing_is_seen),
        test(a_longer_search_goes_on_from_a_shorter),
        test(what_no_checkpoint_has_is_cut_off),
        test(a_full_set_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
