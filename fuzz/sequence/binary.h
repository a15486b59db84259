/* The binary form of a sequence: what engines mutate. Sparse cells of 8 bytes, little-endian:
 *
 *   byte 0      0x80 call          byte 1 opcode, 2 thread, 4..7 result slots + 1 (0: none), by id
 *               0x81 version       bytes 4..7: 1
 *               0x82 profile       byte 4
 *               0x83 switch        byte 1 the switch's number + 1, byte 4 its value
 *               0x01..0x3D         argument of that id: byte 1 form, 4..7 the low 32 bits
 *               0x41..0x7D         the high 32 bits of argument (byte 0 - 0x40), after its low cell
 *               else               skipped, as is any cell whose content names nothing we have
 *   bytes of a cell not named here are written as 0 and ignored when read.
 *
 * Header cells stand before the first call. Every byte string decodes (a tail of less than 8 bytes
 * is ignored; a call of unknown opcode is skipped with its arguments; calls past FLT_MAX_STEPS are
 * dropped). decode(encode(decode(x))) == decode(x). */
#ifndef FLT_BINARY_H
#define FLT_BINARY_H

#include "sequence.h"

/* Never fails. The sequence must be initialised; it is cleared first. */
void flt_binary_decode(const uint8_t *data, size_t size, struct flt_sequence *sequence);
/* The number of bytes that the sequence needs; written when `room` is enough, else nothing is. */
size_t flt_binary_encode(const struct flt_sequence *sequence, uint8_t *data, size_t room);
/* What one call adds to that. */
size_t flt_binary_step_size(const struct flt_step *step);

#endif
