#include "huffman_table.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace fastseq {
namespace {

// One symbol: length in bits 0-4, steps in bits 8-15, value in bits 16-31. 0: a longer code, or none.
constexpr uint32_t kOneEnd = 1 << 5;
constexpr uint32_t kOnePartial = 1 << 6;

bool build_search(const HuffmanCode& code, CodeSearch* search) {
  uint32_t next = 0;
  int symbols = 0;
  for (int length = 1; length <= 16; ++length) {
    next <<= 1;
    search->offset[length] = symbols - static_cast<int32_t>(next);
    next += code.counts[length];
    symbols += code.counts[length];
    // No code may be all ones.
    if (code.counts[length] && next >= 1u << length) return false;
    search->limit[length] = next << (16 - length);
  }
  if (symbols > 256) return false;
  std::memcpy(search->symbols, code.symbols, sizeof(search->symbols));
  return true;
}

// Calls fill(symbol, length, first, count) for each code of at most `bits` bits: the look-ups that begin with it.
template <class Fill>
void for_short_codes(const HuffmanCode& code, int bits, Fill fill) {
  int first = 0, p = 0;
  for (int length = 1; length <= bits; ++length) {
    const int count = 1 << (bits - length);
    for (int i = 0; i < code.counts[length]; ++i, first += count) fill(code.symbols[p++], length, first, count);
  }
}

void fill_one(uint32_t* one, int symbol, int length, int first, int count) {
  constexpr int kBits = AcTable::kBits;
  const int run = symbol >> 4, size = symbol & 15;
  uint32_t* out = one + first;
  if (size == 0) {
    const uint32_t steps = run == 15 ? 16 : 1;
    std::fill(out, out + count, steps << 8 | (run == 15 ? 0 : kOneEnd) | static_cast<uint32_t>(length));
  } else if (length + size > kBits) {
    std::fill(out, out + count,
              static_cast<uint32_t>(size) << 16 | static_cast<uint32_t>(run + 1) << 8 | kOnePartial |
                  static_cast<uint32_t>(length));
  } else {
    const uint32_t rest = static_cast<uint32_t>(run + 1) << 8 | static_cast<uint32_t>(length + size);
    const int repeat = count >> size, half = 1 << (size - 1);
    for (int raw = 0; raw < 1 << size; ++raw, out += repeat) {
      const int value = raw < half ? raw + 1 - (1 << size) : raw;
      std::fill(out, out + repeat, static_cast<uint32_t>(value) << 16 | rest);
    }
  }
}

void fill_all(const HuffmanCode& code, uint32_t* one) {
  for_short_codes(code, AcTable::kBits,
                  [one](int symbol, int length, int first, int count) { fill_one(one, symbol, length, first, count); });
}

uint64_t pair_up(const uint32_t* one, uint32_t index) {
  constexpr uint64_t kEndSteps = static_cast<uint64_t>(AcTable::kEndSteps) << 40;
  const uint32_t first = one[index];
  const uint32_t length = first & 31, steps = first >> 8 & 255;
  if (first == 0) return static_cast<uint64_t>(AcTable::kLongSteps) << 40;
  if (first & kOneEnd) return kEndSteps | AcTable::kEnd | steps << 8 | length;
  const uint32_t low = first & 0xFFFFFF00;
  if (first & kOnePartial) return AcTable::kPartial | low | length;
  const uint32_t second = one[index << length & ((1 << AcTable::kBits) - 1)];
  const uint32_t both = length + (second & 31);
  if (second == 0 || (second & kOnePartial) || both > AcTable::kBits) {
    return static_cast<uint64_t>(low) << 32 | low | length;
  }
  if (second & kOneEnd) {
    return ((static_cast<uint64_t>(steps) << 40) + kEndSteps) | AcTable::kEnd | low | both;
  }
  const uint64_t high = (second & 0xFFFF0000) | (steps + (second >> 8 & 255)) << 8;
  return high << 32 | low | both;
}

uint32_t chain_up(const uint32_t* one, uint32_t index) {
  uint32_t length = 0, steps = 0;
  while (length < AcTable::kBits) {
    const uint32_t next = one[index << length & ((1 << AcTable::kBits) - 1)];
    if (next == 0 || length + (next & 31) > AcTable::kBits) break;
    length += next & 31;
    if (next & kOneEnd) return SkipTable::kEnd | (steps + AcTable::kEndSteps) << 8 | length;
    steps += next >> 8 & 255;
    if (next & kOnePartial) length += next >> 16;
  }
  return (length ? steps : AcTable::kLongSteps) << 8 | length;
}

}  // namespace

bool build_dc_table(const HuffmanCode& code, DcTable* table) {
  if (!build_search(code, &table->codes)) return false;
  int symbols = 0;
  for (int length = 1; length <= 16; ++length) symbols += code.counts[length];
  if (std::any_of(code.symbols, code.symbols + symbols, [](uint8_t size) { return size > 15; })) return false;
  std::fill(std::begin(table->lookup), std::end(table->lookup), static_cast<uint16_t>(0));
  for_short_codes(code, DcTable::kBits, [table](int size, int length, int first, int count) {
    std::fill_n(table->lookup + first, count, static_cast<uint16_t>(size << 8 | length));
  });
  return true;
}

bool build_ac_table(const HuffmanCode& code, AcTable* table) {
  if (!build_search(code, &table->codes)) return false;
  uint32_t one[1 << AcTable::kBits] = {};
  fill_all(code, one);
  for (uint32_t i = 0; i < 1 << AcTable::kBits; ++i) table->lookup[i] = pair_up(one, i);
  return true;
}

void build_skip_table(const HuffmanCode& code, SkipTable* table) {
  uint32_t one[1 << AcTable::kBits] = {};
  fill_all(code, one);
  for (uint32_t i = 0; i < 1 << AcTable::kBits; ++i) table->lookup[i] = chain_up(one, i);
}

}  // namespace fastseq
