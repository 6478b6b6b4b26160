// Highway's loop over targets, for portable units. No include guard, as Highway asks for.
//
// SVE and RVV have vectors of unknown size, which cannot be members of arrays as the bodies of the
// kernels have them; those machines use NEON and the scalar target.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#endif
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>
#ifndef SIMD_INLINE
#define SIMD_INLINE HWY_INLINE
#endif
