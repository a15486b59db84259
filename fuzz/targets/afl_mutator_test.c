/* AFL++'s mutator, called as afl-fuzz calls it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../sequence/binary.h"
#include "../sequence/random.h"

void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *mutator, uint8_t *data, size_t size, uint8_t **out, uint8_t *add,
                       size_t add_size, size_t max_size);
void afl_custom_deinit(void *mutator);

enum { ROOM = 4096, TRIES = 2000 };

static struct flt_sequence sequence;

static int make(void **state) {
    (void)state;
    return flt_sequence_init(&sequence) ? 0 : -1;
}

static int drop(void **state) {
    (void)state;
    flt_sequence_free(&sequence);
    return 0;
}

/* An input of so many calls of one kind. */
static size_t input_of(uint8_t opcode, size_t calls, uint8_t *bytes) {
    struct flt_step step;
    flt_sequence_clear(&sequence);
    flt_step_init(&step, opcode);
    for (size_t i = 0; i < calls; i++)
        flt_sequence_insert(&sequence, i, &step);
    const size_t size = flt_binary_encode(&sequence, bytes, ROOM);
    assert_in_range(size, 1, ROOM);
    return size;
}

static size_t count(uint8_t opcode) {
    size_t calls = 0;
    for (size_t i = 0; i < sequence.count; i++)
        calls += sequence.step[i].opcode == opcode;
    return calls;
}

static void inputs_change_and_keep_their_bounds(void **state) {
    (void)state;
    uint8_t bytes[ROOM], copy[ROOM], *out;
    void *mutator = afl_custom_init(NULL, 1);
    const size_t size = input_of(FLT_OP_ZwCreateEvent, 12, bytes);
    size_t changed = 0, grown = 0;
    memcpy(copy, bytes, size);
    for (size_t i = 0; i < TRIES; i++) {
        const size_t most = i % 2 ? ROOM : size;
        const size_t got = afl_custom_fuzz(mutator, bytes, size, &out, NULL, 0, most);
        assert_in_range(got, 0, most);
        assert_memory_equal(bytes, copy, size); /* the queue's entry is not ours to write */
        changed += got != size || memcmp(out, bytes, size) != 0;
        flt_binary_decode(out, got, &sequence);
        grown += sequence.count > 12;
    }
    afl_custom_deinit(mutator);
    assert_true(changed > TRIES * 3 / 4);
    assert_true(grown > TRIES / 8);
}

static void another_input_is_spliced_in(void **state) {
    (void)state;
    uint8_t bytes[ROOM], add[ROOM], *out;
    void *mutator = afl_custom_init(NULL, 2);
    const size_t size = input_of(FLT_OP_ZwCreateEvent, 12, bytes);
    const size_t add_size = input_of(FLT_OP_KeLeaveGuardedRegion, 12, add);
    size_t mixed = 0;
    for (size_t i = 0; i < TRIES; i++) {
        const size_t got = afl_custom_fuzz(mutator, bytes, size, &out, add, add_size, ROOM);
        flt_binary_decode(out, got, &sequence);
        mixed += count(FLT_OP_ZwCreateEvent) > 3 && count(FLT_OP_KeLeaveGuardedRegion) > 3;
    }
    afl_custom_deinit(mutator);
    assert_in_range(mixed, TRIES / 32, TRIES / 6); /* an eighth are crossed */
}

static void nothing_becomes_something(void **state) {
    (void)state;
    uint8_t bytes[1] = {0}, *out;
    void *mutator = afl_custom_init(NULL, 3);
    size_t calls = 0;
    for (size_t i = 0; i < 100; i++) {
        const size_t got = afl_custom_fuzz(mutator, bytes, 0, &out, NULL, 0, ROOM);
        flt_binary_decode(out, got, &sequence);
        calls += sequence.count;
    }
    afl_custom_deinit(mutator);
    assert_true(calls > 300);
}

static void the_same_seed_gives_the_same(void **state) {
    (void)state;
    uint8_t bytes[ROOM], *a, *b;
    const size_t size = input_of(FLT_OP_FltCreateFile, 5, bytes);
    void *one = afl_custom_init(NULL, 7), *two = afl_custom_init(NULL, 7);
    for (size_t i = 0; i < 200; i++) {
        const size_t got = afl_custom_fuzz(one, bytes, size, &a, NULL, 0, ROOM);
        assert_int_equal(got, afl_custom_fuzz(two, bytes, size, &b, NULL, 0, ROOM));
        assert_memory_equal(a, b, got);
    }
    afl_custom_deinit(one);
    afl_custom_deinit(two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_change_and_keep_their_bounds),
        cmocka_unit_test(another_input_is_spliced_in),
        cmocka_unit_test(nothing_becomes_something),
        cmocka_unit_test(the_same_seed_gives_the_same),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
