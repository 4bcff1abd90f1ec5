// Decompresses the bytes by Snappy's format: no crash, no hang, and nothing written past the end.
//
// With the compiler's options of fuzz_decode.cpp, and these files:
//   tests/fuzz/fuzz_snappy.cpp csrc/io/snappy.cpp
// The seeds are those of make_seeds.py, in the folder "snappy".
#include <vector>

#include "io/snappy.h"

// The first two bytes are the size of the output.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kHead = 2;
  if (size < kHead) return 0;
  const std::vector<uint8_t> stream(data + kHead, data + size);  // with nothing behind it
  std::vector<uint8_t> out(data[0] | data[1] << 8);
  fastseq::snappy_decompress(stream.data(), stream.size(), out.data(), out.size());
  return 0;
}
