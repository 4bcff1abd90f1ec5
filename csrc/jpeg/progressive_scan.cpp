#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "jpeg/progressive_scan.cpp"
#include "jpeg/progressive_scan.h"

#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "jpeg/bits-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fastseq::HWY_NAMESPACE {

constexpr int kMaxDc = 1 << 20;  // larger than in any image, small enough that sums do not overflow

struct ScanBits : Bits {
  uint32_t blocks_ended;  // number of further blocks without coefficients (EOBRUN)
  const uint8_t* stop;    // begin of the segment's slack

  // Decodes a symbol of up to 16 bits; 56 must be available. -1 if the code is invalid.
  HWY_INLINE int read_symbol(const SymbolTable& table) {
    const uint32_t entry = table.lookup[bits >> (64 - SymbolTable::kBits)];
    if (HWY_LIKELY(entry != 0)) {
      drop(entry & 255);
      return static_cast<int>(entry >> 8);
    }
    int symbol = -1;
    drop(static_cast<uint32_t>(table.codes.find(static_cast<uint32_t>(bits >> 48), &symbol)));
    return symbol;
  }
  HWY_INLINE void end_blocks(uint32_t run) { blocks_ended = (1u << run) + read(run); }
  HWY_INLINE bool overran() const { return next > stop; }
};

HWY_INLINE uint64_t bits_between(int from, int to) { return (~0ull << from) & (~0ull >> (63 - to)); }

// The index of the set bit with `before` set bits below it; 64 if there is none.
HWY_INLINE int nth_bit(uint64_t bits, int before) {
#if HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX2
  const uint64_t bit = __builtin_ia32_pdep_di(1ull << before, bits);
#else
  for (; before > 0; --before) bits &= bits - 1;
  const uint64_t bit = bits & (0 - bits);
#endif
  return bit ? __builtin_ctzll(bit) : 64;
}

HWY_INLINE bool first_dc(const SymbolTable& table, int successive_low, ScanBits* in, int* dc, int16_t* block) {
  in->refill();
  const int size = in->read_symbol(table);
  if (size < 0) return false;
  *dc += in->read_signed(static_cast<uint32_t>(size));
  if (std::abs(*dc) > kMaxDc) return false;
  block[0] = static_cast<int16_t>(static_cast<uint32_t>(*dc) << successive_low);
  return true;
}

template <bool kKeep>
HWY_INLINE bool first_ac(const JpegScan& scan, const SymbolTable& table, ScanBits* in, int16_t* block,
                         uint64_t* nonzero) {
  if (in->blocks_ended > 0) {
    --in->blocks_ended;
    return true;
  }
  uint64_t known = *nonzero;
  for (int k = scan.spectral_begin; k <= scan.spectral_end; ++k) {
    in->refill();
    const int symbol = in->read_symbol(table);
    if (symbol < 0) return false;
    const int run = symbol >> 4, size = symbol & 15;
    if (size == 0 && run < 15) {
      in->end_blocks(static_cast<uint32_t>(run));
      --in->blocks_ended;
      break;
    }
    k += run;
    if (k > scan.spectral_end || size + scan.successive_low > 15) return false;
    if (size == 0) continue;
    const int value = in->read_signed(static_cast<uint32_t>(size));
    if (kKeep) block[kNaturalOrder[k]] = static_cast<int16_t>(static_cast<uint32_t>(value) << scan.successive_low);
    known |= 1ull << k;
  }
  *nonzero = known;
  return true;
}

// Reads a refinement bit for each of the nonzero coefficients `which`.
template <bool kKeep>
HWY_INLINE void refine(uint64_t which, int bit, ScanBits* in, int16_t* block) {
  if (!kKeep) {
    for (int left = __builtin_popcountll(which); left > 0; left -= 48) {
      in->refill();
      in->drop(static_cast<uint32_t>(left < 48 ? left : 48));
    }
    return;
  }
  in->refill();
  for (int used = 0; which != 0; which &= which - 1) {
    int16_t& value = block[kNaturalOrder[__builtin_ctzll(which)]];
    const int more = static_cast<int>(in->read(1)) * bit;
    value = static_cast<int16_t>(value + (value < 0 ? -more : more));
    if (++used % 48 == 0) in->refill();
  }
}

