/* Who has a file open how, and whether one more open gets along with them: the rule for two opens,
 * applied to each that is there. Opens of one kind are alike, so the kinds are what is looked at.
 */
#include "../include/wdm.h"
#include "predict.h"

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

static bool takes_share(const struct flt_call *call) {
    return flt_calls[call->opcode].args >> FLT_ARG_share & 1;
}

static bool ignores_sharing(const struct flt_call *call) {
    return (flt_calls[call->opcode].args >> FLT_ARG_flags & 1) &&
           call->arg[FLT_ARG_flags] & IO_IGNORE_SHARE_ACCESS_CHECK;
}

static bool conflicts(const struct flt_opens *opens, unsigned kind) {
    for (uint64_t left = opens->kinds; left != 0; left &= left - 1)
        if (conflict(kind, (unsigned)__builtin_ctzll(left)))
            return true;
    return false;
}

enum flt_rule flt_sharing_rule(const struct flt_contract *contract, const struct flt_call *call,
                               uint8_t name) {
    const unsigned kind =
        kind_of(call, flt_granted_access(FLT_TYPE_FILE, (uint32_t)call->arg[FLT_ARG_access]));
    if (!takes_share(call) || !conflicts(&contract->opens[name], kind))
        return FLT_RULE_NONE;
    if (ignores_sharing(call))
        return FLT_RULE_share_ignored;
    return (kind & DOES) == 0 ? FLT_RULE_share_attributes_only : FLT_RULE_share_conflict;
}

/* ---- the opens that are there ---------------------------------------------------------------- */

/* By 1, or by -1. */
static void count(struct flt_contract *contract, uint8_t name, unsigned kind, uint32_t by) {
    struct flt_opens *opens = &contract->opens[name];
    struct flt_share_row *row = &contract->share_row[name];
    opens->of_kind[kind] += by;
    if (opens->of_kind[kind] == 0)
        opens->kinds &= ~(UINT64_C(1) << kind);
    else
        opens->kinds |= UINT64_C(1) << kind;
    /* From the opens, each time: a counter that was kept would have nothing to prove it. */
    *row = (struct flt_share_row){0};
    for (uint64_t left = opens->kinds; left != 0; left &= left - 1) {
        const unsigned one = (unsigned)__builtin_ctzll(left);
        const uint32_t alike = opens->of_kind[one];
        row->open += alike;
        row->readers += one & READS ? alike : 0;
        row->writers += one & WRITES ? alike : 0;
        row->deleters += one & DELETES ? alike : 0;
        row->shared_read += one & READS << SHARES ? alike : 0;
        row->shared_write += one & WRITES << SHARES ? alike : 0;
        row->shared_delete += one & DELETES << SHARES ? alike : 0;
    }
}

void flt_share(struct flt_contract *contract, const struct flt_call *call, uint32_t object,
               uint8_t name, uint32_t granted) {
    struct flt_object_record *record = &contract->object[object];
    const unsigned kind = kind_of(call, granted);
    record->share_name = 0;
    if (!takes_share(call) || ignores_sharing(call) || (kind & DOES) == 0)
        return;
    record->share_name = name;
    record->share_kind = (uint8_t)kind;
    contract->shared |= UINT64_C(1) << name;
    count(contract, name, kind, 1);
}

void flt_end_share(struct flt_contract *contract, uint32_t object) {
    struct flt_object_record *record = &contract->object[object];
    if (record->share_name != 0)
        count(contract, record->share_name, record->share_kind, UINT32_MAX);
    record->share_name = 0;
}

void flt_forget_shares(struct flt_contract *contract) {
    for (; contract->shared != 0; contract->shared &= contract->shared - 1) {
        const int name = __builtin_ctzll(contract->shared);
        contract->opens[name] = (struct flt_opens){0};
        contract->share_row[name] = (struct flt_share_row){0};
    }
}
