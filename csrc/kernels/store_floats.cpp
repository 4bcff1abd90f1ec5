#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/store_floats.cpp"
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include "kernels/floats-inl.h"
#include "kernels/store_floats.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::kernels::HWY_NAMESPACE {

// Rounded to nearest even, and clamped.
template <class T>
HWY_INLINE void store_integers(const float* values, int count, T* out) {
  for_lanes(Floats(), OneFloat(), count, [=](auto d, int i) HWY_ATTR {
    const hn::Rebind<T, decltype(d)> to;
    hn::StoreU(hn::DemoteTo(to, hn::NearestInt(hn::LoadU(d, values + i))), to, out + i);
  });
}
void StoreU8(const float* values, int count, uint8_t* out) { store_integers(values, count, out); }
void StoreU16(const float* values, int count, uint16_t* out) { store_integers(values, count, out); }

// IEEE half precision, rounded to nearest even. The exponent is rebiased as an integer; subnormals are aligned by an
// addition.
template <class D, class V>
HWY_INLINE hn::Vec<hn::Rebind<int32_t, D>> half_bits(D d, V value) {
  const hn::Rebind<int32_t, D> d32;
  const auto bits = hn::BitCast(d32, value);
  const auto magnitude = hn::And(bits, hn::Set(d32, 0x7FFFFFFF));
  const auto odd = hn::And(hn::ShiftRight<13>(magnitude), hn::Set(d32, 1));
  const auto rebiased = hn::Add(hn::Add(magnitude, odd), hn::Set(d32, 0xFFF - (112 << 23)));
  const auto normal = hn::ShiftRight<13>(rebiased);

  const auto align = hn::Set(d32, 126 << 23);  // 0.5, whose last bit has the weight of a subnormal half's
  const auto aligned = hn::Add(hn::BitCast(d, magnitude), hn::BitCast(d, align));
  const auto subnormal = hn::Sub(hn::BitCast(d32, aligned), align);

  const auto not_a_number = hn::Gt(magnitude, hn::Set(d32, 0x7F800000));
  const auto beyond = hn::IfThenElse(not_a_number, hn::Set(d32, 0x7E00), hn::Set(d32, 0x7C00));
  auto half = hn::IfThenElse(hn::Lt(magnitude, hn::Set(d32, 113 << 23)), subnormal, normal);
  half = hn::IfThenElse(hn::Gt(magnitude, hn::Set(d32, (143 << 23) - 1)), beyond, half);
  return hn::Or(half, hn::And(hn::ShiftRight<16>(bits), hn::Set(d32, 0x8000)));
}

// offset + scale * value for a vector of a row's items from item i on.
template <class T>
struct ScaleAll {
  T scale, offset;

  template <class D, class V>
  HWY_INLINE V operator()(D d, int /*i*/, V value) const {
    return hn::Add(hn::Set(d, offset), hn::Mul(hn::Set(d, scale), value));
  }
};
template <class T>
struct ScaleByChannel {
  const T* scale;
  const T* offset;

  template <class D, class V>
  HWY_INLINE V operator()(D d, int i, V value) const {
    const int channel = i % ItemScaling::kChannels;
    return hn::Add(hn::LoadU(d, offset + channel), hn::Mul(hn::LoadU(d, scale + channel), value));
  }
};

template <class T, class Apply>
HWY_INLINE void with_scaling(const ItemScaling& scaling, Apply apply) {
  const T* scale = scaling.scale(T());
  const T* offset = scaling.offset(T());
  if (scaling.is_uniform()) return apply(ScaleAll<T>{scale[0], offset[0]});
  apply(ScaleByChannel<T>{scale, offset});
}

void StoreF16(const float* values, int count, const ItemScaling& scaling, uint16_t* out) {
  with_scaling<float>(scaling, [=](const auto& scaled) HWY_ATTR {
    for_lanes(Floats(), OneFloat(), count, [=](auto d, int i) HWY_ATTR {
      const hn::Rebind<uint16_t, decltype(d)> d16;
      hn::StoreU(hn::DemoteTo(d16, half_bits(d, scaled(d, i, hn::LoadU(d, values + i)))), d16, out + i);
    });
  });
}

