/* Marks memory that must not be touched, for ASan and MSan; does nothing without them. ASan works
 * in units of 8 bytes: a region starts and ends at a multiple of 8. */
#ifndef FLT_POISON_H
#define FLT_POISON_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLT_HAS_ASAN 1
#endif
#if __has_feature(memory_sanitizer)
#define FLT_HAS_MSAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define FLT_HAS_ASAN 1
#endif

#if defined(FLT_HAS_ASAN)
#include <sanitizer/asan_interface.h>
#define flt_poison(region, size) __asan_poison_memory_region((region), (size))
#define flt_unpoison(region, size) __asan_unpoison_memory_region((region), (size))
#elif defined(FLT_HAS_MSAN)
#include <sanitizer/msan_interface.h>
#define flt_poison(region, size) __msan_poison((region), (size))
/* MSan forgives what is written next, and only that. */
#define flt_unpoison(region, size) ((void)(region), (void)(size))
#else
#define flt_poison(region, size) ((void)(region), (void)(size))
#define flt_unpoison(region, size) ((void)(region), (void)(size))
#endif

#endif
