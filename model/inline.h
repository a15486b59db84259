/* For what is on the way of every call. */
#ifndef FLT_INLINE_H
#define FLT_INLINE_H

/* A few lines: sanitizers make them look too big to the compiler to be put in line, and then the
 * call costs more than they do. */
#define FLT_INLINE static inline __attribute__((always_inline))
/* Seldom needed, with locals in memory: in line they would make their caller's frame one that
 * AddressSanitizer poisons and clears each time. */
#define FLT_APART static __attribute__((noinline))

#endif
