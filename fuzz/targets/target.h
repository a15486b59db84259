/* What the sequence targets share: decode, run, report, count. */
#ifndef FLT_TARGET_H
#define FLT_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "../../model/call.h"

/* The build makes a program of a target for each profile that it is told to (FLT_PROFILES). */
#ifndef FLT_TARGET_PROFILE
#define FLT_TARGET_PROFILE FLT_PROFILE_documented
#endif

/* Runs the bytes as a sequence. Where its own header names no profile it is under the switches of
 * the file that the environment's FLTFUZZ_SWITCHES names, or else under `profile`. Reports and
 * aborts when a rule is violated. */
void flt_target_run(enum flt_profile profile, const uint8_t *data, size_t size);

#endif
