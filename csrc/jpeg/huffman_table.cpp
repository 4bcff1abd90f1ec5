#include "jpeg/huffman_table.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace fastseq {

bool build_code_search(const HuffmanCode& code, CodeSearch* search) {
  uint32_t next = 0;
  int symbols = 0;
  for (int length = 1; length <= 16; ++length) {
    next <<= 1;
    search->offset[length] = symbols - static_cast<int32_t>(next);
    next += code.counts[length];
    symbols += code.counts[length];
    // The all-ones code is reserved.
    if (code.counts[length] && next >= 1u << length) return false;
    search->limit[length] = next << (16 - length);
  }
  if (symbols > 256) return false;
  std::memcpy(search->symbols, code.symbols, sizeof(search->symbols));
  return true;
}

namespace {

constexpr int kBits = HuffmanTable::kBits, kMaxBits = HuffmanTable::kMaxBits;

struct AcSymbol {
  int steps, size;
  bool end;
};

// libjpeg takes any symbol without a value, unless its run is 15, for the end of the block.
AcSymbol ac_symbol(int symbol) {
  const int run = symbol >> 4, size = symbol & 15;
  const bool end = size == 0 && run != 15;
  return {end ? 1 : run + 1, size, end};
}

using Word = uint64_t;  // an entry as one word, which compilers copy faster

Word as_word(const HuffmanEntry& entry) {
  Word word;
  std::memcpy(&word, &entry, sizeof(word));
  return word;
}

const Word kNone = as_word(HuffmanTable::kNone);

// `last_bit` is that of the code.
Word value_word(int length, int steps, int size, int base, bool end, int last_bit) {
  HuffmanEntry entry = HuffmanTable::kNone;
  entry.length = static_cast<uint8_t>(length | (end ? HuffmanEntry::kEnd : 0));
  entry.second_steps = entry.first_steps = static_cast<uint8_t>(steps);
#if defined(__aarch64__)
  const int bits = size > 0 ? size : 1;
  entry.value_left = static_cast<uint8_t>(length - bits);
  entry.value_right = static_cast<uint8_t>(64 - bits);
  if (size == 0) base -= last_bit;
#else
  static_cast<void>(last_bit);
  entry.value_bits = static_cast<uint8_t>(size);
  entry.value_shift = static_cast<uint8_t>(64 - length);
#endif
  entry.second_base = static_cast<int16_t>(base);
  return as_word(entry);
}

// Fills the entries of one symbol, `first` and those after it. The value's first bit, its sign, must be among the bits
// looked up.
void fill_symbol(Word* words, int first, int count, int length, const AcSymbol& symbol, int max_bits) {
  Word* out = words + first;
  const int bits = length + symbol.size, half = count / 2, last_bit = first / count & 1;
  if (symbol.size == 0) {
    std::fill_n(out, count, value_word(bits, symbol.steps, 0, 0, symbol.end, last_bit));
  } else if (half > 0 && bits <= max_bits) {
    std::fill_n(out, half, value_word(bits, symbol.steps, symbol.size, 1 - (1 << symbol.size), symbol.end, last_bit));
    std::fill_n(out + half, half, value_word(bits, symbol.steps, symbol.size, 0, symbol.end, last_bit));
  }
}

// Added to the entry of a second symbol, gives the entry of both: each field grows or shrinks on its own.
Word difference(int length, int steps, int value) {
  HuffmanEntry more = {};
  more.length = static_cast<uint8_t>(length);
  more.second_steps = more.first_steps = static_cast<uint8_t>(steps);
  more.first = static_cast<int8_t>(value);
  HuffmanEntry less = {};
#if defined(__aarch64__)
  more.value_left = static_cast<uint8_t>(length);
#else
  less.value_shift = static_cast<uint8_t>(length);
#endif
  return as_word(more) - as_word(less);
}

// seconds[2^r + i]: the entry of the second symbol that the r bits i begin with, without steps to the first.
void fill_seconds(const HuffmanCode& code, Word* seconds) {
  HuffmanEntry steps_alone = {};
  steps_alone.first_steps = 255;
  const Word kept = ~as_word(steps_alone);
  for (int r = 1; r < kBits; ++r) {
    Word* out = seconds + (1 << r);
    std::fill_n(out, 1 << r, kNone);
    for_short_codes(code, r, [out, r](int symbol, int length, int first, int count) {
      fill_symbol(out, first, count, length, ac_symbol(symbol), kMaxBits - (kBits - r));
    });
    for (int i = 0; i < 1 << r; ++i) out[i] &= kept;
  }
}

void pair_up(const Word* seconds, int count, Word more, Word* out) {
  for (int i = 0; i < count; ++i) out[i] = seconds[i] == kNone ? out[i] : seconds[i] + more;
}

constexpr HuffmanTable without_codes() {
  HuffmanTable table{};
  for (HuffmanEntry& entry : table.lookup) entry = HuffmanTable::kNone;
  return table;  // no bits are below the limits
}

void store(const Word* words, HuffmanTable* table) { std::memcpy(table->lookup, words, sizeof(table->lookup)); }

}  // namespace

