// A file in memory, for fuzz targets that read files.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "io/file.h"

inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

// The one file of this kind, with these bytes.
inline std::shared_ptr<const fastseq::OpenFile> file_of(const uint8_t* data, size_t size) {
  static const int descriptor = memfd_create("fuzz", 0);
  expect(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, data, size, 0) == static_cast<ssize_t>(size), "no file");
  std::shared_ptr<const fastseq::OpenFile> file;
  std::string reason;
  const auto status = fastseq::open_file("/proc/self/fd/" + std::to_string(descriptor), &file, &reason);
  expect(status == fastseq::Status::kOk, "the file cannot be opened");
  return file;
}
