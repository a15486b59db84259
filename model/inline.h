/* Functions of a few lines on the way of every call. Sanitizers make them look too big to the
 * compiler to be put in line, and then the call costs more than they do. */
#ifndef FLT_INLINE_H
#define FLT_INLINE_H

#define FLT_INLINE static inline __attribute__((always_inline))

#endif
