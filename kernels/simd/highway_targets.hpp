// Highway's loop over targets, for portable units. No include guard, as Highway asks for.
//
// SVE and RVV have vectors of unknown size, which cannot be members of arrays as the bodies of the
// kernels have them; those machines use NEON and the scalar target. Instrumented code takes long to
// compile, and of all targets one is run: the older ones are left out there.
#ifndef HWY_DISABLED_TARGETS
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PERFMODEL_OLDER_TARGETS (HWY_SSSE3 | HWY_SSE4)
#endif
#endif
#ifndef PERFMODEL_OLDER_TARGETS
#define PERFMODEL_OLDER_TARGETS 0
#endif
#define HWY_DISABLED_TARGETS \
  (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV | PERFMODEL_OLDER_TARGETS)
#endif
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>
#ifndef SIMD_INLINE
#define SIMD_INLINE HWY_INLINE
#endif
