#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "png/unfilter.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "png/unfilter.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

enum Filter { kNone, kSub, kUp, kAverage, kPaeth };

HWY_INLINE void undo_up(const uint8_t* above, size_t count, uint8_t* row) {
  const hn::ScalableTag<uint8_t> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(hn::Add(hn::LoadU(d, row + i), hn::LoadU(d, above + i)), d, row + i);
  for (; i < count; ++i) row[i] = static_cast<uint8_t>(row[i] + above[i]);
}

// The neighbor that is nearest to left + above - corner, as a choice between their minimum, maximum and the corner.
HWY_INLINE int paeth(int left, int above, int corner) {
  const int threshold = 3 * corner - left - above;
  const int low = std::min(left, above), high = std::max(left, above);
  const int inner = high <= threshold ? low : corner;
  return threshold <= low ? high : inner;
}

// Pixels of 1 or 2 bytes.
template <int kDistance>
HWY_INLINE void undo_narrow(int filter, const uint8_t* above, size_t count, uint8_t* row) {
  uint8_t left[kDistance] = {}, corner[kDistance] = {};
  for (size_t i = 0; i + kDistance <= count; i += kDistance) {
    for (int b = 0; b < kDistance; ++b) {
      const int up = above[i + b];
      const int predicted = filter == kSub       ? left[b]
                            : filter == kAverage ? (left[b] + up) / 2
                                                 : paeth(left[b], up, corner[b]);
      corner[b] = static_cast<uint8_t>(up);
      row[i + b] = left[b] = static_cast<uint8_t>(row[i + b] + predicted);
    }
  }
}

// Pixels of 3 or 4 bytes.
template <int kDistance>
struct Wide {
  static constexpr int kLanes = 4;
  using Bytes = hn::FixedTag<uint8_t, kLanes>;
  using Words = hn::FixedTag<int16_t, kLanes>;

  // Calls `next(i, filtered)`, which returns the finished pixel, for each pixel from left to right. All lanes are
  // stored, and the next pixel is loaded before that, as they may reach into it.
  template <class Next>
  static HWY_INLINE void for_pixels(size_t count, uint8_t* row, Next next) {
    const Bytes d;
    auto filtered = hn::LoadU(d, row);
    size_t i = 0;
    for (; i + 2 * kDistance <= count; i += kDistance) {
      const auto made = next(i, filtered);
      filtered = hn::LoadU(d, row + i + kDistance);
      hn::StoreU(made, d, row + i);
    }
    uint8_t last[kLanes];
    hn::StoreU(next(i, filtered), d, last);
    std::memcpy(row + i, last, kDistance);
  }

  static HWY_INLINE void undo_sub(size_t count, uint8_t* row) {
    auto left = hn::Zero(Bytes());
    for_pixels(count, row, [&](size_t, auto filtered) HWY_ATTR { return left = hn::Add(filtered, left); });
  }

  // AverageRound rounds up: of complements, that is the complement of the average rounded down.
  static HWY_INLINE void undo_average(const uint8_t* above, size_t count, uint8_t* row) {
    const Bytes d;
    auto not_left = hn::Not(hn::Zero(d));
    for_pixels(count, row, [&](size_t i, auto filtered) HWY_ATTR {
      not_left = hn::Sub(hn::AverageRound(not_left, hn::Not(hn::LoadU(d, above + i))), filtered);
      return hn::Not(not_left);
    });
  }

  // Adds the predicted pixels to filtered ones. The upper byte of each word stays 0.
  template <class D, class V>
  static HWY_INLINE V add_paeth(D d, V filtered, V left, V up, V corner) {
    const auto rest = hn::Sub(hn::Add(hn::Add(corner, corner), corner), up);
    const auto threshold = hn::Sub(rest, left);
    const auto low = hn::Min(left, up), high = hn::Max(left, up);
    const auto inner = hn::IfThenElse(hn::Gt(high, threshold), corner, low);
    const auto predicted = hn::IfThenElse(hn::Gt(threshold, low), inner, high);
    const hn::Repartition<uint8_t, D> bytes;
    return hn::BitCast(d, hn::Add(hn::BitCast(bytes, filtered), hn::BitCast(bytes, predicted)));
  }

