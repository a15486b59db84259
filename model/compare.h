/* Joins a system's view with the contract's and names the rule that a difference breaks. */
#ifndef FLT_COMPARE_H
#define FLT_COMPARE_H

#include "contract/contract.h"

/* What the difference is to be blamed on. */
struct flt_compare_context {
    bool failed;        /* the last call came back with a failure status, or was withheld */
    bool names_a_table; /* the last call works on one handle table: */
    uint8_t table;
    /* The rule by which the last call closes handles that it is not named for, and which ones: all
     * of the table, or the one of that value. FLT_RULE_NONE: it closes none. */
    enum flt_rule closes;
    uint8_t closes_in;
    bool closes_all;
    uint64_t closes_value;
    const struct flt_contract *contract; /* for object numbers */
};

/* True when both show the same rows: every row is looked at, none is looked up. Adds the rows to
 * *rows. */
bool flt_same_rows(const struct flt_view *system, const struct flt_view *contract, uint64_t *rows);
/* Where they do not: joins them, and names the first difference. */
void flt_name_difference(const struct flt_view *system, const struct flt_view *contract,
                         const struct flt_compare_context *context,
                         struct flt_violation *violation);

/* The totals, and the rows of that handle value in every table. */
bool flt_compare_handle(const struct flt_view *system, const struct flt_view *contract,
                        const struct flt_compare_context *context, uint64_t value, uint64_t *rows,
                        struct flt_violation *violation);
/* The totals, and that object's row. */
bool flt_compare_object(const struct flt_view *system, const struct flt_view *contract,
                        const struct flt_compare_context *context, uint64_t token, uint64_t *rows,
                        struct flt_violation *violation);
bool flt_compare_totals(const struct flt_view *system, const struct flt_view *contract,
                        const struct flt_compare_context *context, struct flt_violation *violation);

#endif
