// Reads the bytes as a zip archive: no crash, no hang, no member outside the archive.
//
// With the compiler's options of fuzz_decode.cpp, and these files:
//   tests/fuzz/fuzz_zip.cpp csrc/io/zip_reader.cpp csrc/io/packing.cpp csrc/io/crc32c.cpp csrc/io/file.cpp
//   csrc/io/file_window.cpp csrc/base/platform_posix.cpp -ldeflate
// The seeds are those of make_seeds.py, in the folder "zips".
#include "io/packing.h"
#include "io/zip_reader.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kMaxInflated = 1 << 16;
  fastseq::ZipReader reader(file_of(data, size));
  fastseq::ZipMembers found;
  std::string reason;
  bool done = false;
  auto status = reader.find_directory(&reason);
  for (size_t reads = 0; !done && status == fastseq::Status::kOk; ++reads) {
    status = reader.read(1, &found, &done, &reason);
    expect(reads <= size, "it does not end");
  }
  fastseq::Buffer buffer;
  for (const fastseq::ZipMember& member : found.members) {
    expect(member.name_end <= static_cast<int64_t>(found.names.size()), "a name past the end");
    int64_t offset;
    if (reader.find_contents(member.header_offset, member.compressed_size, &offset, &reason) != fastseq::Status::kOk) {
      continue;
    }
    expect(offset > 0 && member.compressed_size >= 0, "contents before the archive");
    expect(member.compressed_size <= static_cast<int64_t>(size) - offset, "contents past the end");
    const uint8_t* image;
    size_t image_size;
    status = fastseq::unpack({member.size, member.crc32}, data + offset, static_cast<size_t>(member.compressed_size),
                             kMaxInflated, &buffer, &image, &image_size, &reason);
    expect(status != fastseq::Status::kOk || static_cast<int64_t>(image_size) == member.size,
           "an image of another size");
  }
  return 0;
}
