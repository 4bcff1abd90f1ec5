#include "png/gray.h"

#include <cmath>
#include <cstdlib>

namespace fastseq {
namespace {

// Exponents are fixed-point numbers in units of 1/100000. They and their rounding are libpng's.
constexpr int64_t kOne = 100'000;
constexpr int64_t kNegligible = 5'000;

int64_t reciprocal(int64_t value) { return static_cast<int64_t>(std::floor(1e10 / static_cast<double>(value) + 0.5)); }

bool is_significant(int64_t exponent) { return std::abs(exponent - kOne) > kNegligible; }

std::array<uint8_t, 256> power_table(int64_t exponent) {
  std::array<uint8_t, 256> table;
  for (int i = 0; i < 256; ++i) {
    const double power = std::pow(i / 255.0, static_cast<double>(exponent) * 0.00001);
    table[i] = static_cast<uint8_t>(is_significant(exponent) ? std::floor(255 * power + 0.5) : i);
  }
  return table;
}

}  // namespace

PngGray::PngGray(int64_t gamma) : linear_(gamma != 0 && (is_significant(gamma) || is_significant(reciprocal(gamma)))) {
  if (!linear_) return;
  to_linear_ = power_table(reciprocal(gamma));
  from_linear_ = power_table(reciprocal(reciprocal(gamma)));
}

}  // namespace fastseq
