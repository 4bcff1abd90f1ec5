// What the core is made of.
#pragma once

namespace fastseq {

struct LibraryVersion {
  const char* name;
  const char* version;
};

// The libraries that are compiled in or linked to, and the compiler; `*count` of them.
const LibraryVersion* library_versions(int* count);

}  // namespace fastseq
