// Reads the bytes as a tar archive: no crash, no hang, no file before the archive's start or of negative size.
//
// With the compiler's options of fuzz_decode.cpp, and these files:
//   tests/fuzz/fuzz_tar.cpp csrc/io/tar_*.cpp csrc/io/file.cpp csrc/io/file_window.cpp csrc/base/platform_posix.cpp
// The seeds are those of make_seeds.py, in the folder "archives".
#include <algorithm>
#include <cstdio>
#include <numeric>

#include "io/tar_reader.h"
#include "memory_file.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

// Without right checksums, nothing but the first check would be tried.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned) {
  constexpr size_t kChecksum = 148, kDigits = 8;
  size = LLVMFuzzerMutate(data, size, max_size);
  for (size_t begin = 0; begin + fastseq::kTarBlock <= size; begin += fastseq::kTarBlock) {
    if (fastseq::is_zero_block(data + begin)) continue;
    std::fill_n(data + begin + kChecksum, kDigits, ' ');
    const unsigned sum = std::accumulate(data + begin, data + begin + fastseq::kTarBlock, 0u);
    std::snprintf(reinterpret_cast<char*>(data + begin + kChecksum), kDigits, "%06o", sum);
  }
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fastseq::TarReader reader(file_of(data, size));
  fastseq::TarMembers members;
  std::string reason;
  bool done = false;
  size_t headers = 0;
  for (auto status = fastseq::Status::kOk; !done && status == fastseq::Status::kOk; ++headers) {
    status = reader.read(1, &members, &done, &reason);
    expect(headers <= size / fastseq::kTarBlock + 1, "it does not end");
  }
  expect(members.lengths.size() == members.count() && members.name_ends.size() == members.count(), "columns differ");
  for (size_t i = 0; i < members.count(); ++i) {
    expect(members.offsets[i] >= static_cast<int64_t>(fastseq::kTarBlock), "a file before its header");
    expect(members.offsets[i] <= static_cast<int64_t>(size), "a file past the end");
    expect(members.lengths[i] >= 0, "a negative size");
  }
  return 0;
}
