/* The seven counters against the rule for two opens, over every pair and every triple of what an
 * open does and shares. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "share_access.h"

enum { KINDS = 64 }; /* three bits of access, three of sharing */

static struct flt_sharing kind(unsigned bits) {
    static const ACCESS_MASK access[] = {FILE_READ_DATA, FILE_WRITE_DATA, DELETE};
    ACCESS_MASK granted = SYNCHRONIZE | FILE_READ_ATTRIBUTES;
    for (unsigned i = 0; i < 3; i++)
        if (bits >> i & 1)
            granted |= access[i];
    return flt_sharing_of(granted, bits >> 3);
}

/* The rule for two opens, in the bits of a kind: one of them does what the other does not share. */
static bool conflict(unsigned one, unsigned other) {
    const unsigned does = one & 7, others = other & 7;
    if (does == 0 || others == 0)
        return false;
    return (does & ~(other >> 3)) != 0 || (others & ~(one >> 3)) != 0;
}

static bool refused(const struct flt_share_row *access, unsigned bits) {
    const struct flt_sharing sharing = kind(bits);
    return flt_share_access_check(access, &sharing) == STATUS_SHARING_VIOLATION;
}

static void add(struct flt_share_row *access, unsigned bits) {
    const struct flt_sharing sharing = kind(bits);
    flt_share_access_add(access, &sharing);
}

static void drop(struct flt_share_row *access, unsigned bits) {
    const struct flt_sharing sharing = kind(bits);
    flt_share_access_remove(access, &sharing);
}

static void every_pair(void **state) {
    (void)state;
    for (unsigned first = 0; first < KINDS; first++)
        for (unsigned next = 0; next < KINDS; next++) {
            struct flt_share_row access = {0};
            assert_false(refused(&access, first));
            add(&access, first);
            assert_int_equal(refused(&access, next), conflict(first, next));
        }
}

/* Two opens, in conflict or not (the second may have ignored the first), and a third. */
static void every_triple(void **state) {
    (void)state;
    for (unsigned first = 0; first < KINDS; first++)
        for (unsigned second = 0; second < KINDS; second++) {
            struct flt_share_row access = {0};
            add(&access, first);
            add(&access, second);
            for (unsigned next = 0; next < KINDS; next++)
                assert_int_equal(refused(&access, next),
                                 conflict(first, next) || conflict(second, next));
        }
}

/* Each open takes away what it added, in either order; nothing is left of the last one. */
static void removal_is_the_inverse(void **state) {
    (void)state;
    for (unsigned first = 0; first < KINDS; first++)
        for (unsigned second = 0; second < KINDS; second++) {
            struct flt_share_row access = {0}, only_second = {0};
            const struct flt_share_row nothing = {0};
            add(&access, first);
            add(&access, second);
            drop(&access, first);
            add(&only_second, second);
            assert_memory_equal(&access, &only_second, sizeof access);
            drop(&access, second);
            assert_memory_equal(&access, &nothing, sizeof access);
        }
}

static void every_access_bit_is_read_as_its_kind(void **state) {
    (void)state;
    static const ACCESS_MASK reads = FILE_READ_DATA | FILE_EXECUTE;
    static const ACCESS_MASK writes = FILE_WRITE_DATA | FILE_APPEND_DATA;
    for (unsigned bit = 0; bit < 32; bit++) {
        const ACCESS_MASK access = (ACCESS_MASK)1 << bit;
        const struct flt_sharing sharing = flt_sharing_of(access, 0);
        assert_int_equal(sharing.reads, (access & reads) != 0);
        assert_int_equal(sharing.writes, (access & writes) != 0);
        assert_int_equal(sharing.deletes, access == DELETE);
        assert_int_equal(flt_sharing_is_nothing(&sharing),
                         (access & (reads | writes | DELETE)) == 0);
    }
    const struct flt_sharing all = flt_sharing_of(0, 7);
    assert_true(all.shares_read && all.shares_write && all.shares_delete);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair),
        cmocka_unit_test(every_triple),
        cmocka_unit_test(removal_is_the_inverse),
        cmocka_unit_test(every_access_bit_is_read_as_its_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
