/* What an exploration may be quoted with. */
#ifndef FLT_EXPLORE_STATEMENT_H
#define FLT_EXPLORE_STATEMENT_H

#include "search.h"

/* Calls up to which every sequence was run. */
size_t flt_statement_length(const struct flt_search_result *result);
/* One paragraph. */
void flt_statement_print(const struct flt_search *search, const struct flt_search_result *result,
                         FILE *out);
/* The same as one JSON object. */
void flt_statement_json(const struct flt_search *search, const struct flt_search_result *result,
                        FILE *out);
/* The violations as every tool prints findings: in a run of their own. */
void flt_statement_findings(const struct flt_search *search, const struct flt_search_result *result,
                            FILE *out);

#endif