template <bool kKeep>
HWY_INLINE bool refine_ac(const JpegScan& scan, const SymbolTable& table, ScanBits* in, int16_t* block,
                          uint64_t* nonzero) {
  const int bit = 1 << scan.successive_low, end = scan.spectral_end;
  const uint64_t before = *nonzero;
  int k = scan.spectral_begin;
  while (in->blocks_ended == 0 && k <= end) {
    in->refill();
    const int symbol = in->read_symbol(table);
    if (symbol < 0) return false;
    const int run = symbol >> 4, size = symbol & 15;
    if (size > 1) return false;
    if (size == 0 && run < 15) {
      in->end_blocks(static_cast<uint32_t>(run));
      break;
    }
    const bool positive = size == 1 && in->read(1) == 1;
    const uint64_t rest = bits_between(k, end);
    const int place = nth_bit(~before & rest, run);
    if (place > end) return false;
    refine<kKeep>(before & rest & ((1ull << place) - 1), bit, in, block);
    if (size == 1) {
      if (kKeep) block[kNaturalOrder[place]] = static_cast<int16_t>(positive ? bit : -bit);
      *nonzero |= 1ull << place;
    }
    k = place + 1;
  }
  if (in->blocks_ended > 0) {
    if (k <= end) refine<kKeep>(before & bits_between(k, end), bit, in, block);
    --in->blocks_ended;
  }
  return true;
}

template <bool kKeep>
HWY_INLINE bool read_ac(const ProgressiveRun& run, ScanBits* in) {
  const JpegScan& scan = *run.scan;
  ProgressiveBlocks& all = *run.blocks[0];
  int row = run.first_mcu / run.mcus_across, column = run.first_mcu % run.mcus_across;
  for (int m = 0; m < run.mcus; ++m) {
    const size_t block = static_cast<size_t>(row) * all.stride + column;
    int16_t* coefficients = all.coefficients + (kKeep ? block * kBlockSize : block);
    const bool good = scan.successive_high == 0
                          ? first_ac<kKeep>(scan, *run.tables[0], in, coefficients, all.nonzero + block)
                          : refine_ac<kKeep>(scan, *run.tables[0], in, coefficients, all.nonzero + block);
    if (!good || in->overran()) return false;
    if (++column == run.mcus_across) {
      column = 0, ++row;
      if (run.is_cancelled()) return false;
    }
  }
  return true;
}

HWY_INLINE bool read_dc(const ProgressiveRun& run, ScanBits* in) {
  const JpegScan& scan = *run.scan;
  int dc[3] = {};
  int row = run.first_mcu / run.mcus_across, column = run.first_mcu % run.mcus_across;
  for (int m = 0; m < run.mcus; ++m) {
    for (int i = 0; i < scan.components; ++i) {
      ProgressiveBlocks& all = *run.blocks[i];
      for (int y = 0; y < run.down[i]; ++y) {
        for (int x = 0; x < run.across[i]; ++x) {
          const size_t block = static_cast<size_t>(row * run.down[i] + y) * all.stride + column * run.across[i] + x;
          int16_t* value = all.coefficients + block * all.block_size;
          if (scan.successive_high == 0) {
            if (!first_dc(*run.tables[i], scan.successive_low, in, &dc[i], value)) return false;
          } else {
            in->refill();
            *value = static_cast<int16_t>(*value | static_cast<int>(in->read(1)) << scan.successive_low);
          }
        }
      }
    }
    if (in->overran()) return false;
    if (++column == run.mcus_across) {
      column = 0, ++row;
      if (run.is_cancelled()) return false;
    }
  }
  return true;
}

bool ReadProgressive(const ProgressiveRun& run, BitSegment* segment) {
  ScanBits in{{segment->bits, static_cast<uint64_t>(segment->count), segment->next},
              0,
              segment->begin + segment->size / 8 + 16};
  const bool good = run.scan->spectral_begin == 0             ? read_dc(run, &in)
                    : run.blocks[0]->block_size == kBlockSize ? read_ac<true>(run, &in)
                                                              : read_ac<false>(run, &in);
  segment->bits = in.bits;
  segment->count = static_cast<int>(in.count & 63);
  segment->next = in.next;
  return good && segment->left() >= 0;
}

}  // namespace fastseq::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fastseq {

HWY_EXPORT(ReadProgressive);

bool build_symbol_table(const HuffmanCode& code, bool is_dc, SymbolTable* table) {
  if (!build_code_search(code, &table->codes)) return false;
  std::fill(std::begin(table->lookup), std::end(table->lookup), static_cast<uint16_t>(0));
  bool good = true;
  for_short_codes(code, 16, [is_dc, &good](int symbol, int, int, int) { good = good && !(is_dc && symbol > 15); });
  for_short_codes(code, SymbolTable::kBits, [table](int symbol, int length, int first, int count) {
    std::fill_n(table->lookup + first, count, static_cast<uint16_t>(symbol << 8 | length));
  });
  return good;
}

bool read_progressive(const ProgressiveRun& run, BitSegment* segment) {
  return HWY_DYNAMIC_DISPATCH(ReadProgressive)(run, segment);
}

}  // namespace fastseq
#endif
