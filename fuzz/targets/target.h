/* What the sequence targets share: decode, run, report, count. */
#ifndef FLT_TARGET_H
#define FLT_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* Runs the bytes as a sequence, under the switches of the file that the environment's
 * FLTFUZZ_SWITCHES names where its own header names no profile. Reports and aborts when a rule is
 * violated. */
void flt_target_run(const uint8_t *data, size_t size);

#endif