template <class In>
void StoreF32(const In* in, int count, const ItemScaling& scaling, bool stream, float* out) {
  with_scaling<float>(scaling, [=](const auto& scaled) HWY_ATTR {
    store_lanes(Floats(), OneFloat(), count, stream, out,
                [=](auto d, int i) HWY_ATTR { return scaled(d, i, load_values(d, in + i)); });
  });
}

template <class In>
void StoreF64(const In* in, int count, const ItemScaling& scaling, bool stream, double* out) {
  with_scaling<double>(scaling, [=](const auto& scaled) HWY_ATTR {
    store_lanes(Doubles(), OneDouble(), count, stream, out, [=](auto d, int i) HWY_ATTR {
      return scaled(d, i, hn::PromoteTo(d, load_values(hn::Rebind<float, decltype(d)>(), in + i)));
    });
  });
}

void ValuesToF32(const float* values, int count, const ItemScaling& scaling, bool stream, float* out) {
  StoreF32(values, count, scaling, stream, out);
}
void ValuesToF64(const float* values, int count, const ItemScaling& scaling, bool stream, double* out) {
  StoreF64(values, count, scaling, stream, out);
}
void BytesToF32(const uint8_t* bytes, int count, const ItemScaling& scaling, bool stream, float* out) {
  StoreF32(bytes, count, scaling, stream, out);
}
void BytesToF64(const uint8_t* bytes, int count, const ItemScaling& scaling, bool stream, double* out) {
  StoreF64(bytes, count, scaling, stream, out);
}

void SplitValues(const float* pixels, int count, float* a, float* b, float* c) {
  const Pixel d;
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    hn::Vec<Pixel> va, vb, vc;
    hn::LoadInterleaved3(d, pixels + 3 * static_cast<size_t>(i), va, vb, vc);
    hn::StoreU(va, d, a + i);
    hn::StoreU(vb, d, b + i);
    hn::StoreU(vc, d, c + i);
  }
  for (; i < count; ++i) {
    a[i] = pixels[3 * static_cast<size_t>(i)];
    b[i] = pixels[3 * static_cast<size_t>(i) + 1];
    c[i] = pixels[3 * static_cast<size_t>(i) + 2];
  }
}

}  // namespace fastseq::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq::kernels {

HWY_EXPORT(StoreU8);
HWY_EXPORT(StoreU16);
HWY_EXPORT(StoreF16);
HWY_EXPORT(ValuesToF32);
HWY_EXPORT(ValuesToF64);
HWY_EXPORT(BytesToF32);
HWY_EXPORT(BytesToF64);
HWY_EXPORT(SplitValues);

void store_values(const float* values, int count, int item_bytes, const ItemScaling& scaling, bool stream,
                  uint8_t* out) {
  switch (item_bytes) {
    case 2:
      return HWY_DYNAMIC_DISPATCH(StoreF16)(values, count, scaling, reinterpret_cast<uint16_t*>(out));
    case 4:
      return HWY_DYNAMIC_DISPATCH(ValuesToF32)(values, count, scaling, stream, reinterpret_cast<float*>(out));
    case 8:
      return HWY_DYNAMIC_DISPATCH(ValuesToF64)(values, count, scaling, stream, reinterpret_cast<double*>(out));
    default:
      return HWY_DYNAMIC_DISPATCH(StoreU8)(values, count, out);
  }
}
void store_uint16(const float* values, int count, uint16_t* out) { HWY_DYNAMIC_DISPATCH(StoreU16)(values, count, out); }
void store_bytes(const uint8_t* bytes, int count, int item_bytes, const ItemScaling& scaling, bool stream,
                 uint8_t* out) {
  if (item_bytes == 8) {
    return HWY_DYNAMIC_DISPATCH(BytesToF64)(bytes, count, scaling, stream, reinterpret_cast<double*>(out));
  }
  HWY_DYNAMIC_DISPATCH(BytesToF32)(bytes, count, scaling, stream, reinterpret_cast<float*>(out));
}
void split_values(const float* pixels, int count, float* a, float* b, float* c) {
  HWY_DYNAMIC_DISPATCH(SplitValues)(pixels, count, a, b, c);
}

}  // namespace fastseq::kernels
#endif