constexpr HuffmanTable kNoCodes = without_codes();

bool build_dc_table(const HuffmanCode& code, HuffmanTable* table) {
  if (!build_code_search(code, &table->codes)) return false;
  int symbols = 0;
  for (int length = 1; length <= 16; ++length) symbols += code.counts[length];
  if (std::any_of(code.symbols, code.symbols + symbols, [](uint8_t size) { return size > 15; })) return false;
  Word words[1 << kBits];
  std::fill(std::begin(words), std::end(words), kNone);
  for_short_codes(code, kBits, [&words](int size, int length, int first, int count) {
    fill_symbol(words, first, count, length, {0, size, true}, kMaxBits);
  });
  store(words, table);
  return true;
}

bool build_ac_table(const HuffmanCode& code, HuffmanTable* table) {
  if (!build_code_search(code, &table->codes)) return false;
  Word words[1 << kBits], seconds[1 << kBits];
  fill_seconds(code, seconds);
  std::fill(std::begin(words), std::end(words), kNone);
  for_short_codes(code, kBits, [&words, &seconds](int symbol, int length, int first, int count) {
    const AcSymbol ac = ac_symbol(symbol);
    fill_symbol(words, first, count, length, ac, kMaxBits);
    const int bits = length + ac.size, rest = kBits - bits;
    if (ac.end || rest < 1 || ac.size > 7) return;
    Word* out = words + first;
    const int half = 1 << ac.size >> 1;
    for (int raw = 0; raw < 1 << ac.size; ++raw, out += 1 << rest) {
      const int value = raw < half ? raw + 1 - (1 << ac.size) : raw;
      pair_up(seconds + (1 << rest), 1 << rest, difference(bits, ac.steps, value), out);
    }
  });
  store(words, table);
  return true;
}

bool build_skip_table(const HuffmanCode& code, HuffmanTable* table) {
  if (!build_code_search(code, &table->codes)) return false;
  // rests[2^r + i]: the entry of the r bits i, from those of fewer bits after its first symbol.
  Word rests[2 << kBits];
  for (int r = 1; r <= kBits; ++r) {
    Word* out = rests + (1 << r);
    std::fill_n(out, 1 << r, kNone);
    for_short_codes(code, r, [out, r, &rests](int symbol, int length, int first, int count) {
      const AcSymbol ac = ac_symbol(symbol);
      const int bits = length + ac.size, rest = r - bits;
      if (bits > kMaxBits - (kBits - r)) return;
      const Word alone = value_word(bits, ac.steps, 0, 0, ac.end, 0);
      if (ac.end || rest < 1) {
        std::fill_n(out + first, count, alone);
        return;
      }
      const Word more = difference(bits, ac.steps, 0);
      const Word* const seconds = rests + (1 << rest);
      for (int i = 0; i < count; ++i) {
        const Word both = seconds[i & ((1 << rest) - 1)] + more;
        out[first + i] = both & kNone ? alone : both;  // of steps that lead out of the block
      }
    });
  }
  store(rests + (1 << kBits), table);
  return true;
}

}  // namespace fastseq
