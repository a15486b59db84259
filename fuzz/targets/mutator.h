/* The libFuzzer mutator's one knob. */
#ifndef FLT_MUTATOR_H
#define FLT_MUTATOR_H

#include <stddef.h>

/* Each sequence that the mutator makes has exactly this many calls, as far as the engine's limit in
 * bytes allows: for benchmarks. 0, the default: off. */
extern size_t flt_mutator_fixed_steps;

#endif
