/* A switches file: the profile and the switches of somebody's Windows, written once, for sequences
 * whose own header names no profile. Lines as in a sequence's header, and nothing else. */
#ifndef FLT_SWITCHES_H
#define FLT_SWITCHES_H

#include "../sequence/sequence.h"

/* A header without calls, for flt_sequence_complete. False: one line on stderr says what is wrong
 * with the file, and where. */
bool flt_switches_load(const char *path, struct flt_sequence *defaults);

#endif