  static HWY_INLINE void undo_paeth(const uint8_t* above, size_t count, uint8_t* row) {
    const Bytes d8;
    const Words d;
    auto left = hn::Zero(d), corner = hn::Zero(d);
    for_pixels(count, row, [&](size_t i, auto filtered) HWY_ATTR {
      const auto up = hn::PromoteTo(d, hn::LoadU(d8, above + i));
      left = add_paeth(d, hn::PromoteTo(d, filtered), left, up, corner);
      corner = up;
      return hn::DemoteTo(d8, left);
    });
  }

  static HWY_INLINE uint64_t load_pixel(const uint8_t* from) {
    uint32_t pixel;
    std::memcpy(&pixel, from, sizeof(pixel));
    return pixel;
  }

  // Two rows in the two halves of a vector: each step waits for the one before, whether for one pixel or for two. The
  // lower row is one pixel behind, so that what it needs of the upper one is there.
  static HWY_INLINE void undo_two_paeth(const uint8_t* above, size_t count, uint8_t* upper, uint8_t* lower) {
    const hn::FixedTag<int16_t, 8> d;
    const hn::FixedTag<uint8_t, 8> d8;
    const hn::FixedTag<uint64_t, 1> d64;
    auto left = hn::Zero(d), corner = hn::Zero(d);
    const auto next = [&](size_t i, uint64_t pixels) HWY_ATTR {
      const auto first = hn::PromoteTo(Words(), hn::LoadU(Bytes(), above + i));
      const auto up = hn::Combine(d, hn::LowerHalf(left), first);
      const auto filtered = hn::PromoteTo(d, hn::BitCast(d8, hn::Set(d64, pixels)));
      left = add_paeth(d, filtered, left, up, corner);
      corner = up;
      return hn::GetLane(hn::BitCast(d64, hn::DemoteTo(d8, left)));
    };
    uint64_t filtered = load_pixel(upper);
    for (size_t i = 0; i < count; i += kDistance) {
      const uint64_t made = next(i, filtered);
      filtered = load_pixel(lower + i) << 32 | load_pixel(upper + i + kDistance);
      std::memcpy(upper + i, &made, kLanes);  // of the last pixel, a byte of the lower row's filter type
      if (i > 0) {
        const uint32_t behind = static_cast<uint32_t>(made >> 32);
        std::memcpy(lower + i - kDistance, &behind, kLanes);
      }
    }
    const uint32_t last = static_cast<uint32_t>(next(count - kDistance, filtered) >> 32);
    std::memcpy(lower + count - kDistance, &last, kDistance);
  }

  static HWY_INLINE void undo(int filter, const uint8_t* above, size_t count, uint8_t* row) {
    if (filter == kSub) {
      undo_sub(count, row);
    } else if (filter == kAverage) {
      undo_average(above, count, row);
    } else {
      undo_paeth(above, count, row);
    }
  }
};

int Unfilter(const uint8_t* above, size_t count, int distance, int rows, uint8_t* scanlines) {
  const int filter = *scanlines;
  uint8_t* const row = scanlines + 1;
  if (filter == kPaeth && distance > 2 && rows > 1 && row[count] == kPaeth) {
    uint8_t* const lower = row + count + 1;
    (distance == 3 ? Wide<3>::undo_two_paeth : Wide<4>::undo_two_paeth)(above, count, row, lower);
    return 2;
  }
  if (filter == kNone) return 1;
  if (filter == kUp) {
    undo_up(above, count, row);
  } else if (distance == 1) {
    undo_narrow<1>(filter, above, count, row);
  } else if (distance == 2) {
    undo_narrow<2>(filter, above, count, row);
  } else if (distance == 3) {
    Wide<3>::undo(filter, above, count, row);
  } else {
    Wide<4>::undo(filter, above, count, row);
  }
  return 1;
}

}  // namespace fastseq::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq {

HWY_EXPORT(Unfilter);

int unfilter(const uint8_t* above, size_t count, int distance, int rows, uint8_t* scanlines) {
  return HWY_DYNAMIC_DISPATCH(Unfilter)(above, count, distance, rows, scanlines);
}

}  // namespace fastseq
#endif
