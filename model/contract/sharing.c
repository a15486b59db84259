/* Who has a node open how, and whether one more open gets along with them: the rule for two opens,
 * applied to each that is there. Opens of one kind are alike, so the kinds are what is looked at.
 */
#include "../include/wdm.h"
#include "state.h"

/* The kind of an open: three bits for what it does, three for what it lets others do. */
enum { READS = 1, WRITES = 2, DELETES = 4, DOES = 7, SHARES = 3 /* the shift to the others */ };
_Static_assert(1u << 6 == FLT_SHARE_KINDS, "six bits");

static unsigned kind_of(const struct flt_call *call, uint32_t granted) {
    unsigned kind = 0;
    if (granted & (FILE_READ_DATA | FILE_EXECUTE))
        kind |= READS;
    if (granted & (FILE_WRITE_DATA | FILE_APPEND_DATA))
        kind |= WRITES;
    if (granted & DELETE)
        kind |= DELETES;
    const uint64_t share = call->arg[FLT_ARG_share];
    if (share & FILE_SHARE_READ)
        kind |= READS << SHARES;
    if (share & FILE_SHARE_WRITE)
        kind |= WRITES << SHARES;
    if (share & FILE_SHARE_DELETE)
        kind |= DELETES << SHARES;
    return kind;
}

static bool conflict(unsigned one, unsigned other) {
    return ((one & DOES) & ~(other >> SHARES)) != 0 || ((other & DOES) & ~(one >> SHARES)) != 0;
}

/* ---- one more open --------------------------------------------------------------------------- */

static bool ignores_sharing(const struct flt_call *call) {
    return (flt_given(call, FLT_ARG_flags) & IO_IGNORE_SHARE_ACCESS_CHECK) != 0;
}

static bool conflicts(const struct flt_sharing *sharing, unsigned kind) {
    for (uint64_t left = sharing->kinds; left != 0; left &= left - 1)
        if (conflict(kind, (unsigned)__builtin_ctzll(left)))
            return true;
    return false;
}

enum flt_rule flt_sharing_rule(const struct flt_node *node, const struct flt_call *call,
                               uint32_t granted, uint32_t implied) {
    const unsigned kind = kind_of(call, granted), checked = kind_of(call, granted | implied);
    if (!conflicts(&node->sharing, checked))
        return FLT_RULE_NONE;
    if (ignores_sharing(call))
        return FLT_RULE_share_ignored;
    if ((kind & DOES) != 0 && conflicts(&node->sharing, kind))
        return FLT_RULE_share_conflict;
    return (checked & DOES) != 0 ? FLT_RULE_share_implied : FLT_RULE_share_attributes_only;
}

/* ---- the opens that are there ---------------------------------------------------------------- */

/* By 1, or by -1. */
static void count(struct flt_sharing *sharing, unsigned kind, uint32_t by) {
    const uint64_t bit = UINT64_C(1) << kind;
    if (!(sharing->kinds & bit))
        sharing->of_kind[kind] = 0;
    sharing->of_kind[kind] += by;
    sharing->kinds &= ~bit;
    sharing->kinds |= sharing->of_kind[kind] != 0 ? bit : 0;
}

/* From the opens, each time: a counter that was kept would have nothing to prove it. */
struct flt_share_row flt_share_row_of(const struct flt_sharing *sharing) {
    struct flt_share_row row = {0};
    for (uint64_t left = sharing->kinds; left != 0; left &= left - 1) {
        const unsigned one = (unsigned)__builtin_ctzll(left);
        const uint32_t alike = sharing->of_kind[one];
        row.open += alike;
        row.readers += one & READS ? alike : 0;
        row.writers += one & WRITES ? alike : 0;
        row.deleters += one & DELETES ? alike : 0;
        row.shared_read += one & READS << SHARES ? alike : 0;
        row.shared_write += one & WRITES << SHARES ? alike : 0;
        row.shared_delete += one & DELETES << SHARES ? alike : 0;
    }
    return row;
}

void flt_share(struct flt_contract *contract, const struct flt_call *call, uint32_t object) {
    struct flt_opened *opened = &contract->object[object].opened;
    const unsigned kind = kind_of(call, opened->access);
    opened->shares = !ignores_sharing(call) && (kind & DOES) != 0;
    opened->share_kind = (uint8_t)kind;
    if (opened->shares)
        count(&contract->names.node[opened->node].sharing, kind, 1);
}

void flt_end_share(struct flt_contract *contract, uint32_t object) {
    struct flt_opened *opened = &contract->object[object].opened;
    if (opened->shares)
        count(&contract->names.node[opened->node].sharing, opened->share_kind, UINT32_MAX);
    opened->shares = false;
}
