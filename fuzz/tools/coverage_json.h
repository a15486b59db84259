/* What was counted, as JSON. */
#ifndef FLT_COVERAGE_JSON_H
#define FLT_COVERAGE_JSON_H

#include <stdio.h>

#include "../coverage.h"

/* Members of an object, each with the comma before it. Of what can be counted at all: "calls",
 * "moves" (name, words, the calls that can do it) and "occasions" (of a rule: the calls). */
void flt_coverage_print_possible(FILE *out);
/* "NAME": {"cells": [[rule, call, outcome, tried, allowed, answered], ...], "transitions":
 * [[call, move, times], ...], "tightness": {call: {"calls", "allowed", "single"}}}. */
void flt_coverage_print(const char *name, const struct flt_coverage *coverage, FILE *out);

#endif
